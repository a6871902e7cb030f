//! podman's Quadlet units; what they share with docker's words is in `docker`.

use super::Answer::{Key, NotYet, Otherwise};
use super::Convert::*;
use super::{Family, Row};

/// The names.
pub const NAMES: Family = Family {
    from: "Quadlet's",
    rows: &[
        Row("container.exec", Key("command", Command)),
        Row("container.mount container.volume mount bind", Key("mounts", Volumes)),
        Row("container.network", Key("network", Network)),
        Row("container.memory host_config.memory", Key("cgroup.memory", Size)),
        Row(
            "container.environment_host http_proxy environment_host",
            Otherwise("name what is passed on: pass_env = [\"HTTP_PROXY\", \"LC_*\"]"),
        ),
        Row("publish_port", Key("ports", Ports)),
        Row(
            "expose_host_port",
            Otherwise("leave it out: it opens nothing; ports that others reach stand in `ports`"),
        ),
        Row(
            "podman_args global_args containers_conf_module",
            Otherwise("write the keys that the flags stand for"),
        ),
        Row("add_capability", Key("security.capabilities", CapsAdd)),
        Row("drop_capability", Key("security.capabilities", CapsDrop)),
        Row("add_device", Key("devices", Devices)),
        Row("auto_update", NotYet("tinydocker updates no images")),
        Row("notify", NotYet("nothing waits for a container's word that it is ready")),
        Row("run_init", Key("init", Same)),
        Row("container.user", Key("user", Same)),
        Row(
            "container.group",
            Otherwise("the primary group stands in `user`: user = \"web:video\" or \"1000:44\""),
        ),
        Row("container.stop_timeout", Key("stop_timeout", Duration)),
        Row("remap_users remap_uid remap_gid sub_uid_map sub_gid_map", Key("namespaces.user", No)),
        Row("secret", Key("secrets", No)),
        Row("mask", Key("masked_paths", Names)),
        Row("unmask", Key("masked_paths", No)),
        Row("volatile_tmp", Key("mounts", No)),
        Row(
            "security_label_disable security_label_type security_label_level security_label_file_type security_label_nested",
            NotYet("tinydocker does not use SELinux yet"),
        ),
        Row("rootfs_image", Key("rootfs", Same)),
        Row("timezone tz", Otherwise("write env.TZ = \"Europe/Berlin\"")),
        Row("log_opt_max_size", Key("logging", No)),
        Row(
            "start_with_pod pod",
            NotYet("tinydocker has no pods; namespaces.* and network say what is shared with the host"),
        ),
        Row("reload_cmd reload_signal", NotYet("nothing reloads a container; it is stopped and started")),
        Row(
            "health_on_failure health_log_destination health_max_log_count health_startup_cmd",
            Key("healthcheck", No),
        ),
        Row("container.dns", Key("dns.servers", Names)),
        Row("dns_server", Key("dns.servers", Names)),
    ],
};
