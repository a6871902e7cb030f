//! Names of system calls, and where a filter's rules start from.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::seccomp::calls;

deserialize_forms!(CallName, SeccompBase);

/// A system call of any architecture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallName(pub String);

impl Form for CallName {
    const EXPECTS: &'static str = r#"a system call such as "mkdir""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        if calls::is_known(text) {
            return Ok(Self(text.to_owned()));
        }
        let fault =
            Fault::new("system_call", format!("{} is no system call", quote_text(text)), "not a known name");
        Err(match calls::nearest(text) {
            Some(near) => fault.help(format!("did you mean \"{near}\"?")),
            None => fault.help("names are those of syscalls(2), such as \"mkdir\""),
        })
    }
}

/// `"default"`, `"unconfined"`, or a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeccompBase(pub String);

impl Form for SeccompBase {
    const EXPECTS: &'static str = r#""default", "unconfined" or a path such as "./seccomp.json""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        if text.is_empty() {
            return Err(Fault::new("path_empty", "a path can't be empty", "a path belongs here")
                .help("write \"default\", \"unconfined\", or the path of a profile"));
        }
        if text.contains('\0') {
            return Err(Fault::new("nul", "a path can't contain a NUL byte", "contains a NUL byte"));
        }
        Ok(Self(text.to_owned()))
    }
}
