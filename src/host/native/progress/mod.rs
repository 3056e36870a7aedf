//! What standard error shows while a run goes on: a bar where it is a terminal, and lines now and then elsewhere.

mod bar;
mod lines;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crate::model::amounts::grouped;
use crate::scenarios::{Counters, Description, Header, PerWorker, Phase};
use crate::sync::Ordering;

use super::text::moment;
use bar::Bar;
use lines::Lines;

/// A run that ends sooner says nothing before its report, and neither does a line follow another sooner.
const QUIET_FOR: Duration = Duration::from_secs(1);

/// Shows one run.
pub(super) struct Progress {
    began: Instant,
    shown: Shown,
    events: Events,
}

enum Shown {
    Nothing,
    Bar(Bar),
    Lines(Lines),
}

impl Progress {
    /// Begins. `label` says which of several runs it is; empty where there is one.
    pub(super) fn new(quiet: bool, label: &str, description: &Description) -> Self {
        let shown = match quiet {
            true => Shown::Nothing,
            false if io::stderr().is_terminal() => Shown::Bar(Bar::new(label)),
            false => Shown::Lines(Lines::new(label)),
        };
        Self { began: Instant::now(), shown, events: Events::of(description) }
    }

    /// Shows what the counters say.
    pub(super) fn show(&mut self, counters: &Counters) {
        let since = self.began.elapsed();
        let events = if since < QUIET_FOR { Vec::new() } else { self.events.news(counters) };
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => bar.show(&Look::at(counters), &events),
            Shown::Lines(lines) => {
                for line in lines.due(since, &Look::at(counters), &events) {
                    eprintln!("{line}");
                }
            }
        }
    }
}

/// What the counters say at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    phase: Phase,
    /// Operations, or entries that serial replay replays: done, of how many.
    done: u64,
    asked: u64,
    refused: u64,
}

impl Look {
    fn at(counters: &Counters) -> Self {
        let header = |word| counters.header(word).load(Ordering::Relaxed);
        let phase = counters.phase();
        let (done, asked) = match phase {
            Phase::Checking => (header(Header::Replayed), header(Header::ReplayTotal)),
            _ => (counters.sum(PerWorker::Operations), header(Header::Operations)),
        };
        Self { phase, done, asked, refused: counters.sum(PerWorker::Refused) }
    }

    fn refused(&self) -> String {
        format!("{} refused", grouped(self.refused.into()))
    }
}

/// The kinds of event that were not shown yet.
struct Events(Vec<(usize, &'static str)>);

impl Events {
    fn of(description: &Description) -> Self {
        Self(description.event_kinds().map(|(place, kind)| (place, kind.title)).collect())
    }

    /// Those that happened since the last look, once each.
    fn news(&mut self, counters: &Counters) -> Vec<String> {
        let mut news = Vec::new();
        self.0.retain(|&(place, title)| {
            let event = counters.event(place);
            news.extend(event.map(|(at_ns, _)| format!("{title} at {}", moment(at_ns))));
            event.is_none()
        });
        news
    }
}
