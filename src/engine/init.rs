//! Init: the same program, re-executed in the new namespaces. It reads its orders
//! from the socket it was given, does them, and executes the command.

use super::accounts;
use super::group;
use super::protocol::{self, Failure, Orders};
use super::slots::Slots;
use crate::plan::{Enter, Hide, Propagation, Secret, Slot};
use crate::seccomp::Filter;
use crate::sys::{
    self, Call, Errno, clone::Namespace, credentials, file, limits, machine, mount, mount::Flags, namespace,
    process, signal, socket, terminal,
};
use std::collections::BTreeMap;
use std::ffi::{CString, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

mod cgroups;
mod filter;
mod mounts;
mod nodes;
mod overlay;
mod provided;
pub(super) mod stay;
use mounts::flags;
use overlay::Holder;
use stay::Stay;

/// `argv[0]` of init. Looked at before anything else in `main`.
pub const ROLE: &std::ffi::CStr = c"tinydocker-init";

/// What this process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Init, which becomes the command: the number of its socket.
    Init(i32),
    /// PID 1 above the command.
    Stay(Stay),
}

/// If these are init's arguments: which one.
pub fn role(args: &[OsString]) -> Option<Role> {
    let (name, rest) = args.split_first()?;
    if name.as_bytes() != ROLE.to_bytes() {
        return None;
    }
    match rest {
        [socket] => socket.to_str()?.parse().ok().map(Role::Init),
        rest => Stay::parse(rest).map(Role::Stay),
    }
}

/// Init's whole life. Never returns: it becomes the command, or exits after it has
/// told the launcher why not.
pub fn main(role: Role) -> ! {
    match role {
        Role::Stay(stay) => stay::main(stay),
        Role::Init(socket) => {
            if let Some(socket) = file::inherited(socket) {
                run(socket);
            }
        }
    }
    // Nobody to tell: whoever typed this is not the launcher.
    process::exit_now(125)
}

fn run(socket: OwnedFd) {
    process::set_name(ROLE);
    // What is made below must not depend on the caller's umask.
    credentials::set_umask(0o022);
    let Some((orders, inherited)) = receive_orders(socket.as_fd()) else { return };
    let mut init = Init {
        socket,
        slots: Slots::default(),
        root: None,
        changes: None,
        layers: Vec::new(),
        small: None,
        terminal: None,
        home: None,
        kernel: Vec::new(),
        filter: None,
        is_root: false,
        stays: None,
        keep: orders.keep.root,
    };
    for (slot, descriptor) in orders.slots.iter().zip(inherited) {
        init.slots.fill(slot, descriptor);
    }
    if orders.keep.namespace {
        // Here /proc is still the host's. Who gets none can't look at the mounts later, which
        // is no reason not to run.
        let namespace = file::open_path(c"/proc/self/ns/mnt");
        let sent = namespace
            .and_then(|it| socket::send_descriptor(init.socket.as_fd(), protocol::NAMESPACE, it.as_fd()));
        if sent.is_err_and(|error| error.errno == Errno::EPIPE) {
            return;
        }
    }
    for (index, operation) in orders.operations.iter().enumerate() {
        let start = if orders.timed { machine::now() } else { 0 };
        let mut done = init.step(index, operation, orders.fault);
        if orders.timed && done.is_ok() {
            done = init.tell_time(start);
        }
        if let Err(Failed { error, path, operation }) = done {
            let failure =
                Failure { operation: operation.unwrap_or(index), call: error.call, errno: error.errno, path };
            let mut message = vec![protocol::FAILED];
            message.extend(postcard::to_stdvec(&failure).unwrap_or_default());
            let told = socket::send(init.socket.as_fd(), &message);
            // If the launcher has gone there is nobody to tell. But if it is the filter
            // that is in the way, the exit code still can.
            if told.is_err() && failure.call == Call::Execve {
                process::exit_now(if failure.errno == Errno::ENOENT { 127 } else { 126 });
            }
            return;
        }
    }
}

/// Reads the length and then as many bytes, and the descriptors that come along.
fn receive_orders(socket: BorrowedFd<'_>) -> Option<(Orders, Vec<OwnedFd>)> {
    let mut bytes = vec![0; protocol::USUAL_ORDERS];
    let mut filled = 0;
    let mut inherited = Vec::new();
    loop {
        let received = socket::receive_from(socket, &mut bytes[filled..]).ok()?;
        if received.bytes == 0 {
            return None;
        }
        inherited.extend(received.descriptors);
        filled += received.bytes;
        let Some((length, rest)) = bytes[..filled].split_first_chunk::<4>() else { continue };
        let length = u32::from_le_bytes(*length) as usize;
        if rest.len() >= length {
            return Some((postcard::from_bytes(&rest[..length]).ok()?, inherited));
        }
        bytes.resize(length + 4, 0);
    }
}

/// What failed, and the path it is about.
pub(super) struct Failed {
    pub(super) error: sys::Error,
    pub(super) path: Option<String>,
    /// The operation, if it is not the one at hand.
    pub(super) operation: Option<usize>,
}

impl From<sys::Error> for Failed {
    fn from(error: sys::Error) -> Self {
        Self { error, path: None, operation: None }
    }
}

/// Adds the path to an error.
pub(super) trait At<T> {
    fn at(self, path: &str) -> Result<T, Failed>;
}

impl<T> At<T> for sys::Result<T> {
    fn at(self, path: &str) -> Result<T, Failed> {
        self.map_err(|error| Failed { error, path: Some(path.to_owned()), operation: None })
    }
}

type Done = Result<(), Failed>;

fn c_text(text: &str) -> sys::Result<CString> {
    // The language refuses null bytes; a plan of other origin may hold one.
    CString::new(text).map_err(|_| sys::Error::new(Call::Open, Errno::EINVAL))
}

fn capability_bits(names: &[String]) -> u64 {
    names.iter().filter_map(|name| credentials::capability_bit(name)).fold(0, |all, bit| all | bit)
}

struct Init {
    socket: OwnedFd,
    slots: Slots,
    /// The new root, from the first mount on.
    root: Option<OwnedFd>,
    /// What holds the changes of the root's overlay, and of those that belong to it.
    changes: Option<Holder>,
    /// Overlays of the host's other file systems.
    layers: Vec<OwnedFd>,
    /// A file system in memory, out of the container's reach, that holds single files.
    small: Option<Holder>,
    /// The slave side of the container's terminal.
    terminal: Option<OwnedFd>,
    /// HOME of the command, if the plan leaves it to the user's entry.
    home: Option<String>,
    /// The mounts of proc and sysfs by their targets. What lies below one is looked for from
    /// there: on the way from the root a process that shares the rootfs may swap folders
    /// meanwhile (CVE-2021-30465, CVE-2025-52881).
    kernel: Vec<(String, OwnedFd)>,
    /// What is loaded before the exec, and the operation that asks for it.
    filter: Option<(usize, Filter)>,
    /// The user, once it is set, is 0.
    is_root: bool,
    /// The launcher wants to keep the root.
    keep: bool,
    /// By which the init that stays says that it is ready.
    stays: Option<OwnedFd>,
}

impl Init {
    /// Says that an operation, begun then, is done now.
    fn tell_time(&self, start: u64) -> Done {
        let mut message = [protocol::TIMED; 1 + protocol::STAMPS];
        message[1..9].copy_from_slice(&start.to_le_bytes());
        message[9..].copy_from_slice(&machine::now().to_le_bytes());
        Ok(socket::send(self.socket.as_fd(), &message)?)
    }

    fn step(&mut self, index: usize, operation: &Enter, fault: Option<(usize, bool)>) -> Done {
        match fault {
            Some((number, false)) if number == index => {
                Err(sys::Error::new(Call::Injected, Errno::EIO).into())
            }
            Some((number, true)) if number == index => {
                socket::send(self.socket.as_fd(), &[protocol::KILL])?;
                // Until the launcher's death kills this process too.
                loop {
                    std::thread::park();
                }
            }
            _ => self.execute(index, operation),
        }
    }

    fn execute(&mut self, index: usize, operation: &Enter) -> Done {
        match operation {
            Enter::DieWithLauncher => Ok(process::die_with_parent()?),
            Enter::HideInit => Ok(process::set_undumpable()?),
            Enter::Receive { slots } => self.receive(slots),
            Enter::JoinGroup { group, path } => {
                let tasks = self.slots.take(group, Call::JoinGroup)?;
                group::join(tasks.as_fd()).at(path)
            }
            Enter::UnshareCgroup => Ok(process::unshare_cgroup()?),
            Enter::EnterNetwork { network } => {
                let network = self.slots.take(network, Call::Setns)?;
                Ok(namespace::enter(network.as_fd(), Namespace::Net)?)
            }
            Enter::StayInit { program, kill, adopt } => self.stay(program, *kill, *adopt),
            Enter::AwaitInit => self.await_init(),
            Enter::IsolateMounts { program } => {
                mount::make_all_slave()?;
                let program = self.slots.take(program, Call::MoveMount)?;
                Ok(mount::attach_file_aside(program.as_fd())?)
            }
            Enter::MountOverlay { lower, changes, size, hide } => {
                self.mount_overlay(lower, changes.as_ref(), *size, hide)
            }
            Enter::OverlayFolder { lower, target, size, hide, attributes } => {
                self.overlay_folder(lower, target, *size, hide, *attributes)
            }
            Enter::MountCgroups { target, hierarchies, attributes } => {
                self.mount_cgroups(target, hierarchies, *attributes)
            }
            Enter::MountTree { tree, read_only } => self.mount_tree(tree, *read_only),
            Enter::MountKernel { filesystem, target, attributes } => {
                let name = c_text(filesystem.name())?;
                let mount = mount::new_filesystem(&name, &[], flags(*attributes)).at(target)?;
                self.attach(mount.as_fd(), target, true)?;
                self.kernel.push((target.clone(), mount));
                Ok(())
            }
            Enter::MountTmpfs { target, size, mode, owner, attributes } => {
                let mount = mounts::tmpfs_of(*owner, *size, *mode, flags(*attributes)).at(target)?;
                self.attach(mount.as_fd(), target, true)
            }
            Enter::MountFile { target, content, mode, owner, attributes } => {
                self.mount_file(target, content.reveal(), *mode, *owner, *attributes)
            }
            Enter::ProvideFile { target, content, attributes, make_target } => {
                self.provide_file(target, content, *attributes, *make_target)
            }
            Enter::SetRootPropagation { propagation: Propagation::Unbindable } => {
                Ok(mount::set_unbindable(self.root()?)?)
            }
            Enter::SetRootPropagation { .. } => Ok(mount::set_shared(self.root()?)?),
            Enter::MountDevpts { target, attributes } => self.mount_devpts(target, *attributes),
            Enter::MakeDevices { devices } => self.make_devices(devices),
            Enter::MakeNode { path, block, numbers, mode, owner } => {
                self.make_node(path, *block, *numbers, *mode, *owner)
            }
            Enter::MakeLinks { links } => {
                let mut folders = Folders::default();
                for (path, says) in links {
                    let (parent, name) = folders.parent(self, path)?;
                    file::make_link(parent, &name, &c_text(says)?).at(path)?;
                }
                Ok(())
            }
            Enter::AttachTree { tree, optional: true, .. } if !self.slots.has(tree) => Ok(()),
            Enter::AttachTree { tree, target, attributes, recursive, make_target, unbindable, .. } => {
                let tree = self.slots.take(tree, Call::MoveMount)?;
                mounts::restrict(tree.as_fd(), *recursive, *attributes).at(target)?;
                if *unbindable {
                    mount::set_unbindable(tree.as_fd()).at(target)?;
                }
                self.attach(tree.as_fd(), target, *make_target)
            }
            Enter::OpenTerminal => self.open_terminal(),
            Enter::SetHostname { name } => process::set_hostname(name).at(name),
            Enter::SetDomainname { name } => process::set_domainname(name).at(name),
            Enter::SetSysctl { path, value } => self.write_proc(path, value),
            Enter::SetOomScore { value } => self.write_proc("/proc/self/oom_score_adj", &value.to_string()),
            Enter::SetAffinity { cpus } => Ok(limits::set_affinity(cpus)?),
            Enter::SetNice { value } => Ok(limits::set_nice(*value)?),
            Enter::SetRlimit { name, soft, hard } => limits::set_rlimit(name, *soft, *hard).at(name),
            Enter::SetUmask { mask } => {
                credentials::set_umask(*mask);
                Ok(())
            }
            Enter::AwaitConnect => self.await_connect(),
            Enter::MaskPaths { paths, skip_missing } => self.mask(paths, *skip_missing),
            Enter::ProtectPaths { paths, skip_missing } => self.protect(paths, *skip_missing),
            Enter::ProtectRoot => self.protect_root(),
            Enter::PivotRoot => {
                file::change_folder(self.root()?)?;
                Ok(mount::pivot_here()?)
            }
            Enter::NewSession { terminal, input } => self.new_session(*terminal, *input),
            Enter::NewKeyring => Ok(process::new_session_keyring()?),
            Enter::ChangeDirectory { path } => {
                let folder = file::open_in_root(self.root()?, &c_text(path)?).at(path)?;
                file::change_folder(folder.as_fd()).at(path)
            }
            Enter::LimitCapabilities { keep } => Ok(credentials::limit_bounding_set(capability_bits(keep))?),
            Enter::SetGroups { groups } => {
                Ok(credentials::set_groups(&accounts::groups(self.root()?, groups)?)?)
            }
            Enter::SetUser { uid, gid, umask, home } => {
                let user = accounts::user(self.root()?, uid, gid.as_ref())?;
                if let Some(terminal) = &self.terminal {
                    // The command may open its terminal again through /dev/tty.
                    file::set_owner(terminal.as_fd(), user.uid)?;
                }
                credentials::set_user(user.uid, user.gid)?;
                credentials::set_umask(*umask);
                self.home = user.home.filter(|_| *home);
                self.is_root = user.uid == 0;
                Ok(())
            }
            Enter::SetCapabilities { keep, if_root, ambient, until_exec } => {
                let keep = if *if_root && !self.is_root { ambient } else { keep };
                let admin = if *until_exec { filter::NEEDED } else { 0 };
                Ok(credentials::set_capabilities(capability_bits(keep) | admin, capability_bits(ambient))?)
            }
            Enter::ResetSignals => Ok(signal::reset_all()?),
            Enter::NoNewPrivileges => Ok(process::no_new_privileges()?),
            Enter::LoadFilter { filter } => {
                self.filter = Some((index, filter.clone()));
                Ok(())
            }
            Enter::Exec { command, env } => self.exec(command, env),
        }
    }

    /// Waits for what the launcher hands over.
    fn receive(&mut self, slots: &[Slot]) -> Done {
        let mut bytes = vec![0; 1 + slots.len()];
        let mut filled = 0;
        let mut descriptors = Vec::new();
        while filled < bytes.len() {
            let received = socket::receive_from(self.socket.as_fd(), &mut bytes[filled..])?;
            if received.bytes == 0 {
                return Err(sys::Error::new(Call::Recvmsg, Errno::EPIPE).into());
            }
            filled += received.bytes;
            descriptors.extend(received.descriptors);
        }
        let there = slots.iter().zip(&bytes[1..]).filter(|(_, state)| **state == protocol::THERE);
        for ((slot, _), descriptor) in there.zip(descriptors) {
            self.slots.fill(slot, descriptor);
        }
        Ok(())
    }

    fn root(&self) -> sys::Result<BorrowedFd<'_>> {
        // Every plan mounts a root first (tests/plan.rs).
        self.root.as_ref().map(AsFd::as_fd).ok_or(sys::Error::new(Call::OpenInRoot, Errno::EINVAL))
    }

    /// The folder that holds `path`, and the last component.
    fn parent(&self, path: &str) -> Result<(OwnedFd, CString), Failed> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("/", path));
        let parent = if parent.is_empty() { "/" } else { parent };
        let folder = file::open_in_root(self.root()?, &c_text(parent)?).at(parent)?;
        Ok((folder, c_text(name)?))
    }

    /// Where a path is to be resolved, and what is left of it: at the mount of the kernel's
    /// file system that it lies in, else at the root.
    fn base<'p>(&self, path: &'p str) -> sys::Result<(BorrowedFd<'_>, &'p str)> {
        let below =
            |target: &str| path.strip_prefix(target)?.strip_prefix('/').filter(|rest| !rest.is_empty());
        let found = self.kernel.iter().filter_map(|(target, mount)| Some((mount.as_fd(), below(target)?)));
        match found.min_by_key(|(_, rest)| rest.len()) {
            Some(found) => Ok(found),
            None => Ok((self.root()?, path)),
        }
    }

    /// Attaches a detached mount on a path of the new root, resolved as the
    /// container would; a missing target is made, a folder or a file like the mount.
    fn attach(&self, mount: BorrowedFd<'_>, target: &str, make_target: bool) -> Done {
        let point = match file::open_in_root(self.root()?, &c_text(target)?) {
            Err(error) if error.errno == Errno::ENOENT && make_target => {
                self.make_target(target, file::stat(mount).at(target)?.is_folder)?
            }
            result => result.at(target)?,
        };
        mount::attach(mount, point.as_fd()).at(target)
    }

    /// Makes what is missing at a path, a folder or a file, with the folders above it.
    fn make_target(&self, path: &str, folder: bool) -> Result<OwnedFd, Failed> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (parent, name) = (self.folder(above)?, c_text(name)?);
        if folder {
            file::make_folder(parent.as_fd(), &name, 0o755).at(path)?;
        } else {
            file::create_file(parent.as_fd(), &name).at(path)?;
        }
        file::open_entry(parent.as_fd(), &name).at(path)
    }

    /// A folder of the new root, which is made where it is missing.
    fn folder(&self, path: &str) -> Result<OwnedFd, Failed> {
        match file::open_in_root(self.root()?, &c_text(if path.is_empty() { "/" } else { path })?) {
            Err(error) if error.errno == Errno::ENOENT && !path.is_empty() => self.make_target(path, true),
            result => result.at(path),
        }
    }

    fn mount_tree(&mut self, tree: &Slot, read_only: bool) -> Done {
        let tree = self.slots.take(tree, Call::MoveMount)?;
        mount::set_flags(tree.as_fd(), true, Flags::NODEV.and(Flags::READ_ONLY.when(read_only)))?;
        self.set_root(tree)
    }

    fn set_root(&mut self, root: OwnedFd) -> Done {
        mount::attach_on_root(root.as_fd())?;
        self.root = Some(root);
        Ok(())
    }

    fn make_devices(&self, devices: &BTreeMap<String, (u32, u32)>) -> Done {
        // A device that is open to all is so whatever the caller's umask is.
        credentials::set_umask(0);
        let mut folders = Folders::default();
        for (path, numbers) in devices {
            let (parent, name) = folders.parent(self, path)?;
            file::make_device(parent, &name, 0o666, *numbers).at(path)?;
        }
        credentials::set_umask(0o022);
        Ok(())
    }

    fn open_terminal(&mut self) -> Done {
        const CONSOLE: &str = "/dev/console";
        let master = terminal::open_multiplexer(self.root()?).at("/dev/pts/ptmx")?;
        let slave = terminal::open_peer(master.as_fd())?;
        let console = mount::open_tree(Some(slave.as_fd()), c"", false).at(CONSOLE)?;
        self.attach(console.as_fd(), CONSOLE, true)?;
        socket::send_descriptor(self.socket.as_fd(), protocol::TERMINAL, master.as_fd())?;
        self.terminal = Some(slave);
        Ok(())
    }

    fn await_connect(&self) -> Done {
        let mut byte = [0];
        match socket::receive(self.socket.as_fd(), &mut byte)? {
            (1, _) if byte == [protocol::CONNECTED] => Ok(()),
            // The launcher has given up or died.
            _ => Err(sys::Error::new(Call::Recvmsg, Errno::EPIPE).into()),
        }
    }

    /// Writes to a file of the container's proc.
    fn write_proc(&self, path: &str, value: &str) -> Done {
        let (base, rest) = self.base(path)?;
        let file = file::open_proc_in_root(base, &c_text(rest)?).at(path)?;
        file::write_once(file.as_fd(), value.as_bytes()).at(path)
    }

    /// Resolves a path to be covered; nothing if it is missing and may be.
    fn find(&self, path: &str, skip_missing: bool) -> Result<Option<OwnedFd>, Failed> {
        let (base, rest) = self.base(path)?;
        match file::open_in_root(base, &c_text(rest)?) {
            Err(error) if skip_missing && [Errno::ENOENT, Errno::ENOTDIR].contains(&error.errno) => Ok(None),
            result => Ok(Some(result.at(path)?)),
        }
    }

    fn mask(&mut self, paths: &[String], skip_missing: bool) -> Done {
        // One empty folder serves all folders, one device all files.
        let (mut empty, mut null): (Option<OwnedFd>, Option<OwnedFd>) = (None, None);
        for path in paths {
            let Some(target) = self.find(path, skip_missing)? else { continue };
            if !file::stat(target.as_fd()).at(path)?.is_folder {
                let null = match &mut null {
                    Some(null) => null,
                    none => none.insert(self.null_device()?),
                };
                let cover = mount::open_tree(Some(null.as_fd()), c"", false).at(path)?;
                mount::attach(cover.as_fd(), target.as_fd()).at(path)?;
            } else if let Some(empty) = &empty {
                let cover = mount::open_tree(Some(empty.as_fd()), c"", false).at(path)?;
                mount::attach(cover.as_fd(), target.as_fd()).at(path)?;
            } else {
                let cover = self.empty_folder().at(path)?;
                mount::attach(cover.as_fd(), target.as_fd()).at(path)?;
                empty = Some(cover);
            }
        }
        Ok(())
    }

    /// A read-only mount of an empty folder.
    fn empty_folder(&mut self) -> sys::Result<OwnedFd> {
        const NAME: &std::ffi::CStr = c"empty";
        let holder = self.small()?;
        match file::make_folder(holder.as_fd(), NAME, 0o755) {
            Err(error) if error.errno != Errno::EEXIST => return Err(error),
            _ => {}
        }
        let empty = holder.clone_entry(NAME)?;
        mount::set_flags(empty.as_fd(), false, mask_flags())?;
        Ok(empty)
    }

    /// The container's /dev/null, which must be the real one: a mount of the user's
    /// may have put something else there (CVE-2025-31133 is about trusting it).
    fn null_device(&self) -> Result<OwnedFd, Failed> {
        const NULL: &str = "/dev/null";
        let null = file::open_in_root(self.root()?, c"/dev/null").at(NULL)?;
        match file::stat(null.as_fd()).at(NULL)?.character_device {
            Some((1, 3)) => Ok(null),
            _ => Err(sys::Error::new(Call::Fstat, Errno::ENODEV)).at(NULL),
        }
    }

    fn protect(&self, paths: &[String], skip_missing: bool) -> Done {
        for path in paths {
            let Some(target) = self.find(path, skip_missing)? else { continue };
            let tree = mount::open_tree(Some(target.as_fd()), c"", true).at(path)?;
            mount::set_flags(tree.as_fd(), true, Flags::READ_ONLY).at(path)?;
            mount::attach(tree.as_fd(), target.as_fd()).at(path)?;
        }
        Ok(())
    }

    fn new_session(&mut self, terminal: bool, input: bool) -> Done {
        process::new_session()?;
        if let Some(slave) = self.terminal.as_ref().filter(|_| terminal) {
            terminal::control(slave.as_fd())?;
            for number in if input { 0..=2 } else { 1..=2 } {
                file::duplicate_onto(slave.as_fd(), number)?;
            }
        }
        if !input {
            const NULL: &str = "/dev/null";
            let null = file::open_in_root_rw(self.root()?, c"/dev/null").at(NULL)?;
            file::duplicate_onto(null.as_fd(), 0)?;
        }
        Ok(())
    }

    fn exec(&self, command: &[String], env: &BTreeMap<String, Secret>) -> Done {
        let name = command.first().map_or("", String::as_str);
        let paths = if name.contains('/') {
            vec![c_text(name)?]
        } else {
            let path = env.get("PATH").map_or("", Secret::reveal);
            let folders = path.split(':').map(|folder| if folder.is_empty() { "." } else { folder });
            folders.map(|folder| c_text(&format!("{folder}/{name}"))).collect::<sys::Result<_>>()?
        };
        let arguments = command.iter().map(|a| c_text(a)).collect::<sys::Result<_>>()?;
        let home = self.home.as_deref().map(|home| ("HOME", home));
        let environment = env
            .iter()
            .map(|(name, value)| (name.as_str(), value.reveal()))
            .chain(home)
            .map(|(name, value)| c_text(&format!("{name}={value}")))
            .collect::<sys::Result<_>>()?;
        let program = process::Program::new(paths, arguments, environment);
        file::close_on_exec_from_3()?;
        // EPIPE here means that the launcher died before PR_SET_PDEATHSIG took hold:
        // nobody would be left to end this command.
        match self.root.as_ref().filter(|_| self.keep) {
            Some(root) => socket::send_descriptor(self.socket.as_fd(), protocol::EXECUTING, root.as_fd())?,
            None => socket::send(self.socket.as_fd(), &[protocol::EXECUTING])?,
        }
        if let Some((operation, filter)) = &self.filter {
            filter::load(filter).map_err(|error| Failed {
                error,
                path: None,
                operation: Some(*operation),
            })?;
        }
        let (error, path) = process::execute(&program);
        // A file that is there and yet not found lacks its interpreter or loader,
        // which the launcher reports by this errno (the kernel never gives it here).
        let missing_loader = error.errno == Errno::ENOENT && process::exists(&path);
        let errno = if missing_loader { Errno::ELIBBAD } else { error.errno };
        let path = if path.is_empty() { name.to_owned() } else { path.to_string_lossy().into_owned() };
        let path = if error.errno == Errno::ENOENT && !missing_loader { name.to_owned() } else { path };
        Err(sys::Error::new(error.call, errno)).at(&path)
    }
}

/// The folder that was asked for last: neighbours in a list share theirs.
#[derive(Default)]
struct Folders(Option<(String, OwnedFd)>);

impl Folders {
    fn parent(&mut self, init: &Init, path: &str) -> Result<(BorrowedFd<'_>, CString), Failed> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if self.0.as_ref().is_none_or(|(last, _)| last != folder) {
            self.0 = Some((folder.to_owned(), init.parent(path)?.0));
        }
        let descriptor = self.0.as_ref().map(|(_, descriptor)| descriptor.as_fd());
        Ok((descriptor.ok_or(sys::Error::new(Call::OpenInRoot, Errno::EINVAL))?, c_text(name)?))
    }
}

fn mask_flags() -> Flags {
    Flags::READ_ONLY.and(Flags::NOSUID).and(Flags::NODEV).and(Flags::NOEXEC)
}

/// Prepares the upper layer so that a path of the lower one does not show. Folders on
/// the way get the lower ones' owner and mode, since theirs would hide those.
fn hide_path(lower: BorrowedFd<'_>, upper: BorrowedFd<'_>, path: &str, how: Hide) -> sys::Result<()> {
    let mut below: Option<OwnedFd> = None;
    let mut above: Option<OwnedFd> = None;
    let mut components = path.split('/').filter(|c| !c.is_empty()).peekable();
    while let Some(component) = components.next() {
        let name = c_text(component)?;
        let entry = match file::open_entry(below.as_ref().map_or(lower, AsFd::as_fd), &name) {
            Err(error) if [Errno::ENOENT, Errno::ENOTDIR].contains(&error.errno) => return Ok(()),
            result => result?,
        };
        let stat = file::stat(entry.as_fd())?;
        let last = components.peek().is_none();
        let parent = above.as_ref().map_or(upper, AsFd::as_fd);
        if last && how == Hide::File {
            if stat.is_folder {
                return Ok(());
            }
            return match file::make_device(parent, &name, 0, (0, 0)) {
                // Hidden by an earlier launch, or the container has one of its own by now.
                Err(error) if error.errno == Errno::EEXIST => Ok(()),
                result => result,
            };
        }
        if !stat.is_folder {
            // A symbolic link: its target is hidden under its own name.
            return Ok(());
        }
        let made = match file::make_folder(parent, &name, 0o755) {
            Err(error) if error.errno == Errno::EEXIST => false,
            result => result.map(|()| true)?,
        };
        let folder = match file::open_subfolder(parent, &name) {
            // The container has taken it away, or put something else there.
            Err(error) if !made && [Errno::ENOTDIR, Errno::ELOOP].contains(&error.errno) => return Ok(()),
            result => result?,
        };
        if made {
            file::set_owner_and_mode(folder.as_fd(), &stat)?;
        }
        if last {
            file::make_opaque(folder.as_fd())?;
        }
        below = Some(entry);
        above = Some(folder);
    }
    Ok(())
}
