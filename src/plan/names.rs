//! Names of operations, as JSON writes them, and the path that each is about: what
//! failures are reported with.

use super::{Connect, Enter, Joined, Prepare, Spawn, Started};

impl Prepare {
    /// The operation's name in the plan's JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WriteRecord { .. } => "write_record",
            Self::OpenNamespace { .. } => "open_namespace",
            Self::MakeNetwork { .. } => "make_network",
            Self::MakeGroup { .. } => "make_group",
            Self::LeaveGroup { .. } => "leave_group",
            Self::EnableControllers { .. } => "enable_controllers",
            Self::InheritCpuset { .. } => "inherit_cpuset",
            Self::SetLimit { .. } => "set_limit",
            Self::AllowDevices { .. } => "allow_devices",
            Self::FilterDevices { .. } => "filter_devices",
            Self::MakeInit { .. } => "make_init",
            Self::OpenTree { .. } => "open_tree",
            Self::OpenChanges { .. } => "open_changes",
            Self::MakeSource { .. } => "make_source",
        }
    }

    /// Whether it leaves something that only an undo takes away. Descriptors close by
    /// themselves, a limit and what is said of devices goes with its group, controllers that
    /// were enabled may serve other groups by now, the launcher's leaf goes with the group
    /// above it, and the record goes last by itself.
    pub fn has_undo(&self) -> bool {
        match self {
            Self::MakeGroup { .. } => true,
            Self::WriteRecord { .. }
            | Self::OpenNamespace { .. }
            | Self::MakeNetwork { .. }
            | Self::LeaveGroup { .. }
            | Self::EnableControllers { .. }
            | Self::InheritCpuset { .. }
            | Self::SetLimit { .. }
            | Self::AllowDevices { .. }
            | Self::FilterDevices { .. }
            | Self::MakeInit { .. }
            | Self::OpenTree { .. }
            | Self::OpenChanges { .. }
            | Self::MakeSource { .. } => false,
        }
    }

    /// The path on the host that the operation is about, if it is about one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::MakeGroup { path, .. }
            | Self::EnableControllers { path, .. }
            | Self::AllowDevices { path, .. }
            | Self::FilterDevices { path, .. } => Some(path),
            Self::LeaveGroup { group, .. } => Some(group),
            Self::OpenNamespace { of: Joined::Path(path), .. } => Some(path),
            Self::InheritCpuset { paths, .. } => paths.last().map(String::as_str),
            Self::SetLimit { file, .. } => Some(file),
            Self::OpenTree { source, .. } => Some(source),
            Self::MakeSource { path, .. } => Some(path),
            Self::WriteRecord { .. }
            | Self::OpenNamespace { .. }
            | Self::MakeNetwork { .. }
            | Self::MakeInit { .. }
            | Self::OpenChanges { .. } => None,
        }
    }
}

impl Spawn {
    /// The operation's name in failure reports.
    pub fn name(&self) -> &'static str {
        "spawn"
    }
}

impl Connect {
    /// The operation's name in the plan's JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Prepare(operation) => operation.name(),
            Self::BringUpLoopback { .. } => "bring_up_loopback",
            Self::AttachTerminal { .. } => "attach_terminal",
        }
    }

    /// The path on the host that the operation is about, if it is about one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Prepare(operation) => operation.path(),
            Self::BringUpLoopback { .. } | Self::AttachTerminal { .. } => None,
        }
    }
}

impl Enter {
    /// The operation's name in the plan's JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DieWithLauncher => "die_with_launcher",
            Self::HideInit => "hide_init",
            Self::Receive { .. } => "receive",
            Self::JoinGroup { .. } => "join_group",
            Self::Unshare { .. } => "unshare",
            Self::EnterNetwork { .. } => "enter_network",
            Self::StayInit { .. } => "stay_init",
            Self::AwaitInit => "await_init",
            Self::IsolateMounts { .. } => "isolate_mounts",
            Self::TakeRoot => "take_root",
            Self::MountOverlay { .. } => "mount_overlay",
            Self::OverlayFolder { .. } => "overlay_folder",
            Self::MountCgroups { .. } => "mount_cgroups",
            Self::MountTree { .. } => "mount_tree",
            Self::MountKernel { .. } => "mount_kernel",
            Self::MountTmpfs { .. } => "mount_tmpfs",
            Self::MountFile { .. } => "mount_file",
            Self::ProvideFile { .. } => "provide_file",
            Self::MountDevpts { .. } => "mount_devpts",
            Self::SetRootPropagation { .. } => "set_root_propagation",
            Self::MakeDevices { .. } => "make_devices",
            Self::MakeNode { .. } => "make_node",
            Self::MakeLinks { .. } => "make_links",
            Self::AttachTree { .. } => "attach_tree",
            Self::OpenTerminal { .. } => "open_terminal",
            Self::SetHostname { .. } => "set_hostname",
            Self::SetDomainname { .. } => "set_domainname",
            Self::SetSysctl { .. } => "set_sysctl",
            Self::SetOomScore { .. } => "set_oom_score",
            Self::SetAffinity { .. } => "set_affinity",
            Self::SetNice { .. } => "set_nice",
            Self::SetRlimit { .. } => "set_rlimit",
            Self::SetUmask { .. } => "set_umask",
            Self::AwaitConnect => "await_connect",
            Self::MaskPaths { .. } => "mask_paths",
            Self::ProtectPaths { .. } => "protect_paths",
            Self::ProtectRoot => "protect_root",
            Self::PivotRoot => "pivot_root",
            Self::NewSession { .. } => "new_session",
            Self::NewKeyring => "new_keyring",
            Self::ChangeDirectory { .. } => "change_directory",
            Self::LimitCapabilities { .. } => "limit_capabilities",
            Self::SetGroups { .. } => "set_groups",
            Self::SetUser { .. } => "set_user",
            Self::SetCapabilities { .. } => "set_capabilities",
            Self::ResetSignals => "reset_signals",
            Self::NoNewPrivileges => "no_new_privileges",
            Self::LoadFilter { .. } => "load_filter",
            Self::Exec { .. } => "exec",
        }
    }

    /// The path in the container that the operation is about, if it is about one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::MountKernel { target, .. }
            | Self::MountTmpfs { target, .. }
            | Self::MountFile { target, .. }
            | Self::ProvideFile { target, .. }
            | Self::OverlayFolder { target, .. }
            | Self::MountCgroups { target, .. }
            | Self::MountDevpts { target, .. }
            | Self::AttachTree { target, .. } => Some(target),
            Self::JoinGroup { path, .. }
            | Self::ChangeDirectory { path }
            | Self::SetSysctl { path, .. }
            | Self::MakeNode { path, .. } => Some(path),
            Self::OpenTerminal { console: true } => Some("/dev/console"),
            Self::OpenTerminal { console: false } => Some("/dev/pts/ptmx"),
            Self::MountOverlay { .. }
            | Self::MountTree { .. }
            | Self::SetRootPropagation { .. }
            | Self::TakeRoot
            | Self::ProtectRoot
            | Self::PivotRoot => Some("/"),
            Self::Exec { command, .. } => command.first().map(String::as_str),
            _ => None,
        }
    }
}

impl Started {
    /// The operation's name in the plan's JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StopWith { .. } => "stop_with",
            Self::EndAfter { .. } => "end_after",
            Self::Sweep => "sweep",
        }
    }
}
