//! Signals, by name or number.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::unknown::nearest;
// Names and numbers only: data.
use crate::sys::signal::NAMES;
use crate::sys::signal::REAL_TIME;

deserialize_forms!(SignalNumber);

/// A signal's number, 1…64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalNumber(pub i32);

impl Form for SignalNumber {
    const EXPECTS: &'static str = r#"a signal such as "SIGTERM""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const HELP: &str = r#"write a name such as "SIGTERM" or "SIGRTMIN+3", or a number from 1 to 64"#;
        let (shown, number) = match scalar {
            Scalar::Integer(n) => (n.to_string(), i32::try_from(n).ok()),
            Scalar::Text(text) => {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                if !digits {
                    return named(text).map(Self);
                }
                (quote_text(text), text.parse().ok())
            }
            other => return Err(wrong_type::<Self>(other)),
        };
        match number {
            Some(number) if (1..=REAL_TIME.1).contains(&number) => Ok(Self(number)),
            _ => {
                let fault = Fault::new("signal", format!("{shown} is no signal"), "signals are 1 to 64");
                Err(fault.help(HELP))
            }
        }
    }
}

fn named(text: &str) -> Result<i32, Fault> {
    let upper = text.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = NAMES.iter().find(|(name, _)| name.strip_prefix("SIG") == Some(short));
    if let Some((_, number)) = known {
        return Ok(*number);
    }
    if let Some(number) = real_time(short) {
        return Ok(number);
    }
    let fault = Fault::new("signal", format!("{} is no signal", quote_text(text)), "not a known name");
    let names = NAMES.iter().filter_map(|(name, _)| name.strip_prefix("SIG"));
    Err(match nearest(short, names) {
        Some(near) => fault.help(format!("did you mean \"SIG{near}\"?")),
        None => fault.help(r#"such as "SIGTERM", "SIGINT", "SIGQUIT" or "SIGRTMIN+3": see signal(7)"#),
    })
}

/// `RTMIN`, `RTMIN+3`, `RTMAX-2`
fn real_time(short: &str) -> Option<i32> {
    let offset = |rest: &str, sign: char| -> Option<i32> {
        if rest.is_empty() {
            return Some(0);
        }
        let digits = rest.strip_prefix(sign)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let number = match (short.strip_prefix("RTMIN"), short.strip_prefix("RTMAX")) {
        (Some(rest), _) => REAL_TIME.0.checked_add(offset(rest, '+')?)?,
        (_, Some(rest)) => REAL_TIME.1.checked_sub(offset(rest, '-')?)?,
        _ => return None,
    };
    (REAL_TIME.0..=REAL_TIME.1).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals() {
        for (text, number) in [
            ("SIGTERM", 15),
            ("term", 15),
            ("Quit", 3),
            ("9", 9),
            ("SIGRTMIN", 34),
            ("RTMIN+3", 37),
            ("SIGRTMAX-1", 63),
            ("SIGPOLL", 29),
        ] {
            assert_eq!(SignalNumber::read(Scalar::Text(text)).unwrap().0, number, "{text}");
        }
        assert_eq!(SignalNumber::read(Scalar::Integer(64)).unwrap().0, 64);
        for bad in ["", "SIG", "0", "65", "TREM-", "RTMIN+31", "RTMIN-1", "RTMAX+1", "RTMIN+", "-9", "+9"] {
            assert!(SignalNumber::read(Scalar::Text(bad)).is_err(), "{bad}");
        }
        for bad in [Scalar::Integer(0), Scalar::Integer(65), Scalar::Integer(-1), Scalar::Bool(true)] {
            assert!(SignalNumber::read(bad).is_err());
        }
        let help = SignalNumber::read(Scalar::Text("SIGTREM")).unwrap_err().help.unwrap();
        assert_eq!(help, "did you mean \"SIGTERM\"?");
    }
}
