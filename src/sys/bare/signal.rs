//! Signals: what is blocked, what is done about them.

use super::abi;
use super::raw::call;
use super::{Call, Result, check};
use core::ptr::null;

/// Bytes of the kernel's set of signals. All calls are told it.
const SET: usize = 8;

/// Every disposition to its default and nothing blocked, for the payload: Rust
/// ignores SIGPIPE, callers may ignore SIGHUP, the launcher blocks most.
pub fn reset_all() -> Result<()> {
    // struct sigaction of the kernel with SIG_DFL, no flags, an empty mask.
    let default = [0_u64; 4];
    for signal in (1..=64).filter(|signal| ![abi::SIGKILL, abi::SIGSTOP].contains(signal)) {
        // SAFETY: `default` is as large as the kernel's struct; the old action is not asked for.
        check(Call::Sigaction, unsafe { call!(RT_SIGACTION, signal, default.as_ptr(), null::<u8>(), SET) })?;
    }
    set_mask(0)
}

/// Blocks every signal that can be blocked.
pub fn block_all() -> Result<()> {
    set_mask(u64::MAX)
}

fn set_mask(mask: u64) -> Result<()> {
    // SAFETY: an eight-byte mask; the old one is not asked for.
    check(Call::Sigprocmask, unsafe {
        call!(RT_SIGPROCMASK, abi::SIG_SETMASK, &raw const mask, null::<u8>(), SET)
    })?;
    Ok(())
}

/// Waits for any signal, rt_sigtimedwait(2); all must be blocked. Nothing if it was
/// interrupted.
pub fn wait_for_any() -> Option<i32> {
    let all = u64::MAX;
    // SAFETY: an eight-byte mask; neither siginfo nor a time are given.
    let number = unsafe { call!(RT_SIGTIMEDWAIT, &raw const all, null::<u8>(), null::<u8>(), SET) };
    i32::try_from(number).ok().filter(|number| *number > 0)
}
