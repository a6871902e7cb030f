//! Users, groups and file modes.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::types::{Id, User};

deserialize_forms!(UserId, GroupId, Mode);

/// A user, with a group or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserId(pub User);

/// A group. (validator wants a list's entries to be serializable.)
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GroupId(pub Id);

/// Longer names are none: useradd(8) and groupadd(8) allow 32 bytes, the C library
/// LOGIN_NAME_MAX.
const LONGEST_NAME: usize = 256;

/// What ids belong to, for messages.
#[derive(Clone, Copy)]
struct Field {
    what: &'static str,
    example: &'static str,
}

const USER: Field = Field { what: "user", example: r#"write "1000:1000", or names such as "web:video""# };
const GROUP: Field = Field { what: "group", example: r#"write a number, or a name such as "video""# };

impl Field {
    fn fault(self, shown: &str, label: impl Into<String>) -> Fault {
        Fault::new(self.what, format!("{shown} is no {}", self.what), label)
    }

    fn out_of_range(self, shown: &str) -> Fault {
        self.fault(shown, "out of range").help("ids are numbers from 0 to 4294967294")
    }

    fn integer(self, number: i128) -> Result<u32, Fault> {
        let id = u32::try_from(number).ok().filter(|id| *id != u32::MAX);
        id.ok_or_else(|| self.out_of_range(&number.to_string()))
    }

    /// One id of `whole`. Digits alone are always a number.
    fn id(self, text: &str, whole: &str) -> Result<Id, Fault> {
        let shown = || quote_text(whole);
        let number = text.strip_prefix(['-', '+']).unwrap_or(text);
        if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
            return match text.parse::<u32>() {
                Ok(u32::MAX) => {
                    let label = "4294967295 means \"no id\" to the kernel";
                    Err(self.out_of_range(&shown())).map_err(|fault| Fault { label: label.into(), ..fault })
                }
                Ok(id) if text == number => Ok(Id::Number(id)),
                _ => Err(self.out_of_range(&shown())),
            };
        }
        let label = match text.chars().next() {
            None => "an id is missing",
            Some('-' | '+' | '~') => "a name begins with a letter",
            _ if text.contains(':') => "one `:` too many",
            _ if text.contains(['/', ',']) => "a name can't contain `/` or `,`",
            _ if text.contains(|c: char| c.is_whitespace() || c.is_control()) => {
                "a name can't contain spaces or control characters"
            }
            _ if text.len() > LONGEST_NAME => "too long for a name",
            _ => return Ok(Id::Name(text.to_owned())),
        };
        Err(self.fault(&shown(), label).help(self.example))
    }
}

impl Form for UserId {
    const EXPECTS: &'static str = r#"a user such as "web", 1000 or "1000:1000""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Integer(n) => USER.integer(n).map(|uid| Self(User::numbers(uid, uid))),
            Scalar::Text(text) => {
                let (user, group) = match text.split_once(':') {
                    Some((user, group)) => (user, Some(USER.id(group, text)?)),
                    None => (text, None),
                };
                let uid = USER.id(user, text)?;
                // Nobody is asked for the group of a number: it is the same number.
                let gid = group.or_else(|| uid.number().map(Id::Number));
                Ok(Self(User { uid, gid }))
            }
            other => Err(wrong_type::<Self>(other)),
        }
    }
}

impl Form for GroupId {
    const EXPECTS: &'static str = r#"a group such as "video" or 44"#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Integer(n) => GROUP.integer(n).map(|gid| Self(Id::Number(gid))),
            Scalar::Text(text) => GROUP.id(text, text).map(Self),
            other => Err(wrong_type::<Self>(other)),
        }
    }
}

/// A file mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(pub u32);

impl Form for Mode {
    const EXPECTS: &'static str = r#"a mode such as "0755""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let out = |shown: String| {
            Fault::new("mode", format!("{shown} is no mode"), "a mode has octal digits, at most 7777")
                .help(r#"write "0755", or 0o755"#)
        };
        match scalar {
            Scalar::Octal(mode) if mode <= 0o7777 => Ok(Self(mode)),
            Scalar::Octal(mode) => Err(out(format!("0o{mode:o}"))),
            Scalar::Text(text) => {
                let digits = text.strip_prefix("0o").unwrap_or(text);
                let octal = !digits.is_empty() && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
                let mode = octal.then(|| u32::from_str_radix(digits, 8).ok()).flatten();
                mode.filter(|mode| *mode <= 0o7777).map(Self).ok_or_else(|| out(quote_text(text)))
            }
            Scalar::Integer(n) => {
                let octal = n.to_string().bytes().all(|b| (b'0'..=b'7').contains(&b));
                let fault =
                    Fault::new("mode", format!("{n} is a decimal number, not a mode"), "modes are octal");
                Err(fault.help(if octal {
                    format!("write \"0{n}\", or 0o{n}")
                } else {
                    r#"write "0755", or 0o755"#.into()
                }))
            }
            other => Err(wrong_type::<Self>(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users() {
        let name = |name: &str| Id::Name(name.to_owned());
        let read = |text| UserId::read(Scalar::Text(text)).map(|user| (user.0.uid, user.0.gid));
        assert_eq!(read("1000").unwrap(), (Id::Number(1000), Some(Id::Number(1000))));
        assert_eq!(read("1000:5").unwrap(), (Id::Number(1000), Some(Id::Number(5))));
        assert_eq!(read("web").unwrap(), (name("web"), None));
        assert_eq!(read("web:5").unwrap(), (name("web"), Some(Id::Number(5))));
        assert_eq!(read("5:video").unwrap(), (Id::Number(5), Some(name("video"))));
        assert_eq!(read("www-data:_x.y$").unwrap(), (name("www-data"), Some(name("_x.y$"))));
        assert_eq!(UserId::read(Scalar::Integer(0)).unwrap().0, User::numbers(0, 0));
        let long = "x".repeat(257);
        for bad in [
            "",
            ":",
            "1:",
            ":1",
            "1:2:3",
            "a:b:c",
            "-1",
            "+1",
            "-a",
            "4294967295",
            "4294967296",
            "1 ",
            "a b",
            "a\0",
            "a/b",
            "~a",
            &long,
        ] {
            assert_eq!(read(bad).unwrap_err().code, "user", "{bad}");
        }
        for bad in [-1, i128::from(u32::MAX), 1 << 40] {
            assert!(UserId::read(Scalar::Integer(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn groups() {
        let read = |text| GroupId::read(Scalar::Text(text)).map(|group| group.0);
        assert_eq!(read("video").unwrap(), Id::Name("video".into()));
        assert_eq!(read("44").unwrap(), Id::Number(44));
        assert_eq!(GroupId::read(Scalar::Integer(44)).unwrap().0, Id::Number(44));
        for bad in ["", "a:b", "4294967295", "-1", "a b"] {
            assert_eq!(read(bad).unwrap_err().code, "group", "{bad}");
        }
        assert!(GroupId::read(Scalar::Bool(true)).is_err());
    }

    #[test]
    fn modes() {
        for (scalar, mode) in [
            (Scalar::Text("0755"), 0o755),
            (Scalar::Text("755"), 0o755),
            (Scalar::Text("0o1777"), 0o1777),
            (Scalar::Octal(0o700), 0o700),
        ] {
            assert_eq!(Mode::read(scalar).unwrap().0, mode);
        }
        for bad in [
            Scalar::Integer(755),
            Scalar::Text("0789"),
            Scalar::Text(""),
            Scalar::Text("17777"),
            Scalar::Octal(0o17777),
        ] {
            assert!(Mode::read(bad).is_err(), "{bad:?}");
        }
        assert!(Mode::read(Scalar::Integer(755)).unwrap_err().help.unwrap().contains("\"0755\""));
    }
}
