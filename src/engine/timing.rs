//! When each operation was done, for whoever asks: `--verbose`, the benchmark.
//!
//! Launcher and init work side by side, so that their times would add up to more than has
//! passed. Each operation is therefore also given its share of the time that passed: from
//! the end of the operation that ended before it, or from its own beginning if that is
//! later, to its end. Shares never overlap.

use crate::init::orders::message::STAMPS;
use crate::plan::LaunchPlan;
use crate::sys::machine;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// Something that has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An operation has been done, or has failed.
    Operation {
        /// Its number in the plan, from 1.
        number: usize,
        /// Since the launch began.
        start: Duration,
        /// Since the launch began.
        end: Duration,
        /// Its share of the time that passed.
        share: Duration,
        /// It failed, and is the last.
        failed: bool,
    },
    /// Init has begun its first operation: the time from the end of the clone, or of what the
    /// launcher did meanwhile, in which the kernel executes it and it reads its orders.
    InitBegan(Duration),
    /// The command runs: the time since the launch began.
    Running(Duration),
    /// The command has ended: how long it ran.
    Ended(Duration),
    /// What was made has been removed: how long that took.
    Undone(Duration),
    /// The launch has failed: the time from its beginning.
    Stopped(Duration),
}

/// What is called for an event.
type Tell = dyn Fn(&LaunchPlan, Event);

/// Told of every [`Event`] when it happens, with the plan that is executed.
#[derive(Clone)]
pub struct Watch(Rc<Tell>);

impl Watch {
    /// Calls a function for every event. It runs on the launch path, but in no
    /// operation's share.
    pub fn new(tell: impl Fn(&LaunchPlan, Event) + 'static) -> Self {
        Self(Rc::new(tell))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// A point in time, in nanoseconds of the monotonic clock.
type Stamp = u64;

/// The course of a launch.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    plan: &'a LaunchPlan,
    watch: &'a Watch,
    begun: Stamp,
    /// Up to here all time is given away.
    last: Stamp,
    /// What the launcher has done while init began, until it is told in the order of time.
    beside: VecDeque<(usize, Stamp, Stamp)>,
    /// How many of init's operations have been done.
    entered: usize,
    /// When the last of them was.
    entered_at: Stamp,
}

impl<'a> Timeline<'a> {
    pub(super) fn begin(plan: &'a LaunchPlan, watch: &'a Watch) -> Self {
        let now = machine::now();
        Self { plan, watch, begun: now, last: now, beside: VecDeque::new(), entered: 0, entered_at: now }
    }

    /// An operation from `start` until now.
    pub(super) fn operation(&mut self, number: usize, start: Stamp, failed: bool) {
        let end = machine::now();
        let before = self.plan.prepare.len() + 1;
        if !failed && (before + 1..=before + self.plan.beside()).contains(&number) {
            return self.beside.push_back((number, start, end));
        }
        self.tell_until(end);
        self.between(number, start, end, failed);
    }

    /// Tells what was done beside init until now.
    pub(super) fn tell_beside(&mut self) {
        self.tell_until(machine::now());
    }

    /// Tells what was done beside init until then.
    fn tell_until(&mut self, end: Stamp) {
        while let Some((number, start, end)) = self.beside.pop_front_if(|(.., ended)| *ended <= end) {
            self.between(number, start, end, false);
        }
    }

    fn between(&mut self, number: usize, start: Stamp, end: Stamp, failed: bool) {
        let from = start.max(self.last);
        let event = Event::Operation {
            number,
            start: since(self.begun, start),
            end: since(self.begun, end),
            share: since(from, end),
            failed,
        };
        self.last = self.last.max(end);
        self.tell(event);
    }

    /// Init's next operation is done; it says when.
    pub(super) fn entered(&mut self, bytes: [u8; STAMPS]) {
        let stamp = |at: usize| {
            let mut stamp = [0; 8];
            stamp.copy_from_slice(&bytes[at..at + 8]);
            Stamp::from_le_bytes(stamp)
        };
        let (start, end) = (stamp(0), stamp(8));
        if self.entered == 0 {
            self.tell_until(start);
            let waited = since(self.last, start);
            self.last = self.last.max(start);
            self.tell(Event::InitBegan(waited));
        }
        self.entered += 1;
        self.entered_at = end;
        self.tell_until(end);
        self.between(self.plan.first_enter() + self.entered - 1, start, end, false);
    }

    /// Init failed at its operation `index`, just now.
    pub(super) fn failed(&mut self, index: usize) {
        self.operation(self.plan.first_enter() + index, self.entered_at, true);
    }

    /// The exec has succeeded, just now.
    pub(super) fn running(&mut self) {
        self.operation(self.plan.first_enter() + self.plan.enter.len() - 1, self.entered_at, false);
        self.tell(Event::Running(since(self.begun, self.last)));
    }

    /// The command has ended, just now.
    pub(super) fn ended(&mut self) {
        let now = machine::now();
        let ran = since(self.last, now);
        self.last = now;
        self.tell(Event::Ended(ran));
    }

    /// All that was made has been removed.
    pub(super) fn undone(&mut self) {
        self.tell(Event::Undone(since(self.last, machine::now())));
    }

    /// The launch has failed.
    pub(super) fn stopped(&mut self) {
        self.last = machine::now();
        self.tell(Event::Stopped(since(self.begun, self.last)));
    }

    /// Telling takes time, which is nobody's.
    fn tell(&mut self, event: Event) {
        (self.watch.0)(self.plan, event);
        // Init goes on meanwhile, once there is one.
        let alone = matches!(event, Event::Operation { number, .. } if number <= self.plan.prepare.len());
        if alone {
            self.last = self.last.max(machine::now());
        }
    }
}

fn since(from: Stamp, to: Stamp) -> Duration {
    Duration::from_nanos(to.saturating_sub(from))
}
