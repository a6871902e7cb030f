//! Runs programs.

use super::compile::{AND, Instruction, JUMP, JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_EQUAL, LOAD, RETURN};

/// What the kernel tells a filter of a call, struct seccomp_data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data {
    /// The number.
    pub number: u32,
    /// AUDIT_ARCH_*
    pub arch: u32,
    /// Where the call was made.
    pub pointer: u64,
    /// The arguments.
    pub arguments: [u64; 6],
}

impl Data {
    fn word(&self, offset: u32) -> Option<u32> {
        Some(match offset {
            0 => self.number,
            4 => self.arch,
            8 => self.pointer as u32,
            12 => (self.pointer >> 32) as u32,
            16..64 if offset.is_multiple_of(4) => {
                let argument = self.arguments[(offset as usize - 16) / 8];
                if offset.is_multiple_of(8) { argument as u32 } else { (argument >> 32) as u32 }
            }
            _ => return None,
        })
    }
}

/// BPF_JMP | BPF_JSET | BPF_K; libseccomp's programs have it, ours do not.
pub const JUMP_SET: u16 = 0x45;

/// What becomes of a call, as far as its number and its architecture decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decided {
    /// This is returned, SECCOMP_RET_*.
    Returns(u32),
    /// The instruction at this position asks for an argument.
    AsksAt(usize),
}

/// Follows a program for calls of a number, whatever their arguments are. Nothing for a
/// program that the kernel would refuse.
pub fn decided(program: &[Instruction], arch: u32, number: u32) -> Option<Decided> {
    let data = Data { number, arch, pointer: 0, arguments: [0; 6] };
    let asks = |at: usize| program.get(at).is_some_and(|it| it.code == LOAD && it.k > 4);
    follow(program, &data, asks).map(|(decided, _)| decided)
}

/// Runs a program: what it returns and how many instructions that took. Nothing for one
/// that the kernel would refuse.
pub fn run(program: &[Instruction], data: &Data) -> Option<(u32, usize)> {
    match follow(program, data, |_| false)? {
        (Decided::Returns(code), steps) => Some((code, steps)),
        (Decided::AsksAt(_), _) => None,
    }
}

/// Runs a program up to its end, or to where `asks` says so.
fn follow(program: &[Instruction], data: &Data, asks: impl Fn(usize) -> bool) -> Option<(Decided, usize)> {
    let mut at = 0_usize;
    let mut accumulator = 0;
    for steps in 1.. {
        if asks(at) {
            return Some((Decided::AsksAt(at), steps));
        }
        let Instruction { code, yes, no, k } = *program.get(at)?;
        at += 1;
        let jump = |truth: bool| usize::from(if truth { yes } else { no });
        match code {
            LOAD => accumulator = data.word(k)?,
            AND => accumulator &= k,
            JUMP => at = at.checked_add(k as usize)?,
            JUMP_EQUAL => at += jump(accumulator == k),
            JUMP_GREATER => at += jump(accumulator > k),
            JUMP_GREATER_EQUAL => at += jump(accumulator >= k),
            JUMP_SET => at += jump(accumulator & k != 0),
            RETURN => return Some((Decided::Returns(k), steps)),
            _ => return None,
        }
    }
    None
}
