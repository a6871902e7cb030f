//! Compose files.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::*;
use super::{Family, Row};

/// Of a whole compose file.
pub const SERVICES: &str =
    "rename [services.<name>] to [containers.<name>]: a file of several containers has a table for each";

const DEPLOY: &str =
    "tinydocker deploys nothing; of `deploy` it knows resources.limits and resources.reservations";

/// The names.
pub const NAMES: Family = Family {
    from: "compose's",
    rows: &[
        Row("services", Otherwise(SERVICES)),
        Row("version", Otherwise("leave it out: profiles have no version")),
        Row("container_name", Key("name", Same)),
        Row("stdin_open", Key("interactive", Same)),
        Row("stop_grace_period", Key("stop_timeout", Duration)),
        Row("ulimits", Key("rlimits", Rlimits)),
        Row("sysctls", Key("security.sysctls", Sysctls)),
        Row(
            "configs",
            NotYet("tinydocker has no configs yet; mount a file: mounts = [\"./app.conf:/etc/app.conf\"]"),
        ),
        Row("links external_links", Key("depends_on", No)),
        Row(
            "include",
            Otherwise("write extends = \"base.toml\" in the container that builds on another file"),
        ),
        Row("profiles", Otherwise("write [variants.<name>], and choose it with --variant")),
        Row("scale replicas", NotYet("tinydocker runs one of each container")),
        Row("develop watch", NotYet("tinydocker watches no files")),
        Row("credential_spec", Otherwise("leave it out: it is Windows'")),
        Row("attach_logs", Otherwise("leave it out: a container in the foreground writes to your terminal")),
        Row("post_start pre_stop", Key("hooks", No)),
        Row("blkio_config.weight", Key("cgroup.io_weight", Number)),
        Row(
            "blkio_config.weight_device",
            NotYet("weights are not by device; cgroup.io_weight is the container's"),
        ),
        Row("blkio_config.device_read_bps", Key("cgroup.io.*.read_bps", Io)),
        Row("blkio_config.device_write_bps", Key("cgroup.io.*.write_bps", Io)),
        Row("blkio_config.device_read_iops", Key("cgroup.io.*.read_iops", Io)),
        Row("blkio_config.device_write_iops", Key("cgroup.io.*.write_iops", Io)),
        Row("deploy", Otherwise(DEPLOY)),
        Row(
            "deploy.mode deploy.replicas deploy.placement deploy.endpoint_mode deploy.update_config deploy.rollback_config",
            Otherwise("leave it out: tinydocker runs one of each container, on this host"),
        ),
        Row("deploy.labels", Key("labels", Texts)),
        Row("deploy.restart_policy", Key("restart", No)),
        Row("deploy.resources.limits.cpus", Key("cgroup.cpus", Number)),
        Row("deploy.resources.limits.memory", Key("cgroup.memory", Size)),
        Row("deploy.resources.limits.pids", Key("cgroup.pids", Limit)),
        Row("deploy.resources.reservations.memory", Key("cgroup.memory_low", Size)),
        Row(
            "deploy.resources.reservations.cpus",
            Otherwise(
                "nothing reserves cores; cgroup.cpu_shares says who comes first when there is not enough for all",
            ),
        ),
        Row("deploy.resources.reservations.devices", Key("devices", No)),
        Row(
            "resources.limits.cpus resources.limits.cpu limits.cpus limits.cpu cpu_limit",
            Key("cgroup.cpus", Number),
        ),
        Row("resources.limits.memory limits.memory", Key("cgroup.memory", Size)),
        Row("mounts.*.bind.propagation", Key("mounts.*.propagation", Same)),
        Row(
            "mounts.*.bind.create_host_path mounts.*.create_host_path",
            Otherwise("a missing source is made by create = \"dir\""),
        ),
        Row("mounts.*.tmpfs.size", Key("mounts.*.size", Size)),
        Row("mounts.*.tmpfs.mode", Key("mounts.*.mode", Same)),
    ],
};
