//! One mount as it was typed.

use crate::profile::choice::{CreateWord, MountType, OptionWord, PropagationWord};
use crate::profile::lexical::{HostPath, Id, IdMaps, Mode, Size, Subpath, Switch, Text};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// One mount; the table's key is the target in the container, an absolute path. `/proc`,
/// `/sys`, `/dev`, `/dev/pts`, `/dev/shm`, `/dev/mqueue`, `/etc/hosts`, `/etc/hostname` and,
/// in the host's network, `/etc/resolv.conf` are there without being written.
#[derive(Debug, Clone, Default, Deserialize, Validate, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "mount")]
pub struct RawMount {
    /// `"bind"` (a file or folder of the host), `"tmpfs"` (memory), `"file"` (a file
    /// whose `content` stands here), `"overlay"` (the folder `source` below changes in
    /// memory, which end with the container), `"cgroup"` (the container's own groups, to be
    /// read), or one of the kernel's: `"proc"`, `"sysfs"`,
    /// `"devpts"`, `"mqueue"`; `"dev"` on /dev only, and `"generated"` on /etc/hosts,
    /// /etc/hostname and /etc/resolv.conf: what tinydocker puts there. Default: `"bind"` where
    /// `source` is written, `"file"` where `content` is, `"tmpfs"` where `size` or `mode`
    /// is.
    #[serde(rename = "type")]
    #[schemars(example = &"bind")]
    pub kind: Option<MountType>,
    /// What is bound: a file or folder of the host, absolute or relative to the folder
    /// of the profile (`~/` is your home). It must exist.
    #[schemars(example = &"./site")]
    pub source: Option<HostPath>,
    /// The part of `source` that is bound, a relative path without `..`; no link on the
    /// way may lead out of the source. Default: all of it.
    #[schemars(example = &"static/css")]
    pub subpath: Option<Subpath>,
    /// Refuse writing. Default: `true` for binds, files, what is generated, sysfs and
    /// cgroups, `false`
    /// for the others.
    pub read_only: Option<Switch>,
    /// Bind the mounts below the source too, with the same `read_only` and `options`.
    /// Default: `true`.
    pub recursive: Option<Switch>,
    /// `"nosuid"`, `"suid"`, `"nodev"`, `"noexec"`, `"exec"`, `"noatime"`, `"relatime"`,
    /// `"strictatime"`, `"nodiratime"`, `"nosymfollow"`. Every mount is nosuid and nodev,
    /// those of the kernel noexec as well, unless this says otherwise.
    #[schemars(example = ["noexec"])]
    pub options: Option<Vec<OptionWord>>,
    /// Which mounts made later on one side of a bind show on the other: `"private"` or
    /// `"rprivate"` (none), `"rslave"` (the host's show inside), `"rshared"` (both ways),
    /// `"slave"` and `"shared"` with `recursive = false`, `"unbindable"`.
    /// Default: `"private"`.
    #[schemars(example = &"rslave")]
    pub propagation: Option<PropagationWord>,
    /// Leave the bind out where its source is missing. Default: `false`.
    pub optional: Option<Switch>,
    /// Make a missing source: `"dir"`, `"file"` (empty), or `"no"`, with the folders above
    /// it, as root and with mode 0755 (a file 0644). It stays when the container ends.
    /// Default: `"no"`.
    #[schemars(example = &"dir")]
    pub create: Option<CreateWord>,
    /// What is in a file that is made in memory.
    #[schemars(example = &"nameserver 9.9.9.9\n")]
    pub content: Option<Text>,
    /// Upper bound of a tmpfs, or of the changes of an overlay, such as `"64m"`, rounded
    /// down to whole pages. Default: half of the memory, for an overlay that of
    /// `rootfs.size`.
    #[schemars(example = &"64m", extend("minimum" = 4096))]
    #[validate(range(min = 4096, message = "a tmpfs needs at least one page of 4096 bytes"))]
    pub size: Option<Size>,
    /// Mode of a tmpfs's root, or of a file: `"0755"` or `0o755`. Default: `"1777"`, for
    /// files `"0644"`.
    #[schemars(example = &"0755")]
    pub mode: Option<Mode>,
    /// Owner of a tmpfs's root, or of a file: a number. Default: 0.
    #[schemars(example = 1000)]
    pub uid: Option<Id>,
    /// Group of a tmpfs's root, or of a file: a number. Default: 0.
    #[schemars(example = 1000)]
    pub gid: Option<Id>,
    /// Owners of files on the host and who they are inside, where the file system can do it:
    /// `container` is the id inside, `host` the one on disk, `size` how many. Others show as
    /// 65534. `"off"` leaves owners as they are. Default: `"off"`.
    #[schemars(extend("examples" = [[{ "container": 0, "host": 100_000, "size": 65_536 }]]))]
    pub idmap: Option<IdMaps>,
}

impl RawMount {
    /// Whether this key is written.
    pub fn has(&self, key: &str) -> bool {
        match key {
            "source" => self.source.is_some(),
            "subpath" => self.subpath.is_some(),
            "recursive" => self.recursive.is_some(),
            "propagation" => self.propagation.is_some(),
            "optional" => self.optional.is_some(),
            "create" => self.create.is_some(),
            "content" => self.content.is_some(),
            "size" => self.size.is_some(),
            "mode" => self.mode.is_some(),
            "uid" => self.uid.is_some(),
            "gid" => self.gid.is_some(),
            "idmap" => self.idmap.is_some(),
            _ => false,
        }
    }
}
