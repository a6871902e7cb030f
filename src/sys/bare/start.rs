//! Where init begins: what a C library would do for it, as far as there is anything to do.

use super::process;
use core::arch::{asm, naked_asm};
use core::ffi::CStr;

/// Where the kernel puts the program: the number of arguments and the arguments themselves lie on
/// the stack. Nothing else is set up, and nothing needs to be.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn _start() -> ! {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "and rsp, -16", "call {begin}", "ud2", begin = sym begin);
    #[cfg(target_arch = "aarch64")]
    naked_asm!("mov x29, #0", "mov x30, #0", "mov x0, sp", "bl {begin}", "brk #1", begin = sym begin);
}

/// # Safety
/// `stack` is the stack pointer that [`_start`] found.
unsafe extern "C" fn begin(stack: *const usize) -> ! {
    /// As many as init ever has.
    const MOST: usize = 4;
    let mut arguments = [c""; MOST];
    // SAFETY: that is where the kernel writes the count, right before that many pointers to
    // strings, which live as long as the process.
    let given = unsafe { core::slice::from_raw_parts(stack.add(1).cast::<*const i8>(), *stack) };
    for (argument, pointer) in arguments.iter_mut().zip(given) {
        // SAFETY: as above.
        *argument = unsafe { CStr::from_ptr(pointer.cast()) };
    }
    crate::main(&arguments[..given.len().min(MOST)])
}

/// Nothing here is meant to panic, and there is nobody to tell.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    process::exit(125)
}

/// The ready-built `core` refers to it where it would unwind, which `panic=abort` never does.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

// What the compiler makes of code that fills, copies, compares or measures.

/// # Safety
/// As for C's `memset`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the caller's promise; the direction flag is clear between functions.
    unsafe {
        asm!("rep stosb", inout("rcx") len => _, inout("rdi") to => _, in("al") byte as u8, options(nostack));
    }
    #[cfg(not(target_arch = "x86_64"))]
    for at in 0..len {
        // SAFETY: the caller's promise. Volatile, lest this loop become a call of itself.
        unsafe { to.add(at).write_volatile(byte as u8) };
    }
    to
}

/// # Safety
/// As for C's `memcpy`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the caller's promise; the direction flag is clear between functions.
    unsafe {
        asm!("rep movsb", inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _, options(nostack));
    }
    #[cfg(not(target_arch = "x86_64"))]
    for at in 0..len {
        // SAFETY: the caller's promise. Volatile, lest this loop become a call of itself.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

/// # Safety
/// As for C's `memmove`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    if to.addr().wrapping_sub(from.addr()) >= len {
        // SAFETY: the caller's promise; where `to` is ahead, the front of `from` is copied before
        // it is written over.
        return unsafe { memcpy(to, from, len) };
    }
    for at in (0..len).rev() {
        // SAFETY: as above, from the back.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

/// # Safety
/// As for C's `memcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    for at in 0..len {
        // SAFETY: the caller's promise. Volatile, lest this loop become a call of itself.
        let (a, b) = unsafe { (a.add(at).read_volatile(), b.add(at).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// # Safety
/// As for C's `bcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { memcmp(a, b, len) }
}

/// # Safety
/// As for C's `strlen`.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: the caller's promise. Volatile, lest this loop become a call of itself.
    while unsafe { text.add(len).read_volatile() } != 0 {
        len += 1;
    }
    len
}
