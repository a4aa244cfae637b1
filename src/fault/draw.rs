//! Draws: seeded hashes in place of a random generator, so that no timer, read size or thread shifts what is drawn.
//!
//! The function below is part of the contract with users ("the same seed gives the same failures"): a new version of mailfault must draw the same
//! numbers. It is SplitMix64's finalizer (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014), run over four words one
//! after the other: the seed, the fault's name (FNV-1a, 64 bits, of its UTF-8 octets), the connection's ordinal and the match's number.

/// The odd constant of SplitMix64: 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The draw of a fault's match: `ordinal` and `matched` count from 1.
pub fn hash(seed: u64, fault: &str, ordinal: u64, matched: u64) -> u64 {
    [seed, fnv(fault.as_bytes()), ordinal, matched].into_iter().fold(0, |state, word| mix((state ^ word).wrapping_add(GOLDEN)))
}

/// The n-th number that follows from a draw, for uses that must not depend on each other.
pub fn derive(draw: u64, n: u64) -> u64 {
    mix(draw.wrapping_add(n.wrapping_add(1).wrapping_mul(GOLDEN)))
}

/// A draw as a number from 0 up to, not including, 1: its upper 53 bits, which is what an `f64` holds.
pub fn unit(draw: u64) -> f64 {
    (draw >> 11) as f64 / (1u64 << 53) as f64
}

/// A draw as a number from `min` to `max`, both included.
pub fn between(draw: u64, min: u64, max: u64) -> u64 {
    let numbers = u128::from(max.saturating_sub(min)) + 1;
    // The upper half of the product: even but for one part in 2^64 / numbers.
    let above = (u128::from(draw) * numbers) >> 64;
    min.saturating_add(u64::try_from(above).unwrap_or(u64::MAX))
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn fnv(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(draws: impl Iterator<Item = u64>) -> usize {
        draws.filter(|&draw| unit(draw) < 0.1).count()
    }

    #[test]
    fn the_finalizer_is_splitmix64() {
        // The first outputs of SplitMix64 from the seed 1234567, as its reference implementation prints them.
        let outputs: Vec<u64> = (1..=3u64).map(|n| mix(1_234_567u64.wrapping_add(n.wrapping_mul(GOLDEN)))).collect();
        assert_eq!(outputs, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn a_tenth_is_a_tenth_over_connections_matches_seeds_and_names() {
        for (what, hits) in [
            ("ordinals", hits((1..=10_000).map(|n| hash(7, "reset", n, 1)))),
            ("matches", hits((1..=10_000).map(|n| hash(7, "reset", 1, n)))),
            ("seeds", hits((1..=10_000).map(|n| hash(n, "reset", 1, 1)))),
            ("names", hits((1..=10_000).map(|n| hash(7, &format!("fault-{n}"), 1, 1)))),
            ("derived", hits((1..=10_000).map(|n| derive(7, n)))),
        ] {
            // Four standard deviations (30 each) on both sides.
            assert!((880..=1120).contains(&hits), "{what}: {hits} of 10,000");
        }
    }

    #[test]
    fn neighbours_do_not_fail_together() {
        for (what, both) in [
            ("seeds", (1..=10_000).filter(|&n| unit(hash(1, "f", n, 1)) < 0.5 && unit(hash(2, "f", n, 1)) < 0.5).count()),
            ("ordinals", (1..=10_000).filter(|&n| unit(hash(1, "f", n, 1)) < 0.5 && unit(hash(1, "f", n + 1, 1)) < 0.5).count()),
            ("names", (1..=10_000).filter(|&n| unit(hash(1, "f", n, 1)) < 0.5 && unit(hash(1, "g", n, 1)) < 0.5).count()),
        ] {
            assert!((2300..=2700).contains(&both), "{what}: {both} of 10,000");
        }
    }

    #[test]
    fn between_reaches_both_ends_and_nothing_else() {
        assert_eq!([0, u64::MAX / 2, u64::MAX].map(|draw| between(draw, 10, 12)), [10, 11, 12]);
        assert_eq!(between(u64::MAX, 5, 5), 5);
        assert_eq!(between(u64::MAX, 0, u64::MAX), u64::MAX);
    }
}
