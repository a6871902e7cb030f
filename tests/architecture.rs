//! The invariants of src/lib.rs that the compiler does not see: read from the sources
//! and from the machine code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In the order of lib.rs's table.
const MODULES: [&str; 11] = [
    "cli",
    "engine",
    "init",
    "store",
    "preflight",
    "plan",
    "host",
    "profile",
    "seccomp",
    "diagnostic",
    "sys",
];

/// All sources, by path from `src`, comments and texts left out.
fn sources() -> BTreeMap<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("src").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source is text");
                let code: Vec<String> = text.lines().map(code).collect();
                found.insert(path.strip_prefix(&root).expect("below src").to_owned(), code.join("\n"));
            }
        }
    }
    assert!(found.len() > 30, "the sources were found");
    found
}

/// A line without its comment and without what stands between quotes.
fn code(line: &str) -> String {
    let line = line.split("//").next().unwrap_or_default();
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

/// The first component: the module that a file belongs to.
fn module(path: &Path) -> String {
    let first = path.iter().next().expect("a name").to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Whether a word stands alone in a text.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

#[test]
fn words_are_found_as_words() {
    assert!(has_word("use nix::x;", "nix") && has_word("nix", "nix"));
    assert!(!has_word("unix::nixie", "nix"));
}

#[test]
fn the_kernel_is_reached_through_sys_only() {
    for (path, text) in sources() {
        if module(&path) == "sys" {
            continue;
        }
        for word in ["nix", "libc"] {
            assert!(!has_word(&text, word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn unsafe_code_is_in_sys_only() {
    let mut in_sys = 0;
    for (path, text) in sources() {
        let count = text.matches("unsafe {").count()
            + text.matches("unsafe fn").count()
            + text.matches("unsafe extern").count();
        if module(&path) == "sys" {
            in_sys += count;
        } else {
            assert_eq!(count, 0, "{}", path.display());
            let allowed = path == Path::new("lib.rs");
            assert!(allowed || !has_word(&text, "unsafe_code"), "{}", path.display());
        }
    }
    assert!(in_sys > 20, "what this test looks for exists");
}

/// The modules of this crate that a text names with `crate::`, in braces too.
fn named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, start) in text.match_indices("crate::") {
        let rest = &text[at + start.len()..];
        let list = rest.strip_prefix('{').map_or(rest, |inside| inside.split("};").next().unwrap_or(inside));
        let firsts: Vec<&str> = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for first in firsts {
            let word: String =
                first.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if MODULES.contains(&word.as_str()) {
                names.push(word);
            }
        }
    }
    names
}

#[test]
fn names_are_found() {
    assert_eq!(named("use crate::plan::Step;\ncrate::sys::x()"), ["plan", "sys"]);
    assert_eq!(named("use crate::{host::Host, plan};"), ["host", "plan"]);
}

/// Modules depend downwards only, in the order of lib.rs's table.
#[test]
fn modules_depend_downwards_only() {
    let position = |name: &str| MODULES.iter().position(|known| *known == name);
    for (path, text) in sources() {
        let this = module(&path);
        let Some(at) = position(&this) else { continue };
        // Unit tests may look anywhere.
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for other in named(text) {
            let there = position(&other).expect("a module");
            assert!(there >= at, "{} depends on {other}, which stands above {this}", path.display());
        }
    }
}

#[test]
fn the_engine_executes_the_plan_and_consults_nothing_else() {
    for (path, text) in sources() {
        if module(&path) == "engine" {
            for other in named(&text) {
                assert!(
                    !["profile", "host", "cli"].contains(&other.as_str()),
                    "{} uses {other}",
                    path.display()
                );
            }
        }
    }
}

/// Init is compiled a second time, without std and without the rest of this crate: the compiler
/// sees to that. It can't see what the library would give it.
#[test]
fn init_stands_on_the_bare_calls_only() {
    let mut seen = 0;
    for (path, text) in sources() {
        let bare = path.starts_with("sys/bare");
        let init = module(&path) == "init" && !path.ends_with("build.rs");
        if !(bare || init) {
            continue;
        }
        seen += 1;
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        // The library's descriptors are std's.
        assert!(path.ends_with("bare/fd.rs") || !has_word(text, "std"), "{} names std", path.display());
        for (at, start) in text.match_indices("crate::") {
            let rest = &text[at + start.len()..];
            let ours = ["sys::bare", "plan::accounts", "init::", "main("];
            assert!(ours.iter().any(|name| rest.starts_with(name)), "{}: {}", path.display(), &rest[..30]);
        }
    }
    assert!(seen > 20, "{seen} files");
}

#[test]
fn profile_and_plan_make_no_system_call() {
    for (path, text) in sources() {
        if !["profile", "plan"].contains(&module(&path).as_str()) {
            continue;
        }
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for word in ["std::fs", "std::env", "std::process", "std::net", "std::os::fd"] {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
        // The names of system calls and namespaces are data; what makes the calls is not.
        for line in text.lines().filter(|line| line.contains("crate::sys::")) {
            let data = [
                "sys::clone::Namespace",
                "sys::credentials::NAMES",
                "sys::limits::RLIMITS",
                "sys::signal::NAMES",
                "sys::signal::REAL_TIME",
            ];
            assert!(data.iter().any(|name| line.contains(name)), "{}: {line}", path.display());
        }
    }
}

/// Between clone3 and execveat the child runs on the launcher's memory: it calls
/// nothing, so that it allocates nothing and takes no lock, and touches no
/// thread-local storage, which is the launcher's.
#[test]
fn what_runs_on_the_launchers_memory_calls_nothing() {
    let function = "tinydocker_child";
    let objdump = Command::new("objdump")
        .args(["-d", "--no-show-raw-insn", &format!("--disassemble={function}")])
        .arg(env!("CARGO_BIN_EXE_tinydocker"))
        .output();
    let Ok(output) = objdump else {
        assert!(std::env::var_os("TINYDOCKER_TESTS_MUST_RUN").is_none_or(|v| v != "1"), "objdump is missing");
        eprintln!("skipped what_runs_on_the_launchers_memory_calls_nothing: this host has no objdump");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let instructions: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.split_once(":\t"))
        .map(|(address, code)| (address.trim(), code.trim()))
        .collect();
    assert!(instructions.len() > 20, "{function} was found: {text}");
    let word = |code: &str| code.split_whitespace().next().unwrap_or_default().to_owned();
    let kernel = if cfg!(target_arch = "x86_64") { "syscall" } else { "svc" };
    assert!(instructions.iter().any(|(_, code)| word(code) == kernel), "{text}");
    // Unoptimised code has a call for a panic that would leave a C function. Only the
    // unwinder leads to it, and nothing here panics.
    let unreachable = |index: usize| {
        let (address, _) = instructions[index];
        let falls =
            index > 0 && !["jmp", "b", "ud2", "brk"].contains(&word(instructions[index - 1].1).as_str());
        !falls && !instructions.iter().any(|(_, code)| code.split_whitespace().nth(1) == Some(address))
    };
    for (index, (_, code)) in instructions.iter().enumerate() {
        let calls = ["call", "callq", "bl", "blr"].contains(&word(code).as_str());
        assert!(!calls || unreachable(index), "{function} calls: {code}");
        assert!(
            !code.contains("%fs") && !code.contains("tpidr"),
            "{function} uses thread-local storage: {code}"
        );
    }
}
