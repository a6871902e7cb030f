//! bubblewrap's flags, as flags or as keys.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::*;
use super::{Family, Row};

/// The names.
pub const NAMES: Family = Family {
    from: "bubblewrap's",
    rows: &[
        Row(
            "unshare_all unshare_pid unshare_ipc unshare_uts unshare_cgroup unshare_cgroup_try unshare_net",
            Otherwise(
                "leave it out: every namespace is private without asking, and the network has loopback only",
            ),
        ),
        Row("unshare_user unshare_user_try", Key("namespaces.user", No)),
        Row("share_net", Otherwise("the host's network is network = \"host\", or --network host")),
        Row(
            "userns2 pidns userns_block_fd disable_userns assert_userns_disabled",
            NotYet("tinydocker joins no namespace by descriptor"),
        ),
        Row("die_with_parent", Otherwise("leave it out: a container always ends with its launcher")),
        Row("new_session", Otherwise("leave it out: the command always has a session of its own")),
        Row("as_pid_1", Otherwise("leave it out: the command is PID 1")),
        Row("ro_bind ro_bind_try", Key("mounts", ReadOnlyBinds)),
        Row("bind_try", Key("mounts", Volumes)),
        Row("dev_bind dev_bind_try", Key("devices", Devices)),
        Row("remount_ro", Key("read_only_paths", Names)),
        Row("proc", Otherwise("leave it out: /proc is mounted without asking")),
        Row("dev", Otherwise("leave it out: /dev is made without asking")),
        Row("mqueue", Otherwise("leave it out: /dev/mqueue is mounted without asking")),
        Row("dir", Otherwise("leave it out: the target of a mount is made where it is missing")),
        Row("file bind_data ro_bind_data", Key("mounts", No)),
        Row(
            "symlink chmod",
            NotYet("tinydocker makes no links and changes no modes; prepare the root file system"),
        ),
        Row(
            "overlay_src overlay tmp_overlay ro_overlay",
            Otherwise("leave it out: rootfs.mode = \"overlay\" is the default"),
        ),
        Row(
            "perms size",
            Otherwise(
                "of a tmpfs they are mode and size: mounts.\"/tmp\" = { type = \"tmpfs\", size = \"64m\", mode = \"1777\" }",
            ),
        ),
        Row("setenv", Key("env", Env)),
        Row(
            "unsetenv clearenv",
            Otherwise("leave it out: nothing of your environment is passed on but what pass_env names"),
        ),
        Row("chdir", Key("working_dir", Same)),
        Row("uid", Key("user", Same)),
        Row("gid", Otherwise("the primary group stands in `user`: user = \"web:video\" or \"1000:44\"")),
        Row("argv0", NotYet("the command's first word is its own name")),
        Row("add_seccomp_fd", Key("security.seccomp", No)),
        Row("exec_label file_label", NotYet("tinydocker does not use SELinux yet")),
        Row(
            "lock_file sync_fd info_fd json_status_fd block_fd level_prefix",
            Otherwise(
                "leave it out: nothing has to be told when the container starts and ends; its exit code is the command's",
            ),
        ),
    ],
};
