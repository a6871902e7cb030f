//! What the two freestanding programs of the benchmark (`floor.rs`, `payload.rs`) share: an entry
//! point, raw system calls and just enough text handling. It is a module of theirs
//! (`#[path = "bare.rs"] mod bare`), not a program; `launch.rs` builds them with plain `rustc`.
//!
//! No libc on purpose: its start-up (glibc's asks the processor 68 times what it is, each question
//! a trap in a virtual machine) would be measured with every launch and hide what is compared.

use core::arch::{asm, naked_asm};

/// A raw system call; arguments are cast to words. Gives what the kernel gave: `-errno` on failure.
macro_rules! sys {
    ($name:ident $(, $arg:expr)* $(,)?) => {
        $crate::bare::call($crate::bare::nr::$name, [$($arg as usize),*])
    };
}
pub(crate) use sys;

/// System call numbers, per architecture; the ones from 403 on are the same everywhere.
#[allow(dead_code, missing_docs)] // each program uses some of them
pub mod nr {
    macro_rules! numbers {
        ($($name:ident $x86_64:literal $aarch64:literal)*) => { $(
            #[cfg(target_arch = "x86_64")]
            pub const $name: usize = $x86_64;
            #[cfg(target_arch = "aarch64")]
            pub const $name: usize = $aarch64;
        )* };
    }
    numbers! {
        READ 0 63  PREAD64 17 67  RT_SIGTIMEDWAIT 128 137  WRITE 1 64  CLOSE 3 57  MMAP 9 222
        RT_SIGACTION 13 134  RT_SIGPROCMASK 14 135
        IOCTL 16 29  SOCKET 41 198  SOCKETPAIR 53 199  SENDTO 44 206  EXECVE 59 221  EXIT 60 93
        KILL 62 129  FCNTL 72 25  CHDIR 80 49  FLOCK 73 32  UMASK 95 166
        FCHDIR 81 50  CAPSET 126 91  SETSID 112 157  SETGROUPS 116 159  SETRESUID 117 147
        SETRESGID 119 149  PIVOT_ROOT 155 41  PRCTL 157 167  MOUNT 165 40  UMOUNT2 166 39
        SETHOSTNAME 170 161  KEYCTL 250 219  WAITID 247 95  OPENAT 257 56  MKDIRAT 258 34
        MKNODAT 259 33  UNLINKAT 263 35  SYMLINKAT 266 36  READLINKAT 267 78  PPOLL 271 73  FACCESSAT 269 48
        UNSHARE 272 97  DUP3 292 24  RENAMEAT2 316 276  EXECVEAT 322 281  CLONE 56 220
        GETPID 39 172  EXIT_GROUP 231 94  SECCOMP 317 277
        OPEN_TREE 428 428  MOVE_MOUNT 429 429  FSOPEN 430 430  FSCONFIG 431 431  FSMOUNT 432 432
        CLONE3 435 435  CLOSE_RANGE 436 436  OPENAT2 437 437  MOUNT_SETATTR 442 442
    }
}

/// Where the kernel puts the program: `argc`, the argument pointers, a null, the environment. Only
/// the stack pointer is handed on; nothing else is set up, and nothing needs to be.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn _start() -> ! {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "and rsp, -16", "call {main}", "ud2", main = sym crate::main);
    #[cfg(target_arch = "aarch64")]
    naked_asm!("mov x29, #0", "mov x0, sp", "bl {main}", "brk #1", main = sym crate::main);
}

/// One system call with up to six arguments (the macro [`sys!`] names it).
#[inline(always)]
pub fn call<const N: usize>(number: usize, args: [usize; N]) -> isize {
    let arg = |i: usize| if i < N { args[i] } else { 0 };
    let result: isize;
    // SAFETY: the kernel reads registers only; what the arguments point to is the caller's care,
    // as everywhere in these two programs. Only the registers named as clobbered change.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("syscall", inlateout("rax") number => result, in("rdi") arg(0), in("rsi") arg(1),
             in("rdx") arg(2), in("r10") arg(3), in("r8") arg(4), in("r9") arg(5),
             lateout("rcx") _, lateout("r11") _, options(nostack));
        #[cfg(target_arch = "aarch64")]
        asm!("svc 0", in("x8") number, inlateout("x0") arg(0) => result, in("x1") arg(1),
             in("x2") arg(2), in("x3") arg(3), in("x4") arg(4), in("x5") arg(5), options(nostack));
    }
    result
}

/// Ends the program.
pub fn exit(code: i32) -> ! {
    loop {
        sys!(EXIT_GROUP, code);
    }
}

/// The program's arguments as the kernel laid them out.
#[derive(Clone, Copy)]
pub struct Args {
    base: *const *const u8,
    /// How many there are, the program's name included.
    pub len: usize,
}

#[allow(dead_code)] // each program uses some of them
impl Args {
    /// # Safety
    /// `stack` is the stack pointer that [`_start`] found.
    pub unsafe fn new(stack: *const usize) -> Self {
        // SAFETY: that is where the kernel writes the count, with the pointers right after it.
        unsafe { Args { base: stack.add(1).cast(), len: *stack } }
    }

    /// Argument `i` as the C string it is; past the end an empty one.
    pub fn get(&self, i: usize) -> *const u8 {
        if i < self.len {
            // SAFETY: in bounds, as just checked.
            unsafe { *self.base.add(i) }
        } else {
            c"".as_ptr().cast()
        }
    }

    /// Argument `i` as bytes.
    pub fn bytes(&self, i: usize) -> &'static [u8] {
        let start = self.get(i);
        let mut len = 0;
        // SAFETY: arguments end with a zero byte and live as long as the process.
        unsafe {
            while *start.add(len) != 0 {
                len += 1;
            }
            core::slice::from_raw_parts(start, len)
        }
    }

    /// The arguments from `i` on, ready for `execve`: the array already ends with a null pointer.
    pub fn from(&self, i: usize) -> *const *const u8 {
        // SAFETY: the array holds `len` pointers and a null one.
        unsafe { self.base.add(i.min(self.len)) }
    }
}

/// Text put together on the stack; what does not fit is cut.
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

#[allow(dead_code)] // each program uses some of them
impl<const N: usize> Text<N> {
    /// No text yet.
    pub const fn new() -> Self {
        Text { bytes: [0; N], len: 0 }
    }

    /// Adds `more`.
    pub fn put(&mut self, more: &[u8]) -> &mut Self {
        for &byte in more {
            // One byte stays zero, so that the text is a C string at any time.
            if self.len + 1 < N {
                self.bytes[self.len] = byte;
                self.len += 1;
            }
        }
        self
    }

    /// Adds a number in decimal.
    pub fn number(&mut self, value: usize) -> &mut Self {
        let (mut digits, mut rest, mut at) = ([0u8; 20], value, 20);
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 || at == 0 {
                break;
            }
        }
        self.put(&digits[at..])
    }

    /// Writes it to `descriptor`, whole.
    pub fn write(&self, descriptor: i32) {
        write(descriptor, &self.bytes[..self.len]);
    }

    /// Whether nothing was put yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// As a C string.
    pub fn as_ptr(&self) -> *const u8 {
        self.bytes.as_ptr()
    }
}

/// Writes all of `bytes`; a failure ends the attempt, as there is nobody to tell.
pub fn write(descriptor: i32, bytes: &[u8]) {
    let mut done = 0;
    while done < bytes.len() {
        let written = sys!(WRITE, descriptor, bytes[done..].as_ptr(), bytes.len() - done);
        if written <= 0 {
            return;
        }
        done += written as usize;
    }
}

/// A program without unwinding has nothing to say here; 99 is no step of either program.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    exit(99)
}

/// The ready-built `core` refers to it where it would unwind, which `panic=abort` never does.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The compiler turns loops that copy, fill, compare or measure into calls of these four, which a
/// libc would have.
///
/// # Safety
/// As for C's `memset`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise; the direction flag is clear between functions.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!("rep stosb", inout("rcx") len => _, inout("rdi") to => _, in("al") byte as u8);
    }
    #[cfg(not(target_arch = "x86_64"))]
    for i in 0..len {
        // SAFETY: the caller's promise. Volatile, lest this loop become a call of itself.
        unsafe { to.add(i).write_volatile(byte as u8) };
    }
    to
}

/// # Safety
/// As for C's `memcpy`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise; the direction flag is clear between functions.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!("rep movsb", inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _);
    }
    #[cfg(not(target_arch = "x86_64"))]
    for i in 0..len {
        // SAFETY: the caller's promise. Volatile, lest this loop become a call of itself.
        unsafe { to.add(i).write_volatile(*from.add(i)) };
    }
    to
}

/// # Safety
/// As for C's `bcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    for i in 0..len {
        // SAFETY: the caller's promise. Volatile, lest this loop become a call of itself.
        if unsafe { a.add(i).read_volatile() != b.add(i).read_volatile() } {
            return 1;
        }
    }
    0
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
