//! A terminal for programs that want one, and what a test sees of it.
#![allow(unsafe_code)]

use super::{PATIENCE, eventually};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::termios::{LocalFlags, SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A program on a terminal of its own.
pub struct OnTerminal {
    child: Child,
    master: File,
    /// Kept open, so that the terminal and its settings outlive the program.
    slave: OwnedFd,
    seen: Arc<Mutex<Vec<u8>>>,
    /// How much of it has been looked at.
    read: usize,
}

fn window(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

impl OnTerminal {
    /// Starts a program in a session of its own, with this terminal as standard input,
    /// output and error.
    pub fn start(command: Command, rows: u16, columns: u16) -> Self {
        Self::start_with(command, rows, columns, false)
    }

    /// The same, but standard input is a pipe that nothing comes through.
    pub fn start_without_input(command: Command, rows: u16, columns: u16) -> Self {
        Self::start_with(command, rows, columns, true)
    }

    fn start_with(mut command: Command, rows: u16, columns: u16, pipe: bool) -> Self {
        let OpenptyResult { master, slave } = openpty(&window(rows, columns), None).expect("a terminal");
        let copy = || Stdio::from(slave.try_clone().expect("a copy of the terminal"));
        command.stdin(if pipe { Stdio::piped() } else { copy() }).stdout(copy()).stderr(copy());
        // SAFETY: setsid and ioctl are async-signal-safe; descriptor 1 is the terminal.
        unsafe {
            command.pre_exec(|| {
                nix::unistd::setsid()?;
                match libc::ioctl(1, libc::TIOCSCTTY, 0) {
                    0 => Ok(()),
                    _ => Err(std::io::Error::last_os_error()),
                }
            });
        }
        let child = command.spawn().expect("the program can be started");
        drop(command);
        let master = File::from(master);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, sink) = (master.try_clone().expect("a copy of the master"), Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read) = reader.read(&mut buffer) {
                if read == 0 {
                    return;
                }
                sink.lock().expect("no reader panics").extend(&buffer[..read]);
            }
        });
        Self { child, master, slave, seen, read: 0 }
    }

    /// The program's process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("process ids are small")
    }

    /// Types.
    pub fn send(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).expect("the terminal takes input");
    }

    /// Everything printed so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().expect("no reader panics")).into_owned()
    }

    /// Waits until this is printed, after what was waited for before.
    pub fn expect(&mut self, wanted: &str) {
        let start = Instant::now();
        loop {
            let found = {
                let seen = self.seen.lock().expect("no reader panics");
                let rest = &seen[self.read..];
                rest.windows(wanted.len()).position(|part| part == wanted.as_bytes())
            };
            if let Some(at) = found {
                self.read += at + wanted.len();
                return;
            }
            if start.elapsed() > *PATIENCE {
                let text = self.text();
                let end = text.char_indices().rev().nth(2_000).map_or(0, |(at, _)| at);
                panic!("{wanted:?} did not come; printed last: {:?}", &text[end..]);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Another size of window.
    pub fn resize(&self, rows: u16, columns: u16) {
        let size = window(rows, columns);
        // SAFETY: the ioctl reads `size`.
        let result = unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
    }

    /// The terminal's settings.
    pub fn settings(&self) -> Termios {
        tcgetattr(&self.slave).expect("a terminal has settings")
    }

    /// Whether the terminal is raw: keys go to the program one by one.
    pub fn is_raw(&self) -> bool {
        let mut raw = self.settings();
        cfmakeraw(&mut raw);
        let now = self.settings();
        now.local_flags == raw.local_flags && !now.local_flags.contains(LocalFlags::ICANON)
    }

    /// Waits until the launcher has turned the terminal raw.
    pub fn until_raw(&self) {
        eventually("a raw terminal", || self.is_raw().then_some(()));
    }

    /// Sets the terminal raw or back.
    pub fn set(&self, settings: &Termios) {
        tcsetattr(&self.slave, SetArg::TCSANOW, settings).expect("settings can be set");
    }

    /// Waits for the program's end.
    pub fn end(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the end", || child.try_wait().expect("a child can be waited for"))
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
