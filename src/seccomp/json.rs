//! JSON with the place of every value, so that problems can point into the file.

use super::Problem;
use std::ops::Range;

/// A value and its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Json {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number from 0 on.
    Number(u64),
    /// Any other number.
    OtherNumber,
    /// Text.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, in the order of the text.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Bytes of its name, with the quotes.
    pub span: Range<usize>,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Json,
}

impl Json {
    /// As people say it.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::OtherNumber => "a number that is negative, too large or not whole",
            Value::Text(_) => "text",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// More is refused: profiles have four levels.
const DEPTH: usize = 32;

/// Reads a document.
///
/// # Errors
/// The first place that is not JSON, or a name that an object has twice.
pub fn parse(text: &str) -> Result<Json, Problem> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut parser = Parser { text, at: start };
    let value = parser.value(0)?;
    parser.space();
    if parser.at < text.len() {
        return Err(parser.wrong("text behind the end", "the document has ended"));
    }
    Ok(value)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A problem at the next character.
    fn wrong(&self, message: &str, label: &str) -> Problem {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        Problem::new(self.at..self.at + length, message, label)
    }

    fn value(&mut self, depth: usize) -> Result<Json, Problem> {
        self.space();
        if depth > DEPTH {
            return Err(self.wrong("nested too deeply", "no profile is as deep"));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            None => return Err(self.wrong("the text ends too early", "a value is missing")),
            Some(_) => {
                let words =
                    [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
                let Some((word, value)) = words.into_iter().find(|(word, _)| self.rest().starts_with(word))
                else {
                    return Err(self.wrong("not JSON", "expected a value"));
                };
                self.at += word.len();
                value
            }
        };
        Ok(Json { span: start..self.at, value })
    }

    fn array(&mut self, depth: usize) -> Result<Value, Problem> {
        self.at += 1;
        let mut elements = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(elements));
                }
                _ => return Err(self.wrong("not JSON", "expected `,` or `]`")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Problem> {
        self.at += 1;
        let mut members: Vec<Member> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.wrong("not JSON", "expected a name in quotes"));
            }
            let name = self.string()?;
            let span = start..self.at;
            if members.iter().any(|known| known.name == name) {
                return Err(Problem::new(span, format!("{name:?} is given twice"), "given again here")
                    .help("remove one of the two"));
            }
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.wrong("not JSON", "expected `:`"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            members.push(Member { span, name, value });
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.wrong("not JSON", "expected `,` or `}`")),
            }
        }
    }

    fn number(&mut self) -> Result<Value, Problem> {
        let start = self.at;
        let part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        while self.peek().is_some_and(part) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        if text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0')) {
            return Ok(text.parse().map_or(Value::OtherNumber, Value::Number));
        }
        match serde_json::from_str::<serde_json::Number>(text) {
            Ok(_) => Ok(Value::OtherNumber),
            Err(_) => Err(Problem::new(start..self.at, "not JSON", "not a number")),
        }
    }

    /// Reads text; serde_json knows the escapes.
    fn string(&mut self) -> Result<String, Problem> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                // What is escaped may be a quote; whether it may is found out below.
                Some(b'\\') => {
                    self.at += 1;
                    self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                }
                Some(_) => self.at += 1,
                None => {
                    return Err(Problem::new(
                        start..start + 1,
                        "text whose quotes are never closed",
                        "opened here",
                    ));
                }
            }
        }
        self.at += 1;
        serde_json::from_str(&self.text[start..self.at]).map_err(|_| {
            Problem::new(start..self.at, "not JSON", "an escape or a character that text can't have")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(text in r#"(?s)[ \n]{0,2}([\[\]{}:,"\\a1-9.eu0 \-tnfé]|true|null|"a":|\[1,|"b"){0,12}"#) {
            let ours = parse(&text);
            if let Ok(value) = &ours {
                proptest::prop_assert!(text.get(value.span.clone()).is_some());
            }
            if let Err(problem) = &ours {
                proptest::prop_assert!(text.get(problem.span.clone()).is_some());
            }
            let twice = ours.as_ref().is_err_and(|problem| problem.message.ends_with("given twice"));
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            proptest::prop_assert!(twice || ours.is_ok() == theirs.is_ok(), "{:?} {:?}", ours, theirs);
        }
    }

    #[test]
    fn places() {
        let text = r#"{ "a": [1, "x\"é", null] }"#;
        let Value::Object(members) = parse(text).unwrap().value else { panic!("an object") };
        assert_eq!((&text[members[0].span.clone()], members[0].name.as_str()), ("\"a\"", "a"));
        let Value::Array(elements) = &members[0].value.value else { panic!("an array") };
        assert_eq!(&text[elements[1].span.clone()], r#""x\"é""#);
        assert_eq!(elements[1].value, Value::Text("x\"é".into()));
        assert_eq!(parse(&"[".repeat(100_000)).unwrap_err().message, "nested too deeply");
        assert_eq!(parse(r#"{"a":1,"a":2}"#).unwrap_err().span, 7..10);
    }
}
