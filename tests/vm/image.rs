//! What the virtual machine finds: this machine's programs that the tests call, the
//! tests themselves under the paths that were compiled into them, and modules.

use crate::cpio::Archive;
use crate::kernel::Kernel;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs that the tests run, of their own or in a container that shows the host's tree.
const PROGRAMS: &[&str] = &[
    "bash", "cat", "cut", "date", "env", "false", "grep", "hostname", "id", "ls", "mkdir", "mke2fs", "ps",
    "python3", "rm", "setpriv", "sh", "sleep", "stty", "touch", "true", "tty", "uname", "unshare", "wc",
];

/// Parts of the kernel that the engine or its tests need.
const MODULES: [&str; 7] = ["overlay", "null_blk", "bfq", "loop", "veth", "bridge", "nf_tables"];

/// Test binaries that launch containers, and parts of the names of tests that are left
/// out here.
type Tests = &'static [(&'static str, &'static [&'static str])];

/// Faults are tried once, not again with a terminal and with shared mounts.
const ON_V2: Tests = &[
    ("engine", &[]),
    ("attacks", &[]),
    ("cli_run", &[]),
    ("terminal", &[]),
    // There is no compiler.
    ("examples", &["build"]),
    ("faults", &["with_a_terminal", "where_mounts_are_shared"]),
];

/// Those that see groups: the rest does not depend on them. Without a cgroup2 tree nothing
/// can be handed over, and no program bounds devices.
const ON_V1: Tests = &[("engine", &["handed_over", "cgroup_v2"]), ("cli_run", &[]), ("examples", &["build"])];

/// What runs with one layout of cgroups.
pub fn tests(layout: &str) -> Tests {
    if layout == "v1" { ON_V1 } else { ON_V2 }
}

/// How often longer than on a real machine a test may wait for something.
const PATIENCE: &str = "5";

/// Writes the initramfs of a machine that runs these jobs.
pub fn write(folder: &Path, kernel: &Kernel, layout: &str, seconds: u64, arguments: &[String]) -> PathBuf {
    let mut archive = Archive::default();
    for folder in [
        "/proc", "/sys", "/run", "/tmp", "/root", "/home", "/var/tmp", "/mnt", "/media", "/srv", "/opt",
        "/boot", "/vm",
    ] {
        archive.folder(folder);
    }
    archive.console();
    accounts(&mut archive);
    for link in ["/bin", "/sbin", "/lib", "/lib64"] {
        if let Ok(leads_to) = fs::read_link(link) {
            archive.link(link, leads_to);
        }
    }
    PROGRAMS.iter().for_each(|name| program(&mut archive, name));
    archive.text("/usr/share/doc/README", "something to look at\n", 0o644);
    python(&mut archive);

    let mut modules = Vec::new();
    for (name, file) in kernel.load_order(&MODULES) {
        let path = format!("/vm/modules/{name}.ko");
        archive.copy(file, &path);
        let arguments = if name == "null_blk" { "nr_devices=2 gb=1 memory_backed=1" } else { "" };
        modules.push(json!([path, arguments]));
    }

    let binaries = binaries();
    let mut jobs = Vec::new();
    for (name, path) in &binaries {
        // At the path that is compiled into the tests.
        archive.copy(path, if name == "vm-init" { Path::new("/init") } else { path });
        if let Some((_, skip)) = tests(layout).iter().find(|(test, _)| test == name) {
            let mut arguments = arguments.to_vec();
            skip.iter().for_each(|part| arguments.extend(["--skip".to_owned(), (*part).to_owned()]));
            jobs.push(json!({
                "name": name,
                "program": path,
                "arguments": arguments,
                "folder": env!("CARGO_MANIFEST_DIR"),
                "environment": {
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME": "/root",
                    "TERM": "linux",
                    "TINYDOCKER_TESTS_MUST_RUN": "1",
                    "TINYDOCKER_TESTS_PATIENCE": PATIENCE,
                },
            }));
        }
    }
    jobs.sort_by_key(|job| tests(layout).iter().position(|(name, _)| job["name"] == *name));
    assert_eq!(jobs.len(), tests(layout).len(), "every test was built: {binaries:?}");
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    archive.host(project.join("examples"));
    archive.host(project.join("schema"));
    let jobs = json!({ "modules": modules, "seconds": seconds, "jobs": jobs });
    archive.text("/vm/jobs", jobs.to_string(), 0o644);
    let path = folder.join(format!("{layout}.cpio"));
    archive.write(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

fn accounts(archive: &mut Archive) {
    archive.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", 0o644);
    archive.text("/etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n", 0o644);
    archive.text("/etc/shadow", "root:*:1::::::\n", 0o600);
    archive.text("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n", 0o644);
    archive.text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n", 0o644);
}

/// A program with the libraries that it is linked to.
fn program(archive: &mut Archive, name: &str) {
    const FOLDERS: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];
    let path = FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    let path = path.unwrap_or_else(|| panic!("this machine has no {name}, which the tests call"));
    archive.host(&path);
    libraries(archive, &path);
}

fn libraries(archive: &mut Archive, path: &Path) {
    let said = Command::new("ldd").arg(path).output().expect("ldd comes with the C library");
    for line in String::from_utf8_lossy(&said.stdout).lines() {
        // `libc.so.6 => /lib/…/libc.so.6 (0x…)`, or the loader's path alone.
        let path = line.split_once("=> ").map_or(line, |(_, path)| path).trim();
        if let Some(path) = path.split(' ').next().filter(|path| path.starts_with('/')) {
            archive.host(path);
        }
    }
}

/// Python's own modules, without what nobody here imports.
fn python(archive: &mut Archive) {
    let ask = "import sysconfig; print(sysconfig.get_paths()['stdlib'])";
    let said = Command::new("/usr/bin/python3").args(["-c", ask]).output().expect("python3");
    let folder = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
    const LEAVE_OUT: [&str; 12] = [
        "test",
        "idlelib",
        "lib2to3",
        "ensurepip",
        "distutils",
        "tkinter",
        "turtledemo",
        "dist-packages",
        "site-packages",
        "pydoc_data",
        "sqlite3",
        "unittest",
    ];
    for entry in fs::read_dir(&folder).expect("python's modules").filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !LEAVE_OUT.contains(&name.as_str()) && !name.starts_with("config-") {
            archive.host(entry.path());
        }
    }
}

/// The tests, the program, the payload and /init, optimised a little. Asked of cargo, since the file names hold hashes and older ones lie beside them.
fn binaries() -> Vec<(String, PathBuf)> {
    let mut found = cargo(&["build", "--bin", "tinydocker", "--example", "probe", "--example", "vm-init"]);
    // All for every layout: nothing is built twice.
    let tests = ON_V2.iter().flat_map(|(name, _)| ["--test", name]);
    found.extend(cargo(&["test", "--no-run"].into_iter().chain(tests).collect::<Vec<_>>()));
    // The second command names the program once more.
    found.sort();
    found.dedup();
    found
}

fn cargo(arguments: &[&str]) -> Vec<(String, PathBuf)> {
    let target = Path::new(env!("CARGO_BIN_EXE_tinydocker")).ancestors().nth(2).and_then(Path::file_name);
    let target = target.and_then(|name| name.to_str()).expect("target/TRIPLE/debug/tinydocker");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    cargo.args(["--locked", "--profile", "vm", "--message-format=json", "--target", target]);
    let said = cargo.output().expect("cargo");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let name = message["target"]["name"].as_str()?.to_owned();
        Some((name, PathBuf::from(message["executable"].as_str()?)))
    };
    String::from_utf8_lossy(&said.stdout).lines().filter_map(executable).collect()
}
