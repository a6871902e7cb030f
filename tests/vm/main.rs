//! The tests that launch containers once more, on Linux 6.1 in a virtual machine: with
//! cgroup v2 alone and, those that see groups, with v1 alone, whatever the machine has that runs them.
//!
//! QEMU emulates the processor, so this takes minutes and no rights:
//!
//! ```sh
//! cargo test --test vm -- --ignored --nocapture
//! ```
//!
//! Debian's kernel package is fetched with apt once and kept below `target/machine`; the
//! initramfs is made here ([`cpio`], [`image`]) and its `/init` is `init.rs`. Words of
//! `TINYDOCKER_VM_ARGUMENTS` go to every test binary, such as a test's name;
//! `TINYDOCKER_VM_SECONDS` is how long one machine may take, 600 if it is not set.

#[path = "../common/mod.rs"]
mod common;
mod cpio;
mod image;
mod kernel;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A machine that is not done by then is switched off.
const SECONDS: u64 = 600;

const QEMU: &str = "qemu-system-x86_64";

/// One machine at a time: each has as many processors as most machines that run tests.
static ONE: Mutex<()> = Mutex::new(());

#[test]
#[ignore = "takes minutes in QEMU: cargo test --test vm -- --ignored"]
fn linux_6_1_with_cgroup_v2() {
    run("v2");
}

#[test]
#[ignore = "takes minutes in QEMU: cargo test --test vm -- --ignored"]
fn linux_6_1_with_cgroup_v1() {
    run("v1");
}

fn run(layout: &str) {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !common::have(&[common::Need::Host(QEMU), common::Need::Host("ldd")]) {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/machine");
    fs::create_dir_all(&folder).expect("a folder below target");
    let kernel = match kernel::find(&folder.join("kernel")) {
        Ok(kernel) => kernel,
        Err(reason) => return common::skip(&reason),
    };
    let seconds = std::env::var("TINYDOCKER_VM_SECONDS").ok();
    let seconds = seconds.map_or(SECONDS, |text| text.parse().expect("TINYDOCKER_VM_SECONDS is a number"));
    let words = std::env::var("TINYDOCKER_VM_ARGUMENTS").unwrap_or_default();
    let arguments: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    let initramfs = image::write(&folder, &kernel, layout, seconds, &arguments);
    let said = Machine::start(&kernel.image, &initramfs, layout).until_end(seconds);
    let log = folder.join(format!("{layout}.log"));
    fs::write(&log, said.text.as_bytes()).expect("a log");
    println!("{layout}: {}", said.summary());
    assert!(said.is_good(layout), "{}\nall of it: {}\n{}", said.summary(), log.display(), said.failures());
}

/// A machine, switched off when it goes out of sight.
struct Machine(Child);

impl Machine {
    fn start(kernel: &Path, initramfs: &Path, layout: &str) -> Self {
        let mut qemu = Command::new(QEMU);
        qemu.args(["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "qemu64", "-smp", "2", "-m", "2G"])
            .args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"])
            .args(["-serial", "stdio"])
            .arg("-kernel")
            .arg(kernel)
            .arg("-initrd")
            .arg(initramfs)
            .arg("-append")
            .arg(format!("console=ttyS0 quiet panic=-1 mitigations=off nokaslr cgroups={layout}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        Self(qemu.spawn().expect("QEMU was found"))
    }

    /// Reads what it says until it is off.
    fn until_end(mut self, seconds: u64) -> Said {
        let start = Instant::now();
        let (sender, lines) = std::sync::mpsc::channel();
        let mut reader = BufReader::new(self.0.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                    return;
                }
                line.clear();
            }
        });
        let mut said = Said::default();
        // Its own clock ends it first; this one is for a machine that has none any more.
        let patience = Duration::from_secs(seconds + 60);
        while let Ok(line) = lines.recv_timeout(patience.saturating_sub(start.elapsed())) {
            let _ = writeln!(std::io::stdout(), "{line}");
            said.hear(&line);
        }
        said.took = start.elapsed();
        said
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What came over the serial line.
#[derive(Default)]
struct Said {
    text: String,
    booted: String,
    /// Test binary → exit code, seconds, and the line with its counts.
    jobs: BTreeMap<String, (String, String)>,
    current: String,
    result: String,
    end: Option<String>,
    took: Duration,
}

impl Said {
    fn hear(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
        if let Some(result) = line.strip_prefix("test result: ") {
            self.result = result.to_owned();
        }
        let Some((_, word)) = line.split_once("@@ ") else { return };
        match word.split_once(' ') {
            Some(("booted", rest)) => self.booted = rest.to_owned(),
            Some(("start", name)) => {
                self.current = name.to_owned();
                self.result.clear();
            }
            Some(("exit", rest)) => {
                let (name, code) = rest.split_once(' ').unwrap_or((rest, ""));
                self.jobs.insert(name.to_owned(), (code.to_owned(), self.result.clone()));
                self.current.clear();
            }
            Some(("end", code)) => self.end = Some(code.to_owned()),
            _ => {}
        }
    }

    /// Every binary has run some tests and none has failed.
    fn is_good(&self, layout: &str) -> bool {
        let good = |(name, _): &(&str, _)| {
            self.jobs
                .get(*name)
                .is_some_and(|(code, result)| code.starts_with("0 ") && result.starts_with("ok. "))
        };
        self.end.as_deref() == Some("0") && image::tests(layout).iter().all(good)
    }

    fn summary(&self) -> String {
        let booted = if self.booted.is_empty() { "did not boot" } else { &self.booted };
        let mut text = format!("kernel {booted}, {:.0} s in all", self.took.as_secs_f64());
        for (name, (code, result)) in &self.jobs {
            text += &format!("\n  {name}: exit code and seconds {code}; {result}");
        }
        if !self.current.is_empty() {
            text += &format!("\n  {} did not end", self.current);
        }
        if self.end.is_none() {
            text += "\n  the machine stopped, or its time was up";
        }
        text
    }

    /// What the tests said about those that failed.
    fn failures(&self) -> String {
        let lines = self.text.lines().filter(|line| line.contains("FAILED") || line.contains("panicked"));
        lines.collect::<Vec<_>>().join("\n")
    }
}
