//! The bridge between serde and the lexical forms: a form sees one scalar and says
//! what it is or what is wrong with it.

use super::fault::Fault;
use serde::de::{Error, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A scalar as TOML has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    /// A decimal integer.
    Integer(i128),
    /// An integer written `0o…`; `document` delivers those as `u32`.
    Octal(u32),
    /// A float.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// Text.
    Text(&'a str),
}

impl fmt::Display for Scalar<'_> {
    /// As a person would name it: "the integer 12".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => write!(f, "the integer {n}"),
            Self::Octal(n) => write!(f, "the integer 0o{n:o}"),
            Self::Float(n) => write!(f, "the float {n}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Text(_) => f.write_str("text"),
        }
    }
}

/// A type of value with a lexical form of its own.
pub trait Form: Sized {
    /// What belongs here, to follow "expected": `a size such as "256m"`.
    const EXPECTS: &'static str;

    /// Reads the scalar.
    ///
    /// # Errors
    /// What is wrong with it.
    fn read(scalar: Scalar<'_>) -> Result<Self, Fault>;
}

/// The fault of a scalar whose type doesn't fit.
pub fn wrong_type<F: Form>(scalar: Scalar<'_>) -> Fault {
    Fault::new("type", format!("expected {}, found {scalar}", F::EXPECTS), expected_label(F::EXPECTS))
}

/// The label of a value whose type doesn't fit: "expected …", without the examples.
pub fn expected_label(expects: &str) -> String {
    let short = expects.split(" such as ").next().unwrap_or(expects);
    format!("expected {short}")
}

/// Visits any scalar for a [`Form`].
pub struct FormVisitor<F>(pub PhantomData<F>);

impl<F: Form> FormVisitor<F> {
    fn read<E: Error>(scalar: Scalar<'_>) -> Result<F, E> {
        F::read(scalar).map_err(|fault| E::custom(fault.encode()))
    }
}

impl<F: Form> Visitor<'_> for FormVisitor<F> {
    type Value = F;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(F::EXPECTS)
    }
    fn visit_i64<E: Error>(self, n: i64) -> Result<F, E> {
        Self::read(Scalar::Integer(n.into()))
    }
    fn visit_u32<E: Error>(self, n: u32) -> Result<F, E> {
        Self::read(Scalar::Octal(n))
    }
    fn visit_u64<E: Error>(self, n: u64) -> Result<F, E> {
        Self::read(Scalar::Integer(n.into()))
    }
    fn visit_f64<E: Error>(self, n: f64) -> Result<F, E> {
        Self::read(Scalar::Float(n))
    }
    fn visit_bool<E: Error>(self, b: bool) -> Result<F, E> {
        Self::read(Scalar::Bool(b))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<F, E> {
        Self::read(Scalar::Text(text))
    }
}

/// Implements `Deserialize` for forms.
macro_rules! deserialize_forms {
    ($($form:ty),+ $(,)?) => {$(
        impl<'de> serde::Deserialize<'de> for $form {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::profile::form::FormVisitor(std::marker::PhantomData))
            }
        }
    )+};
}
pub(super) use deserialize_forms;
