//! argv → one command → exit code.

/// What the program answers to its caller. One documented enum: the payload's own
/// code passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: done; no problems.
    Success,
    /// 1: problems found (`check`; warnings alone are 0), a command failed.
    Problems,
    /// 2: usage (under `run` and `up`: 125).
    Usage,
    /// 125: the launcher failed; under `check`: it could not look.
    Launcher,
    /// 126: the command was found but is not executable.
    NotExecutable,
    /// 127: the command was not found.
    NotFound,
    /// What the payload returned, or 128 + n when signal n ended it.
    Payload(u8),
}

impl ExitCode {
    /// The number for exit(3).
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Problems => 1,
            Self::Usage => 2,
            Self::Launcher => 125,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
            Self::Payload(code) => code,
        }
    }
}

/// Runs the command that `args` (with the program's name first) ask for.
pub fn main(args: Vec<std::ffi::OsString>) -> ExitCode {
    let _ = args;
    ExitCode::Usage
}
