//! Resource limits, getrlimit(2): their names and values.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::types::Limit;
use crate::profile::unknown::nearest;
// Names only: data.
use crate::sys::limits::RLIMITS;

deserialize_forms!(RlimitValue);

/// The names, as a profile has them: `nofile`.
pub fn names() -> impl Iterator<Item = &'static str> {
    RLIMITS.iter().map(|(name, _)| *name)
}

/// Reads a name in any case, with or without `RLIMIT_`.
///
/// # Errors
/// A name that is not known.
pub fn name(text: &str) -> Result<&'static str, Fault> {
    let lower = text.to_ascii_lowercase();
    let short = lower.strip_prefix("rlimit_").unwrap_or(&lower);
    if let Some(known) = names().find(|known| *known == short) {
        return Ok(known);
    }
    let fault =
        Fault::new("rlimit", format!("{} is no resource limit", quote_text(text)), "not a known name");
    Err(match nearest(short, names()) {
        Some(near) => fault.help(format!("did you mean {near}?")),
        None => fault.help(format!("known: {}", names().collect::<Vec<_>>().join(", "))),
    })
}

/// A bound in the limit's own unit, or `"unlimited"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RlimitValue(pub Limit);

impl Form for RlimitValue {
    const EXPECTS: &'static str = r#"a number, or "unlimited""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const NO_LIMIT: &str = r#"for no limit write "unlimited""#;
        match scalar {
            Scalar::Octal(n) => Ok(Self(Limit::Value(n.into()))),
            Scalar::Integer(n) => match u64::try_from(n) {
                Ok(value) => Ok(Self(Limit::Value(value))),
                Err(_) => {
                    Err(Fault::new("range", format!("{n} is no limit"), "can't be negative").help(NO_LIMIT))
                }
            },
            Scalar::Text("unlimited") => Ok(Self(Limit::Max)),
            Scalar::Text(text) if text.parse::<u64>().is_ok() => {
                Err(wrong_type::<Self>(scalar).help(format!("write {text} without quotes")))
            }
            Scalar::Text(text) => {
                let fault = Fault::new(
                    "type",
                    format!("{} is no limit", quote_text(text)),
                    "expected a number, or \"unlimited\"",
                );
                Err(match (text.to_ascii_lowercase().as_str(), super::parse_size(text)) {
                    ("max" | "infinity" | "unlimit" | "unlimited" | "-1", _) => fault.help(NO_LIMIT),
                    (_, Ok(bytes)) => fault.help(format!("units are not read here; in bytes write {bytes}")),
                    _ => fault.help("units are those of getrlimit(2): bytes, seconds or a count"),
                })
            }
            other => Err(wrong_type::<Self>(other).help(NO_LIMIT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_spelling() {
        for text in ["nofile", "NOFILE", "RLIMIT_NOFILE", "rlimit_nofile"] {
            assert_eq!(name(text).unwrap(), "nofile", "{text}");
        }
        assert_eq!(name("nofiles").unwrap_err().help.as_deref(), Some("did you mean nofile?"));
        assert!(name("open files").unwrap_err().help.unwrap().starts_with("known: as, core"));
    }

    #[test]
    fn values() {
        assert_eq!(RlimitValue::read(Scalar::Integer(7)).unwrap().0, Limit::Value(7));
        assert_eq!(RlimitValue::read(Scalar::Text("unlimited")).unwrap().0, Limit::Max);
        let help = |scalar| RlimitValue::read(scalar).unwrap_err().help.unwrap();
        assert!(help(Scalar::Integer(-1)).contains("unlimited"));
        assert!(help(Scalar::Text("max")).contains("unlimited"));
        assert!(help(Scalar::Text("64k")).contains("65536"));
        assert!(help(Scalar::Text("12")).contains("without quotes"));
        assert!(RlimitValue::read(Scalar::Float(1.5)).is_err());
    }
}
