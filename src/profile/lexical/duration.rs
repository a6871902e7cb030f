//! Lengths of time.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use std::time::Duration;

deserialize_forms!(Span);

/// A length of time: `"500ms"`, `"10s"`, `"1m30s"`, `"2h"`, `"7d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// Largest first, which is the order of the parts, and their milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// More than anything runs, and still a number of milliseconds.
const LONGEST: u64 = 100 * 365 * 86_400_000;

impl Form for Span {
    const EXPECTS: &'static str = r#"a duration such as "10s""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Text(text) => milliseconds(text).map(|ms| Self(Duration::from_millis(ms))),
            Scalar::Integer(n) if n >= 0 => {
                let fault = Fault::new("duration", format!("{n} has no unit"), "the unit is missing");
                Err(fault.help(format!("for seconds write \"{n}s\"")))
            }
            Scalar::Float(n) if n >= 0.0 => {
                let fault = Fault::new("duration", format!("{n} has no unit"), "the unit is missing");
                Err(fault.help(format!("for seconds write \"{}ms\"", (n * 1000.0).round())))
            }
            other => Err(wrong_type::<Self>(other)),
        }
    }
}

fn milliseconds(text: &str) -> Result<u64, Fault> {
    let fault = |label: &str| Fault::new("duration", format!("{} is no duration", quote_text(text)), label);
    const HELP: &str = r#"write numbers with their units, such as "10s", "1m30s" or "500ms""#;
    if text.is_empty() {
        return Err(fault("a duration is missing").help(HELP));
    }
    let too_long = || fault("longer than 100 years").help("did the unit slip?");
    let mut total = 0_u64;
    let mut rest = text;
    let mut smaller = &UNITS[..];
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        if number.is_empty() {
            return Err(fault("a number belongs before each unit").help(HELP));
        }
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        if unit.is_empty() {
            let seconds = if total == 0 { format!("for seconds write \"{number}s\"") } else { HELP.into() };
            return Err(fault("the unit is missing").help(seconds));
        }
        let Some(at) = smaller.iter().position(|(name, _)| *name == unit) else {
            let known = UNITS.iter().any(|(name, _)| *name == unit);
            let label = if known {
                format!("`{unit}` stands behind a unit that is as small, or smaller")
            } else if unit.starts_with('.') {
                "a fraction; the next smaller unit says the same".to_owned()
            } else {
                format!("the unit `{}` is not known", unit.trim())
            };
            return Err(fault(&label).help("units, in this order: d, h, m, s, ms; such as \"1m30s\""));
        };
        let number: u64 = number.parse().map_err(|_| too_long())?;
        total = number
            .checked_mul(smaller[at].1)
            .and_then(|part| part.checked_add(total))
            .filter(|total| *total <= LONGEST)
            .ok_or_else(too_long)?;
        smaller = &smaller[at + 1..];
        rest = behind;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("0s", 0),
            ("36500d", LONGEST),
        ] {
            assert_eq!(Span::read(Scalar::Text(text)).unwrap().0.as_millis(), u128::from(ms), "{text}");
        }
        for bad in [
            "",
            "10",
            "s",
            "1.5s",
            "-1s",
            "1 s",
            "10s ",
            "1s1m",
            "1s1s",
            "1x",
            "1m30",
            "1S",
            "36501d",
            "99999999999999999999s",
            "1é",
        ] {
            assert_eq!(Span::read(Scalar::Text(bad)).unwrap_err().code, "duration", "{bad}");
        }
        assert!(Span::read(Scalar::Integer(10)).unwrap_err().help.unwrap().ends_with("write \"10s\""));
        assert!(Span::read(Scalar::Float(1.5)).unwrap_err().help.unwrap().ends_with("write \"1500ms\""));
        assert!(Span::read(Scalar::Bool(true)).is_err() && Span::read(Scalar::Integer(-1)).is_err());
    }
}
