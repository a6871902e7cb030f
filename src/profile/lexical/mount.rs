//! What mounts alone have: a path below their source, a numeric id, a file's content.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;

deserialize_forms!(Subpath, Id);

/// A path below a mount's source, without `.` and `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subpath(pub String);

impl Form for Subpath {
    const EXPECTS: &'static str = r#"a path such as "site/static""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        let fault = |label: &str| Fault::new("subpath", format!("{} is no subpath", quote_text(text)), label);
        if text.contains('\0') {
            return Err(fault("contains a NUL byte"));
        }
        if text.starts_with('/') {
            return Err(fault("a subpath is relative to the source").help("write it without the first `/`"));
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Err(fault("a subpath can't contain `..`").help("write another `source`"));
        }
        if parts.is_empty() {
            return Err(fault("names the source itself").help("leave `subpath` out"));
        }
        Ok(Self(parts.join("/")))
    }
}

/// A numeric user or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub u32);

impl Form for Id {
    const EXPECTS: &'static str = "an id such as 1000";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Integer(number) = scalar else {
            let fault = wrong_type::<Self>(scalar);
            return Err(fault.help("write the number: `id -u NAME` and `id -g NAME` show it"));
        };
        u32::try_from(number).ok().filter(|id| *id != u32::MAX).map(Self).ok_or_else(|| {
            Fault::new("user", format!("{number} is no id"), "out of range")
                .help("ids are numbers from 0 to 4294967294")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subpaths_are_normalised() {
        assert_eq!(Subpath::read(Scalar::Text("a//./b/")).unwrap().0, "a/b");
        for bad in ["", ".", "/a", "../a", "a/..", "a\0"] {
            assert_eq!(Subpath::read(Scalar::Text(bad)).unwrap_err().code, "subpath", "{bad:?}");
        }
    }

    #[test]
    fn ids_are_numbers() {
        assert_eq!(Id::read(Scalar::Integer(7)).unwrap().0, 7);
        for bad in [Scalar::Integer(-1), Scalar::Integer(i128::from(u32::MAX)), Scalar::Text("root")] {
            assert!(Id::read(bad).is_err());
        }
    }
}
