//! What happened since the window was opened.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::ui_kit::widgets::Tone;

/// What happened, newest last. The oldest entries go once there are more than [`Log::MAX_ENTRIES`].
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: VecDeque<LogEntry>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// When, in milliseconds since the epoch, UTC.
    pub at_millis: i64,
    /// How it is meant.
    pub tone: Tone,
    /// What, in a sentence.
    pub text: String,
}

impl Log {
    /// How many entries are kept.
    pub const MAX_ENTRIES: usize = 1000;

    /// Notes that something happened now.
    pub fn add(&mut self, tone: Tone, text: impl Into<String>) {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_millis = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        if self.entries.len() == Log::MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(LogEntry { at_millis, tone, text: text.into() });
    }

    /// The entry with this number, counted from the newest.
    pub fn newest(&self, number: usize) -> Option<&LogEntry> {
        self.entries.iter().rev().nth(number)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
