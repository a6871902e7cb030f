//! The built-in profile: text, and its program for the built-in capabilities, which no
//! launch has to compile. A test compares the two.

use super::Facts;
use super::calls;
use super::rules::{Action, Call, Case, Comparison, Condition, Rules};
use crate::sys::Errno;

const TEXT: &str = include_str!("default.txt");

/// The compiled rules of a container with the built-in capabilities.
pub const PROGRAM: &[u8] = if cfg!(target_arch = "aarch64") {
    include_bytes!("../../filters/default-aarch64.bpf")
} else {
    include_bytes!("../../filters/default-x86_64.bpf")
};

/// What the built-in profile answers to calls that it does not name.
pub const OTHERWISE: Action = Action::Errno(38);

/// The number of an errno's name.
pub fn errno(name: &str) -> Option<u16> {
    (1..=133_u16).find(|number| Errno(i32::from(*number)).name() == name)
}

/// The built-in rules for a container.
pub fn rules(facts: &Facts<'_>) -> Rules {
    let mut rules = Rules::new(OTHERWISE, facts.native.family());
    let mut cases: Vec<(&str, Vec<Case>)> = Vec::new();
    let mut decision = None;
    for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
        if let Some(names) = line.strip_prefix("  ") {
            let Some(action) = decision else { continue };
            for name in names.split_ascii_whitespace() {
                put(&mut rules, name, &Call::always(action));
            }
        } else if let Some(case) = line.strip_prefix("case ") {
            let mut words = case.split_ascii_whitespace();
            let Some(name) = words.next() else { continue };
            if cases.last().is_none_or(|(last, _)| *last != name) {
                cases.push((name, Vec::new()));
            }
            if let (Some(case), Some((_, all))) = (read_case(words, facts), cases.last_mut()) {
                all.push(case);
            }
        } else if let Some(head) = line.strip_suffix(':') {
            decision = Some(read_head(head, facts));
        }
    }
    for (name, mut cases) in cases {
        let always = cases.iter().position(|case| case.conditions.is_empty());
        let otherwise =
            always.map_or(OTHERWISE, |at| cases.drain(at..).next().map_or(OTHERWISE, |it| it.action));
        put(&mut rules, name, &Call { cases, otherwise });
    }
    rules
}

fn put(rules: &mut Rules, name: &str, call: &Call) {
    for (arch, table) in &mut rules.tables {
        if let Some(number) = calls::number(name, *arch) {
            table.insert(number, call.clone());
        }
    }
}

fn action(word: &str) -> Action {
    if word == "allow" { Action::Allow } else { errno(word).map_or(OTHERWISE, Action::Errno) }
}

/// `DECISION [with CAPS]`
fn read_head(head: &str, facts: &Facts<'_>) -> Action {
    match head.split_once(" with ") {
        Some((_, capabilities)) if !capabilities.split(' ').any(|it| facts.has(it)) => action("EPERM"),
        Some((word, _)) => action(word),
        None => action(head),
    }
}

/// `DECISION [with CAPS|without CAPS] CONDITION…`; nothing if the capabilities don't fit.
fn read_case<'t>(mut words: impl Iterator<Item = &'t str>, facts: &Facts<'_>) -> Option<Case> {
    let action = action(words.next()?);
    let mut case = Case { conditions: Vec::new(), action };
    let mut needs = None;
    let mut has = false;
    for word in words {
        match word {
            "with" => needs = Some(true),
            "without" => needs = Some(false),
            word => match word.split_once('=') {
                Some((argument, value)) => case.conditions.push(condition(argument, value)?),
                None => has |= facts.has(word),
            },
        }
    }
    needs.is_none_or(|needs| needs == has).then_some(case)
}

fn condition(argument: &str, value: &str) -> Option<Condition> {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let (argument, comparison) = match argument.split_once('&') {
        Some((argument, mask)) => (argument, Comparison::Masked(number(mask)?)),
        None => (argument, Comparison::Equal),
    };
    Some(Condition { argument: argument.parse().ok()?, comparison, value: number(value)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seccomp::calls::Arch;
    use crate::seccomp::compile::compile;
    use crate::seccomp::filter::Program;

    fn facts(native: Arch, capabilities: &[String]) -> Facts<'_> {
        Facts { native, capabilities, kernel: "6.1" }
    }

    fn built_in() -> Vec<String> {
        crate::profile::preset::CAPABILITIES.map(String::from).to_vec()
    }

    /// With TINYDOCKER_BLESS it writes what it would compare.
    #[test]
    fn the_compiled_default_is_what_its_text_compiles_to() {
        for native in [Arch::X86_64, Arch::Aarch64] {
            let rules = rules(&facts(native, &built_in()));
            let program = compile(&rules).expect("it fits");
            let bytes = Program::new(&program);
            let path = format!("{}/filters/default-{}.bpf", env!("CARGO_MANIFEST_DIR"), native.name());
            if std::env::var_os("TINYDOCKER_BLESS").is_some() {
                std::fs::write(&path, bytes.bytes()).expect("the source tree can be written");
            }
            let golden = std::fs::read(&path).expect("it is there");
            assert!(golden == bytes.bytes(), "run this test with TINYDOCKER_BLESS=1");
            println!("{}: {} instructions", native.name(), program.len());
        }
    }

    /// Every word of the text means something.
    #[test]
    fn the_text_names_what_exists_once() {
        let mut seen = std::collections::BTreeSet::new();
        let mut cased = std::collections::BTreeSet::new();
        let capability =
            |word: &str| crate::sys::credentials::capability_bit(&format!("CAP_{word}")).is_some();
        for line in TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(names) = line.strip_prefix("  ") {
                for name in names.split_ascii_whitespace() {
                    assert!(calls::names().any(|known| known == name), "{name}");
                    assert!(seen.insert(name), "{name} twice");
                }
            } else if let Some(case) = line.strip_prefix("case ") {
                let mut words = case.split_ascii_whitespace();
                cased.insert(words.next().unwrap());
                let decision = words.next().unwrap();
                assert!(decision == "allow" || errno(decision).is_some(), "{line}");
                for word in words.filter(|word| !["with", "without"].contains(word)) {
                    match word.split_once('=') {
                        Some((argument, value)) => assert!(condition(argument, value).is_some(), "{line}"),
                        None => assert!(capability(word), "{line}"),
                    }
                }
            } else if line == "default ENOSYS" {
                assert_eq!(OTHERWISE, Action::Errno(errno("ENOSYS").unwrap()));
            } else {
                let head = line.strip_suffix(':').expect(line);
                let (decision, with) = head.split_once(" with ").unwrap_or((head, ""));
                assert!(decision == "allow" || errno(decision).is_some(), "{line}");
                assert!(with.split_ascii_whitespace().all(capability), "{line}");
            }
        }
        assert!(cased.iter().all(|name| !seen.contains(name)));
    }

    #[test]
    fn capabilities_decide() {
        let of = |held: &[&str], name: &str, arguments: [u64; 6]| {
            let held: Vec<String> = held.iter().map(|it| (*it).to_owned()).collect();
            let rules = rules(&facts(Arch::X86_64, &held));
            rules.decide(Arch::X86_64.audit(), calls::number(name, Arch::X86_64).unwrap(), &arguments)
        };
        let eperm = Action::Errno(1);
        for (name, capability) in [
            ("mount", "CAP_SYS_ADMIN"),
            ("bpf", "CAP_BPF"),
            ("chroot", "CAP_SYS_CHROOT"),
            ("iopl", "CAP_SYS_RAWIO"),
        ] {
            assert_eq!(of(&[], name, [0; 6]), eperm, "{name}");
            assert_eq!(of(&[capability], name, [0; 6]), Action::Allow, "{name}");
        }
        for namespace in [0x20000_u64, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000] {
            assert_eq!(of(&[], "clone", [namespace | 17, 0, 0, 0, 0, 0]), eperm);
            assert_eq!(of(&["CAP_SYS_ADMIN"], "clone", [namespace, 0, 0, 0, 0, 0]), Action::Allow);
        }
        assert_eq!(of(&[], "clone", [0x3d0f00, 0, 0, 0, 0, 0]), Action::Allow, "a thread");
        assert_eq!(of(&[], "clone3", [0; 6]), Action::Errno(38));
        assert_eq!(of(&["CAP_SYS_ADMIN"], "clone3", [0; 6]), Action::Allow);
        assert_eq!(of(&[], "personality", [8, 0, 0, 0, 0, 0]), Action::Allow);
        assert_eq!(of(&[], "personality", [0x40000, 0, 0, 0, 0, 0]), eperm);
        // The kernel looks at the lower half of a family only.
        for upper in [0, 1 << 32, 0xffff_ffff << 32] {
            let family = |family: u64, protocol: u64| [family | upper, 3, protocol | upper, 0, 0, 0];
            assert_eq!(of(&[], "socket", family(16, 9)), Action::Errno(22));
            assert_eq!(of(&["CAP_AUDIT_WRITE"], "socket", family(16, 9)), Action::Allow);
            assert_eq!(of(&[], "socket", family(16, 0)), Action::Allow);
            assert_eq!(of(&[], "socket", family(38, 0)), Action::Errno(97));
            assert_eq!(of(&[], "socket", family(40, 0)), Action::Errno(97));
            assert_eq!(of(&[], "socket", family(2, 0)), Action::Allow);
        }
        assert_eq!(of(&[], "keyctl", [0; 6]), eperm);
        assert_eq!(of(&[], "io_uring_setup", [0; 6]), OTHERWISE);
        assert_eq!(of(&[], "read", [0; 6]), Action::Allow);
    }
}
