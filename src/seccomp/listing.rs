//! A filter as people and programs read it: from its bytes and nothing else.

use super::calls::{self, Arch, X32_BIT};
use super::compile::{AND, Instruction, JUMP, JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_EQUAL, LOAD, RETURN};
use super::filter::Filter;
use super::machine::{Decided, JUMP_SET, decided};
use super::rules::Action;
use std::collections::BTreeMap;

/// No architecture has this number: what becomes of calls that have no name.
const NAMELESS: u32 = 0x3fff_fffe;

/// No AUDIT_ARCH_*.
const NO_ARCH: u32 = 0;

/// What the program decides for each call that has a name: (heading, paragraphs), a
/// heading for each architecture, paragraphs as `allow: read write …`.
pub fn decisions(program: &[Instruction]) -> Vec<(String, Vec<String>)> {
    let foreign = decided(program, NO_ARCH, NAMELESS);
    let mut all = Vec::new();
    for arch in Arch::ALL {
        let nameless = decided(program, arch.audit(), bits(arch) | NAMELESS);
        let mut groups: BTreeMap<Option<Decided>, Vec<&str>> = BTreeMap::new();
        for name in calls::names() {
            if let Some(number) = calls::number(name, arch) {
                groups.entry(decided(program, arch.audit(), number)).or_default().push(name);
            }
        }
        if groups.len() == 1 && groups.contains_key(&foreign) && nameless == foreign {
            continue;
        }
        let paragraph =
            |(what, names): (&Option<Decided>, &Vec<&str>)| format!("{}: {}", words(*what), names.join(" "));
        let mut paragraphs: Vec<String> = groups.iter().map(paragraph).collect();
        paragraphs.push(format!("{}: any other number", words(nameless)));
        all.push((arch.name().to_owned(), paragraphs));
    }
    all.push(("any other architecture".to_owned(), vec![format!("{}: every call", words(foreign))]));
    all
}

fn bits(arch: Arch) -> u32 {
    if arch == Arch::X32 { X32_BIT } else { 0 }
}

fn words(what: Option<Decided>) -> String {
    match what {
        Some(Decided::Returns(code)) => returned(code),
        Some(Decided::AsksAt(at)) => format!("by its arguments, from {at} on"),
        None => "no program of the kernel's".to_owned(),
    }
}

fn returned(code: u32) -> String {
    Action::from_code(code).map_or_else(|| format!("return {code:#x}"), Action::words)
}

/// Every instruction, one a line: its number, what it does, where it goes on. Above those
/// of an architecture stands its name, above those that ask for arguments the calls.
pub fn listing(program: &[Instruction]) -> String {
    let bodies = bodies(program);
    let end = |index: usize| bodies.get(index + 1).map_or(program.len(), |(next, _)| *next);
    let mut asking: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for arch in Arch::ALL {
        for name in calls::names() {
            let what = calls::number(name, arch).and_then(|it| decided(program, arch.audit(), it));
            if let Some(Decided::AsksAt(at)) = what {
                let names = asking.entry(at).or_default();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    }
    let mut text = String::new();
    // What was loaded last, on the way that the program is written.
    let mut loaded = None;
    for (at, instruction) in program.iter().enumerate() {
        if let Some((_, arch)) = bodies.iter().find(|(start, _)| *start == at) {
            text += &format!("{}:\n", arch.name());
        }
        if let Some(names) = asking.get(&at) {
            text += &format!("       {}:\n", names.join(" "));
        }
        let within =
            bodies.iter().enumerate().find(|(index, (start, _))| (*start..end(*index)).contains(&at));
        let arch = within.map(|(_, (_, arch))| *arch);
        if instruction.code == LOAD {
            loaded = Some(instruction.k);
        }
        text += &format!("{at:5}  {}\n", words_of(at, *instruction, loaded, arch));
    }
    text
}

fn words_of(at: usize, instruction: Instruction, loaded: Option<u32>, arch: Option<Arch>) -> String {
    let Instruction { code, yes, no, k } = instruction;
    let (yes, no) = (at + 1 + usize::from(yes), at + 1 + usize::from(no));
    let value = match loaded {
        Some(0) => {
            let name = arch.and_then(|arch| named(k, arch));
            name.map_or_else(|| k.to_string(), |name| format!("{k} ({name})"))
        }
        Some(4) => {
            let arch = Arch::ALL.into_iter().find(|arch| arch.audit() == k);
            arch.map_or_else(|| format!("{k:#x}"), |arch| format!("{k:#x} ({})", arch.name()))
        }
        _ => format!("{k:#x}"),
    };
    match code {
        LOAD => format!("load {}", field(k)),
        AND => format!("and {k:#x}"),
        JUMP => format!("go to {}", at + 1 + k as usize),
        JUMP_EQUAL => format!("if = {value} go to {yes}, else {no}"),
        JUMP_GREATER => format!("if > {value} go to {yes}, else {no}"),
        JUMP_GREATER_EQUAL => format!("if >= {value} go to {yes}, else {no}"),
        JUMP_SET => format!("if & {k:#x} go to {yes}, else {no}"),
        RETURN => returned(k),
        _ => format!("operation {code:#x} {k:#x}, {yes}, {no}"),
    }
}

fn named(number: u32, arch: Arch) -> Option<&'static str> {
    let x32 = arch == Arch::X86_64 && number >= X32_BIT;
    calls::name(number, if x32 { Arch::X32 } else { arch })
}

fn field(offset: u32) -> String {
    match offset {
        0 => "the number".to_owned(),
        4 => "the architecture".to_owned(),
        16.. if offset.is_multiple_of(8) => format!("argument {}, low half", (offset - 16) / 8),
        16.. => format!("argument {}, high half", (offset - 16) / 8),
        _ => format!("offset {offset}"),
    }
}

/// Where the instructions for each architecture begin, in this order.
fn bodies(program: &[Instruction]) -> Vec<(usize, Arch)> {
    let jumps = program.iter().enumerate().filter(|(_, it)| it.code == JUMP_EQUAL);
    let body = |(at, it): (usize, &Instruction)| {
        let arch = Arch::ALL.into_iter().find(|arch| arch.audit() == it.k)?;
        let mut start = at + 1 + usize::from(it.yes);
        if let Some(Instruction { code: JUMP, k, .. }) = program.get(start) {
            start += 1 + *k as usize;
        }
        (program.get(start)?.code == LOAD && program[start].k == 0).then_some((start, arch))
    };
    let mut bodies: Vec<(usize, Arch)> = jumps.filter_map(body).collect();
    bodies.sort_by_key(|(start, _)| *start);
    bodies
}

/// The filter as a JSON object, an instruction a line with the names of struct
/// sock_filter: `{"code": 32, "jt": 0, "jf": 0, "k": 4}`.
pub fn json(filter: &Filter) -> String {
    let instruction = |it: &Instruction| {
        let Instruction { code, yes, no, k } = it;
        format!("  {{ \"code\": {code}, \"jt\": {yes}, \"jf\": {no}, \"k\": {k} }}")
    };
    let instructions: Vec<String> = filter.program.instructions().iter().map(instruction).collect();
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let fields = [
        format!("\"from\": {}", text(&filter.from)),
        format!("\"otherwise\": {}", text(&filter.otherwise)),
        format!("\"flags\": {}", filter.flags),
        format!("\"instructions\": [\n{}\n]", instructions.join(",\n")),
    ];
    format!("{{\n{}\n}}", fields.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_what_the_program_does() {
        let program = Filter::built_in().program.instructions();
        let decisions = decisions(&program);
        let of = |arch: &str| &decisions.iter().find(|(name, _)| name == arch).expect("an architecture").1;
        let says = |arch: &str, what: &str, call: &str| {
            let paragraphs = of(arch).iter().filter(|it| it.starts_with(what));
            paragraphs.flat_map(|it| it.split(' ')).any(|word| word == call)
        };
        if Arch::NATIVE == Arch::X86_64 {
            assert!(says("x86_64", "allow: ", "read") && says("x32", "allow: ", "read"));
            assert!(says("x86", "allow: ", "socketcall") && !says("x86_64", "allow: ", "socketcall"));
        }
        let native = Arch::NATIVE.name();
        assert!(says(native, "EPERM: ", "mount") && says(native, "ENOSYS: ", "clone3"));
        assert!(says(native, "by its arguments", "clone") && says(native, "ENOSYS: any other", "number"));
        assert_eq!(of("any other architecture"), &["kill the process: every call"]);
        // Each call stands under one heading.
        let all = of(native).iter().flat_map(|it| it.split(": ").nth(1).unwrap_or_default().split(' '));
        let mut all: Vec<&str> = all.collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
        let known = calls::names().filter(|name| calls::number(name, Arch::NATIVE).is_some()).count();
        // And `any other number`.
        assert_eq!(count, known + 3);
    }

    #[test]
    fn instructions_are_written_with_names() {
        let text = listing(&Filter::built_in().program.instructions());
        let first: Vec<&str> = text.lines().take(2).collect();
        assert_eq!(first[0], "    0  load the architecture");
        assert!(
            first[1].starts_with("    1  if = 0xc000003e (x86_64) go to ") || cfg!(target_arch = "aarch64")
        );
        assert!(text.contains("\n       clone:\n") && text.contains("load argument 0, low half"), "{text}");
        assert!(text.lines().any(|line| line.contains("  if >= ") && line.contains(") go to ")), "{text}");
        assert!(text.contains("  kill the process\n") && text.contains("  allow\n"));
    }

    #[test]
    fn json_has_the_bytes() {
        let filter = Filter::built_in();
        let value: serde_json::Value = serde_json::from_str(&json(&filter)).expect("JSON");
        let mut bytes = Vec::new();
        for it in value["instructions"].as_array().expect("an array") {
            let number = |name: &str| it[name].as_u64().expect("a number");
            bytes.extend(u16::try_from(number("code")).unwrap().to_le_bytes());
            bytes.extend([u8::try_from(number("jt")).unwrap(), u8::try_from(number("jf")).unwrap()]);
            bytes.extend(u32::try_from(number("k")).unwrap().to_le_bytes());
        }
        assert_eq!(bytes, filter.program.bytes());
    }
}
