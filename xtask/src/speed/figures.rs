//! The figures of a host, by name: one number for each round.

use std::collections::BTreeMap;

use serde::Serialize;

/// Every round of every figure, in the order of measurement.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Figures(BTreeMap<String, Vec<f64>>);

/// A figure, or a ratio of figures, over its rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Figures {
    /// Reads lines of the form `figure name number` and ignores all others.
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

    pub fn get(&self, name: &str) -> Option<Summary> {
        Summary::of(self.0.get(name)?.clone())
    }

    /// One figure divided by another: their medians, and the extremes of the rounds, in which both
    /// were measured one after the other.
    pub fn ratio(&self, over: &str, under: &str) -> Option<Summary> {
        self.ratio_to(over, self, under)
    }

    /// Like [`Figures::ratio`], with a figure of another host.
    pub fn ratio_to(&self, over: &str, other: &Figures, under: &str) -> Option<Summary> {
        let (over, under) = (self.0.get(over)?, other.0.get(under)?);
        let rounds = over.iter().zip(under).map(|(over, under)| over / under);
        let rounds = Summary::of(rounds.collect())?;
        let median = Summary::of(over.clone())?.median / Summary::of(under.clone())?.median;
        Some(Summary { median, ..rounds })
    }

    /// The number of rounds of this figure.
    pub fn rounds(&self, name: &str) -> usize {
        self.0.get(name).map_or(0, Vec::len)
    }
}

impl Summary {
    fn of(mut rounds: Vec<f64>) -> Option<Summary> {
        rounds.sort_by(f64::total_cmp);
        let (&min, &max) = (rounds.first()?, rounds.last()?);
        let (lower, upper) = (rounds[(rounds.len() - 1) / 2], rounds[rounds.len() / 2]);
        Some(Summary { median: f64::midpoint(lower, upper), min, max })
    }

    /// The same in another unit.
    pub fn times(self, factor: f64) -> Summary {
        let Summary { median, min, max } = self;
        Summary { median: median * factor, min: min * factor, max: max * factor }
    }

    /// The median and the extremes, with this many decimals.
    pub fn show(self, decimals: usize) -> String {
        let Summary { median, min, max } = self;
        format!("{median:.decimals$} ({min:.decimals$}-{max:.decimals$})")
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
    fn figures_are_read_among_other_lines() {
        let figures = Figures::read(TEXT);
        let ledger = figures.get("ledger").expect("it was measured");
        assert_eq!(ledger, Summary { median: 20.0, min: 10.0, max: 30.0 });
        assert_eq!(figures.rounds("ceiling"), 3);
        assert_eq!((figures.get("cut"), figures.get("word")), (None, None));
        assert_eq!(ledger.show(1), "20.0 (10.0-30.0)");
    }

    #[test]
    fn ratio_has_the_medians_and_the_extremes_of_rounds() {
        let figures = Figures::read(TEXT);
        let ratio = figures.ratio("ledger", "ceiling").expect("both were measured");
        assert_eq!(ratio, Summary { median: 0.4, min: 0.25, max: 0.6 });
        assert_eq!(figures.ratio("ledger", "replay"), None);
    }

    #[test]
    fn median_of_two_rounds_is_between_them() {
        assert_eq!(Summary::of(vec![4.0, 2.0]).map(|summary| summary.median), Some(3.0));
        assert_eq!(Summary::of(Vec::new()), None);
    }
}
