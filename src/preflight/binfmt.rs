//! Formats that this machine was taught, binfmt_misc: an emulator of another processor,
//! Java, Wine.

const FOLDER: &str = "/proc/sys/fs/binfmt_misc";

/// Whether any handler that is enabled takes a file with this start and name.
pub(super) fn is_handled(start: &[u8], name: &str) -> bool {
    let enabled = |status: String| status.trim() == "enabled";
    if !std::fs::read_to_string(format!("{FOLDER}/status")).is_ok_and(enabled) {
        return false;
    }
    let entries = std::fs::read_dir(FOLDER).into_iter().flatten().flatten();
    let entries = entries.filter(|entry| !["status", "register"].iter().any(|own| entry.file_name() == *own));
    entries
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .any(|entry| takes(&entry, start, name))
}

/// Whether the handler that this entry describes takes the file.
fn takes(entry: &str, start: &[u8], name: &str) -> bool {
    let field = |wanted: &str| {
        entry.lines().find_map(|line| line.strip_prefix(wanted)?.strip_prefix(' ').map(str::trim))
    };
    if entry.lines().next() != Some("enabled") {
        return false;
    }
    if let Some(extension) = field("extension") {
        return name.ends_with(extension) && extension.len() > 1;
    }
    let Some(magic) = field("magic").and_then(hexadecimal) else { return false };
    let mask = field("mask").and_then(hexadecimal).unwrap_or_else(|| vec![0xff; magic.len()]);
    let offset = field("offset").and_then(|offset| offset.parse::<usize>().ok()).unwrap_or(0);
    let Some(part) = offset.checked_add(magic.len()).and_then(|end| start.get(offset..end)) else {
        return false;
    };
    !magic.is_empty()
        && part.iter().zip(&magic).zip(&mask).all(|((byte, magic), mask)| (byte ^ magic) & mask == 0)
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_compared_under_their_mask() {
        let entry =
            "enabled\ninterpreter /usr/bin/qemu\nflags: OCF\noffset 0\nmagic 7f454c46ff\nmask fffffffffe\n";
        assert!(takes(entry, b"\x7fELF\xffrest", "x") && takes(entry, b"\x7fELF\xfe", "x"));
        assert!(!takes(entry, b"\x7fELF\xfd", "x") && !takes(entry, b"\x7fELF", "x"));
        assert!(!takes(&entry.replace("enabled", "disabled"), b"\x7fELF\xff", "x"));
        let entry = "enabled\ninterpreter /usr/bin/x\nflags: \noffset 2\nmagic 4142\n";
        assert!(takes(entry, b"..AB", "x") && !takes(entry, b"AB..", "x"));
        let entry = "enabled\ninterpreter /usr/bin/java\nflags: \nextension .jar\n";
        assert!(takes(entry, b"", "a.jar") && !takes(entry, b"", "a.jars"));
        for entry in ["", "enabled", "enabled\nmagic \n", "enabled\nmagic 7\n", "enabled\nmagic zz\n"] {
            assert!(!takes(entry, b"\x7fELF", "x"), "{entry:?}");
        }
    }
}
