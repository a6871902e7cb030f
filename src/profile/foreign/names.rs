//! Reads the lists of names, when somebody asks about one.
//!
//! They are text: tables of the program would be full of pointers, which the start of
//! every launch and of every init would have to relocate. A line is a comment (`#`),
//! `@ WHOSE` for those below it, or names with white space between them and
//!
//! | | |
//! |---|---|
//! | `-> KEY, CONVERT` | our key for the same, and how the value is carried over |
//! | `?? SENTENCE` | there is no such thing yet |
//! | `!! SENTENCE` | it is done otherwise |

use super::{Answer, Convert, Row};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use std::sync::LazyLock;

const LISTS: [&str; 8] = [
    include_str!("docker.txt"),
    include_str!("compose.txt"),
    include_str!("oci.txt"),
    include_str!("quadlet.txt"),
    include_str!("systemd.txt"),
    include_str!("lxc.txt"),
    include_str!("nsjail.txt"),
    include_str!("bubblewrap.txt"),
];

/// Whose each row is, and the row. A line that can't be read is left out; a test says so.
pub static ROWS: LazyLock<Vec<(&'static str, Row)>> = LazyLock::new(|| {
    let mut rows = Vec::with_capacity(512);
    for list in LISTS {
        let mut from = "";
        for line in list.lines() {
            match line.strip_prefix("@ ") {
                Some(whose) => from = whose,
                None => rows.extend(row(line).map(|row| (from, row))),
            }
        }
    }
    rows
});

fn row(line: &'static str) -> Option<Row> {
    if let Some((names, answer)) = line.split_once(" -> ") {
        let (key, convert) = answer.rsplit_once(", ")?;
        let convert: StrDeserializer<'_, Error> = convert.into_deserializer();
        return Some(Row(names, Answer::Key(key, Convert::deserialize(convert).ok()?)));
    }
    if let Some((names, text)) = line.split_once(" ?? ") {
        return Some(Row(names, Answer::NotYet(text)));
    }
    let (names, text) = line.split_once(" !! ")?;
    Some(Row(names, Answer::Otherwise(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        for list in LISTS {
            for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with(['#'])) {
                assert!(line.starts_with("@ ") || row(line).is_some(), "{line}");
            }
        }
        assert!(ROWS.len() > 400 && ROWS.iter().all(|(from, _)| from.ends_with("'s")));
    }
}
