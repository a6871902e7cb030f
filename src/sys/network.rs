//! A network namespace for others.

use super::call::check;
use super::{Call, Result};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// linux/sockios.h; not in libc.
const SIOCGSKNS: u32 = 0x894C;

/// A network namespace that nobody is in.
#[derive(Debug)]
pub struct Network {
    /// What one enters.
    pub namespace: OwnedFd,
    /// A socket in it, by which it can be set up from outside.
    pub socket: OwnedFd,
}

/// Makes a network namespace. This thread is in it meanwhile.
///
/// # Errors
/// ENOSPC from unshare(2): there are /proc/sys/user/max_net_namespaces already.
pub fn make() -> Result<Network> {
    let home = namespace_of(socket()?.as_fd())?;
    // SAFETY: a plain integer.
    check(Call::Unshare, unsafe { libc::unshare(libc::CLONE_NEWNET) })?;
    let made = socket().and_then(|socket| Ok(Network { namespace: namespace_of(socket.as_fd())?, socket }));
    // SAFETY: plain integers.
    check(Call::Setns, unsafe { libc::setns(home.as_raw_fd(), libc::CLONE_NEWNET) })?;
    made
}

/// The namespace of a socket, which is found faster than a file below /proc.
fn namespace_of(socket: BorrowedFd<'_>) -> Result<OwnedFd> {
    // SAFETY: the ioctl takes no argument.
    let namespace = check(Call::NetworkOfSocket, unsafe { libc::ioctl(socket.as_raw_fd(), SIOCGSKNS as _) })?;
    // SAFETY: just opened, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(namespace as i32) })
}

/// In the network namespace that this thread is in.
fn socket() -> Result<OwnedFd> {
    // SAFETY: plain integers.
    let socket = check(Call::Socket, unsafe {
        libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0)
    })?;
    // SAFETY: just opened, ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(socket as i32) })
}

/// Brings up `lo` in the namespace of a socket, netdevice(7).
pub fn bring_up_loopback(socket: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: `ifreq` is plain data, for which zero is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(c"lo".to_bytes_with_nul()) {
        *to = *from as libc::c_char;
    }
    // A new namespace's loopback has no flag but IFF_LOOPBACK, which can't be set.
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as i16;
    // SAFETY: the ioctl reads `request`.
    check(Call::LoopbackUp, unsafe {
        libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Error;
    use super::*;
    use crate::sys::Errno;
    use std::os::fd::AsFd;

    #[test]
    fn a_network_is_made_or_it_is_said_why_not() {
        let own = || std::fs::read_link("/proc/thread-self/ns/net").unwrap();
        let before = own();
        match make() {
            Ok(made) => {
                let link = format!("/proc/self/fd/{}", made.namespace.as_raw_fd());
                let other = std::fs::read_link(link).unwrap();
                assert!(other.to_string_lossy().starts_with("net:["), "{other:?}");
                assert_ne!(other, before);
                bring_up_loopback(made.socket.as_fd()).unwrap();
            }
            Err(error) => assert_eq!(error, Error::new(Call::Unshare, Errno::EPERM)),
        }
        assert_eq!(own(), before);
    }
}
