//! Devices: the path of a node, and what may be done to it.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;

deserialize_forms!(DevicePath, Access);

/// Absolute path of a device on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePath(pub String);

impl Form for DevicePath {
    const EXPECTS: &'static str = r#"a device such as "/dev/fuse""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        if !text.starts_with('/') || text.contains('\0') {
            let fault = Fault::new(
                "device",
                format!("{} is no path of a device", quote_text(text)),
                "no absolute path",
            );
            return Err(fault.help("write where the device is on the host, such as \"/dev/fuse\""));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What may be done to a device: `r`, `w` and `m` (make a node of it), in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access(pub String);

impl Form for Access {
    const EXPECTS: &'static str = r#"an access such as "rwm""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        let fault = |label: String| {
            Fault::new("device_access", format!("{} is no access to a device", quote_text(text)), label)
                .help("write some of r (read), w (write) and m (make a node of it), such as \"rw\"")
        };
        if let Some(other) = text.chars().find(|c| !ACCESS.contains(*c)) {
            return Err(fault(format!("{other:?} is none of r, w and m")));
        }
        if text.is_empty() {
            return Err(fault("says nothing".into()));
        }
        if ACCESS.chars().any(|c| text.matches(c).count() > 1) {
            return Err(fault("says one of them twice".into()));
        }
        Ok(Self(ACCESS.chars().filter(|c| text.contains(*c)).collect()))
    }
}

const ACCESS: &str = "rwm";

/// The path of a node in the container, without `//` and `.`.
///
/// # Errors
/// It does not lie below /dev, where alone devices can be opened.
pub fn target(text: &str) -> Result<String, Fault> {
    let fault =
        |label: &str| Fault::new("device", format!("{} is no place for a device", quote_text(text)), label);
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") || text.contains('\0') {
        return Err(fault("a path without `..` belongs here"));
    }
    if !text.starts_with('/') || parts.first() != Some(&"dev") || parts.len() < 2 {
        return Err(fault("not below /dev").help(
            "every mount but /dev is nodev; write the node's path there, and `source` for where the host has it",
        ));
    }
    Ok(format!("/{}", parts.join("/")))
}

/// docker's `SOURCE[:TARGET][:ACCESS]`: target, source and access as far as they are said.
///
/// # Errors
/// More parts, or a path that is none.
pub fn short(text: &str) -> Result<(String, String, Option<String>), Fault> {
    let fault = |label: &str| {
        Fault::new("device", format!("{} is no device", quote_text(text)), label)
            .help("write SOURCE, SOURCE:TARGET or SOURCE:TARGET:ACCESS, such as /dev/fuse:/dev/fuse:rw")
    };
    let is_access = |part: &str| !part.starts_with('/');
    let parts: Vec<&str> = text.split(':').collect();
    let (source, place, access) = match parts[..] {
        [source] => (source, source, None),
        [source, access] if is_access(access) => (source, source, Some(access)),
        [source, place] => (source, place, None),
        [source, place, access] => (source, place, Some(access)),
        _ => return Err(fault("too many parts")),
    };
    let DevicePath(source) = DevicePath::read(Scalar::Text(source))?;
    Ok((target(place)?, source, access.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_put_in_order() {
        assert_eq!(Access::read(Scalar::Text("mr")).unwrap().0, "rm");
        for bad in ["", "x", "rr", "rwx"] {
            assert!(Access::read(Scalar::Text(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nodes_lie_below_dev() {
        assert_eq!(target("/dev//net/./tun").unwrap(), "/dev/net/tun");
        for bad in ["/dev", "dev/x", "/srv/x", "/dev/../etc/x", ""] {
            assert!(target(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn short_spellings() {
        let read = |text| short(text).unwrap();
        let own = |(a, b, c): (&str, &str, Option<&str>)| (a.to_owned(), b.to_owned(), c.map(str::to_owned));
        assert_eq!(read("/dev/a"), own(("/dev/a", "/dev/a", None)));
        assert_eq!(read("/dev/a:r"), own(("/dev/a", "/dev/a", Some("r"))));
        assert_eq!(read("/dev/a:/dev/b:rw"), own(("/dev/b", "/dev/a", Some("rw"))));
        for bad in ["a", "/dev/a:/srv/b", "/dev/a:/dev/b:r:w"] {
            assert!(short(bad).is_err(), "{bad}");
        }
    }
}
