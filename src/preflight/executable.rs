//! What a file is to execve(2), by its bytes: a script, an ELF program, or nothing that
//! can be executed.

/// As much of a file as its first line and its ELF header take.
pub(super) const START: usize = 256;

/// The kernel takes no larger table of program headers.
const LARGEST_TABLE: u64 = 65536;

/// As long as a path may be.
const LONGEST_PATH: u64 = 4096;

/// Reads at most so many bytes at an offset; fewer at the end.
pub(super) type ReadAt<'r> = &'r dyn Fn(u64, usize) -> Option<Vec<u8>>;

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Format {
    Script(Script),
    Elf(Elf),
    /// There is no byte in it.
    Empty,
    /// Something else.
    Other,
}

/// A script's first line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// The path behind `#!`.
    pub(super) interpreter: String,
    /// The rest of the line, which is one argument.
    pub(super) argument: String,
}

/// An ELF program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Elf {
    /// elf(5), `e_machine`.
    pub(super) machine: u16,
    pub(super) big_endian: bool,
    /// A program, neither an object file nor a core dump.
    pub(super) executable: bool,
    /// The dynamic linker; static programs have none.
    pub(super) interpreter: Option<String>,
}

/// Says what a file is; None if it can't be read.
pub(super) fn format(read_at: ReadAt<'_>) -> Option<Format> {
    let start = read_at(0, START)?;
    Some(if start.is_empty() {
        Format::Empty
    } else if start.starts_with(b"#!") {
        script(&start).map_or(Format::Other, Format::Script)
    } else if start.starts_with(b"\x7fELF") {
        elf(&start, read_at).map_or(Format::Other, Format::Elf)
    } else {
        Format::Other
    })
}

/// execve(2), "Interpreter scripts": blanks are spaces and tabs, nothing else.
fn script(start: &[u8]) -> Option<Script> {
    let blank = |c: char| c == ' ' || c == '\t';
    let line = start.get(2..)?;
    let end = line.iter().position(|&b| b == b'\n' || b == 0);
    let text = String::from_utf8_lossy(&line[..end.unwrap_or(line.len())]);
    let text = text.trim_start_matches(blank);
    let (interpreter, argument) = text.split_once(blank).unwrap_or((text, ""));
    // A name that is cut off by the end of the buffer is refused.
    let cut = end.is_none() && start.len() >= START && interpreter.len() == text.len();
    (!interpreter.is_empty() && !cut).then(|| Script {
        interpreter: interpreter.to_owned(),
        argument: argument.trim_matches(blank).to_owned(),
    })
}

/// A number of an ELF file.
#[derive(Clone, Copy)]
struct Fields<'b> {
    bytes: &'b [u8],
    big_endian: bool,
}

impl Fields<'_> {
    fn number(self, offset: usize, length: usize) -> Option<u64> {
        let field = self.bytes.get(offset..offset.checked_add(length)?)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.big_endian { field.iter().fold(0, push) } else { field.iter().rev().fold(0, push) })
    }
}

/// elf(5), of either class and byte order.
fn elf(start: &[u8], read_at: ReadAt<'_>) -> Option<Elf> {
    const TYPE_EXEC: u64 = 2;
    const TYPE_DYN: u64 = 3;
    const PT_INTERP: u64 = 3;
    let wide = match start.get(4)? {
        1 => false,
        2 => true,
        _ => return None,
    };
    let big_endian = *start.get(5)? == 2;
    let header = Fields { bytes: start, big_endian };
    let machine = u16::try_from(header.number(18, 2)?).ok()?;
    let executable = matches!(header.number(16, 2)?, TYPE_EXEC | TYPE_DYN);
    let (table, size, count) = if wide {
        (header.number(32, 8)?, header.number(54, 2)?, header.number(56, 2)?)
    } else {
        (header.number(28, 4)?, header.number(42, 2)?, header.number(44, 2)?)
    };
    let mut found = Elf { machine, big_endian, executable, interpreter: None };
    let length = size * count;
    if !executable || length > LARGEST_TABLE {
        return Some(found);
    }
    let Some(table) = read_at(table, usize::try_from(length).ok()?) else { return Some(found) };
    for entry in table.chunks_exact(usize::try_from(size.max(1)).ok()?) {
        let entry = Fields { bytes: entry, big_endian };
        if entry.number(0, 4) != Some(PT_INTERP) {
            continue;
        }
        let (offset, length) = if wide {
            (entry.number(8, 8), entry.number(32, 8))
        } else {
            (entry.number(4, 4), entry.number(16, 4))
        };
        let length = usize::try_from(length?.min(LONGEST_PATH)).ok()?;
        found.interpreter = read_at(offset?, length).and_then(|path| {
            let path = path.split(|&b| b == 0).next()?;
            (!path.is_empty()).then(|| String::from_utf8_lossy(path).into_owned())
        });
        break;
    }
    Some(found)
}

/// The name of an architecture, as uname(1) says it.
pub(super) fn architecture(elf: &Elf) -> String {
    let name = match elf.machine {
        2 | 18 | 43 => "sparc",
        3 => "i386",
        8 => "mips",
        20 => "ppc",
        21 => "ppc64",
        22 => "s390x",
        40 => "arm",
        50 => "ia64",
        62 => "x86_64",
        183 => "aarch64",
        243 => "riscv",
        258 => "loongarch",
        other => return format!("machine number {other} of elf(5)"),
    };
    let odd = elf.big_endian && matches!(elf.machine, 3 | 40 | 62 | 183 | 243 | 258);
    if odd { format!("{name} (big-endian)") } else { name.to_owned() }
}

/// Whether a machine of this architecture may execute the program. 32-bit programs of
/// the same family are given the benefit of the doubt, and so are machines not known here.
pub(super) fn runs_on(elf: &Elf, host: &str) -> bool {
    let machines: &[u16] = match host {
        "x86_64" => &[62, 3],
        "aarch64" => &[183, 40],
        _ => return true,
    };
    machines.contains(&elf.machine) && !elf.big_endian
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<Format> {
        format(&|offset, length| {
            let rest = bytes.get(usize::try_from(offset).ok()?..).unwrap_or_default();
            Some(rest[..rest.len().min(length)].to_vec())
        })
    }

    #[test]
    fn scripts_name_theirs_in_the_first_line() {
        let of = |text: &[u8]| match read(text) {
            Some(Format::Script(script)) => Some((script.interpreter, script.argument)),
            _ => None,
        };
        let line = |interpreter: &str, argument: &str| Some((interpreter.into(), argument.into()));
        assert_eq!(of(b"#!/bin/sh -e\necho"), line("/bin/sh", "-e"));
        assert_eq!(of(b"#! \t/usr/bin/env  python3 -u \n"), line("/usr/bin/env", "python3 -u"));
        assert_eq!(of(b"#!/bin/sh\r\n"), line("/bin/sh\r", ""));
        assert_eq!(of(b"#!/bin/sh"), line("/bin/sh", ""));
        assert_eq!(of(b"#!/bin/sh\0x\n"), line("/bin/sh", ""));
        let long = [b"#!/".as_slice(), &[b'x'; 300], b"\n"].concat();
        for none in [&b"#!\n/bin/sh"[..], b"#!", b"#! ", &long] {
            assert_eq!(read(none), Some(Format::Other));
        }
        assert_eq!((read(b""), read(b"echo")), (Some(Format::Empty), Some(Format::Other)));
    }

    /// A header, one PT_INTERP and the path, in any class and order.
    fn program(wide: bool, big: bool, machine: u16) -> Vec<u8> {
        let mut file = vec![0_u8; 256];
        let mut put = |offset: usize, length: usize, value: u64| {
            let bytes = if big { value.to_be_bytes() } else { value.to_le_bytes() };
            let part = if big { &bytes[8 - length..] } else { &bytes[..length] };
            file[offset..offset + length].copy_from_slice(part);
        };
        put(16, 2, 2);
        put(18, 2, machine.into());
        let fields: [(usize, usize, u64); 6] = if wide {
            [(32, 8, 64), (54, 2, 56), (56, 2, 1), (64, 4, 3), (72, 8, 200), (96, 8, 8)]
        } else {
            [(28, 4, 64), (42, 2, 32), (44, 2, 1), (64, 4, 3), (68, 4, 200), (80, 4, 8)]
        };
        for (offset, length, value) in fields {
            put(offset, length, value);
        }
        file[..4].copy_from_slice(b"\x7fELF");
        (file[4], file[5]) = (1 + u8::from(wide), 1 + u8::from(big));
        file[200..208].copy_from_slice(b"/lib/ld\0");
        file
    }

    #[test]
    fn elf_programs_name_theirs_in_a_header() {
        for (wide, big) in [(true, false), (true, true), (false, false), (false, true)] {
            let mut file = program(wide, big, 62);
            let Some(Format::Elf(elf)) = read(&file) else { panic!("no ELF") };
            assert_eq!(elf.interpreter.as_deref(), Some("/lib/ld"));
            assert_eq!((elf.machine, elf.executable, elf.big_endian), (62, true, big));
            // Cut short anywhere, or full of large numbers, it is no reason to panic.
            for length in 0..file.len() {
                let _ = read(&file[..length]);
            }
            for at in 4..200 {
                let old = std::mem::replace(&mut file[at], 0xff);
                let _ = read(&file);
                file[at] = old;
            }
        }
    }

    #[test]
    fn architectures_are_told_apart() {
        let elf = |big, machine| match read(&program(true, big, machine)) {
            Some(Format::Elf(elf)) => elf,
            other => panic!("{other:?}"),
        };
        assert!(runs_on(&elf(false, 62), "x86_64") && runs_on(&elf(false, 3), "x86_64"));
        assert!(runs_on(&elf(false, 183), "aarch64") && runs_on(&elf(false, 183), "sparc64"));
        assert!(!runs_on(&elf(false, 183), "x86_64") && !runs_on(&elf(false, 62), "aarch64"));
        assert!(!runs_on(&elf(true, 183), "aarch64"));
        assert_eq!(architecture(&elf(true, 183)), "aarch64 (big-endian)");
        assert_eq!(architecture(&elf(true, 22)), "s390x");
        assert_eq!(architecture(&elf(false, 999)), "machine number 999 of elf(5)");
    }
}
