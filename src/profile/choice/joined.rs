//! `container:NAME` and `path:/…`: a namespace that others live in.

use crate::profile::fault::Fault;
use crate::profile::form::Scalar;
use crate::profile::lexical::{fit_name, name_problem};
use crate::profile::path::quote_text;
use crate::profile::types::Joined;

/// Reads one of the two; nothing if the text is a word of its own.
///
/// # Errors
/// The path is not absolute, or the name is none of a container.
pub(super) fn read(scalar: Scalar<'_>) -> Result<Option<Joined>, Fault> {
    let Scalar::Text(text) = scalar else { return Ok(None) };
    let fault =
        |label: &str| Fault::new("namespace", format!("{} leads to no namespace", quote_text(text)), label);
    if let Some(path) = text.strip_prefix("path:") {
        let label = match path {
            "" => "a path is missing",
            path if path.contains('\0') => "contains a NUL byte",
            path if !path.starts_with('/') => "not an absolute path",
            path => return Ok(Some(Joined::Path(path.to_owned()))),
        };
        let help = "write where the namespace is on the host, such as \"path:/proc/123/ns/net\" or \"path:/run/netns/blue\"";
        return Err(fault(label).help(help));
    }
    let Some(name) = text.strip_prefix("container:") else { return Ok(None) };
    match name_problem(name) {
        None => Ok(Some(Joined::Container(name.to_owned()))),
        Some(label) => {
            let near = Some(fit_name(name)).filter(|near| name_problem(near).is_none());
            let help = match near {
                Some(near) => format!("a container's name is like {}", quote_text(&near)),
                None => "write the name of a container that runs, such as \"container:db\"".to_owned(),
            };
            Err(fault(&label).help(help))
        }
    }
}
