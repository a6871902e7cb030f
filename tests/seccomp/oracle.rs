//! libseccomp as an oracle: its programs and ours give the same answer to every number of
//! every architecture.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use tinydocker::profile::preset::CAPABILITIES;
use tinydocker::seccomp::calls::{self, X32_BIT};
use tinydocker::seccomp::compile::{Instruction, compile};
use tinydocker::seccomp::machine::{Data, run};
use tinydocker::seccomp::{Action, Arch, Comparison, Condition, Facts, Rules, default, oci};

/// Builds the helper once.
fn helper() -> &'static PathBuf {
    static HELPER: OnceLock<PathBuf> = OnceLock::new();
    HELPER.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seccomp/oracle.c");
        let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("seccomp-oracle");
        let built = Command::new("gcc")
            .args(["-O1", "-Wall", "-Werror", "-o"])
            .args([program.as_os_str(), source.as_ref(), "-lseccomp".as_ref()])
            .output()
            .expect("gcc is there");
        assert!(
            built.status.success(),
            "the oracle needs libseccomp-dev: {}",
            String::from_utf8_lossy(&built.stderr)
        );
        program
    })
}

fn ask(arguments: &[&str], input: &str) -> Vec<u8> {
    let mut child = Command::new(helper())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the helper runs");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads all");
    assert!(output.status.success(), "{arguments:?}: {:?}", output.status);
    output.stdout
}

/// SCMP_ARCH_*: AUDIT_ARCH_* but for x32.
fn token(arch: Arch) -> u32 {
    if arch == Arch::X32 { 0x4000_003e } else { arch.audit() }
}

fn program(bytes: &[u8]) -> Vec<Instruction> {
    let one = |bytes: &[u8]| Instruction {
        code: u16::from_le_bytes([bytes[0], bytes[1]]),
        yes: bytes[2],
        no: bytes[3],
        k: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
    };
    bytes.chunks_exact(8).map(one).collect()
}

fn libseccomp(default: Action, arches: &[Arch], rules: &str) -> Vec<Instruction> {
    let mut input = format!("default {}\nbadarch {}\n", default.code(), Action::KillProcess.code());
    for arch in arches {
        input += &format!("arch {}\n", token(*arch));
    }
    input += rules;
    program(&ask(&["compile"], &input))
}

fn resolve(arch: Arch, names: &[&str]) -> Vec<i64> {
    let answer = ask(&["resolve", &token(arch).to_string()], &names.join("\n"));
    String::from_utf8(answer).expect("numbers").lines().map(|line| line.parse().expect("a number")).collect()
}

/// Names that this libseccomp knows.
fn known() -> &'static BTreeSet<&'static str> {
    static KNOWN: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let names: Vec<&str> = calls::names().collect();
        let numbers = resolve(Arch::X86_64, &names);
        names.into_iter().zip(numbers).filter(|(_, number)| *number != -1).map(|(name, _)| name).collect()
    })
}

fn operator(condition: &Condition) -> String {
    let Condition { argument, comparison, value } = condition;
    let (op, a, b) = match comparison {
        Comparison::NotEqual => (1, *value, 0),
        Comparison::Less => (2, *value, 0),
        Comparison::LessOrEqual => (3, *value, 0),
        Comparison::Equal => (4, *value, 0),
        Comparison::GreaterOrEqual => (5, *value, 0),
        Comparison::Greater => (6, *value, 0),
        Comparison::Masked(mask) => (7, *mask, *value),
    };
    format!(" {argument} {op} {a} {b}")
}

/// Numbers that could make a difference: all that exist, what lies beside them, and the
/// ends.
fn numbers() -> Vec<u32> {
    let mut all: Vec<u32> = (0..700).chain(0xf_0000..0xf_0010).collect();
    all.extend(all.clone().iter().map(|number| number | X32_BIT));
    all.extend([X32_BIT - 1, 0x7fff_ffff, 0x8000_0000, u32::MAX - 1, u32::MAX]);
    all
}

/// Arguments that lie on both sides of every comparison.
fn arguments(conditions: &[Condition]) -> Vec<[u64; 6]> {
    let mut values: BTreeSet<u64> = [0, 1, u64::MAX, 1 << 32].into();
    for Condition { comparison, value, .. } in conditions {
        let mask = if let Comparison::Masked(mask) = comparison { *mask } else { 0 };
        for value in [*value, mask, !mask, value | (value << 32), value & 0xffff_ffff] {
            values.extend([
                value,
                value.wrapping_add(1),
                value.wrapping_sub(1),
                value | 1 << 32,
                value ^ 1 << 63,
            ]);
        }
    }
    let used: BTreeSet<usize> = conditions.iter().map(|it| usize::from(it.argument)).collect();
    let mut all = vec![[0; 6]];
    for argument in used {
        let before = std::mem::take(&mut all);
        let with = |value: u64| {
            before.iter().map(move |it| {
                let mut it = *it;
                it[argument] = value;
                it
            })
        };
        all = values.iter().flat_map(|value| with(*value)).take(20_000).collect();
    }
    all
}

/// Compares two programs; the conditions are those of each number.
fn compare(
    ours: &[Instruction],
    theirs: &[Instruction],
    audits: &[u32],
    numbers: &[u32],
    conditions: &BTreeMap<u32, Vec<Condition>>,
) -> usize {
    let mut compared = 0;
    for &arch in audits {
        for &number in numbers {
            let none = Vec::new();
            for arguments in arguments(conditions.get(&number).unwrap_or(&none)) {
                let data = Data { number, arch, pointer: 0, arguments };
                let of = |program| run(program, &data).map(|(code, _)| Action::from_code(code));
                assert_eq!(of(ours), of(theirs), "{arch:#x} {number:#x} {arguments:x?}");
                compared += 1;
            }
        }
    }
    compared
}

const AUDITS: [u32; 6] = [0xc000_003e, 0x4000_0003, 0xc000_00b7, 0x4000_0028, 0x8000_0016, 0];

fn all_conditions(rules: &Rules) -> BTreeMap<u32, Vec<Condition>> {
    let mut all: BTreeMap<u32, Vec<Condition>> = BTreeMap::new();
    for (number, call) in rules.tables.values().flatten() {
        all.entry(*number).or_default().extend(call.cases.iter().flat_map(|case| case.conditions.clone()));
    }
    all
}

#[test]
fn the_numbers_are_libseccomps() {
    let names: Vec<&str> = calls::names().collect();
    let mut compared = 0;
    for arch in Arch::ALL {
        for (name, theirs) in names.iter().zip(resolve(arch, &names)) {
            // −1: not known at all; other negative numbers: not on this architecture.
            // Those of x86's common entries have a number of libseccomp's own.
            let entry = arch == Arch::X86 && calls::multiplexed(name).is_some()
                // ARM's own name for it is the only one to libseccomp.
                || arch == Arch::Arm && *name == "sync_file_range2";
            if theirs == -1
                || entry
                || (theirs < -1 && calls::number(name, arch).is_some_and(|_| NEWER.contains(name)))
            {
                continue;
            }
            let ours = calls::number(name, arch).map(i64::from);
            assert_eq!(ours, (theirs >= 0).then_some(theirs), "{name} on {}", arch.name());
            compared += 1;
        }
    }
    assert!(compared > 2000, "{compared}");
    println!("{compared} numbers of {} names compared", names.len());
}

/// Calls that some architecture got after this libseccomp was made.
const NEWER: [&str; 4] = ["cachestat", "fchmodat2", "map_shadow_stack", "memfd_secret"];

/// What a container of these capabilities may do, number by number.
fn default_against_libseccomp(native: Arch, capabilities: &[String]) -> usize {
    let rules = default::rules(&Facts { native, capabilities, kernel: "6.1" });
    let ours = compile(&rules).expect("it fits");
    let mut compared = 0;
    for (arch, table) in &rules.tables {
        let mut plain = String::new();
        let mut numbers: BTreeSet<u32> = numbers().into_iter().collect();
        if *arch == Arch::X86_64 {
            numbers.retain(|number| *number < X32_BIT);
        } else if *arch == Arch::X32 {
            numbers.retain(|number| (X32_BIT..u32::MAX).contains(number));
        }
        for (number, call) in table {
            let name = calls::name(*number, *arch).expect("a name");
            // libseccomp makes one rule of the common entry of it, and then refuses the next.
            let entry = *arch == Arch::X86 && !call.cases.is_empty() && calls::multiplexed(name).is_some();
            // To libseccomp ARM has it under its own name only.
            let alias = *arch == Arch::Arm && name == "sync_file_range2";
            if !known().contains(name) || NEWER.contains(&name) || entry || alias {
                numbers.remove(number);
            } else if call.cases.is_empty() && call.otherwise == rules.default {
                // libseccomp refuses a rule for what happens anyway.
            } else if call.cases.is_empty() {
                plain += &format!("rule {} {name}\n", call.otherwise.code());
            } else {
                // What is answered otherwise differs from call to call: one filter for each.
                numbers.remove(number);
                let mut cases = String::new();
                for case in &call.cases {
                    let conditions: String = case.conditions.iter().map(operator).collect();
                    cases += &format!("rule {} {name}{conditions}\n", case.action.code());
                }
                let theirs = libseccomp(call.otherwise, &[*arch], &cases);
                compared += compare(&ours, &theirs, &[arch.audit()], &[*number], &all_conditions(&rules));
            }
        }
        let theirs = libseccomp(rules.default, &[*arch], &plain);
        let numbers: Vec<u32> = numbers.into_iter().collect();
        compared += compare(&ours, &theirs, &[arch.audit()], &numbers, &BTreeMap::new());
    }
    compared
}

#[test]
fn the_default_profile_is_what_libseccomp_makes_of_it() {
    let mut sets: Vec<Vec<String>> = vec![Vec::new(), CAPABILITIES.map(String::from).to_vec()];
    for one in
        ["CAP_SYS_ADMIN", "CAP_BPF", "CAP_PERFMON", "CAP_AUDIT_WRITE", "CAP_SYS_PTRACE", "CAP_SYS_NICE"]
    {
        sets.push(vec![one.to_owned()]);
    }
    let mut compared = 0;
    for native in [Arch::X86_64, Arch::Aarch64] {
        compared += sets.iter().map(|set| default_against_libseccomp(native, set)).sum::<usize>();
    }
    assert!(compared > 50_000, "{compared}");
    println!("{compared} calls compared");
}

/// A rule as runc and crun hand it to libseccomp.
fn theirs(document: &Value, native: Arch, capabilities: &[String]) -> Vec<Instruction> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let action = |value: &Value, errno: &Value| {
        let errno = u16::try_from(errno.as_u64().unwrap_or(1)).unwrap();
        match value.as_str().unwrap() {
            "SCMP_ACT_ALLOW" => Action::Allow,
            "SCMP_ACT_LOG" => Action::Log,
            "SCMP_ACT_ERRNO" => Action::Errno(errno),
            "SCMP_ACT_TRACE" => Action::Trace(errno),
            "SCMP_ACT_TRAP" => Action::Trap,
            "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
            _ => Action::KillThread,
        }
    };
    let default = action(&document["defaultAction"], &document["defaultErrnoRet"]);
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let go = if native == Arch::X86_64 { "amd64" } else { "arm64" };
    let mut lines = String::new();
    for rule in all(&document["syscalls"]) {
        let (include, exclude) = (&rule["includes"], &rule["excludes"]);
        let has = |name: &Value| capabilities.contains(&text(name));
        let arches = all(&include["arches"]);
        if !all(&include["caps"]).iter().all(has)
            || all(&exclude["caps"]).iter().any(has)
            || !(arches.is_empty() || arches.iter().any(|arch| text(arch) == go))
            || all(&exclude["arches"]).iter().any(|arch| text(arch) == go)
        {
            continue;
        }
        let action = action(&rule["action"], &rule["errnoRet"]);
        if action == default {
            continue;
        }
        let conditions: Vec<(u64, String)> = all(&rule["args"])
            .iter()
            .map(|arg| {
                let index = arg["index"].as_u64().unwrap();
                let names = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];
                let op = text(&arg["op"]);
                let op = names.iter().position(|name| op == format!("SCMP_CMP_{name}")).unwrap() + 1;
                let (a, b) = (arg["value"].as_u64().unwrap_or(0), arg["valueTwo"].as_u64().unwrap_or(0));
                (index, format!(" {index} {op} {a} {b}"))
            })
            .collect();
        let indices: BTreeSet<u64> = conditions.iter().map(|(index, _)| *index).collect();
        let alternatives: Vec<String> = if indices.len() < conditions.len() {
            conditions.into_iter().map(|(_, condition)| condition).collect()
        } else {
            vec![conditions.into_iter().map(|(_, condition)| condition).collect()]
        };
        for name in all(&rule["names"])
            .iter()
            .chain(rule.get("name"))
            .map(text)
            .filter(|name| known().contains(name.as_str()))
        {
            for conditions in &alternatives {
                lines += &format!("rule {} {name}{conditions}\n", action.code());
            }
        }
    }
    let ours = [
        ("SCMP_ARCH_X86_64", Arch::X86_64),
        ("SCMP_ARCH_X86", Arch::X86),
        ("SCMP_ARCH_X32", Arch::X32),
        ("SCMP_ARCH_AARCH64", Arch::Aarch64),
        ("SCMP_ARCH_ARM", Arch::Arm),
    ];
    let arch = |value: &Value| ours.iter().find(|(name, _)| *name == text(value)).map(|(_, arch)| *arch);
    let mut arches = vec![native];
    for entry in all(&document["archMap"]).iter().filter(|entry| arch(&entry["architecture"]) == Some(native))
    {
        arches.extend(all(&entry["subArchitectures"]).iter().filter_map(arch));
    }
    let listed: Vec<Arch> = all(&document["architectures"]).iter().filter_map(arch).collect();
    arches.extend(listed.into_iter().filter(|arch| *arch != native && native.family().contains(arch)));
    libseccomp(default, &arches, &lines)
}

fn file_against_libseccomp(text: &str) -> usize {
    let document = oci::read(text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let json: Value = serde_json::from_str(text).expect("JSON");
    let mut compared = 0;
    let admin = vec!["CAP_SYS_ADMIN".to_owned()];
    for native in [Arch::X86_64, Arch::Aarch64] {
        for capabilities in [&Vec::new(), &CAPABILITIES.map(String::from).to_vec(), &admin] {
            let mut rules = document.rules(&Facts { native, capabilities, kernel: "6.12.1" });
            for (arch, table) in &mut rules.tables {
                table.retain(|number, _| {
                    calls::name(*number, *arch)
                        .is_some_and(|name| known().contains(name) && !NEWER.contains(&name))
                });
            }
            let ours = compile(&rules).expect("it fits");
            let theirs = theirs(&json, native, capabilities);
            let newer: BTreeSet<u32> = rules
                .tables
                .keys()
                .flat_map(|arch| NEWER.iter().filter_map(|name| calls::number(name, *arch)))
                .collect();
            let numbers: Vec<u32> = numbers().into_iter().filter(|number| !newer.contains(number)).collect();
            compared += compare(&ours, &theirs, &AUDITS, &numbers, &all_conditions(&rules));
        }
    }
    compared
}

/// TINYDOCKER_SECCOMP_PROFILES names a folder of more of them.
#[test]
fn files_mean_what_they_mean_to_libseccomp() {
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seccomp/profiles"))];
    folders.extend(std::env::var_os("TINYDOCKER_SECCOMP_PROFILES").map(PathBuf::from));
    let mut compared = 0;
    for folder in folders {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            println!("{}", path.display());
            compared += file_against_libseccomp(&std::fs::read_to_string(&path).expect("text"));
        }
    }
    assert!(compared > 30_000, "{compared}");
    println!("{compared} calls compared");
}
