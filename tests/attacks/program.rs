//! The launcher's own program, reached from inside.

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
    let ended = sandbox.up(&["/bin/sh", "--version"], "security.preset = \"unconfined\"").expect(0);
    assert!(ended.stdout.starts_with("tinydocker "), "it is this program: {ended:?}");
    sandbox.up(&["/script"], "security.preset = \"unconfined\"");
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
    for (line, errno) in ended.lines().into_iter().zip(["EINVAL", "EINVAL", "EROFS", "EROFS"]) {
        assert!(line.ends_with(errno), "{ended:?}");
    }
    assert_eq!(ended.lines().len(), 4);
    assert!(fs::read(PROGRAM).expect("the program") == before);
}
