//! Random distributions of accounts and amounts.

use super::{Parameters, Random, RequestError};

/// Draws accounts of one role, some of which can be hot: drawn more often than the others.
#[derive(Clone, Copy, Debug)]
pub struct AccountDistribution {
    count: u64,
    hot: u64,
    hot_percent: u64,
}

impl AccountDistribution {
    /// A distribution over `count` accounts, with the hot share of the parameters
    /// [`HOT_PERCENT`](super::common::HOT_PERCENT) and [`HOT_ACCOUNTS`](super::common::HOT_ACCOUNTS).
    pub fn of(parameters: &Parameters, count: u64) -> Self {
        let hot = parameters.get("hot_accounts").min(count);
        Self { count, hot, hot_percent: parameters.get("hot_percent") }
    }

    /// Draws an account, from 0. Without hot accounts this takes one random number, otherwise two.
    #[inline]
    pub fn draw(&self, random: &mut Random) -> u64 {
        let is_hot = self.hot_percent > 0 && random.below(100) < self.hot_percent;
        random.below(if is_hot { self.hot } else { self.count })
    }

    /// Draws two different accounts; the same twice where there is only one.
    #[inline]
    pub fn draw_pair(&self, random: &mut Random) -> (u64, u64) {
        let first = self.draw(random);
        let other = self.draw(random);
        if first != other || self.count < 2 {
            return (first, other);
        }
        (first, (first + 1) % self.count)
    }
}

/// Draws amounts, uniformly between the parameters `amount_min` and `amount_max`.
#[derive(Clone, Copy, Debug)]
pub struct AmountDistribution {
    minimum: u64,
    /// The number of different amounts.
    count: u64,
}

impl AmountDistribution {
    /// The distribution of these parameters, which have passed [`AmountDistribution::validate`].
    pub fn of(parameters: &Parameters) -> Self {
        let (minimum, maximum) = (parameters.get("amount_min"), parameters.get("amount_max"));
        Self { minimum, count: maximum - minimum + 1 }
    }

    /// Checks that the minimum is at most the maximum.
    ///
    /// # Errors
    /// [`RequestError`] with both values.
    pub fn validate(parameters: &Parameters) -> Result<(), RequestError> {
        let (minimum, maximum) = (parameters.get("amount_min"), parameters.get("amount_max"));
        if minimum > maximum {
            let message =
                format!("amount_min must be at most amount_max ({maximum}), not {minimum}");
            return Err(RequestError(message));
        }
        Ok(())
    }

    /// Draws an amount. This takes one random number.
    #[inline]
    pub fn draw(&self, random: &mut Random) -> u64 {
        self.minimum + random.below(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hot_accounts_get_the_hot_share() {
        let mut random = Random::new(1, 0);
        let accounts = AccountDistribution { count: 1_000, hot: 10, hot_percent: 90 };
        let hot = (0..10_000).filter(|_| accounts.draw(&mut random) < 10).count();
        assert!((8_800..9_200).contains(&hot), "{hot} of 10,000");
        let even = AccountDistribution { hot_percent: 0, ..accounts };
        let hot = (0..10_000).filter(|_| even.draw(&mut random) < 10).count();
        assert!((50..150).contains(&hot), "{hot} of 10,000");
    }

    #[test]
    fn pair_has_different_accounts_if_possible() {
        let mut random = Random::new(1, 0);
        for (count, differ) in [(2, true), (3, true), (1, false)] {
            let accounts = AccountDistribution { count, hot: 1, hot_percent: 50 };
            for _ in 0..100 {
                let (one, other) = accounts.draw_pair(&mut random);
                assert_eq!(one != other, differ);
                assert!(one < count && other < count);
            }
        }
    }
}
