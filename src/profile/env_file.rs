//! Env files: one grammar, with the place of every variable and every error.
//!
//! A line is blank, a comment (`#`), or `NAME=value`, with `export` before it or not.
//! A value is what stands behind `=` without the blanks around it, up to a ` #`; in
//! '…' everything stands for itself; in "…" `\n`, `\t`, `\r`, `\"`, `\\` and `\$` are
//! escapes. Quoted values may span lines. Nothing is expanded: a `$` is a `$`.

use super::fault::Fault;
use super::path::quote_text;
use std::ops::Range;

/// A variable of an env file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Bytes of the name.
    pub name_at: Range<usize>,
    /// Bytes of the value, with its quotes.
    pub value_at: Range<usize>,
}

/// An error and its bytes.
pub type Wrong = (Range<usize>, Fault);

/// Reads a whole env file: its variables and all that is wrong with it.
pub fn parse(text: &str) -> (Vec<Variable>, Vec<Wrong>) {
    let mut variables: Vec<Variable> = Vec::new();
    let mut wrong = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        let line = text[at..end].trim_end_matches('\r');
        let indent = line.len() - line.trim_start().len();
        let mut start = at + indent;
        let mut line = line.trim();
        at = end + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix("export ") {
            let trimmed = rest.trim_start();
            start += line.len() - trimmed.len();
            line = trimmed;
        }
        match assignment(text, line, start) {
            Ok((variable, after)) => {
                // A quoted value may have ended lines further down.
                at = at.max(text[after..].find('\n').map_or(text.len(), |length| after + length) + 1);
                match variables.iter().find(|known| known.name == variable.name) {
                    Some(first) => wrong.push((variable.name_at.clone(), twice(text, first))),
                    None => variables.push(variable),
                }
            }
            Err(error) => wrong.push(error),
        }
    }
    (variables, wrong)
}

fn twice(text: &str, first: &Variable) -> Fault {
    let line = text[..first.name_at.start].matches('\n').count() + 1;
    Fault::new("duplicate_variable", format!("`{}` is given twice", first.name), "given again here")
        .help(format!("remove one of the two; the first is in line {line}"))
}

/// Reads the `NAME=value` that begins at `start`; also the offset behind it.
fn assignment(text: &str, line: &str, start: usize) -> Result<(Variable, usize), Wrong> {
    let Some(equals) = line.find('=') else {
        let fault = Fault::new("env_file", format!("{} has no value", quote_text(line)), "`=` is missing")
            .help(format!(
                "write {line}=value; to pass it on from your environment write pass_env = [{}]",
                quote_text(line)
            ));
        return Err((start..start + line.len(), fault));
    };
    let name = line[..equals].trim_end();
    let name_at = start..start + name.len();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == '-';
    if name.is_empty() || !name.chars().all(legal) {
        let label = if name.is_empty() { "a name is missing" } else { "not the name of a variable" };
        let fault = Fault::new("env_file", format!("{} is no name of a variable", quote_text(name)), label)
            .help("write NAME=value, one to a line");
        let shown = if name.is_empty() { start..start + 1 } else { name_at };
        return Err((shown, fault));
    }
    let behind = &line[equals + 1..];
    let value_start = start + equals + 1 + (behind.len() - behind.trim_start().len());
    let value = behind.trim_start();
    let (value, value_at) = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(text, value_start, quote)?,
        _ => {
            let end = value.find(" #").or_else(|| value.find("\t#")).unwrap_or(value.len());
            let plain = if value.starts_with('#') { "" } else { value[..end].trim_end() };
            (plain.to_owned(), value_start..value_start + plain.len())
        }
    };
    let after = value_at.end;
    let variable = Variable { name: name.to_owned(), value, name_at, value_at: value_at.clone() };
    if text[value_at.start..].starts_with(['"', '\'']) {
        let rest = text[after..].lines().next().unwrap_or_default().trim();
        if !rest.is_empty() && !rest.starts_with('#') {
            let at = after + text[after..].find(rest).unwrap_or(0);
            let fault = Fault::new("env_file", "text behind a quoted value", "not understood")
                .help("close the quotes at the end of the value; a comment begins with ` #`");
            return Err((at..at + rest.len(), fault));
        }
    }
    Ok((variable, after))
}

fn quoted(text: &str, start: usize, quote: char) -> Result<(String, Range<usize>), Wrong> {
    let mut value = String::new();
    let mut chars = text[start + 1..].char_indices();
    while let Some((offset, c)) = chars.next() {
        let at = start + 1 + offset;
        match c {
            c if c == quote => return Ok((value, start..at + 1)),
            '\\' if quote == '"' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, c @ ('"' | '\\' | '$'))) => value.push(c),
                other => {
                    let length = other.map_or(1, |(_, c)| 1 + c.len_utf8());
                    let fault = Fault::new("env_file", "an escape that is not known", "not an escape")
                        .help(r#"in "…" write \\ for a backslash; in '…' everything stands for itself"#);
                    return Err((at..at + length, fault));
                }
            },
            c => value.push(c),
        }
    }
    let fault = Fault::new("env_file", "a value whose quotes are never closed", "opened here")
        .help(format!("close it with {quote}"));
    Err((start..start + 1, fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let (variables, wrong) = parse(text);
        assert_eq!(wrong, [], "{text}");
        variables.into_iter().map(|it| (it.name, it.value)).collect()
    }

    #[test]
    fn one_grammar() {
        let text = "\u{feff}# c\r\nA=b\r\n export B = c d # e\n\nC='a $b\\n#'\nD=\"x\\n\\\"\\$y\" # z\nE=\nF=a#b\nG=\"l1\nl2\"\nH==\nI= # none\n";
        let expected = [
            ("A", "b"),
            ("B", "c d"),
            ("C", "a $b\\n#"),
            ("D", "x\n\"$y"),
            ("E", ""),
            ("F", "a#b"),
            ("G", "l1\nl2"),
            ("H", "="),
            ("I", ""),
        ];
        assert_eq!(values(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(values(""), []);
    }

    #[test]
    fn errors_have_their_bytes() {
        for (text, at, code) in [
            ("A=1\nB\n", "B", "env_file"),
            ("A=1\n=2\n", "=", "env_file"),
            ("A B=1\n", "A B", "env_file"),
            ("A=\"b\n", "\"", "env_file"),
            ("A=\"\\q\"\n", "\\q", "env_file"),
            ("A=\"b\" c\n", "c", "env_file"),
            ("A=1\nA=2\n", "A", "duplicate_variable"),
        ] {
            let (_, wrong) = parse(text);
            let [(span, fault)] = wrong.as_slice() else { panic!("{text}: {wrong:?}") };
            assert_eq!((&text[span.clone()], fault.code), (at, code), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_at_a_place(text in "(?s)[A-C='\"\\\\ #\né\r\t]{0,40}") {
            let (variables, wrong) = parse(&text);
            for variable in variables {
                assert!(text.get(variable.name_at).is_some_and(|name| name == variable.name));
                assert!(text.get(variable.value_at).is_some());
            }
            for (span, _) in wrong {
                assert!(text.get(span).is_some());
            }
        }
    }
}
