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

use super::{
    Connect, Enter, KernelFilesystem, LaunchPlan, Namespace, Origin, Prepare, Provided, Slot, Spawn, Started,
    Step, VERSION,
};
use crate::diagnostic::Diagnostic;
use crate::host::{Host, Layout};
use crate::profile::{NamespaceMode, Network, Origins, Profile};
use std::collections::BTreeMap;
use std::path::Path;

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
    let received = Received::of(&context, &groups, &root);
    let plan = LaunchPlan {
        version: VERSION,
        name: profile.name.clone(),
        description: profile.process.description.clone(),
        spawn: spawn(&context, &groups, &root, joins.enters),
        prepare: prepare(&context, joins.open, groups.first, root.first),
        connect: connect(&context, groups.supplied, root.sources),
        enter: enter(&mut context, received, root.mounts),
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

    /// Whether the payload gets a cgroup namespace, and is born in the groups that it shows.
    fn takes_cgroup_namespace_at_once(&self) -> bool {
        self.private_cgroup() && self.host.cgroups.layout() == Layout::V2
    }

    /// Whether the payload gets a network namespace of its own.
    fn has_own_network(&self) -> bool {
        self.profile.network == Network::None
    }

    /// Whether the payload gets a root and mounts of its own.
    fn has_own_mounts(&self) -> bool {
        self.profile.namespaces.mount == NamespaceMode::Private
    }

    fn private_cgroup(&self) -> bool {
        self.profile.namespaces.cgroup == NamespaceMode::Private
    }
}

/// What the clone needs.
fn prepare(
    context: &Context<'_>,
    joined: Vec<Step<Prepare>>,
    groups: Vec<Step<Prepare>>,
    rootfs: Vec<Step<Prepare>>,
) -> Vec<Step<Prepare>> {
    let mut steps = Vec::new();
    let record = Prepare::WriteRecord { name: context.profile.name.clone() };
    steps.push(context.step(&["name"], record));
    steps.extend(joined);
    steps.extend(groups);
    steps.push(context.ours("launcher", Prepare::MakeInit { slot: Slot::init() }));
    steps.extend(rootfs);
    steps
}

fn spawn(
    context: &Context<'_>,
    groups: &groups::Groups,
    root: &root::Root,
    enters: BTreeMap<Namespace, Slot>,
) -> Step<Spawn> {
    // One is born in a pid namespace; init takes the others by itself.
    let pid = (context.profile.namespaces.pid == NamespaceMode::Private).then_some(Namespace::Pid);
    // Who stays is executed from it once more.
    let again = context.profile.process.init.then(Slot::init);
    let inherit = again.into_iter().chain(root::slots(&root.first).cloned()).collect();
    let spawn = Spawn {
        namespaces: pid.into_iter().collect(),
        into_group: groups.into_group.clone(),
        enters,
        program: Slot::init(),
        inherit,
    };
    context.step(&["namespaces"], spawn)
}

fn started(context: &Context<'_>) -> Vec<Step<Started>> {
    let mut steps = surroundings::stopping(context);
    steps.push(context.ours("sweep", Started::Sweep));
    steps
}

/// What init waits for, and what it does with it at once.
struct Received {
    slots: Vec<Slot>,
    steps: Vec<Step<Enter>>,
}

impl Received {
    fn of(context: &Context<'_>, groups: &groups::Groups, root: &root::Root) -> Option<Self> {
        let mut slots: Vec<Slot> = groups.join.iter().map(|joined| joined.slot.clone()).collect();
        let mut steps: Vec<_> = groups.join.iter().map(groups::Joined::step).collect();
        // The root of a cgroup namespace is the group of who makes it: not before the joins.
        if context.private_cgroup() && !context.takes_cgroup_namespace_at_once() {
            let namespaces = vec![Namespace::Cgroup];
            steps.push(context.step(&["namespaces.cgroup"], Enter::Unshare { namespaces }));
        }
        if context.has_own_network() {
            let network = Slot::namespace(Namespace::Net);
            slots.push(network.clone());
            steps.push(context.step(&["network"], Enter::EnterNetwork { network }));
        }
        slots.extend(root::slots(&root.sources).cloned());
        let waits = !slots.is_empty() || !groups.supplied.is_empty() || !root.sources.is_empty();
        if waits {
            steps.insert(0, context.ours("launcher", Enter::Receive { slots: slots.clone() }));
        }
        (!steps.is_empty()).then_some(Self { slots, steps })
    }

    /// Whether an operation must come after it.
    fn comes_before(&self, operation: &Enter) -> bool {
        match operation {
            // Who stays is in the same groups and namespaces as the command.
            Enter::StayInit { .. } => true,
            Enter::MountKernel { filesystem: KernelFilesystem::Sysfs, .. } | Enter::MountCgroups { .. } => {
                true
            }
            Enter::AttachTree { tree: slot, .. }
            | Enter::OverlayFolder { lower: slot, .. }
            | Enter::ProvideFile { content: Provided::Tree(slot), .. } => self.slots.contains(slot),
            _ => false,
        }
    }
}

/// What init does not begin with, then what needs init.
fn connect(
    context: &Context<'_>,
    groups: Vec<Step<Prepare>>,
    sources: Vec<Step<Prepare>>,
) -> Vec<Step<Connect>> {
    let supply = |Step { operation, origin }| Step { operation: Connect::Prepare(operation), origin };
    let mut steps: Vec<_> = groups.into_iter().chain(sources).map(supply).collect();
    if context.has_own_network() {
        let (slot, socket) = (Slot::namespace(Namespace::Net), Slot::network_socket());
        let make = Prepare::MakeNetwork { slot, socket: socket.clone() };
        steps.push(context.step(&["network"], Connect::Prepare(make)));
        steps.push(context.step(&["network"], Connect::BringUpLoopback { socket }));
    }
    if context.profile.tty {
        steps.push(context.step(&["tty"], Connect::AttachTerminal { raw: context.profile.interactive }));
    }
    steps
}

/// The order here is ENGINE.md's: what needs the host's tree comes before the pivot,
/// what needs privileges before they are dropped.
fn enter(context: &mut Context<'_>, received: Option<Received>, mounts: root::Mounts) -> Vec<Step<Enter>> {
    let profile = context.profile;
    // About as many as there are, so that they need not be moved as their number grows.
    let mut steps = Vec::with_capacity(48);
    steps.push(context.ours("launcher", Enter::DieWithLauncher));
    if profile.namespaces.pid != NamespaceMode::Private {
        steps.push(context.step(&["namespaces.pid"], Enter::HideInit));
    }
    let chosen = &profile.namespaces;
    let namespaces = [
        (Namespace::Mount, chosen.mount == NamespaceMode::Private),
        (Namespace::Ipc, chosen.ipc == NamespaceMode::Private),
        (Namespace::Uts, chosen.uts == NamespaceMode::Private),
        (Namespace::Cgroup, context.takes_cgroup_namespace_at_once()),
    ];
    let namespaces: Vec<_> =
        namespaces.into_iter().filter(|&(_, taken)| taken).map(|(namespace, _)| namespace).collect();
    if !namespaces.is_empty() {
        steps.push(context.step(&["namespaces"], Enter::Unshare { namespaces }));
    }
    if profile.process.init {
        let kill = profile.user.uid.number() != Some(0);
        let adopt = profile.namespaces.pid != NamespaceMode::Private;
        let stay = Enter::StayInit { program: Slot::init(), kill, adopt };
        steps.push(context.step(&["init"], stay));
    }
    let own_mounts = context.has_own_mounts();
    if own_mounts {
        steps.push(context.ours("namespaces.mount", Enter::IsolateMounts));
    } else {
        steps.push(context.step(&["namespaces.mount"], Enter::TakeRoot));
    }
    steps.extend(mounts.attach);
    if let Some(received) = received {
        // As late as it can be: there is enough to do meanwhile.
        let first = steps.iter().position(|step| received.comes_before(&step.operation));
        let first = first.unwrap_or(steps.len());
        steps.splice(first..first, received.steps);
    }
    if profile.tty {
        steps.push(context.step(&["tty"], Enter::OpenTerminal { console: own_mounts }));
    }
    if profile.namespaces.uts == NamespaceMode::Private {
        steps.push(context.step(&["hostname"], Enter::SetHostname { name: profile.hostname.clone() }));
    }
    if let Some(name) = &profile.process.domainname {
        steps.push(context.step(&["domainname"], Enter::SetDomainname { name: name.clone() }));
    }
    steps.extend(surroundings::sysctls(context));
    steps.extend(mounts.protect);
    if own_mounts {
        steps.push(context.step(&["rootfs.source", "rootfs"], Enter::PivotRoot));
    }
    steps.extend(root::propagation(context));
    steps.extend(surroundings::scheduling(context));
    steps.extend(process::compile(context));
    if !profile.process.init {
        do_meanwhile(&mut steps);
    }
    steps
}

/// Moves what depends on nothing that init waits for to before it waits.
fn do_meanwhile(steps: &mut Vec<Step<Enter>>) {
    let receives = |step: &Step<Enter>| matches!(step.operation, Enter::Receive { .. });
    let Some(mut at) = steps.iter().position(receives) else { return };
    let after = steps.split_off(at);
    // Where something is still to be mounted, and where parameters are still to be written.
    let mut late: Vec<String> = Vec::new();
    for Step { operation, .. } in &after {
        match operation {
            Enter::SetSysctl { .. } => late.push("/proc/sys".to_owned()),
            Enter::MaskPaths { .. } | Enter::ProtectPaths { .. } | Enter::Exec { .. } => {}
            Enter::JoinGroup { .. } | Enter::ChangeDirectory { .. } | Enter::PivotRoot => {}
            other => late.extend(other.path().map(str::to_owned)),
        }
    }
    let is_ready = |path: &str| {
        !late.iter().any(|late| Path::new(path).starts_with(late) || Path::new(late).starts_with(path))
    };
    for mut step in after {
        let ready = match &mut step.operation {
            Enter::MaskPaths { paths, .. } | Enter::ProtectPaths { paths, .. } => {
                let (ready, rest): (Vec<_>, Vec<_>) =
                    std::mem::take(paths).into_iter().partition(|path| is_ready(path));
                *paths = rest;
                let mut now = step.clone();
                if let Enter::MaskPaths { paths, .. } | Enter::ProtectPaths { paths, .. } = &mut now.operation
                {
                    *paths = ready;
                }
                Some(now).filter(|now| !covers_nothing(&now.operation))
            }
            Enter::NewSession { terminal: false, .. } if is_ready("/dev/null") => Some(step.clone()),
            Enter::SetHostname { .. } | Enter::SetDomainname { .. } => Some(step.clone()),
            Enter::NewKeyring | Enter::LimitCapabilities { .. } => Some(step.clone()),
            _ => None,
        };
        let whole = ready.as_ref() == Some(&step) || covers_nothing(&step.operation);
        if let Some(ready) = ready {
            steps.insert(at, ready);
            at += 1;
        }
        if !whole {
            steps.push(step);
        }
    }
}

fn covers_nothing(operation: &Enter) -> bool {
    matches!(operation, Enter::MaskPaths { paths, .. } | Enter::ProtectPaths { paths, .. } if paths.is_empty())
}
