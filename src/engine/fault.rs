//! Faults on purpose, for the tests that fail or kill a launch at every operation.
//! Debug builds only: a release build has no way to make a [`Fault`].

/// What goes wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The operation's number, as `plan` prints it: from 1, over all phases.
    pub number: usize,
    /// The launcher is killed with SIGKILL before the operation; else the operation
    /// fails with EIO.
    pub kill: bool,
}

impl Fault {
    /// Reads `TINYDOCKER_FAULT`: `fail:7` or `kill:7`.
    #[cfg(debug_assertions)]
    pub fn from_environment() -> Option<Self> {
        let text = std::env::var("TINYDOCKER_FAULT").ok()?;
        let (kind, number) = text.split_once(':')?;
        let kill = match kind {
            "kill" => true,
            "fail" => false,
            _ => return None,
        };
        Some(Self { number: number.parse().ok()?, kill })
    }

    /// No release build fails on purpose.
    #[cfg(not(debug_assertions))]
    pub fn from_environment() -> Option<Self> {
        None
    }
}
