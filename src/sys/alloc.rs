//! The allocator of the musl build, whose C library's own is slow: dlmalloc over
//! memory that is taken from the kernel in whole chunks and already mapped. A launch
//! touches all of its first chunk anyway; page by page that would be as many faults.

use dlmalloc::{Allocator, Dlmalloc};
use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is asked of the kernel at least.
const CHUNK: usize = 64 * 1024;

struct Chunks;

// SAFETY: `alloc` returns memory that is ours alone and zeroed (anonymous mmap), of
// the size that it says; nothing is ever given back in part.
unsafe impl Allocator for Chunks {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let size = size.next_multiple_of(CHUNK);
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // Large requests are mapped as they are used: nobody knows how much of them is.
        let populate = if size == CHUNK { libc::MAP_POPULATE } else { 0 };
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | populate;
        // SAFETY: a new anonymous mapping disturbs nothing.
        let memory = unsafe { libc::mmap(std::ptr::null_mut(), size, protection, flags, -1, 0) };
        if memory == libc::MAP_FAILED { (std::ptr::null_mut(), 0, 0) } else { (memory.cast(), size, 0) }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        std::ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, memory: *mut u8, size: usize) -> bool {
        // A chunk is kept for what comes next; only larger ones are worth a system call.
        // SAFETY: dlmalloc gives back what `alloc` returned, whole.
        size > CHUNK && unsafe { libc::munmap(memory.cast(), size) == 0 }
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        // What dlmalloc rounds its requests to; any page size of Linux divides it.
        CHUNK
    }
}

/// The global allocator.
#[derive(Debug)]
pub struct LaunchAllocator {
    busy: AtomicBool,
    heap: UnsafeCell<Heap>,
}

struct Heap(Dlmalloc<Chunks>);

impl std::fmt::Debug for Heap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heap").finish_non_exhaustive()
    }
}

// SAFETY: the heap is only touched by who holds `busy`.
unsafe impl Sync for LaunchAllocator {}

impl LaunchAllocator {
    /// An empty heap.
    pub const fn new() -> Self {
        Self {
            busy: AtomicBool::new(false),
            heap: UnsafeCell::new(Heap(Dlmalloc::new_with_allocator(Chunks))),
        }
    }

    /// The program has one thread, so the lock is never waited for; it is here since
    /// an allocator may not rely on that.
    fn with<T>(&self, work: impl FnOnce(&mut Dlmalloc<Chunks>) -> T) -> T {
        while self.busy.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            std::hint::spin_loop();
        }
        // SAFETY: `busy` was free and is ours now.
        let result = work(unsafe { &mut (*self.heap.get()).0 });
        self.busy.store(false, Ordering::Release);
        result
    }
}

impl Default for LaunchAllocator {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: dlmalloc keeps GlobalAlloc's contract; sizes and alignments are passed on.
unsafe impl GlobalAlloc for LaunchAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise: a size that is not 0.
        self.with(|heap| unsafe { heap.malloc(layout.size(), layout.align()) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        self.with(|heap| unsafe { heap.calloc(layout.size(), layout.align()) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise: memory of this allocator with this layout.
        self.with(|heap| unsafe { heap.free(memory, layout.size(), layout.align()) });
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        self.with(|heap| unsafe { heap.realloc(memory, layout.size(), layout.align(), size) })
    }
}
