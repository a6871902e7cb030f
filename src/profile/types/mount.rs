//! Mounts.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A mount: one of the user's, or one of the built-in layer's (`/proc`, `/dev/shm` …).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// What is mounted.
    pub source: MountSource,
    /// Writing is refused.
    pub read_only: bool,
    /// As written; none contradicts another.
    pub options: Vec<MountOption>,
}

impl Mount {
    /// A file or folder of the host with everything below it, nothing else said.
    pub fn bind(source: impl Into<PathBuf>, read_only: bool) -> Self {
        let bind = Bind {
            source: source.into(),
            subpath: None,
            recursive: true,
            propagation: Propagation::Private,
            optional: false,
            create: Create::No,
            idmap: Vec::new(),
        };
        Self { source: MountSource::Bind(bind), read_only, options: Vec::new() }
    }

    /// Memory that belongs to root; `size` in bytes.
    pub fn tmpfs(size: Option<u64>, mode: u32, read_only: bool) -> Self {
        let source = MountSource::Tmpfs { size, mode, uid: 0, gid: 0 };
        Self { source, read_only, options: Vec::new() }
    }

    /// The bind, if it is one.
    pub fn as_bind(&self) -> Option<&Bind> {
        match &self.source {
            MountSource::Bind(bind) => Some(bind),
            _ => None,
        }
    }

    /// Whether only the kernel knows what is in it.
    pub fn is_kernel(&self) -> bool {
        use MountSource::{Cgroup, Dev, Devpts, Mqueue, Proc, Sysfs};
        matches!(self.source, Cgroup | Proc | Sysfs | Dev { .. } | Devpts | Mqueue)
    }
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSource {
    /// A file or folder of the host.
    Bind(Bind),
    /// Memory.
    Tmpfs {
        /// Bound in bytes, a multiple of the page size.
        size: Option<u64>,
        /// Mode of its root.
        mode: u32,
        /// Owner of its root.
        uid: u32,
        /// Group of its root.
        gid: u32,
    },
    /// A file in memory.
    File {
        /// What is in it.
        content: String,
        /// Its mode.
        mode: u32,
        /// Its owner.
        uid: u32,
        /// Its group.
        gid: u32,
    },
    /// proc(5)
    Proc,
    /// sysfs(5)
    Sysfs,
    /// The container's own /dev, with the devices that are safe.
    Dev {
        /// Bound in bytes; none is the default.
        size: Option<u64>,
    },
    /// Terminals, devpts(4).
    Devpts,
    /// mq_overview(7)
    Mqueue,
    /// A folder of the host below changes in memory, which end with the container.
    Overlay {
        /// Absolute path on the host.
        source: PathBuf,
        /// Bound of the changes in bytes, a multiple of the page size; none is the root's
        /// default.
        size: Option<u64>,
    },
    /// The groups of the container's own, cgroups(7).
    Cgroup,
    /// A file of /etc that says what the container's network and name are.
    Generated(Generated),
}

/// Files that are made for a container, or handed on to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generated {
    /// hosts(5): this text.
    Hosts(String),
    /// hostname(5): this text.
    Hostname(String),
    /// resolv.conf(5): the host's, in the host's network.
    ResolvConf,
}

/// A file or folder of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Absolute path on the host.
    pub source: PathBuf,
    /// What is bound, relative to the source; it can't lead out of it.
    pub subpath: Option<String>,
    /// With the mounts below it.
    pub recursive: bool,
    /// Which mounts made later on one side show on the other.
    pub propagation: Propagation,
    /// Left out where the source is missing.
    pub optional: bool,
    /// What is made where the source is missing.
    pub create: Create,
    /// Who owners of files are inside; empty for who they are.
    pub idmap: Vec<IdMap>,
}

impl Bind {
    /// The path on the host that is bound, subpath included.
    pub fn whole_path(&self) -> PathBuf {
        self.subpath.as_ref().map_or_else(|| self.source.clone(), |part| self.source.join(part))
    }
}

/// A range of owners on the host, and who they are inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMap {
    /// The first id inside.
    pub container: u32,
    /// The first id on disk.
    pub host: u32,
    /// How many.
    pub size: u32,
}

/// Whether a missing source is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// It is an error.
    No,
    /// A folder, with those above it.
    Dir,
    /// An empty file, with the folders above it.
    File,
}

/// Which mounts that are made later show on the other side, mount_namespaces(7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Propagation {
    /// None.
    #[default]
    Private,
    /// The host's show inside, below the bind itself.
    Slave,
    /// The host's show inside, below every mount of the tree.
    SlaveTree,
    /// Those of both sides show on the other, below the bind itself.
    Shared,
    /// Those of both sides show on the other, below every mount of the tree.
    SharedTree,
    /// None, and the mount can't be bound again.
    Unbindable,
}

impl Propagation {
    /// Whether something crosses the border.
    pub fn crosses(self) -> bool {
        !matches!(self, Self::Private | Self::Unbindable)
    }

    /// Whether mounts made inside show on the host.
    pub fn is_shared(self) -> bool {
        matches!(self, Self::Shared | Self::SharedTree)
    }
}

/// An option of a mount, mount(8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum MountOption {
    Nosuid,
    Suid,
    Nodev,
    Noexec,
    Exec,
    Noatime,
    Relatime,
    Strictatime,
    Nodiratime,
    Nosymfollow,
}

impl MountOption {
    /// The word in a profile and in mount(8).
    pub fn word(self) -> &'static str {
        match self {
            Self::Nosuid => "nosuid",
            Self::Suid => "suid",
            Self::Nodev => "nodev",
            Self::Noexec => "noexec",
            Self::Exec => "exec",
            Self::Noatime => "noatime",
            Self::Relatime => "relatime",
            Self::Strictatime => "strictatime",
            Self::Nodiratime => "nodiratime",
            Self::Nosymfollow => "nosymfollow",
        }
    }

    /// Whether one of the two takes back what the other says.
    pub fn contradicts(self, other: Self) -> bool {
        use MountOption::{Exec, Noatime, Noexec, Nosuid, Relatime, Strictatime, Suid};
        const GROUPS: [&[MountOption]; 3] =
            [&[Nosuid, Suid], &[Noexec, Exec], &[Noatime, Relatime, Strictatime]];
        self != other && GROUPS.iter().any(|group| group.contains(&self) && group.contains(&other))
    }
}
