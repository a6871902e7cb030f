//! Names and numbers of capabilities(7).

pub use crate::sys::credentials::NAMES;

/// The number of a capability, by its full name.
pub fn number(name: &str) -> Option<u32> {
    NAMES.iter().position(|&n| n == name).and_then(|n| u32::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_kernel_s() {
        // uapi/linux/capability.h
        for (name, expected) in [("CAP_CHOWN", 0), ("CAP_SETPCAP", 8), ("CAP_NET_ADMIN", 12)] {
            assert_eq!(number(name), Some(expected));
        }
        for (name, expected) in
            [("CAP_SYS_CHROOT", 18), ("CAP_SYS_ADMIN", 21), ("CAP_MKNOD", 27), ("CAP_SETFCAP", 31)]
        {
            assert_eq!(number(name), Some(expected));
        }
        assert_eq!(number("CAP_CHECKPOINT_RESTORE"), Some(40));
        assert_eq!(number("CHOWN"), None);
    }
}
