//! The command: its session, privileges and environment, in the order in which they
//! can still be set.

use super::{Context, filter, privileges, surroundings};
use crate::plan::{Enter, Secret, Step, defaults};
use std::collections::BTreeMap;

pub(super) fn compile(context: &mut Context<'_>) -> Vec<Step<Enter>> {
    let profile = context.profile;
    let capabilities = privileges::compile(context);
    let filter = filter::compile(context, &capabilities.kept);
    let session = Enter::NewSession { terminal: profile.tty, input: profile.interactive };
    let mut steps = vec![
        context.step(if profile.tty { &["tty"] } else { &["interactive"] }, session),
        context.ours("session_keyring", Enter::NewKeyring),
        context.step(&["working_dir"], Enter::ChangeDirectory { path: profile.working_dir.clone() }),
    ];
    steps.extend(surroundings::rlimits(context));
    steps.push(capabilities.limit(context));
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
    if let Some(mask) = profile.process.umask {
        steps.push(context.step(&["umask"], Enter::SetUmask { mask }));
    }
    let privileged = filter.is_some() && !profile.security.no_new_privileges;
    steps.push(capabilities.set(context, user.uid.number(), privileged));
    // setresuid has cleared the first one.
    steps.push(context.ours("launcher", Enter::DieWithLauncher));
    if profile.tty || context.has_own_network() {
        let key = if profile.tty { "tty" } else { "network" };
        steps.push(context.step(&[key], Enter::AwaitConnect));
    }
    if profile.process.init {
        steps.push(context.step(&["init"], Enter::AwaitInit));
    }
    steps.push(context.step(&["command"], Enter::ResetSignals));
    if profile.security.no_new_privileges {
        steps.push(context.step(&["security.no_new_privileges"], Enter::NoNewPrivileges));
    }
    steps.extend(filter);
    let exec = Enter::Exec { command: profile.command.clone(), env: environment(context) };
    steps.push(context.step(&["command"], exec));
    steps
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
