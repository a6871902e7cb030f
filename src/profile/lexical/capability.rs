//! Names of capabilities(7).

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::unknown::nearest;
use crate::sys::credentials::NAMES;

deserialize_forms!(Capability);

/// The names without `CAP_`, as a profile has them.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().filter_map(|name| name.strip_prefix("CAP_"))
}

/// A capability, kept as `NET_ADMIN`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capability(pub String);

impl Form for Capability {
    const EXPECTS: &'static str = r#"a capability such as "NET_ADMIN""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        let upper = text.to_ascii_uppercase();
        let short = upper.strip_prefix("CAP_").unwrap_or(&upper);
        if names().any(|name| name == short) {
            return Ok(Self(short.to_owned()));
        }
        let message = format!("{} is no capability", quote_text(text));
        let fault = Fault::new("capability", message, "not a known name");
        Err(match nearest(short, names()) {
            Some(near) => fault.help(format!("did you mean {near}?")),
            None => fault.help("names are those of capabilities(7), with or without CAP_, such as NET_ADMIN"),
        })
    }
}

/// A key of `security.capabilities`: a capability, or `*` for all of them, which
/// docker calls ALL.
///
/// # Errors
/// A name that is not known.
pub fn key(text: &str) -> Result<String, Fault> {
    if text == "*" || text.eq_ignore_ascii_case("all") {
        return Ok("*".into());
    }
    Capability::read(Scalar::Text(text)).map(|capability| capability.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_spelling() {
        for text in ["NET_ADMIN", "CAP_NET_ADMIN", "net_admin", "cap_Net_Admin"] {
            assert_eq!(key(text).unwrap(), "NET_ADMIN", "{text}");
        }
        assert_eq!(key("ALL").unwrap(), "*");
        assert_eq!(key("*").unwrap(), "*");
        let fault = key("SYS_ADMN").unwrap_err();
        assert_eq!((fault.code, fault.help.as_deref()), ("capability", Some("did you mean SYS_ADMIN?")));
        for bad in ["", "CAP_", "CAP_CAP_CHOWN", "21"] {
            assert!(key(bad).is_err(), "{bad}");
        }
        assert!(Capability::read(Scalar::Text("*")).is_err());
        assert_eq!(names().count(), NAMES.len());
    }
}
