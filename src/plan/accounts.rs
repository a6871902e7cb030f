//! What a root file system's own /etc/passwd and /etc/group say of names: passwd(5) and
//! group(5), read by ourselves. Pure; the C library's functions would load what the
//! rootfs's nsswitch.conf names.
//!
//! Init compiles this file once more, so it uses `core` only.
//!
//! The files are the rootfs's, so nothing is expected of them: lines that don't follow
//! the form are skipped, and the first one that fits is taken.

/// Where users are.
pub const PASSWD: &str = "/etc/passwd";

/// Where groups are.
pub const GROUP: &str = "/etc/group";

/// Larger files are refused; a hundred thousand users fit.
pub const LARGEST: u64 = 8 << 20;

/// A user's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'f> {
    /// Its number.
    pub uid: u32,
    /// The number of its primary group.
    pub gid: u32,
    /// Its home; `/` if the entry names none.
    pub home: &'f [u8],
}

/// A user of /etc/passwd.
pub fn user<'f>(passwd: &'f [u8], name: &[u8]) -> Option<Entry<'f>> {
    entries(passwd, name).find_map(|mut rest| {
        let (_password, uid, gid) = (rest.next()?, id(rest.next()?)?, id(rest.next()?)?);
        let (_comment, home) = (rest.next(), rest.next().unwrap_or_default());
        // A variable for the kernel can't hold NUL.
        let usable = home.starts_with(b"/") && !home.contains(&0);
        Some(Entry { uid, gid, home: if usable { home } else { b"/" } })
    })
}

/// The number of a group of /etc/group.
pub fn group(group: &[u8], name: &[u8]) -> Option<u32> {
    entries(group, name).find_map(|mut rest| id(rest.nth(1)?))
}

/// All names of either file, for suggestions.
pub fn names(file: &[u8]) -> impl Iterator<Item = &str> {
    file.split(|&b| b == b'\n').filter_map(|line| {
        let (name, _) = line.split_at(line.iter().position(|&b| b == b':')?);
        core::str::from_utf8(name).ok().filter(|name| !name.is_empty())
    })
}

/// The fields behind the name, of every line with this name.
fn entries<'f>(file: &'f [u8], name: &[u8]) -> impl Iterator<Item = impl Iterator<Item = &'f [u8]>> {
    file.split(|&b| b == b'\n').filter_map(move |line| {
        let rest = line.strip_prefix(name)?.strip_prefix(b":")?;
        Some(rest.split(|&b| b == b':'))
    })
}

/// Digits only; 4294967295 would leave the id as it is, which is root's.
fn id(field: &[u8]) -> Option<u32> {
    let digits = !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    let text = core::str::from_utf8(field).ok().filter(|_| digits)?;
    text.parse().ok().filter(|id| *id != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"\
root:x:0:0:root:/root:/bin/sh
# web:x:1:1::/comment:
web
web:x:4294967295:0::/minus-one:
web:x:-1:0::/negative:
web:x: 7:7::/space:
web:x:99999999999:7::/large:
web:x::7::/empty:
web:x:7:\xff::/bytes:
web:x:33:34:Web, server:/srv/www:/sbin/nologin
web:x:0:0::/second:
+@nis::::::
bare:x:5:6
relative:x:5:6::srv:
nul\0:x:1:1::/:
home:x:5:6::/a\0b:
last:x:8:9::/last:";

    #[test]
    fn the_first_line_that_follows_the_form_is_taken() {
        let entry = |uid, gid, home: &'static str| Some(Entry { uid, gid, home: home.as_bytes() });
        let user = |file, name: &str| user(file, name.as_bytes());
        assert_eq!(user(FILE, "root"), entry(0, 0, "/root"));
        assert_eq!(user(FILE, "web"), entry(33, 34, "/srv/www"));
        assert_eq!(user(FILE, "last"), entry(8, 9, "/last"));
        for name in ["bare", "relative", "home"] {
            assert_eq!(user(FILE, name), entry(5, 6, "/"), "{name}");
        }
        for name in ["", "we", "web:x", "nul", "none", "x"] {
            assert_eq!(user(FILE, name), None, "{name}");
        }
    }

    #[test]
    fn groups_have_their_number_in_the_third_field() {
        let file = b"video:x:four:\nvideo\nvideo:x:44:a,b\nvideo:x:45:\naudio::29";
        assert_eq!((group(file, b"video"), group(file, b"audio")), (Some(44), Some(29)));
        assert_eq!(group(file, b"a"), None);
        assert_eq!(names(file).collect::<Vec<_>>(), ["video", "video", "video", "audio"]);
    }

    #[test]
    fn any_bytes_will_do() {
        for file in [&b""[..], b"\n\n", b":", b":::::", b"\0\0\0", b"\xff\xfe:x:1:1", &[b'a'; 100_000]] {
            assert_eq!((user(file, b"web"), group(file, b"web")), (None, None));
            assert!(names(file).all(|name| name != "web"));
        }
    }
}
