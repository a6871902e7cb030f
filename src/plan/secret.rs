//! Text that is shown as `***` wherever people or files could keep it.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// Text that may be secret. Secret text is written as `***` by every serializer that
/// people read (the plan's JSON, records) and as it is by the binary one, which only
/// init's private pipe uses.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Secret {
    text: String,
    secret: bool,
}

impl Secret {
    /// Text that may be shown.
    pub fn open(text: impl Into<String>) -> Self {
        Self { text: text.into(), secret: false }
    }

    /// Text that may not be shown.
    pub fn hidden(text: impl Into<String>) -> Self {
        Self { text: text.into(), secret: true }
    }

    /// The text itself, for init.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The text, or `***`.
    pub fn shown(&self) -> &str {
        if self.secret { "***" } else { &self.text }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::open(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.shown(), f)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = if serializer.is_human_readable() { self.shown() } else { &self.text };
        serializer.serialize_str(text)
    }
}
