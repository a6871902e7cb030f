//! The reader of OCI and docker profiles: any text is read or refused at a place in it,
//! and what was read can be compiled.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tinydocker::seccomp::{Arch, Facts, compile::compile, oci};

fuzz_target!(|text: &str| match oci::read(text) {
    Ok(document) => {
        for native in [Arch::X86_64, Arch::Aarch64] {
            let facts = Facts { native, capabilities: &[], kernel: "6.1" };
            let _ = compile(&document.rules(&facts));
        }
    }
    Err(problems) => {
        assert!(!problems.is_empty());
        assert!(problems.iter().all(|problem| text.get(problem.span.clone()).is_some()));
    }
});
