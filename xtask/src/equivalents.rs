//! Mutants that change nothing which anybody could notice, each with its reason.
//!
//! They are no gap in the tests, so they are not drawn. That they are still there is looked at whenever mutants are listed,
//! and `cargo xtask mutants --equivalents` tries them: one that is noticed does not belong here.

use std::fmt;

/// One of them.
#[derive(Debug)]
pub struct Equivalent {
    file: &'static str,
    /// As cargo-mutants names it, without the place.
    change: &'static str,
    /// Which one, from 1, of those in the file that have this name.
    nth: usize,
    /// Why nobody can notice it.
    pub why: &'static str,
}

const fn of(file: &'static str, change: &'static str, nth: usize, why: &'static str) -> Equivalent {
    Equivalent { file, change, nth, why }
}

const WARMS: &str = "it says what will be looked at soon; what is looked at then is the same";
const DISJOINT: &str = "both sides have no bit in common";
const PLACES: &str = "names stand at other places of a table, and are found there";

const PLAIN: &str = "src/ledger/writer/plain.rs";
const INDEX: &str = "src/ledger/index.rs";

const FIRST_PLACE: &str =
    "replace Index::first_place -> &AtomicU64 with Box::leak(Box::new(Default::default()))";
const SECOND_LINE: &str =
    "replace Cell::second_line -> &AtomicU64 with Box::leak(Box::new(Default::default()))";

pub const EQUIVALENTS: [Equivalent; 17] = [
    of("src/ledger/accounts.rs", "replace Accounts::expect with ()", 1, WARMS),
    of("src/trail/mod.rs", "replace Pen::expect with ()", 1, WARMS),
    of(INDEX, "replace Index::first_number -> u64 with 0", 1, WARMS),
    of(INDEX, "replace Index::first_number -> u64 with 1", 1, WARMS),
    of(INDEX, FIRST_PLACE, 1, WARMS),
    of("src/ledger/cell.rs", SECOND_LINE, 1, WARMS),
    of(
        PLAIN,
        "delete field flags from struct Transfer expression in plain",
        1,
        "a plain transfer has no flags; it is said again for the compiler",
    ),
    of(
        PLAIN,
        "delete field user_data_128 from struct UserData expression in plain",
        1,
        "a plain transfer has none; it is said again for the compiler",
    ),
    of("src/ledger/cell.rs", "replace | with ^ in terms", 1, DISJOINT),
    of("src/ledger/cell.rs", "replace | with ^ in terms", 2, DISJOINT),
    of("src/ledger/writer/units.rs", "replace | with ^ in Writer::interrupted", 1, DISJOINT),
    of(INDEX, "replace - with + in shard_of", 1, PLACES),
    of(
        INDEX,
        "replace > with >= in HeldShards<'_>::add",
        1,
        "a table grows one account earlier, which only takes memory",
    ),
    of("src/model/numbers.rs", "replace Numbers::first -> usize with 0", 1, PLACES),
    of(
        "src/ledger/snapshot.rs",
        "replace > with >= in Book::snapshot",
        1,
        "an account that says the very timestamp need not be told it",
    ),
    of(
        "src/ledger/snapshot.rs",
        "replace > with >= in Book::snapshot",
        2,
        "of an account read at the very timestamp what is later is taken back, and nothing is",
    ),
    of(
        "src/ledger/writer/units.rs",
        "delete match arm [_] in named_accounts",
        1,
        "a unit of one transfer cannot resolve itself; the arm saves making a map",
    ),
];

impl Equivalent {
    /// Its whole name among all mutants.
    ///
    /// # Errors
    /// A sentence, when it is not there any more.
    fn find<'a>(&self, all: &[&'a str]) -> Result<&'a str, String> {
        let alike = all.iter().filter(|name| {
            let mut parts = name.splitn(4, ':');
            let (file, change) = (parts.next(), parts.nth(2));
            file == Some(self.file) && change.map(str::trim_start) == Some(self.change)
        });
        // cargo-mutants does not list them in the order in which they stand.
        let mut alike: Vec<&str> = alike.copied().collect();
        alike.sort_by_key(|name| place(name));
        alike.get(self.nth - 1).copied().ok_or_else(|| {
            format!(
                "{self} is no mutant any more: the list in xtask/src/equivalents.rs must be mended."
            )
        })
    }
}

impl fmt::Display for Equivalent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} (number {})", self.file, self.change, self.nth)
    }
}

/// Line and column.
fn place(name: &str) -> (usize, usize) {
    let mut numbers = name.split(':').skip(1).map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// The whole names of all of them.
///
/// # Errors
/// A sentence, when one is not there any more.
pub fn names<'a>(all: &[&'a str]) -> Result<Vec<&'a str>, String> {
    EQUIVALENTS.iter().map(|equivalent| equivalent.find(all)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_found_by_its_place_among_those_of_its_name() {
        let all = [
            "src/a.rs:20:9: replace + with - in f",
            "src/a.rs:7:30: replace + with - in f",
            "src/a.rs:7:4: replace + with - in f",
            "src/a.rs:1:4: replace + with - in g",
            "src/b.rs:1:4: replace + with - in f",
            "src/b.rs:2:4: replace S::new -> A::B with ::std::iter::empty()",
        ];
        let find = |file, change, nth| of(file, change, nth, "").find(&all);
        assert_eq!(find("src/a.rs", "replace + with - in f", 1), Ok(all[2]));
        assert_eq!(find("src/a.rs", "replace + with - in f", 2), Ok(all[1]));
        assert_eq!(find("src/a.rs", "replace + with - in f", 3), Ok(all[0]));
        assert!(find("src/a.rs", "replace + with - in f", 4).is_err());
        let with_colons = "replace S::new -> A::B with ::std::iter::empty()";
        assert_eq!(find("src/b.rs", with_colons, 1), Ok(all[5]));
    }
}
