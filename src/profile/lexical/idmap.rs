//! Maps of ids: which id of the container a file's owner on the host is.

use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};
use crate::profile::path::quote_text;
use crate::profile::types::IdMap;
use figment::value::{Dict, Value};

deserialize_forms!(IdMaps);

/// Maps, none for "off". As text each is `CONTAINER:HOST:SIZE`, and they are joined by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdMaps(pub Vec<IdMap>);

fn fault(shown: &str, label: impl Into<String>) -> Fault {
    Fault::new("id_map", format!("{shown} is no map of ids"), label)
        .help("write idmap = [{ container = 0, host = 100000, size = 65536 }], or \"off\"")
}

impl Form for IdMaps {
    const EXPECTS: &'static str = "an array of maps such as [{ container = 0, host = 100000, size = 65536 }]";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let Scalar::Text(text) = scalar else { return Err(wrong_type::<Self>(scalar)) };
        match text {
            "off" => return Ok(Self(Vec::new())),
            "match-user" => {
                return Err(fault("\"match-user\"", "there are no user namespaces yet")
                    .help("it follows `namespaces.user`, which tinydocker does not have yet; write the maps themselves"));
            }
            _ => {}
        }
        let map = |part: &str| {
            let numbers: Option<Vec<u32>> =
                part.split(':').map(|number| number.trim().parse().ok()).collect();
            match numbers.as_deref() {
                Some(&[container, host, size]) => Ok(IdMap { container, host, size }),
                _ => Err(fault(&quote_text(text), "not CONTAINER:HOST:SIZE")),
            }
        };
        let maps = text.split(',').map(map).collect::<Result<Vec<_>, _>>()?;
        for (index, one) in maps.iter().enumerate() {
            let end = |start: u32| u64::from(start) + u64::from(one.size);
            // The last id stands for none, user_namespaces(7).
            if one.size == 0 || end(one.container).max(end(one.host)) > u64::from(u32::MAX) {
                return Err(fault(&quote_text(text), "a range of no ids, or beyond 4294967294"));
            }
            let overlap = |a: u32, b: u32, other: &IdMap| {
                u64::from(a) < u64::from(b) + u64::from(other.size)
                    && u64::from(b) < u64::from(a) + u64::from(one.size)
            };
            for other in &maps[index + 1..] {
                if overlap(one.container, other.container, other) || overlap(one.host, other.host, other) {
                    let both = format!(
                        "{}:{}:{} and {}:{}:{} overlap",
                        one.container, one.host, one.size, other.container, other.host, other.size
                    );
                    return Err(fault(&quote_text(text), both));
                }
            }
        }
        Ok(Self(maps))
    }
}

/// The text of an array of tables.
///
/// # Errors
/// The index of what is no map, and why.
pub fn text(maps: &[Value]) -> Result<String, (usize, Fault)> {
    let one = |table: &Dict| {
        let number = |key: &str| {
            let value = table.get(key).and_then(Value::to_i128).and_then(|number| u32::try_from(number).ok());
            value.ok_or_else(|| fault("this", format!("`{key}` is missing, or no id")))
        };
        if let Some(other) = table.keys().find(|key| !["container", "host", "size"].contains(&key.as_str())) {
            return Err(fault("this", format!("no `{other}` belongs to a map")));
        }
        Ok(format!("{}:{}:{}", number("container")?, number("host")?, number("size")?))
    };
    let map = |(index, value): (usize, &Value)| match value.as_dict() {
        Some(table) => one(table).map_err(|fault| (index, fault)),
        None => Err((index, fault("this", "no table"))),
    };
    Ok(maps.iter().enumerate().map(map).collect::<Result<Vec<_>, _>>()?.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_do_not_overlap() {
        let read = |text| IdMaps::read(Scalar::Text(text)).map(|maps| maps.0.len()).ok();
        assert_eq!((read("off"), read("0:100000:65536"), read("0:5:1,1:9:2")), (Some(0), Some(1), Some(2)));
        for bad in ["", "0:1", "0:1:0", "0:5:2,1:9:1", "0:5:2,3:6:1", "0:4294967294:9", "match-user", "x:1:1"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
