//! The host's part of `check`, in root file systems made for it; as any user.

#[allow(dead_code)] // plans use the rest
#[path = "plans/fixtures.rs"]
mod fixtures;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tinydocker::diagnostic::Severity;
use tinydocker::preflight;
use tinydocker::profile::{
    CpuBandwidth, Limit, Mount, Origins, Profile, Rootfs, RootfsMode, RootfsSource, User,
};

/// A root file system with a few programs, and a profile that uses it.
struct Place {
    folder: TempDir,
    profile: Profile,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut profile = fixtures::hello();
        profile.rootfs =
            Rootfs { source: RootfsSource::Folder(folder.path().join("root")), mode: RootfsMode::Overlay };
        let place = Self { folder, profile };
        for made in ["usr/bin", "proc", "sys", "dev", "srv"] {
            std::fs::create_dir_all(place.root().join(made)).unwrap();
        }
        symlink("usr/bin", place.root().join("bin")).unwrap();
        place.program("usr/bin/busybox", b"", 0o755);
        symlink("/bin/busybox", place.root().join("usr/bin/echo")).unwrap();
        place
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn program(&self, path: &str, content: &[u8], mode: u32) {
        let path = self.root().join(path);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    }

    fn command(mut self, command: &str) -> Self {
        self.profile.command = vec![command.into()];
        self
    }

    fn mount(mut self, target: &str, source: &Path) -> Self {
        let mount = Mount::Bind { source: source.to_owned(), read_only: true };
        self.profile.mounts.insert(target.into(), mount);
        self
    }

    fn read_only(mut self) -> Self {
        self.profile.rootfs.mode = RootfsMode::ReadOnly;
        self
    }

    /// Codes of the problems, the whole text for the second half of a test.
    fn check(&self) -> (Vec<&'static str>, String) {
        let problems = preflight::check(&self.profile, &Origins::default(), &fixtures::v2());
        let codes = problems.iter().map(|p| p.code.trim_start_matches("tinydocker::host::")).collect();
        let text = |p: &tinydocker::diagnostic::Diagnostic| {
            format!("{}\n  {}\n", p.message, p.help.as_deref().unwrap_or("no help"))
        };
        let text: String = problems.iter().map(text).collect();
        (codes, text.replace(&*self.folder.path().to_string_lossy(), "HERE"))
    }

    #[track_caller]
    fn expect(&self, code: &str, parts: &[&str]) {
        let (codes, text) = self.check();
        assert_eq!(codes, [code], "{text}");
        for part in parts {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    }

    #[track_caller]
    fn expect_nothing(&self) {
        let (codes, text) = self.check();
        assert!(codes.is_empty(), "{text}");
    }
}

#[test]
fn a_command_is_found_through_links_of_the_container() {
    for command in ["echo", "/bin/echo", "bin/../bin/echo", "/../../usr/bin/busybox"] {
        Place::new().command(command).expect_nothing();
    }
}

#[test]
fn links_never_lead_out_of_the_container() {
    let place = Place::new().command("escape");
    place.program("../outside", b"", 0o755);
    symlink("/../outside", place.root().join("usr/bin/escape")).unwrap();
    place.expect("command_not_found", &[]);
    let place = Place::new().command("/escape");
    place.program("../outside", b"", 0o755);
    symlink("../../../../outside", place.root().join("escape")).unwrap();
    place.expect("command_not_found", &["/outside does not exist in the container"]);
    // Absolute on the host as well.
    let place = Place::new().command("/escape");
    place.program("../outside", b"", 0o755);
    symlink(place.folder.path().join("outside"), place.root().join("escape")).unwrap();
    place.expect("command_not_found", &[]);
}

#[test]
fn links_that_lead_to_each_other_end() {
    let place = Place::new().command("/a");
    symlink("b", place.root().join("a")).unwrap();
    symlink("a", place.root().join("b")).unwrap();
    place.expect("command_not_found", &["lead to each other"]);
}

#[test]
fn a_command_that_is_not_there_is_answered_with_the_nearest() {
    let place = Place::new().command("bussybox");
    place.expect(
        "command_not_found",
        &["the command bussybox is not in the container", "did you mean busybox?"],
    );
    Place::new().command("/usr/sbin/echo").expect(
        "command_not_found",
        &["/usr/sbin does not exist in the container; did you mean /usr/bin/echo?"],
    );
    Place::new().command("nothing-like-it").expect("command_not_found", &["looked in /usr/local/sbin"]);
}

#[test]
fn a_command_without_the_right_bit_is_found_but_not_executable() {
    let place = Place::new().command("tool");
    place.program("usr/bin/tool", b"", 0o644);
    place.expect("command_not_executable", &["/usr/bin/tool has no x bit"]);
    // Root needs any one, other users theirs.
    place.program("usr/bin/tool", b"", 0o654);
    place.expect_nothing();
    let mut place = place;
    place.profile.user = User { uid: 4242, gid: 4242 };
    place.expect("command_not_executable", &["for others"]);
    Place::new().command("/usr/bin").expect("command_not_executable", &["is a folder"]);
}

#[test]
fn a_command_may_lie_on_a_mount() {
    let place = Place::new();
    let tools = place.folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    place.program("../tools/tool", b"", 0o755);
    place.command("/opt/tools/tool").mount("/opt/tools", &tools).expect_nothing();
    // And a mount hides what lies below it.
    let place = Place::new();
    let tools = place.folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    place.mount("/usr", &tools).expect("command_not_found", &[]);
    let mut place = Place::new().command("/srv/x");
    place.program("srv/x", b"", 0o755);
    let tmpfs = Mount::Tmpfs { size: None, mode: 0o755, read_only: false };
    place.profile.mounts.insert("/srv".into(), tmpfs);
    place.expect("command_not_found", &["/srv/x does not exist in the container"]);
}

#[test]
fn the_interpreter_is_needed_as_well() {
    let place = Place::new().command("script");
    place.program("usr/bin/script", b"#!/usr/bin/python9\n", 0o755);
    place.expect("interpreter_not_found", &["needs /usr/bin/python9", "first line"]);
    place.program("usr/bin/script", b"#!/bin/busybox sh\n", 0o755);
    place.expect_nothing();
}

#[test]
fn a_missing_rootfs_is_one_problem() {
    let mut place = Place::new();
    std::fs::create_dir(place.folder.path().join("alpine")).unwrap();
    place.profile.working_dir = "/nowhere".into();
    place.profile.rootfs.source = RootfsSource::Folder(place.folder.path().join("alpina/root"));
    place.expect("rootfs_missing", &["nearest folder that exists is HERE; did you mean HERE/alpine?"]);
    place.profile.rootfs.source = RootfsSource::Folder(place.root().join("usr/bin/busybox"));
    place.expect("rootfs_not_folder", &["is no folder"]);
}

#[test]
fn a_missing_source_names_the_nearest_parent() {
    let place = Place::new();
    let source = place.root().join("serv/www");
    place
        .mount("/data", &source)
        .expect("source_missing", &["nearest folder that exists is HERE/root; did you mean HERE/root/srv?"]);
    Place::new().mount("/data", Path::new("/dev/null")).expect("source_is_device", &["nodev"]);
}

#[test]
fn the_working_directory_is_never_made() {
    let mut place = Place::new();
    place.profile.working_dir = "/app/x".into();
    place.expect("working_dir_missing", &["/app does not exist in the container; it is never made"]);
    place.profile.working_dir = "/usr/bin/busybox".into();
    place.expect("working_dir_missing", &["is no folder"]);
    // A mount makes it.
    place.profile.working_dir = "/app".into();
    let source = place.root();
    place.mount("/app", &source).expect_nothing();
}

#[test]
fn targets_must_exist_where_nothing_can_be_made() {
    let place = Place::new().read_only();
    place.expect_nothing();
    std::fs::remove_dir(place.root().join("sys")).unwrap();
    place.expect("target_missing", &["has no sys to mount /sys on", "mkdir -p HERE/root/sys"]);
    let place = Place::new();
    let (outer, inner) = (place.root().join("srv"), place.root().join("usr"));
    place.mount("/a", &outer).mount("/a/b", &inner).expect("target_missing", &["mkdir -p HERE/root/srv/b"]);
}

#[test]
fn what_a_host_rootfs_hides_is_said() {
    let mut place = Place::new().command("/root/tool");
    place.profile.rootfs.source = RootfsSource::Host;
    place.expect("command_not_found", &["hides what the host has in /root; mount /root/tool to show it"]);
}

#[test]
fn more_cpu_than_there_is_is_a_warning() {
    let mut place = Place::new();
    place.profile.cgroup.cpu =
        Some(CpuBandwidth { quota: Limit::Value(900_000), period: 100_000, from_cpus: true });
    place.expect("more_cpu_than_there_is", &["this host has 4 processors"]);
    let problems = preflight::check(&place.profile, &Origins::default(), &fixtures::v2());
    assert_eq!(problems[0].severity, Severity::Warning);
}
