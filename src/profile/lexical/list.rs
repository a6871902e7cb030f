//! Lists of cores and of memory nodes.

use super::text::quote_it;
use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::types::Numbers;

deserialize_forms!(NumberList);

/// The kernel's largest NR_CPUS, cpuset(7); it has fewer memory nodes.
const MOST: u32 = 8192;

/// `0-3,8`: numbers and ranges, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberList(pub Numbers);

impl Form for NumberList {
    const EXPECTS: &'static str = r#"a list such as "0-3,8""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Text(text) => list(text).map(Self),
            Scalar::Integer(_) => Err(quote_it::<Self>(scalar)),
            _ => Err(wrong_type::<Self>(scalar)),
        }
    }
}

fn list(text: &str) -> Result<Numbers, Fault> {
    let fault = |label: String| Fault::new("cpu_list", format!("{} is no list", quote_text(text)), label);
    let example = r#"write numbers and ranges, such as "0-3,8""#;
    let number = |word: &str| match word.parse::<u32>() {
        Ok(number) if number < MOST && word.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
        Ok(_) => Err(fault(format!("`{word}` is too large")).help(format!("at most {}", MOST - 1))),
        Err(_) if word.is_empty() => Err(fault("a number is missing".into()).help(example)),
        Err(_) => Err(fault(format!("`{word}` is no number")).help(example)),
    };
    let mut ranges = Vec::new();
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        if last < first {
            return Err(fault(format!("`{part}` runs backwards")).help(format!("write {last}-{first}")));
        }
        ranges.push((first, last));
    }
    Ok(Numbers::new(ranges))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        for (text, canonical) in [
            ("0", "0"),
            ("0-3,8", "0-3,8"),
            ("8,0-3", "0-3,8"),
            ("0,1,2,3", "0-3"),
            ("0-3,2-5", "0-5"),
            ("5-5,7", "5,7"),
            ("0-8191", "0-8191"),
        ] {
            assert_eq!(NumberList::read(Scalar::Text(text)).unwrap().0.to_string(), canonical, "{text}");
        }
        for bad in ["", ",", "0,", "a", "3-0", "-1", "1-", "0-8192", "99999999999", "0 - 3", "0-3:2", "+1"] {
            assert_eq!(NumberList::read(Scalar::Text(bad)).unwrap_err().code, "cpu_list", "{bad}");
        }
        assert!(NumberList::read(Scalar::Integer(1)).unwrap_err().help.unwrap().contains("\"1\""));
        let backwards = NumberList::read(Scalar::Text("1,7-3")).unwrap_err();
        assert_eq!(backwards.help.as_deref(), Some("write 3-7"));
    }
}
