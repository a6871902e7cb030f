//! What a hostile command tries.

use super::{errno, number, say};
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

/// Types into every standard descriptor that is a terminal, and asks the console's own
/// call: `TIOCSTI` and `TIOCLINUX`.
pub fn push() {
    const GET_SHIFT_STATE: u8 = 6;
    let answer =
        |done: libc::c_int| if done < 0 { errno(&io::Error::last_os_error()) } else { "ok".to_owned() };
    for descriptor in 0..=2 {
        let mut state = [GET_SHIFT_STATE, 0];
        // SAFETY: both calls read a byte, TIOCLINUX writes one back.
        let (typed, asked) = unsafe {
            let typed = answer(libc::ioctl(descriptor, libc::TIOCSTI, c"x".as_ptr()));
            (typed, answer(libc::ioctl(descriptor, libc::TIOCLINUX, state.as_mut_ptr())))
        };
        say(format!("push {descriptor} {typed} {asked}"));
    }
}

/// Looks for so long into every init that comes into this pid namespace, CVE-2016-9962: says
/// what of it could be reached, and how many were seen.
pub fn spy(milliseconds: u64) {
    let end = std::time::Instant::now() + std::time::Duration::from_millis(milliseconds);
    let mut seen = std::collections::BTreeSet::new();
    let mut reached = std::collections::BTreeSet::new();
    say("ready");
    while std::time::Instant::now() < end {
        let entries = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
        for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
            let at = |name: &str| format!("/proc/{pid}/{name}");
            let is_init = || fs::read(at("cmdline")).is_ok_and(|line| line.starts_with(b"tinydocker-init"));
            if pid == 1 || !is_init() {
                continue;
            }
            seen.insert(pid);
            let mut found = Vec::new();
            for link in ["root", "cwd", "exe"] {
                found.extend(fs::read_link(at(link)).is_ok().then_some(link.to_owned()));
            }
            found.extend(fs::File::open(at("mem")).is_ok().then_some("mem".to_owned()));
            // Their numbers are no secret; what they lead to is.
            let descriptors = fs::read_dir(at("fd")).into_iter().flatten().filter_map(Result::ok);
            found.extend(descriptors.filter_map(|it| fs::read_link(it.path()).ok()).map(|_| "fd".to_owned()));
            // Else it was the command by then, which may be looked into.
            if is_init() {
                reached.extend(found);
            }
        }
    }
    reached.iter().for_each(|what| say(format!("reached {what}")));
    say(format!("seen {}", if seen.is_empty() { "nobody" } else { "some" }));
}

/// Looks for a word, given backwards so that it stands nowhere here, in a process' memory.
pub fn search(pid: &str, backwards: &str) -> String {
    let word: Vec<u8> = backwards.bytes().rev().collect();
    let (maps, memory) =
        match (fs::read_to_string(format!("/proc/{pid}/maps")), fs::File::open(format!("/proc/{pid}/mem"))) {
            (Ok(maps), Ok(memory)) => (maps, memory),
            (Err(error), _) | (_, Err(error)) => return errno(&error),
        };
    let mut looked_at = 0;
    for line in maps.lines() {
        let Some((start, end)) = line.split(' ').next().and_then(|range| range.split_once('-')) else {
            continue;
        };
        let address = |text| u64::from_str_radix(text, 16).unwrap_or_default();
        let mut bytes = vec![0; usize::try_from(address(end) - address(start)).unwrap_or_default()];
        let Ok(read) = memory.read_at(&mut bytes, address(start)) else { continue };
        looked_at += read;
        if bytes[..read].windows(word.len()).any(|part| part == word) {
            return "found".to_owned();
        }
    }
    if looked_at == 0 { "nothing to read".to_owned() } else { "not found".to_owned() }
}

/// Makes a mount writable in the new way, by a path that may lead to one of no namespace.
pub fn unprotect(path: &CString) -> io::Result<()> {
    let clear = libc::MOUNT_ATTR_RDONLY;
    let wanted = libc::mount_attr { attr_set: 0, attr_clr: clear, propagation: 0, userns_fd: 0 };
    // SAFETY: a C string and a structure of the size that is given.
    let done = unsafe {
        let size = size_of::<libc::mount_attr>();
        libc::syscall(libc::SYS_mount_setattr, libc::AT_FDCWD, path.as_ptr(), 0, &raw const wanted, size)
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Processes that do nothing but have one child in a session of its own and end.
pub fn chains(count: &str) {
    for _ in 0..number::<u32>(count) {
        // SAFETY: this program has one thread; the children make system calls only.
        unsafe {
            if libc::fork() == 0 {
                loop {
                    match libc::fork() {
                        0 => {
                            libc::setsid();
                        }
                        _ => libc::_exit(0),
                    }
                }
            }
        }
    }
    say("chained");
}

/// Connects to a socket, is given a descriptor of a folder, and tries what can be done with
/// it: read the paths but the last, make the last.
pub fn receive(socket: &str, paths: &[&str]) {
    let stream = std::os::unix::net::UnixStream::connect(socket).expect("somebody listens");
    let mut byte = [0];
    let mut slices = [io::IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!([std::os::fd::RawFd; 1]);
    let none = nix::sys::socket::MsgFlags::empty();
    let got = nix::sys::socket::recvmsg::<()>(stream.as_raw_fd(), &mut slices, Some(&mut space), none);
    let got = got.expect("a message");
    let rights = got.cmsgs().expect("what comes with it").find_map(|message| match message {
        nix::sys::socket::ControlMessageOwned::ScmRights(all) => all.first().copied(),
        _ => None,
    });
    let folder = rights.expect("a descriptor");
    let said = |done: i64| if done < 0 { errno(&io::Error::last_os_error()) } else { "ok".to_owned() };
    let open = |path: &str, flags: i32| {
        let path = CString::new(path).expect("no null");
        // SAFETY: a C string.
        said(unsafe { libc::openat(folder, path.as_ptr(), flags, 0o600) }.into())
    };
    let (last, read) = paths.split_last().expect("paths");
    for path in read {
        say(format!("read {path} {}", open(path, libc::O_RDONLY)));
    }
    say(format!("create {last} {}", open(last, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL)));
    let over = format!("/proc/self/fd/{folder}");
    let mount = nix::mount::mount::<str, str, str, str>;
    let done = mount(Some("none"), &over, Some("tmpfs"), nix::mount::MsFlags::empty(), None);
    say(format!("mount over it {}", done.map_or_else(|error| format!("{error:?}"), |()| "ok".to_owned())));
}

/// Tries to look into the process that has started this one.
pub fn parent() {
    let pid = nix::unistd::getppid();
    let at = |name: &str| format!("/proc/{pid}/{name}");
    let said = |what: &str, done: io::Result<()>| {
        say(format!("{what} {}", done.map_or_else(|error| errno(&error), |()| "ok".to_owned())));
    };
    // Their numbers are no secret; what they lead to is.
    said("fd", fs::read_link(at("fd/2")).map(drop));
    said("mem", fs::File::open(at("mem")).map(drop));
    said("environ", fs::read(at("environ")).map(drop));
    said("root", fs::read_dir(at("root/")).map(drop));
    said("cwd", fs::read_dir(at("cwd/")).map(drop));
    said("exe", fs::File::options().write(true).open(at("exe")).map(drop));
}

/// A symbolic link.
pub fn link(says: &str, path: &str) {
    let done = std::os::unix::fs::symlink(says, path);
    say(format!("link {path} {}", done.map_or_else(|error| errno(&error), |()| "ok".to_owned())));
}

/// Sets an attribute of a folder: where overlayfs keeps what a folder stands for.
pub fn attribute(name: &str, path: &str) {
    let (key, path) = (CString::new(name).expect("no null"), CString::new(path).expect("no null"));
    // SAFETY: C strings, and a value of the length that is given.
    let done = unsafe { libc::setxattr(path.as_ptr(), key.as_ptr(), c"/etc".as_ptr().cast(), 4, 0) };
    let said = if done < 0 { errno(&io::Error::last_os_error()) } else { "ok".to_owned() };
    say(format!("xattr {name} {said}"));
}

/// A device 0:0.
pub fn whiteout(path: &str) {
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    let done = nix::sys::stat::mknod(path, nix::sys::stat::SFlag::S_IFCHR, mode, 0);
    say(format!("whiteout {path} {}", done.map_or_else(|error| format!("{error:?}"), |()| "ok".to_owned())));
}

/// Every process forks for as long as it can.
pub fn bomb() {
    say("ready");
    loop {
        // SAFETY: this program has one thread; the children do the same.
        if unsafe { libc::fork() } < 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
