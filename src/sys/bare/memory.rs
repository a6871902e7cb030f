//! Memory that is not given back: init needs little, and what it becomes has none of it.

use super::{Call, Errno, Error, Result};

/// So many of a kind, each the same.
///
/// # Errors
/// ENOMEM
pub fn filled<'a, T: Copy + 'a>(length: usize, value: T) -> Result<&'a mut [T]> {
    const { assert!(align_of::<T>() <= ALIGNED) };
    let room = length.checked_mul(size_of::<T>()).ok_or(NO_ROOM)?;
    let start: *mut T = core::ptr::with_exposed_provenance_mut(take(room)?);
    for at in 0..length {
        // SAFETY: the memory is ours, aligned for any such type, and nobody gets it a second time.
        unsafe { start.add(at).write(value) };
    }
    // SAFETY: as above; all of it has just been written.
    Ok(unsafe { core::slice::from_raw_parts_mut(start, length) })
}

/// So many bytes, zero.
///
/// # Errors
/// ENOMEM
pub fn bytes<'a>(length: usize) -> Result<&'a mut [u8]> {
    let start: *mut u8 = core::ptr::with_exposed_provenance_mut(take(length)?);
    // SAFETY: the memory is ours and zero, and nobody gets it a second time.
    Ok(unsafe { core::slice::from_raw_parts_mut(start, length) })
}

/// What the address of memory is a multiple of.
const ALIGNED: usize = 16;

const NO_ROOM: Error = Error { call: Call::Brk, errno: Errno::ENOMEM };

/// The address of so many bytes, which are zero.
#[cfg(tinydocker_init)]
fn take(length: usize) -> Result<usize> {
    use super::raw::call;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    /// What the kernel is asked for at a time: pages that are not touched cost nothing.
    const STEP: usize = 64 << 10;
    /// The part of the heap that is free: from where to where.
    static FREE: AtomicUsize = AtomicUsize::new(0);
    static END: AtomicUsize = AtomicUsize::new(0);
    // SAFETY: plain integers. The heap only grows, so that nothing that is in use goes away.
    let brk = |end: usize| unsafe { call!(BRK, end) }.cast_unsigned();
    if END.load(Relaxed) == 0 {
        let start = brk(0).next_multiple_of(ALIGNED);
        FREE.store(start, Relaxed);
        END.store(start, Relaxed);
    }
    let start = FREE.load(Relaxed);
    let end = length.checked_next_multiple_of(ALIGNED).and_then(|room| start.checked_add(room));
    let end = end.ok_or(NO_ROOM)?;
    if end > END.load(Relaxed) {
        let wanted = end.checked_add(STEP).ok_or(NO_ROOM)?;
        // On failure it answers where the heap has ended before.
        if brk(wanted) < wanted {
            return Err(NO_ROOM);
        }
        END.store(wanted, Relaxed);
    }
    FREE.store(end, Relaxed);
    Ok(start)
}

/// In the library, which only tests it: from std.
#[cfg(not(tinydocker_init))]
fn take(length: usize) -> Result<usize> {
    let mut memory: Vec<u128> = Vec::new();
    memory.try_reserve_exact(length.div_ceil(ALIGNED)).map_err(|_| NO_ROOM)?;
    memory.resize(length.div_ceil(ALIGNED), 0);
    Ok(memory.leak().as_mut_ptr().expose_provenance())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zero_and_nobody_elses() {
        let (one, other) = (bytes(100).unwrap(), bytes(100).unwrap());
        assert!(one.iter().chain(&*other).all(|byte| *byte == 0));
        one.fill(1);
        assert!(other.iter().all(|byte| *byte == 0));
        assert_eq!(filled(3, (1_u64, 2_u8)).unwrap(), [(1, 2); 3]);
        assert_eq!((filled(0, -1).unwrap().len(), bytes(0).unwrap().len()), (0, 0));
        assert_eq!(filled(usize::MAX, 0_u16).unwrap_err(), NO_ROOM);
        assert_eq!(bytes(usize::MAX / 2 + 2).unwrap_err(), NO_ROOM);
    }
}
