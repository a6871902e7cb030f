//! Words of a command: splitting them as a shell does, and quoting them for one.

use super::fault::Fault;
use super::path::quote_text;

/// Splits a command as a POSIX shell would, without any expansion: `$`, `*`, `~` and
/// `;` are ordinary characters.
///
/// # Errors
/// A quote that is never closed, or a backslash at the end.
pub fn split(text: &str) -> Result<Vec<String>, Fault> {
    let fault = |label: &str| {
        Fault::new("command_quotes", format!("can't split {} into words", quote_text(text)), label)
    };
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err(fault("a `'` is never closed")),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                            Some('\n') => {}
                            Some(c) => word.extend(['\\', c]),
                            None => return Err(fault("a `\"` is never closed")),
                        },
                        Some(c) => word.push(c),
                        None => return Err(fault("a `\"` is never closed")),
                    }
                }
            }
            '\\' => match chars.next() {
                Some('\n') => {}
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err(fault("ends with a lone `\\`")),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Whether a shell takes the word as it stands.
pub fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./:=,+@%".contains(c))
}

/// A word as a shell would need it. With single quotes, so that the text inside is the
/// word itself (unless it has a quote in it).
pub fn quote(word: &str) -> String {
    if is_plain(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_as_a_shell_splits_them() {
        for (text, words) in [
            ("sleep 60", vec!["sleep", "60"]),
            ("  a\t b\n", vec!["a", "b"]),
            ("sh -c 'echo \"a b\"; $x'", vec!["sh", "-c", "echo \"a b\"; $x"]),
            (r#"a"b c"'d e'f\ g"#, vec!["ab cd ef g"]),
            (r#""\"\\\n" '' "#, vec!["\"\\\\n", ""]),
            ("", vec![]),
            ("echo $HOME *", vec!["echo", "$HOME", "*"]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
        for text in ["'a", "\"a", "\"a\\", "a\\"] {
            assert_eq!(split(text).unwrap_err().code, "command_quotes", "{text}");
        }
    }

    #[test]
    fn quoting_and_splitting_cancel_out() {
        for word in ["a", "", "a b", "it's", "$x", "\"", "é", "a\\b"] {
            assert_eq!(split(&quote(word)).unwrap(), [word]);
        }
    }
}
