//! The words of mounts.

use super::{Others, choose};
use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms};
use crate::profile::types::{Create, MountOption, Propagation};

deserialize_forms!(MountType, PropagationWord, CreateWord, OptionWord);

/// The kinds of mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MountKind {
    /// A file or folder of the host.
    Bind,
    /// Memory.
    Tmpfs,
    /// A file whose content stands in the profile.
    File,
    /// proc(5)
    Proc,
    /// sysfs(5)
    Sysfs,
    /// The container's own /dev.
    Dev,
    /// devpts(4)
    Devpts,
    /// mq_overview(7)
    Mqueue,
    /// A file of /etc that tinydocker makes.
    Generated,
    /// A folder of the host below changes in memory.
    Overlay,
    /// The container's own cgroups.
    Cgroup,
}

impl MountKind {
    /// Each with its word.
    pub const WORDS: [(&'static str, Self); 11] = [
        ("bind", Self::Bind),
        ("tmpfs", Self::Tmpfs),
        ("file", Self::File),
        ("proc", Self::Proc),
        ("sysfs", Self::Sysfs),
        ("dev", Self::Dev),
        ("devpts", Self::Devpts),
        ("mqueue", Self::Mqueue),
        ("generated", Self::Generated),
        ("overlay", Self::Overlay),
        ("cgroup", Self::Cgroup),
    ];

    /// The word in a profile.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Keys besides `type`, `read_only` and `options` that say something of this kind.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Bind => &["source", "subpath", "recursive", "propagation", "optional", "create", "idmap"],
            Self::Tmpfs => &["size", "mode", "uid", "gid"],
            Self::File => &["content", "mode", "uid", "gid"],
            Self::Dev => &["size"],
            Self::Overlay => &["source", "size"],
            Self::Proc | Self::Sysfs | Self::Devpts | Self::Mqueue | Self::Generated | Self::Cgroup => &[],
        }
    }

    /// Every key that belongs to some kinds only.
    pub const KEYS: [&'static str; 12] = [
        "source",
        "subpath",
        "recursive",
        "propagation",
        "optional",
        "create",
        "content",
        "size",
        "mode",
        "uid",
        "gid",
        "idmap",
    ];
}

/// One of [`MountKind::WORDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MountType(pub MountKind);

impl Form for MountType {
    const EXPECTS: &'static str = r#"a type of mount such as "bind""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const OTHERS: Others = &[
            ("volume", "tinydocker has no volumes yet; bind a folder: source = \"./data\""),
            ("image", "tinydocker has no images yet"),
            ("secret", "tinydocker has no secrets yet"),
            ("cgroup2", "write \"cgroup\": the container's own groups, in both versions"),
            ("npipe", "named pipes of Windows don't exist here"),
        ];
        choose::<Self, _>(scalar, "type of mount", &MountKind::WORDS, OTHERS).map(Self)
    }
}

/// How events of mounts cross the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropagationWord(pub Propagation);

impl Form for PropagationWord {
    const EXPECTS: &'static str = r#"a propagation such as "rslave""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const WORDS: [(&str, Propagation); 7] = [
            ("private", Propagation::Private),
            ("rprivate", Propagation::Private),
            ("slave", Propagation::Slave),
            ("rslave", Propagation::SlaveTree),
            ("shared", Propagation::Shared),
            ("rshared", Propagation::SharedTree),
            ("unbindable", Propagation::Unbindable),
        ];
        const OTHERS: Others = &[("runbindable", "write \"unbindable\"")];
        choose::<Self, _>(scalar, "propagation", &WORDS, OTHERS).map(Self)
    }
}

/// `"no"`, `"dir"` or `"file"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateWord(pub Create);

impl Form for CreateWord {
    const EXPECTS: &'static str = r#""no", "dir" or "file""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const WORDS: [(&str, Create); 3] = [("no", Create::No), ("dir", Create::Dir), ("file", Create::File)];
        const OTHERS: Others = &[
            ("directory", "write \"dir\""),
            ("folder", "write \"dir\""),
            ("true", "say what is made: \"dir\" or \"file\""),
        ];
        choose::<Self, _>(scalar, "way to make a source", &WORDS, OTHERS).map(Self)
    }
}

/// An option of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionWord(pub MountOption);

impl OptionWord {
    /// Every option that a profile may write.
    pub const ALL: [MountOption; 10] = [
        MountOption::Nosuid,
        MountOption::Suid,
        MountOption::Nodev,
        MountOption::Noexec,
        MountOption::Exec,
        MountOption::Noatime,
        MountOption::Relatime,
        MountOption::Strictatime,
        MountOption::Nodiratime,
        MountOption::Nosymfollow,
    ];
}

impl Form for OptionWord {
    const EXPECTS: &'static str = r#"an option such as "noexec""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        const OTHERS: Others = &[
            ("ro", "write read_only = true in this table"),
            ("rw", "write read_only = false in this table"),
            ("dev", "every mount but /dev is nodev: a device node would be a way out of the container"),
            ("bind", "leave it out: type = \"bind\" says it"),
            ("rbind", "leave it out: `recursive` says it"),
            ("private", "write propagation = \"private\""),
            ("rprivate", "write propagation = \"rprivate\""),
            ("slave", "write propagation = \"slave\""),
            ("rslave", "write propagation = \"rslave\""),
            ("shared", "write propagation = \"shared\""),
            ("rshared", "write propagation = \"rshared\""),
            ("size=*", "write size = \"64m\" in this table"),
            ("mode=*", "write mode = \"0755\" in this table"),
            ("uid=*", "write uid = 1000 in this table"),
            ("gid=*", "write gid = 1000 in this table"),
        ];
        let words = Self::ALL.map(|option| (option.word(), option));
        choose::<Self, _>(scalar, "option of a mount", &words, OTHERS).map(Self)
    }
}
