//! What happened since the window was opened.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use tidemark_engine::ids::NodeId;

use super::FlowNumber;
use crate::ui_kit::widgets::Tone;

/// What happened, newest last. The oldest entries go once there are more than [`Log::MAX_ENTRIES`].
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: VecDeque<LogEntry>,
    n_changes: u64,
    n_noted: u64,
}

/// Something that happened, once or many times.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// What tells it from every other entry.
    pub id: u64,
    /// When it happened last, in milliseconds since the epoch, UTC.
    pub at_millis: i64,
    /// How it is meant.
    pub tone: Tone,
    /// What, in a sentence.
    pub text: String,
    /// Where, if that is known.
    pub place: Option<LogPlace>,
    /// How often.
    pub times: u64,
}

/// Where something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPlace {
    /// In which flow.
    pub flow: FlowNumber,
    /// At which of its nodes, if at one.
    pub node: Option<NodeId>,
    /// What the node or else the flow was called then.
    pub name: String,
}

/// How much an entry wants to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Not as meant, perhaps.
    Warning,
    /// Something failed.
    Error,
}

impl LogEntry {
    /// How much it wants to be seen.
    pub fn level(&self) -> Level {
        match self.tone {
            Tone::Error | Tone::Rejected => Level::Error,
            Tone::Warning | Tone::Late => Level::Warning,
            _ => Level::Info,
        }
    }
}

impl Log {
    /// How many entries are kept.
    pub const MAX_ENTRIES: usize = 1000;
    /// Among how many of the newest entries an equal one is looked for.
    const FOLDED_WITHIN: usize = 32;
    /// Something that happens again within this time is the same flood, whatever else happens in between.
    const FLOOD_MILLIS: i64 = 1_000;

    /// Notes that something happened now.
    pub fn add(&mut self, tone: Tone, text: impl Into<String>) {
        self.note(now_millis(), tone, text.into(), None);
    }

    /// Notes that something happened now at a place.
    pub fn add_at(&mut self, place: LogPlace, tone: Tone, text: impl Into<String>) {
        self.note(now_millis(), tone, text.into(), Some(place));
    }

    fn note(&mut self, at_millis: i64, tone: Tone, text: String, place: Option<LogPlace>) {
        self.n_changes += 1;
        let is_same = |entry: &LogEntry| (entry.tone, &entry.text, &entry.place) == (tone, &text, &place);
        let mut newest = self.entries.iter().enumerate().rev().take(Log::FOLDED_WITHIN);
        let folded = newest.find(|(idx, entry)| {
            let is_flood = at_millis.saturating_sub(entry.at_millis) <= Log::FLOOD_MILLIS;
            is_same(entry) && (is_flood || idx + 1 == self.entries.len())
        });
        if let Some(mut entry) = folded.map(|(idx, _)| idx).and_then(|idx| self.entries.remove(idx)) {
            entry.times = entry.times.saturating_add(1);
            entry.at_millis = at_millis;
            self.entries.push_back(entry);
            return;
        }
        if self.entries.len() == Log::MAX_ENTRIES {
            self.entries.pop_front();
        }
        let id = self.n_noted;
        self.n_noted += 1;
        self.entries.push_back(LogEntry { id, at_millis, tone, text, place, times: 1 });
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.n_changes += 1;
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &LogEntry> {
        self.entries.iter()
    }

    /// The entry with this number, counted from the oldest that is kept.
    pub fn get(&self, number: usize) -> Option<&LogEntry> {
        self.entries.get(number)
    }

    /// How many changes there have been: as long as it stays the same, so do the entries.
    pub fn n_changes(&self) -> u64 {
        self.n_changes
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn now_millis() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_two_kinds_is_two_entries_and_what_comes_later_is_one_of_its_own() {
        let mut log = Log::default();
        for round in 0..6_000 {
            log.note(round / 10, Tone::Late, "late".to_owned(), None);
            log.note(round / 10, Tone::Rejected, "rejected".to_owned(), None);
        }
        let all: Vec<_> = log.entries().map(|entry| (entry.text.as_str(), entry.times)).collect();
        assert_eq!(all, [("late", 6_000), ("rejected", 6_000)]);
        log.note(60_000, Tone::Late, "late".to_owned(), None);
        log.note(90_000, Tone::Late, "late".to_owned(), None);
        let all: Vec<_> = log.entries().map(|entry| (entry.text.as_str(), entry.times)).collect();
        assert_eq!(all, [("late", 6_000), ("rejected", 6_000), ("late", 2)]);
    }

    #[test]
    fn the_oldest_go_and_no_two_entries_have_one_id() {
        let mut log = Log::default();
        for number in 0..Log::MAX_ENTRIES + 5 {
            log.add(Tone::Neutral, number.to_string());
        }
        assert_eq!(log.entries().len(), Log::MAX_ENTRIES);
        assert_eq!(log.get(0).map(|entry| (entry.id, entry.text.as_str())), Some((5, "5")));
        let before = log.n_changes();
        log.clear();
        assert!(log.is_empty() && log.n_changes() > before);
    }
}
