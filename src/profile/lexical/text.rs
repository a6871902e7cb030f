//! Text: switches, names, host names, variables, paths.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;

deserialize_forms!(
    Switch,
    Text,
    EnvValue,
    VariableName,
    Name,
    HostName,
    ContainerPath,
    CoveredPath,
    HostPath
);

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
    if text.as_bytes().contains(&0) {
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

pub(super) fn quote_it<F: Form>(scalar: Scalar<'_>) -> Fault {
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
        let label = match text.bytes().find(|byte| matches!(byte, b'=' | 0)) {
            None if text.is_empty() => "a name is missing",
            None => return Ok(Self(text.to_owned())),
            Some(b'=') => "a name can't contain `=`",
            Some(_) => "a name can't contain NUL",
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
        read_name(text)
    }
}

/// Reads a container's name.
///
/// # Errors
/// What can't name a container, with the nearest text that can.
pub fn read_name(text: &str) -> Result<Name, Fault> {
    let Some(label) = name_problem(text) else { return Ok(Name(text.to_owned())) };
    let mut fault = Fault::new("name", format!("{} can't name a container", quote_text(text)), label);
    let fitted = fit_name(text);
    if name_problem(&fitted).is_none() {
        fault = fault.help(format!("write {}", quote_text(&fitted)));
    }
    Err(fault)
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

/// An absolute path in the container that something is done to: without `..`, and not
/// the root itself. Kept without `.`, double and trailing slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoveredPath(pub String);

impl Form for CoveredPath {
    const EXPECTS: &'static str = r#"a path such as "/proc/kcore""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let ContainerPath(text) = ContainerPath::read(scalar)?;
        let fault = |label: &str| {
            Fault::new("path_relative", format!("{} can't stand here", quote_text(&text)), label)
        };
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Err(fault("`..` is not looked up").help("write where it ends up"));
        }
        if parts.is_empty() {
            return Err(fault("the root itself")
                .help("for a root that can't be written: rootfs.mode = \"read-only\""));
        }
        Ok(Self(format!("/{}", parts.join("/"))))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "0", "web-1", "a_b", &"a".repeat(63)] {
            assert_eq!(name_problem(good), None, "{good}");
        }
        for bad in ["", "-a", "a-", "_a", "a_", "A", "a.b", "a b", "é", "a/b", "a\n", &"a".repeat(64)] {
            assert!(name_problem(bad).is_some(), "{bad}");
        }
        assert_eq!(fit_name("My Web.1_"), "my-web-1");
        assert_eq!(fit_name("--"), "");
    }

    #[test]
    fn host_names() {
        let label = "a".repeat(63);
        for good in ["a", "web-1", "web.example", "1", "Web", label.as_str()] {
            assert!(HostName::read(Scalar::Text(good)).is_ok(), "{good}");
        }
        let long = format!("{label}.a");
        for bad in
            ["", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "é", "a b", &"a".repeat(64), &format!("{long}b")]
        {
            assert!(HostName::read(Scalar::Text(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn switches_say_what_to_write() {
        for (scalar, meant) in [(Scalar::Text("yes"), "true"), (Scalar::Integer(0), "false")] {
            assert!(Switch::read(scalar).unwrap_err().help.unwrap().contains(meant));
        }
        assert!(Switch::read(Scalar::Bool(true)).unwrap().0);
    }

    #[test]
    fn paths() {
        assert!(ContainerPath::read(Scalar::Text("/a")).is_ok());
        for bad in ["", "a", "./a", "~/a", "/a\0"] {
            assert!(ContainerPath::read(Scalar::Text(bad)).is_err(), "{bad}");
        }
        assert_eq!(CoveredPath::read(Scalar::Text("//proc/./keys/")).unwrap().0, "/proc/keys");
        for bad in ["", "proc", "/", "/.", "/proc/../x"] {
            assert!(CoveredPath::read(Scalar::Text(bad)).is_err(), "{bad}");
        }
        assert!(HostPath::read(Scalar::Text("")).is_err());
        assert!(VariableName::read(Scalar::Text("A=B")).is_err());
        assert!(EnvValue::read(Scalar::Integer(1)).is_err());
    }
}
