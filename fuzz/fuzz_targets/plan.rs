//! The readers of what another process wrote: operations from init's pipe, and the record
//! of a launch.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tinydocker::plan::{Enter, LaunchPlan};
use tinydocker::store::Record;

fuzz_target!(|bytes: &[u8]| {
    let _ = postcard::from_bytes::<Vec<Enter>>(bytes);
    let _ = serde_json::from_slice::<Record>(bytes);
    let _ = serde_json::from_slice::<LaunchPlan>(bytes);
});
