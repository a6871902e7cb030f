//! A compiled filter as a plan holds it.

use super::compile::{self, Instruction};
use super::rules::Rules;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A filter: its program, and what people want to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Where its rules come from, such as `the default profile`.
    pub from: Cow<'static, str>,
    /// What is decided for a call that no rule names, such as `ENOSYS`.
    pub otherwise: Cow<'static, str>,
    /// SECCOMP_FILTER_FLAG_*
    pub flags: u32,
    /// The instructions.
    pub program: Program,
}

impl Filter {
    /// Compiles rules.
    ///
    /// # Errors
    /// The number of instructions, if the kernel takes no program that long.
    pub fn compile(rules: &Rules, from: impl Into<Cow<'static, str>>) -> Result<Self, usize> {
        let program = compile::compile(rules)?;
        Ok(Self {
            from: from.into(),
            otherwise: rules.default.words().into(),
            flags: rules.flags,
            program: Program::new(&program),
        })
    }

    /// The built-in profile for the built-in capabilities.
    pub fn built_in() -> Self {
        Self {
            from: Cow::Borrowed("the default profile"),
            otherwise: Cow::Borrowed("ENOSYS"),
            flags: 0,
            program: Program(Cow::Borrowed(super::default::PROGRAM)),
        }
    }
}

/// A program as the kernel takes it: 8 bytes an instruction, least significant byte
/// first. As text it is hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub struct Program(Cow<'static, [u8]>);

impl Program {
    /// Packs instructions.
    pub fn new(instructions: &[Instruction]) -> Self {
        let mut bytes = Vec::with_capacity(instructions.len() * 8);
        for Instruction { code, yes, no, k } in instructions {
            bytes.extend(code.to_le_bytes());
            bytes.extend([*yes, *no]);
            bytes.extend(k.to_le_bytes());
        }
        Self(Cow::Owned(bytes))
    }

    /// Bytes that may be a program: whole instructions, and not too many of them.
    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let fits = bytes.len().is_multiple_of(8) && bytes.len() <= compile::MAX * 8;
        fits.then_some(Self(Cow::Owned(bytes)))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Number of instructions.
    pub fn len(&self) -> usize {
        self.0.len() / 8
    }

    /// Whether there is no instruction.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The instructions.
    pub fn instructions(&self) -> Vec<Instruction> {
        let one = |bytes: &[u8]| Instruction {
            code: u16::from_le_bytes([bytes[0], bytes[1]]),
            yes: bytes[2],
            no: bytes[3],
            k: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        };
        self.0.chunks_exact(8).map(one).collect()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({} instructions)", self.len())
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl Serialize for Program {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len() * 2);
        for byte in self.0.iter() {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Program {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = String::deserialize(deserializer)?;
        let bytes = unhex(&text).ok_or_else(|| D::Error::custom("not hexadecimal"))?;
        Self::from_bytes(bytes).ok_or_else(|| D::Error::custom("not a program"))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit =
        |byte: u8| DIGITS.iter().position(|known| *known == byte).and_then(|at| u8::try_from(at).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_survives_its_text() {
        let filter = Filter::built_in();
        let json = serde_json::to_string(&filter).unwrap();
        assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
        assert_eq!(Program::new(&filter.program.instructions()), filter.program);
        for bad in ["\"0\"", "\"zz\"", "\"00\"", "1"] {
            assert!(serde_json::from_str::<Program>(bad).is_err(), "{bad}");
        }
    }
}
