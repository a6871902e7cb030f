//! The lexical forms of values: what a scalar may look like, and exactly what is wrong
//! with one that does not.

pub mod capability;
mod count;
pub mod device;
mod duration;
mod group;
mod id;
pub mod idmap;
mod list;
mod mount;
mod rate;
pub mod rlimit;
mod scheduling;
mod seccomp;
mod signal;
mod size;
pub mod sysctl;
mod text;

pub use capability::Capability;
pub use count::{CountLimit, Cpus, Micros, QuotaLimit, Shares, Weight};
pub use device::{Access, DevicePath};
pub use duration::Span;
pub use group::GroupPath;
pub use id::{GroupId, Mode, UserId};
pub use idmap::IdMaps;
pub use list::NumberList;
pub use mount::{Id, Subpath};
pub use rate::{ByteRate, OperationRate};
pub use rlimit::RlimitValue;
pub use scheduling::{Nice, OomScoreAdj, Umask};
pub use seccomp::{CallName, SeccompBase};
pub use signal::SignalNumber;
pub use size::{MemoryLimit, Size, parse_size};
pub use sysctl::SysctlValue;
pub use text::{
    ContainerPath, CoveredPath, EnvValue, HostName, HostPath, Name, Switch, Text, VariableName, fit_name,
    name_problem, read_name,
};
