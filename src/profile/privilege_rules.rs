//! Rules across keys for the process's surroundings and its privileges.

use super::found::code;
use super::origins::Origins;
use super::path::KeyPath;
use super::raw::{Raw, RawRlimit};
use super::rules::at;
use super::types::Limit;
use crate::diagnostic::Diagnostic;

/// What contradicts itself once all layers are merged.
pub fn merged(raw: &Raw, origins: &Origins, broken: &[KeyPath]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (name, limit) in raw.rlimits.iter().flatten() {
        let path = KeyPath::keys(["rlimits", name]);
        if !broken.iter().any(|broken| broken.starts_with(&path)) {
            problems.extend(rlimit(origins, &path.to_string(), limit));
        }
    }
    if raw.timeout.is_some_and(|timeout| timeout.0.is_zero()) {
        let diagnostic = Diagnostic::error(code("range"), "`timeout`: no time at all");
        let diagnostic = at(origins, diagnostic, "timeout", "more than 0");
        problems.push(diagnostic.with_help("for a command that may run for ever leave `timeout` out"));
    }
    problems.extend(ambient(raw, origins));
    problems.extend(seccomp(raw, origins));
    problems
}

fn conflict(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code("conflict"), message)
}

fn rlimit(origins: &Origins, key: &str, limit: &RawRlimit) -> Option<Diagnostic> {
    let (soft, hard) =
        match (limit.soft, limit.hard) {
            (Some(soft), Some(hard)) => (soft.0, hard.0),
            (soft, _) => {
                let missing = if soft.is_none() { "soft" } else { "hard" };
                let diagnostic =
                    Diagnostic::error(code("missing_key"), format!("`{key}` has no {missing} limit"));
                let diagnostic = at(origins, diagnostic, key, &format!("`{missing}` is missing"));
                return Some(diagnostic.with_help(format!(
                    "write {key} = {{ soft = 1024, hard = 2048 }}, or one number for both"
                )));
            }
        };
    let above = match (soft, hard) {
        (_, Limit::Max) => false,
        (Limit::Max, Limit::Value(_)) => true,
        (Limit::Value(soft), Limit::Value(hard)) => soft > hard,
    };
    if !above {
        return None;
    }
    let diagnostic = conflict(format!("`{key}`: the soft limit is above the hard one"));
    let diagnostic = at(origins, diagnostic, &format!("{key}.soft"), "this");
    let diagnostic = at(origins, diagnostic, &format!("{key}.hard"), "is above this");
    Some(
        diagnostic.with_help("the soft limit is the one in force; a process may raise it up to the hard one"),
    )
}

/// A call is decided on once, and an exception must be one.
fn seccomp(raw: &Raw, origins: &Origins) -> Vec<Diagnostic> {
    let Some(filter) = raw.security.as_ref().and_then(|security| security.seccomp.as_ref()) else {
        return Vec::new();
    };
    let key = |list: &str, index: usize| format!("security.seccomp.{list}[{index}]");
    let lists = [("allow", &filter.allow), ("deny", &filter.deny), ("log", &filter.log)];
    let mut problems = Vec::new();
    let mut seen: Vec<(&str, String)> = Vec::new();
    for (list, names) in lists {
        for (index, name) in names.iter().flatten().enumerate() {
            let here = key(list, index);
            match seen.iter().find(|(known, _)| *known == name.0) {
                Some((_, first)) => {
                    let message = format!("`{here}`: {} is named twice", name.0);
                    let diagnostic = at(origins, conflict(message), &here, "named again here");
                    let diagnostic = at(origins, diagnostic, first, "first named here");
                    problems.push(diagnostic.with_help("one call, one decision: remove one of the two"));
                }
                None => seen.push((&name.0, here)),
            }
        }
    }
    let unconfined = filter.base.as_ref().is_some_and(|base| base.0 == "unconfined");
    let allows = filter.allow.as_ref().is_some_and(|names| !names.is_empty());
    if unconfined && allows {
        let diagnostic = conflict("`security.seccomp.allow` allows what is allowed anyway");
        let diagnostic = at(origins, diagnostic, "security.seccomp.allow", "changes nothing");
        let diagnostic = at(origins, diagnostic, "security.seccomp.base", "this allows every call");
        problems.push(diagnostic.with_help("remove one of the two; base = \"default\" refuses some calls"));
    }
    problems
}

/// An ambient capability must be among the capabilities.
fn ambient(raw: &Raw, origins: &Origins) -> Vec<Diagnostic> {
    let Some(security) = &raw.security else { return Vec::new() };
    let names = security.ambient.iter().flatten().enumerate();
    let all = security.capabilities.as_ref();
    let has = |name: &str| {
        let entry = |key: &str| all.and_then(|all| all.get(key)).map(|entry| entry.0);
        entry(name).or_else(|| entry("*")).unwrap_or(false)
    };
    let missing = names.filter(|(_, capability)| !has(&capability.0));
    let problem = |(index, capability): (usize, &super::lexical::Capability)| {
        let name = &capability.0;
        let diagnostic = conflict(format!("`security.ambient`: {name} is not among the capabilities"));
        let key = format!("security.ambient[{index}]");
        let diagnostic = at(origins, diagnostic, &key, "not a capability of this container");
        diagnostic.with_help(format!("write security.capabilities.{name} = true as well"))
    };
    missing.map(problem).collect()
}
