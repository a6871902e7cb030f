//! Compiles init (`program.rs`) for the processor that the library is compiled for; the library
//! includes what comes out.
//!
//! Cargo can't do that by itself: an artifact dependency would be a package of its own, and is not
//! stable yet.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    for source in ["src/init", "src/sys/bare", "src/plan/accounts.rs"] {
        println!("cargo::rerun-if-changed={source}");
    }
    println!("cargo::rerun-if-env-changed=RUSTC");
    println!("cargo::rustc-check-cfg=cfg(tinydocker_init)");
    let out = PathBuf::from(variable("OUT_DIR")).join("tinydocker-init");
    let failures: Vec<String> = LINKERS.into_iter().map_while(|linker| compile(linker, &out).err()).collect();
    if failures.len() == LINKERS.len() {
        panic!("init can't be compiled:\n{}", failures.join("\n"));
    }
}

/// Rust's own linker, told to add nothing of its own.
const RUST_LLD: &[&str] = &[
    "-Clinker=rust-lld",
    "-Clink-self-contained=no",
    "-Clink-arg=-znorelro",
    "-Clink-arg=--no-rosegment",
    "-Clink-arg=--build-id=none",
];

/// The C compiler, told the same.
const CC: &[&str] = &[
    "-Clink-arg=-nostartfiles",
    "-Clink-arg=-nostdlib",
    "-Clink-arg=-static",
    "-Clink-arg=-no-pie",
    "-Clink-arg=-Wl,-znorelro,--build-id=none",
];

/// Each until one succeeds. The one that comes with Rust links for every processor. Where a
/// distribution has left it out, the C compiler does, for its own; for musl without the start
/// files that Rust brings along.
const LINKERS: [[&[&str]; 2]; 3] = [[RUST_LLD, &[]], [CC, &[]], [CC, &["-Clink-self-contained=no"]]];

fn compile(linker: [&[&str]; 2], out: &Path) -> Result<(), String> {
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.args([
        "--edition=2024",
        "--crate-type=bin",
        "--crate-name=tinydocker_init",
        "--cfg=tinydocker_init",
    ]);
    rustc.arg("--target").arg(variable("TARGET"));
    rustc.args(["-Copt-level=s", "-Clto=fat", "-Ccodegen-units=1", "-Cpanic=abort", "-Cstrip=symbols"]);
    // At a place of its own: nothing is to be relocated when it starts.
    rustc.args(["-Crelocation-model=static", "-Ctarget-feature=+crt-static", "-Cforce-unwind-tables=no"]);
    linker.into_iter().for_each(|arguments| {
        rustc.args(arguments);
    });
    rustc.arg("-o").arg(out).arg("src/init/program.rs");
    let output = rustc.output().map_err(|error| format!("{rustc:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{rustc:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"))
}
