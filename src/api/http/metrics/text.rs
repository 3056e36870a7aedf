//! Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write};

pub(super) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The prefix of all names.
const PREFIX: &str = "ledgerlab_";

/// A metric of the host, without its prefix.
#[derive(Clone, Copy, Debug)]
pub struct HostMetric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: u64,
}

impl HostMetric {
    /// Creates a value that rises and falls.
    pub fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, kind: "gauge", help, value }
    }

    /// Creates a value that only rises.
    pub fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, kind: "counter", help, value }
    }
}

/// A text of metric families and their samples.
#[derive(Debug, Default)]
pub(super) struct MetricsText(String);

impl MetricsText {
    /// Starts a family, whose samples follow. `kind` is `counter`, `gauge` or `histogram`.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let text = &mut self.0;
        writeln!(text, "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}")
            .expect("writing to a string cannot fail");
    }

    /// Writes a sample. It escapes the values of labels, not their names.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let text = &mut self.0;
        text.push_str(PREFIX);
        text.push_str(name);
        for (index, (label, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let before = if index == 0 { '{' } else { ',' };
            write!(text, "{before}{label}=\"{value}\"").expect("writing to a string cannot fail");
        }
        if !labels.is_empty() {
            text.push('}');
        }
        writeln!(text, " {value}").expect("writing to a string cannot fail");
    }

    /// Writes a family of one sample without labels.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// Writes a metric of the host.
    pub(super) fn host(&mut self, metric: &HostMetric) {
        let HostMetric { name, kind, help, value } = metric;
        self.single(name, kind, help, value);
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_has_header_and_samples() {
        let mut text = MetricsText::default();
        text.family("a_total", "counter", "Of a.");
        text.sample("a_total", &[("route", "/x/{id}"), ("odd", "\"\\\n")], 3);
        text.single("b_seconds", "gauge", "Of b.", 0.5);
        assert_eq!(
            text.finish(),
            "# HELP ledgerlab_a_total Of a.\n# TYPE ledgerlab_a_total counter\n\
             ledgerlab_a_total{route=\"/x/{id}\",odd=\"\\\"\\\\\\n\"} 3\n\
             # HELP ledgerlab_b_seconds Of b.\n# TYPE ledgerlab_b_seconds gauge\nledgerlab_b_seconds 0.5\n"
        );
    }
}
