//! The lexical forms of values: sizes, limits, cores, ids, modes, names, paths.

use super::fault::Fault;
use super::form::{Form, Scalar, deserialize_forms, wrong_type};
use super::path::quote_text;
use super::types::{Limit, User};

deserialize_forms!(
    Switch,
    Text,
    Name,
    HostName,
    ContainerPath,
    HostPath,
    UserId,
    Size,
    MemoryLimit,
    CountLimit,
    QuotaLimit,
    Micros,
    Shares,
    Cpus,
    Mode,
    EnvValue,
    VariableName
);

/// The units of size, each a power of 1024 as in docker and systemd.
const UNITS: [(&str, u64); 14] = [
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
    ("bytes", 1),
];

const UNITS_HELP: &str =
    "known units: k, m, g, t, also KB, MB, GB, TB and KiB, MiB, GiB, TiB; all are powers of 1024";

/// Reads a size: `64k`, `1.5g`, `256MiB`, `1048576`.
///
/// # Errors
/// The unit that isn't known, the number that can't be read, or a size beyond 2^63.
pub fn parse_size(text: &str) -> Result<u64, Fault> {
    let shown = quote_text(text);
    let fault = |code, label: &str| Fault::new(code, format!("{shown} is no size"), label);
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
        let known = UNITS.iter().find(|(name, _)| *name == lower && *name != "bytes");
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

fn negative(n: i128, what: &str) -> Fault {
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

fn count<F: Form>(scalar: Scalar<'_>, what: &str, no_limit: &str) -> Result<u64, Fault> {
    match scalar {
        Scalar::Octal(n) => Ok(n.into()),
        Scalar::Integer(n) => u64::try_from(n).map_err(|_| negative(n, what).help(no_limit)),
        Scalar::Text(text) if text.parse::<u64>().is_ok() => {
            Err(wrong_type::<F>(scalar).help(format!("write {text} without quotes")))
        }
        Scalar::Text(text) => {
            let message = format!("{} is no {what}", quote_text(text));
            Err(Fault::new("type", message, super::form::expected_label(F::EXPECTS)))
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

/// `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch(pub bool);

impl Form for Switch {
    const EXPECTS: &'static str = "true or false";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let meant = match scalar {
            Scalar::Bool(b) => return Ok(Self(b)),
            Scalar::Text("true" | "yes" | "on" | "1") | Scalar::Integer(1) => "true",
            Scalar::Text("false" | "no" | "off" | "0") | Scalar::Integer(0) => "false",
            _ => return Err(wrong_type::<Self>(scalar)),
        };
        Err(wrong_type::<Self>(scalar).help(format!("write {meant}, without quotes")))
    }
}

fn no_nul(text: &str) -> Result<(), Fault> {
    if text.contains('\0') {
        return Err(Fault::new("nul", "text for the kernel can't contain a NUL byte", "contains \\u0000"));
    }
    Ok(())
}

/// Text for the kernel: anything but NUL.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Text(pub String);

impl Form for Text {
    const EXPECTS: &'static str = "text";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Text(text) => no_nul(text).map(|()| Self(text.to_owned())),
            other => Err(quote_it::<Self>(other)),
        }
    }
}

fn quote_it<F: Form>(scalar: Scalar<'_>) -> Fault {
    let spelling = match scalar {
        Scalar::Integer(n) => n.to_string(),
        Scalar::Octal(n) => format!("0o{n:o}"),
        Scalar::Float(n) => n.to_string(),
        Scalar::Bool(b) => b.to_string(),
        Scalar::Text(text) => text.to_owned(),
    };
    wrong_type::<F>(scalar).help(format!("write it in quotes: \"{spelling}\""))
}

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvValue(pub String);

impl Form for EnvValue {
    const EXPECTS: &'static str = "text";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Text(text) => no_nul(text).map(|()| Self(text.to_owned())),
            other => Err(quote_it::<Self>(other)),
        }
    }
}

/// The name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VariableName(pub String);

impl Form for VariableName {
    const EXPECTS: &'static str = "the name of a variable";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        let label = match text {
            "" => "a name is missing",
            text if text.contains('=') => "a name can't contain `=`",
            text if text.contains('\0') => "a name can't contain NUL",
            _ => return Ok(Self(text.to_owned())),
        };
        Err(Fault::new("env_name", format!("{} is no name of a variable", quote_text(text)), label))
    }
}

/// The name of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

impl Form for Name {
    const EXPECTS: &'static str = r#"a name such as "web-1""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(quote_it::<Self>(scalar)) };
        let Some(label) = name_problem(text) else { return Ok(Self(text.to_owned())) };
        let mut fault = Fault::new("name", format!("{} can't name a container", quote_text(text)), label);
        let fitted = fit_name(text);
        if name_problem(&fitted).is_none() {
            fault = fault.help(format!("write {}", quote_text(&fitted)));
        }
        Err(fault)
    }
}

/// Why a text can't be a container's name.
pub fn name_problem(text: &str) -> Option<String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.is_empty() {
        return Some("a name is missing".into());
    }
    if let Some(bad) = text.chars().find(|c| !inner(*c) && *c != '-' && *c != '_') {
        return Some(if bad.is_ascii_uppercase() {
            "capital letters are not allowed".into()
        } else {
            format!("`{}` is not allowed; a-z, 0-9, `-` and `_` are", bad.escape_debug())
        });
    }
    if !text.starts_with(inner) || !text.ends_with(inner) {
        return Some("must begin and end with a letter or digit".into());
    }
    (text.len() > 63).then(|| format!("{} characters; at most 63", text.len()))
}

/// The nearest text that can name a container; empty if nothing is left of it.
pub fn fit_name(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut name: String =
        lower.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).take(63).collect();
    name.truncate(name.trim_end_matches(['-', '_']).len());
    name.trim_start_matches(['-', '_']).to_owned()
}

/// An RFC 1123 host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(pub String);

impl Form for HostName {
    const EXPECTS: &'static str = r#"a host name such as "web.example""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(quote_it::<Self>(scalar)) };
        let fault = |label: String| {
            Err(Fault::new("hostname", format!("{} is no host name", quote_text(text)), label)
                .help("letters, digits and `-`, in parts of at most 63 joined by dots, 64 in all (RFC 1123)"))
        };
        if text.is_empty() {
            return fault("a name is missing".into());
        }
        if text.len() > 64 {
            return fault(format!("{} characters; the kernel keeps 64", text.len()));
        }
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-' && *c != '.') {
            return fault(format!("`{}` is not allowed", bad.escape_debug()));
        }
        for part in text.split('.') {
            if part.is_empty() {
                return fault("a part between dots is empty".into());
            }
            if part.starts_with('-') || part.ends_with('-') {
                return fault(format!("`{part}` begins or ends with `-`"));
            }
            if part.len() > 63 {
                return fault(format!("`{part}` is longer than 63"));
            }
        }
        Ok(Self(text.to_owned()))
    }
}

/// An absolute path in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerPath(pub String);

impl Form for ContainerPath {
    const EXPECTS: &'static str = r#"a path such as "/srv""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        no_nul(text)?;
        if !text.starts_with('/') {
            let message = format!("{} is no absolute path", quote_text(text));
            return Err(Fault::new("path_relative", message, "must begin with `/`")
                .help("it is a path in the container, where no folder is the current one yet"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A path on the host; made absolute before it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPath(pub String);

impl Form for HostPath {
    const EXPECTS: &'static str = r#"a path such as "./site""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        no_nul(text)?;
        if text.is_empty() {
            return Err(Fault::new("path_empty", "a path can't be empty", "a path belongs here"));
        }
        Ok(Self(text.to_owned()))
    }
}

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
