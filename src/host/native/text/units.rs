//! Formats quantities for people.

use crate::model::amounts::grouped;
use crate::scenarios::CheckValue;

/// Formats a count with commas between groups of three digits.
pub(crate) fn count(number: u64) -> String {
    grouped(number.into())
}

/// Formats a value of a check or a fact. Negative numbers are grouped, too.
pub(super) fn check_value(value: &CheckValue) -> String {
    let negative = match value {
        CheckValue::Text(text) => text.strip_prefix('-').and_then(|digits| digits.parse().ok()),
        CheckValue::Number(_) => None,
    };
    negative.map_or_else(|| value.to_string(), |number| format!("-{}", grouped(number)))
}

/// Formats a duration with three significant digits, the precision of the histogram.
pub(crate) fn duration(ns: u64) -> String {
    // Each unit ends where its number would be rounded up to a thousand.
    let (unit, unit_ns) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..999_500 => ("µs", 1e3),
        999_500..999_500_000 => ("ms", 1e6),
        _ => ("s", 1e9),
    };
    let number = ns as f64 / unit_ns;
    match number {
        ..9.995 => format!("{number:.2} {unit}"),
        ..99.95 => format!("{number:.1} {unit}"),
        _ => format!("{number:.0} {unit}"),
    }
}

/// Formats a time since the start of a run, in seconds.
pub(crate) fn moment(ns: u64) -> String {
    format!("{:.3} s", ns as f64 / 1e9)
}

/// Returns `1 worker`, `2 workers`.
pub(crate) fn workers(number: u64) -> String {
    if number == 1 { "1 worker".to_owned() } else { format!("{number} workers") }
}

/// Formats a share as a percentage.
pub(super) fn percent(part: u64, whole: u64) -> String {
    format!("{:.2} %", part as f64 * 100.0 / whole.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_values_are_grouped() {
        for (number, text) in [(-1_200, "-1,200"), (0, "0"), (1_200, "1,200")] {
            assert_eq!(check_value(&CheckValue::signed(number)), text);
        }
        assert_eq!(check_value(&CheckValue::Text("-x".to_owned())), "-x");
    }

    #[test]
    fn durations_have_three_digits_and_unit() {
        for (ns, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (9_994, "9.99 µs"),
            (9_996, "10.0 µs"),
            (99_960, "100 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (23_040_000, "23.0 ms"),
            (999_500_000, "1.00 s"),
            (3_600_000_000_000, "3600 s"),
        ] {
            assert_eq!(duration(ns), text, "{ns}");
        }
        assert_eq!(moment(1_203_400_000), "1.203 s");
        assert_eq!((percent(1, 3), percent(0, 0)), ("33.33 %".to_owned(), "0.00 %".to_owned()));
        assert_eq!((workers(1), workers(2)), ("1 worker".to_owned(), "2 workers".to_owned()));
    }
}
