//! What a container gets without asking. Each list carries the name of the key
//! that it stands for, so that plans and errors can say `built-in`.

use super::{Attributes, Clear, Hide};
use std::collections::BTreeMap;
use std::time::Duration;

pub use crate::profile::preset::{CAPABILITIES, MASKED_PATHS, READ_ONLY_PATHS};

/// Folders of the host whose contents a `"host"` root file system does not show.
const HIDDEN_FOLDERS: [&str; 8] =
    ["/root", "/home", "/tmp", "/var/tmp", "/run", "/mnt", "/media", "/var/lib/tinydocker"];

/// Files of the host that a `"host"` root file system does not show.
const HIDDEN_FILES: [&str; 8] = [
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/ssh/ssh_host_rsa_key",
    "/etc/ssh/ssh_host_ecdsa_key",
    "/etc/ssh/ssh_host_ed25519_key",
    "/etc/ssh/ssh_host_dsa_key",
];

/// What is private on a host: homes, scratch folders, run-time sockets, password
/// hashes, ssh host keys and our own state.
pub fn hidden_of_host() -> BTreeMap<String, Hide> {
    let folders = HIDDEN_FOLDERS.iter().map(|&path| (path.to_owned(), Hide::Contents));
    let files = HIDDEN_FILES.iter().map(|&path| (path.to_owned(), Hide::File));
    folders.chain(files).collect()
}

/// Character devices, config-linux.md "Default Devices" (devpts makes the others).
pub fn devices() -> BTreeMap<String, (u32, u32)> {
    [
        ("/dev/null", (1, 3)),
        ("/dev/zero", (1, 5)),
        ("/dev/full", (1, 7)),
        ("/dev/random", (1, 8)),
        ("/dev/urandom", (1, 9)),
        ("/dev/tty", (5, 0)),
    ]
    .map(|(path, number)| (path.to_owned(), number))
    .into()
}

/// Links in /dev, config-linux.md "Dev symbolic links" (the mount of devpts makes
/// /dev/ptmx).
pub fn links() -> BTreeMap<String, String> {
    [
        ("/dev/fd", "/proc/self/fd"),
        ("/dev/stdin", "/proc/self/fd/0"),
        ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
    ]
    .map(|(path, says)| (path.to_owned(), says.to_owned()))
    .into()
}

/// Bound of /dev itself, which holds only nodes and links.
pub const DEV_SIZE: u64 = 64 << 10;

/// The most that the changes of an overlay may take; with a memory limit it is half
/// of that, since the changes are charged to the container.
pub const OVERLAY_SIZE: u64 = 1 << 30;

/// umask(2) of the command.
pub const UMASK: u32 = 0o022;

/// What a command gets when the launcher is told to stop: SIGTERM.
pub const STOP_SIGNAL: i32 = 15;

/// How long it then has.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// `TERM` of a container with a terminal whose launcher has none.
pub const TERM: &str = "xterm";

/// Attributes of a mount that carries data only.
pub const DATA: Attributes = Attributes { noexec: true, ..USER_MOUNT };

/// Attributes of a mount that devices are opened through.
pub const DEVICES: Attributes = Attributes { nodev: false, ..DATA };

/// Attributes of a mount of the user's.
pub const USER_MOUNT: Attributes = Attributes {
    read_only: false,
    nosuid: true,
    nodev: true,
    noexec: false,
    nodiratime: false,
    nosymfollow: false,
    atime: None,
    clear: Clear { nosuid: false, noexec: false },
};

/// Words in the name of a variable that make its value a secret.
const SECRET_WORDS: [&str; 10] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "CREDENTIAL",
    "PRIVATE_KEY",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
];

/// Whether a variable's value should not be shown, by its name or because it is an
/// address with a password in it (`postgres://user:password@host`).
pub fn looks_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let password_in_address = || {
        let (_, rest) = value.split_once("://")?;
        let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
        user.split_once(':').map(|(_, password)| !password.is_empty())
    };
    SECRET_WORDS.iter().any(|word| name.contains(word)) || password_in_address().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognised_by_name_and_form() {
        for name in ["DB_PASSWORD", "github_token", "AWS_SECRET_ACCESS_KEY", "MY_API_KEY"] {
            assert!(looks_secret(name, "x"), "{name}");
        }
        for name in ["PATH", "HOME", "KEYBOARD", "PASS_THROUGH"] {
            assert!(!looks_secret(name, "/x"), "{name}");
        }
        assert!(looks_secret("DATABASE_URL", "postgres://u:p@db/x"));
        for shown in ["postgres://u@db/x", "http://db:80/a@b:c", "u:p@x", "http://u:@x"] {
            assert!(!looks_secret("DATABASE_URL", shown), "{shown}");
        }
    }

    #[test]
    fn every_default_capability_has_a_number() {
        assert!(CAPABILITIES.iter().all(|c| crate::host::capabilities::number(c).is_some()));
    }
}
