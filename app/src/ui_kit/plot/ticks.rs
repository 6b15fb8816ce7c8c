//! Where an axis is marked, and with what.

use crate::ui_kit::format_time::{clock, date, duration};

/// A mark of a time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where, in milliseconds.
    pub at: i64,
    /// What stands there.
    pub text: String,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The distances that a person counts in.
const STEPS: [i64; 29] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
];

/// Marks of an axis from `from` to `to`, not more than `n_most`. `is_clock` says whether they are instants, and not time since a start.
pub fn time_ticks(from: i64, to: i64, n_most: usize, is_clock: bool) -> Vec<Tick> {
    let length = to.saturating_sub(from);
    if length <= 0 || n_most == 0 {
        return Vec::new();
    }
    let fits = |step: &i64| length / step < n_most as i64;
    let year = 365 * DAY;
    let beyond = || (length / n_most as i64 / year + 1).saturating_mul(year);
    let step = STEPS.iter().copied().find(fits).unwrap_or_else(beyond);
    let first = from.div_euclid(step) + i64::from(from.rem_euclid(step) != 0);
    let ticks = (first..).map_while(|number| number.checked_mul(step).filter(|at| *at <= to));
    ticks.map(|at| Tick { at, text: if is_clock { instant(at, step) } else { since(at) } }).collect()
}

/// An instant as far as marks that are `step` apart differ; where a day begins, the day.
fn instant(at: i64, step: i64) -> String {
    if at.rem_euclid(DAY) == 0 {
        return date(at);
    }
    let text = clock(at);
    let n_chars = match step {
        step if step >= MINUTE => "10:00".len(),
        step if step >= SECOND => "10:00:00".len(),
        _ => text.len(),
    };
    text.chars().take(n_chars).collect()
}

fn since(at: i64) -> String {
    duration(u64::try_from(at).unwrap_or(0))
}

/// The least of 1, 2, 5, 10, 20, 50 … that is not less than `value`, so that a scale seldom changes; 1 for nothing.
pub fn nice_ceiling(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|step| *step >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(from: i64, to: i64, n_most: usize, is_clock: bool) -> Vec<String> {
        time_ticks(from, to, n_most, is_clock).into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn marks_stand_at_round_times_and_say_no_more_than_differs() {
        assert_eq!(texts(-HOUR, 3 * HOUR, 5, true), ["23:00", "1970-01-01", "01:00", "02:00", "03:00"]);
        assert_eq!(
            texts(10 * HOUR, 10 * HOUR + 30_000, 4, true),
            ["10:00:00", "10:00:10", "10:00:20", "10:00:30"]
        );
        assert_eq!(texts(10 * HOUR + 1, 10 * HOUR + 5, 4, true), ["10:00:00.002", "10:00:00.004"]);
        assert_eq!(
            texts(0, 90_000, 4, false),
            ["0 ms", "30\u{202f}s", "1\u{202f}min", "1\u{202f}min 30\u{202f}s"]
                .map(|text| text.replace("0 ms", &duration(0)))
        );
    }

    #[test]
    fn there_are_never_more_marks_than_have_room() {
        for length in [1, 7, 999, 86_400_000, i64::from(u32::MAX), 400 * 365 * DAY, i64::MAX / 2] {
            for n_most in 1..12 {
                for from in [0, -5, 1_777_881_800_000, i64::MIN / 4] {
                    let ticks = time_ticks(from, from + length, n_most, true);
                    assert!(ticks.len() <= n_most, "{length} ms from {from}: {} of {n_most}", ticks.len());
                    assert!(ticks.iter().all(|tick| (from..=from + length).contains(&tick.at)));
                }
            }
        }
        assert!(time_ticks(5, 5, 4, true).is_empty() && time_ticks(0, 10, 0, true).is_empty());
    }

    #[test]
    fn a_scale_ends_at_a_round_number() {
        for (value, ceiling) in [(0.0, 1.0), (f64::NAN, 1.0), (0.3, 0.5), (1.0, 1.0), (41_200.0, 50_000.0)] {
            assert!(
                (nice_ceiling(value) - ceiling).abs() < 1e-9 * ceiling,
                "{value}: {}",
                nice_ceiling(value)
            );
        }
    }
}
