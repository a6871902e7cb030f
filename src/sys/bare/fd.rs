//! Descriptors that close themselves. The library has std's; init, which has no std, has these
//! under the same names.

use super::{Result, memory};
#[cfg(tinydocker_init)]
pub use own::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
#[cfg(not(tinydocker_init))]
pub use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

#[cfg(tinydocker_init)]
mod own {
    use super::super::raw::call;
    use core::marker::PhantomData;

    /// A descriptor that is this value's alone.
    #[derive(Debug)]
    pub struct OwnedFd(i32);

    /// A descriptor that something else keeps open.
    #[derive(Clone, Copy)]
    pub struct BorrowedFd<'fd>(i32, PhantomData<&'fd OwnedFd>);

    impl BorrowedFd<'_> {
        /// # Safety
        /// The descriptor is open for as long as this is used.
        pub unsafe fn borrow_raw(number: i32) -> Self {
            Self(number, PhantomData)
        }
    }

    pub trait AsFd {
        fn as_fd(&self) -> BorrowedFd<'_>;
    }

    pub trait AsRawFd {
        fn as_raw_fd(&self) -> i32;
    }

    pub trait FromRawFd {
        /// # Safety
        /// The descriptor is open and nobody else's.
        unsafe fn from_raw_fd(number: i32) -> Self;
    }

    pub trait IntoRawFd {
        fn into_raw_fd(self) -> i32;
    }

    impl AsFd for OwnedFd {
        fn as_fd(&self) -> BorrowedFd<'_> {
            BorrowedFd(self.0, PhantomData)
        }
    }

    impl AsRawFd for OwnedFd {
        fn as_raw_fd(&self) -> i32 {
            self.0
        }
    }

    impl AsRawFd for BorrowedFd<'_> {
        fn as_raw_fd(&self) -> i32 {
            self.0
        }
    }

    impl FromRawFd for OwnedFd {
        unsafe fn from_raw_fd(number: i32) -> Self {
            Self(number)
        }
    }

    impl IntoRawFd for OwnedFd {
        fn into_raw_fd(self) -> i32 {
            let number = self.0;
            core::mem::forget(self);
            number
        }
    }

    impl Drop for OwnedFd {
        fn drop(&mut self) {
            // SAFETY: a plain integer, and nobody has the descriptor any more. A failure tells of
            // what was written before, which nothing here relies on.
            unsafe { call!(CLOSE, self.0) };
        }
    }
}

/// Descriptors by number: a plan's slots.
#[derive(Debug)]
pub struct Table(&'static mut [i32]);

impl Table {
    /// A table with so many places.
    ///
    /// # Errors
    /// ENOMEM
    pub fn with_places(places: usize) -> Result<Self> {
        memory::filled(places, -1).map(Self)
    }

    /// Takes in a descriptor. What was there is closed; with no such place, this one is.
    pub fn fill(&mut self, place: usize, descriptor: OwnedFd) {
        drop(self.take(place));
        if let Some(slot) = self.0.get_mut(place) {
            *slot = descriptor.into_raw_fd();
        }
    }

    /// Whether there is one.
    pub fn has(&self, place: usize) -> bool {
        self.0.get(place).is_some_and(|number| *number >= 0)
    }

    /// One of them.
    pub fn get(&self, place: usize) -> Option<BorrowedFd<'_>> {
        let number = self.0.get(place).filter(|number| **number >= 0)?;
        // SAFETY: it was taken in as an owned one, and is not closed while this is borrowed.
        Some(unsafe { BorrowedFd::borrow_raw(*number) })
    }

    /// Gives one away.
    pub fn take(&mut self, place: usize) -> Option<OwnedFd> {
        let slot = self.0.get_mut(place).filter(|number| **number >= 0)?;
        let number = core::mem::replace(slot, -1);
        // SAFETY: it was taken in as an owned one, and is forgotten here.
        Some(unsafe { OwnedFd::from_raw_fd(number) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_of_a_table_was_put_in() {
        let mut table = Table::with_places(2).unwrap();
        let (one, other) = std::io::pipe().unwrap();
        let identity = |fd: &OwnedFd| crate::sys::file::stat(fd.as_fd()).unwrap().identity;
        let (one, other) = (OwnedFd::from(one), OwnedFd::from(other));
        let wanted = identity(&one);
        table.fill(1, one);
        table.fill(2, other);
        assert!(table.has(1) && !table.has(0) && !table.has(2));
        assert!(table.take(0).is_none() && table.take(2).is_none() && table.get(0).is_none());
        assert!(table.get(1).is_some());
        assert_eq!(identity(&table.take(1).unwrap()), wanted);
        assert!(table.take(1).is_none());
    }
}
