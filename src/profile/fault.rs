//! What is wrong with one value, before it is known where the value stands.

/// A refusal by a lexical form: it knows the text, not the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Last part of the diagnostic's code, such as `size_unit`.
    pub code: &'static str,
    /// One line, fit to follow the key's name: "`12q` is no size".
    pub message: String,
    /// What is wrong at the place itself.
    pub label: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// Stands between the parts of a fault on its way through serde, whose errors are
/// text only. It can't occur in a TOML document.
const BETWEEN: char = '\u{1f}';

impl Fault {
    /// A refusal without help yet.
    pub fn new(code: &'static str, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { code, message: message.into(), label: label.into(), help: None }
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The fault as the text of a serde error.
    pub fn encode(&self) -> String {
        let Self { code, message, label, help } = self;
        let help = help.as_deref().unwrap_or_default();
        format!("{code}{BETWEEN}{message}{BETWEEN}{label}{BETWEEN}{help}")
    }

    /// The parts of an encoded fault: code, message, label, help.
    pub fn decode(text: &str) -> Option<(&str, &str, &str, Option<&str>)> {
        let mut parts = text.splitn(4, BETWEEN);
        let (code, message, label) = (parts.next()?, parts.next()?, parts.next()?);
        let help = parts.next()?;
        Some((code, message, label, (!help.is_empty()).then_some(help)))
    }
}
