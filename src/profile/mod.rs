//! The profile language: text → [`Profile`], with every problem found and the
//! origin of every value. Knows TOML, not this machine.
//!
//! | step | module |
//! |---|---|
//! | text → values, and their spans for later | `document`, `syntax` |
//! | flags, `--set` → values | `flags` |
//! | short spellings → long ones, one layer at a time | `desugar`, `named` |
//! | every problem of a layer's values | `check`, with the forms of `lexical`, `choice`, `words` |
//! | keys that don't exist → what was meant | `unknown`, `foreign` |
//! | layers → one table, by figment | [`load`], `layer` |
//! | presets, in the built-in layer | `preset` |
//! | rules across keys and layers | `rules`, `privilege_rules` |
//! | → [`Profile`], defaults filled in | `build` |
//! | the language for editors: a JSON schema of `raw` and of a whole file | [`schema`] |

mod account;
mod build;
mod built_in;
mod check;
mod choice;
mod desugar;
mod document;
pub mod effective;
mod env_file;
mod environment;
mod fault;
mod file;
mod flags;
pub mod foreign;
mod form;
mod found;
mod gather;
mod interpolate;
pub mod keys;
mod layer;
mod lexical;
mod load;
mod merge;
mod named;
mod origin;
mod origins;
mod path;
mod prepare;
pub mod preset;
mod privilege_rules;
mod raw;
mod removal;
mod rules;
pub mod schema;
mod syntax;
pub mod types;
mod unknown;
mod vars;
mod words;

pub use build::{built_in_mounts, built_in_place, generated_mounts};
pub use environment::Environment;
pub use file::File;
pub use flags::{CommandLine, FlagValue, Meaning, SetValue, Typed};
pub use found::CODES;
pub use keys::is_key;
pub use lexical::sysctl::path as sysctl_path;
pub use lexical::{fit_name, name_problem, parse_size};
pub use load::{Container, Loaded, Problems, Reader, Request, Typing, load, load_each};
pub use origin::{Layer, Origin, Place, mount_key};
pub use origins::Origins;
pub use path::{KeyPath, Segment, quote_key, quote_text};
pub use types::*;
pub use unknown::nearest;
pub use words::quote as quote_word;
