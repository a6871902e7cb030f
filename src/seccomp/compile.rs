//! Rules → a classic BPF program: for each architecture a balanced tree over its
//! numbers. Depth counts and length hardly does, since the kernel runs a filter once for
//! every number when it loads, to learn which calls it need not be asked about.
//!
//! Jumps lead forward only, so the program is written from its end.

use super::calls::{Arch, X32_BIT};
use super::rules::{Action, Call, Comparison, Condition, Rules};
use std::collections::BTreeMap;

/// An instruction, struct sock_filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// How many to skip if true.
    pub yes: u8,
    /// How many to skip if false.
    pub no: u8,
    /// Operand.
    pub k: u32,
}

/// BPF_LD | BPF_W | BPF_ABS
pub const LOAD: u16 = 0x20;
/// BPF_ALU | BPF_AND | BPF_K
pub const AND: u16 = 0x54;
/// BPF_JMP | BPF_JA
pub const JUMP: u16 = 0x05;
/// BPF_JMP | BPF_JEQ | BPF_K
pub const JUMP_EQUAL: u16 = 0x15;
/// BPF_JMP | BPF_JGT | BPF_K
pub const JUMP_GREATER: u16 = 0x25;
/// BPF_JMP | BPF_JGE | BPF_K
pub const JUMP_GREATER_EQUAL: u16 = 0x35;
/// BPF_RET | BPF_K
pub const RETURN: u16 = 0x06;

/// BPF_MAXINSNS
pub const MAX: usize = 4096;

/// Offsets in struct seccomp_data.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const ARGUMENTS: u32 = 16;

/// Compiles rules.
///
/// # Errors
/// The number of instructions, if it is more than the kernel takes ([`MAX`]).
pub fn compile(rules: &Rules) -> Result<Vec<Instruction>, usize> {
    let mut code = Code::default();
    let mut next = code.ret(rules.foreign);
    let audits = [Arch::Arm, Arch::Aarch64, Arch::X86, Arch::X86_64];
    for arch in audits {
        let Some(ranges) = ranges(rules, arch) else { continue };
        code.leaves.clear();
        let top = code.tree(&ranges);
        code.fall_to(top);
        let body = code.push(LOAD, NUMBER);
        next = code.branch(JUMP_EQUAL, arch.audit(), body, next);
    }
    code.push(LOAD, ARCH);
    let mut program = code.reversed;
    program.reverse();
    if program.len() > MAX { Err(program.len()) } else { Ok(program) }
}

/// What is decided from each number on, and whether its arguments have 32 bits.
type Ranges<'r> = Vec<(u32, Decision<'r>)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Decision<'r> {
    Plain(Action),
    Call(&'r Call, bool),
}

/// The ranges of one AUDIT_ARCH; x32 lies among x86_64's numbers.
fn ranges(rules: &Rules, arch: Arch) -> Option<Ranges<'_>> {
    let own = rules.tables.get(&arch);
    let x32 = (arch == Arch::X86_64).then(|| rules.tables.get(&Arch::X32)).flatten();
    if own.is_none() && x32.is_none() {
        return None;
    }
    let absent = Decision::Plain(rules.foreign);
    let default = Decision::Plain(rules.default);
    let mut ranges: Ranges<'_> = vec![(0, if own.is_some() { default } else { absent })];
    fill(&mut ranges, own, default, arch.is_narrow());
    if arch == Arch::X86_64 {
        ranges.push((X32_BIT, if x32.is_some() { default } else { absent }));
        fill(&mut ranges, x32, default, true);
        if x32.is_none() {
            // A tracer skips a call by this number.
            ranges.push((u32::MAX, if own.is_some() { default } else { absent }));
        } else if own.is_none() {
            ranges.push((u32::MAX, absent));
        }
    }
    // Of two that begin at one number the later counts; neighbours that agree are one.
    let mut merged: Ranges<'_> = Vec::with_capacity(ranges.len());
    for (start, decision) in ranges {
        if merged.last().is_some_and(|(last, _)| *last == start) {
            merged.pop();
        }
        if merged.last().is_none_or(|(_, last)| *last != decision) {
            merged.push((start, decision));
        }
    }
    Some(merged)
}

fn fill<'r>(
    ranges: &mut Ranges<'r>,
    table: Option<&'r BTreeMap<u32, Call>>,
    default: Decision<'r>,
    narrow: bool,
) {
    for (number, call) in table.into_iter().flatten() {
        let decision = if call.cases.is_empty() {
            Decision::Plain(call.otherwise)
        } else {
            Decision::Call(call, narrow)
        };
        ranges.push((*number, decision));
        if let Some(behind) = number.checked_add(1) {
            ranges.push((behind, default));
        }
    }
}

/// The position of an instruction, counted from the program's end.
type At = usize;

#[derive(Default)]
struct Code<'r> {
    reversed: Vec<Instruction>,
    returns: BTreeMap<u32, At>,
    leaves: BTreeMap<Decision<'r>, At>,
}

impl<'r> Code<'r> {
    fn push(&mut self, code: u16, k: u32) -> At {
        self.reversed.push(Instruction { code, yes: 0, no: 0, k });
        self.reversed.len() - 1
    }

    fn ret(&mut self, action: Action) -> At {
        let code = action.code();
        match self.returns.get(&code) {
            // One that is about to get out of reach is made anew.
            Some(at) if self.reversed.len() - at < 200 => *at,
            _ => {
                let at = self.push(RETURN, code);
                self.returns.insert(code, at);
                at
            }
        }
    }

    /// A position within reach of a jump that is written after at most `spare` more.
    fn near(&mut self, target: At, spare: usize) -> At {
        let distance = self.reversed.len() + spare - target - 1;
        if distance <= 255 {
            return target;
        }
        let there = self.reversed[target];
        if there.code == RETURN {
            return self.push(RETURN, there.k);
        }
        let distance = self.reversed.len() - target - 1;
        self.push(JUMP, u32::try_from(distance).unwrap_or(u32::MAX))
    }

    fn branch(&mut self, code: u16, k: u32, yes: At, no: At) -> At {
        // What brings the second into reach may stand between the first and the jump.
        let yes = self.near(yes, 1);
        let no = self.near(no, 0);
        let at = self.reversed.len();
        let skip = |target: At| u8::try_from(at - target - 1).unwrap_or(u8::MAX);
        self.reversed.push(Instruction { code, yes: skip(yes), no: skip(no), k });
        at
    }

    /// Makes what is written next go on at a position.
    fn fall_to(&mut self, target: At) {
        let distance = self.reversed.len() - target - 1;
        if distance > 0 {
            self.push(JUMP, u32::try_from(distance).unwrap_or(u32::MAX));
        }
    }

    fn tree(&mut self, ranges: &[(u32, Decision<'r>)]) -> At {
        if let [(_, decision)] = ranges {
            return self.leaf(*decision);
        }
        let (left, right) = ranges.split_at(ranges.len() / 2);
        let above = self.tree(right);
        let below = self.tree(left);
        self.branch(JUMP_GREATER_EQUAL, right[0].0, above, below)
    }

    fn leaf(&mut self, decision: Decision<'r>) -> At {
        let (call, narrow) = match decision {
            Decision::Plain(action) => return self.ret(action),
            Decision::Call(call, narrow) => (call, narrow),
        };
        if let Some(at) = self.leaves.get(&decision) {
            return *at;
        }
        let mut next = self.ret(call.otherwise);
        for case in call.cases.iter().rev() {
            let mut yes = self.ret(case.action);
            for condition in case.conditions.iter().rev() {
                yes = self.condition(condition, narrow, yes, next);
            }
            next = yes;
        }
        self.leaves.insert(decision, next);
        next
    }

    /// Loads half of an argument.
    fn load(&mut self, argument: u8, upper: bool) -> At {
        // Both architectures are little-endian.
        self.push(LOAD, ARGUMENTS + 8 * u32::from(argument) + if upper { 4 } else { 0 })
    }

    fn condition(&mut self, condition: &Condition, narrow: bool, yes: At, no: At) -> At {
        let argument = condition.argument;
        let (low, high) = (condition.value as u32, (condition.value >> 32) as u32);
        match condition.comparison {
            Comparison::Equal => self.masked(argument, u64::MAX, condition.value, narrow, yes, no),
            Comparison::NotEqual => self.masked(argument, u64::MAX, condition.value, narrow, no, yes),
            Comparison::Masked(mask) => self.masked(argument, mask, condition.value, narrow, yes, no),
            Comparison::Greater => self.above(JUMP_GREATER, argument, low, high, narrow, yes, no),
            Comparison::GreaterOrEqual => {
                self.above(JUMP_GREATER_EQUAL, argument, low, high, narrow, yes, no)
            }
            Comparison::LessOrEqual => self.above(JUMP_GREATER, argument, low, high, narrow, no, yes),
            Comparison::Less => self.above(JUMP_GREATER_EQUAL, argument, low, high, narrow, no, yes),
        }
    }

    fn masked(&mut self, argument: u8, mask: u64, value: u64, narrow: bool, yes: At, no: At) -> At {
        let yes = self.half(argument, false, mask as u32, value as u32, yes, no);
        if narrow {
            yes
        } else {
            self.half(argument, true, (mask >> 32) as u32, (value >> 32) as u32, yes, no)
        }
    }

    fn half(&mut self, argument: u8, upper: bool, mask: u32, value: u32, yes: At, no: At) -> At {
        if mask == 0 {
            return if value == 0 { yes } else { no };
        }
        self.branch(JUMP_EQUAL, value, yes, no);
        if mask != u32::MAX {
            self.push(AND, mask);
        }
        self.load(argument, upper)
    }

    #[expect(clippy::too_many_arguments, reason = "the halves of one comparison")]
    fn above(&mut self, code: u16, argument: u8, low: u32, high: u32, narrow: bool, yes: At, no: At) -> At {
        self.branch(code, low, yes, no);
        let lower = self.load(argument, false);
        if narrow {
            return lower;
        }
        let equal = self.branch(JUMP_EQUAL, high, lower, no);
        self.branch(JUMP_GREATER, high, yes, equal);
        self.load(argument, true)
    }
}
