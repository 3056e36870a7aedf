//! The rows of the speed table: what is compared with what, and the requirement.

use serde::Serialize;
use serde_json::{Value, json};

use super::figures::{Figures, Summary};

/// GoLedger's core in process, saturated: millions of transfers per second, and nanoseconds of its
/// own benchmark of a transfer. Both come from another run, on a machine with two cores.
const GOLEDGER_MILLIONS: [f64; 2] = [1.7, 2.7];
const GOLEDGER_TRANSFER_NS: &str = "640-1280 ns for GoLedger's transfer, from another run";

const MILLIONS: &str = "M transfers/s";

/// How many rows precede the comparison of hosts.
pub const FIRST_ROWS: usize = 6;

#[derive(Clone, Copy)]
enum Required {
    AtLeast(f64),
    AtMost(f64),
    /// At least this many times the ceiling's ratio.
    OfCeiling(f64),
    Nothing,
}

/// One row of the table.
pub struct Row {
    what: &'static str,
    /// Nothing if it could not be measured.
    measured: Option<Summary>,
    unit: &'static str,
    decimals: usize,
    /// The same figure of the ceiling.
    ceiling: Option<Summary>,
    required: Required,
    /// The figures behind it.
    parts: Vec<Part>,
    remark: &'static str,
}

#[derive(Serialize)]
struct Part {
    name: &'static str,
    unit: &'static str,
    measured: Summary,
}

impl Row {
    fn new(what: &'static str, measured: Option<Summary>, required: Required) -> Row {
        let (unit, decimals, ceiling, parts) = ("", 2, None, Vec::new());
        Row { what, measured, unit, decimals, ceiling, required, parts, remark: "" }
    }

    fn unit(self, unit: &'static str, decimals: usize) -> Row {
        Row { unit, decimals, ..self }
    }

    fn remark(self, remark: &'static str) -> Row {
        Row { remark, ..self }
    }

    /// Adds a figure of the host, in another unit.
    fn part(
        mut self,
        figures: &Figures,
        name: &'static str,
        figure: &str,
        (unit, factor): (&'static str, f64),
    ) -> Row {
        let measured = figures.get(figure).map(|measured| measured.times(factor));
        self.parts.extend(measured.map(|measured| Part { name, unit, measured }));
        self
    }

    /// Whether the row meets its requirement; nothing without one or without a measurement.
    pub fn holds(&self) -> Option<bool> {
        let measured = self.measured?.median;
        match self.required {
            Required::AtLeast(bound) => Some(measured >= bound),
            Required::AtMost(bound) => Some(measured <= bound),
            Required::OfCeiling(times) => Some(measured >= times * self.ceiling?.median),
            Required::Nothing => None,
        }
    }

    /// The row's cells in the table.
    pub fn cells(&self) -> [String; 5] {
        let with_unit = |text: String| format!("{text} {}", self.unit).trim_end().to_owned();
        let show = |summary: Summary| with_unit(summary.show(self.decimals));
        let required = match self.required {
            Required::AtLeast(bound) => with_unit(format!("at least {bound}")),
            Required::AtMost(bound) => with_unit(format!("at most {bound}")),
            Required::OfCeiling(1.0) => "the ceiling's".to_owned(),
            Required::OfCeiling(times) => format!("{times} x the ceiling's"),
            Required::Nothing => String::new(),
        };
        let holds = match (self.holds(), self.required) {
            (Some(true), _) => "yes",
            (Some(false), _) => "no",
            (None, Required::Nothing) => "",
            (None, _) => "?",
        };
        let measured = self.measured.map_or("not measured".to_owned(), show);
        let ceiling = self.ceiling.map(show).unwrap_or_default();
        [self.what.to_owned(), measured, ceiling, required, holds.to_owned()]
    }

    /// The lines below the row.
    pub fn details(&self) -> Vec<String> {
        let parts = self.parts.iter();
        let parts =
            parts.map(|part| format!("{} {} {}", part.name, part.measured.show(1), part.unit));
        let lines = [parts.collect::<Vec<_>>().join(", "), self.remark.to_owned()];
        lines.into_iter().filter(|line| !line.is_empty()).collect()
    }

    pub fn to_json(&self, host: &str) -> Value {
        json!({
            "what": self.what,
            "host": host,
            "measured": self.measured,
            "unit": self.unit,
            "ceiling": self.ceiling,
            "required": self.cells()[3],
            "holds": self.holds(),
            "parts": self.parts,
            "remark": self.remark,
        })
    }
}

/// The rows that every host has.
pub fn rows(figures: &Figures) -> Vec<Row> {
    let threads = |what, load: &str, required| {
        let loads = [format!("{load}/2"), format!("{load}/1")];
        versus(figures, what, loads, ["ledger by 2", "by 1", "ceiling by 2", "by 1"], required)
    };
    let (ledger, ceiling) = ("ledger/shared-1000/2", "ceiling/shared-1000/2");
    let same = Required::OfCeiling(1.0);
    let mut rows = vec![
        Row::new(
            "ordered, 2 threads, 1,000 accounts, full trail compared with the ceiling",
            figures.ratio(ledger, ceiling),
            Required::AtLeast(0.5),
        )
        .part(figures, "ledger", ledger, (MILLIONS, 1e-6))
        .part(figures, "ceiling", ceiling, (MILLIONS, 1e-6)),
        threads(
            "2 threads on accounts of their own compared with 1",
            "own",
            Required::AtLeast(1.9),
        ),
        threads("2 threads compared with 1, 1,000 shared accounts", "shared-1000", same),
        threads("2 threads compared with 1, 100,000 shared accounts", "shared-100000", same),
        threads("2 threads compared with 1, one hot account", "hot", Required::OfCeiling(1.5)),
        versus(
            figures,
            "1,000,000 accounts compared with 1,000, 2 threads",
            ["shared-1000000/2", "shared-1000/2"].map(str::to_owned),
            ["ledger over 1,000,000", "over 1,000", "ceiling over 1,000,000", "over 1,000"],
            same,
        ),
        snapshot(figures),
    ];
    rows.extend(kinds(figures));
    rows.extend(memory(figures).into_iter().chain(apply(figures)).chain(history(figures)));
    rows.extend(goledger(figures));
    let replay = figures.get("replay").map(|rate| rate.times(1e-6));
    let replay = Row::new("replay, 1 thread", replay, Required::AtLeast(10.0));
    rows.push(replay.unit("M entries/s", 1));
    rows
}

/// Kinds of transfers compared with plain ones whose ids the ledger makes, among 10,000 accounts.
fn kinds(figures: &Figures) -> [Row; 5] {
    let row = |what, [kind, base]: [&'static str; 2], required| {
        Row::new(what, figures.ratio(kind, base), required)
            .part(figures, "this", kind, (MILLIONS, 1e-6))
            .part(figures, "compared with", base, (MILLIONS, 1e-6))
    };
    let [one, two] = ["kind/ledger-ids/1", "kind/ledger-ids/2"];
    [
        row(
            "ids of the caller compared with ids of the ledger, 1 thread",
            ["kind/caller-ids/1", one],
            Required::AtLeast(0.6),
        ),
        row(
            "ids of the caller, 2 threads compared with 1",
            ["kind/caller-ids/2", "kind/caller-ids/1"],
            Required::AtLeast(1.8),
        ),
        row(
            "two-phase transfers compared with ids of the ledger, 1 thread",
            ["kind/two-phase/1", one],
            Required::AtLeast(0.4),
        ),
        row(
            "linked pairs compared with ids of the ledger, 2 threads",
            ["kind/linked/2", two],
            Required::AtLeast(0.4),
        ),
        row(
            "ids of the caller, 1,000,000 accounts compared with 10,000, 1 thread",
            ["kind/caller-ids-among-many/1", "kind/caller-ids/1"],
            Required::AtLeast(0.5),
        ),
    ]
}

/// The same load in a browser and natively.
pub fn between_hosts(native: &Figures, chromium: &Figures) -> Row {
    let (ledger, ceiling) = ("ledger/shared-1000/2", "ceiling/shared-1000/2");
    let ratio = |figure| chromium.ratio_to(figure, native, figure);
    let what = "Chromium's 2 workers compared with native 2 threads";
    let row = Row::new(what, ratio(ledger), Required::AtLeast(0.7));
    Row { ceiling: ratio(ceiling), ..row }
        .part(chromium, "ledger in Chromium", ledger, (MILLIONS, 1e-6))
        .part(native, "ledger natively", ledger, (MILLIONS, 1e-6))
        .part(chromium, "ceiling in Chromium", ceiling, (MILLIONS, 1e-6))
        .part(native, "ceiling natively", ceiling, (MILLIONS, 1e-6))
}

/// One load compared with another, and the same for the ceiling. The names are those of the four rates.
fn versus(
    figures: &Figures,
    what: &'static str,
    loads: [String; 2],
    names: [&'static str; 4],
    required: Required,
) -> Row {
    let figure = |side: &str, load: usize| format!("{side}/{}", loads[load]);
    let ratio = |side| figures.ratio(&figure(side, 0), &figure(side, 1));
    let mut row = Row::new(what, ratio("ledger"), required);
    row.ceiling = ratio("ceiling");
    for (index, name) in names.into_iter().enumerate() {
        let figure = figure(["ledger", "ceiling"][index / 2], index % 2);
        row = row.part(figures, name, &figure, ("M/s", 1e-6));
    }
    row
}

/// How much a snapshot slows those who write meanwhile.
fn snapshot(figures: &Figures) -> Row {
    let speed = figures.ratio("snapshot/work-alone", "snapshot/work-beside");
    let slowed = |speed: f64| 100.0 * (1.0 - speed);
    let slowed = speed.map(|Summary { median, min, max }| Summary {
        median: slowed(median),
        min: slowed(max),
        max: slowed(min),
    });
    Row::new("2 writers slowed by a snapshot of 1,000,000", slowed, Required::AtMost(10.0))
        .unit("%", 1)
        .part(figures, "2 writers' work alone", "snapshot/work-alone", ("ms", 1e3))
        .part(figures, "beside one snapshot", "snapshot/work-beside", ("ms", 1e3))
        .part(figures, "which takes", "snapshot/seconds", ("ms", 1e3))
        .part(figures, "their rate meanwhile", "snapshot/rate-meanwhile", ("% of it", 100.0))
        .remark("over the whole of that work; the shorter it is, the larger the snapshot's share")
}

/// What is counted natively only.
fn memory(figures: &Figures) -> Vec<Row> {
    if figures.rounds("allocations") == 0 {
        return Vec::new();
    }
    let bytes = |what, figure, required| {
        let row = Row::new(what, figures.get(figure), required).unit("bytes", 1);
        row.remark("after 1 to 2 million transfers, with tables that have just doubled")
    };
    let of_ledger = "bytes per transfer, ids made by the ledger";
    let of_caller = "bytes per transfer, ids supplied by the caller";
    let allocations = figures.get("allocations");
    vec![
        bytes(of_ledger, "bytes/ids-of-the-ledger", Required::AtMost(160.0)),
        bytes(of_caller, "bytes/ids-of-the-caller", Required::Nothing),
        Row::new("allocations per transfer", allocations, Required::AtMost(0.0)).unit("", 6),
    ]
}

/// What `ledgerlab apply` takes, measured natively only.
fn apply(figures: &Figures) -> Vec<Row> {
    let row = |what, figure, required| {
        figures.get(figure).map(|seconds| Row::new(what, Some(seconds), required).unit("s", 2))
    };
    let file = "apply, 1,000,000 transfers with ids of the caller's own, from a file";
    let rows = [
        row(file, "apply/file", Required::AtMost(1.2)),
        row("the same through a pipe", "apply/pipe", Required::Nothing),
    ];
    rows.into_iter().flatten().collect()
}

/// Latencies in a ledger of 10,000,000 transfers and 10,000 accounts, natively only.
fn history(figures: &Figures) -> Vec<Row> {
    if figures.rounds("history/newest") == 0 {
        return Vec::new();
    }
    let latency = |what, figure: &str, (unit, factor), most| {
        let measured = figures.get(&format!("history/{figure}")).map(|one| one.times(factor));
        Row::new(what, measured, Required::AtMost(most)).unit(unit, 2)
    };
    let (us, ms) = (("us", 1e6), ("ms", 1e3));
    vec![
        latency("newest 100 of an account's 2,000 transfers of 10,000,000", "newest", us, 50.0)
            .part(figures, "balances", "history/balances", us)
            .part(figures, "entries", "history/entries", us),
        latency("100 from the middle, by timestamp", "middle", us, 500.0).part(
            figures,
            "the oldest 100",
            "history/oldest",
            ("us", 1e6),
        ),
        latency("look-up of 1,000 ids", "look-up", us, 1_000.0),
        latency("query that matches nothing", "query-without-match", ms, 60.0)
            .part(figures, "first", "history/first-query-without-match", ms)
            .part(figures, "a bare read of the trail", "history/bare-read", ms),
        latency("query cancelled after 1 ms ends after", "after-cancellation", ms, 5.0),
    ]
}

/// GoLedger's four calls, and its saturated rate.
fn goledger(figures: &Figures) -> Vec<Row> {
    let call = |what, name| Row::new(what, figures.get(name), Required::Nothing).unit("ns", 0);
    let rate = figures.get("coins/transfers-of-two").map(|rate| rate.times(1e-6));
    let [slow, fast] = GOLEDGER_MILLIONS;
    let multiples = rate.map(|Summary { median, .. }| Summary {
        median: median / f64::midpoint(slow, fast),
        min: median / fast,
        max: median / slow,
    });
    let (what, figure) =
        ("coins: 2 threads compared with GoLedger saturated", "coins/transfers-of-two");
    vec![
        call("coins: balance", "coins/balance"),
        call("coins: deposit", "coins/deposit"),
        call("coins: withdraw", "coins/withdraw"),
        call("coins: transfer", "coins/transfer").remark(GOLEDGER_TRANSFER_NS),
        Row::new(what, multiples, Required::Nothing)
            .unit("times", 1)
            .part(figures, "coins, 1,000 holders:", figure, (MILLIONS, 1e-6))
            .remark("GoLedger's 1.7-2.7 M transfers/s are from another run"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures::read(
            "figure ledger/shared-1000/2 30\nfigure ceiling/shared-1000/2 50\n\
             figure ledger/shared-1000/1 20\nfigure ceiling/shared-1000/1 40\n\
             figure ledger/hot/2 10\nfigure ledger/hot/1 10\n\
             figure ceiling/hot/2 30\nfigure ceiling/hot/1 60\n\
             figure apply/file 1.5\nfigure snapshot/work-alone 0.9\nfigure snapshot/work-beside 1.2\n",
        )
    }

    fn row(what: &str) -> Row {
        rows(&figures()).into_iter().find(|row| row.what.contains(what)).expect("such a row")
    }

    #[test]
    fn rows_are_compared_with_their_requirements() {
        assert_eq!(row("compared with the ceiling").holds(), Some(true));
        let shared = row("1, 1,000 shared");
        assert_eq!(shared.measured.map(|ratio| ratio.median), Some(1.5));
        assert_eq!(shared.ceiling.map(|ratio| ratio.median), Some(1.25));
        assert_eq!(shared.holds(), Some(true));
        // 1 is more than 1.5 times a half.
        assert_eq!(row("hot").holds(), Some(true));
        assert_eq!(row("snapshot").holds(), Some(false));
        assert_eq!(
            row("from a file").cells()[1..],
            ["1.50 (1.50-1.50) s", "", "at most 1.2 s", "no"]
        );
        assert_eq!(row("snapshot").cells()[1], "25.0 (25.0-25.0) %");
        assert!(rows(&figures())[FIRST_ROWS].what.contains("snapshot"));
    }

    #[test]
    fn row_without_measurement_neither_passes_nor_fails() {
        let row = row("of their own");
        assert_eq!(row.holds(), None);
        assert_eq!(row.cells()[1], "not measured");
        assert_eq!(row.cells()[4], "?");
    }

    #[test]
    fn hosts_are_compared_under_one_load() {
        let chromium =
            Figures::read("figure ledger/shared-1000/2 15\nfigure ceiling/shared-1000/2 40\n");
        let row = between_hosts(&figures(), &chromium);
        assert_eq!(row.measured.map(|ratio| ratio.median), Some(0.5));
        assert_eq!(row.ceiling.map(|ratio| ratio.median), Some(0.8));
        assert_eq!(row.holds(), Some(false));
    }
}
