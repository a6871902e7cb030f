//! Counts, times in µs, shares and cores.

use super::size::negative;
use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::types::Limit;

deserialize_forms!(CountLimit, QuotaLimit, Micros, Shares, Weight, Cpus);

fn count<F: Form>(scalar: Scalar<'_>, what: &str, no_limit: &str) -> Result<u64, Fault> {
    match scalar {
        Scalar::Octal(n) => Ok(n.into()),
        Scalar::Integer(n) => u64::try_from(n).map_err(|_| negative(n, what).help(no_limit)),
        Scalar::Text(text) if text.parse::<u64>().is_ok() => {
            Err(wrong_type::<F>(scalar).help(format!("write {text} without quotes")))
        }
        Scalar::Text(text) => {
            let message = format!("{} is no {what}", quote_text(text));
            Err(Fault::new("type", message, crate::profile::form::expected_label(F::EXPECTS)))
        }
        _ => Err(wrong_type::<F>(scalar)),
    }
}

/// A count, or `"max"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct CountLimit(pub Limit);

impl Form for CountLimit {
    const EXPECTS: &'static str = r#"a number, or "max""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Text("max") => Ok(Self(Limit::Max)),
            _ => count::<Self>(scalar, "count", r#"for no limit write "max""#).map(|n| Self(Limit::Value(n))),
        }
    }
}

/// Microseconds, or `"max"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct QuotaLimit(pub Limit);

impl Form for QuotaLimit {
    const EXPECTS: &'static str = r#"a number of microseconds, or "max""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Text("max") => Ok(Self(Limit::Max)),
            _ => count::<Self>(scalar, "number of microseconds", r#"for no limit write "max""#)
                .map(|n| Self(Limit::Value(n))),
        }
    }
}

/// Microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Micros(pub u64);

impl Form for Micros {
    const EXPECTS: &'static str = "a number of microseconds";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        count::<Self>(scalar, "number of microseconds", "the kernel's default is 100000").map(Self)
    }
}

/// A number of CPU shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Shares(pub u64);

impl Form for Shares {
    const EXPECTS: &'static str = "a number of shares";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        count::<Self>(scalar, "number of shares", "the default is 1024").map(Self)
    }
}

/// A weight of cgroup v2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Weight(pub u64);

impl Form for Weight {
    const EXPECTS: &'static str = "a weight from 1 to 10000";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        count::<Self>(scalar, "weight", "the default is 100").map(Self)
    }
}

/// Cores, kept as microseconds of 100000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpus(pub u64);

impl Form for Cpus {
    const EXPECTS: &'static str = "a number of cores such as 1.5";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let cores = match scalar {
            Scalar::Integer(n) => n as f64,
            Scalar::Octal(n) => n.into(),
            Scalar::Float(n) => n,
            Scalar::Text(text) => {
                let number = text.trim_end_matches(|c: char| c.is_alphabetic() || c == '%').trim();
                let message = format!("{} is no number of cores", quote_text(text));
                let fault = Fault::new("cpus", message, "expected a number");
                return Err(if number == text.trim() && number.parse::<f64>().is_ok() {
                    fault.help(format!("write {number} without quotes"))
                } else if let (Some(milli), true) = (number.parse::<f64>().ok(), text.ends_with('m')) {
                    fault
                        .help(format!("cores have no unit; for {milli} thousandths write {}", milli / 1000.0))
                } else if let (Some(percent), true) = (number.parse::<f64>().ok(), text.ends_with('%')) {
                    fault.help(format!(
                        "cores have no unit; for {percent} % of one core write {}",
                        percent / 100.0
                    ))
                } else {
                    fault.help("cores have no unit; write a number such as 1.5")
                });
            }
            Scalar::Bool(_) => return Err(wrong_type::<Self>(scalar)),
        };
        if !cores.is_finite() || cores < 0.01 {
            return Err(Fault::new("range", format!("{cores} is no number of cores"), "at least 0.01")
                .help("the kernel hands out at least 1000 of every 100000 microseconds"));
        }
        if cores > 1_000_000.0 {
            return Err(Fault::new("range", format!("{cores} cores are too many"), "at most 1000000"));
        }
        Ok(Self((cores * 100_000.0).round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores() {
        for (scalar, quota) in [
            (Scalar::Float(1.5), 150_000),
            (Scalar::Integer(2), 200_000),
            (Scalar::Float(0.01), 1000),
            (Scalar::Float(0.29), 29_000),
        ] {
            assert_eq!(Cpus::read(scalar).unwrap().0, quota);
        }
        for bad in [0.0, -1.0, 0.009, f64::NAN, f64::INFINITY, 1e9] {
            assert!(Cpus::read(Scalar::Float(bad)).is_err(), "{bad}");
        }
        let help = |text| Cpus::read(Scalar::Text(text)).unwrap_err().help.unwrap();
        assert!(help("1.5").contains("without quotes"));
        assert!(help("500m").ends_with("write 0.5"));
        assert!(help("50%").ends_with("write 0.5"));
        assert!(help("two").contains("1.5"));
    }

    #[test]
    fn counts() {
        assert_eq!(CountLimit::read(Scalar::Text("max")).unwrap().0, Limit::Max);
        assert_eq!(QuotaLimit::read(Scalar::Integer(20000)).unwrap().0, Limit::Value(20000));
        assert!(Micros::read(Scalar::Text("max")).is_err());
        assert!(Shares::read(Scalar::Float(1.0)).is_err());
        assert!(CountLimit::read(Scalar::Text("12")).unwrap_err().help.unwrap().contains("without quotes"));
    }
}
