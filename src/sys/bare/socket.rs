//! The socket pair between launcher and init, and descriptors sent over it.

use super::abi::{self, Cmsghdr, Iovec, Msghdr};
use super::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use super::raw::call;
use super::{Call, Errno, Result, check};
use core::ptr::{null, null_mut};

/// A connected stream pair, both ends close-on-exec.
pub fn pair() -> Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0_i32; 2];
    let kind = abi::SOCK_STREAM | abi::SOCK_CLOEXEC;
    // SAFETY: `ends` is ours to fill.
    check(Call::Socketpair, unsafe { call!(SOCKETPAIR, abi::AF_UNIX, kind, 0, ends.as_mut_ptr()) })?;
    // SAFETY: just made, ours alone.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Sends all of `bytes`; a peer that has gone is EPIPE, not SIGPIPE.
pub fn send(socket: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        // SAFETY: pointer and length are the slice's; there is no address.
        let answer =
            unsafe { call!(SENDTO, socket, bytes.as_ptr(), bytes.len(), abi::MSG_NOSIGNAL, null::<u8>()) };
        match check(Call::Sendmsg, answer) {
            Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
            Err(error) if error.errno == Errno::EINTR => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A control message with room for so many words behind its head.
#[repr(C)]
struct Control<const WORDS: usize> {
    head: Cmsghdr,
    data: [u64; WORDS],
}

/// Sends one byte with a descriptor.
pub fn send_descriptor(socket: BorrowedFd<'_>, byte: u8, descriptor: BorrowedFd<'_>) -> Result<()> {
    let control = Control {
        head: Cmsghdr {
            cmsg_len: size_of::<Cmsghdr>() + size_of::<i32>(),
            cmsg_level: abi::SOL_SOCKET,
            cmsg_type: abi::SCM_RIGHTS,
        },
        data: [u64::from(descriptor.as_raw_fd().cast_unsigned())],
    };
    let vector = Iovec { iov_base: &raw const byte, iov_len: 1 };
    let message = Msghdr {
        msg_name: null(),
        msg_namelen: 0,
        msg_iov: &raw const vector,
        msg_iovlen: 1,
        msg_control: (&raw const control).cast(),
        msg_controllen: size_of_val(&control),
        msg_flags: 0,
    };
    loop {
        // SAFETY: all that the message refers to is alive.
        let answer = unsafe { call!(SENDMSG, socket, &raw const message, abi::MSG_NOSIGNAL) };
        match check(Call::Sendmsg, answer) {
            Err(error) if error.errno == Errno::EINTR => {}
            result => return result.map(drop),
        }
    }
}

/// As many descriptors come with one message: SCM_MAX_FD of unix(7) is 253.
pub const AT_ONCE: usize = 254;

/// Receives what has arrived, and every descriptor that came with it; 0 bytes mean that the peer
/// has closed.
pub fn receive_each(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    mut take: impl FnMut(OwnedFd),
) -> Result<usize> {
    // Left as it is: the kernel says how much of it it has filled.
    let mut control = core::mem::MaybeUninit::<Control<{ AT_ONCE / 2 }>>::uninit();
    let vector = Iovec { iov_base: buffer.as_mut_ptr(), iov_len: buffer.len() };
    let mut message = Msghdr {
        msg_name: null_mut(),
        msg_namelen: 0,
        msg_iov: &raw const vector,
        msg_iovlen: 1,
        msg_control: control.as_mut_ptr().cast(),
        msg_controllen: size_of_val(&control),
        msg_flags: 0,
    };
    let bytes = loop {
        // SAFETY: all that the message refers to is ours to fill.
        let answer = unsafe { call!(RECVMSG, socket, &raw mut message, abi::MSG_CMSG_CLOEXEC) };
        match check(Call::Recvmsg, answer) {
            Err(error) if error.errno == Errno::EINTR => {}
            // The peer died with our message unread: for us the same as closed.
            Err(error) if error.errno == Errno::ECONNRESET => return Ok(0),
            result => break result?,
        }
    };
    // Nothing else is asked for, so that there is one control message at most.
    if message.msg_controllen >= size_of::<Cmsghdr>() {
        let control = control.as_ptr();
        // SAFETY: the kernel has filled in the head.
        let head = unsafe { (&raw const (*control).head).read() };
        if head.cmsg_level == abi::SOL_SOCKET && head.cmsg_type == abi::SCM_RIGHTS {
            let count = head.cmsg_len.saturating_sub(size_of::<Cmsghdr>()) / size_of::<i32>();
            // SAFETY: address only; `count` tells how far it is filled in.
            let numbers = unsafe { (&raw const (*control).data) }.cast::<i32>();
            for at in 0..count.min(AT_ONCE) {
                // SAFETY: in bounds, and the kernel has just made these descriptors for us.
                take(unsafe { OwnedFd::from_raw_fd(numbers.add(at).read()) });
            }
        }
    }
    Ok(bytes)
}

/// Receives what has arrived, and a descriptor if one came with it; 0 bytes mean
/// that the peer has closed.
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<(usize, Option<OwnedFd>)> {
    let mut descriptor = None;
    let bytes = receive_each(socket, buffer, |it| descriptor = Some(it))?;
    Ok((bytes, descriptor))
}

#[cfg(test)]
mod tests {
    use super::super::fd::AsFd;
    use super::*;

    #[test]
    fn descriptors_arrive_as_they_were_sent() {
        let (ours, theirs) = pair().unwrap();
        let null = super::super::file::open_path(c"/dev/null").unwrap();
        send_descriptor(ours.as_fd(), b'x', null.as_fd()).unwrap();
        send(ours.as_fd(), b"yz").unwrap();
        let mut buffer = [0; 8];
        let (bytes, descriptor) = receive(theirs.as_fd(), &mut buffer).unwrap();
        assert_eq!((bytes, buffer[0]), (1, b'x'), "what brings a descriptor is not run together");
        let identity = |fd: BorrowedFd<'_>| super::super::file::stat(fd).unwrap().identity;
        assert_eq!(identity(descriptor.unwrap().as_fd()), identity(null.as_fd()));
        let (bytes, descriptor) = receive(theirs.as_fd(), &mut buffer).unwrap();
        assert_eq!((&buffer[..bytes], descriptor.is_some()), (&b"yz"[..], false));
        let many = vec![null.as_fd(); 250];
        crate::sys::socket::send_with(ours.as_fd(), b"m", &many).unwrap();
        let mut count = 0;
        receive_each(theirs.as_fd(), &mut buffer, |it| {
            count += 1;
            assert_eq!(identity(it.as_fd()), identity(null.as_fd()));
        })
        .unwrap();
        assert_eq!(count, 250);
        drop(ours);
        assert_eq!(receive(theirs.as_fd(), &mut buffer).unwrap().0, 0);
        assert_eq!(send(theirs.as_fd(), b"x").unwrap_err().errno, Errno::EPIPE);
    }
}
