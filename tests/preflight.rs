//! The host's part of `check`, in root file systems made for it; as any user.

#[allow(dead_code)] // plans use the rest
#[path = "plans/fixtures.rs"]
mod fixtures;

mod common;

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tinydocker::diagnostic::Severity;
use tinydocker::preflight;
use tinydocker::profile::{
    CpuBandwidth, File, FlagValue, Id, Limit, Loaded, Meaning, Mount, Origins, Profile, Request, Rootfs,
    RootfsMode, RootfsSource, Typed, User, load,
};

/// This machine's number in elf(5), and one that it has not.
const MACHINE: u16 = if cfg!(target_arch = "x86_64") { 62 } else { 183 };
const OTHER: (u16, &str) = if cfg!(target_arch = "x86_64") { (183, "aarch64") } else { (62, "x86_64") };

/// The headers of a 64-bit ELF program, with a dynamic linker or static.
fn elf(machine: u16, linker: Option<&str>) -> Vec<u8> {
    const TABLE: u64 = 64;
    const PATH: u64 = 4096;
    let mut file = vec![0_u8; 64];
    file[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\x00");
    file[16..18].copy_from_slice(&3_u16.to_le_bytes());
    file[18..20].copy_from_slice(&machine.to_le_bytes());
    file[32..40].copy_from_slice(&TABLE.to_le_bytes());
    file[54..56].copy_from_slice(&56_u16.to_le_bytes());
    let Some(linker) = linker else { return file };
    file[56..58].copy_from_slice(&1_u16.to_le_bytes());
    file.resize(PATH as usize, 0);
    file[64..68].copy_from_slice(&3_u32.to_le_bytes());
    file[72..80].copy_from_slice(&PATH.to_le_bytes());
    file[96..104].copy_from_slice(&(linker.len() as u64 + 1).to_le_bytes());
    file.extend_from_slice(linker.as_bytes());
    file.push(0);
    file
}

/// A root file system with a few programs, and a profile that uses it.
struct Place {
    folder: TempDir,
    profile: Profile,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut profile = fixtures::hello();
        profile.rootfs = Rootfs::new(RootfsSource::Folder(folder.path().join("root")), RootfsMode::Overlay);
        let place = Self { folder, profile };
        for made in ["usr/bin", "proc", "sys", "dev", "srv"] {
            std::fs::create_dir_all(place.root().join(made)).unwrap();
        }
        symlink("usr/bin", place.root().join("bin")).unwrap();
        place.program("usr/bin/busybox", &elf(MACHINE, None), 0o755);
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
        let mount = Mount::bind(source, true);
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
        &["the command bussybox is not in the container", "did you mean /usr/bin/busybox?"],
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
    let program = elf(MACHINE, None);
    place.program("usr/bin/tool", &program, 0o644);
    place.expect("command_not_executable", &["/usr/bin/tool has no x bit"]);
    // Root needs any one, other users theirs.
    place.program("usr/bin/tool", &program, 0o654);
    place.expect_nothing();
    let mut place = place;
    place.profile.user = User::numbers(4242, 4242);
    place.expect("command_not_executable", &["for others"]);
    Place::new().command("/usr/bin").expect("command_not_executable", &["is a folder"]);
}

#[test]
fn a_command_may_lie_on_a_mount() {
    let place = Place::new();
    let tools = place.folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    place.program("../tools/tool", &elf(MACHINE, None), 0o755);
    place.command("/opt/tools/tool").mount("/opt/tools", &tools).expect_nothing();
    // And a mount hides what lies below it.
    let place = Place::new();
    let tools = place.folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    place.mount("/usr", &tools).expect("command_not_found", &[]);
    let mut place = Place::new().command("/srv/x");
    place.program("srv/x", b"", 0o755);
    let tmpfs = Mount::tmpfs(None, 0o755, false);
    place.profile.mounts.insert("/srv".into(), tmpfs);
    place.expect("command_not_found", &["/srv/x does not exist in the container"]);
}

/// One file as the command, and what is said of it.
struct Case {
    content: Vec<u8>,
    code: &'static str,
    parts: &'static [&'static str],
}

fn case(content: impl Into<Vec<u8>>, code: &'static str, parts: &'static [&'static str]) -> Case {
    Case { content: content.into(), code, parts }
}

#[test]
fn what_a_file_holds_decides_whether_it_runs() {
    let long = [b"#!/".as_slice(), &[b'x'; 300]].concat();
    let object = {
        let mut file = elf(MACHINE, None);
        file[16] = 1;
        file
    };
    let cases = [
        case(elf(MACHINE, None), "", &[]),
        case("#!/bin/busybox sh\n", "", &[]),
        case("#!  /bin/busybox\t-x", "", &[]),
        case("#!/bin/env busybox\n", "", &[]),
        case("#!/bin/env -S busybox sh\n", "", &[]),
        case("", "not_a_program", &["/usr/bin/tool is an empty file"]),
        case(
            "echo hi\n",
            "not_a_program",
            &["text without an interpreter", "write #!/bin/sh as its first line"],
        ),
        case("\u{1}\u{2}", "not_a_program", &["neither a program for Linux nor a script"]),
        case("MZ\u{0}", "not_a_program", &["a Windows program"]),
        case("#!\n", "not_a_program", &["names no interpreter"]),
        case(long, "not_a_program", &["too long a one"]),
        case("\u{7f}ELF", "not_a_program", &["broken or cut short"]),
        case(object, "not_a_program", &["an object file"]),
        case(elf(243, None), "wrong_architecture", &["made for riscv, and this machine is", "binfmt_misc"]),
        case("#!/usr/bin/python9\n", "interpreter_not_found", &["needs /usr/bin/python9", "first line"]),
        case("#!/srv\n", "interpreter_not_found", &["needs /srv, which can't be executed: /srv is a folder"]),
        case("#!/bin/plain\n", "interpreter_not_found", &["/usr/bin/plain has no x bit"]),
        case("#!/bin/broken\n", "not_a_program", &["/usr/bin/broken is text without"]),
        case(
            "#!/bin/env python9\n",
            "interpreter_not_found",
            &["needs python9", "looked for in /usr/local/sbin"],
        ),
        case(
            "#!/bin/busybox\r\necho\r\n",
            "line_ends",
            &["it asks for \"/bin/busybox\\r\"", r"sed -i 's/\r$//' HERE/root/usr/bin/tool"],
        ),
        case("#!/bin/busybox sh\r\n", "line_ends", &["argument that ends with a carriage return"]),
        case("#!/bin/tool\n", "command_not_executable", &["too many scripts"]),
        case(
            elf(MACHINE, Some("/lib/ld-musl-x86_64.so.1")),
            "interpreter_not_found",
            &["needs /lib/ld-musl-x86_64.so.1", "/lib does not exist", "linked against musl", "Alpine"],
        ),
        case(
            elf(MACHINE, Some("/lib64/ld-linux-x86-64.so.2")),
            "interpreter_not_found",
            &["linked against glibc", "link it statically"],
        ),
        case(elf(MACHINE, Some("/bin/plain")), "interpreter_not_found", &["plain has no x bit"]),
        case(elf(MACHINE, Some("/bin/broken")), "interpreter_not_found", &["no dynamic linker for it"]),
        case(elf(MACHINE, Some("/bin/busybox")), "", &[]),
    ];
    for Case { content, code, parts } in cases {
        let place = Place::new().command("tool");
        place.program("usr/bin/env", &elf(MACHINE, None), 0o755);
        place.program("usr/bin/plain", &elf(MACHINE, None), 0o644);
        place.program("usr/bin/broken", b"echo", 0o755);
        place.program("usr/bin/tool", &content, 0o755);
        let start = String::from_utf8_lossy(&content[..content.len().min(40)]).into_owned();
        let (codes, text) = place.check();
        assert_eq!(codes, if code.is_empty() { vec![] } else { vec![code] }, "{start:?}: {text}");
        for part in parts {
            assert!(text.contains(part), "{start:?}: no {part:?} in\n{text}");
        }
    }
}

#[test]
fn another_architecture_is_named_with_this_one() {
    let place = Place::new().command("tool");
    place.program("usr/bin/tool", &elf(OTHER.0, None), 0o755);
    // Unless this machine has an emulator for it.
    let emulated = std::fs::read_dir("/proc/sys/fs/binfmt_misc").is_ok_and(|entries| entries.count() > 2);
    if !emulated {
        let said = format!("made for {}, and this machine is {}", OTHER.1, std::env::consts::ARCH);
        place.expect("wrong_architecture", &[&said]);
    }
}

#[test]
fn scripts_may_be_interpreted_by_scripts_as_often_as_the_kernel_does_it() {
    let place = Place::new().command("s5");
    for index in 1..=6 {
        let previous = if index == 1 { "busybox".to_owned() } else { format!("s{}", index - 1) };
        place.program(&format!("usr/bin/s{index}"), format!("#!/bin/{previous}\n").as_bytes(), 0o755);
    }
    place.expect_nothing();
    place.command("s6").expect("command_not_executable", &["too many scripts"]);
}

#[test]
fn a_later_folder_of_path_may_have_a_better_one() {
    let place = Place::new().command("tool");
    for folder in ["usr/local/bin", "usr/sbin"] {
        std::fs::create_dir_all(place.root().join(folder)).unwrap();
    }
    place.program("usr/local/bin/tool", b"#!/none\n", 0o755);
    place.program("usr/sbin/tool", b"", 0o644);
    place.program("usr/bin/tool", &elf(MACHINE, None), 0o755);
    place.expect_nothing();
    // But not behind one that the kernel answers with ENOEXEC.
    place.program("usr/sbin/tool", b"", 0o755);
    place.expect("not_a_program", &["/usr/sbin/tool is an empty file"]);
}

#[test]
fn scripts_that_ask_env_for_each_other_end() {
    let place = Place::new().command("a");
    place.program("usr/bin/env", &elf(MACHINE, None), 0o755);
    place.program("usr/bin/a", b"#!/usr/bin/env b\n", 0o755);
    place.program("usr/bin/b", b"#!/usr/bin/env a\n", 0o755);
    place.expect_nothing();
}

#[test]
fn hostile_files_neither_block_nor_lead_out() {
    // A pipe without a writer: opening it would wait for ever.
    let place = Place::new().command("tool");
    let pipe = place.root().join("usr/bin/tool");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::from_bits_truncate(0o755)).unwrap();
    place.expect("command_not_executable", &["is no regular file"]);
    // The root as its own folder, again and again.
    let place = Place::new();
    std::fs::remove_file(place.root().join("bin")).unwrap();
    symlink("/", place.root().join("bin")).unwrap();
    let path = format!("{}/usr/bin/busybox", "/bin".repeat(39));
    let place = place.command(&path);
    place.expect_nothing();
    place.command(&format!("/bin/bin{path}")).expect("command_not_found", &["lead to each other"]);
    // An interpreter outside, reached by absolute and relative links.
    for link in ["/../../../outside", "../../../../../../../outside"] {
        let place = Place::new().command("tool");
        place.program("../outside", &elf(MACHINE, None), 0o755);
        symlink(link, place.root().join("usr/bin/out")).unwrap();
        place.program("usr/bin/tool", b"#!/bin/out\n", 0o755);
        place.expect("interpreter_not_found", &["/outside does not exist in the container"]);
    }
    // What it says never reaches a terminal as it stands.
    let place = Place::new().command("tool");
    place.program("usr/bin/tool", b"#!/\x1b[31mred\n", 0o755);
    place.expect("interpreter_not_found", &["\u{fffd}[31mred"]);
}

#[test]
fn a_folder_that_the_user_can_not_enter_is_named() {
    let mut place = Place::new().command("/opt/tool");
    std::fs::create_dir(place.root().join("opt")).unwrap();
    place.program("opt/tool", &elf(MACHINE, None), 0o755);
    std::fs::set_permissions(place.root().join("opt"), PermissionsExt::from_mode(0o700)).unwrap();
    place.expect_nothing();
    place.profile.user = User::numbers(4242, 4242);
    place.expect("command_not_executable", &["/opt can't be entered: it has no x bit for others"]);
}

#[test]
fn groups_count_for_the_bits_of_a_group() {
    if !common::have(&[common::Need::Root]) {
        return;
    }
    let mut place = Place::new().command("tool");
    place.program("usr/bin/tool", &elf(MACHINE, None), 0o750);
    chown(place.root().join("usr/bin/tool"), Some(1), Some(4243)).unwrap();
    place.profile.user = User::numbers(4242, 4242);
    place.expect("command_not_executable", &["for others"]);
    place.profile.groups = vec![Id::Number(4243)];
    place.expect_nothing();
    place.program("usr/bin/tool", &elf(MACHINE, None), 0o705);
    place.expect("command_not_executable", &["for its group"]);
    place.profile.user = User::numbers(1, 1);
    place.expect_nothing();
}

/// In a mount namespace of this thread's own, below `folder`.
fn with_noexec(folder: &Path, test: impl FnOnce() + Send) {
    use nix::mount::{MsFlags, mount};
    let run = || {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS | nix::sched::CloneFlags::CLONE_FS).unwrap();
        let (none, private) = (None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE);
        mount(none, "/", none, private, none).unwrap();
        mount(Some(folder), folder, none, MsFlags::MS_BIND, none).unwrap();
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_NOEXEC;
        mount(none, folder, none, flags, none).unwrap();
        test();
    };
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap();
}

#[test]
fn a_noexec_mount_of_the_host_is_noexec_inside() {
    if !common::have(&[common::Need::Root]) {
        return;
    }
    let mut place = Place::new();
    let tools = place.folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    place.program("../tools/tool", &elf(MACHINE, None), 0o755);
    place = place.command("/opt/tool").mount("/opt", &tools);
    place.expect_nothing();
    with_noexec(&tools, || {
        place.expect(
            "noexec",
            &["/opt/tool lies on a noexec mount: the source of the mount on /opt", "remount"],
        );
    });
    // The rootfs itself, as it stands; an overlay has flags of its own.
    let place = Place::new();
    with_noexec(&place.root(), || place.expect_nothing());
    let place = place.read_only();
    with_noexec(&place.root(), || {
        place.expect("noexec", &["/usr/bin/busybox lies on a noexec mount: the rootfs"])
    });
}

const PASSWD: &str = "root:x:0:0::/root:\nweb:x:33:34::/srv/www:\nbroken:x:y:1::/:\n";
const GROUP: &str = "root:x:0:\nwww:x:34:\nvideo:x:44:web\n";

fn named(user: &str, group: Option<&str>, groups: &[&str]) -> Place {
    let name = |name: &str| Id::Name(name.to_owned());
    let mut place = Place::new();
    std::fs::create_dir(place.root().join("etc")).unwrap();
    std::fs::write(place.root().join("etc/passwd"), PASSWD).unwrap();
    std::fs::write(place.root().join("etc/group"), GROUP).unwrap();
    place.profile.user = User { uid: name(user), gid: group.map(name) };
    place.profile.groups = groups.iter().map(|group| name(group)).collect();
    place
}

#[test]
fn users_and_groups_are_looked_up_in_the_container() {
    named("web", None, &[]).expect_nothing();
    named("web", Some("video"), &["www", "root"]).expect_nothing();
    named("wep", None, &[]).expect("user_missing", &["the user wep is not known", "did you mean web?"]);
    named("nobody", None, &[]).expect("user_missing", &["no usable entry", "write its number"]);
    named("broken", None, &[]).expect("user_missing", &["no usable entry"]);
    named("web", Some("vidoe"), &[]).expect("group_missing", &["did you mean video?"]);
    named("web", None, &["video", "vide"]).expect("group_missing", &["the group vide is not known"]);
    let (codes, _) = named("wep", Some("x"), &["y", "z"]).check();
    assert_eq!(codes, ["user_missing", "group_missing", "group_missing", "group_missing"]);
    // Whoever they are is who must be able to execute the command.
    let place = named("web", None, &[]).command("tool");
    place.program("usr/bin/tool", &elf(MACHINE, None), 0o700);
    place.expect("command_not_executable", &["for others"]);
}

#[test]
fn files_of_accounts_may_be_anything() {
    let user = |change: &dyn Fn(&Path)| {
        let place = named("web", None, &[]);
        let passwd = place.root().join("etc/passwd");
        std::fs::remove_file(&passwd).unwrap();
        change(&passwd);
        place
    };
    user(&|_| {}).expect("user_missing", &["/etc/passwd does not exist in the container"]);
    user(&|path| std::fs::create_dir(path).unwrap()).expect("user_missing", &["no regular file"]);
    user(&|path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap())
        .expect("user_missing", &["no regular file"]);
    user(&|path| std::fs::File::create(path).unwrap().set_len(1 << 40).unwrap())
        .expect("user_missing", &["has more than 8 MiB"]);
    user(&|path| std::fs::write(path, vec![b'x'; 7 << 20]).unwrap()).expect("user_missing", &["no usable"]);
    user(&|path| std::fs::write(path, "\0\u{1b}web\0web:x:33").unwrap())
        .expect("user_missing", &["no usable"]);
    // Only the kernel knows what /dev holds.
    user(&|path| symlink("/dev/zero", path).unwrap()).expect_nothing();
    // The host's own file is never looked into.
    let place = user(&|path| symlink("/../../../../../../etc/passwd", path).unwrap());
    place.expect("user_missing", &["lead to each other"]);
    let place = user(&|path| symlink("/outside", path).unwrap());
    std::fs::write(place.folder.path().join("outside"), PASSWD).unwrap();
    place.expect("user_missing", &["/outside does not exist in the container"]);
    // A mount of the profile is looked at in its source.
    let place = user(&|_| {});
    let file = place.folder.path().join("accounts");
    std::fs::write(&file, PASSWD).unwrap();
    place.mount("/etc/passwd", &file).expect_nothing();
}

fn loaded(text: &str, folder: &Path, groups: &[&str]) -> Loaded {
    let mut argv: Vec<String> = ["tinydocker", "up", "web.toml"].map(String::from).into();
    let flag = |group: &&str| {
        argv.extend(["--group-add".to_owned(), (*group).to_owned()]);
        let typed = Typed { argument: argv.len() - 1, bytes: 0..group.len(), last: argv.len() - 1 };
        FlagValue { meaning: Meaning::Add("groups"), text: (*group).into(), typed: Some(typed) }
    };
    let flags = groups.iter().map(flag).collect();
    let file = File { name: "web.toml".into(), text: text.into(), folder: folder.into(), stem: "web".into() };
    let working_folder = folder.into();
    load(&Request { file: Some(file), flags, argv, working_folder, ..Request::default() }).expect("a profile")
}

#[test]
fn problems_point_at_the_word_that_is_wrong() {
    let place = named("web", None, &[]);
    let text =
        "command = [\"none\", \"x\"]\nrootfs = \"./root\"\nuser = \"wep\"\ngroups = [\"www\", \"one\"]\n";
    let loaded = loaded(text, place.folder.path(), &["44", "video", "two"]);
    let problems = preflight::check(&loaded.first().profile, &loaded.first().origins, &fixtures::v2());
    let label = |problem: &tinydocker::diagnostic::Diagnostic| {
        let label = &problem.labels[0];
        loaded.sources.get(label.source).text[label.span.clone()].to_owned()
    };
    let labels: Vec<String> = problems.iter().map(label).collect();
    assert_eq!(labels, ["\"wep\"", "\"one\"", "two", "\"none\""], "{problems:#?}");
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
