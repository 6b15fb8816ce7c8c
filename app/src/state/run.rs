//! What runs, as far as the window knows.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tidemark_engine::runtime::Speed;

use crate::engine_link::{RunStatus, UiSnapshot};

/// The run and how it is meant to go.
#[derive(Clone, Debug)]
pub struct Run {
    /// The job at the last moment that was seen.
    pub snapshot: Arc<UiSnapshot>,
    /// The number of the run that was asked for last. Snapshots of earlier runs are not shown any more.
    pub asked: u64,
    /// The revision of the document's meaning that runs.
    pub revision: u64,
    /// How fast to replay.
    pub speed: Speed,
    /// Whether the flow should play as soon as it can.
    pub wants_to_play: bool,
    /// In how long the flow is run again because it has changed, while that is waited for.
    pub restarts_in: Option<Duration>,
}

impl Default for Run {
    fn default() -> Run {
        Run {
            snapshot: Arc::default(),
            asked: 0,
            revision: 0,
            speed: Run::DEFAULT_SPEED,
            wants_to_play: true,
            restarts_in: None,
        }
    }
}

impl Run {
    /// Fast enough that a year of flights is seen to move.
    pub const DEFAULT_SPEED: Speed = Speed::Factor(3_600.0);

    /// The speeds of the menu, from slow to fast.
    pub const SPEEDS: [Speed; 6] = [
        Speed::Factor(1.0),
        Speed::Factor(60.0),
        Speed::Factor(600.0),
        Speed::Factor(3_600.0),
        Speed::Factor(86_400.0),
        Speed::Maximum,
    ];

    /// The factors that a replay can have.
    const FACTORS: RangeInclusive<f64> = 0.001..=1_000_000.0;

    /// A factor as a person writes it: `250`, `×0.5`, `3,600`.
    pub fn read_factor(text: &str) -> Option<Speed> {
        let text = text.trim().trim_start_matches(['×', 'x', 'X']).trim_start();
        // A comma parts thousands and nothing else: "0,5" would be read as five.
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if fraction.contains(',') || whole.contains(',') && !is_grouped(whole) {
            return None;
        }
        let factor = text.replace(',', "").parse().ok().filter(|factor| Run::FACTORS.contains(factor));
        factor.map(Speed::Factor)
    }

    /// Whether rows are being read.
    pub fn is_playing(&self) -> bool {
        self.snapshot.status == RunStatus::Running
    }

    /// The next speed of the menu in a direction.
    pub fn next_speed(&self, faster: bool) -> Speed {
        let rank = |speed: &Speed| match speed {
            Speed::Factor(factor) => *factor,
            Speed::Maximum => f64::INFINITY,
        };
        let now = rank(&self.speed);
        let next = if faster {
            Run::SPEEDS.iter().find(|speed| rank(speed) > now)
        } else {
            Run::SPEEDS.iter().rev().find(|speed| rank(speed) < now)
        };
        next.copied().unwrap_or(self.speed)
    }
}

/// Whether commas stand where thousands end: behind one to three digits, and then behind every three.
fn is_grouped(whole: &str) -> bool {
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_go_up_and_down_the_menu_and_stop_at_its_ends() {
        let mut run = Run { speed: Speed::Factor(1000.0), ..Run::default() };
        assert_eq!(run.next_speed(true), Speed::Factor(3_600.0));
        assert_eq!(run.next_speed(false), Speed::Factor(600.0));
        run.speed = Speed::Maximum;
        assert_eq!(run.next_speed(true), Speed::Maximum);
        assert_eq!(run.next_speed(false), Speed::Factor(86_400.0));
        run.speed = Speed::Factor(1.0);
        assert_eq!(run.next_speed(false), Speed::Factor(1.0));
    }

    #[test]
    fn a_factor_is_read_within_its_bounds() {
        for (text, factor) in
            [("250", 250.0), (" ×0.5", 0.5), ("x 3,600", 3_600.0), ("0.001", 0.001), ("1e6", 1e6)]
        {
            assert_eq!(Run::read_factor(text), Some(Speed::Factor(factor)), "{text}");
        }
        assert_eq!(Run::read_factor("12,345.5"), Some(Speed::Factor(12_345.5)));
        let misplaced = ["0,5", "1,5", "1.000,5", "1.0,000", "1234,567", "1,1e3", ",500", "1,,000", "-1,000"];
        for text in misplaced {
            assert_eq!(Run::read_factor(text), None, "{text}");
        }
        for text in ["", "fast", "0", "0.0009", "1000000.1", "-2", "NaN", "inf"] {
            assert_eq!(Run::read_factor(text), None, "{text}");
        }
    }
}
