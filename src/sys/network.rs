//! The loopback interface.

use super::call::check;
use super::{Call, Result};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Sets IFF_UP on `lo` of this network namespace, netdevice(7).
pub fn bring_up_loopback() -> Result<()> {
    // SAFETY: plain integers.
    let socket = check(Call::Socket, unsafe {
        libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0)
    })?;
    // SAFETY: just made, ours alone.
    let socket = unsafe { OwnedFd::from_raw_fd(socket as i32) };
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
