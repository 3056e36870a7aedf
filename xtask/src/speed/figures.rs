//! The figures of a host: what was measured in each round, by name.

use std::collections::BTreeMap;

use crate::json::Json;

/// Every round of every figure, in the order in which they were told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(BTreeMap<String, Vec<f64>>);

/// A figure, or a ratio of figures, over its rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub median: f64,
    pub least: f64,
    pub greatest: f64,
}

impl Figures {
    /// Reads lines of the form `figure name number`; everything else that was printed is left out.
    pub fn read(text: &str) -> Figures {
        let mut figures = Figures::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["figure", name, number] = words[..]
                && let Ok(number) = number.parse()
            {
                figures.0.entry(name.to_owned()).or_default().push(number);
            }
        }
        figures
    }

    /// A figure over its rounds.
    pub fn get(&self, name: &str) -> Option<Measured> {
        Measured::of(self.0.get(name)?.clone())
    }

    /// One figure as a multiple of another: of their medians, and the spread over the rounds in
    /// which both were measured one after the other.
    pub fn ratio(&self, over: &str, under: &str) -> Option<Measured> {
        self.ratio_to(over, self, under)
    }

    /// As [`Figures::ratio`], of a figure of another host.
    pub fn ratio_to(&self, over: &str, other: &Figures, under: &str) -> Option<Measured> {
        let (over, under) = (self.0.get(over)?, other.0.get(under)?);
        let rounds = over.iter().zip(under).map(|(over, under)| over / under);
        let spread = Measured::of(rounds.collect())?;
        let median = Measured::of(over.clone())?.median / Measured::of(under.clone())?.median;
        Some(Measured { median, ..spread })
    }

    /// How many rounds there were of this figure.
    pub fn rounds(&self, name: &str) -> usize {
        self.0.get(name).map_or(0, Vec::len)
    }

    pub fn to_json(&self) -> Json {
        let list =
            |rounds: &Vec<f64>| Json::List(rounds.iter().copied().map(Json::Number).collect());
        Json::Object(self.0.iter().map(|(name, rounds)| (name.clone(), list(rounds))).collect())
    }
}

impl Measured {
    fn of(mut rounds: Vec<f64>) -> Option<Measured> {
        rounds.sort_by(f64::total_cmp);
        let (&least, &greatest) = (rounds.first()?, rounds.last()?);
        let middle = rounds.len() / 2;
        let median = if rounds.len().is_multiple_of(2) {
            f64::midpoint(rounds[middle - 1], rounds[middle])
        } else {
            rounds[middle]
        };
        Some(Measured { median, least, greatest })
    }

    /// The same in another unit.
    pub fn times(self, factor: f64) -> Measured {
        let Measured { median, least, greatest } = self;
        Measured { median: median * factor, least: least * factor, greatest: greatest * factor }
    }

    /// The median with its spread, with so many decimals.
    pub fn show(self, decimals: usize) -> String {
        let Measured { median, least, greatest } = self;
        format!("{median:.decimals$} ({least:.decimals$}-{greatest:.decimals$})")
    }

    pub fn to_json(self) -> Json {
        Json::object([
            ("median", Json::Number(self.median)),
            ("min", Json::Number(self.least)),
            ("max", Json::Number(self.greatest)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
    Running benches/speed/main.rs
figure ledger 10
figure ceiling 40
figure ledger 30
  figure ceiling 50
figure ledger 20
figure ceiling 80
figure cut
figure word many
";

    #[test]
    fn figures_are_read_from_whatever_surrounds_them() {
        let figures = Figures::read(TEXT);
        let ledger = figures.get("ledger").expect("it was told");
        assert_eq!(ledger, Measured { median: 20.0, least: 10.0, greatest: 30.0 });
        assert_eq!(figures.rounds("ceiling"), 3);
        assert_eq!(figures.get("cut"), None);
        assert_eq!(figures.get("word"), None);
        assert_eq!(ledger.show(1), "20.0 (10.0-30.0)");
    }

    #[test]
    fn a_ratio_is_that_of_medians_and_its_spread_that_of_rounds() {
        let figures = Figures::read(TEXT);
        let ratio = figures.ratio("ledger", "ceiling").expect("both were told");
        assert_eq!(ratio, Measured { median: 0.4, least: 0.25, greatest: 0.6 });
        assert_eq!(figures.ratio("ledger", "referee"), None);
    }

    #[test]
    fn two_rounds_have_a_median_between_them() {
        let measured = Measured::of(vec![4.0, 2.0]).expect("there are rounds");
        assert_eq!(measured.median, 3.0);
        assert_eq!(Measured::of(Vec::new()), None);
    }
}
