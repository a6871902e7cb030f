//! CPU shares of cgroup v1 as a weight of cgroup v2.

/// The weight, 1…10000, that gives a group among v2 groups what `shares`, 2…262144,
/// gave it among v1 groups.
///
/// crun's curve since 1.23 (crun(1), "CPU controller"; containers/crun#1767), which
/// runc 1.3.2 and Kubernetes took over: ⌈10^((l² + 125 l) / 612 − 7/34)⌉ with
/// l = log₂ shares. It runs through 2 ↦ 1, through the two defaults 1024 ↦ 100, and
/// through 262144 ↦ 10000.
pub(super) fn weight_of_shares(shares: u64) -> u64 {
    #[allow(clippy::cast_precision_loss)] // at most 2^18
    let l = (shares.clamp(2, 262_144) as f64).log2();
    // 7/34 = 126/612: one division keeps whole exponents exact.
    let exponent = (l * l + 125.0 * l - 126.0) / 612.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 1…10000
    let weight = 10f64.powf(exponent).ceil() as u64;
    weight.clamp(1, 10_000)
}

/// The shares whose weight this is: the same curve the other way, rounded to whole
/// shares.
pub(super) fn shares_of_weight(weight: u64) -> u64 {
    #[allow(clippy::cast_precision_loss)] // at most 10000
    let exponent = (weight.clamp(1, 10_000) as f64).log10();
    // l² + 125 l − 126 = 612 e, solved for the positive l.
    let l = ((125.0 * 125.0 + 4.0 * (126.0 + 612.0 * exponent)).sqrt() - 125.0) / 2.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 2…262144
    let shares = l.exp2().round() as u64;
    shares.clamp(2, 262_144)
}

#[cfg(test)]
mod tests {
    use super::{shares_of_weight, weight_of_shares};

    #[test]
    fn the_curve_runs_through_the_documented_points() {
        // The three that define it, and others worked out with the formula.
        for (shares, weight) in [
            (2, 1),
            (1024, 100),
            (262_144, 10_000),
            (3, 2),
            (100, 17),
            (512, 59),
            (2048, 174),
            (100_000, 4340),
        ] {
            assert_eq!(weight_of_shares(shares), weight, "{shares}");
        }
        assert_eq!(weight_of_shares(0), 1);
        assert_eq!(weight_of_shares(u64::MAX), 10_000);
        assert_eq!(weight_of_shares(262_143), 10_000);
    }

    #[test]
    fn the_way_back_leads_to_the_same_weight() {
        for (weight, shares) in [(1, 2), (100, 1024), (10_000, 262_144)] {
            assert_eq!(shares_of_weight(weight), shares);
        }
        for weight in 1..=10_000 {
            let back = weight_of_shares(shares_of_weight(weight));
            assert!(back.abs_diff(weight) <= 1, "{weight} becomes {back}");
        }
    }

    #[test]
    fn more_shares_never_weigh_less() {
        let weights: Vec<u64> = (2..=262_144).map(weight_of_shares).collect();
        assert!(weights.is_sorted());
        assert!(weights.iter().all(|w| (1..=10_000).contains(w)));
    }
}
