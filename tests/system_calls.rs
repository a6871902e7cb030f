//! The numbers of the system calls that `sys` makes, for both processors: a golden table,
//! from arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of
//! Linux. `sys` takes them from libc, but for the one in its assembly and those of `bare`, which
//! `agrees` compares with libc's; were one of them another call's number, the kernel would do that
//! call instead.
//!
//! `cargo check --target aarch64-unknown-linux-musl --test system_calls` compares that
//! processor's column, without one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

macro_rules! golden {
    ($($name:ident $x86_64:literal $aarch64:literal)*) => {
        /// Name, number on x86_64, number on aarch64.
        const GOLDEN: &[(&str, i64, i64)] = &[$((stringify!($name), $x86_64, $aarch64)),*];

        // While compiling, for whatever processor that is for.
        $(const _: () = {
            let expected = if cfg!(target_arch = "aarch64") { $aarch64 } else { $x86_64 };
            assert!(libc::$name == expected, concat!(stringify!($name), " has another number"));
        };)*
    };
}

golden! {
    SYS_bpf 321 280
    SYS_brk 12 214
    SYS_capget 125 90
    SYS_capset 126 91
    SYS_chdir 80 49
    SYS_clock_gettime 228 113
    SYS_clone 56 220
    SYS_clone3 435 435
    SYS_close 3 57
    SYS_close_range 436 436
    SYS_dup3 292 24
    SYS_execve 59 221
    SYS_execveat 322 281
    SYS_exit_group 231 94
    SYS_faccessat 269 48
    SYS_fchdir 81 50
    SYS_fchmod 91 52
    SYS_fchmodat 268 53
    SYS_fchown 93 55
    SYS_fchownat 260 54
    SYS_fcntl 72 25
    SYS_fsconfig 431 431
    SYS_fsetxattr 190 7
    SYS_fsmount 432 432
    SYS_fsopen 430 430
    SYS_fstat 5 80
    SYS_fstatfs 138 44
    SYS_getpriority 140 141
    SYS_ioctl 16 29
    SYS_keyctl 250 219
    SYS_kill 62 129
    SYS_mkdirat 258 34
    SYS_mknodat 259 33
    SYS_mount_setattr 442 442
    SYS_move_mount 429 429
    SYS_open_tree 428 428
    SYS_openat 257 56
    SYS_openat2 437 437
    SYS_pidfd_open 434 434
    SYS_pidfd_send_signal 424 424
    SYS_pivot_root 155 41
    SYS_prctl 157 167
    SYS_prlimit64 302 261
    SYS_read 0 63
    SYS_recvmsg 47 212
    SYS_renameat2 316 276
    SYS_rt_sigaction 13 134
    SYS_rt_sigprocmask 14 135
    SYS_rt_sigtimedwait 128 137
    SYS_sched_getaffinity 204 123
    SYS_sched_setaffinity 203 122
    SYS_seccomp 317 277
    SYS_sendmsg 46 211
    SYS_sendto 44 206
    SYS_setdomainname 171 162
    SYS_setgroups 116 159
    SYS_sethostname 170 161
    SYS_setns 308 268
    SYS_setpriority 141 140
    SYS_setresgid 119 149
    SYS_setresuid 117 147
    SYS_setsid 112 157
    SYS_socketpair 53 199
    SYS_symlinkat 266 36
    SYS_umask 95 166
    SYS_umount2 166 39
    SYS_unlinkat 263 35
    SYS_unshare 272 97
    SYS_wait4 61 260
    SYS_write 1 64
}

/// The sources of `sys`, without comments.
fn sources() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sys")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("src/sys").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source is text");
            let code: Vec<&str> =
                text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            found.insert(path, code.join("\n"));
        }
    }
    found
}

#[test]
fn every_call_that_is_made_by_number_is_in_the_table() {
    let mut made: Vec<String> = vec!["SYS_clone3".into()];
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for text in sources().values() {
        for (at, _) in text.match_indices("SYS_") {
            let lower = text[at + "SYS_".len()..].starts_with(|c: char| c.is_ascii_lowercase());
            if lower && !text[..at].ends_with(part) {
                made.push(text[at..].chars().take_while(|c| part(*c)).collect());
            }
        }
    }
    made.sort();
    made.dedup();
    let known: Vec<&str> = GOLDEN.iter().map(|(name, ..)| *name).collect();
    assert_eq!(
        made, known,
        "left what sys names, right the table above: add what is missing, with both numbers"
    );
}

/// What `agrees` leaves out, it can't compare.
#[test]
fn every_number_of_bare_is_compared() {
    let texts = sources();
    let text = |name: &str| texts.iter().find(|(path, _)| path.ends_with(name)).expect("a source").1.as_str();
    let inside = |text: &str| {
        let (_, table) = text.split_once(" numbers! {").or(text.split_once("\nnumbers! {")).expect("a table");
        let (table, _) = table.split_once('}').expect("its end");
        let upper =
            |word: &&str| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let names = table.split_whitespace().filter(upper).filter(|word| word.parse::<u32>().is_err());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let (ours, compared) = (inside(text("bare/abi.rs")), inside(text("agrees.rs")));
    assert!(ours.len() > 50 && ours.contains(&"EXECVEAT".to_owned()), "{ours:?}");
    assert_eq!(ours, compared);
}

/// Neither processor's assembly is looked at by the other's compiler.
#[test]
fn the_number_in_the_assembly_is_the_tables() {
    let (_, x86_64, aarch64) = GOLDEN.iter().find(|(name, ..)| *name == "SYS_clone3").expect("clone3");
    let text = sources().into_iter().find(|(path, _)| path.ends_with("clone.rs")).expect("clone.rs").1;
    for instruction in [format!("\"mov eax, {x86_64}\","), format!("\"mov x8, #{aarch64}\",")] {
        assert_eq!(text.matches(&instruction).count(), 1, "{instruction}");
    }
    assert_eq!(text.matches("\"syscall\",").count() + text.matches("\"svc #0\",").count(), 2);
}

#[test]
fn no_number_is_shared_by_two_calls() {
    for column in [|row: &(&str, i64, i64)| row.1, |row: &(&str, i64, i64)| row.2] {
        let mut numbers: Vec<i64> = GOLDEN.iter().map(column).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), GOLDEN.len());
    }
}
