//! Text that is put together: init has no allocator, and little to say.

use crate::sys::bare::{Call, Errno, Error, Result, memory};
use core::ffi::CStr;

/// All parts, one behind the other.
///
/// # Errors
/// ENOMEM; EINVAL of openat(2): a part holds a null byte.
pub fn joined<'a>(parts: &[&[u8]]) -> Result<&'a CStr> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let bytes = memory::bytes(length + 1)?;
    let mut at = 0;
    for part in parts {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    CStr::from_bytes_with_nul(bytes).map_err(|_| Error::new(Call::Open, Errno::EINVAL))
}

/// A number in decimal digits.
///
/// # Errors
/// ENOMEM
pub fn number<'a>(value: u32) -> Result<&'a CStr> {
    let (mut digits, mut rest, mut at) = ([0; 10], value, 10);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return joined(&[&digits[at..]]);
        }
    }
}

/// The number that these digits are.
pub fn parse(text: &CStr) -> Option<i32> {
    let digits = text.to_bytes();
    let value = |digits: &[u8]| {
        digits.iter().try_fold(0_i32, |value, digit| {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
            value.checked_mul(10)?.checked_add(digit.into())
        })
    };
    (!digits.is_empty()).then(|| value(digits)).flatten()
}

/// The folder that holds a path, without a slash at the end, and the last component.
pub fn split(path: &CStr) -> (&[u8], &CStr) {
    let bytes = path.to_bytes_with_nul();
    let (above, name) = match bytes.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (&bytes[..0], bytes),
    };
    (above, CStr::from_bytes_with_nul(name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_and_read() {
        for value in [0, 7, 10, 4096, i32::MAX] {
            let text = number(value.cast_unsigned()).unwrap();
            assert_eq!((text.to_str().unwrap(), parse(text)), (value.to_string().as_str(), Some(value)));
        }
        assert_eq!(number(u32::MAX).unwrap(), c"4294967295");
        for text in [c"", c"-1", c"1 ", c"x", c"2147483648", c"99999999999999999999"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn text_is_joined_and_split() {
        assert_eq!(joined(&[b"/etc", b"/", b"hosts"]).unwrap(), c"/etc/hosts");
        assert_eq!(joined(&[b"a\0b"]).unwrap_err().errno, Errno::EINVAL);
        assert_eq!(split(c"/etc/hosts"), (&b"/etc"[..], c"hosts"));
        assert_eq!(split(c"/proc"), (&b""[..], c"proc"));
        assert_eq!(split(c"name"), (&b""[..], c"name"));
        assert_eq!(split(c"/a/"), (&b"/a"[..], c""));
    }
}
