//! All operations of a plan in one row.

use super::{Connect, Enter, LaunchPlan, Origin, Prepare, Spawn, Started};

/// The phases of a launch, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// On the host, before there is a child.
    Prepare,
    /// The clone.
    Spawn,
    /// On the host, while init begins or waits.
    Connect,
    /// Inside, by init.
    Enter,
    /// After the payload has started.
    Started,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Prepare, Self::Spawn, Self::Connect, Self::Enter, Self::Started];

    /// The name, as in the plan's JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Spawn => "spawn",
            Self::Connect => "connect",
            Self::Enter => "enter",
            Self::Started => "started",
        }
    }
}

/// An operation of any phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    /// Of the first phase.
    Prepare(&'a Prepare),
    /// The only one of the second.
    Spawn(&'a Spawn),
    /// Of the third.
    Connect(&'a Connect),
    /// Of the fourth.
    Enter(&'a Enter),
    /// Of the last.
    Started(&'a Started),
}

impl<'a> Operation<'a> {
    /// The phase it stands in.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Prepare(_) => Phase::Prepare,
            Self::Spawn(_) => Phase::Spawn,
            Self::Connect(_) => Phase::Connect,
            Self::Enter(_) => Phase::Enter,
            Self::Started(_) => Phase::Started,
        }
    }

    /// The name, as in the plan's JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Prepare(operation) => operation.name(),
            Self::Spawn(operation) => operation.name(),
            Self::Connect(operation) => operation.name(),
            Self::Enter(operation) => operation.name(),
            Self::Started(operation) => operation.name(),
        }
    }

    /// The path that the operation is about, if it is about one.
    pub fn path(&self) -> Option<&'a str> {
        match *self {
            Self::Prepare(operation) => operation.path(),
            Self::Enter(operation) => operation.path(),
            Self::Connect(operation) => operation.path(),
            Self::Spawn(_) | Self::Started(_) => None,
        }
    }

    /// What the operation does and why, in a sentence or two.
    pub fn describe(&self) -> String {
        match self {
            Self::Prepare(operation) => operation.describe(),
            Self::Spawn(operation) => operation.describe(),
            Self::Connect(operation) => operation.describe(),
            Self::Enter(operation) => operation.describe(),
            Self::Started(operation) => operation.describe(),
        }
    }
}

/// An operation with its number and origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered<'a> {
    /// From 1, running through all phases; `tinydocker plan` prints it.
    pub number: usize,
    /// The operation.
    pub operation: Operation<'a>,
    /// Why, and where that is written.
    pub origin: &'a Origin,
}

impl LaunchPlan {
    /// Every operation, numbered from 1 in the order of the phases.
    pub fn operations(&self) -> impl Iterator<Item = Numbered<'_>> {
        let prepare = self.prepare.iter().map(|s| (Operation::Prepare(&s.operation), &s.origin));
        let spawn = std::iter::once((Operation::Spawn(&self.spawn.operation), &self.spawn.origin));
        let connect = self.connect.iter().map(|s| (Operation::Connect(&s.operation), &s.origin));
        let enter = self.enter.iter().map(|s| (Operation::Enter(&s.operation), &s.origin));
        let started = self.started.iter().map(|s| (Operation::Started(&s.operation), &s.origin));
        prepare
            .chain(spawn)
            .chain(connect)
            .chain(enter)
            .chain(started)
            .zip(1..)
            .map(|((operation, origin), number)| Numbered { number, operation, origin })
    }

    /// Everything that is prepared on the host, before the clone and after it, with its number
    /// and why.
    pub fn prepared(&self) -> impl DoubleEndedIterator<Item = (usize, &Prepare, &Origin)> {
        let before = self.prepare.iter().enumerate();
        let before = before.map(|(index, step)| (index + 1, &step.operation, &step.origin));
        let first = self.prepare.len() + 2;
        let supplied = self.connect.iter().enumerate();
        before.chain(supplied.filter_map(move |(index, step)| match &step.operation {
            Connect::Prepare(operation) => Some((first + index, operation, &step.origin)),
            Connect::BringUpLoopback { .. } | Connect::AttachTerminal { .. } => None,
        }))
    }

    /// How many operations of the connect phase are done before init gets its orders.
    pub fn supplies(&self) -> usize {
        self.connect.iter().take_while(|step| matches!(step.operation, Connect::Prepare(_))).count()
    }

    /// How many operations of the connect phase are done beside init, without waiting for it.
    pub fn beside(&self) -> usize {
        let meets = |operation: &Connect| matches!(operation, Connect::AttachTerminal { .. });
        self.connect.iter().take_while(|step| !meets(&step.operation)).count()
    }

    /// Number of the first operation that init does.
    pub fn first_enter(&self) -> usize {
        self.prepare.len() + 1 + self.connect.len() + 1
    }

    /// Whether an init of ours stays above the command.
    pub fn stays_init(&self) -> bool {
        self.enter.iter().any(|step| matches!(step.operation, Enter::StayInit { .. }))
    }

    /// Why there is a filter of system calls, if there is one.
    pub fn filter_origin(&self) -> Option<&Origin> {
        let filter = self.enter.iter().find(|step| matches!(step.operation, Enter::LoadFilter { .. }));
        filter.map(|step| &step.origin)
    }

    /// The operation that limits memory, if one does: file, value and origin.
    pub fn memory_limit(&self) -> Option<(&str, &str, &Origin)> {
        self.limit("cgroup.memory")
    }

    /// The operation that limits the number of tasks, if one does: file, value and origin.
    pub fn pids_limit(&self) -> Option<(&str, &str, &Origin)> {
        self.limit("cgroup.pids")
    }

    fn limit(&self, key: &str) -> Option<(&str, &str, &Origin)> {
        self.prepared().find_map(|(_, operation, origin)| match operation {
            Prepare::SetLimit { file, value, .. } if origin.key == key => {
                Some((file.as_str(), value.as_str(), origin))
            }
            _ => None,
        })
    }

    /// The file systems that the command can fill: what holds the root's changes, and
    /// those below it that somebody wrote a size of.
    pub fn bounded(&self) -> impl Iterator<Item = Bounded<'_>> {
        self.enter.iter().filter_map(|step| {
            let (target, size) = match &step.operation {
                Enter::MountOverlay { changes: Some(_), .. } => ("/", None),
                Enter::MountOverlay { size, .. } => ("/", Some(*size)),
                Enter::OverlayFolder { target, size: Some(size), .. }
                | Enter::MountTmpfs { target, size: Some(size), .. }
                    if step.origin.is_written() =>
                {
                    (target.as_str(), Some(*size))
                }
                _ => return None,
            };
            Some(Bounded { target, size, origin: &step.origin })
        })
    }
}

/// A file system that the command can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounded<'a> {
    /// Where it is mounted in the container.
    pub target: &'a str,
    /// Bytes; none for a folder on the host's disk.
    pub size: Option<u64>,
    /// Why it is there.
    pub origin: &'a Origin,
}
