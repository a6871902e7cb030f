//! The entries of `catalogue.toml`, read when somebody asks for one.
//!
//! They are text: a table of the program would be full of pointers, which the start of
//! every launch and of every init would have to relocate.

use serde::Deserialize;
use std::sync::LazyLock;

/// What there is to say about a code.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Entry {
    /// The whole code.
    pub code: String,
    /// What it means that this is reported.
    pub cause: String,
    /// What is wrong, and what it should be; `null` where nothing short would show it.
    pub example: Option<Example>,
    /// What to do.
    pub remedy: String,
}

/// Something wrong and the same mended.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Example {
    /// What the two are.
    pub kind: Kind,
    /// What is reported with the code.
    pub wrong: String,
    /// What is not.
    pub right: String,
}

/// What an example is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A whole profile.
    Profile,
    /// A command line.
    CommandLine,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    entry: Vec<Written>,
}

/// An entry as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    code: String,
    cause: String,
    example: Option<Kind>,
    wrong: Option<String>,
    right: Option<String>,
    remedy: String,
}

/// All codes.
pub static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    // The tests read it: what is built in can be read.
    let catalogue: Catalogue =
        toml::from_str(include_str!("catalogue.toml")).unwrap_or(Catalogue { entry: Vec::new() });
    catalogue.entry.into_iter().map(entry).collect()
});

fn entry(written: Written) -> Entry {
    let Written { code, cause, example, wrong, right, remedy } = written;
    let example = example.zip(wrong).zip(right).map(|((kind, wrong), right)| Example { kind, wrong, right });
    Entry { code, cause, example, remedy }
}
