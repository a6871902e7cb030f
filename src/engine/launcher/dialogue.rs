//! What the launcher and init have to say to each other: the clone, the orders, what is handed
//! over, and what init answers.

use super::{Launch, Problem, Step, launcher};
use crate::engine::failure::Cause;
use crate::engine::orders::{self, Wishes};
use crate::init;
use crate::init::orders::{Failure, Field, Reader, message};
use crate::plan::{self, Enter, Joined, Namespace, Prepare, Slot, Spawn};
use crate::sys::namespace::BornIn;
use crate::sys::socket::{self, Interest};
use crate::sys::{self, Call, Errno, clone, process, signal};
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// What init said, or what happened instead.
pub(super) enum Message {
    Terminal(OwnedFd),
    /// Who is about to be the command, if that was asked for.
    Executing(Option<i32>),
    Failed {
        /// Its index in the enter phase.
        operation: usize,
        error: sys::Error,
        path: Option<String>,
    },
    Closed,
}

impl Launch<'_> {
    pub(super) fn spawn(&mut self, spawn: &Spawn) -> Result<(), Problem> {
        let (ours, inits) = socket::pair()?;
        if self.plan.stays_init() {
            socket::ask_for_senders(ours.as_fd())?;
        }
        // Before there is an init, so that it need not wait for this process to run again.
        let rest = self.send_orders(&ours, spawn)?;
        let slots = &self.slots;
        let socket_number = CString::new(inits.as_raw_fd().to_string()).unwrap_or_default();
        let entered =
            |(namespace, slot): (&Namespace, &Slot)| Ok((slots.get(slot, Call::Setns)?, *namespace));
        let (born, enters): (Vec<_>, Vec<_>) = spawn
            .enters
            .iter()
            .map(entered)
            .collect::<sys::Result<Vec<_>>>()?
            .into_iter()
            .partition(|(_, namespace)| *namespace == Namespace::Pid);
        // Who enters a pid namespace does so with its children only; all that is made
        // meanwhile is this one child.
        let born = born.first().map(|(namespace, _)| BornIn::enter(*namespace)).transpose()?;
        let child = clone::spawn(&clone::Spawn {
            namespaces: &spawn.namespaces,
            into_group: spawn.into_group.as_ref().map(|g| slots.get(g, Call::Clone3)).transpose()?,
            enters: &enters,
            inherit: &[inits.as_fd()],
            program: slots.get(&spawn.program, Call::Execveat)?,
            arguments: &[init::ROLE, &socket_number],
        })?;
        self.child = Some(child);
        if let Some(born) = born {
            born.leave()?;
        }
        // From here on only init holds these.
        let used = spawn.enters.values().chain(&spawn.into_group).chain(&spawn.inherit);
        let used = used.chain([&spawn.program]);
        used.for_each(|slot| self.slots.close(slot));
        let sent = sent_unless_gone(socket::send(ours.as_fd(), &rest));
        self.socket = Some(ours);
        Ok(sent?)
    }

    /// Sends init's orders with what it begins with. What does not fit into the socket while
    /// nobody reads is returned.
    fn send_orders(&self, socket: &OwnedFd, spawn: &Spawn) -> sys::Result<Vec<u8>> {
        let first = self.plan.first_enter();
        let fault = self.options.fault.filter(|f| f.number >= first).map(|f| (f.number - first, f.kill));
        let wishes = Wishes { timed: self.timeline.is_some(), keep: self.kept.borrow().wanted(), fault };
        let mut message = orders::write(self.plan, &wishes)?;
        let sent = socket::send_at_once(socket.as_fd(), &message, &self.descriptors(&spawn.inherit)?)?;
        Ok(message.split_off(sent))
    }

    fn descriptors(&self, slots: &[Slot]) -> sys::Result<Vec<BorrowedFd<'_>>> {
        slots.iter().map(|slot| self.slots.get(slot, Call::Sendmsg)).collect()
    }

    /// Hands over what was prepared while init began.
    pub(super) fn hand_over_supplies(&mut self) -> Step {
        let received = |step: &plan::Step<Enter>| match &step.operation {
            Enter::Receive { slots } => Some(slots.clone()),
            _ => None,
        };
        let Some(wanted) = self.plan.enter.iter().find_map(received) else { return Ok(()) };
        // A source that may be missing has left its slot empty.
        let there: Vec<bool> =
            wanted.iter().map(|slot| self.slots.has(slot) || !self.may_be_missing(slot)).collect();
        let states = there.iter().map(|there| if *there { message::THERE } else { message::MISSING });
        let message: Vec<u8> = std::iter::once(message::SUPPLIES).chain(states).collect();
        let slots: Vec<Slot> =
            wanted.into_iter().zip(there).filter(|(_, there)| *there).map(|(s, _)| s).collect();
        if let Some(socket) = &self.socket {
            let descriptors = self.descriptors(&slots).map_err(launcher)?;
            sent_unless_gone(socket::send_with(socket.as_fd(), &message, &descriptors)).map_err(launcher)?;
        }
        slots.iter().for_each(|slot| self.slots.close(slot));
        Ok(())
    }

    fn may_be_missing(&self, wanted: &Slot) -> bool {
        let optional = |operation: &Prepare| matches!(operation, Prepare::OpenTree { slot, optional: true, .. } if slot == wanted);
        self.plan.prepared().any(|(_, operation, _)| optional(operation))
    }

    /// The next message of init's, while signals that end a launch are heeded.
    pub(super) fn next_message(&self) -> Step<Message> {
        let (Some(socket), Some(signals)) = (&self.socket, &self.signals) else { return Ok(Message::Closed) };
        loop {
            let wanted = Interest { read: true, write: false };
            let mut ready = [(socket.as_fd(), wanted), (signals.as_fd(), wanted)];
            socket::poll(&mut ready).map_err(launcher)?;
            // What init has said comes first: a signal that was sent because the command
            // runs must not look like one from before.
            if !ready[0].1.read && ready[1].1.read {
                while let Some(arrived) = signals.next() {
                    use signal::number::{HUP, INT, QUIT, TERM};
                    if [HUP, INT, QUIT, TERM].contains(&arrived.signal) {
                        return Err(Box::new(Cause::Interrupted(arrived.signal)));
                    }
                }
            }
            if !ready[0].1.read {
                continue;
            }
            let mut tag = [0];
            let mut received = socket::receive_from(socket.as_fd(), &mut tag).map_err(launcher)?;
            return Ok(match (received.bytes, tag[0], received.descriptors.pop()) {
                (1, message::TERMINAL, Some(master)) => Message::Terminal(master),
                (1, message::NAMESPACE, namespace) => {
                    self.kept.borrow_mut().namespace = namespace;
                    continue;
                }
                (1, message::EXECUTING, root) => {
                    self.kept.borrow_mut().root = root;
                    Message::Executing(received.sender)
                }
                (1, message::TIMED, _) => {
                    match receive_stamps(socket) {
                        Some(stamps) => self.tell(|timeline| timeline.entered(stamps)),
                        None => return Ok(Message::Closed),
                    }
                    continue;
                }
                (1, message::FAILED, _) => self.receive_failure(socket),
                (1, message::KILL, _) => {
                    process::raise(signal::number::KILL);
                    continue;
                }
                _ => Message::Closed,
            });
        }
    }

    /// A failure is init's last word: read to the end.
    fn receive_failure(&self, socket: &OwnedFd) -> Message {
        let mut bytes = vec![0; 16 * 1024];
        let mut filled = 0;
        while filled < bytes.len() {
            match socket::receive(socket.as_fd(), &mut bytes[filled..]) {
                Ok((read, _)) if read > 0 => filled += read,
                _ => break,
            }
        }
        let Some(failure) = Failure::take(&mut Reader(&bytes[..filled])) else { return Message::Closed };
        let Some(call) = Call::from_number(failure.call) else { return Message::Closed };
        Message::Failed {
            operation: failure.operation as usize,
            error: sys::Error::new(call, Errno(failure.errno)),
            path: failure.path.map(|path| path.to_string_lossy().into_owned()),
        }
    }

    /// What it means that init said this instead of what it should have said.
    pub(super) fn unexpected(&mut self, message: Message) -> Box<Cause> {
        match message {
            Message::Failed { operation, error, path } => {
                let number = self.plan.first_enter() + operation;
                self.tell(|timeline| timeline.failed(operation));
                let Some(step) = self.plan.enter.get(operation) else {
                    return launcher(error);
                };
                let problem = Problem::System(error, path);
                problem.into_cause(number, || step.operation.name(), &step.origin)
            }
            Message::Closed => self.init_died(),
            Message::Terminal(_) | Message::Executing(_) => {
                launcher(sys::Error::new(Call::Recvmsg, Errno::EINVAL))
            }
        }
    }

    /// Init is gone without a word: it was killed, or failed before it could speak.
    fn init_died(&mut self) -> Box<Cause> {
        let Some(child) = self.child.take() else {
            return launcher(sys::Error::new(Call::Recvmsg, Errno::EPIPE));
        };
        let status = match process::wait(child.pidfd.as_fd()) {
            Ok(status) => status,
            Err(error) => return launcher(error),
        };
        let Some((error, index)) = child.failure() else {
            return Box::new(Cause::InitDied { status, memory: self.memory_events() });
        };
        // What failed to be joined or entered is blamed, everything else is the clone's.
        if error.call == Call::Setns {
            let mut entered = self.plan.spawn.operation.enters.keys().filter(|n| **n != Namespace::Pid);
            let namespace = entered.nth(index).copied().unwrap_or(Namespace::Pid);
            return self.blame_namespace(error, namespace);
        }
        let number = self.plan.prepare.len() + 1;
        let spawn = &self.plan.spawn;
        Problem::from(error).into_cause(number, || spawn.operation.name(), &spawn.origin)
    }

    /// A namespace that could not be entered is the fault of who asked for it.
    pub(super) fn blame_namespace(&self, error: sys::Error, entered: Namespace) -> Box<Cause> {
        let opened = |operation: &Prepare| matches!(operation, Prepare::OpenNamespace { namespace, .. } if *namespace == entered);
        let Some(at) = self.plan.prepare.iter().position(|step| opened(&step.operation)) else {
            return launcher(error);
        };
        let step = &self.plan.prepare[at];
        let path = match &step.operation {
            Prepare::OpenNamespace { of: Joined::Container(name), .. } => Some(name.clone()),
            operation => operation.path().map(str::to_owned),
        };
        Problem::System(error, path).into_cause(at + 1, || step.operation.name(), &step.origin)
    }
}

/// That init has died already is no error: how is found out when its messages are read.
fn sent_unless_gone(sent: sys::Result<()>) -> sys::Result<()> {
    match sent {
        Err(error) if error.errno == Errno::EPIPE => Ok(()),
        result => result,
    }
}

/// What follows a message that an operation is done.
fn receive_stamps(socket: &OwnedFd) -> Option<[u8; message::STAMPS]> {
    let mut bytes = [0; message::STAMPS];
    let mut filled = 0;
    while filled < bytes.len() {
        match socket::receive(socket.as_fd(), &mut bytes[filled..]) {
            Ok((read, _)) if read > 0 => filled += read,
            _ => return None,
        }
    }
    Some(bytes)
}
