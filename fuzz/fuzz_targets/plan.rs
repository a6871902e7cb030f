//! The readers of what another process wrote: init's orders, and the record of a launch.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tinydocker::init::orders::{Failure, Field, Head, Order, Reader};
use tinydocker::plan::LaunchPlan;
use tinydocker::store::Record;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader(bytes);
    let _ = Head::take(&mut reader);
    while Order::take(&mut reader).is_some() {}
    let _ = Failure::take(&mut Reader(bytes));
    let _ = serde_json::from_slice::<Record>(bytes);
    let _ = serde_json::from_slice::<LaunchPlan>(bytes);
});
