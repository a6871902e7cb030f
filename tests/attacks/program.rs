//! The program that PID 1 begins as, reached from inside: init, in a sealed file in memory.

use crate::common::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn cve_2019_5736_the_shell_is_a_link_to_the_launcher() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let before = fs::read(PROGRAM).expect("the program");
    fs::create_dir(sandbox.rootfs().join("bin")).expect("a folder");
    symlink("/proc/self/exe", sandbox.rootfs().join("bin/sh")).expect("a link");
    let script = sandbox.write("rootfs/script", "#!/proc/self/exe\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a mode");
    // What it leads to is init, which has nobody to take orders from.
    for words in [&["/bin/sh", "--version"], &["/bin/sh", "0"], &["/script", "2"]] {
        let ended = sandbox.up(words, "security.preset = \"unconfined\"").expect(125);
        assert_eq!(ended.stdout, "", "{ended:?}");
    }
    assert!(fs::read(PROGRAM).expect("the program") == before);
}

#[test]
fn cve_2019_5736_the_program_of_pid_1_with_all_capabilities() {
    let Some(sandbox) = Sandbox::new(&[]) else { return };
    let before = fs::read(PROGRAM).expect("the program");
    let words = [
        "/probe",
        "try",
        "unprotect",
        "/proc/1/exe",
        ",",
        "try",
        "remount-writable",
        "/proc/1/exe",
        ",",
        "try",
        "fill",
        "/proc/1/exe",
        ",",
        "try",
        "chown",
        "/proc/1/exe",
    ];
    let ended = sandbox.up(&words, "init = true\nsecurity.preset = \"unconfined\"").expect(0);
    // That file is this container's alone, and on no disk: its owner may be changed, its bytes not.
    let ends: Vec<_> = ended.lines().iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(ends, ["EINVAL", "EINVAL", "ETXTBSY", "ok"], "{ended:?}");
    assert!(fs::read(PROGRAM).expect("the program") == before);
}
