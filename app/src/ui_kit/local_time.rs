//! Times of the program itself, such as when a file was saved: as the clock on the wall has them, or how long ago they were.
//!
//! What rows say stays in the zone that they say it in.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Local, Offset as _};

use super::format_time::{clock, duration, short_timestamp};
use super::{t, t_args};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An instant by the clock on the wall: `2026-03-01 10:00:00`.
pub fn local_timestamp(epoch_millis: i64) -> String {
    short_timestamp(on_wall(epoch_millis))
}

/// The time of day by the clock on the wall: `10:00:00`.
pub fn local_clock(epoch_millis: i64) -> String {
    let clock = clock(on_wall(epoch_millis));
    clock.split('.').next().unwrap_or(&clock).to_owned()
}

/// How long ago an instant was, in its largest unit: `5 min ago`; `just now` within a minute.
pub fn ago(epoch_millis: i64) -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
    ago_at(now, epoch_millis)
}

fn ago_at(now: i64, epoch_millis: i64) -> String {
    let since = now.saturating_sub(epoch_millis);
    let unit = match since {
        ..MINUTE => return t("time.just_now").to_owned(),
        MINUTE..HOUR => MINUTE,
        HOUR..DAY => HOUR,
        _ => DAY,
    };
    let whole = u64::try_from(since / unit * unit).unwrap_or_default();
    t_args("time.ago", &[("time", &duration(whole))])
}

/// The instant whose time in UTC is what the clock on the wall shows.
fn on_wall(epoch_millis: i64) -> i64 {
    let Some(instant) = DateTime::from_timestamp_millis(epoch_millis) else { return epoch_millis };
    let seconds = instant.with_timezone(&Local).offset().fix().local_minus_utc();
    epoch_millis.saturating_add(i64::from(seconds) * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago_is_told_in_one_unit_and_never_less() {
        let at = |since: i64| ago_at(1_000_000_000_000, 1_000_000_000_000 - since).replace('\u{202f}', " ");
        assert_eq!(at(59_999), "just now");
        assert_eq!(at(-5 * HOUR), "just now", "a clock was set back");
        assert_eq!(at(5 * MINUTE + 59 * SECOND), "5 min ago");
        assert_eq!(at(2 * HOUR + 40 * MINUTE), "2 h ago");
        assert_eq!(at(3 * DAY + 23 * HOUR), "3 d ago");
    }

    #[test]
    fn the_clock_on_the_wall_is_that_of_the_system() {
        for instant in [0, 1_700_000_000_123, 1_720_000_000_000] {
            let local = DateTime::from_timestamp_millis(instant).expect("in range").with_timezone(&Local);
            assert_eq!(local_timestamp(instant), local.format("%Y-%m-%d %H:%M:%S").to_string());
            assert_eq!(local_clock(instant), local.format("%H:%M:%S").to_string());
        }
    }
}
