//! Cgroups as the machine has them: controllers in v1 hierarchies, in the cgroup2 tree,
//! or some here and some there.

use super::Sandbox;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a controller's groups lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// The mount point.
    pub root: PathBuf,
    /// Whether it is in the cgroup2 tree.
    pub v2: bool,
}

/// Mount points and options of one version's file systems.
fn mounted(version: &str) -> Vec<(PathBuf, Vec<String>)> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mount = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let options = fields.get(3)?.split(',').map(str::to_owned).collect();
        (fields[2] == version).then(|| (PathBuf::from(fields[1]), options))
    };
    mounts.lines().filter_map(mount).collect()
}

/// Where a controller is, by its name in v2.
pub fn controller(name: &str) -> Option<Controller> {
    let v1_name = if name == "io" { "blkio" } else { name };
    let has = |options: &[String]| options.iter().any(|option| option == v1_name);
    if let Some((root, _)) = mounted("cgroup").into_iter().find(|(_, options)| has(options)) {
        return Some(Controller { root, v2: false });
    }
    let unified = unified()?;
    let there = fs::read_to_string(unified.join("cgroup.controllers")).ok()?;
    there.split_whitespace().any(|c| c == name).then_some(Controller { root: unified, v2: true })
}

/// The mount point of the cgroup2 tree.
pub fn unified() -> Option<PathBuf> {
    mounted("cgroup2").into_iter().next().map(|(path, _)| path)
}

/// Whether the memory controller, and with it all others, is in the cgroup2 tree.
pub fn is_v2() -> bool {
    controller("memory").is_some_and(|memory| memory.v2)
}

/// The mount points of all cgroup hierarchies, v1 and v2.
pub fn hierarchies() -> Vec<PathBuf> {
    mounted("cgroup").into_iter().chain(mounted("cgroup2")).map(|(path, _)| path).collect()
}

/// A file of a group, trimmed.
pub fn read(group: &Path, file: &str) -> String {
    let path = group.join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).trim().to_owned()
}

/// Whether a process is in this group (`/tinydocker-name`) of a controller, or with ""
/// of the cgroup2 tree.
pub fn is_in(pid: i32, name: &str, group: &str) -> bool {
    let v2 = name.is_empty() || controller(name).is_some_and(|it| it.v2);
    let name = if name == "io" { "blkio" } else { name };
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("the process is alive");
    groups.lines().any(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next().unwrap_or_default();
        let here = if v2 { controllers.is_empty() } else { controllers.split(',').any(|c| c == name) };
        here && fields.next() == Some(group)
    })
}

impl Sandbox {
    /// The container's group in the hierarchy of a controller.
    pub fn group(&self, controller_name: &str) -> PathBuf {
        self.group_below(controller_name, "")
    }

    /// The container's group below a parent.
    pub fn group_below(&self, controller_name: &str, parent: &str) -> PathBuf {
        let controller = controller(controller_name).expect("a need");
        controller.root.join(parent).join(format!("tinydocker-{}", self.name))
    }

    /// What a limit's file says while the container runs: its name in v1, or in v2.
    pub fn limit(&self, controller_name: &str, v1: &str, v2: &str) -> String {
        let file = if controller(controller_name).expect("a need").v2 { v2 } else { v1 };
        read(&self.group(controller_name), file)
    }
}

/// Hands a group over, as systemd does for `Delegate=yes`.
#[allow(unsafe_code)]
pub fn hand_over(group: &Path, mark: &str) {
    let path = std::ffi::CString::new(group.display().to_string()).expect("no null");
    let mark = std::ffi::CString::new(mark).expect("no null");
    // SAFETY: C strings, and a value of one byte.
    let result = unsafe { libc::setxattr(path.as_ptr(), mark.as_ptr(), c"1".as_ptr().cast(), 1, 0) };
    assert_eq!(result, 0, "{}: {}", group.display(), std::io::Error::last_os_error());
}
