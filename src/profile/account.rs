//! Users and groups, by number or by name.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A user or group. What number a name has only the rootfs's own files say.
///
/// JSON has a number or text; both can't be taken for each other, since a name is never
/// made of digits alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// 0…4294967294
    Number(u32),
    /// A name of /etc/passwd or /etc/group.
    Name(String),
}

/// Who runs the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub uid: Id,
    /// The primary group. None: that of the user's entry in /etc/passwd, so that there
    /// is one only for a user by name.
    pub gid: Option<Id>,
}

impl Id {
    /// The number, unless it is a name.
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl User {
    /// A user and a group by their numbers.
    pub fn numbers(uid: u32, gid: u32) -> Self {
        Self { uid: Id::Number(uid), gid: Some(Id::Number(gid)) }
    }
}

impl Default for User {
    fn default() -> Self {
        Self::numbers(0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_or_texts_in_json() {
        for (id, json) in [(Id::Number(33), "33"), (Id::Name("web".into()), "\"web\"")] {
            assert_eq!(serde_json::to_string(&id).unwrap(), json);
            assert_eq!(serde_json::from_str::<Id>(json).unwrap(), id);
        }
        assert!(serde_json::from_str::<Id>("4294967296").is_err());
    }
}
