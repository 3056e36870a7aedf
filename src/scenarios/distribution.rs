//! What is chosen at random: which of many accounts, and how many coins.

use super::{Parameters, Random, RequestError};

/// Chooses among accounts of one role, some of which may be chosen more often.
#[derive(Clone, Copy, Debug)]
pub struct AccountDistribution {
    count: u64,
    hot: u64,
    hot_percent: u64,
}

impl AccountDistribution {
    /// Among `count` accounts, with the hot share of the parameters
    /// [`HOT_PERCENT`](super::common::HOT_PERCENT) and [`HOT_ACCOUNTS`](super::common::HOT_ACCOUNTS).
    pub fn of(parameters: &Parameters, count: u64) -> Self {
        let hot = parameters.get("hot_accounts").min(count);
        Self { count, hot, hot_percent: parameters.get("hot_percent") }
    }

    /// One of them, from 0. Where none is hot this is one draw, otherwise two.
    #[inline]
    pub fn one(&self, random: &mut Random) -> u64 {
        let is_hot = self.hot_percent > 0 && random.below(100) < self.hot_percent;
        random.below(if is_hot { self.hot } else { self.count })
    }

    /// Two different ones, where there are two.
    #[inline]
    pub fn two(&self, random: &mut Random) -> (u64, u64) {
        let first = self.one(random);
        let other = self.one(random);
        if first != other || self.count < 2 {
            return (first, other);
        }
        (first, (first + 1) % self.count)
    }
}

/// Chooses how many coins, evenly between the parameters `amount_min` and `amount_max`.
#[derive(Clone, Copy, Debug)]
pub struct Amounts {
    least: u64,
    /// How many different amounts there are.
    count: u64,
}

impl Amounts {
    /// Between those of the parameters, which [`Amounts::accept`] has accepted.
    pub fn of(parameters: &Parameters) -> Self {
        let (least, most) = (parameters.get("amount_min"), parameters.get("amount_max"));
        Self { least, count: most - least + 1 }
    }

    /// Whether the least is not more than the most.
    ///
    /// # Errors
    /// A description with both.
    pub fn accept(parameters: &Parameters) -> Result<(), RequestError> {
        let (least, most) = (parameters.get("amount_min"), parameters.get("amount_max"));
        if least > most {
            let description =
                format!("amount_min must be at most amount_max ({most}), not {least}");
            return Err(RequestError::Pair { description });
        }
        Ok(())
    }

    /// One of them: one draw.
    #[inline]
    pub fn one(&self, random: &mut Random) -> u64 {
        self.least + random.below(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hot_share_falls_on_the_hot_ones() {
        let mut random = Random::new(1, 0);
        let pick = AccountDistribution { count: 1_000, hot: 10, hot_percent: 90 };
        let hot = (0..10_000).filter(|_| pick.one(&mut random) < 10).count();
        assert!((8_800..9_200).contains(&hot), "{hot} of 10,000");
        let even = AccountDistribution { hot_percent: 0, ..pick };
        let hot = (0..10_000).filter(|_| even.one(&mut random) < 10).count();
        assert!((50..150).contains(&hot), "{hot} of 10,000");
    }

    #[test]
    fn two_are_different_where_there_are_two() {
        let mut random = Random::new(1, 0);
        for (count, differ) in [(2, true), (3, true), (1, false)] {
            let pick = AccountDistribution { count, hot: 1, hot_percent: 50 };
            for _ in 0..100 {
                let (one, other) = pick.two(&mut random);
                assert_eq!(one != other, differ);
                assert!(one < count && other < count);
            }
        }
    }
}
