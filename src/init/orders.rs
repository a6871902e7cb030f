//! What the launcher tells init, byte by byte: how both sides write and read it is one list.
//!
//! It is private to one build of the program. Numbers are least significant byte first; a text is
//! its length, its bytes and a zero byte, so that init hands it to the kernel from where it lies.

use core::ffi::CStr;

/// Takes what is written.
pub trait Sink {
    /// More bytes.
    fn put(&mut self, bytes: &[u8]);
}

#[cfg(not(tinydocker_init))]
impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next so many bytes.
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }
}

/// What can stand in orders.
pub trait Field<'a>: Sized {
    /// Writes it.
    fn put(&self, sink: &mut impl Sink);
    /// Reads it; nothing if that is not what stands there.
    fn take(reader: &mut Reader<'a>) -> Option<Self>;
}

macro_rules! numbers {
    ($($type:ty)*) => { $(
        impl Field<'_> for $type {
            fn put(&self, sink: &mut impl Sink) {
                sink.put(&self.to_le_bytes());
            }
            fn take(reader: &mut Reader<'_>) -> Option<Self> {
                reader.bytes(size_of::<Self>())?.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )* };
}

numbers! { u8 u16 u32 u64 i32 }

impl Field<'_> for bool {
    fn put(&self, sink: &mut impl Sink) {
        u8::from(*self).put(sink);
    }
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        u8::take(reader).map(|byte| byte != 0)
    }
}

impl<'a> Field<'a> for &'a [u8] {
    fn put(&self, sink: &mut impl Sink) {
        // Whoever writes has made sure that all of it has a length of 32 bits.
        (self.len() as u32).put(sink);
        sink.put(self);
    }
    fn take(reader: &mut Reader<'a>) -> Option<Self> {
        let length = u32::take(reader)?;
        reader.bytes(length as usize)
    }
}

impl<'a> Field<'a> for &'a CStr {
    fn put(&self, sink: &mut impl Sink) {
        self.to_bytes_with_nul().put(sink);
    }
    fn take(reader: &mut Reader<'a>) -> Option<Self> {
        CStr::from_bytes_with_nul(<&[u8]>::take(reader)?).ok()
    }
}

impl<'a, T: Field<'a>> Field<'a> for Option<T> {
    fn put(&self, sink: &mut impl Sink) {
        self.is_some().put(sink);
        if let Some(value) = self {
            value.put(sink);
        }
    }
    fn take(reader: &mut Reader<'a>) -> Option<Self> {
        if bool::take(reader)? { T::take(reader).map(Some) } else { Some(None) }
    }
}

macro_rules! tuples {
    ($(($($type:ident $place:tt),*))*) => { $(
        impl<'a, $($type: Field<'a>),*> Field<'a> for ($($type,)*) {
            fn put(&self, sink: &mut impl Sink) {
                $(self.$place.put(sink);)*
            }
            fn take(reader: &mut Reader<'a>) -> Option<Self> {
                Some(($($type::take(reader)?,)*))
            }
        }
    )* };
}

tuples! { (A 0, B 1) (A 0, B 1, C 2) }

/// Some of a kind, in order.
#[derive(Debug, Clone, Copy)]
pub enum List<'a, T> {
    /// As the launcher has them.
    Given(&'a [T]),
    /// As they arrive: how many, and what follows.
    Read(u32, Reader<'a>),
}

impl<'a, T: Field<'a> + Copy> List<'a, T> {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Given(items) => items.len(),
            Self::Read(count, _) => *count as usize,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let mut rest = *self;
        core::iter::from_fn(move || match &mut rest {
            Self::Given(items) => {
                let (first, others) = items.split_first()?;
                *items = others;
                Some(*first)
            }
            Self::Read(0, _) => None,
            Self::Read(count, reader) => {
                *count -= 1;
                T::take(reader)
            }
        })
    }
}

impl<'a, T: Field<'a> + Copy> Field<'a> for List<'a, T> {
    fn put(&self, sink: &mut impl Sink) {
        (self.len() as u32).put(sink);
        self.iter().for_each(|item| item.put(sink));
    }
    fn take(reader: &mut Reader<'a>) -> Option<Self> {
        let count = u32::take(reader)?;
        let start = *reader;
        for _ in 0..count {
            T::take(reader)?;
        }
        Some(Self::Read(count, start))
    }
}

/// Makes types of the kind from one list of names and fields: structures, and an enum whose
/// variants are told apart by the first byte.
macro_rules! orders {
    ($($(#[$doc:meta])* struct $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a> {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl<'a> Field<'a> for $name<'a> {
            fn put(&self, sink: &mut impl Sink) {
                $(self.$field.put(sink);)*
            }
            fn take(reader: &mut Reader<'a>) -> Option<Self> {
                Some(Self { $($field: Field::take(reader)?,)* })
            }
        }
    )* };
    ($(#[$doc:meta])* enum $name:ident $tags:ident {
        $($(#[$variant_doc:meta])* $variant:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })?,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name<'a> {
            $($(#[$variant_doc])* $variant $({ $($(#[$field_doc])* $field: $type,)* })?,)*
        }

        #[derive(Clone, Copy)]
        #[repr(u8)]
        enum $tags {
            $($variant,)*
        }

        impl<'a> Field<'a> for $name<'a> {
            fn put(&self, sink: &mut impl Sink) {
                match self {
                    $(Self::$variant $({ $($field,)* })? => {
                        ($tags::$variant as u8).put(sink);
                        $($($field.put(sink);)*)?
                    })*
                }
            }
            fn take(reader: &mut Reader<'a>) -> Option<Self> {
                let tag = u8::take(reader)?;
                $(if tag == $tags::$variant as u8 {
                    return Some(Self::$variant $({ $($field: Field::take(reader)?,)* })?);
                })*
                None
            }
        }
    };
}

/// A path, a name, a value.
pub type Text<'a> = &'a CStr;

/// The number of a slot.
pub type Slot = u16;

/// The owner of what is made: uid and gid.
pub type Owner = (u32, u32);

/// Major and minor number of a device.
pub type Device = (u32, u32);

orders! {
    /// What comes before the operations.
    struct Head {
        /// How many slots there are.
        slots: Slot,
        /// The slots of the descriptors that come along, in their order.
        along: List<'a, Slot>,
        /// Init says when it has done each operation.
        timed: bool,
        /// The launcher keeps the root, to look at it when the command has ended.
        keep_root: bool,
        /// The launcher keeps the mount namespace, and with it all mounts below the root.
        keep_namespace: bool,
        /// A fault on purpose, for tests: the index of the operation to fail at, or with `true`
        /// that to be killed before.
        fault: Option<(u32, bool)>,
        /// How many operations follow.
        operations: u32,
    }
}

orders! {
    /// A user or a group.
    enum Id IdTag {
        /// By number.
        Number {
            /// The number.
            number: u32,
        },
        /// By its name in the root's own files.
        Name {
            /// The name.
            name: Text<'a>,
        },
    }
}

orders! {
    /// An operation of the enter phase: `plan::Enter`, with everything that is known beforehand
    /// worked out. There is one for each, in their order.
    enum Order OrderTag {
        /// PR_SET_PDEATHSIG
        DieWithLauncher,
        /// PR_SET_DUMPABLE off.
        HideInit,
        /// Waits for descriptors.
        Receive {
            /// Their slots.
            slots: List<'a, Slot>,
        },
        /// Writes `0` to a `tasks` file.
        JoinGroup {
            /// The open file.
            tasks: Slot,
            /// The group, for a failure.
            path: Text<'a>,
        },
        /// unshare(2)
        Unshare {
            /// CLONE_NEW…
            flags: u32,
        },
        /// setns(2)
        EnterNetwork {
            /// The namespace.
            network: Slot,
        },
        /// fork(2); this process stays.
        StayInit {
            /// Init.
            program: Slot,
            /// Keep CAP_KILL.
            kill: bool,
            /// PR_SET_CHILD_SUBREAPER
            adopt: bool,
        },
        /// Waits for the one that stays.
        AwaitInit,
        /// Makes every mount a slave.
        IsolateMounts,
        /// The root of the mount namespace is the command's.
        TakeRoot,
        /// Makes an overlay the root.
        MountOverlay {
            /// The lower layer.
            lower: Slot,
            /// The folder that keeps the changes.
            changes: Option<Slot>,
            /// Bytes of the tmpfs that does otherwise.
            size: Text<'a>,
            /// What is hidden, by path below the root: of a folder what is in it, else a file.
            hide: List<'a, (Text<'a>, bool)>,
        },
        /// Makes an overlay on a folder of the container.
        OverlayFolder {
            /// The lower layer.
            lower: Slot,
            /// The folder.
            target: Text<'a>,
            /// What the folder with its changes is called.
            name: Text<'a>,
            /// Bytes of a tmpfs of its own.
            size: Option<Text<'a>>,
            /// As in `MountOverlay`.
            hide: List<'a, (Text<'a>, bool)>,
            /// `MOUNT_ATTR_…`
            flags: u32,
        },
        /// Makes a tree the root.
        MountTree {
            /// The tree.
            tree: Slot,
            /// `MOUNT_ATTR_…`
            flags: u32,
        },
        /// Mounts a new file system.
        MountFilesystem {
            /// Its type.
            filesystem: Text<'a>,
            /// Where.
            target: Text<'a>,
            /// With which options.
            options: List<'a, (Text<'a>, Text<'a>)>,
            /// `MOUNT_ATTR_…`
            flags: u32,
            /// It is one of the kernel's: what lies below it is looked for from there.
            base: bool,
            /// A link to be made then, and what it says.
            link: Option<(Path<'a>, Text<'a>)>,
        },
        /// Makes a file in memory and mounts it.
        MountFile {
            /// Where.
            target: Text<'a>,
            /// What is in it.
            content: &'a [u8],
            /// Bytes of the tmpfs that it lies in.
            size: Text<'a>,
            /// Permission bits.
            mode: u32,
            /// Owner and group.
            owner: Owner,
            /// `MOUNT_ATTR_…`
            flags: u32,
            /// Those that are taken away.
            clear: u32,
        },
        /// Mounts a file of ours, where there is room for it.
        ProvideFile {
            /// Where.
            target: Text<'a>,
            /// The file's name and what is in it; or else a file of the host.
            content: Option<(Text<'a>, &'a [u8])>,
            /// That file.
            tree: Slot,
            /// `MOUNT_ATTR_…`
            flags: u32,
            /// Those that are taken away.
            clear: u32,
            /// Make a missing target.
            make_target: bool,
        },
        /// Mounts hierarchies of cgroups.
        MountCgroups {
            /// Below which folder.
            target: Text<'a>,
            /// By the path of each, and its name below the folder (an empty one is the folder
            /// itself): the v1 controllers, none for cgroup2.
            hierarchies: List<'a, (Text<'a>, Text<'a>, List<'a, Text<'a>>)>,
            /// `MOUNT_ATTR_…`
            flags: u32,
        },
        /// Makes the root shared, or unbindable.
        SetRootPropagation {
            /// Unbindable.
            unbindable: bool,
        },
        /// Makes character devices that are open to all.
        MakeDevices {
            /// By path: the numbers.
            devices: List<'a, (Path<'a>, Device)>,
        },
        /// Makes the node of a device of the host's.
        MakeNode {
            /// Where.
            path: Text<'a>,
            /// A block device, else a character device.
            block: bool,
            /// Its numbers.
            numbers: Device,
            /// Permission bits.
            mode: u32,
            /// Owner and group.
            owner: Owner,
        },
        /// Makes symbolic links.
        MakeLinks {
            /// By path: what the link says.
            links: List<'a, (Path<'a>, Text<'a>)>,
        },
        /// Attaches a tree of the host's.
        AttachTree {
            /// The tree.
            tree: Slot,
            /// Where.
            target: Text<'a>,
            /// `MOUNT_ATTR_…`
            flags: u32,
            /// Those that are taken away.
            clear: u32,
            /// The mounts below it get them as well.
            recursive: bool,
            /// Make a missing target.
            make_target: bool,
            /// The tree may be missing.
            optional: bool,
            /// MS_UNBINDABLE
            unbindable: bool,
        },
        /// Opens a terminal, and sends its master side.
        OpenTerminal {
            /// Binds it on /dev/console.
            console: bool,
        },
        /// sethostname(2)
        SetHostname {
            /// The name.
            name: Text<'a>,
        },
        /// setdomainname(2)
        SetDomainname {
            /// The name.
            name: Text<'a>,
        },
        /// Writes to a file of the container's proc.
        WriteProc {
            /// The file.
            path: Text<'a>,
            /// What is written.
            value: Text<'a>,
        },
        /// sched_setaffinity(2)
        SetAffinity {
            /// Processors.
            cpus: List<'a, u32>,
        },
        /// setpriority(2)
        SetNice {
            /// −20…19
            value: i32,
        },
        /// prlimit(2)
        SetRlimit {
            /// The resource's number.
            resource: u32,
            /// And its name, for a failure.
            name: Text<'a>,
            /// The limit in force.
            soft: u64,
            /// How far it may be raised.
            hard: u64,
        },
        /// umask(2)
        SetUmask {
            /// At most 0777.
            mask: u32,
        },
        /// Waits for the launcher.
        AwaitConnect,
        /// Covers paths.
        MaskPaths {
            /// The paths.
            paths: List<'a, Text<'a>>,
            /// Skip those that are missing.
            skip_missing: bool,
        },
        /// Remounts paths read-only.
        ProtectPaths {
            /// The paths.
            paths: List<'a, Text<'a>>,
            /// Skip those that are missing.
            skip_missing: bool,
        },
        /// Turns the root read-only.
        ProtectRoot,
        /// pivot_root(2)
        PivotRoot,
        /// setsid(2), and the standard descriptors.
        NewSession {
            /// A terminal was opened.
            terminal: bool,
            /// Standard input is the terminal, or the caller's.
            input: bool,
        },
        /// A session keyring of its own.
        NewKeyring,
        /// fchdir(2)
        ChangeDirectory {
            /// The folder.
            path: Text<'a>,
        },
        /// Limits the bounding set.
        LimitCapabilities {
            /// Bit n is capability n.
            keep: u64,
        },
        /// setgroups(2)
        SetGroups {
            /// The groups.
            groups: List<'a, Id<'a>>,
        },
        /// setresgid(2), setresuid(2), umask(2)
        SetUser {
            /// The user.
            uid: Id<'a>,
            /// The group; none for the one in the user's entry.
            gid: Option<Id<'a>>,
            /// The mask.
            umask: u32,
            /// HOME is the home in the user's entry.
            home: bool,
        },
        /// Sets all sets of capabilities but the bounding one.
        SetCapabilities {
            /// Effective and permitted.
            keep: u64,
            /// What it is instead if the user turned out not to be 0.
            keep_as_user: u64,
            /// Inheritable and ambient.
            ambient: u64,
        },
        /// Signals as if nobody had changed them.
        ResetSignals,
        /// PR_SET_NO_NEW_PRIVS
        NoNewPrivileges,
        /// Notes what is loaded right before execve(2).
        LoadFilter {
            /// The program.
            program: &'a [u8],
            /// Of seccomp(2).
            flags: u32,
        },
        /// execve(2)
        Exec {
            /// Where the command may be, in this order.
            paths: List<'a, Text<'a>>,
            /// The command and its arguments.
            command: List<'a, Text<'a>>,
            /// The environment, `NAME=value` each.
            environment: List<'a, Text<'a>>,
        },
    }
}

/// A path to be made: it, the folder that holds it, and its name.
pub type Path<'a> = (Text<'a>, Text<'a>, Text<'a>);

/// What init and the launcher say to each other besides: single bytes, some with a descriptor,
/// some followed by more.
///
/// That the socket closes after [`EXECUTING`](message::EXECUTING) without a failure means that
/// execve(2) has succeeded: the socket is close-on-exec.
pub mod message {
    /// Launcher → init, before a byte for each slot that it waits for ([`THERE`], [`MISSING`]).
    /// The descriptors come along.
    pub const SUPPLIES: u8 = b'S';
    /// A descriptor comes along.
    pub const THERE: u8 = b'+';
    /// There is nothing.
    pub const MISSING: u8 = b'-';
    /// Launcher → init: the connect phase is done.
    pub const CONNECTED: u8 = b'C';
    /// Init → launcher, with the terminal's master.
    pub const TERMINAL: u8 = b'T';
    /// Init → launcher: everything is done but execve(2). With the root, if it is to be kept.
    pub const EXECUTING: u8 = b'X';
    /// Init → launcher, before [`EXECUTING`], with its mount namespace.
    pub const NAMESPACE: u8 = b'N';
    /// Init → launcher, followed by a [`Failure`](super::Failure) and the end.
    pub const FAILED: u8 = b'F';
    /// Init → launcher, if times are asked for: an operation is done. Followed by [`STAMPS`]
    /// bytes: its beginning and its end, nanoseconds of the monotonic clock.
    pub const TIMED: u8 = b'O';
    /// Bytes behind [`TIMED`].
    pub const STAMPS: usize = 16;
    /// Init → launcher in fault tests: die now.
    pub const KILL: u8 = b'K';
}

orders! {
    /// Which operation failed, and how.
    struct Failure {
        /// Its index.
        operation: u32,
        /// The system call, as a number.
        call: u8,
        /// errno(3)
        errno: i32,
        /// The path concerned.
        path: Option<Text<'a>>,
    }
}
