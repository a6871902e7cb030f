//! How a process is treated beside others: OOM score, nice value; and its umask.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;

deserialize_forms!(OomScoreAdj, Nice, Umask);

fn between<F: Form>(scalar: Scalar<'_>, what: &str, least: i32, most: i32) -> Result<i32, Fault> {
    let number = match scalar {
        Scalar::Integer(n) => n,
        Scalar::Octal(n) => n.into(),
        Scalar::Text(text) if text.parse::<i64>().is_ok() => {
            return Err(wrong_type::<F>(scalar).help(format!("write {text} without quotes")));
        }
        other => return Err(wrong_type::<F>(other)),
    };
    i32::try_from(number).ok().filter(|n| (least..=most).contains(n)).ok_or_else(|| {
        Fault::new("range", format!("{number} is no {what}"), format!("from {least} to {most}"))
    })
}

/// −1000…1000, proc_pid_oom_score_adj(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OomScoreAdj(pub i32);

impl Form for OomScoreAdj {
    const EXPECTS: &'static str = "a number from -1000 to 1000";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        between::<Self>(scalar, "OOM score adjustment", -1000, 1000).map(Self).map_err(|fault| {
            if fault.code == "range" {
                fault.help("-1000: never killed for want of memory; 1000: killed first")
            } else {
                fault
            }
        })
    }
}

/// −20…19, nice(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nice(pub i32);

impl Form for Nice {
    const EXPECTS: &'static str = "a number from -20 to 19";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        between::<Self>(scalar, "nice value", -20, 19).map(Self).map_err(|fault| {
            if fault.code == "range" { fault.help("-20 comes first, 19 comes last") } else { fault }
        })
    }
}

/// umask(2), at most 0777.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Umask(pub u32);

impl Form for Umask {
    const EXPECTS: &'static str = r#"a umask such as "0022""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let out = |shown: String| {
            Fault::new("mode", format!("{shown} is no umask"), "a umask has octal digits, at most 777")
                .help(r#"write "0022", or 0o022"#)
        };
        match scalar {
            Scalar::Octal(mask) if mask <= 0o777 => Ok(Self(mask)),
            Scalar::Octal(mask) => Err(out(format!("0o{mask:o}"))),
            Scalar::Text(text) => {
                let digits = text.strip_prefix("0o").unwrap_or(text);
                let octal = !digits.is_empty() && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
                let mask = octal.then(|| u32::from_str_radix(digits, 8).ok()).flatten();
                mask.filter(|mask| *mask <= 0o777).map(Self).ok_or_else(|| out(quote_text(text)))
            }
            Scalar::Integer(n) => {
                let octal = n.to_string().bytes().all(|b| (b'0'..=b'7').contains(&b));
                let message = format!("{n} is a decimal number, not a umask");
                Err(Fault::new("mode", message, "umasks are octal").help(if octal {
                    format!("write \"{n:04}\", or 0o{n:03}")
                } else {
                    r#"write "0022", or 0o022"#.into()
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
    fn numbers_have_bounds() {
        assert_eq!(OomScoreAdj::read(Scalar::Integer(-1000)).unwrap().0, -1000);
        assert_eq!(Nice::read(Scalar::Integer(19)).unwrap().0, 19);
        for bad in [-1001, 1001, i128::MAX] {
            assert_eq!(OomScoreAdj::read(Scalar::Integer(bad)).unwrap_err().code, "range");
        }
        for bad in [-21, 20] {
            assert_eq!(Nice::read(Scalar::Integer(bad)).unwrap_err().code, "range");
        }
        assert!(Nice::read(Scalar::Text("5")).unwrap_err().help.unwrap().contains("without quotes"));
        assert!(Nice::read(Scalar::Float(5.0)).is_err());
    }

    #[test]
    fn umasks() {
        for (scalar, mask) in [
            (Scalar::Text("0022"), 0o22),
            (Scalar::Text("77"), 0o77),
            (Scalar::Text("0o027"), 0o27),
            (Scalar::Octal(0o777), 0o777),
        ] {
            assert_eq!(Umask::read(scalar).unwrap().0, mask);
        }
        for bad in [
            Scalar::Integer(22),
            Scalar::Text("1000"),
            Scalar::Text("8"),
            Scalar::Text(""),
            Scalar::Octal(0o1000),
        ] {
            assert_eq!(Umask::read(bad).unwrap_err().code, "mode", "{bad:?}");
        }
        assert_eq!(
            Umask::read(Scalar::Integer(22)).unwrap_err().help.as_deref(),
            Some("write \"0022\", or 0o022")
        );
    }
}
