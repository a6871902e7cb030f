//! What a program needs besides itself: the interpreter that its first bytes name.

/// The path after `#!` of a script, or in an ELF program's PT_INTERP (a dynamic
/// linker). None for anything else, static programs included.
pub(super) fn interpreter(start: &[u8]) -> Option<String> {
    script(start).or_else(|| elf(start))
}

/// execve(2), "Interpreter scripts".
fn script(start: &[u8]) -> Option<String> {
    let line = start.strip_prefix(b"#!")?.split(|&b| b == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.split_ascii_whitespace().next().map(str::to_owned)
}

/// elf(5), 64-bit in this machine's byte order.
fn elf(start: &[u8]) -> Option<String> {
    const CLASS_64: u8 = 2;
    const PT_INTERP: u64 = 3;
    if !start.starts_with(b"\x7fELF") || start.get(4) != Some(&CLASS_64) {
        return None;
    }
    let number = |offset: usize, length: usize| -> Option<u64> {
        let mut bytes = [0; 8];
        let field = start.get(offset..offset.checked_add(length)?)?;
        if cfg!(target_endian = "little") {
            bytes[..length].copy_from_slice(field);
        } else {
            bytes[8 - length..].copy_from_slice(field);
        }
        Some(u64::from_ne_bytes(bytes))
    };
    let table = usize::try_from(number(32, 8)?).ok()?;
    let (size, count) = (number(54, 2)?, number(56, 2)?);
    for index in 0..count {
        let header = table.checked_add(usize::try_from(index * size).ok()?)?;
        if number(header, 4)? != PT_INTERP {
            continue;
        }
        let offset = usize::try_from(number(header.checked_add(8)?, 8)?).ok()?;
        let path = start.get(offset..)?.split(|&b| b == 0).next()?;
        return std::str::from_utf8(path).ok().map(str::to_owned);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::interpreter;

    #[test]
    fn scripts_name_theirs_in_the_first_line() {
        assert_eq!(interpreter(b"#!/bin/sh -e\necho").as_deref(), Some("/bin/sh"));
        assert_eq!(interpreter(b"#! /usr/bin/env python3\n").as_deref(), Some("/usr/bin/env"));
        assert_eq!(interpreter(b"#!\n/bin/sh"), None);
        assert_eq!(interpreter(b"echo"), None);
    }

    #[test]
    fn elf_programs_name_theirs_in_a_header() {
        let mut file = vec![0u8; 128];
        file[..5].copy_from_slice(b"\x7fELF\x02");
        file[32..40].copy_from_slice(&64u64.to_ne_bytes());
        file[54..56].copy_from_slice(&56u16.to_ne_bytes());
        file[56..58].copy_from_slice(&1u16.to_ne_bytes());
        file[64..68].copy_from_slice(&3u32.to_ne_bytes());
        file[72..80].copy_from_slice(&120u64.to_ne_bytes());
        file[120..127].copy_from_slice(b"/lib/ld");
        assert_eq!(interpreter(&file).as_deref(), Some("/lib/ld"));
        // Cut short anywhere, it is no reason to panic.
        for length in 0..file.len() {
            let _ = interpreter(&file[..length]);
        }
        file[56..58].copy_from_slice(&0xffffu16.to_ne_bytes());
        file[64] = 1;
        assert_eq!(interpreter(&file), None);
    }
}
