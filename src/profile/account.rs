//! Users and groups, by number or by name.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A user or group. What number a name has only the rootfs's own files say.
///
/// JSON has a number or text; both can't be taken for each other, since a name is never
/// made of digits alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

/// The two variants, for formats that don't tell numbers from text.
#[derive(Serialize, Deserialize)]
enum Binary {
    Number(u32),
    Name(String),
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (serializer.is_human_readable(), self) {
            (true, Self::Number(number)) => serializer.serialize_u32(*number),
            (true, Self::Name(name)) => serializer.serialize_str(name),
            (false, Self::Number(number)) => Binary::Number(*number).serialize(serializer),
            (false, Self::Name(name)) => Binary::Name(name.clone()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Readable;
        impl Visitor<'_> for Readable {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a name")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
                u32::try_from(number).map(Id::Number).map_err(|_| E::custom("ids have 32 bits"))
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Id, E> {
                Ok(Id::Name(name.to_owned()))
            }
        }
        if deserializer.is_human_readable() {
            return deserializer.deserialize_any(Readable);
        }
        Ok(match Binary::deserialize(deserializer)? {
            Binary::Number(number) => Self::Number(number),
            Binary::Name(name) => Self::Name(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_both_formats() {
        for (id, json) in [(Id::Number(33), "33"), (Id::Name("web".into()), "\"web\"")] {
            assert_eq!(serde_json::to_string(&id).unwrap(), json);
            assert_eq!(serde_json::from_str::<Id>(json).unwrap(), id);
            let bytes = postcard::to_stdvec(&id).unwrap();
            assert_eq!(postcard::from_bytes::<Id>(&bytes).unwrap(), id);
        }
        assert!(serde_json::from_str::<Id>("4294967296").is_err());
    }
}
