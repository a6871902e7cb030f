//! All that can be said about a host, for `info`: [`Host`] as the compiler sees it, where
//! each controller is and whether it can be used, and what the kernel can do.

use super::features::{self, Context, Finding};
use super::{Cgroups, Hierarchy, Host, Needs, Weighing, capabilities, mountinfo, probe, resources};
use crate::sys::{file, machine};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::io::Error;

/// The oldest kernel that is tested, as two numbers.
pub const OLDEST: (u32, u32) = (6, 1);

/// What is known of a host. [`Survey::probe`] reads this one; others can be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// What plans are compiled for.
    pub host: Host,
    /// The kernel's architecture by uname(2).
    pub architecture: String,
    /// The caller's own groups, by v1 controller; the empty name is the cgroup2 tree.
    pub own_groups: BTreeMap<String, String>,
    /// Controllers of the kernel by their v1 names, and whether they are switched on.
    pub kernel_controllers: BTreeMap<String, bool>,
    /// Folders that groups would be made in and can't, and why.
    pub closed: BTreeMap<String, String>,
    /// What the kernel and the system have, in the order of [`features::FEATURES`].
    pub features: Vec<Finding>,
    /// Bounds that launches may meet, by name in sysctl(8)'s form; none if there is none.
    pub sysctls: BTreeMap<String, Option<u64>>,
}

/// A controller that limits of a profile need, or that is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Controller {
    /// Its name in cgroup v2, or else in v1.
    pub name: String,
    /// The version of the hierarchy that it is used in: 1, 2, or none.
    pub version: Option<u8>,
    /// Where that hierarchy is mounted.
    pub path: Option<String>,
    /// v1 controllers that share the hierarchy.
    pub with: Vec<String>,
    /// The caller's own group in that hierarchy, from its root.
    pub own_group: Option<String>,
    /// Whether limits can be set.
    pub usable: bool,
    /// Why not.
    pub why: Option<String>,
    /// Keys that need it.
    pub keys: Vec<String>,
}

/// Controllers that keys need: the name in v2 and in v1, and the keys.
const CONTROLLERS: [(&str, &str, &[&str]); 6] = [
    (
        "cpu",
        "cpu",
        &[
            "cgroup.cpus",
            "cgroup.cpu_quota",
            "cgroup.cpu_period",
            "cgroup.cpu_shares",
            "cgroup.cpu_weight",
            "cgroup.cpu_burst",
            "cgroup.cpu_idle",
        ],
    ),
    ("cpuset", "cpuset", &["cgroup.cpuset_cpus", "cgroup.cpuset_mems"]),
    ("io", "blkio", &["cgroup.io", "cgroup.io_weight"]),
    (
        "memory",
        "memory",
        &["cgroup.memory", "cgroup.memory_high", "cgroup.memory_low", "cgroup.memory_min", "cgroup.swap"],
    ),
    ("pids", "pids", &["cgroup.pids"]),
    ("devices", "devices", &["devices"]),
];

const SYSCTLS: [&str; 9] = [
    "fs.mount-max",
    "kernel.apparmor_restrict_unprivileged_userns",
    "kernel.keys.maxkeys",
    "kernel.pid_max",
    "kernel.unprivileged_userns_clone",
    "user.max_mnt_namespaces",
    "user.max_net_namespaces",
    "user.max_pid_namespaces",
    "user.max_user_namespaces",
];

impl Survey {
    /// Reads this machine and tries out what it can do. Nothing on it is changed; a module
    /// of the kernel may be loaded that a launch would load too.
    ///
    /// # Errors
    /// Names the file of /proc that could not be read.
    pub fn probe() -> std::io::Result<Self> {
        let mut host = Host::probe()?;
        let own = read("/proc/self/cgroup")?;
        // All hierarchies, and not just those that a profile would need.
        host.cgroups = mountinfo::cgroups(&read("/proc/self/mountinfo")?);
        if let Some(unified) = &mut host.cgroups.unified {
            unified.delegated = probe::delegated(&unified.path, &own);
            let path = format!("{}/cgroup.controllers", unified.base());
            unified.controllers = read(&path)?.split_ascii_whitespace().map(str::to_owned).collect();
        }
        let mut kernel_controllers =
            kernel_controllers(&std::fs::read_to_string("/proc/cgroups").unwrap_or_default());
        if let Some(unified) = &host.cgroups.unified {
            let path = format!("{}/cgroup.controllers", unified.path);
            add_unified(&mut kernel_controllers, &std::fs::read_to_string(path).unwrap_or_default());
        }
        let base = host.cgroups.unified.as_ref().map(|unified| unified.base().to_owned());
        let needs = Needs { weighing: true, ..Needs::default() };
        let weighing = resources::read(&needs, base.as_deref())?.weighing.unwrap_or_default();
        let folder = |name: &str| host.cgroups.hierarchy(name).map(|hierarchy| hierarchy.path.as_str());
        let v1_weighs = folder("blkio").is_some();
        let features = features::look(&Context {
            unified: base.as_deref(),
            memory: folder("memory"),
            cpu: folder("cpu"),
            weighing: Weighing { cost: weighing.cost && !v1_weighs, ..weighing },
        });
        Ok(Self {
            architecture: machine::architecture().map_err(Error::other)?,
            own_groups: own_groups(&own),
            kernel_controllers,
            closed: closed(&host.cgroups),
            features,
            sysctls: SYSCTLS.iter().map(|&name| (name.to_owned(), sysctl(name))).collect(),
            host,
        })
    }

    /// Whether the kernel is older than those that are tested.
    pub fn is_old(&self) -> bool {
        is_old(&self.host.kernel)
    }

    /// Names of capabilities that the caller has, and of those that it lacks.
    pub fn capabilities(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        capabilities::NAMES.iter().partition(|name| self.host.has(name))
    }

    /// Every controller that a key needs, and then the others that are mounted.
    pub fn controllers(&self) -> Vec<Controller> {
        let cgroups = &self.host.cgroups;
        // In a cgroup2 tree programs bound devices, which are a feature.
        let by_program = cgroups.unified.is_some() && cgroups.hierarchy("devices").is_none();
        let needed = CONTROLLERS.iter().filter(|(name, ..)| *name != "devices" || !by_program);
        let needed = needed.map(|&(v2, v1, keys)| self.controller(v2, v1, keys));
        let mut all: Vec<Controller> = needed.collect();
        let tracks = if cgroups.unified.is_none() { &["cgroup"][..] } else { &[] };
        let others = cgroups.hierarchies.iter().flat_map(|hierarchy| &hierarchy.controllers);
        let v2s = cgroups.unified.iter().flat_map(|unified| &unified.controllers);
        for name in others.chain(v2s) {
            let known = CONTROLLERS.iter().any(|(v2, v1, _)| v2 == name || v1 == name);
            if !known && !all.iter().any(|controller| controller.name == *name) {
                all.push(self.controller(name, name, if name == "freezer" { tracks } else { &[] }));
            }
        }
        all
    }

    fn controller(&self, v2: &str, v1: &str, keys: &[&str]) -> Controller {
        let cgroups = &self.host.cgroups;
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        let mut found = Controller {
            name: v2.to_owned(),
            version: None,
            path: None,
            with: Vec::new(),
            own_group: None,
            usable: false,
            why: None,
            keys,
        };
        let folder;
        if let Some(Hierarchy { path, controllers }) = cgroups.hierarchy(v1) {
            found.version = Some(1);
            found.with = controllers.iter().filter(|name| *name != v1).cloned().collect();
            found.own_group = self.own_groups.get(v1).cloned();
            folder = path.clone();
        } else if let Some(unified) =
            cgroups.unified.as_ref().filter(|unified| unified.controllers.iter().any(|name| name == v2))
        {
            found.version = Some(2);
            found.own_group = self.own_groups.get("").cloned();
            folder = unified.base().to_owned();
        } else {
            found.why = Some(self.why_not(v1));
            return found;
        }
        found.why = self.closed.get(&folder).cloned();
        found.usable = found.why.is_none();
        found.path = Some(folder);
        found
    }

    /// Why a controller is nowhere.
    fn why_not(&self, v1: &str) -> String {
        let unified = self.host.cgroups.unified.as_ref();
        match self.kernel_controllers.get(v1) {
            None if self.kernel_controllers.is_empty() => "it is mounted nowhere".to_owned(),
            None => "the kernel does not have it".to_owned(),
            Some(false) => "it is switched off on the kernel's command line".to_owned(),
            Some(true) => match unified.and_then(|unified| unified.delegated.as_deref()) {
                Some(group) => format!("the groups above {group} do not hand it down"),
                None => "it is mounted nowhere".to_owned(),
            },
        }
    }
}

/// Whether a release, such as `6.1.0-25-amd64`, is older than [`OLDEST`]. One that does not
/// begin with two numbers is not.
pub fn is_old(release: &str) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < OLDEST,
        _ => false,
    }
}

fn read(path: &str) -> std::io::Result<String> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::new(error.kind(), format!("{path} can't be read: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `4:memory:/a/b`, and `0::/a/b` for the cgroup2 tree; named hierarchies are left out.
fn own_groups(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        rest.split_once(':')
    });
    let each = lines.flat_map(|(names, path)| names.split(',').map(move |name| (name, path)));
    let ours = each.filter(|(name, _)| !name.starts_with("name="));
    ours.map(|(name, path)| (name.to_owned(), path.to_owned())).collect()
}

/// /proc/cgroups: name, hierarchy, number of groups, whether it is enabled.
fn kernel_controllers(text: &str) -> BTreeMap<String, bool> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            Some((fields.next()?.to_owned(), fields.nth(2)? == "1"))
        })
        .collect()
}

/// What the root of the cgroup2 tree has is in the kernel, though /proc/cgroups need not say
/// so: newer ones leave out there what they can't do in v1.
fn add_unified(known: &mut BTreeMap<String, bool>, controllers: &str) {
    for name in controllers.split_ascii_whitespace() {
        let v1 = CONTROLLERS.iter().find(|(v2, ..)| *v2 == name).map_or(name, |(_, v1, _)| v1);
        known.insert(v1.to_owned(), true);
    }
}

fn closed(cgroups: &Cgroups) -> BTreeMap<String, String> {
    let v1 = cgroups.hierarchies.iter().map(|hierarchy| hierarchy.path.as_str());
    let v2 = cgroups.unified.iter().map(|unified| unified.base());
    let why = |path: &str| {
        let path = CString::new(path).ok()?;
        let error = file::may_write_in(&path).err()?;
        Some(format!("no group can be made there: {}", error.errno.text()))
    };
    v1.chain(v2).filter_map(|path| Some((path.to_owned(), why(path)?))).collect()
}

fn sysctl(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/"))).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_compared_by_their_first_two_numbers() {
        for (release, old) in [
            ("6.1.0-25-amd64", false),
            ("6.0.19", true),
            ("5.15.0-generic", true),
            ("6.12.0", false),
            ("10.0", false),
            ("6.18.44-fc-v657", false),
            ("2.6.78", true),
            ("", false),
            ("linux", false),
        ] {
            assert_eq!(is_old(release), old, "{release}");
        }
    }

    #[test]
    fn own_groups_are_found_by_controller() {
        let groups = own_groups("9:name=systemd:/x\n4:memory:/a:b\n2:cpu,cpuacct:/c\n0::/u\n");
        let pairs: Vec<(&str, &str)> = groups.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(pairs, [("", "/u"), ("cpu", "/c"), ("cpuacct", "/c"), ("memory", "/a:b")]);
    }

    #[test]
    fn switched_off_controllers_are_known() {
        let known = kernel_controllers(
            "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\nmemory\t0\t1\t0\n",
        );
        assert_eq!(known, [("cpu".to_owned(), true), ("memory".to_owned(), false)].into());
        // A group that was handed over without it, on a kernel without v1's memory controller.
        let mut known = kernel_controllers("#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\n");
        add_unified(&mut known, "cpu io memory\n");
        assert_eq!(known.into_keys().collect::<Vec<_>>(), ["blkio", "cpu", "memory"]);
    }

    #[test]
    fn keys_of_controllers_exist() {
        for (_, _, keys) in CONTROLLERS {
            assert!(keys.iter().all(|key| crate::profile::is_key(key)), "{keys:?}");
        }
    }
}
