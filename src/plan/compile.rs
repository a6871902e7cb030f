//! Profile + Host → LaunchPlan.
//!
//! The order of the operations is decided here; what they hold is decided by the
//! submodules: [`groups`] and [`limits`] for cgroups, [`root`] for the file system, [`process`] for
//! the command, [`privileges`] and [`surroundings`] for what it may and how it is treated.

mod devices;
mod filter;
mod groups;
mod limits;
mod mounts;
mod namespaces;
mod privileges;
mod process;
mod requirements;
mod root;
mod surroundings;

pub use limits::needs;
pub use mounts::mount_that_holds;
pub use namespaces::joined;

use super::{Connect, Enter, LaunchPlan, Namespace, Origin, Prepare, Slot, Spawn, Started, Step, VERSION};
use crate::diagnostic::Diagnostic;
use crate::host::{Host, Layout};
use crate::profile::{NamespaceMode, Network, Origins, Profile};
use std::collections::BTreeMap;

pub(super) fn compile(
    profile: &Profile,
    origins: &Origins,
    host: &Host,
    explained: bool,
) -> Result<LaunchPlan, Vec<Diagnostic>> {
    let mut context = Context {
        profile,
        origins,
        host,
        explained,
        problems: Vec::new(),
        notes: Vec::new(),
        hierarchies: BTreeMap::new(),
    };
    requirements::check(&mut context);
    let groups = groups::compile(&mut context);
    context.hierarchies = groups.hierarchies(host);
    let root = root::compile(&mut context);
    let joins = namespaces::compile(&mut context);
    let connect = connect(&context);
    let plan = LaunchPlan {
        version: VERSION,
        name: profile.name.clone(),
        description: profile.process.description.clone(),
        spawn: spawn(&context, &groups, &root, joins.enters),
        prepare: prepare(&context, joins.open, groups, root.sources),
        enter: enter(&mut context, root.mounts, !connect.is_empty()),
        connect,
        started: started(&context),
        notes: context.notes,
    };
    if context.problems.is_empty() { Ok(plan) } else { Err(context.problems) }
}

/// What every part of the compiler reads, and where it puts what is wrong.
struct Context<'a> {
    profile: &'a Profile,
    origins: &'a Origins,
    host: &'a Host,
    /// Whether the steps say which key they are there for, and where it stands.
    explained: bool,
    problems: Vec<Diagnostic>,
    notes: Vec<String>,
    /// The hierarchies that the container has groups in: v1 controllers by folder.
    hierarchies: BTreeMap<String, Vec<String>>,
}

impl Context<'_> {
    fn origin(&self, keys: &[&str]) -> Origin {
        Origin::of_any(self.origins, keys)
    }

    /// The origin of a step.
    fn explain(&self, keys: &[&str]) -> Origin {
        if self.explained { self.origin(keys) } else { Origin::built_in("") }
    }

    fn step<O>(&self, keys: &[&str], operation: O) -> Step<O> {
        Step { operation, origin: self.explain(keys) }
    }

    /// A step that no key asks for yet. Looking its key up would take time on the way
    /// of every launch.
    fn ours<O>(&self, key: &str, operation: O) -> Step<O> {
        Step { operation, origin: Origin::built_in(if self.explained { key } else { "" }) }
    }

    /// Whether the payload gets a cgroup namespace, and the clone makes it.
    fn clone_makes_cgroup_namespace(&self) -> bool {
        self.private_cgroup() && self.host.cgroups.layout() == Layout::V2
    }

    fn private_cgroup(&self) -> bool {
        self.profile.namespaces.cgroup == NamespaceMode::Private
    }
}

fn prepare(
    context: &Context<'_>,
    joined: Vec<Step<Prepare>>,
    groups: groups::Groups,
    sources: Vec<Step<Prepare>>,
) -> Vec<Step<Prepare>> {
    let record = Prepare::WriteRecord { name: context.profile.name.clone() };
    let mut steps = vec![context.step(&["name"], record)];
    steps.extend(joined);
    steps.extend(groups.steps);
    steps.push(context.ours("launcher", Prepare::OpenProgram { slot: Slot::program() }));
    steps.extend(sources);
    steps
}

fn spawn(
    context: &Context<'_>,
    groups: &groups::Groups,
    root: &root::Root,
    enters: BTreeMap<Namespace, Slot>,
) -> Step<Spawn> {
    let chosen = &context.profile.namespaces;
    let namespaces = [
        (Namespace::Mount, true),
        (Namespace::Pid, chosen.pid == NamespaceMode::Private),
        (Namespace::Ipc, chosen.ipc == NamespaceMode::Private),
        (Namespace::Uts, chosen.uts == NamespaceMode::Private),
        (Namespace::Net, context.profile.network == Network::None),
        (Namespace::Cgroup, context.clone_makes_cgroup_namespace()),
    ];
    let mut inherit = root.slots();
    if context.profile.process.init {
        // To be executed once more.
        inherit.push(Slot::program());
    }
    let spawn = Spawn {
        namespaces: namespaces.into_iter().filter(|&(_, made)| made).map(|(n, _)| n).collect(),
        into_group: groups.into_group.clone(),
        join: groups.join.clone(),
        enters,
        program: Slot::program(),
        inherit,
    };
    context.step(&["namespaces"], spawn)
}

fn started(context: &Context<'_>) -> Vec<Step<Started>> {
    let mut steps = surroundings::stopping(context);
    steps.push(context.ours("sweep", Started::Sweep));
    steps
}

fn connect(context: &Context<'_>) -> Vec<Step<Connect>> {
    if !context.profile.tty {
        return Vec::new();
    }
    vec![context.step(&["tty"], Connect::AttachTerminal { raw: context.profile.interactive })]
}

/// The order here is ENGINE.md's: what needs the host's tree comes before the pivot,
/// what needs privileges before they are dropped.
fn enter(context: &mut Context<'_>, mounts: root::Mounts, connected: bool) -> Vec<Step<Enter>> {
    let profile = context.profile;
    let mut steps = vec![context.ours("launcher", Enter::DieWithLauncher)];
    if profile.namespaces.pid != NamespaceMode::Private {
        steps.push(context.step(&["namespaces.pid"], Enter::HideInit));
    }
    // The root of a cgroup namespace is the group of who makes it: not before the joins.
    if context.private_cgroup() && !context.clone_makes_cgroup_namespace() {
        steps.push(context.step(&["namespaces.cgroup"], Enter::UnshareCgroup));
    }
    if profile.process.init {
        let kill = profile.user.uid.number() != Some(0);
        let adopt = profile.namespaces.pid != NamespaceMode::Private;
        let stay = Enter::StayInit { program: Slot::program(), kill, adopt };
        steps.push(context.step(&["init"], stay));
    }
    steps.push(context.ours("namespaces.mount", Enter::IsolateMounts));
    steps.extend(mounts.attach);
    if profile.tty {
        steps.push(context.step(&["tty"], Enter::OpenTerminal));
    }
    if profile.namespaces.uts == NamespaceMode::Private {
        steps.push(context.step(&["hostname"], Enter::SetHostname { name: profile.hostname.clone() }));
    }
    if let Some(name) = &profile.process.domainname {
        steps.push(context.step(&["domainname"], Enter::SetDomainname { name: name.clone() }));
    }
    if profile.network == Network::None {
        steps.push(context.step(&["network"], Enter::BringUpLoopback));
    }
    if connected {
        steps.push(context.step(&["tty"], Enter::AwaitConnect));
    }
    steps.extend(surroundings::sysctls(context));
    steps.extend(mounts.protect);
    steps.push(context.step(&["rootfs.source", "rootfs"], Enter::PivotRoot));
    steps.extend(root::propagation(context));
    steps.extend(surroundings::scheduling(context));
    steps.extend(process::compile(context));
    steps
}
