//! Compiled programs against the direct interpreter of the rules they were made of.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tinydocker::seccomp::calls::X32_BIT;
use tinydocker::seccomp::compile::{MAX, compile};
use tinydocker::seccomp::{Action, Arch, Call, Case, Comparison, Condition, Program, Rules};
use tinydocker::seccomp::{
    listing::listing,
    machine::{Data, run},
};

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => Just(Action::Allow),
        2 => (0..6_u16).prop_map(Action::Errno),
        1 => Just(Action::Log),
        1 => Just(Action::Trap),
        1 => (0..3_u16).prop_map(Action::Trace),
        1 => Just(Action::KillThread),
        1 => Just(Action::KillProcess),
    ]
}

/// Values that are likely to meet: small, at the border of the halves, and any.
fn value() -> impl Strategy<Value = u64> {
    let half = prop_oneof![Just(0_u32), Just(1), Just(2), Just(u32::MAX), Just(0x8000_0000), any::<u32>()];
    (half.clone(), half).prop_map(|(high, low)| u64::from(high) << 32 | u64::from(low))
}

fn condition() -> impl Strategy<Value = Condition> {
    let comparison = prop_oneof![
        Just(Comparison::Equal),
        Just(Comparison::NotEqual),
        Just(Comparison::Less),
        Just(Comparison::LessOrEqual),
        Just(Comparison::Greater),
        Just(Comparison::GreaterOrEqual),
        value().prop_map(Comparison::Masked),
    ];
    (0..6_u8, comparison, value()).prop_map(|(argument, comparison, value)| {
        let value = if let Comparison::Masked(mask) = comparison { value & mask } else { value };
        Condition { argument, comparison, value }
    })
}

fn call() -> impl Strategy<Value = Call> {
    let case =
        (vec(condition(), 0..4), action()).prop_map(|(conditions, action)| Case { conditions, action });
    prop_oneof![
        3 => action().prop_map(Call::always),
        1 => (vec(case, 0..5), action()).prop_map(|(cases, otherwise)| Call { cases, otherwise }),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    let families = prop_oneof![
        Just(vec![Arch::X86_64, Arch::X86, Arch::X32]),
        Just(vec![Arch::X86_64, Arch::X86]),
        Just(vec![Arch::X86_64]),
        Just(vec![Arch::X32]),
        Just(vec![Arch::Aarch64, Arch::Arm]),
    ];
    let table = btree_map(0..120_u32, call(), 0..60);
    (families, vec(table, 3), action(), action()).prop_map(|(arches, tables, default, foreign)| {
        let mut rules = Rules::new(default, &arches);
        rules.foreign = foreign;
        for (arch, table) in arches.iter().zip(tables) {
            let bit = if *arch == Arch::X32 { X32_BIT } else { 0 };
            rules
                .tables
                .insert(*arch, table.into_iter().map(|(number, call)| (number | bit, call)).collect());
        }
        rules
    })
}

/// Arguments that meet the values of a rule.
fn arguments(rules: &Rules, picks: &[usize; 6], random: &[u64; 6]) -> [u64; 6] {
    let cases = rules.tables.values().flat_map(|table| table.values()).flat_map(|call| &call.cases);
    let values: Vec<u64> = cases.flat_map(|case| &case.conditions).map(|condition| condition.value).collect();
    std::array::from_fn(|at| match picks[at] % 4 {
        0 => random[at],
        step if !values.is_empty() => {
            let value = values[picks[at] / 4 % values.len()];
            value.wrapping_add(step as u64).wrapping_sub(2)
        }
        _ => 0,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_program_decides_as_its_rules_do(
        rules in rules(),
        picks in vec((any::<[usize; 6]>(), any::<[u64; 6]>()), 12),
    ) {
        let program = compile(&rules).expect("180 calls fit");
        let audits = [Arch::X86_64.audit(), Arch::X86.audit(), Arch::Aarch64.audit(), Arch::Arm.audit(), 1];
        for arch in audits {
            for number in (0..122).chain(X32_BIT..X32_BIT + 122).chain([X32_BIT - 1, u32::MAX - 1, u32::MAX]) {
                for (picks, random) in &picks[..if number % 10 == 3 { 12 } else { 4 }] {
                    let arguments = arguments(&rules, picks, random);
                    let data = Data { number, arch, pointer: 0, arguments };
                    let (code, steps) = run(&program, &data).expect("the program ends by itself");
                    prop_assert_eq!(Action::from_code(code), Some(rules.decide(arch, number, &arguments)));
                    let conditions = rules.tables.values().flatten().map(|(_, call)| call.cases.len() * 16);
                    prop_assert!(steps <= 40 + conditions.max().unwrap_or(0), "{} steps", steps);
                }
            }
        }
        // Each line of the listing is an instruction, and each instruction a line.
        let is_instruction = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        let lines = listing(&program).lines().filter(is_instruction).count();
        prop_assert_eq!(lines, program.len());
        let packed = Program::new(&program);
        prop_assert_eq!(packed.instructions(), program);
    }
}

/// Jumps reach 255 instructions; what one call asks may be longer.
#[test]
fn long_programs_jump_far() {
    let mut rules = Rules::new(Action::Errno(1), &[Arch::X86_64, Arch::X86]);
    let case = |value: u64| Case {
        conditions: (0..3)
            .map(|argument| Condition { argument, comparison: Comparison::Equal, value })
            .collect(),
        action: Action::Errno(u16::try_from(value % 4000).unwrap()),
    };
    for arch in [Arch::X86_64, Arch::X86] {
        for number in [1, 7, 300] {
            let call = Call { cases: (10..50).map(case).collect(), otherwise: Action::Allow };
            rules.tables.get_mut(&arch).unwrap().insert(number, call);
        }
    }
    let program = compile(&rules).unwrap();
    assert!(program.len() > 700, "{}", program.len());
    for arch in [Arch::X86_64, Arch::X86] {
        for number in [0, 1, 2, 7, 300, 301] {
            for value in 9..51 {
                let data = Data { number, arch: arch.audit(), pointer: 0, arguments: [value; 6] };
                let code = run(&program, &data).unwrap().0;
                let expected = rules.decide(arch.audit(), number, &[value; 6]);
                assert_eq!(Action::from_code(code), Some(expected), "{number} {value}");
            }
        }
    }
    let call = Call { cases: (0..900).map(case).collect(), otherwise: Action::Allow };
    rules.tables.get_mut(&Arch::X86_64).unwrap().insert(5, call);
    assert!(compile(&rules).is_err_and(|length| length > MAX));
}

/// The kernel asks about every number when a filter loads: depth is what that costs.
#[test]
fn the_default_is_shallow() {
    let rules = tinydocker::seccomp::default::rules(&tinydocker::seccomp::Facts {
        native: Arch::X86_64,
        capabilities: &[],
        kernel: "6.1",
    });
    let program = compile(&rules).unwrap();
    let deepest = (0..500).map(|number| {
        let data = Data { number, arch: Arch::X86_64.audit(), pointer: 0, arguments: [0; 6] };
        run(&program, &data).unwrap().1
    });
    let deepest = deepest.max().unwrap();
    println!("{} instructions, at most {deepest} of them for a call", program.len());
    assert!(deepest <= 20, "{deepest}");
    assert!(program.len() <= 624, "{}", program.len());
}
