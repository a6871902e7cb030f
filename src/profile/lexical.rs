//! The lexical forms of values: what a scalar may look like, and exactly what is wrong
//! with one that does not.

mod count;
mod group;
mod id;
mod list;
mod mount;
mod rate;
mod size;
mod text;

pub use count::{CountLimit, Cpus, Micros, QuotaLimit, Shares, Weight};
pub use group::GroupPath;
pub use id::{GroupId, Mode, UserId};
pub use list::NumberList;
pub use mount::{Id, Subpath};
pub use rate::{ByteRate, OperationRate};
pub use size::{MemoryLimit, Size, parse_size};
pub use text::{
    ContainerPath, EnvValue, HostName, HostPath, Name, Switch, Text, VariableName, fit_name, name_problem,
    read_name,
};
