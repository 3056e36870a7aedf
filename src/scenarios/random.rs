//! Random numbers that are the same on every host.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The random number generator of one worker of a run.
///
/// Xoshiro256++ (Blackman and Vigna, 2018). Workers draw from the same sequence, 2^128 draws apart, so their
/// parts never overlap.
#[derive(Clone, Debug)]
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    /// Creates the generator of a worker for a seed.
    pub fn new(seed: u64, worker: u64) -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        for _ in 0..worker {
            generator.jump();
        }
        Self(generator)
    }

    /// Draws a number from 0 to `bound - 1`; 0 where the bound is 0. For bounds below 2^32 the bias is under one in
    /// 2^32 (Lemire, 2019, without the rejection step).
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_never_changes() {
        let mut random = Random::new(7, 1);
        let drawn: Vec<_> = (0..4).map(|_| random.below(1_000_000)).collect();
        assert_eq!(drawn, [957_923, 414_285, 936_208, 887_027]);
    }

    #[test]
    fn draws_stay_below_their_bound_and_reach_all_of_it() {
        let mut random = Random::new(1, 0);
        let mut seen = [0_u32; 5];
        for _ in 0..1_000 {
            seen[random.below(5) as usize] += 1;
        }
        assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }
}
