//! The socket pair between launcher and init, and descriptors sent over it.

pub use super::bare::socket::{pair, receive, send, send_descriptor};
use super::call::check;
use super::{Call, Errno, Error, Result};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Instant;

/// Sends as much of `bytes` as there is room for without waiting, all descriptors with the
/// first of them: how much. At most `AT_ONCE` descriptors.
///
/// # Errors
/// EAGAIN: there is room for nothing.
pub fn send_at_once(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<usize> {
    send_some(socket, bytes, descriptors, MsgFlags::MSG_DONTWAIT)
}

/// As many descriptors go with one message; SCM_MAX_FD of unix(7) is 253.
const AT_ONCE: usize = 250;

/// Sends all of `bytes` with descriptors; of every `AT_ONCE` descriptors there must be
/// a byte.
pub fn send_with(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<()> {
    let mut rest = bytes;
    for some in descriptors.chunks(AT_ONCE) {
        let last = some.as_ptr_range().end == descriptors.as_ptr_range().end;
        let now = if last { rest } else { &rest[..rest.len().min(1)] };
        let sent = send_some(socket, now, some, MsgFlags::empty())?;
        rest = &rest[sent..];
    }
    send(socket, rest)
}

fn send_some(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
    flags: MsgFlags,
) -> Result<usize> {
    let descriptors: Vec<_> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let control = [ControlMessage::ScmRights(&descriptors)];
    loop {
        let flags = flags | MsgFlags::MSG_NOSIGNAL;
        match sendmsg::<()>(socket.as_raw_fd(), &[IoSlice::new(bytes)], &control, flags, None) {
            Err(nix::errno::Errno::EINTR) => {}
            result => return result.map_err(Error::from_nix(Call::Sendmsg)),
        }
    }
}

/// From now on every message tells who sent it, SO_PASSCRED of unix(7).
pub fn ask_for_senders(socket: BorrowedFd<'_>) -> Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: pointer and length are those of `on`.
    check(Call::Setsockopt, unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PASSCRED,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    })?;
    Ok(())
}

/// A message.
#[derive(Debug, Default)]
pub struct Received {
    /// How many bytes; 0 mean that the peer has closed.
    pub bytes: usize,
    /// Descriptors that came with it.
    pub descriptors: Vec<OwnedFd>,
    /// The sender's number in the receiver's pid namespace, after [`ask_for_senders`].
    pub sender: Option<i32>,
}

/// Receives what has arrived, with what came along.
pub fn receive_from(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<Received> {
    let mut space = nix::cmsg_space!([std::os::fd::RawFd; AT_ONCE], nix::sys::socket::UnixCredentials);
    let mut vectors = [IoSliceMut::new(buffer)];
    let message = loop {
        match recvmsg::<()>(socket.as_raw_fd(), &mut vectors, Some(&mut space), MsgFlags::MSG_CMSG_CLOEXEC) {
            Err(nix::errno::Errno::EINTR) => {}
            // The peer died with our message unread: for us the same as closed.
            Err(nix::errno::Errno::ECONNRESET) => return Ok(Received::default()),
            result => break result.map_err(Error::from_nix(Call::Recvmsg))?,
        }
    };
    let mut received = Received { bytes: message.bytes, ..Received::default() };
    if let Ok(controls) = message.cmsgs() {
        for control in controls {
            match control {
                ControlMessageOwned::ScmRights(numbers) => {
                    // SAFETY: the kernel has just made these descriptors for us.
                    let own = numbers.into_iter().map(|number| unsafe { OwnedFd::from_raw_fd(number) });
                    received.descriptors.extend(own);
                }
                ControlMessageOwned::ScmCredentials(sender) => {
                    received.sender = Some(sender.pid()).filter(|pid| *pid > 0);
                }
                _ => {}
            }
        }
    }
    Ok(received)
}

/// What poll(2) is asked and answers for one descriptor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Interest {
    /// Something to read, or the end.
    pub read: bool,
    /// Room to write.
    pub write: bool,
}

/// Waits until one of the descriptors is ready; the answers replace the questions.
/// A descriptor with neither question is left out.
pub fn poll(descriptors: &mut [(BorrowedFd<'_>, Interest)]) -> Result<()> {
    poll_until(descriptors, None)
}

/// Like [`poll`], at most until a point in time: then every answer is no.
pub fn poll_until(descriptors: &mut [(BorrowedFd<'_>, Interest)], until: Option<Instant>) -> Result<()> {
    let mut list: Vec<libc::pollfd> = descriptors
        .iter()
        .map(|(fd, interest)| libc::pollfd {
            // A negative number is skipped by the kernel.
            fd: if *interest == Interest::default() { -1 } else { fd.as_raw_fd() },
            events: if interest.read { libc::POLLIN } else { 0 }
                | if interest.write { libc::POLLOUT } else { 0 },
            revents: 0,
        })
        .collect();
    loop {
        // Rounded up, so that nobody is woken too early and asks again at once.
        let left = until.map_or(-1, |until| {
            let left = until.saturating_duration_since(Instant::now()).as_micros().div_ceil(1000);
            i32::try_from(left).unwrap_or(i32::MAX)
        });
        // SAFETY: pointer and length are the list's.
        let result =
            check(Call::Poll, unsafe { libc::poll(list.as_mut_ptr(), list.len() as libc::nfds_t, left) });
        match result {
            Err(error) if error.errno == Errno::EINTR => {}
            result => {
                result?;
                break;
            }
        }
    }
    for ((_, interest), polled) in descriptors.iter_mut().zip(&list) {
        let gone = polled.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0;
        *interest = Interest {
            read: polled.events & libc::POLLIN != 0 && (polled.revents & libc::POLLIN != 0 || gone),
            write: polled.events & libc::POLLOUT != 0 && (polled.revents & libc::POLLOUT != 0 || gone),
        };
    }
    Ok(())
}
