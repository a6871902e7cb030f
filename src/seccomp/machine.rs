//! Runs and prints programs.

use super::calls::{self, Arch};
use super::compile::{AND, Instruction, JUMP, JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_EQUAL, LOAD, RETURN};
use super::rules::Action;

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
const JUMP_SET: u16 = 0x45;

/// Runs a program: what it returns and how many instructions that took. Nothing for one
/// that the kernel would refuse.
pub fn run(program: &[Instruction], data: &Data) -> Option<(u32, usize)> {
    let mut at = 0_usize;
    let mut accumulator = 0;
    for steps in 1.. {
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
            RETURN => return Some((k, steps)),
            _ => return None,
        }
    }
    None
}

/// A program as people read it, one instruction a line.
pub fn listing(program: &[Instruction]) -> String {
    let mut text = String::new();
    // Which numbers the trees are about.
    let mut arch = None;
    let mut of_number = false;
    let bodies: Vec<(usize, Arch)> = bodies(program);
    for (at, Instruction { code, yes, no, k }) in program.iter().enumerate() {
        if let Some((_, body)) = bodies.iter().find(|(start, _)| *start == at) {
            arch = Some(*body);
            text += &format!("{}:\n", body.name());
        }
        let (yes, no) = (at + 1 + usize::from(*yes), at + 1 + usize::from(*no));
        let what = match *code {
            LOAD => {
                of_number = *k == 0;
                format!("load {}", field(*k))
            }
            AND => format!("and {k:#x}"),
            JUMP => format!("go to {}", at + 1 + *k as usize),
            JUMP_EQUAL => format!("if = {k:#x} go to {yes}, else {no}"),
            JUMP_GREATER => format!("if > {k:#x} go to {yes}, else {no}"),
            JUMP_GREATER_EQUAL => {
                let known = arch.filter(|_| of_number).and_then(|arch| named(*k, arch));
                let name = known.map_or_else(String::new, |name| format!(" ({name})"));
                format!("if >= {k}{name} go to {yes}, else {no}")
            }
            RETURN => Action::from_code(*k).map_or_else(|| format!("return {k:#x}"), Action::words),
            _ => format!("operation {code:#x} {k:#x}"),
        };
        text += &format!("{at:5}  {what}\n");
    }
    text
}

fn named(number: u32, arch: Arch) -> Option<&'static str> {
    let x32 = arch == Arch::X86_64 && number >= calls::X32_BIT;
    calls::name(number, if x32 { Arch::X32 } else { arch })
}

fn field(offset: u32) -> String {
    match offset {
        0 => "the number".to_owned(),
        4 => "the architecture".to_owned(),
        16.. if offset.is_multiple_of(8) => format!("argument {}, low half", (offset - 16) / 8),
        16.. => format!("argument {}, high half", (offset - 16) / 8),
        _ => format!("offset {offset}"),
    }
}

/// Where the instructions for each architecture begin.
fn bodies(program: &[Instruction]) -> Vec<(usize, Arch)> {
    let jumps = program.iter().enumerate().filter(|(_, it)| it.code == JUMP_EQUAL);
    let body = |(at, it): (usize, &Instruction)| {
        let arch = Arch::ALL.into_iter().find(|arch| arch.audit() == it.k)?;
        let mut start = at + 1 + usize::from(it.yes);
        if let Some(Instruction { code: JUMP, k, .. }) = program.get(start) {
            start += 1 + *k as usize;
        }
        (program.get(start)?.code == LOAD && program[start].k == 0).then_some((start, arch))
    };
    jumps.filter_map(body).collect()
}
