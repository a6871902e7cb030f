//! The payload of the launch benchmark: a static `true` without libc, so that what is measured is
//! the launcher and not its payload. `launch.rs` builds it and puts it into the rootfs as `/true`.
//!
//! - `true` exits with 0 and does nothing else: that is what is timed.
//! - `true probe` says on standard output what it finds itself in, one fact a line, tries what it
//!   must not be able to do, prints `ready`, and waits for SIGTERM (30 seconds at most). Meanwhile
//!   the benchmark looks at it from outside.
//! - `true eat MIB` touches that many MiB of memory and exits with 0: a memory limit below that
//!   must have killed it first.
#![no_std]
#![no_main]

#[path = "bare.rs"]
mod bare;

use bare::{Args, Text, exit, sys, write};

const AT_FDCWD: isize = -100;
const STDOUT: i32 = 1;
const SIGKILL: usize = 9;
const SIGTERM: usize = 15;
const SIGCHLD: usize = 17;

/// Called by `_start` with its stack pointer.
extern "C" fn main(stack: *const usize) -> ! {
    // SAFETY: `_start` hands on what the kernel gave it.
    let args = unsafe { Args::new(stack) };
    match args.bytes(1) {
        b"probe" => probe(),
        b"eat" => eat(args.bytes(2)),
        _ => exit(0),
    }
}

/// Prints the facts, then waits.
fn probe() -> ! {
    Text::<64>::new().put(b"pid ").number(sys!(GETPID) as usize).put(b"\n").write(STDOUT);
    copy_lines(c"/proc/self/status", b"status ");
    copy_lines(c"/proc/self/cgroup", b"cgroup ");
    copy_lines(c"/proc/self/mountinfo", b"mount ");
    copy_lines(c"/proc/sys/kernel/hostname", b"hostname ");
    for name in [c"mnt", c"pid", c"ipc", c"uts", c"cgroup", c"net", c"user", c"time"] {
        let (mut path, mut link) = (Text::<64>::new(), [0u8; 64]);
        path.put(b"/proc/self/ns/").put(name.to_bytes());
        let len = sys!(READLINKAT, AT_FDCWD, path.as_ptr(), link.as_mut_ptr(), link.len());
        let link = &link[..len.max(0) as usize];
        Text::<160>::new().put(b"ns ").put(name.to_bytes()).put(b" ").put(link).put(b"\n").write(STDOUT);
    }

    // What capabilities and read-only paths must refuse: the errno of each try, 0 when allowed. Each
    // is harmless where it is allowed: a namespace for this process alone, a name of impossible
    // length (the capability is asked for first), a file only opened, a folder only asked about.
    said(b"try unshare ", sys!(UNSHARE, 0x0400_0000));
    said(b"try hostname ", sys!(SETHOSTNAME, c"x".as_ptr(), -1isize));
    said(b"try sysctl ", sys!(OPENAT, AT_FDCWD, c"/proc/sys/kernel/domainname".as_ptr(), 1));
    said(b"try write-root ", sys!(FACCESSAT, AT_FDCWD, c"/".as_ptr(), 2));
    // A masked file is empty, a masked folder too.
    let masked = sys!(OPENAT, AT_FDCWD, c"/proc/keys".as_ptr(), 0);
    let mut byte = [0u8; 1];
    said(b"read keys ", sys!(READ, masked, byte.as_mut_ptr(), 1));
    said(b"lo ", interface_flags());
    said(b"forks ", forks());

    // Blocked, or a PID 1 without handler would never get it. Waiting for the end of the output's
    // reader instead would be no use: runc reads it itself.
    let (terminate, limit) = ([1u64 << (SIGTERM - 1)], [30i64, 0]);
    sys!(RT_SIGPROCMASK, 0, terminate.as_ptr(), 0, 8); // SIG_BLOCK
    write(STDOUT, b"ready\n");
    sys!(RT_SIGTIMEDWAIT, terminate.as_ptr(), 0, limit.as_ptr(), 8);
    exit(0)
}

/// Prints `what` and a result: the value, or the errno with a minus sign.
fn said(what: &[u8], result: isize) {
    let mut text = Text::<64>::new();
    text.put(what)
        .put(if result < 0 { b"-" } else { b"" })
        .number(result.unsigned_abs())
        .put(b"\n")
        .write(STDOUT);
}

/// Prints every line of a file behind `prefix`.
fn copy_lines(path: &core::ffi::CStr, prefix: &[u8]) {
    let file = sys!(OPENAT, AT_FDCWD, path.as_ptr(), 0);
    let (mut buffer, mut at_start) = ([0u8; 4096], true);
    loop {
        let len = sys!(READ, file, buffer.as_mut_ptr(), buffer.len());
        if len <= 0 {
            break;
        }
        for line in buffer[..len as usize].split_inclusive(|&byte| byte == b'\n') {
            if at_start {
                write(STDOUT, prefix);
            }
            write(STDOUT, line);
            at_start = line.ends_with(b"\n");
        }
    }
    sys!(CLOSE, file);
}

/// The flags of `lo` (`SIOCGIFFLAGS`); bit 0 is IFF_UP.
fn interface_flags() -> isize {
    let socket = sys!(SOCKET, 2, 2, 0);
    let mut request = [0u8; 40];
    request[..2].copy_from_slice(b"lo");
    match sys!(IOCTL, socket, 0x8913, request.as_mut_ptr()) {
        0 => isize::from(request[16]) | isize::from(request[17]) << 8,
        error => error,
    }
}

/// Forks until the kernel refuses, 200 times at most, and gives how often it worked: the proof that
/// a process limit is in force. The children only wait and are killed one by one, each by its own
/// pid (`kill(-1)` would be a disaster where the pid namespace is missing).
fn forks() -> isize {
    let (mut pids, mut made) = ([0isize; 200], 0);
    while made < pids.len() {
        match sys!(CLONE, SIGCHLD, 0, 0, 0, 0) {
            0 => {
                sys!(PRCTL, 1, SIGKILL);
                let mut timeout = [30i64, 0];
                sys!(PPOLL, 0, 0, timeout.as_mut_ptr(), 0, 0);
                exit(0)
            }
            pid if pid > 0 => pids[made] = pid,
            _ => break,
        }
        made += 1;
    }
    for pid in &pids[..made] {
        sys!(KILL, *pid, SIGKILL);
        // P_PID, WEXITED
        sys!(WAITID, 1, *pid, 0, 4, 0);
    }
    made as isize
}

/// Touches every page of `mib` MiB.
fn eat(mib: &[u8]) -> ! {
    let mib = mib.iter().fold(0usize, |sum, digit| sum * 10 + usize::from(digit.wrapping_sub(b'0')));
    let len = mib << 20;
    // PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS
    let base = sys!(MMAP, 0, len, 3, 0x22, -1isize, 0);
    if base < 0 {
        exit(98)
    }
    for at in (0..len).step_by(4096) {
        // SAFETY: inside the mapping that the kernel just gave.
        unsafe { ((base as usize + at) as *mut u8).write_volatile(1) };
    }
    exit(0)
}
