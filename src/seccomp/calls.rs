//! The names of system calls and their numbers.
//!
//! The table is text without pointers: what is not asked for costs a start nothing.

use std::sync::OnceLock;

const TABLE: &str = include_str!("calls.txt");

/// Names of other processors' system calls, which profiles for all of them hold.
const ELSEWHERE: &str = "cachectl multiplexer riscv_flush_icache riscv_hwprobe rtas s390_guarded_storage \
     s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr s390_sthyi spu_create spu_run subpage_prot \
     swapcontext switch_endian sys_debug_setcontext syscall sysmips timerfd";

/// Set in the numbers of x32.
pub const X32_BIT: u32 = 0x4000_0000;

/// A way to make system calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arch {
    /// 64-bit Intel and AMD.
    X86_64,
    /// 32-bit Intel, which 64-bit kernels run too.
    X86,
    /// x86_64 with 32-bit pointers.
    X32,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM, which 64-bit kernels may run too.
    Arm,
}

impl Arch {
    /// All of them, in the order of the table's columns.
    pub const ALL: [Self; 5] = [Self::X86_64, Self::X86, Self::X32, Self::Aarch64, Self::Arm];

    /// The one that this program was built for.
    pub const NATIVE: Self = if cfg!(target_arch = "aarch64") { Self::Aarch64 } else { Self::X86_64 };

    /// Its name, as in the table's head.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::X86 => "x86",
            Self::X32 => "x32",
            Self::Aarch64 => "aarch64",
            Self::Arm => "arm",
        }
    }

    /// Those that a machine of this one runs as well, itself first.
    pub fn family(self) -> &'static [Self] {
        match self {
            Self::X86_64 | Self::X86 | Self::X32 => &[Self::X86_64, Self::X86, Self::X32],
            Self::Aarch64 | Self::Arm => &[Self::Aarch64, Self::Arm],
        }
    }

    /// AUDIT_ARCH_*: what the kernel tells a filter. x32 shares x86_64's.
    pub fn audit(self) -> u32 {
        match self {
            Self::X86_64 | Self::X32 => 0xc000_003e,
            Self::X86 => 0x4000_0003,
            Self::Aarch64 => 0xc000_00b7,
            Self::Arm => 0x4000_0028,
        }
    }

    /// Whether arguments have 32 bits.
    pub fn is_narrow(self) -> bool {
        matches!(self, Self::X86 | Self::X32 | Self::Arm)
    }

    fn column(self) -> usize {
        Self::ALL.iter().position(|it| *it == self).unwrap_or_default()
    }
}

type Row = (&'static str, [Option<u32>; 5]);

/// The rows of the table, by name.
fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect())
}

fn row(line: &'static str) -> Option<Row> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let mut numbers = [None; 5];
    for number in &mut numbers {
        *number = words.next()?.parse().ok();
    }
    Some((name, numbers))
}

/// The number of a system call, with x32's bit; none where the architecture lacks it.
pub fn number(name: &str, arch: Arch) -> Option<u32> {
    let rows = rows();
    let at = rows.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
    let number = rows[at].1[arch.column()]?;
    Some(if arch == Arch::X32 { number | X32_BIT } else { number })
}

/// The name of a number, x32's with its bit.
pub fn name(number: u32, arch: Arch) -> Option<&'static str> {
    let plain = if arch == Arch::X32 { number.checked_sub(X32_BIT)? } else { number };
    rows().iter().rev().find(|(_, numbers)| numbers[arch.column()] == Some(plain)).map(|(name, _)| *name)
}

/// Whether any processor that Linux runs on has a system call of this name.
pub fn is_known(name: &str) -> bool {
    rows().binary_search_by(|(known, _)| known.cmp(&name)).is_ok()
        || ELSEWHERE.split_ascii_whitespace().any(|known| known == name)
}

/// All names of our architectures, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    rows().iter().map(|(name, _)| *name)
}

/// What a filter sees of a call that 32-bit Intel makes through a common entry: the
/// entry's name and its first argument.
pub fn multiplexed(name: &str) -> Option<(&'static str, u64)> {
    const SOCKETCALL: &str = "socket bind connect listen accept getsockname getpeername socketpair send \
         recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg";
    const IPC: [(&str, u64); 12] = [
        ("semop", 1),
        ("semget", 2),
        ("semctl", 3),
        ("semtimedop", 4),
        ("msgsnd", 11),
        ("msgrcv", 12),
        ("msgget", 13),
        ("msgctl", 14),
        ("shmat", 21),
        ("shmdt", 22),
        ("shmget", 23),
        ("shmctl", 24),
    ];
    let socket = SOCKETCALL.split_ascii_whitespace().zip(1..).find(|(known, _)| *known == name);
    let ipc = || IPC.iter().find(|(known, _)| *known == name);
    socket.map(|(_, code)| ("socketcall", code)).or_else(|| ipc().map(|(_, code)| ("ipc", *code)))
}

/// The known name nearest to one that is not known.
pub fn nearest(name: &str) -> Option<&'static str> {
    let close = names().map(|known| (strsim::jaro_winkler(name, known), known));
    close.filter(|(likeness, _)| *likeness > 0.85).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ARM's other name for `sync_file_range2`.
    const ALIAS: &str = "arm_sync_file_range";

    #[test]
    fn the_table_is_sorted_and_whole() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows().len(), lines, "every line is read");
        assert!(rows().is_sorted_by(|a, b| a.0 < b.0));
        for arch in Arch::ALL {
            let mut numbers: Vec<u32> =
                rows().iter().filter(|row| row.0 != ALIAS).filter_map(|row| row.1[arch.column()]).collect();
            let count = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), count, "{}: a number twice", arch.name());
            assert!(count > 300, "{}", arch.name());
        }
    }

    #[test]
    fn numbers_lead_back_to_names() {
        for arch in Arch::ALL {
            for known in names().filter(|known| *known != ALIAS) {
                if let Some(number) = number(known, arch) {
                    assert_eq!(name(number, arch), Some(known));
                }
            }
        }
        assert_eq!(number("execve", Arch::X86_64), Some(59));
        assert_eq!(number("execve", Arch::X32), Some(X32_BIT | 520));
        assert_eq!(number("execve", Arch::X86), Some(11));
        assert_eq!(number("execve", Arch::Aarch64), Some(221));
        assert_eq!(number("open", Arch::Aarch64), None);
        assert_eq!(name(7, Arch::X32), None);
    }

    #[test]
    fn misspelt_names_have_a_nearest() {
        assert_eq!(nearest("mkdirr"), Some("mkdir"));
        assert_eq!(nearest("keyctrl"), Some("keyctl"));
        assert_eq!(nearest("zzzzzz"), None);
        assert!(is_known("s390_sthyi") && !is_known("mkdirr"));
    }
}
