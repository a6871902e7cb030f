//! Reads what a command was given: the profile's file, the folder, the home.

use super::command_line;
use crate::diagnostic::Diagnostic;
use crate::profile::{Environment, File, Layer, Reader, Request};
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
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes).map(drop)
    } else {
        read_bytes(path, &mut bytes)
    };
    let shown = if from_stdin { "stdin".to_owned() } else { shown };
    let fail = |message: String| Box::new(Diagnostic::error("tinydocker::cli::unreadable", message));
    if let Err(error) = result {
        let diagnostic = fail(format!("can't read {shown}: {}", reason(&error)));
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
    let text = to_text(bytes).map_err(|why| {
        let mut diagnostic = fail(format!("can't read {shown}: {why}"));
        if why.ends_with("UTF-8") {
            diagnostic.help = Some("TOML files are UTF-8 text".into());
        }
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

/// What is said of a file that isn't there.
const MISSING: &str = "there is no such file";

/// Reads a file that a profile names.
///
/// # Errors
/// Why it can't be read.
pub fn read_text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    read_bytes(path, &mut bytes).map_err(|error| reason(&error))?;
    to_text(bytes)
}

/// Reads a regular file (or a pipe that the caller made, such as /dev/fd/63), but not
/// more of it than a profile can have.
fn read_bytes(path: &Path, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let file = std::fs::File::open(path)?;
    // Read at once, and found to end there. A pipe says 0.
    let size = file.metadata()?.len().min(LARGEST);
    bytes.reserve((size as usize + 64).max(1024));
    file.take(LARGEST + 1).read_to_end(bytes).map(drop)
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => MISSING.to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::NotADirectory => "a part of the path is no folder".to_owned(),
        _ => error.to_string(),
    }
}

fn to_text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() as u64 > LARGEST {
        return Err("it is larger than 4 MiB, which no profile is".into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is no UTF-8")
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
    let given = command_line::given(matches, argv, subcommand);
    let working_folder = working_folder()?;
    Ok(Request {
        configs: configs()?,
        flags: given.flags,
        sets: given.sets,
        unsets: given.unsets,
        vars: given.vars,
        variants: given.variants,
        only: given.only,
        argv: argv.to_vec(),
        environment: environment(),
        working_folder,
        home: std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from),
        reader: Reader::new(read_text),
        ..Request::default()
    })
}

/// The caller's variables; those that are no UTF-8 can't be named in a profile.
fn environment() -> Environment {
    Environment::new(
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

/// The administrator's and the user's own defaults, where there are any.
fn configs() -> Result<Vec<(Layer, File)>, Box<Diagnostic>> {
    let user = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| {
            std::env::var_os("HOME")
                .map(|home| PathBuf::from(home).join(".config"))
                .filter(|path| path.is_absolute())
        });
    let system = Some((Layer::SystemConfig, PathBuf::from("/etc/tinydocker/config.toml")));
    let user = user.map(|folder| (Layer::UserConfig, folder.join("tinydocker/config.toml")));
    let mut configs = Vec::new();
    for (layer, path) in [system, user].into_iter().flatten() {
        match read_text(&path) {
            Ok(text) => {
                let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
                let name = path.to_string_lossy().into_owned();
                configs.push((layer, File { name, text, folder, stem: "config".into() }));
            }
            Err(why) if why == MISSING => {}
            Err(why) => {
                let message = format!("can't read {}: {why}", path.display());
                return Err(Box::new(Diagnostic::error("tinydocker::cli::unreadable", message)));
            }
        }
    }
    Ok(configs)
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
