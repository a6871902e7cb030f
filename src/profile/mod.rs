//! The profile language: text → [`Profile`], with every problem found and the
//! origin of every value. Knows TOML, not this machine.

mod origins;
pub mod types;

pub use origins::Origins;
pub use types::*;
