//! The launcher: walks through the plan, and back.

mod dialogue;

use self::dialogue::Message;
use super::devices;
use super::failure::{Cause, LaunchError, OperationError};
use super::fault::Fault;
use super::foreground::{self, Ended, Stop, Terminal};
use super::full::{Full, Kept};
use super::group::{self, MemoryEvents};
use super::namespaces::{Others, Refusal};
use super::refused;
use super::slots::Slots;
use super::sources;
use super::timing::{Timeline, Watch};
use super::undo::{self, UndoFailure};
use crate::init;
use crate::init::orders::message;
use crate::plan::{self, defaults};
use crate::plan::{Connect, Join, LaunchPlan, Namespace, Origin, Prepare, Started};
use crate::store::{CreateError, Held, Store};
use crate::sys::clone::Child;
use crate::sys::process::Status;
use crate::sys::signal::Signals;
use crate::sys::socket;
use crate::sys::{self, Call, Errno, clone, machine, memfd, mount, network, process, signal};
use std::cell::RefCell;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// Init as a program: `src/init/build.rs` has compiled it.
static INIT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tinydocker-init"));

/// How a launch is done; nothing here changes what the container is.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the record goes.
    pub store: Store,
    /// A fault on purpose, for tests.
    pub fault: Option<Fault>,
    /// Told of what happens meanwhile, a line each: a signal that ends the payload
    /// since it does not handle it, a repair that failed.
    pub notify: fn(&str),
    /// Told when each operation is done; without it nothing is timed.
    pub watch: Option<Watch>,
}

/// How a payload ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What wait(2) says.
    pub status: Status,
    /// What the kernel says about memory, if memory was limited and the payload
    /// failed.
    pub memory: Option<MemoryEvents>,
    /// How many tasks the limit of `cgroup.pids` has refused, if the payload failed.
    pub refused_tasks: u64,
    /// File systems that the payload has filled, if it failed.
    pub full: Vec<Full>,
    /// The system call that a filter killed it for, if SIGSYS ended it and the kernel tells.
    pub refused: Option<String>,
    /// The signal and its sender if the launcher passed on one that ended the payload.
    pub forwarded: Option<signal::Arrived>,
    /// The origin of `timeout`, if that is why the payload was stopped.
    pub timed_out: Option<Origin>,
    /// What could not be removed afterwards.
    pub left: Vec<UndoFailure>,
}

/// Executes a plan and stays until the payload has ended and everything is undone.
///
/// # Errors
/// What failed, and which undos failed after it.
pub fn launch(plan: &LaunchPlan, options: &Options) -> Result<Outcome, Box<LaunchError>> {
    let mut launch = Launch {
        plan,
        options,
        slots: Slots::default(),
        held: None,
        done: Vec::new(),
        tracking_lock: None,
        others: Others::default(),
        child: None,
        socket: None,
        terminal: None,
        command: None,
        kept: RefCell::new(Kept::of(plan)),
        signals: None,
        stop: Stop { signal: defaults::STOP_SIGNAL, patience: defaults::STOP_TIMEOUT, end: None },
        timeout: None,
        timeline: options.watch.as_ref().map(|watch| RefCell::new(Timeline::begin(plan, watch))),
    };
    match launch.run() {
        Ok(Ended { status, forwarded, timed_out }) => {
            let failed = timed_out || status != Status::Exited(0);
            let memory = if failed { launch.memory_events() } else { None };
            let refused_tasks = if failed { launch.refused_tasks() } else { 0 };
            // In any case closed before the groups are removed, which are charged for it.
            let kept = launch.kept.take();
            let full = if failed { kept.full(plan) } else { Vec::new() };
            drop(kept);
            let killed = status == Status::Signaled(signal::number::SYS);
            let refused = launch.command.filter(|_| killed).and_then(refused::call_of);
            let timed_out = launch.timeout.take().filter(|_| timed_out);
            launch.tell(Timeline::ended);
            let left = launch.unwind();
            launch.tell(Timeline::undone);
            Ok(Outcome { status, memory, refused_tasks, full, refused, forwarded, timed_out, left })
        }
        Err(cause) => {
            launch.end_child();
            let undo = launch.unwind();
            launch.tell(Timeline::stopped);
            // What others have left is cleared away all the same; a launch that failed has time.
            launch.sweep();
            Err(Box::new(LaunchError { cause: *cause, undo }))
        }
    }
}

struct Launch<'a> {
    plan: &'a LaunchPlan,
    options: &'a Options,
    slots: Slots,
    held: Option<Held>,
    /// What has been done on the host so far, and may have to be undone.
    done: Vec<&'a Prepare>,
    tracking_lock: Option<OwnedFd>,
    /// Containers whose namespaces are joined.
    others: Others,
    child: Option<Child>,
    socket: Option<OwnedFd>,
    terminal: Option<Terminal>,
    /// The command's process, which is the child, or below it if an init of ours stays.
    command: Option<i32>,
    /// The file systems that the payload may fill.
    kept: RefCell<Kept>,
    /// Signals, collected before anything else so that none is lost.
    signals: Option<Signals>,
    /// How the payload is stopped.
    stop: Stop,
    /// Why its time may be up.
    timeout: Option<Origin>,
    /// When what was done, if somebody asks.
    timeline: Option<RefCell<Timeline<'a>>>,
}

type Step<T = ()> = Result<T, Box<Cause>>;

impl<'a> Launch<'a> {
    fn run(&mut self) -> Step<Ended> {
        let with_stop = self.plan.beside() < self.plan.connect.len();
        let signals = Signals::collect(with_stop).map_err(launcher)?;
        self.signals = Some(signals);
        let plan = self.plan;
        for (index, step) in plan.prepare.iter().enumerate() {
            self.supply(index + 1, &step.operation, &step.origin)?;
        }
        let number = self.plan.prepare.len() + 1;
        let spawn = &self.plan.spawn;
        let start = self.now_if_timed();
        self.fault(number)
            .and_then(|()| self.spawn(&spawn.operation))
            .inspect_err(|_| self.tell(|timeline| timeline.operation(number, start, true)))
            .map_err(|problem| match problem {
                // Only the pid namespace is entered before the clone.
                Problem::System(error, _) if error.call == Call::Setns => {
                    self.blame_namespace(error, Namespace::Pid)
                }
                problem => problem.into_cause(number, || spawn.operation.name(), &spawn.origin),
            })?;
        self.tell(|timeline| timeline.operation(number, start, false));
        self.connect()?;
        self.await_exec()?;
        let (Some(child), Some(signals)) = (&self.child, &self.signals) else {
            unreachable!("a child was spawned and signals were collected above")
        };
        let forward = foreground::Forward {
            child,
            signals,
            pid_one: self.plan.spawn.operation.namespaces.contains(&clone::Namespace::Pid),
            freezer: freezer(self.plan),
            under_init: self.command.filter(|command| *command != child.pid),
            stop: self.stop,
            notify: self.options.notify,
        };
        let ended = forward.until_end(self.terminal.as_mut()).map_err(launcher)?;
        self.child = None;
        Ok(ended)
    }

    /// Does an operation on the host, and notes it for the way back.
    fn supply(&mut self, number: usize, operation: &'a Prepare, origin: &Origin) -> Step {
        self.timed(number, |this| this.prepare(operation))
            .map_err(|problem| problem.into_cause(number, || operation.name(), origin))?;
        self.done.push(operation);
        Ok(())
    }

    /// Does an operation, and tells when if somebody asks.
    fn timed<T>(
        &mut self,
        number: usize,
        operation: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let start = self.now_if_timed();
        let result = match self.fault(number) {
            Ok(()) => operation(self),
            Err(problem) => Err(problem),
        };
        self.tell(|timeline| timeline.operation(number, start, result.is_err()));
        result
    }

    /// The clock costs time, too.
    fn now_if_timed(&self) -> u64 {
        if self.timeline.is_some() { machine::now() } else { 0 }
    }

    fn tell(&self, what: impl FnOnce(&mut Timeline<'a>)) {
        if let Some(timeline) = &self.timeline {
            what(&mut timeline.borrow_mut());
        }
    }

    fn fault(&self, number: usize) -> Result<(), Problem> {
        match self.options.fault {
            Some(fault) if fault.number == number => {
                if fault.kill {
                    process::raise(signal::number::KILL);
                }
                Err(sys::Error::new(Call::Injected, Errno::EIO).into())
            }
            _ => Ok(()),
        }
    }

    fn prepare(&mut self, operation: &Prepare) -> Result<(), Problem> {
        match operation {
            Prepare::WriteRecord { .. } => self.write_record(),
            Prepare::MakeNetwork { slot, socket } => {
                let made = network::make()?;
                self.slots.fill(slot, made.namespace);
                self.slots.fill(socket, made.socket);
                Ok(())
            }
            Prepare::OpenNamespace { slot, namespace, of } => {
                let (store, own) = (&self.options.store, &self.plan.name);
                let found =
                    self.others.open(*namespace, of, store, own).map_err(|failed| match failed.why {
                        None => Problem::at(failed.error, &failed.path),
                        Some(why) => Problem::Namespace { error: failed.error, path: failed.path, why },
                    })?;
                self.slots.fill(slot, found);
                Ok(())
            }
            Prepare::MakeGroup { slot, controllers, path, join, parents } => {
                let made = group::make(path, parents, *join, controllers.is_empty())
                    .map_err(|e| Problem::at(e, path))?;
                self.slots.fill(slot, made.join);
                if made.lock.is_some() {
                    self.tracking_lock = made.lock;
                }
                Ok(())
            }
            Prepare::LeaveGroup { group, leaf } => {
                group::leave(group, leaf).map_err(|e| Problem::not_limiting(e, group))
            }
            Prepare::EnableControllers { path, controllers } => {
                group::enable_controllers(path, controllers).map_err(|e| Problem::not_limiting(e, path))
            }
            Prepare::InheritCpuset { paths, .. } => {
                group::inherit_cpuset(paths).map_err(|(e, path)| Problem::at(e, &path))
            }
            Prepare::SetLimit { file, value, expect, line, .. } => {
                match group::set_limit(file, value, expect, line.as_deref())
                    .map_err(|e| Problem::at(e, file))?
                {
                    None => Ok(()),
                    Some(answer) => Err(Problem::ReadBack {
                        file: file.clone(),
                        wrote: value.clone(),
                        expected: expect.clone(),
                        answer,
                    }),
                }
            }
            Prepare::AllowDevices { path, rules, .. } => {
                match devices::allow(path, rules).map_err(|(e, path)| Problem::at(e, &path))? {
                    None => Ok(()),
                    Some((expected, answer)) => Err(Problem::ReadBack {
                        file: format!("{path}/devices.list"),
                        wrote: expected.clone(),
                        expected,
                        answer,
                    }),
                }
            }
            Prepare::FilterDevices { group, path, rules } => {
                let group = self.slots.get(group, Call::BpfAttach)?;
                devices::filter(group, rules).map_err(|error| Problem::at(error, path))
            }
            Prepare::MakeInit { slot } => {
                self.slots.fill(slot, memfd::sealed_program(init::ROLE, INIT)?);
                Ok(())
            }
            Prepare::OpenTree { slot, source, recursive, subpath, propagation, optional, idmap } => {
                let wanted = sources::Source { source, subpath: subpath.as_deref(), recursive: *recursive };
                match wanted.open(*propagation) {
                    Err(error) if *optional && [Errno::ENOENT, Errno::ENOTDIR].contains(&error.errno) => {}
                    result => {
                        let tree = result
                            .and_then(|tree| {
                                sources::map_owners(tree.as_fd(), *recursive, idmap).map(|()| tree)
                            })
                            .map_err(|e| Problem::at(e, &wanted.path()))?;
                        self.slots.fill(slot, tree);
                    }
                }
                Ok(())
            }
            Prepare::OpenChanges { slot, name } => {
                let (tree, path) = self
                    .options
                    .store
                    .open_changes(name)
                    .map_err(|(error, path)| Problem::at(error, &path.display().to_string()))?;
                mount::set_private(tree.as_fd(), false, mount::Flags::NONE)
                    .map_err(|error| Problem::at(error, &path.display().to_string()))?;
                self.slots.fill(slot, tree);
                Ok(())
            }
            Prepare::MakeSource { path, folder } => {
                sources::make(path, *folder).map_err(|error| Problem::at(error, path))
            }
        }
    }

    fn write_record(&mut self) -> Result<(), Problem> {
        // A name that a killed launcher had is repaired at once, then free; once more
        // for the race with another repair.
        for _ in 0..2 {
            match self.options.store.create(self.plan) {
                Ok(held) => {
                    self.held = Some(held);
                    return Ok(());
                }
                Err(CreateError::Stale(leftover)) => {
                    let failures = undo::repair(leftover);
                    if !failures.is_empty() {
                        return Err(Problem::Repair(failures));
                    }
                }
                Err(CreateError::Busy(pid)) => return Err(Problem::Busy(pid)),
                Err(CreateError::System(error, path)) => {
                    return Err(Problem::at(error, &path.display().to_string()));
                }
            }
        }
        Err(Problem::Busy(None))
    }

    fn connect(&mut self) -> Step {
        let plan = self.plan;
        let (supplies, meetings) = plan.connect.split_at(plan.supplies());
        let mut numbers = plan.prepare.len() + 2..;
        for (step, number) in supplies.iter().zip(&mut numbers) {
            if let Connect::Prepare(operation) = &step.operation {
                self.supply(number, operation, &step.origin)?;
            }
        }
        self.hand_over_supplies()?;
        for (step, number) in meetings.iter().zip(numbers) {
            match &step.operation {
                Connect::Prepare(_) => {}
                Connect::BringUpLoopback { socket } => {
                    self.timed(number, |this| {
                        network::bring_up_loopback(this.slots.get(socket, Call::LoopbackUp)?)?;
                        this.slots.close(socket);
                        Ok(())
                    })
                    .map_err(|problem| problem.into_cause(number, || step.operation.name(), &step.origin))?;
                }
                Connect::AttachTerminal { raw } => self.attach_terminal(number, *raw, step)?,
            }
        }
        if let Some(socket) = self.socket.as_ref().filter(|_| !meetings.is_empty()) {
            // If init has died, the next message tells.
            let _ = socket::send(socket.as_fd(), &[message::CONNECTED]);
        }
        Ok(())
    }

    fn attach_terminal(&mut self, number: usize, raw: bool, step: &plan::Step<Connect>) -> Step {
        let cause = |problem: Problem| problem.into_cause(number, || step.operation.name(), &step.origin);
        let start = self.now_if_timed();
        let failed = |this: &Self| this.tell(|timeline| timeline.operation(number, start, true));
        self.fault(number).inspect_err(|_| failed(self)).map_err(cause)?;
        let master = match self.next_message()? {
            Message::Terminal(master) => master,
            other => return Err(self.unexpected(other)),
        };
        // Afterwards the terminal may be raw.
        self.tell(Timeline::tell_beside);
        let terminal = Terminal::attach(master, raw)
            .inspect_err(|_| failed(self))
            .map_err(|error| cause(error.into()))?;
        self.terminal = Some(terminal);
        self.tell(|timeline| timeline.operation(number, start, false));
        Ok(())
    }

    /// Waits until execve(2) has succeeded.
    fn await_exec(&mut self) -> Step {
        match self.next_message()? {
            Message::Executing(sender) => {
                self.command = sender.or(self.child.as_ref().map(|child| child.pid));
            }
            other => return Err(self.unexpected(other)),
        }
        // While the kernel loads the command there is time for what needs nobody.
        if let (Some(held), Some(child)) = (&self.held, &self.child) {
            held.note_first(child.pid).map_err(launcher)?;
        }
        self.started()?;
        match self.next_message()? {
            Message::Closed => {
                self.tell(Timeline::running);
                self.socket = None;
                Ok(())
            }
            other => Err(self.unexpected(other)),
        }
    }

    fn started(&mut self) -> Step {
        for (index, step) in self.plan.started.iter().enumerate() {
            let number = self.plan.first_enter() + self.plan.enter.len() + index;
            let done = self.timed(number, |this| {
                match step.operation {
                    // What others have left does not concern this container: told, not failed.
                    Started::Sweep => this.sweep(),
                    Started::StopWith { signal, patience } => {
                        this.stop.signal = signal;
                        this.stop.patience = Duration::from_millis(patience);
                    }
                    Started::EndAfter { milliseconds } => {
                        this.stop.end = Instant::now().checked_add(Duration::from_millis(milliseconds));
                        this.timeout = Some(step.origin.clone());
                    }
                }
                Ok(())
            });
            done.map_err(|problem| {
                problem.into_cause(number, || self.plan.started[index].operation.name(), &step.origin)
            })?;
        }
        Ok(())
    }

    fn sweep(&self) {
        for UndoFailure { path, reason } in undo::sweep(&self.options.store, &self.plan.name) {
            (self.options.notify)(&format!("could not clean up {path}: {reason}"));
        }
    }

    fn memory_events(&self) -> Option<MemoryEvents> {
        let (file, ..) = self.plan.memory_limit()?;
        let folder = file.rsplit_once('/')?.0;
        group::memory_events(folder)
    }

    fn refused_tasks(&self) -> u64 {
        let folder = self.plan.pids_limit().and_then(|(file, ..)| Some(file.rsplit_once('/')?.0));
        folder.and_then(group::refused_tasks).unwrap_or_default()
    }

    /// After a failure: init must not go on. Its namespace dies with it.
    fn end_child(&mut self) {
        if let Some(child) = self.child.take() {
            // Both can only fail if the child has ended and been reaped.
            let _ = process::signal(child.pidfd.as_fd(), signal::number::KILL);
            if let Some(group) = freezer(self.plan) {
                group::thaw(group);
            }
            let _ = process::wait(child.pidfd.as_fd());
        }
    }

    /// Undoes what was done, in reverse order.
    fn unwind(&mut self) -> Vec<UndoFailure> {
        self.socket = None;
        self.terminal = None;
        self.kept.take();
        // Descriptors first: an open `tasks` file or a mount would keep its group busy.
        self.slots = Slots::default();
        let mut failures: Vec<_> = self.done.iter().rev().filter_map(|it| undo::undo(it).err()).collect();
        self.tracking_lock = None;
        if let Some(held) = self.held.take().filter(|_| failures.is_empty()) {
            let path = held.path().display().to_string();
            if let Err(error) = held.remove() {
                failures.push(UndoFailure { path, reason: error.to_string() });
            }
        }
        failures
    }
}

/// The tracking group, if it is one that keeps what is frozen in it from dying: v1's.
fn freezer(plan: &LaunchPlan) -> Option<&str> {
    plan.prepared().find_map(|(_, operation, _)| match operation {
        Prepare::MakeGroup { path, controllers, join: Join::Tasks, .. } if controllers.is_empty() => {
            Some(path.as_str())
        }
        _ => None,
    })
}

fn launcher(error: sys::Error) -> Box<Cause> {
    Box::new(Cause::Launcher(error))
}

/// Why an operation failed, before it is known which one it was.
enum Problem {
    System(sys::Error, Option<String>),
    ReadBack {
        file: String,
        wrote: String,
        expected: String,
        answer: String,
    },
    /// What is to be joined, and why it can't be.
    Namespace {
        error: sys::Error,
        path: String,
        why: Refusal,
    },
    /// The group, and the processes in it.
    Occupied(String, Vec<String>),
    Busy(Option<u32>),
    Repair(Vec<UndoFailure>),
}

impl From<sys::Error> for Problem {
    fn from(error: sys::Error) -> Self {
        Self::System(error, None)
    }
}

impl Problem {
    fn at(error: sys::Error, path: &str) -> Self {
        Self::System(error, Some(path.to_owned()))
    }

    fn not_limiting(error: group::NotLimiting, path: &str) -> Self {
        match error {
            group::NotLimiting::Occupied(by) => Self::Occupied(path.to_owned(), by),
            group::NotLimiting::System(error) => Self::at(error, path),
        }
    }

    fn into_cause(self, number: usize, name: impl Fn() -> &'static str, origin: &Origin) -> Box<Cause> {
        let operation = |error, path| OperationError {
            number,
            name: name().to_owned(),
            origin: origin.clone(),
            error,
            path,
        };
        Box::new(match self {
            Self::System(error, path) => Cause::Operation(operation(error, path)),
            Self::ReadBack { file, wrote, expected, answer } => Cause::ReadBack {
                operation: operation(sys::Error::new(Call::Read, Errno::EINVAL), Some(file)),
                wrote,
                expected,
                answer,
            },
            Self::Namespace { error, path, why } => {
                Cause::Namespace { operation: operation(error, Some(path)), why }
            }
            Self::Occupied(group, by) => Cause::Occupied {
                operation: operation(sys::Error::new(Call::Write, Errno::EBUSY), Some(group)),
                by,
            },
            Self::Busy(pid) => Cause::Busy { origin: origin.clone(), pid },
            Self::Repair(failures) => Cause::Repair { origin: origin.clone(), failures },
        })
    }
}
