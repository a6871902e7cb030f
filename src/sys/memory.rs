//! `memcpy`, `memmove` and `memcmp` of the musl build for x86_64. musl's own copy with
//! `rep movsq`, which takes longer to begin than the few bytes of a key take to be moved,
//! and compare byte by byte: that was a fifth of the time of a `check`.
//!
//! Assembly, since a compiler may turn a loop that copies into a call of `memcpy`. Up to
//! 128 bytes everything is loaded before anything is stored, from both ends of the range,
//! so that overlapping ranges are no special case.

/// The three functions under names of their own, of which each calls no other.
macro_rules! functions {
    ($copy:literal, $move:literal, $compare:literal) => {
        std::arch::global_asm!(
            concat!(".pushsection .text.", $move, ",\"ax\",@progbits"),
            ".p2align 5",
            concat!(".globl ", $copy),
            concat!(".globl ", $move),
            concat!(".type ", $copy, ",@function"),
            concat!(".type ", $move, ",@function"),
            concat!($copy, ":"),
            concat!($move, ":"),
            "mov rax, rdi",
            "cmp rdx, 16",
            "jae 20f",
            "cmp edx, 8",
            "jae 10f",
            "cmp edx, 4",
            "jae 11f",
            "test edx, edx",
            "je 12f",
            // One to three bytes: the first, the middle and the last.
            "mov r9, rdx",
            "shr r9, 1",
            "movzx ecx, byte ptr [rsi]",
            "movzx r8d, byte ptr [rsi + r9]",
            "movzx esi, byte ptr [rsi + rdx - 1]",
            "mov byte ptr [rdi], cl",
            "mov byte ptr [rdi + r9], r8b",
            "mov byte ptr [rdi + rdx - 1], sil",
            "12: ret",
            "10: mov rcx, qword ptr [rsi]",
            "mov r8, qword ptr [rsi + rdx - 8]",
            "mov qword ptr [rdi], rcx",
            "mov qword ptr [rdi + rdx - 8], r8",
            "ret",
            "11: mov ecx, dword ptr [rsi]",
            "mov r8d, dword ptr [rsi + rdx - 4]",
            "mov dword ptr [rdi], ecx",
            "mov dword ptr [rdi + rdx - 4], r8d",
            "ret",
            "20: cmp rdx, 32",
            "ja 21f",
            "movups xmm0, xmmword ptr [rsi]",
            "movups xmm1, xmmword ptr [rsi + rdx - 16]",
            "movups xmmword ptr [rdi], xmm0",
            "movups xmmword ptr [rdi + rdx - 16], xmm1",
            "ret",
            "21: cmp rdx, 64",
            "ja 22f",
            "movups xmm0, xmmword ptr [rsi]",
            "movups xmm1, xmmword ptr [rsi + 16]",
            "movups xmm2, xmmword ptr [rsi + rdx - 32]",
            "movups xmm3, xmmword ptr [rsi + rdx - 16]",
            "movups xmmword ptr [rdi], xmm0",
            "movups xmmword ptr [rdi + 16], xmm1",
            "movups xmmword ptr [rdi + rdx - 32], xmm2",
            "movups xmmword ptr [rdi + rdx - 16], xmm3",
            "ret",
            "22: cmp rdx, 128",
            "ja 23f",
            "movups xmm0, xmmword ptr [rsi]",
            "movups xmm1, xmmword ptr [rsi + 16]",
            "movups xmm2, xmmword ptr [rsi + 32]",
            "movups xmm3, xmmword ptr [rsi + 48]",
            "movups xmm4, xmmword ptr [rsi + rdx - 64]",
            "movups xmm5, xmmword ptr [rsi + rdx - 48]",
            "movups xmm6, xmmword ptr [rsi + rdx - 32]",
            "movups xmm7, xmmword ptr [rsi + rdx - 16]",
            "movups xmmword ptr [rdi], xmm0",
            "movups xmmword ptr [rdi + 16], xmm1",
            "movups xmmword ptr [rdi + 32], xmm2",
            "movups xmmword ptr [rdi + 48], xmm3",
            "movups xmmword ptr [rdi + rdx - 64], xmm4",
            "movups xmmword ptr [rdi + rdx - 48], xmm5",
            "movups xmmword ptr [rdi + rdx - 32], xmm6",
            "movups xmmword ptr [rdi + rdx - 16], xmm7",
            "ret",
            // Forwards, unless the target begins inside of the source.
            "23: mov rcx, rdi",
            "sub rcx, rsi",
            "cmp rcx, rdx",
            "jb 30f",
            "cmp rdx, 2048",
            "ja 25f",
            // The last 64 bytes are loaded first: the loop may write over them.
            "movups xmm4, xmmword ptr [rsi + rdx - 64]",
            "movups xmm5, xmmword ptr [rsi + rdx - 48]",
            "movups xmm6, xmmword ptr [rsi + rdx - 32]",
            "movups xmm7, xmmword ptr [rsi + rdx - 16]",
            "lea r8, [rdi + rdx - 64]",
            "24: movups xmm0, xmmword ptr [rsi]",
            "movups xmm1, xmmword ptr [rsi + 16]",
            "movups xmm2, xmmword ptr [rsi + 32]",
            "movups xmm3, xmmword ptr [rsi + 48]",
            "movups xmmword ptr [rdi], xmm0",
            "movups xmmword ptr [rdi + 16], xmm1",
            "movups xmmword ptr [rdi + 32], xmm2",
            "movups xmmword ptr [rdi + 48], xmm3",
            "add rsi, 64",
            "add rdi, 64",
            "cmp rdi, r8",
            "jb 24b",
            "movups xmmword ptr [r8], xmm4",
            "movups xmmword ptr [r8 + 16], xmm5",
            "movups xmmword ptr [r8 + 32], xmm6",
            "movups xmmword ptr [r8 + 48], xmm7",
            "ret",
            "25: mov rcx, rdx",
            "rep movsb",
            "ret",
            // Backwards; the first 64 bytes are loaded first.
            "30: test rcx, rcx",
            "je 12b",
            "movups xmm4, xmmword ptr [rsi]",
            "movups xmm5, xmmword ptr [rsi + 16]",
            "movups xmm6, xmmword ptr [rsi + 32]",
            "movups xmm7, xmmword ptr [rsi + 48]",
            "31: movups xmm0, xmmword ptr [rsi + rdx - 16]",
            "movups xmm1, xmmword ptr [rsi + rdx - 32]",
            "movups xmm2, xmmword ptr [rsi + rdx - 48]",
            "movups xmm3, xmmword ptr [rsi + rdx - 64]",
            "movups xmmword ptr [rdi + rdx - 16], xmm0",
            "movups xmmword ptr [rdi + rdx - 32], xmm1",
            "movups xmmword ptr [rdi + rdx - 48], xmm2",
            "movups xmmword ptr [rdi + rdx - 64], xmm3",
            "sub rdx, 64",
            "cmp rdx, 64",
            "ja 31b",
            "movups xmmword ptr [rdi], xmm4",
            "movups xmmword ptr [rdi + 16], xmm5",
            "movups xmmword ptr [rdi + 32], xmm6",
            "movups xmmword ptr [rdi + 48], xmm7",
            "ret",
            concat!(".size ", $move, ", . - ", $move),
            ".p2align 5",
            concat!(".globl ", $compare),
            concat!(".type ", $compare, ",@function"),
            concat!($compare, ":"),
            "cmp rdx, 8",
            "jb 42f",
            // Eight bytes at a time, the last eight of them at the end of the text.
            "xor r9d, r9d",
            "sub rdx, 8",
            "40: mov rax, qword ptr [rdi + r9]",
            "mov rcx, qword ptr [rsi + r9]",
            "cmp rax, rcx",
            "jne 45f",
            "cmp r9, rdx",
            "jae 41f",
            "add r9, 8",
            "cmp r9, rdx",
            "cmova r9, rdx",
            "jmp 40b",
            "41: xor eax, eax",
            "ret",
            "42: cmp edx, 4",
            "jb 43f",
            "mov eax, dword ptr [rdi]",
            "mov ecx, dword ptr [rsi]",
            "cmp eax, ecx",
            "jne 46f",
            "mov eax, dword ptr [rdi + rdx - 4]",
            "mov ecx, dword ptr [rsi + rdx - 4]",
            "cmp eax, ecx",
            "jne 46f",
            "xor eax, eax",
            "ret",
            // One to three bytes: the first, the middle and the last.
            "43: xor eax, eax",
            "test edx, edx",
            "je 44f",
            "movzx eax, byte ptr [rdi]",
            "movzx ecx, byte ptr [rsi]",
            "sub eax, ecx",
            "jne 44f",
            "mov r9d, edx",
            "shr r9d, 1",
            "movzx eax, byte ptr [rdi + r9]",
            "movzx ecx, byte ptr [rsi + r9]",
            "sub eax, ecx",
            "jne 44f",
            "movzx eax, byte ptr [rdi + rdx - 1]",
            "movzx ecx, byte ptr [rsi + rdx - 1]",
            "sub eax, ecx",
            "44: ret",
            // The first bytes that differ say which is less, read as a number that begins
            // with its highest byte.
            "46: shl rax, 32",
            "shl rcx, 32",
            "45: bswap rax",
            "bswap rcx",
            "cmp rax, rcx",
            "sbb eax, eax",
            "or eax, 1",
            "ret",
            concat!(".size ", $compare, ", . - ", $compare),
            ".popsection",
        );
    };
}

// In their place for the linker, which looks into libc for what is still missing.
#[cfg(target_env = "musl")]
functions!("memcpy", "memmove", "memcmp");

#[cfg(test)]
mod tests {
    functions!("tinydocker_memcpy", "tinydocker_memmove", "tinydocker_memcmp");

    unsafe extern "C" {
        fn tinydocker_memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
        fn tinydocker_memcmp(one: *const u8, other: *const u8, length: usize) -> i32;
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
    }

    fn lengths() -> impl Iterator<Item = usize> {
        (0..300).chain([511, 512, 513, 1024, 2047, 2048, 2049, 4096, 5000])
    }

    #[test]
    fn bytes_are_moved_wherever_the_target_begins() {
        for length in lengths() {
            let distances = [0, 1, 2, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 100, 129, 200];
            for distance in distances.into_iter().chain([length / 2, length, length + 1]) {
                for forwards in [true, false] {
                    let (from, to) = if forwards { (distance, 0) } else { (0, distance) };
                    let mut moved = bytes(length + distance + 9);
                    let mut expected = moved.clone();
                    expected.copy_within(4 + from..4 + from + length, 4 + to);
                    let start = moved.as_mut_ptr();
                    // SAFETY: both ranges lie within the bytes.
                    unsafe {
                        let target = start.add(4 + to);
                        assert_eq!(tinydocker_memmove(target, start.add(4 + from), length), target);
                    }
                    assert!(moved == expected, "{length} bytes by {distance}, forwards: {forwards}");
                }
            }
        }
    }

    #[test]
    fn bytes_are_compared_as_numbers_without_sign() {
        for length in lengths() {
            let one = bytes(length);
            let compare = |other: &[u8]| {
                // SAFETY: both are of this length.
                unsafe { tinydocker_memcmp(one.as_ptr(), other.as_ptr(), length).signum() }
            };
            assert_eq!(compare(&one.clone()), 0);
            for at in 0..length.min(300) {
                for byte in [0, 1, 127, 128, 255] {
                    let mut other = one.clone();
                    other[at] = byte;
                    if at + 1 < length {
                        // What stands behind the first difference means nothing.
                        other[length - 1] ^= 0x80;
                    }
                    assert_eq!(compare(&other), one.cmp(&other) as i32, "{length} bytes, {byte} at {at}");
                }
            }
        }
    }
}
