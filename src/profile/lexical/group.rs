//! Places in the cgroup tree.

use super::text::quote_it;
use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms};
use crate::profile::path::quote_text;

deserialize_forms!(GroupPath);

/// A group, relative to the root of its hierarchy: names joined by `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPath(pub String);

impl Form for GroupPath {
    const EXPECTS: &'static str = r#"a group such as "web.slice""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(quote_it::<Self>(scalar)) };
        let fault =
            |label: String| Fault::new("group_path", format!("{} is no group", quote_text(text)), label);
        let names: Vec<&str> = text.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
        if names.is_empty() {
            return Err(fault("names no group".into())
                .help("leave the key out: containers stand at the top of the tree without it"));
        }
        if names.contains(&"..") {
            return Err(fault("a group can't contain `..`".into())
                .help("write it from the root of the tree, such as \"web.slice\""));
        }
        // kernfs refuses line breaks, since /proc/self/cgroup has a line for each group.
        if let Some(bad) = text.chars().find(|c| matches!(c, '\0' | '\n')) {
            return Err(fault(format!("`{}` is not allowed", bad.escape_debug())));
        }
        if let Some(long) = names.iter().find(|name| name.len() > 255) {
            return Err(fault(format!("a name of {} bytes; at most 255", long.len())));
        }
        if text.starts_with("/sys/fs/cgroup") {
            return Err(fault("begins with the mount point".into())
                .help("write it from the root of the tree: the hierarchies' own folders are found"));
        }
        Ok(Self(names.join("/")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups() {
        for (text, clean) in [("web.slice", "web.slice"), ("/a//b/./c/", "a/b/c"), ("é", "é")] {
            assert_eq!(GroupPath::read(Scalar::Text(text)).unwrap().0, clean);
        }
        let long = "x".repeat(256);
        for bad in ["", "/", ".", "a/../b", "..", "a\nb", "a\0", "/sys/fs/cgroup/a", &long] {
            assert_eq!(GroupPath::read(Scalar::Text(bad)).unwrap_err().code, "group_path", "{bad}");
        }
        assert!(GroupPath::read(Scalar::Integer(1)).is_err());
    }
}
