//! What is decided for every system call of a container: the model between profiles
//! and programs, and its direct interpreter, which compiled programs are tested against.

use super::calls::{self, Arch, X32_BIT};
use crate::sys::Errno;
use std::collections::BTreeMap;

/// What becomes of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is made.
    Allow,
    /// It is made, and the kernel logs it.
    Log,
    /// It fails with this errno, at most 4095.
    Errno(u16),
    /// A tracer is asked; without one it fails with ENOSYS.
    Trace(u16),
    /// The thread gets SIGSYS.
    Trap,
    /// The thread is killed.
    KillThread,
    /// The process is killed, by SIGSYS.
    KillProcess,
}

impl Action {
    /// What a filter returns, SECCOMP_RET_*.
    pub fn code(self) -> u32 {
        match self {
            Self::KillProcess => 0x8000_0000,
            Self::KillThread => 0,
            Self::Trap => 0x0003_0000,
            Self::Errno(errno) => 0x0005_0000 | u32::from(errno),
            Self::Trace(message) => 0x7ff0_0000 | u32::from(message),
            Self::Log => 0x7ffc_0000,
            Self::Allow => 0x7fff_0000,
        }
    }

    /// The action that a filter's return value asks for.
    pub fn from_code(code: u32) -> Option<Self> {
        let data = (code & 0xffff) as u16;
        Some(match code & 0xffff_0000 {
            0x8000_0000 => Self::KillProcess,
            0 => Self::KillThread,
            0x0003_0000 => Self::Trap,
            0x0005_0000 => Self::Errno(data),
            0x7ff0_0000 => Self::Trace(data),
            0x7ffc_0000 => Self::Log,
            0x7fff_0000 => Self::Allow,
            _ => return None,
        })
    }

    /// In words: `allow`, `EPERM`, `kill the process`.
    pub fn words(self) -> String {
        match self {
            Self::Allow => "allow".to_owned(),
            Self::Log => "allow and log".to_owned(),
            Self::Errno(errno) => Errno(i32::from(errno)).name(),
            Self::Trace(_) => "ask the tracer".to_owned(),
            Self::Trap => "send SIGSYS".to_owned(),
            Self::KillThread => "kill the thread".to_owned(),
            Self::KillProcess => "kill the process".to_owned(),
        }
    }

    /// Whether the call may be made.
    pub fn lets_through(self) -> bool {
        matches!(self, Self::Allow | Self::Log)
    }
}

/// How an argument is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `≠`
    NotEqual,
    /// `<`
    Less,
    /// `≤`
    LessOrEqual,
    /// `>`
    Greater,
    /// `≥`
    GreaterOrEqual,
    /// `argument & mask =`
    Masked(u64),
}

/// A comparison of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    /// 0 to 5.
    pub argument: u8,
    /// How.
    pub comparison: Comparison,
    /// With what; of 32-bit calls the lower half.
    pub value: u64,
}

impl Condition {
    /// Whether the arguments of a call fit.
    pub fn holds(&self, arguments: &[u64; 6], narrow: bool) -> bool {
        let cut = |value: u64| if narrow { value & 0xffff_ffff } else { value };
        let argument = cut(arguments[usize::from(self.argument) % 6]);
        let value = cut(self.value);
        match self.comparison {
            Comparison::Equal => argument == value,
            Comparison::NotEqual => argument != value,
            Comparison::Less => argument < value,
            Comparison::LessOrEqual => argument <= value,
            Comparison::Greater => argument > value,
            Comparison::GreaterOrEqual => argument >= value,
            Comparison::Masked(mask) => argument & cut(mask) == value,
        }
    }
}

/// What is decided when all of its conditions hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Case {
    /// None: always.
    pub conditions: Vec<Condition>,
    /// The decision.
    pub action: Action,
}

/// What is decided for one system call: by the first case that fits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// In their order.
    pub cases: Vec<Case>,
    /// If none fits.
    pub otherwise: Action,
}

impl Call {
    /// One decision, whatever the arguments are.
    pub fn always(action: Action) -> Self {
        Self { cases: Vec::new(), otherwise: action }
    }

    /// The decision for these arguments.
    pub fn decide(&self, arguments: &[u64; 6], narrow: bool) -> Action {
        let fits = |case: &&Case| case.conditions.iter().all(|it| it.holds(arguments, narrow));
        self.cases.iter().find(fits).map_or(self.otherwise, |case| case.action)
    }

    /// Whether some arguments let it through.
    pub fn may_pass(&self) -> bool {
        self.otherwise.lets_through() || self.cases.iter().any(|case| case.action.lets_through())
    }
}

/// Everything that a filter decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// For numbers that no table has.
    pub default: Action,
    /// For architectures that have no table.
    pub foreign: Action,
    /// SECCOMP_FILTER_FLAG_*
    pub flags: u32,
    /// By architecture, by number (of x32 with its bit).
    pub tables: BTreeMap<Arch, BTreeMap<u32, Call>>,
}

/// SECCOMP_FILTER_FLAG_LOG
pub const FLAG_LOG: u32 = 2;
/// SECCOMP_FILTER_FLAG_SPEC_ALLOW
pub const FLAG_SPEC_ALLOW: u32 = 4;

/// The names of flags as OCI profiles have them.
pub fn flag_names(flags: u32) -> impl Iterator<Item = &'static str> {
    let known = [(FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG"), (FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW")];
    known.into_iter().filter(move |(flag, _)| flags & flag != 0).map(|(_, name)| name)
}

impl Rules {
    /// Rules without exceptions, for these architectures.
    pub fn new(default: Action, arches: &[Arch]) -> Self {
        Self {
            default,
            foreign: Action::KillProcess,
            flags: 0,
            tables: arches.iter().map(|arch| (*arch, BTreeMap::new())).collect(),
        }
    }

    /// Decides on a name wherever it exists, above what was decided before. False if no
    /// architecture here has it.
    pub fn decide_on(&mut self, name: &str, action: Action) -> bool {
        let mut known = false;
        let default = self.default;
        for (arch, table) in &mut self.tables {
            if let Some(number) = calls::number(name, *arch) {
                table.insert(number, Call::always(action));
                known = true;
            }
            if *arch == Arch::X86
                && let Some((entry, code)) = calls::multiplexed(name)
                && let Some(number) = calls::number(entry, *arch)
            {
                // ipc(2) keeps a version in the upper half.
                let conditions =
                    vec![Condition { argument: 0, comparison: Comparison::Masked(0xffff), value: code }];
                let call = table.entry(number).or_insert_with(|| Call::always(default));
                if call.otherwise != action || !call.cases.is_empty() {
                    call.cases.insert(0, Case { conditions, action });
                }
                known = true;
            }
        }
        known
    }

    /// What is decided for a call as the kernel tells it to a filter.
    pub fn decide(&self, audit: u32, number: u32, arguments: &[u64; 6]) -> Action {
        let x32 = audit == Arch::X32.audit() && number >= X32_BIT;
        let arch = Arch::ALL.into_iter().find(|arch| arch.audit() == audit);
        // A tracer skips a call by the number −1: that is no call of x32.
        let Some(table) = arch.and_then(|arch| self.table(arch, x32 && number != u32::MAX)) else {
            return self.foreign;
        };
        let narrow = x32 || arch.is_some_and(Arch::is_narrow);
        table.get(&number).map_or(self.default, |call| call.decide(arguments, narrow))
    }

    fn table(&self, arch: Arch, x32: bool) -> Option<&BTreeMap<u32, Call>> {
        self.tables.get(&if x32 { Arch::X32 } else { arch })
    }

    /// Whether a call of the machine's own architecture may be made with some arguments.
    pub fn may_pass(&self, name: &str, native: Arch) -> bool {
        let call = calls::number(name, native).and_then(|number| self.tables.get(&native)?.get(&number));
        call.map_or(self.default.lets_through(), Call::may_pass)
    }
}
