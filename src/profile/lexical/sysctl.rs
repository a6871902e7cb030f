//! Kernel parameters, sysctl(8): which of them belong to a container's own namespaces,
//! and their values.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::unknown::nearest;

deserialize_forms!(SysctlValue);

/// Those of an IPC namespace: System V IPC and POSIX message queues.
const IPC: [&str; 17] = [
    "fs.mqueue.msg_default",
    "fs.mqueue.msg_max",
    "fs.mqueue.msgsize_default",
    "fs.mqueue.msgsize_max",
    "fs.mqueue.queues_max",
    "kernel.auto_msgmni",
    "kernel.msg_next_id",
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.sem_next_id",
    "kernel.shm_next_id",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

/// Of a network namespace every `net.*` is allowed; these are known by name, for what
/// is misspelt before the first dot.
const NET: [&str; 4] = [
    "net.core.somaxconn",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
];

/// The namespace that a parameter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// ipc_namespaces(7)
    Ipc,
    /// network_namespaces(7)
    Net,
}

/// The namespace of a parameter that [`name`] has read.
pub fn of(name: &str) -> Of {
    if name.starts_with("net.") || name.starts_with("net/") { Of::Net } else { Of::Ipc }
}

/// The path below /proc/sys of a parameter that `name` has read.
pub fn path(name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { name.replace('.', "/") }
}

/// Reads a name with dots or slashes between its parts, as sysctl(8) does: behind a
/// slash dots are part of a name (`net/ipv4/conf/eth0.1/forwarding`). Comes back with
/// dots where that is unambiguous.
///
/// # Errors
/// A parameter of the whole host, and what is no name of one.
pub fn name(text: &str) -> Result<String, Fault> {
    let fault = |label: &str| Fault::new("sysctl", format!("{} can't be set", quote_text(text)), label);
    let slashes = text.find(['.', '/']).is_some_and(|at| text[at..].starts_with('/'));
    let parts: Vec<&str> = text.split(if slashes { '/' } else { '.' }).collect();
    let odd = |part: &&str| {
        part.is_empty()
            || matches!(*part, "." | "..")
            || part.contains(|c: char| c == '/' || c == '*' || c.is_control() || c.is_whitespace())
    };
    if parts.len() < 2 || parts.iter().any(odd) {
        return Err(fault("not a name such as net.ipv4.ip_forward").help(
            "parts are joined with dots; where one holds a dot, with slashes: net/ipv4/conf/eth0.1/…",
        ));
    }
    let dotted = parts.iter().any(|part| part.contains('.'));
    let name = parts.join(if dotted { "/" } else { "." });
    if parts[0] == "net" || IPC.contains(&name.as_str()) {
        return Ok(name);
    }
    match name.as_str() {
        "kernel.hostname" => return Err(fault("the host name has a key of its own").help("write `hostname`")),
        "kernel.domainname" => {
            return Err(fault("the domain name has a key of its own").help("write `domainname`"));
        }
        _ => {}
    }
    if let Some(near) = nearest(&name, IPC.into_iter().chain(NET)) {
        return Err(fault("not of a container's own namespaces").help(format!("did you mean `{near}`?")));
    }
    Err(fault("belongs to the whole host").help(
        "a container has its own net.*, kernel.shm*, kernel.msg*, kernel.sem and fs.mqueue.*; set others on the host, with sysctl(8)",
    ))
}

/// What is written to the parameter's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SysctlValue(pub String);

impl Form for SysctlValue {
    const EXPECTS: &'static str = "a number, or text";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        match scalar {
            Scalar::Integer(n) => Ok(Self(n.to_string())),
            Scalar::Octal(n) => Ok(Self(n.to_string())),
            Scalar::Text(text) if text.trim().is_empty() => {
                Err(Fault::new("empty", "the value is empty", "a value belongs here"))
            }
            Scalar::Text(text) if text.contains(|c: char| c.is_control() && c != '\t') => {
                Err(Fault::new("sysctl", "a value is one line", "holds a control character"))
            }
            Scalar::Text(text) => Ok(Self(text.to_owned())),
            Scalar::Bool(value) => {
                Err(wrong_type::<Self>(scalar).help(format!("write {}", i32::from(value))))
            }
            Scalar::Float(_) => {
                Err(wrong_type::<Self>(scalar).help("write it in quotes, as the file has it"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, canonical, file) in [
            ("net.ipv4.ip_forward", "net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/ip_forward", "net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/conf/eth0.1/x", "net/ipv4/conf/eth0.1/x", "net/ipv4/conf/eth0.1/x"),
            ("kernel.shmmax", "kernel.shmmax", "kernel/shmmax"),
        ] {
            let read = name(text).unwrap();
            assert_eq!((read.as_str(), path(&read).as_str()), (canonical, file));
        }
        assert_eq!((of("kernel.sem"), of("net.core.somaxconn"), of("net/x")), (Of::Ipc, Of::Net, Of::Net));
        for bad in [
            "",
            "net",
            "net.",
            ".net.x",
            "net..x",
            "net/../kernel/x",
            "net/.",
            "net.ipv4.a/b",
            "net.a b",
            "vm.swappiness",
            "kernel.hostname",
            "kernel.shmmx",
            "kernel.core_pattern",
            "net.x\n",
        ] {
            assert_eq!(name(bad).unwrap_err().code, "sysctl", "{bad}");
        }
        let help = |text| name(text).unwrap_err().help.unwrap();
        assert!(help("kernel.hostname").contains("`hostname`"));
        assert!(help("kernel.shmmx").contains("`kernel.shmmax`"));
        assert!(help("nte.ipv4.ip_forward").contains("`net.ipv4.ip_forward`"));
        assert!(help("vm.swappiness").contains("on the host"));
        assert!(IPC.is_sorted());
    }

    #[test]
    fn values() {
        assert_eq!(SysctlValue::read(Scalar::Integer(-1)).unwrap().0, "-1");
        assert_eq!(SysctlValue::read(Scalar::Octal(8)).unwrap().0, "8");
        assert_eq!(SysctlValue::read(Scalar::Text("1024 65000")).unwrap().0, "1024 65000");
        for bad in [Scalar::Bool(true), Scalar::Float(1.0), Scalar::Text(" "), Scalar::Text("1\n2")] {
            assert!(SysctlValue::read(bad).is_err());
        }
    }
}
