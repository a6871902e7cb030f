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

/// Sizes up to this one are kept in lists of their own.
const LARGEST: usize = 1024;

/// The sizes of the lists are this far apart, and everything in them is so aligned.
const STEP: usize = 16;

/// Memory for small sizes is taken from dlmalloc in pieces of this size.
const PIECE: usize = 8 * 1024;

/// The global allocator. Most of what a short-lived program allocates is small and soon
/// given back: such memory goes to a list of its size, and is taken from there, which
/// takes a few instructions and no header. All else is dlmalloc's.
#[derive(Debug)]
pub struct LaunchAllocator {
    busy: AtomicBool,
    heap: UnsafeCell<Heap>,
}

/// Free memory, by size.
#[derive(Debug)]
struct Lists {
    free: [*mut Free; LARGEST / STEP],
    /// What is left of the piece that memory is cut from.
    rest: *mut u8,
    left: usize,
}

/// Free memory holds the way to the next of its size.
struct Free {
    next: *mut Free,
}

thread_local! {
    /// Each thread's own: a lock for every piece of text would cost more than the text. What
    /// one thread took and another gives back is the other's. What a thread leaves in them at
    /// its end is lost.
    static LISTS: UnsafeCell<Lists> = const {
        UnsafeCell::new(Lists {
            free: [std::ptr::null_mut(); LARGEST / STEP],
            rest: std::ptr::null_mut(),
            left: 0,
        })
    };
}

struct Heap(Dlmalloc<Chunks>);

impl std::fmt::Debug for Heap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heap").finish_non_exhaustive()
    }
}

// SAFETY: the heap is only touched by who holds `busy`.
unsafe impl Sync for LaunchAllocator {}

/// Which list is for a layout; none for what is large or oddly aligned.
fn list(layout: Layout) -> Option<usize> {
    // A size of 0 becomes a very large one.
    let list = layout.size().wrapping_sub(1) / STEP;
    (list < LARGEST / STEP && layout.align() <= STEP).then_some(list)
}

/// The size of the memory in a list.
const fn size_of_list(list: usize) -> usize {
    (list + 1) * STEP
}

impl LaunchAllocator {
    /// An empty heap.
    pub const fn new() -> Self {
        Self {
            busy: AtomicBool::new(false),
            heap: UnsafeCell::new(Heap(Dlmalloc::new_with_allocator(Chunks))),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Dlmalloc<Chunks>) -> T) -> T {
        while self.busy.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            std::hint::spin_loop();
        }
        // SAFETY: `busy` was free and is ours now.
        let result = work(unsafe { &mut (*self.heap.get()).0 });
        self.busy.store(false, Ordering::Release);
        result
    }

    /// Memory of a list's size.
    fn take(&self, list: usize) -> *mut u8 {
        LISTS.with(|lists| {
            // SAFETY: the lists are this thread's, and nothing below comes back here.
            let lists = unsafe { &mut *lists.get() };
            let first = lists.free[list];
            if first.is_null() {
                return self.cut(lists, size_of_list(list));
            }
            // SAFETY: what is in a list is free memory that begins with a `Free`.
            lists.free[list] = unsafe { (*first).next };
            first.cast()
        })
    }

    /// Memory that was in no list yet.
    #[cold]
    fn cut(&self, lists: &mut Lists, size: usize) -> *mut u8 {
        if lists.left < size {
            // SAFETY: the size is not 0.
            let piece = self.with(|heap| unsafe { heap.malloc(PIECE, STEP) });
            if piece.is_null() {
                return piece;
            }
            if lists.left > 0 {
                // SAFETY: the rest is free, aligned, a multiple of `STEP` and smaller than the
                // largest size of a list.
                unsafe { lists.put(lists.left / STEP - 1, lists.rest) };
            }
            (lists.rest, lists.left) = (piece, PIECE);
        }
        let memory = lists.rest;
        // SAFETY: `left` says that the piece has as much.
        lists.rest = unsafe { memory.add(size) };
        lists.left -= size;
        memory
    }

    /// Takes memory of a list's size back.
    ///
    /// # Safety
    /// The memory is of this allocator, of this list's size, and nobody's.
    unsafe fn give(&self, list: usize, memory: *mut u8) {
        // SAFETY: the lists are this thread's; the rest is the caller's promise.
        LISTS.with(|lists| unsafe { (*lists.get()).put(list, memory) });
    }
}

impl Lists {
    /// # Safety
    /// The memory is free, aligned to [`STEP`] and at least of the list's size.
    unsafe fn put(&mut self, list: usize, memory: *mut u8) {
        let free: *mut Free = memory.cast();
        // SAFETY: the caller's promise: there is room for a pointer.
        unsafe { free.write(Free { next: self.free[list] }) };
        self.free[list] = free;
    }
}

impl Default for LaunchAllocator {
    fn default() -> Self {
        Self::new()
    }
}

// Not part of everything that allocates: a program of more pages takes longer to begin.
// SAFETY: every layout leads to the same place when memory is taken and given back: a
// list, whose memory is as large and aligned as any layout of it, or dlmalloc, which keeps
// GlobalAlloc's contract.
unsafe impl GlobalAlloc for LaunchAllocator {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match list(layout) {
            Some(list) => self.take(list),
            // SAFETY: the caller's promise: a size that is not 0.
            None => self.with(|heap| unsafe { heap.malloc(layout.size(), layout.align()) }),
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match list(layout) {
            Some(list) => {
                let memory = self.take(list);
                if !memory.is_null() {
                    // SAFETY: it is at least as large as the layout.
                    unsafe { memory.write_bytes(0, layout.size()) };
                }
                memory
            }
            // SAFETY: as above.
            None => self.with(|heap| unsafe { heap.calloc(layout.size(), layout.align()) }),
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        match list(layout) {
            // SAFETY: the caller's promise: memory of this allocator with this layout.
            Some(list) => unsafe { self.give(list, memory) },
            // SAFETY: as above.
            None => self.with(|heap| unsafe { heap.free(memory, layout.size(), layout.align()) }),
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise: the new size fits the alignment.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (list(layout), list(new)) {
            (Some(old), Some(new)) if old == new => memory,
            (None, None) => {
                // SAFETY: as above.
                self.with(|heap| unsafe { heap.realloc(memory, layout.size(), layout.align(), size) })
            }
            _ => {
                // SAFETY: the caller's promise; both places hold as much as is copied.
                unsafe {
                    let moved = self.alloc(new);
                    if !moved.is_null() {
                        moved.copy_from_nonoverlapping(memory, layout.size().min(size));
                        self.dealloc(memory, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory that is held keeps what was written to it, whatever its size and whoever else
    /// takes, grows, shrinks and gives back.
    #[test]
    fn memory_is_nobody_elses() {
        let allocator = LaunchAllocator::new();
        let mut held: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let check = |&(memory, layout, byte): &(*mut u8, Layout, u8)| {
            assert_eq!(memory.addr() % layout.align(), 0, "{layout:?}");
            // SAFETY: it is held, and was filled.
            let bytes = unsafe { std::slice::from_raw_parts(memory, layout.size()) };
            assert!(bytes.iter().all(|it| *it == byte), "{layout:?}");
        };
        for round in 0..20_000_u32 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let size = 1 + (random >> 8) as usize % if random.is_multiple_of(8) { 20_000 } else { 1_100 };
            let align = 1 << ((random >> 40) % 8);
            let byte = round as u8;
            match (random >> 60, held.len()) {
                (0..6, _) | (_, 0) => {
                    let layout = Layout::from_size_align(size, align).unwrap();
                    // SAFETY: the size is not 0.
                    let memory = unsafe {
                        if byte.is_multiple_of(2) {
                            allocator.alloc_zeroed(layout)
                        } else {
                            allocator.alloc(layout)
                        }
                    };
                    assert!(!memory.is_null());
                    if byte.is_multiple_of(2) {
                        check(&(memory, layout, 0));
                    }
                    // SAFETY: it has this size.
                    unsafe { memory.write_bytes(byte, size) };
                    held.push((memory, layout, byte));
                }
                (6..10, count) => {
                    let one = &mut held[round as usize % count];
                    check(one);
                    // SAFETY: held memory of this layout.
                    let memory = unsafe { allocator.realloc(one.0, one.1, size) };
                    let kept = Layout::from_size_align(size.min(one.1.size()), one.1.align()).unwrap();
                    check(&(memory, kept, one.2));
                    let layout = Layout::from_size_align(size, one.1.align()).unwrap();
                    // SAFETY: it has this size.
                    unsafe { memory.write_bytes(byte, size) };
                    *one = (memory, layout, byte);
                }
                (_, count) => {
                    let one = held.swap_remove(round as usize % count);
                    check(&one);
                    // SAFETY: held memory of this layout.
                    unsafe { allocator.dealloc(one.0, one.1) };
                }
            }
        }
        held.iter().for_each(check);
    }

    #[test]
    fn threads_share_nothing() {
        let allocator = LaunchAllocator::new();
        let layout = Layout::from_size_align(48, 8).unwrap();
        let fill = |byte: u8| {
            for _ in 0..2_000 {
                // SAFETY: a size that is not 0; the memory is filled, read and given back.
                unsafe {
                    let memory = allocator.alloc(layout);
                    memory.write_bytes(byte, 48);
                    std::thread::yield_now();
                    assert!(std::slice::from_raw_parts(memory, 48).iter().all(|it| *it == byte));
                    allocator.dealloc(memory, layout);
                }
            }
        };
        fill(1);
        std::thread::scope(|scope| {
            for byte in 2..5 {
                scope.spawn(move || fill(byte));
            }
            fill(5);
        });
    }
}
