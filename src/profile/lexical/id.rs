//! Users and file modes.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::types::User;

deserialize_forms!(UserId, Mode);

/// Numeric user, and group unless it is the user's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserId(pub User);

impl Form for UserId {
    const EXPECTS: &'static str = r#"a user such as 1000 or "1000:1000""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const HELP: &str = "ids are numbers from 0 to 4294967294";
        let fault = |shown: String, label: &str| Fault::new("user", format!("{shown} is no user"), label);
        let id = |text: &str, shown: &str| -> Result<u32, Fault> {
            let quoted = quote_text(shown);
            match text.parse::<u32>() {
                Ok(u32::MAX) => Err(fault(quoted, "4294967295 means \"no id\" to the kernel").help(HELP)),
                Ok(id) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(id),
                _ if text.is_empty() => Err(fault(quoted, "an id is missing").help(r#"write "1000:1000""#)),
                _ if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
                    Err(fault(quoted, "out of range").help(HELP))
                }
                _ => Err(fault(quoted, "a name; only numbers are understood yet")
                    .help("write the number: `id -u NAME` shows it; root is 0")),
            }
        };
        match scalar {
            Scalar::Integer(n) => {
                let uid = u32::try_from(n)
                    .ok()
                    .filter(|id| *id != u32::MAX)
                    .ok_or_else(|| fault(n.to_string(), "out of range").help(HELP))?;
                Ok(Self(User { uid, gid: uid }))
            }
            Scalar::Text(text) => {
                let (user, group) = text.split_once(':').unwrap_or((text, text));
                Ok(Self(User { uid: id(user, text)?, gid: id(group, text)? }))
            }
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
        let read = |text| UserId::read(Scalar::Text(text)).map(|user| (user.0.uid, user.0.gid));
        assert_eq!(read("1000").unwrap(), (1000, 1000));
        assert_eq!(read("1000:5").unwrap(), (1000, 5));
        assert_eq!(UserId::read(Scalar::Integer(0)).unwrap().0, User { uid: 0, gid: 0 });
        for bad in ["", ":", "1:", ":1", "root", "1:2:3", "-1", "+1", "4294967295", "4294967296", "1 "] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for bad in [-1, i128::from(u32::MAX), 1 << 40] {
            assert!(UserId::read(Scalar::Integer(bad)).is_err(), "{bad}");
        }
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
