//! bpf(2), as far as cgroup v2 needs it to say which devices may be opened: there is no
//! file for that.

use super::call::check;
use super::{Call, Errno, Error, Result};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// A device that may be used. None stands for every number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// A block device, else a character device.
    pub block: bool,
    /// Major number.
    pub major: Option<u32>,
    /// Minor number.
    pub minor: Option<u32>,
    /// Its node may be made.
    pub make: bool,
    /// It may be read.
    pub read: bool,
    /// It may be written.
    pub write: bool,
}

// linux/bpf.h
const BPF_PROG_LOAD: i32 = 5;
const BPF_PROG_ATTACH: i32 = 8;
const BPF_OBJ_GET_INFO_BY_FD: i32 = 15;
const BPF_PROG_QUERY: i32 = 16;
const BPF_PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const BPF_CGROUP_DEVICE: u32 = 6;
const DEVICE_BLOCK: i32 = 1;
const DEVICE_CHARACTER: i32 = 2;
const ACCESS_MAKE: i32 = 1;
const ACCESS_READ: i32 = 2;
const ACCESS_WRITE: i32 = 4;

/// struct bpf_insn: code, the two registers, offset, constant.
type Instruction = (u8, u8, i16, i32);

// linux/bpf_common.h, linux/bpf.h: the codes that are used here.
const LOAD_WORD: u8 = 0x61; // BPF_LDX | BPF_MEM | BPF_W
const MOVE_CONSTANT: u8 = 0xb7; // BPF_ALU64 | BPF_MOV | BPF_K
const MOVE_REGISTER: u8 = 0xbf; // BPF_ALU64 | BPF_MOV | BPF_X
const AND_CONSTANT: u8 = 0x57; // BPF_ALU64 | BPF_AND | BPF_K
const SHIFT_RIGHT: u8 = 0x77; // BPF_ALU64 | BPF_RSH | BPF_K
const JUMP_UNEQUAL: u8 = 0x55; // BPF_JMP | BPF_JNE | BPF_K
const EXIT: u8 = 0x95; // BPF_JMP | BPF_EXIT

/// The program that allows these devices and no others. It reads struct bpf_cgroup_dev_ctx:
/// access in the upper half of the first word, kind in the lower, then major and minor.
fn program(allowed: &[Allowed]) -> Vec<Instruction> {
    // r2 kind, r3 access, r4 major, r5 minor, r6 for what is computed.
    let mut all: Vec<Instruction> = vec![
        (LOAD_WORD, 0x12, 0, 0),
        (MOVE_REGISTER, 0x23, 0, 0),
        (AND_CONSTANT, 0x02, 0, 0xffff),
        (SHIFT_RIGHT, 0x03, 0, 16),
        (LOAD_WORD, 0x14, 4, 0),
        (LOAD_WORD, 0x15, 8, 0),
    ];
    for one in allowed {
        let kind = if one.block { DEVICE_BLOCK } else { DEVICE_CHARACTER };
        let granted = [(one.make, ACCESS_MAKE), (one.read, ACCESS_READ), (one.write, ACCESS_WRITE)];
        let refused = granted.iter().filter(|(given, _)| !given).fold(0, |all, (_, bit)| all | bit);
        let mut tests: Vec<Instruction> = vec![(JUMP_UNEQUAL, 0x02, 0, kind)];
        if refused != 0 {
            tests.push((MOVE_REGISTER, 0x36, 0, 0));
            tests.push((AND_CONSTANT, 0x06, 0, refused));
            tests.push((JUMP_UNEQUAL, 0x06, 0, 0));
        }
        for (register, number) in [(0x04, one.major), (0x05, one.minor)] {
            tests.extend(number.map(|number| (JUMP_UNEQUAL, register, 0, number.cast_signed())));
        }
        tests.push((MOVE_CONSTANT, 0x00, 0, 1));
        tests.push((EXIT, 0, 0, 0));
        let length = tests.len();
        for (index, test) in tests.iter_mut().enumerate() {
            // Over the rest of this device's tests. A jump counts from the next instruction.
            if test.0 == JUMP_UNEQUAL {
                test.2 = i16::try_from(length - index - 1).unwrap_or(i16::MAX);
            }
        }
        all.extend(tests);
    }
    all.extend([(MOVE_CONSTANT, 0x00, 0, 0), (EXIT, 0, 0, 0)]);
    all
}

fn encode((code, registers, offset, constant): Instruction) -> u64 {
    // Destination in the lower half of the second byte where the machine is little-endian.
    let (source, destination) = (registers >> 4, registers & 0xf);
    let registers =
        if cfg!(target_endian = "little") { source << 4 | destination } else { destination << 4 | source };
    let mut bytes = [0; 8];
    bytes[0] = code;
    bytes[1] = registers;
    bytes[2..4].copy_from_slice(&offset.to_ne_bytes());
    bytes[4..].copy_from_slice(&constant.to_ne_bytes());
    u64::from_ne_bytes(bytes)
}

#[repr(C)]
struct Load {
    kind: u32,
    count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
    name: [u8; 16],
}

#[repr(C)]
struct Attach {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
    replaced: u32,
}

#[repr(C)]
#[derive(Default)]
struct Query {
    target: u32,
    kind: u32,
    flags: u32,
    attached_flags: u32,
    ids: u64,
    count: u32,
    padding: u32,
}

#[repr(C)]
struct Info {
    program: u32,
    length: u32,
    info: u64,
}

fn bpf<T>(call: Call, command: i32, attributes: &mut T) -> Result<i64> {
    // SAFETY: `attributes` is one of the structs above, of the size that is given; what its
    // addresses lead to is alive in the caller.
    check(call, unsafe {
        libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size_of::<T>())
    })
}

fn descriptor(fd: BorrowedFd<'_>) -> u32 {
    fd.as_raw_fd().cast_unsigned()
}

/// Lets the processes of a cgroup v2 use these devices and no others, and asks the kernel
/// whether that is so. It holds as long as the group is there.
///
/// # Errors
/// EINVAL of the query if another program than this answers.
pub fn allow_devices(group: BorrowedFd<'_>, allowed: &[Allowed]) -> Result<()> {
    let loaded = load(allowed)?;
    let kind = BPF_CGROUP_DEVICE;
    let mut attach = Attach {
        target: descriptor(group),
        program: descriptor(loaded.as_fd()),
        kind,
        flags: 0,
        replaced: 0,
    };
    bpf(Call::BpfAttach, BPF_PROG_ATTACH, &mut attach)?;
    let mut ids = [0_u32; 8];
    let mut query =
        Query { target: descriptor(group), kind, ids: ids.as_mut_ptr() as u64, count: 8, ..Query::default() };
    bpf(Call::BpfQuery, BPF_PROG_QUERY, &mut query)?;
    let own = id(loaded.as_fd())?;
    if query.count == 1 && ids[0] == own { Ok(()) } else { Err(Error::new(Call::BpfQuery, Errno::EINVAL)) }
}

/// Whether the kernel takes such a program, and says which ones a group has. Nothing is
/// attached.
///
/// # Errors
/// EPERM without the privilege, EINVAL from a kernel without CONFIG_CGROUP_BPF.
pub fn try_filter(group: BorrowedFd<'_>) -> Result<()> {
    load(&[])?;
    let mut ids = [0_u32; 64];
    let target = descriptor(group);
    let kind = BPF_CGROUP_DEVICE;
    let mut query = Query { target, kind, ids: ids.as_mut_ptr() as u64, count: 64, ..Query::default() };
    bpf(Call::BpfQuery, BPF_PROG_QUERY, &mut query)?;
    Ok(())
}

fn load(allowed: &[Allowed]) -> Result<OwnedFd> {
    let instructions: Vec<u64> = program(allowed).into_iter().map(encode).collect();
    let mut load = Load {
        kind: BPF_PROG_TYPE_CGROUP_DEVICE,
        count: u32::try_from(instructions.len()).unwrap_or(u32::MAX),
        instructions: instructions.as_ptr() as u64,
        license: c"Apache-2.0".as_ptr() as u64,
        log_level: 0,
        log_size: 0,
        log: 0,
        kernel_version: 0,
        flags: 0,
        name: *b"devices\0\0\0\0\0\0\0\0\0",
    };
    let loaded = bpf(Call::BpfLoad, BPF_PROG_LOAD, &mut load)?;
    // SAFETY: the kernel has just made this descriptor, and it is ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(loaded as i32) })
}

/// The program's number, which the query answers.
fn id(program: BorrowedFd<'_>) -> Result<u32> {
    // struct bpf_prog_info begins with type and id; the kernel fills as much as there is room for.
    let mut info = [0_u32; 64];
    let length = u32::try_from(size_of_val(&info)).unwrap_or_default();
    let mut ask = Info { program: descriptor(program), length, info: info.as_mut_ptr() as u64 };
    bpf(Call::BpfQuery, BPF_OBJ_GET_INFO_BY_FD, &mut ask)?;
    Ok(info[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the program answers, as the kernel would run it.
    fn run(program: &[Instruction], context: [u32; 3]) -> u64 {
        let mut registers = [0_u64; 11];
        let mut at = 0;
        loop {
            let (code, both, offset, constant) = program[at];
            let (source, destination) = (usize::from(both >> 4), usize::from(both & 0xf));
            let constant = i64::from(constant).cast_unsigned();
            at += 1;
            match code {
                LOAD_WORD => registers[destination] = u64::from(context[offset as usize / 4]),
                MOVE_CONSTANT => registers[destination] = constant,
                MOVE_REGISTER => registers[destination] = registers[source],
                AND_CONSTANT => registers[destination] &= constant,
                SHIFT_RIGHT => registers[destination] >>= constant,
                JUMP_UNEQUAL if registers[destination] != constant => at += offset as usize,
                JUMP_UNEQUAL => {}
                EXIT => return registers[0],
                other => panic!("no such instruction: {other:#x}"),
            }
        }
    }

    #[test]
    fn a_program_allows_what_it_is_told() {
        let one = |block, major, minor, access: &str| Allowed {
            block,
            major,
            minor,
            make: access.contains('m'),
            read: access.contains('r'),
            write: access.contains('w'),
        };
        let program = program(&[
            one(false, Some(1), Some(3), "rwm"),
            one(false, None, None, "m"),
            one(true, Some(8), None, "r"),
        ]);
        let ask = |kind: i32, access: i32, major, minor| {
            run(&program, [(access << 16 | kind).cast_unsigned(), major, minor]) == 1
        };
        assert!(ask(DEVICE_CHARACTER, ACCESS_READ | ACCESS_WRITE, 1, 3));
        assert!(ask(DEVICE_CHARACTER, ACCESS_MAKE, 77, 3) && !ask(DEVICE_CHARACTER, ACCESS_READ, 77, 3));
        assert!(ask(DEVICE_BLOCK, ACCESS_READ, 8, 5) && !ask(DEVICE_BLOCK, ACCESS_READ | ACCESS_WRITE, 8, 5));
        assert!(!ask(DEVICE_BLOCK, ACCESS_MAKE, 8, 5) && !ask(DEVICE_BLOCK, ACCESS_READ, 1, 3));
    }
}
