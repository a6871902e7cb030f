//! Sizes, and limits that are sizes.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::types::Limit;

deserialize_forms!(Size, MemoryLimit);

/// The units of size, each a power of 1024 as in docker and systemd.
const UNITS: [(&str, u64); 13] = [
    ("b", 1),
    ("k", 1 << 10),
    ("kb", 1 << 10),
    ("kib", 1 << 10),
    ("m", 1 << 20),
    ("mb", 1 << 20),
    ("mib", 1 << 20),
    ("g", 1 << 30),
    ("gb", 1 << 30),
    ("gib", 1 << 30),
    ("t", 1 << 40),
    ("tb", 1 << 40),
    ("tib", 1 << 40),
];

const UNITS_HELP: &str =
    "known units: k, m, g, t, also KB, MB, GB, TB and KiB, MiB, GiB, TiB; all are powers of 1024";

/// Reads a size: `64k`, `1.5g`, `256MiB`, `1048576`.
///
/// # Errors
/// The unit that isn't known, the number that can't be read, or a size beyond 2^63.
pub fn parse_size(text: &str) -> Result<u64, Fault> {
    let fault = |code, label: &str| Fault::new(code, format!("{} is no size", quote_text(text)), label);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(fault("size", "a number belongs here").help(r#"write a size such as "256m""#));
    }
    if let Some(rest) = trimmed.strip_prefix('-') {
        return Err(
            fault("size", "a size can't be negative").help(format!("did you mean {}?", quote_text(rest)))
        );
    }
    let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    if number.is_empty() {
        return Err(fault("size", "does not begin with a number").help(r#"write a size such as "256m""#));
    }
    if trimmed.len() != text.len() || unit.starts_with(char::is_whitespace) {
        let closed: String = text.split_whitespace().collect();
        return Err(fault("size", "white space does not belong into a size")
            .help(format!("write {}", quote_text(&closed))));
    }
    let factor = if unit.is_empty() {
        1
    } else {
        let lower = unit.to_ascii_lowercase();
        let known = UNITS.iter().find(|(name, _)| *name == lower);
        let Some((_, factor)) = known else {
            return Err(fault("size_unit", &format!("the unit `{unit}` is not known")).help(UNITS_HELP));
        };
        *factor
    };
    let too_large = || fault("size", "more than 8 EiB").help("did the unit slip?");
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(fault("size", &format!("`{number}` is no number")).help(r#"write a size such as "1.5g""#));
    }
    let whole: u128 = whole.parse().map_err(|_| too_large())?;
    // More digits than these decide nothing about whole bytes of a terabyte.
    let fraction = &fraction[..fraction.len().min(18)];
    let scale = 10u128.pow(u32::try_from(fraction.len()).unwrap_or(18));
    let part: u128 = fraction.parse().unwrap_or(0);
    let bytes = whole
        .checked_mul(u128::from(factor))
        .and_then(|bytes| bytes.checked_add(part * u128::from(factor) / scale))
        .ok_or_else(too_large)?;
    u64::try_from(bytes).ok().filter(|bytes| i64::try_from(*bytes).is_ok()).ok_or_else(too_large)
}

pub(super) fn negative(n: i128, what: &str) -> Fault {
    Fault::new("range", format!("{n} is no {what}"), "can't be negative")
}

fn size(scalar: Scalar<'_>) -> Option<Result<u64, Fault>> {
    match scalar {
        Scalar::Text(text) => Some(parse_size(text)),
        Scalar::Octal(n) => Some(Ok(n.into())),
        Scalar::Integer(n) => {
            Some(u64::try_from(n).map_err(|_| negative(n, "size").help(r#"write a size such as "256m""#)))
        }
        _ => None,
    }
}

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Size(pub u64);

impl Form for Size {
    const EXPECTS: &'static str = r#"a size such as "64m""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match size(scalar) {
            Some(size) => size.map(Self),
            None => Err(fraction_help(wrong_type::<Self>(scalar), scalar)),
        }
    }
}

fn fraction_help(fault: Fault, scalar: Scalar<'_>) -> Fault {
    match scalar {
        Scalar::Float(n) => fault.help(format!("write the unit: \"{n}g\", \"{n}m\"")),
        _ => fault,
    }
}

/// A size, or `"max"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct MemoryLimit(pub Limit);

impl Form for MemoryLimit {
    const EXPECTS: &'static str = r#"a size such as "256m", or "max""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Text("max") => Ok(Self(Limit::Max)),
            Scalar::Integer(-1) => Err(negative(-1, "size").help(r#"for no limit write "max""#)),
            _ => match size(scalar) {
                Some(size) => size.map(|n| Self(Limit::Value(n))),
                None => Err(fraction_help(wrong_type::<Self>(scalar), scalar)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("512b", 512),
            ("64k", 65_536),
            ("64K", 65_536),
            ("256m", 268_435_456),
            ("256MB", 268_435_456),
            ("256MiB", 268_435_456),
            ("1.5g", 1_610_612_736),
            ("0.5k", 512),
            ("2TiB", 2_199_023_255_552),
            ("0.3333333333333333333333333333g", 357_913_941),
        ] {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for (text, code) in [
            ("", "size"),
            ("k", "size"),
            ("-1", "size"),
            ("1.", "size"),
            (".5g", "size"),
            ("1.2.3g", "size"),
            ("1 g", "size"),
            (" 1g", "size"),
            ("1e3", "size_unit"),
            ("1x", "size_unit"),
            ("1gib2", "size_unit"),
            ("1_000", "size_unit"),
            ("8388608t", "size"),
            ("99999999999999999999999999999999999999999", "size"),
        ] {
            assert_eq!(parse_size(text).unwrap_err().code, code, "{text}");
        }
        assert!(parse_size("12q").unwrap_err().help.unwrap().contains("KiB"));
    }

    #[test]
    fn limits() {
        assert_eq!(MemoryLimit::read(Scalar::Text("max")).unwrap().0, Limit::Max);
        assert_eq!(MemoryLimit::read(Scalar::Integer(7)).unwrap().0, Limit::Value(7));
        assert!(MemoryLimit::read(Scalar::Float(1.5)).is_err());
        assert!(MemoryLimit::read(Scalar::Bool(true)).is_err());
        assert!(Size::read(Scalar::Text("max")).is_err());
    }
}
