//! System call filters: profiles of them → rules → the kernel's program, seccomp(2).
//! Pure: no file is read and no system call made here.
//!
//! | step | module |
//! |---|---|
//! | names ↔ numbers, for each architecture | [`calls`] |
//! | the built-in profile, from text | [`default`] |
//! | OCI and docker profiles: JSON with places → [`oci::Document`] | [`json`], [`oci`] |
//! | a document for one container → what is decided for each number | [`rules`] |
//! | → a balanced tree over the numbers, as classic BPF | [`compile`] |
//! | running such programs, for tests and readers | [`machine`] |
//! | printing them: what they decide, and every instruction | [`listing`] |
//! | the program as a plan holds it | [`filter`] |

pub mod calls;
pub mod compile;
pub mod default;
pub mod filter;
pub mod json;
pub mod listing;
pub mod machine;
pub mod oci;
pub mod rules;

pub use calls::Arch;
pub use filter::{Filter, Program};
pub use rules::{Action, Call, Case, Comparison, Condition, Rules};

use std::ops::Range;

/// What is wrong in a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// One line, a lowercase fragment.
    pub message: String,
    /// What is wrong at the place itself.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// A problem without help yet.
    pub fn new(span: Range<usize>, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: label.into(), help: None }
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Which container a profile is applied to.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The machine's own architecture.
    pub native: Arch,
    /// The container's capabilities, such as `CAP_CHOWN`.
    pub capabilities: &'a [String],
    /// Kernel release, such as `6.1.0-25-amd64`.
    pub kernel: &'a str,
}

impl Facts<'_> {
    /// Whether the container has a capability, with or without `CAP_`.
    pub fn has(&self, capability: &str) -> bool {
        let short = |name: &str| name.strip_prefix("CAP_").unwrap_or(name).to_owned();
        self.capabilities.iter().any(|held| short(held) == short(capability))
    }

    /// Whether the kernel is at least this version.
    pub fn kernel_is_at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self.kernel.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>());
        let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
        (next(), next()) >= (major, minor)
    }
}
