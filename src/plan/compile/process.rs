//! The command: its session, privileges and environment, in the order in which they
//! can still be set.

use super::Context;
use crate::plan::{Enter, Secret, Step, defaults};
use std::collections::BTreeMap;

pub(super) fn compile(context: &mut Context<'_>) -> Vec<Step<Enter>> {
    let profile = context.profile;
    let kept = capabilities(context);
    let session = Enter::NewSession { terminal: profile.tty, input: profile.interactive };
    let mut steps = vec![
        context.step(if profile.tty { &["tty"] } else { &["interactive"] }, session),
        context.ours("session_keyring", Enter::NewKeyring),
        context.step(&["working_dir"], Enter::ChangeDirectory { path: profile.working_dir.clone() }),
        context.ours("security.capabilities", Enter::LimitCapabilities { keep: kept.clone() }),
    ];
    let set_groups = Enter::SetGroups { groups: profile.groups.clone() };
    steps.push(context.step(&["groups"], set_groups));
    let user = &profile.user;
    let set_user = Enter::SetUser {
        uid: user.uid.clone(),
        gid: user.gid.clone(),
        umask: defaults::UMASK,
        home: user.uid.number().is_none() && !profile.env.contains_key("HOME"),
    };
    steps.push(context.step(&["user"], set_user));
    // exec clears those of any other user anyway. What number a name has is known inside.
    let keep = if user.uid.number().is_none_or(|uid| uid == 0) { kept } else { Vec::new() };
    let if_root = user.uid.number().is_none();
    steps.push(context.ours("security.capabilities", Enter::SetCapabilities { keep, if_root }));
    // setresuid has cleared the first one.
    steps.push(context.ours("launcher", Enter::DieWithLauncher));
    steps.push(context.step(&["command"], Enter::ResetSignals));
    if profile.security.no_new_privileges {
        steps.push(context.step(&["security.no_new_privileges"], Enter::NoNewPrivileges));
    }
    let exec = Enter::Exec { command: profile.command.clone(), env: environment(context) };
    steps.push(context.step(&["command"], exec));
    steps
}

/// The default set, as far as the caller has it itself.
fn capabilities(context: &mut Context<'_>) -> Vec<String> {
    let (kept, missing): (Vec<&str>, Vec<&str>) =
        defaults::CAPABILITIES.iter().partition(|name| context.host.has(name));
    if !missing.is_empty() {
        context
            .notes
            .push(format!("the launcher itself lacks {}, so the container does", missing.join(", ")));
    }
    kept.into_iter().map(str::to_owned).collect()
}

fn environment(context: &Context<'_>) -> BTreeMap<String, Secret> {
    let shown = |(name, value): (&String, &String)| {
        let value = if defaults::looks_secret(name, value) {
            Secret::hidden(value.as_str())
        } else {
            Secret::open(value.as_str())
        };
        (name.clone(), value)
    };
    let mut env: BTreeMap<_, _> = context.profile.env.iter().map(shown).collect();
    if context.profile.tty {
        let term = context.host.term.as_deref().unwrap_or(defaults::TERM);
        env.entry("TERM".to_owned()).or_insert_with(|| Secret::open(term));
    }
    env
}
