//! Reads what a command was given: the profile's file, the folder, the home.

use super::command_line;
use crate::diagnostic::Diagnostic;
use crate::profile::{File, Request};
use clap::ArgMatches;
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The file that commands read when none is named.
pub const DEFAULT_FILE: &str = "tinydocker.toml";

/// A profile larger than this is none.
const LARGEST: u64 = 4 << 20;

/// Reads a profile; `-` is standard input.
///
/// # Errors
/// A diagnostic without a place: there is no text to point into.
pub fn read(name: Option<&OsStr>, folder: &Path) -> Result<File, Box<Diagnostic>> {
    let named = name.unwrap_or(OsStr::new(DEFAULT_FILE));
    let shown = named.to_string_lossy().into_owned();
    let from_stdin = named == "-";
    let path = Path::new(named);
    let mut bytes = Vec::new();
    let result = if from_stdin {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    let shown = if from_stdin { "stdin".to_owned() } else { shown };
    let fail = |message: String| Box::new(Diagnostic::error("tinydocker::cli::unreadable", message));
    if let Err(error) = result {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
            _ => error.to_string(),
        };
        let diagnostic = fail(format!("can't read {shown}: {reason}"));
        let help = match (error.kind(), name) {
            (std::io::ErrorKind::NotFound, None) => {
                Some(format!("name a profile, or write one to {DEFAULT_FILE} in this folder"))
            }
            (std::io::ErrorKind::IsADirectory, _) => {
                Some(format!("name the file in it: {}", path.join(DEFAULT_FILE).display()))
            }
            (std::io::ErrorKind::NotFound, Some(_)) if path.extension().is_none() => {
                let with = path.with_extension("toml");
                with.exists().then(|| format!("did you mean {}?", with.display()))
            }
            _ => None,
        };
        return Err(Box::new(Diagnostic { help, ..*diagnostic }));
    }
    if bytes.len() as u64 > LARGEST {
        return Err(fail(format!("can't read {shown}: it is larger than 4 MiB, which no profile is")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let mut diagnostic = fail(format!("can't read {shown}: line {line} is no UTF-8"));
        diagnostic.help = Some("TOML files are UTF-8 text".into());
        diagnostic
    })?;
    let parent = if from_stdin { None } else { path.parent() };
    let stem = if from_stdin { None } else { path.file_stem() };
    Ok(File {
        name: shown,
        text,
        folder: parent.map_or_else(|| folder.to_owned(), |parent| folder.join(parent)),
        stem: stem.map_or_else(|| "stdin".to_owned(), |stem| stem.to_string_lossy().into_owned()),
    })
}

/// The working folder.
///
/// # Errors
/// It was removed, or can't be reached.
pub fn working_folder() -> Result<PathBuf, Box<Diagnostic>> {
    std::env::current_dir().map_err(|error| {
        Box::new(Diagnostic::error(
            "tinydocker::cli::unreadable",
            format!("can't tell the working folder: {error}"),
        ))
    })
}

/// A request without a file.
///
/// # Errors
/// The working folder can't be told.
pub fn request(matches: &ArgMatches, argv: &[String], subcommand: &str) -> Result<Request, Box<Diagnostic>> {
    let given = if subcommand == "check" {
        command_line::Given::default()
    } else {
        command_line::given(matches, argv, subcommand)
    };
    Ok(Request {
        file: None,
        flags: given.flags,
        sets: given.sets,
        argv: argv.to_vec(),
        working_folder: working_folder()?,
        home: std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from),
        host_rootfs: false,
        number: 0,
    })
}

/// A number that is another one each time.
pub fn any_number() -> u32 {
    // The standard library's hash keys are random.
    let hash = std::collections::hash_map::RandomState::new().build_hasher().finish();
    (hash >> 16) as u32
}

/// The words of a command as text.
///
/// # Errors
/// The first that is no UTF-8.
pub fn words<'a>(words: impl Iterator<Item = &'a OsString>) -> Result<Vec<String>, Box<Diagnostic>> {
    words
        .map(|word| {
            word.to_str().map(str::to_owned).ok_or_else(|| {
                Box::new(Diagnostic::error(
                    "tinydocker::usage::no_utf8",
                    format!("the argument {:?} is no UTF-8", word.to_string_lossy()),
                ))
            })
        })
        .collect()
}
