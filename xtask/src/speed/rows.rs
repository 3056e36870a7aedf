//! The rows of the speed table: what is compared with what, and what is asked of it.

use super::figures::{Figures, Measured};
use crate::json::Json;

/// GoLedger's core in process, saturated: millions of transfers per second, and nanoseconds of its
/// own benchmark of a transfer. Both were measured in another run, on a machine of two cores.
const GOLEDGER_MILLIONS: [f64; 2] = [1.7, 2.7];
const GOLEDGER_TRANSFER_NS: &str = "640-1280 ns for GoLedger's transfer, from another run";

/// What is asked of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Required {
    AtLeast(f64),
    AtMost(f64),
    /// At least so many times the ceiling's own ratio.
    OfCeiling(f64),
    /// Told beside the others; nothing is asked.
    Nothing,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub what: &'static str,
    /// Nothing where it could not be measured.
    measured: Option<Measured>,
    unit: &'static str,
    decimals: usize,
    /// The same figure of the ceiling.
    ceilings: Option<Measured>,
    required: Required,
    /// What the figure was made of.
    parts: Vec<Part>,
    /// What else there is to say.
    remark: &'static str,
}

/// A rate or a time that a row was made of.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    name: &'static str,
    measured: Measured,
    unit: &'static str,
}

impl Row {
    fn new(what: &'static str, measured: Option<Measured>, required: Required) -> Row {
        let (unit, decimals, ceilings) = ("", 2, None);
        Row { what, measured, unit, decimals, ceilings, required, parts: Vec::new(), remark: "" }
    }

    fn in_unit(self, unit: &'static str, decimals: usize) -> Row {
        Row { unit, decimals, ..self }
    }

    fn required(self, required: Required) -> Row {
        Row { required, ..self }
    }

    fn remark(self, remark: &'static str) -> Row {
        Row { remark, ..self }
    }

    /// Adds figures of the host, in this many of their unit.
    fn with(
        mut self,
        figures: &Figures,
        unit: &'static str,
        factor: f64,
        names: &[(&'static str, &str)],
    ) -> Row {
        for &(name, figure) in names {
            if let Some(measured) = figures.get(figure) {
                self.parts.push(Part { name, measured: measured.times(factor), unit });
            }
        }
        self
    }

    /// Whether the row does what is asked; nothing where nothing is, or nothing was measured.
    pub fn holds(&self) -> Option<bool> {
        let measured = self.measured?.median;
        match self.required {
            Required::AtLeast(bound) => Some(measured >= bound),
            Required::AtMost(bound) => Some(measured <= bound),
            Required::OfCeiling(times) => Some(measured >= times * self.ceilings?.median),
            Required::Nothing => None,
        }
    }

    /// The row's line in the table, cell by cell.
    pub fn cells(&self) -> [String; 5] {
        let unit = |text: String| if self.unit.is_empty() { text } else { text + " " + self.unit };
        let show = |measured: Measured| unit(measured.show(self.decimals));
        let required = match self.required {
            Required::AtLeast(bound) => unit(format!("at least {bound}")),
            Required::AtMost(bound) => unit(format!("at most {bound}")),
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
        [
            self.what.to_owned(),
            self.measured.map_or("not measured".to_owned(), show),
            self.ceilings.map(show).unwrap_or_default(),
            required,
            holds.to_owned(),
        ]
    }

    /// What stands below the row's line.
    pub fn details(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for Part { name, measured, unit } in &self.parts {
            lines.push(format!("{name} {} {unit}", measured.show(1)));
        }
        let mut lines = vec![lines.join(", ")];
        lines.push(self.remark.to_owned());
        lines.retain(|line| !line.is_empty());
        lines
    }

    pub fn to_json(&self, host: &str) -> Json {
        let measured = |one: Option<Measured>| one.map_or(Json::Null, Measured::to_json);
        let required = self.cells()[3].clone();
        let part = |part: &Part| {
            Json::object([
                ("name", Json::text(part.name)),
                ("unit", Json::text(part.unit)),
                ("measured", part.measured.to_json()),
            ])
        };
        Json::object([
            ("what", Json::text(self.what)),
            ("host", Json::text(host)),
            ("measured", measured(self.measured)),
            ("unit", Json::text(self.unit)),
            ("ceiling", measured(self.ceilings)),
            ("required", Json::text(required)),
            ("holds", self.holds().map_or(Json::Null, Json::Bool)),
            ("parts", Json::List(self.parts.iter().map(part).collect())),
            ("remark", Json::text(self.remark)),
        ])
    }
}

const MILLIONS: &str = "M transfers/s";

/// The rows that every host has: those before the comparison of hosts, and those after it.
pub fn rows(figures: &Figures) -> (Vec<Row>, Vec<Row>) {
    let beside_ceiling = Row::new(
        "ordered, 2 threads, 1,000 accounts, full trail, beside the ceiling",
        figures.ratio("ledger/shared-1000/2", "ceiling/shared-1000/2"),
        Required::AtLeast(0.5),
    )
    .with(
        figures,
        MILLIONS,
        1e-6,
        &[("ledger", "ledger/shared-1000/2"), ("ceiling", "ceiling/shared-1000/2")],
    );
    let first = vec![
        beside_ceiling,
        threads(figures, "2 threads on accounts of their own, beside 1", "own")
            .required(Required::AtLeast(1.9)),
        threads(figures, "2 threads beside 1, 1,000 shared accounts", "shared-1000"),
        threads(figures, "2 threads beside 1, 100,000 shared accounts", "shared-100000"),
        threads(figures, "2 threads beside 1, one hot account", "hot")
            .required(Required::OfCeiling(1.5)),
        versus(
            figures,
            "1,000,000 accounts beside 1,000, 2 threads",
            ["shared-1000000/2", "shared-1000/2"],
            ["ledger over 1,000,000", "over 1,000", "ceiling over 1,000,000", "over 1,000"],
        ),
    ];
    let mut rest = vec![snapshot(figures)];
    rest.extend(memory(figures));
    rest.extend(goledger(figures));
    rest.push(
        Row::new(
            "referee, 1 thread",
            figures.get("referee").map(|rate| rate.times(1e-6)),
            Required::AtLeast(10.0),
        )
        .in_unit("M entries/s", 1),
    );
    (first, rest)
}

/// The same load in a browser and natively.
pub fn between_hosts(native: &Figures, chromium: &Figures) -> Row {
    let name = "ledger/shared-1000/2";
    let (ceiling, what) = ("ceiling/shared-1000/2", "Chromium's 2 workers beside native 2 threads");
    let ratio = chromium.ratio_to(name, native, name);
    let row = Row::new(what, ratio, Required::AtLeast(0.7));
    let row = row.with(chromium, MILLIONS, 1e-6, &[("ledger in Chromium", name)]);
    let row = row.with(native, MILLIONS, 1e-6, &[("ledger natively", name)]);
    Row { ceilings: chromium.ratio_to(ceiling, native, ceiling), ..row }
        .with(chromium, MILLIONS, 1e-6, &[("ceiling in Chromium", ceiling)])
        .with(native, MILLIONS, 1e-6, &[("ceiling natively", ceiling)])
}

/// Two threads beside one under a load.
fn threads(figures: &Figures, what: &'static str, load: &str) -> Row {
    let names = ["ledger by 2", "by 1", "ceiling by 2", "by 1"];
    versus(figures, what, [&format!("{load}/2"), &format!("{load}/1")], names)
}

/// One load beside another, and the same of the ceiling. The names are those of its four rates.
fn versus(
    figures: &Figures,
    what: &'static str,
    loads: [&str; 2],
    names: [&'static str; 4],
) -> Row {
    let [over, under] = loads;
    let sides = ["ledger", "ceiling"];
    let [ledger, ceiling] =
        sides.map(|side| figures.ratio(&format!("{side}/{over}"), &format!("{side}/{under}")));
    let row = Row::new(what, ledger, Required::OfCeiling(1.0));
    let mut row = Row { ceilings: ceiling, ..row };
    for (place, name) in names.into_iter().enumerate() {
        let figure = format!("{}/{}", sides[place / 2], loads[place % 2]);
        row = row.with(figures, "M/s", 1e-6, &[(name, &figure)]);
    }
    row
}

/// What a snapshot costs those who write meanwhile.
fn snapshot(figures: &Figures) -> Row {
    let kept = figures.ratio("snapshot/work-alone", "snapshot/work-beside");
    let slowed = kept.map(|Measured { median, least, greatest }| Measured {
        median: 100.0 * (1.0 - median),
        least: 100.0 * (1.0 - greatest),
        greatest: 100.0 * (1.0 - least),
    });
    let names = [
        ("2 writers' work alone", "snapshot/work-alone"),
        ("beside one snapshot", "snapshot/work-beside"),
        ("which takes", "snapshot/seconds"),
    ];
    Row::new("2 writers slowed by a snapshot of 1,000,000", slowed, Required::AtMost(10.0))
        .in_unit("%", 1)
        .with(figures, "ms", 1e3, &names)
        .remark("over the whole of that work; the shorter it is, the more of it is the snapshot's")
        .with(figures, "% of it", 100.0, &[("their rate meanwhile", "snapshot/rate-meanwhile")])
}

/// What is only counted natively.
fn memory(figures: &Figures) -> Vec<Row> {
    if figures.rounds("allocations") == 0 {
        return Vec::new();
    }
    let bytes = |what, name, required| {
        Row::new(what, figures.get(name), required)
            .in_unit("bytes", 1)
            .remark("after 1 to 2 million transfers, tables that double at their emptiest included")
    };
    let of_book = "bytes per transfer, ids made by the ledger";
    let of_caller = "bytes per transfer, ids brought by the caller";
    vec![
        bytes(of_book, "bytes/ids-of-the-ledger", Required::AtMost(160.0)),
        bytes(of_caller, "bytes/ids-of-the-caller", Required::Nothing),
        Row::new("allocations per transfer", figures.get("allocations"), Required::AtMost(0.0))
            .in_unit("", 6),
    ]
}

/// GoLedger's own four, and the whole.
fn goledger(figures: &Figures) -> Vec<Row> {
    let one = |what, name| Row::new(what, figures.get(name), Required::Nothing).in_unit("ns", 0);
    let whole = figures.get("coins/transfers-of-two").map(|rate| rate.times(1e-6));
    let multiples = whole.map(|Measured { median, .. }| Measured {
        median: median / f64::midpoint(GOLEDGER_MILLIONS[0], GOLEDGER_MILLIONS[1]),
        least: median / GOLEDGER_MILLIONS[1],
        greatest: median / GOLEDGER_MILLIONS[0],
    });
    vec![
        one("coins: balance", "coins/balance"),
        one("coins: deposit", "coins/deposit"),
        one("coins: withdraw", "coins/withdraw"),
        one("coins: transfer", "coins/transfer").remark(GOLEDGER_TRANSFER_NS),
        Row::new("coins: 2 threads, beside GoLedger saturated", multiples, Required::Nothing)
            .in_unit("times", 1)
            .with(figures, MILLIONS, 1e-6, &[("coins, 1,000 holders:", "coins/transfers-of-two")])
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
             figure snapshot/work-alone 0.9\nfigure snapshot/work-beside 1.2\n",
        )
    }

    fn row(what: &str) -> Row {
        let (first, rest) = rows(&figures());
        first.into_iter().chain(rest).find(|row| row.what.contains(what)).expect("such a row")
    }

    #[test]
    fn a_row_holds_by_what_is_asked_of_it() {
        assert_eq!(row("beside the ceiling").holds(), Some(true));
        let shared = row("1, 1,000 shared");
        assert_eq!(shared.measured.map(|ratio| ratio.median), Some(1.5));
        assert_eq!(shared.ceilings.map(|ratio| ratio.median), Some(1.25));
        assert_eq!(shared.holds(), Some(true));
        // 1 is more than 1.5 times a half.
        assert_eq!(row("hot").holds(), Some(true));
        assert_eq!(row("snapshot").holds(), Some(false));
        assert_eq!(row("snapshot").cells()[1], "25.0 (25.0-25.0) %");
    }

    #[test]
    fn what_was_not_measured_neither_holds_nor_fails() {
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
        assert_eq!(row.ceilings.map(|ratio| ratio.median), Some(0.8));
        assert_eq!(row.holds(), Some(false));
    }
}
