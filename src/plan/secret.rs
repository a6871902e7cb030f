//! Text that is shown as `***` wherever people or files could keep it.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// Text that may be secret. It is written as `***` then, into the plan's JSON and into records;
/// only init is told what it is.
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
        serializer.serialize_str(self.shown())
    }
}
