//! Init: the process that begins in the new namespaces, does the plan's enter phase and becomes
//! the command.
//!
//! It is a program of its own, a few pages large, that needs no C library and no std: `build.rs`
//! here compiles it, the library carries it along, and the launcher executes it from a sealed file
//! in memory. So it starts in the time of one exec; nothing of the launcher is in its memory; and
//! what a container might get hold of through /proc/1/exe is neither tinydocker nor on any disk
//! (CVE-2019-5736 is about that).
//!
//! What is here is compiled twice: for the program, and with the library, for its tests and its
//! documentation and for [`orders`], which the launcher writes. It uses `core` only, and of this
//! crate what `program.rs` names.

#[cfg(not(tinydocker_init))]
pub mod orders;
#[cfg(tinydocker_init)]
mod orders;

mod cover;
mod devices;
mod exec;
mod mounts;
mod overlay;
mod place;
mod provided;
mod session;
mod stay;
mod text;
mod users;

use crate::sys::bare::abi::CLONE_NEWNS;
use crate::sys::bare::fd::{AsFd, BorrowedFd, OwnedFd, Table};
use crate::sys::bare::mount::{self, Flags};
use crate::sys::bare::{Call, Errno, Error, credentials, file, limits, memory, process, signal, socket};
use core::ffi::CStr;
use exec::Filter;
use orders::{Failure, Field, Head, Order, Reader, Sink, Slot, Text, message};
use overlay::Holder;
use place::Bases;
#[cfg(not(tinydocker_init))]
pub use stay::ENDED_BY;
use stay::Stay;

/// `argv[0]` of init, and the name that ps(1) shows.
pub const ROLE: &CStr = c"tinydocker-init";

/// The exit status of an init that has nobody to tell what went wrong.
const FAILED: i32 = 125;

/// What init makes must not depend on the caller's umask.
const UMASK: u32 = 0o022;

/// Init's whole life. Never returns: it becomes the command, or exits after it has
/// told the launcher why not.
pub fn main(arguments: &[&CStr]) -> ! {
    match arguments {
        [_, socket] => {
            if let Some(socket) = text::parse(socket).and_then(file::inherited) {
                run(socket);
            }
        }
        [_, words @ ..] => {
            if let Some(stay) = Stay::parse(words) {
                stay::main(stay);
            }
        }
        [] => {}
    }
    // Nobody to tell, or everything said.
    process::exit(FAILED)
}

fn run(socket: OwnedFd) {
    process::set_name(ROLE);
    credentials::set_umask(UMASK);
    let Some((bytes, along)) = receive_orders(socket.as_fd()) else { return };
    let mut reader = Reader(bytes);
    let Some(head) = Head::take(&mut reader) else { return };
    let Ok(mut init) = Init::new(socket, &head, along) else { return };
    for index in 0..head.operations {
        let start = if head.timed { process::now() } else { 0 };
        let mut done = match Order::take(&mut reader) {
            Some(order) => init.step(index, &order, head.fault),
            None => Err(Error::new(Call::Recvmsg, Errno::EPROTO).into()),
        };
        if head.timed && done.is_ok() {
            done = init.tell_time(start);
        }
        if let Err(failed) = done {
            init.tell_failure(index, &failed);
            return;
        }
    }
}

/// Reads the length and then as many bytes, no more: what follows them may be there already. And
/// the descriptors that come along.
fn receive_orders<'a>(socket: BorrowedFd<'_>) -> Option<(&'a [u8], Table)> {
    let mut along = Table::with_places(socket::AT_ONCE).ok()?;
    let mut count = 0;
    let mut fill = |bytes: &mut [u8]| {
        let mut filled = 0;
        while filled < bytes.len() {
            let take = |descriptor| {
                along.fill(count, descriptor);
                count += 1;
            };
            match socket::receive_each(socket, &mut bytes[filled..], take).ok()? {
                0 => return None,
                received => filled += received,
            }
        }
        Some(())
    };
    let mut length = [0; size_of::<u32>()];
    fill(&mut length)?;
    let bytes: &mut [u8] = memory::bytes(u32::from_le_bytes(length) as usize).ok()?;
    fill(bytes)?;
    Some((bytes, along))
}

/// What failed, and the path it is about.
struct Failed<'a> {
    error: Error,
    path: Option<Text<'a>>,
    /// The operation, if it is not the one at hand.
    operation: Option<u32>,
}

impl From<Error> for Failed<'_> {
    fn from(error: Error) -> Self {
        Self { error, path: None, operation: None }
    }
}

/// Adds the path to an error.
trait At<T> {
    fn at<'a>(self, path: Text<'a>) -> core::result::Result<T, Failed<'a>>;
}

impl<T> At<T> for crate::sys::bare::Result<T> {
    fn at<'a>(self, path: Text<'a>) -> core::result::Result<T, Failed<'a>> {
        self.map_err(|error| Failed { error, path: Some(path), operation: None })
    }
}

type Done<'a> = core::result::Result<(), Failed<'a>>;

struct Init<'a> {
    socket: OwnedFd,
    slots: Table,
    /// The new root, from the first mount on.
    root: Option<OwnedFd>,
    /// What holds the changes of the root's overlay, and of those that belong to it.
    changes: Option<Holder>,
    /// Overlays of the host's other file systems.
    layers: Table,
    layer_count: usize,
    /// A file system in memory, out of the container's reach, that holds single files.
    small: Option<Holder>,
    /// The slave side of the container's terminal.
    terminal: Option<OwnedFd>,
    /// HOME of the command, if the plan leaves it to the user's entry.
    home: Option<Text<'a>>,
    /// The mounts of the kernel's file systems.
    bases: Bases<'a>,
    /// What is loaded before the exec.
    filter: Option<Filter<'a>>,
    /// The user, once it is set, is 0.
    is_root: bool,
    /// The launcher wants to keep the root.
    keep_root: bool,
    /// And the mount namespace.
    keep_namespace: bool,
    /// By which the init that stays says that it is ready.
    stays: Option<OwnedFd>,
}

impl<'a> Init<'a> {
    fn new(socket: OwnedFd, head: &Head<'a>, mut along: Table) -> crate::sys::bare::Result<Self> {
        let mut slots = Table::with_places(head.slots.into())?;
        for (at, slot) in head.along.iter().enumerate() {
            if let Some(descriptor) = along.take(at) {
                slots.fill(slot.into(), descriptor);
            }
        }
        let most = head.operations as usize;
        Ok(Self {
            socket,
            slots,
            root: None,
            changes: None,
            layers: Table::with_places(most)?,
            layer_count: 0,
            small: None,
            terminal: None,
            home: None,
            bases: Bases::with_places(most)?,
            filter: None,
            is_root: false,
            keep_root: head.keep_root,
            keep_namespace: head.keep_namespace,
            stays: None,
        })
    }

    /// Says that an operation, begun then, is done now.
    fn tell_time(&self, start: u64) -> Done<'a> {
        let mut bytes = [message::TIMED; 1 + message::STAMPS];
        bytes[1..9].copy_from_slice(&start.to_le_bytes());
        bytes[9..].copy_from_slice(&process::now().to_le_bytes());
        Ok(socket::send(self.socket.as_fd(), &bytes)?)
    }

    /// Says that an operation failed, and how.
    fn tell_failure(&self, index: u32, failed: &Failed<'_>) {
        let Failed { error, path, operation } = *failed;
        let mut told = Told(self.socket.as_fd(), Ok(()));
        told.put(&[message::FAILED]);
        let (call, errno) = (error.call as u8, error.errno.0);
        Failure { operation: operation.unwrap_or(index), call, errno, path }.put(&mut told);
        // If the launcher has gone there is nobody to tell. But if it is the filter
        // that is in the way, the exit code still can.
        if told.1.is_err() && error.call == Call::Execve {
            process::exit(if error.errno == Errno::ENOENT { 127 } else { 126 });
        }
    }

    fn step(&mut self, index: u32, order: &Order<'a>, fault: Option<(u32, bool)>) -> Done<'a> {
        match fault {
            Some((number, false)) if number == index => Err(Error::new(Call::Injected, Errno::EIO).into()),
            Some((number, true)) if number == index => {
                socket::send(self.socket.as_fd(), &[message::KILL])?;
                // Until the launcher's death kills this process too.
                loop {
                    signal::wait_for_any();
                }
            }
            _ => self.execute(index, *order),
        }
    }

    fn execute(&mut self, index: u32, order: Order<'a>) -> Done<'a> {
        match order {
            Order::DieWithLauncher => Ok(process::die_with_parent()?),
            Order::HideInit => Ok(process::set_undumpable()?),
            Order::Receive { slots } => self.receive(slots),
            Order::JoinGroup { tasks, path } => {
                let tasks = self.take(tasks, Call::JoinGroup)?;
                let joined = file::write_once(tasks.as_fd(), b"0");
                joined.map_err(|error| Error::new(Call::JoinGroup, error.errno)).at(path)
            }
            Order::Unshare { flags } => self.unshare(flags),
            Order::EnterNetwork { network } => {
                let network = self.take(network, Call::Setns)?;
                Ok(process::enter_network(network.as_fd())?)
            }
            Order::StayInit { program, kill, adopt } => self.stay(program, kill, adopt),
            Order::AwaitInit => self.await_init(),
            Order::IsolateMounts => Ok(mount::make_all_slave()?),
            Order::TakeRoot => self.take_root(),
            Order::MountOverlay { lower, changes, size, hide } => {
                self.mount_overlay(lower, changes, size, hide)
            }
            Order::OverlayFolder { lower, target, name, size, hide, flags } => {
                self.overlay_folder(lower, (target, name), size, hide, Flags(flags))
            }
            Order::MountTree { tree, flags } => self.mount_tree(tree, Flags(flags)),
            Order::MountFilesystem { filesystem, target, options, flags, base, link } => {
                let mount = self.mount_filesystem(filesystem, target, options, Flags(flags))?;
                if base {
                    self.bases.add(target, mount);
                }
                self.make_links(link.into_iter())
            }
            Order::MountFile { target, content, size, mode, owner, flags, clear } => {
                self.mount_file(target, content, size, (mode, owner), (Flags(flags), Flags(clear)))
            }
            Order::ProvideFile { target, content, tree, flags, clear, make_target } => {
                let tree = match content {
                    Some((name, content)) => self.file_in_memory(name, content).at(target)?,
                    None if !self.slots.has(tree.into()) => return Ok(()),
                    None => self.take(tree, Call::MoveMount)?,
                };
                self.provide_file(target, tree, (Flags(flags), Flags(clear)), make_target)
            }
            Order::MountCgroups { target, hierarchies, flags } => {
                self.mount_cgroups(target, hierarchies, Flags(flags))
            }
            Order::SetRootPropagation { unbindable: true } => Ok(mount::set_unbindable(self.root()?)?),
            Order::SetRootPropagation { unbindable: false } => Ok(mount::set_shared(self.root()?)?),
            Order::MakeDevices { devices } => self.make_devices(devices),
            Order::MakeNode { path, block, numbers, mode, owner } => {
                self.make_node(path, block, numbers, mode, owner)
            }
            Order::MakeLinks { links } => self.make_links(links.iter()),
            Order::AttachTree { tree, optional: true, .. } if !self.slots.has(tree.into()) => Ok(()),
            Order::AttachTree { tree, target, flags, clear, recursive, make_target, unbindable, .. } => {
                let tree = self.take(tree, Call::MoveMount)?;
                let attributes = (Flags(flags), Flags(clear));
                self.attach_tree(tree.as_fd(), target, recursive, attributes, (make_target, unbindable))
            }
            Order::OpenTerminal { console } => self.open_terminal(console),
            Order::SetHostname { name } => process::set_hostname(name.to_bytes()).at(name),
            Order::SetDomainname { name } => process::set_domainname(name.to_bytes()).at(name),
            Order::WriteProc { path, value } => self.write_proc(path, value),
            Order::SetAffinity { cpus } => Ok(limits::set_affinity(cpus.iter())?),
            Order::SetNice { value } => Ok(limits::set_nice(value)?),
            Order::SetRlimit { resource, name, soft, hard } => {
                limits::set_rlimit(resource, soft, hard).at(name)
            }
            Order::SetUmask { mask } => {
                credentials::set_umask(mask);
                Ok(())
            }
            Order::AwaitConnect => self.await_connect(),
            Order::MaskPaths { paths, skip_missing } => self.mask(paths, skip_missing),
            Order::ProtectPaths { paths, skip_missing } => self.protect(paths, skip_missing),
            Order::ProtectRoot => self.protect_root(),
            Order::PivotRoot => {
                file::change_folder(self.root()?)?;
                Ok(mount::pivot_here()?)
            }
            Order::NewSession { terminal, input } => self.new_session(terminal, input),
            Order::NewKeyring => Ok(process::new_session_keyring()?),
            Order::ChangeDirectory { path } => self.change_directory(path),
            Order::LimitCapabilities { keep } => Ok(credentials::limit_bounding_set(keep)?),
            Order::SetGroups { groups } => self.set_groups(groups),
            Order::SetUser { uid, gid, umask, home } => self.set_user(uid, gid, umask, home),
            Order::SetCapabilities { keep, keep_as_user, ambient } => {
                let keep = if self.is_root { keep } else { keep_as_user };
                Ok(credentials::set_capabilities(keep, ambient)?)
            }
            Order::ResetSignals => Ok(signal::reset_all()?),
            Order::NoNewPrivileges => Ok(process::no_new_privileges()?),
            Order::LoadFilter { program, flags } => {
                self.filter = Some(Filter { program, flags, operation: index });
                Ok(())
            }
            Order::Exec { paths, command, environment } => self.exec(paths, command, environment),
        }
    }

    /// Takes a descriptor out, so that it is closed when the caller drops it. That an operation
    /// before filled it is a property of every plan (tests/plan.rs), so its absence is EINVAL of
    /// the call that needs it.
    fn take(&mut self, slot: Slot, call: Call) -> crate::sys::bare::Result<OwnedFd> {
        self.slots.take(slot.into()).ok_or(Error::new(call, Errno::EINVAL))
    }

    fn unshare(&self, flags: u32) -> Done<'a> {
        process::unshare(flags)?;
        if flags & CLONE_NEWNS == 0 || !self.keep_namespace {
            return Ok(());
        }
        // Here /proc is still the host's. Who gets none can't look at the mounts later, which
        // is no reason not to run.
        let namespace = file::open_path(c"/proc/self/ns/mnt");
        let sent = namespace
            .and_then(|it| socket::send_descriptor(self.socket.as_fd(), message::NAMESPACE, it.as_fd()));
        match sent {
            Err(error) if error.errno == Errno::EPIPE => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Waits for what the launcher hands over.
    fn receive(&mut self, slots: orders::List<'a, Slot>) -> Done<'a> {
        let bytes: &mut [u8] = memory::bytes(1 + slots.len())?;
        let mut along = Table::with_places(slots.len())?;
        let (mut filled, mut count) = (0, 0);
        while filled < bytes.len() {
            let take = |descriptor| {
                along.fill(count, descriptor);
                count += 1;
            };
            let received = socket::receive_each(self.socket.as_fd(), &mut bytes[filled..], take)?;
            if received == 0 {
                return Err(Error::new(Call::Recvmsg, Errno::EPIPE).into());
            }
            filled += received;
        }
        let there = slots.iter().zip(&bytes[1..]).filter(|(_, state)| **state == message::THERE);
        for (at, (slot, _)) in there.enumerate() {
            if let Some(descriptor) = along.take(at) {
                self.slots.fill(slot.into(), descriptor);
            }
        }
        Ok(())
    }

    fn await_connect(&self) -> Done<'a> {
        let mut byte = [0];
        match socket::receive(self.socket.as_fd(), &mut byte)? {
            (1, _) if byte == [message::CONNECTED] => Ok(()),
            // The launcher has given up or died.
            _ => Err(Error::new(Call::Recvmsg, Errno::EPIPE).into()),
        }
    }
}

/// Sends at once what is put into it.
struct Told<'s>(BorrowedFd<'s>, crate::sys::bare::Result<()>);

impl Sink for Told<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if self.1.is_ok() {
            self.1 = socket::send(self.0, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_orders_is_left_for_later() {
        let (ours, theirs) = socket::pair().unwrap();
        let null = file::open_path(c"/dev/null").unwrap();
        socket::send(ours.as_fd(), &[3, 0, 0, 0, b'a', b'b', b'c']).unwrap();
        socket::send_descriptor(ours.as_fd(), b'x', null.as_fd()).unwrap();
        let (bytes, mut along) = receive_orders(theirs.as_fd()).unwrap();
        assert_eq!((bytes, along.take(0).is_some()), (&b"abc"[..], false));
        let mut byte = [0];
        let (received, descriptor) = socket::receive(theirs.as_fd(), &mut byte).unwrap();
        assert_eq!((received, byte, descriptor.is_some()), (1, [b'x'], true));
        socket::send_descriptor(ours.as_fd(), 1, null.as_fd()).unwrap();
        socket::send(ours.as_fd(), &[0, 0, 0, b'd', 0]).unwrap();
        let (bytes, mut along) = receive_orders(theirs.as_fd()).unwrap();
        assert_eq!((bytes, along.take(0).is_some()), (&b"d"[..], true));
        drop(ours);
        assert!(receive_orders(theirs.as_fd()).is_none(), "the launcher is gone");
    }
}
