//! Rates of block I/O.

use super::size::{Size, negative};
use crate::profile::fault::Fault;
use crate::profile::form::{Form, Scalar, deserialize_forms, wrong_type};

deserialize_forms!(ByteRate, OperationRate);

const NO_LIMIT: &str = "for no limit leave the key out";

/// The kernel keeps operations a second in 32 bits, of which the largest number means
/// no limit.
const MOST_OPERATIONS: u64 = u32::MAX as u64 - 1;

/// Bytes a second, written as a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRate(pub u64);

impl Form for ByteRate {
    const EXPECTS: &'static str = r#"a size for every second such as "10m""#;
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        if scalar == Scalar::Text("max") {
            return Err(wrong_type::<Self>(scalar).help(NO_LIMIT));
        }
        match Size::read(scalar) {
            Ok(Size(0)) => Err(nothing_passes()),
            Ok(Size(bytes)) => Ok(Self(bytes)),
            Err(fault) if fault.code == "type" => Err(wrong_type::<Self>(scalar)),
            Err(fault) => Err(fault),
        }
    }
}

/// Operations a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationRate(pub u64);

impl Form for OperationRate {
    const EXPECTS: &'static str = "a number of operations for every second";
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault> {
        let number = match scalar {
            Scalar::Integer(number) => number,
            Scalar::Octal(number) => number.into(),
            Scalar::Text("max") => return Err(wrong_type::<Self>(scalar).help(NO_LIMIT)),
            Scalar::Text(text) if text.parse::<u32>().is_ok() => {
                return Err(wrong_type::<Self>(scalar).help(format!("write {text} without quotes")));
            }
            _ => return Err(wrong_type::<Self>(scalar)),
        };
        match u64::try_from(number) {
            Ok(0) => Err(nothing_passes()),
            Ok(number) if number <= MOST_OPERATIONS => Ok(Self(number)),
            Ok(number) => Err(Fault::new(
                "range",
                format!("the kernel can't count {number} operations a second"),
                format!("at most {MOST_OPERATIONS}"),
            )
            .help(NO_LIMIT)),
            Err(_) => Err(negative(number, "number of operations").help(NO_LIMIT)),
        }
    }
}

fn nothing_passes() -> Fault {
    Fault::new("range", "a rate of 0 would let nothing through", "at least 1").help(NO_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        assert_eq!(ByteRate::read(Scalar::Text("1m")).unwrap().0, 1 << 20);
        assert_eq!(ByteRate::read(Scalar::Integer(5000)).unwrap().0, 5000);
        assert_eq!(OperationRate::read(Scalar::Integer(100)).unwrap().0, 100);
        for bad in [Scalar::Text("max"), Scalar::Integer(0), Scalar::Integer(-1), Scalar::Float(1.5)] {
            assert!(ByteRate::read(bad).is_err() && OperationRate::read(bad).is_err(), "{bad}");
        }
        assert_eq!(ByteRate::read(Scalar::Text("1q")).unwrap_err().code, "size_unit");
        assert!(OperationRate::read(Scalar::Text("1k")).is_err());
        assert!(OperationRate::read(Scalar::Integer(1 << 32)).is_err());
    }
}
