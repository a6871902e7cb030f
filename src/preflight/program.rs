//! What execve(2) would come to in the container, for one file and all that it needs.

use super::accounts::Who;
use super::executable::{self, Elf, Format, Script};
use super::tree::{Found, Holder, Seen, Tree, Why};
use super::{binfmt, explain};
use crate::diagnostic::Severity;
use crate::plan::mount_key;
use crate::profile::Profile;
use crate::sys::file;
use std::ffi::CString;
use std::fs::{File, Metadata};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Interpreters of interpreters that the kernel follows (`exec_binprm`; seen on 6.18).
const MOST_INTERPRETERS: u32 = 5;

/// What execve(2) would come to.
pub(super) enum Verdict {
    /// Nothing speaks against it.
    Runs,
    /// Only the kernel can say.
    Unknown,
    /// There is no such file, and why if one path was asked for.
    Missing(Option<(PathBuf, Why)>),
    /// The file is there.
    Refused(Box<Refusal>),
}

/// Why a file that is there can't be executed.
pub(super) struct Refusal {
    pub(super) severity: Severity,
    pub(super) code: &'static str,
    /// What follows the name of the command.
    pub(super) message: String,
    pub(super) help: String,
    pub(super) label: String,
    /// The key of the mount that is to blame as well.
    pub(super) mount: Option<String>,
    /// The kernel's errno ends the search in PATH: no later folder is looked into.
    last: bool,
}

impl Refusal {
    fn new(code: &'static str, message: String, help: String, label: impl Into<String>) -> Self {
        let label = label.into();
        Self { severity: Severity::Error, code, message, help, label, mount: None, last: false }
    }

    fn last(self) -> Self {
        Self { last: true, ..self }
    }
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// Judges programs of one container.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) profile: &'a Profile,
    /// Who executes them, if that is known.
    pub(super) who: Option<&'a Who>,
    /// Programs that env(1) is asked for are not followed again: scripts may ask for
    /// each other.
    pub(super) through_env: bool,
}

/// A regular file that may be executed as far as its mode goes.
struct Placed {
    host: PathBuf,
    inside: PathBuf,
}

impl Judge<'_> {
    /// The folders of PATH; an empty one is the working folder.
    pub(super) fn search_path(self) -> Vec<PathBuf> {
        let path = self.profile.env.get("PATH").map_or("", String::as_str);
        path.split(':').map(|folder| self.absolute(folder)).collect()
    }

    /// A path of the container, as the command sees it.
    pub(super) fn absolute(self, path: &str) -> PathBuf {
        Path::new(&self.profile.working_dir).join(path)
    }

    /// A command, through PATH if it is a bare name.
    pub(super) fn search(self, command: &str) -> Verdict {
        if command.contains('/') {
            return self.judge(&self.absolute(command));
        }
        let mut refused = None;
        let mut unknown = false;
        for folder in self.search_path() {
            match self.judge(&folder.join(command)) {
                Verdict::Missing(_) => {}
                Verdict::Unknown => unknown = true,
                Verdict::Refused(refusal) if !refusal.last => refused = refused.or(Some(refusal)),
                found => return found,
            }
        }
        match refused {
            _ if unknown => Verdict::Unknown,
            Some(refusal) => Verdict::Refused(refusal),
            None => Verdict::Missing(None),
        }
    }

    /// The file at an absolute path of the container.
    pub(super) fn judge(self, path: &Path) -> Verdict {
        match self.place(path) {
            Ok(placed) => self.execute(&placed, 0),
            Err(verdict) => verdict,
        }
    }

    fn place(self, path: &Path) -> Result<Placed, Verdict> {
        let refusal = |inside: &Path, why: String| {
            let inside = inside.display();
            Refusal::new(
                "tinydocker::host::command_not_executable",
                format!("can't be executed: {inside} {why}"),
                format!("make it executable where it comes from, as chmod +x does: {inside}"),
                "found, but can't be executed",
            )
        };
        match self.tree.find(path) {
            Found::Unknown => Err(Verdict::Unknown),
            Found::Missing { first, why } => Err(Verdict::Missing(Some((first, why)))),
            Found::Made => {
                let refusal = refusal(path, "is a folder".into());
                Err(Refusal { help: "name a program in it".into(), ..refusal }.into())
            }
            Found::There { inside, metadata, .. } if metadata.is_dir() => {
                let refusal = refusal(&inside, "is a folder".into());
                Err(Refusal { help: "name a program in it".into(), ..refusal }.into())
            }
            Found::There { inside, metadata, .. } if !metadata.is_file() => {
                let refusal = refusal(&inside, "is no regular file".into());
                Err(Refusal { help: "name a program or a script".into(), ..refusal }.into())
            }
            Found::There { host, inside, metadata } => {
                let folders = self.tree.folders_above(&inside);
                let closed = folders
                    .iter()
                    .find_map(|(folder, metadata)| self.obstacle(metadata).map(|why| refusal(folder, why)));
                let own = self.obstacle(&metadata).map(|why| refusal(&inside, why));
                closed.or(own).map_or(Ok(Placed { host, inside }), |refusal| Err(refusal.into()))
            }
        }
    }

    /// What the mode of a file, or of a folder on the way, says against the user.
    fn obstacle(self, metadata: &Metadata) -> Option<String> {
        let what = if metadata.is_dir() { "can't be entered: it " } else { "" };
        // CAP_DAC_OVERRIDE enters every folder, and needs one bit of a file, whosever.
        let (bit, why) = match self.who {
            Some(who) if who.uid == 0 && metadata.is_dir() => return None,
            None if metadata.is_dir() => return None,
            None => (0o111, ""),
            Some(who) if who.uid == 0 => (0o111, ""),
            Some(who) if metadata.uid() == who.uid => (0o100, " for its owner, the container's user"),
            Some(who) if who.gids.contains(&metadata.gid()) => (0o010, " for its group, the container's"),
            Some(_) => (0o001, " for others than its owner and group"),
        };
        (metadata.mode() & bit == 0).then(|| format!("{what}has no x bit{why}"))
    }

    /// Looks into a file, and follows what it names. `depth` counts interpreters.
    fn execute(self, placed: &Placed, depth: u32) -> Verdict {
        let Placed { host, inside } = placed;
        let Some(program) = self.tree.seen.program(host) else { return Verdict::Runs };
        if let Some(refusal) = self.noexec(&program, inside) {
            return refusal.into();
        }
        let Some(format) = &program.format else { return Verdict::Runs };
        let start = &program.start;
        let is_handled = || {
            let name = inside.file_name().unwrap_or_default().to_string_lossy();
            binfmt::is_handled(start, &name)
        };
        let shown = inside.display();
        match format {
            Format::Script(script) => self.script(placed, script, depth),
            Format::Elf(elf) if !executable::runs_on(elf, std::env::consts::ARCH) => {
                if is_handled() {
                    return Verdict::Runs;
                }
                let (theirs, ours) = (executable::architecture(elf), std::env::consts::ARCH);
                let message =
                    format!("can't be executed: {shown} is made for {theirs}, and this machine is {ours}");
                let help =
                    format!("take a root file system for {ours}, or register an emulator with binfmt_misc");
                Refusal::new(
                    "tinydocker::host::wrong_architecture",
                    message,
                    help,
                    format!("made for {theirs}"),
                )
                .last()
                .into()
            }
            Format::Elf(elf) if elf.executable => self.loader(placed, elf),
            _ if is_handled() => Verdict::Runs,
            other => not_a_program(placed, other, start).last().into(),
        }
    }

    fn noexec(self, program: &Program, inside: &Path) -> Option<Refusal> {
        let (what, mount) = match self.tree.holder(inside) {
            Holder::Ours => return None,
            Holder::Noexec(target) => {
                let message = format!(
                    "can't be executed: the mount on {target} is noexec, and {} lies there",
                    inside.display()
                );
                let help = "take \"noexec\" out of the mount's options".to_owned();
                let refusal =
                    Refusal::new("tinydocker::host::noexec", message, help, "found, but on a noexec mount");
                return Some(Refusal { mount: Some(mount_key(target)), ..refusal });
            }
            Holder::Rootfs => ("the rootfs".to_owned(), None),
            Holder::Bind(target) => (format!("the source of the mount on {target}"), Some(mount_key(target))),
        };
        if !program.noexec {
            return None;
        }
        let message = format!(
            "can't be executed: {} lies on a noexec mount: {what} has that from the host",
            inside.display()
        );
        let help =
            "copy it to a file system without noexec, or remount that one on the host: mount -o remount,exec";
        let refusal =
            Refusal::new("tinydocker::host::noexec", message, help.into(), "found, but on a noexec mount");
        Some(Refusal { mount, ..refusal })
    }

    /// Without its interpreter a script that is there is answered with "no such file".
    fn script(self, placed: &Placed, script: &Script, depth: u32) -> Verdict {
        let Script { interpreter, argument } = script;
        let inside = placed.inside.display();
        if depth == MOST_INTERPRETERS {
            let message =
                format!("can't be executed: at {inside} too many scripts have interpreted each other");
            let help = "the last interpreter must be a program, not a script".to_owned();
            let code = "tinydocker::host::command_not_executable";
            return Refusal::new(code, message, help, "never leads to a program").last().into();
        }
        let line_ends = |message: String| {
            let help = format!(
                "the file has Windows line ends; mend it: sed -i 's/\\r$//' {}",
                placed.host.display()
            );
            Refusal::new("tinydocker::host::line_ends", message, help, "has Windows line ends")
        };
        let verdict = match self.place(&self.absolute(interpreter)) {
            Ok(next) => self.execute(&next, depth + 1),
            Err(Verdict::Missing(_)) if interpreter.ends_with('\r') => {
                let message = format!(
                    "can't be executed: the first line of {inside} ends with a carriage return, so it asks for \
                     {interpreter:?}"
                );
                line_ends(message).into()
            }
            Err(verdict) => {
                let said = format!("the first line of {inside}, #!{interpreter}, says so");
                missing_interpreter(interpreter, verdict, &said)
            }
        };
        if !matches!(verdict, Verdict::Runs) {
            return verdict;
        }
        if argument.ends_with('\r') {
            let message = format!(
                "is started with an argument that ends with a carriage return: {argument:?}, by {inside}"
            );
            let warning = line_ends(message).last();
            return Refusal { severity: Severity::Warning, ..warning }.into();
        }
        self.by_env(placed, script)
    }

    /// `#!/usr/bin/env python3`: env(1) looks through PATH.
    fn by_env(self, placed: &Placed, script: &Script) -> Verdict {
        let Script { interpreter, argument } = script;
        let is_env = interpreter.rsplit('/').next() == Some("env");
        let bare =
            !argument.is_empty() && !argument.starts_with('-') && !argument.contains(['/', '=', ' ', '\t']);
        if !is_env || !bare || self.through_env {
            return Verdict::Runs;
        }
        match (Judge { through_env: true, ..self }).search(argument) {
            Verdict::Missing(_) => {
                let inside = placed.inside.display();
                let folders: Vec<_> = self.search_path().iter().map(|f| f.display().to_string()).collect();
                let help = format!(
                    "the first line of {inside}, #!{interpreter} {argument}, has it looked for in {}",
                    folders.join(", ")
                );
                let message = format!("needs {argument}, which is in no folder of PATH in the container");
                let code = "tinydocker::host::interpreter_not_found";
                Refusal::new(code, message, help, format!("needs {argument}")).last().into()
            }
            verdict => verdict,
        }
    }

    /// The dynamic linker of a program.
    fn loader(self, placed: &Placed, elf: &Elf) -> Verdict {
        let Some(path) = &elf.interpreter else { return Verdict::Runs };
        let said = remedy(&placed.inside.display().to_string(), path);
        match self.place(&self.absolute(path)) {
            Ok(next) => {
                let Some(program) = self.tree.seen.program(&next.host) else { return Verdict::Runs };
                if let Some(refusal) = self.noexec(&program, &next.inside) {
                    return refusal.into();
                }
                match &program.format {
                    Some(Format::Elf(linker)) if linker.machine == elf.machine => Verdict::Runs,
                    None => Verdict::Runs,
                    Some(_) => {
                        let message = format!("needs {path}, which is no dynamic linker for it");
                        let code = "tinydocker::host::interpreter_not_found";
                        Refusal::new(code, message, said, format!("needs {path}")).last().into()
                    }
                }
            }
            Err(verdict) => missing_interpreter(path, verdict, &said),
        }
    }
}

/// `verdict` is what came of looking for it.
fn missing_interpreter(path: &str, verdict: Verdict, said: &str) -> Verdict {
    let (reason, what) = match verdict {
        Verdict::Missing(why) => {
            let reason = why.map(|(first, why)| explain(&first, &why)).unwrap_or_default();
            (reason, "is not in the container".to_owned())
        }
        Verdict::Refused(refusal) => (refusal.help, refusal.message),
        Verdict::Runs | Verdict::Unknown => return Verdict::Runs,
    };
    let message = format!("needs {path}, which {what}");
    let help = format!("{reason}; {said}");
    Refusal::new("tinydocker::host::interpreter_not_found", message, help, format!("needs {path}")).into()
}

/// Whose linker that is, and what to do.
fn remedy(inside: &str, linker: &str) -> String {
    let name = linker.rsplit('/').next().unwrap_or_default();
    let (library, remedy) = if name.starts_with("ld-musl-") {
        ("musl, the C library of Alpine", "take an Alpine root file system")
    } else if name.starts_with("ld-linux") || name.starts_with("ld64.so") {
        ("glibc", "take a root file system with glibc, such as Debian's (on Alpine: apk add gcompat)")
    } else {
        ("another C library", "take the root file system that it was built for")
    };
    format!("{inside} is linked against {library}: {remedy}, or link it statically")
}

/// ENOEXEC: execve(2) knows neither mark at its start.
fn not_a_program(placed: &Placed, format: &Format, start: &[u8]) -> Refusal {
    let inside = placed.inside.display();
    let text = start.iter().all(|&b| b >= b' ' && b != 0x7f || b"\t\n\r\x0c".contains(&b));
    let (what, help) = match format {
        Format::Empty => ("is an empty file", "write the program into it; was it cut short?".to_owned()),
        Format::Elf(_) => {
            ("is an object file or a core dump, no linked program", "link it, or name the program".to_owned())
        }
        _ if start.starts_with(b"\x7fELF") => {
            ("is an ELF file that is broken or cut short", "copy or build it anew".to_owned())
        }
        _ if start.starts_with(b"#!") => (
            "names no interpreter behind #!, or too long a one",
            "write #!/bin/sh as its first line".to_owned(),
        ),
        _ if start.starts_with(b"MZ") => ("is a Windows program", "take the one for Linux".to_owned()),
        _ if text => (
            "is text without an interpreter",
            "a shell would run it itself, the kernel does not: write #!/bin/sh as its first line".to_owned(),
        ),
        _ => ("is neither a program for Linux nor a script", "name a program or a script".to_owned()),
    };
    Refusal::new(
        "tinydocker::host::not_a_program",
        format!("can't be executed: {inside} {what}"),
        help,
        "not in a format that can be executed",
    )
}

/// What a file that would be executed has in it.
#[derive(Debug)]
pub(super) struct Program {
    /// None if it can't be read.
    format: Option<Format>,
    /// Its first bytes.
    start: Vec<u8>,
    /// Whether its mount on the host is noexec.
    noexec: bool,
}

impl Seen {
    /// Reads a file of the host once; none if this user may not.
    fn program(&self, host: &Path) -> Option<Rc<Program>> {
        if let Some(known) = self.programs.borrow().get(host) {
            return known.clone();
        }
        let program = open(host).map(|file| {
            Rc::new(Program {
                format: executable::format(&|offset, length| read_at(&file, offset, length)),
                start: read_at(&file, 0, executable::START).unwrap_or_default(),
                noexec: file::is_noexec(file.as_fd()).unwrap_or(false),
            })
        });
        self.programs.borrow_mut().insert(host.to_owned(), program.clone());
        program
    }
}

/// A file of the host, by a path without links; none if this user may not read it.
fn open(host: &Path) -> Option<File> {
    let path = CString::new(host.as_os_str().as_bytes()).ok()?;
    file::open_regular(&path).ok().map(File::from)
}

fn read_at(file: &File, offset: u64, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], offset.checked_add(filled as u64)?) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    bytes.truncate(filled);
    Some(bytes)
}
