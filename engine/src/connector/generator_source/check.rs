//! The parameters of a generator, held against their bounds.

use std::collections::BTreeSet;

use super::arrival_name;
use super::column::MadeColumn;
use super::hostile::{YEAR_9999, YEAR_ONE};
use super::params::{ColumnParams, GeneratorSourceParams};
use super::schedule::{Recurring, Schedule};
use crate::connector::draws::Draws;
use crate::connector::time_text::TimeFormat;
use crate::diagnostic::{Diagnostic, Severity};
use crate::node::PlanContext;

const MAX_ROWS: u64 = 1_000_000_000_000;
const MAX_RATE: f64 = 1e9;
const MAX_COLUMNS: usize = 256;
const MAX_GROUP: u64 = 1_000_000;
const MAX_DISORDER_MILLIS: i64 = 31 * DAY_MILLIS;
const MAX_LATE_MILLIS: i64 = 366 * DAY_MILLIS;
const DAY_MILLIS: i64 = 86_400_000;
/// No exponential delay is as many times its mean: the least number from which one is made is 2^-53.
const MAX_TIMES_MEAN: i64 = 37;

/// What the parameters ask for, if nothing is wrong with them, and what is found about them.
pub(super) fn check(
    cx: &PlanContext<'_>,
    params: &GeneratorSourceParams,
) -> (Option<(Schedule, Vec<MadeColumn>)>, Vec<Diagnostic>) {
    let mut found = Findings { cx, diagnostics: Vec::new() };
    let schedule = schedule(params, &mut found);
    let columns = columns(params, &mut found);
    let has_error = found.diagnostics.iter().any(|finding| finding.severity == Severity::Error);
    (schedule.filter(|_| !has_error).map(|schedule| (schedule, columns)), found.diagnostics)
}

struct Findings<'a> {
    cx: &'a PlanContext<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl Findings<'_> {
    fn add(&mut self, param: &str, message: String, fix: &str) {
        self.diagnostics.push(Diagnostic::error("out-of-range", self.cx.param(param), message).fix(fix));
    }

    fn share(&mut self, param: &str, share: f64) {
        if !(0.0..=1.0).contains(&share) {
            self.add(param, format!("{share} is no probability"), "set it between 0 and 1");
        }
    }

    fn millis(&mut self, param: &str, millis: i64, most: i64, fix: &str) {
        if !(0..=most).contains(&millis) {
            self.add(param, format!("{millis} ms are too few or too many"), fix);
        }
    }

    /// What comes back every so often and lasts so long, if it is wanted.
    fn recurring(&mut self, names: [&str; 2], every: i64, length: i64) -> Option<Recurring> {
        self.millis(names[0], every, MAX_LATE_MILLIS, "set it between 0 and 366 days");
        if every <= 0 {
            if length != 0 {
                let message = format!("`{}` says nothing while `{}` is 0", names[1], names[0]);
                self.add(names[0], message, &format!("set it to more than `{}`", names[1]));
            }
            return None;
        }
        if !(0..every).contains(&length) {
            let message = format!("{} ms are not less than from one to the next", length);
            self.add(names[1], message, &format!("set it between 0 and less than `{}`", names[0]));
        }
        Some(Recurring { every_millis: every as f64, millis: length as f64 })
    }
}

fn schedule(params: &GeneratorSourceParams, found: &mut Findings<'_>) -> Option<Schedule> {
    if !(1..=MAX_ROWS).contains(&params.rows) {
        let message = format!("{} rows cannot be made", params.rows);
        found.add("rows", message, "set it between 1 and 1,000,000,000,000");
    }
    if !(0.001..=MAX_RATE).contains(&params.rate) {
        let message = format!("{} is no rate of rows a second", params.rate);
        found.add("rate", message, "set it between 0.001 and 1,000,000,000");
    }
    if !(1..=MAX_GROUP).contains(&params.group_size) {
        let message = format!("{} rows cannot arrive together", params.group_size);
        found.add("group_size", message, "set it between 1 and 1,000,000");
    }
    if !(1.0..=1000.0).contains(&params.burst_factor) {
        let message = format!("the rate cannot be multiplied by {}", params.burst_factor);
        found.add("burst_factor", message, "set it between 1 and 1,000");
    }
    found.share("late_probability", params.late_probability);
    found.share("hostile_probability", params.hostile_probability);
    let fix = "set it between 0 and 31 days";
    found.millis("disorder_millis", params.disorder_millis.0, MAX_DISORDER_MILLIS, fix);
    found.millis("late_millis", params.late_millis.0, MAX_LATE_MILLIS, "set it between 0 and 366 days");
    let bursts = found.recurring(
        ["burst_every_millis", "burst_millis"],
        params.burst_every_millis.0,
        params.burst_millis.0,
    );
    let gaps =
        found.recurring(["gap_every_millis", "gap_millis"], params.gap_every_millis.0, params.gap_millis.0);
    let start = TimeFormat::Auto.moment(params.start_time.trim().as_bytes());
    let Some(start) = start.filter(|start| start.offset_millis.is_none_or(|offset| offset == 0)) else {
        let message = format!("`{}` is no time in UTC", params.start_time);
        found.add("start_time", message, "write it as 2026-01-01 00:00:00");
        return None;
    };
    if !found.diagnostics.is_empty() {
        return None;
    }
    let schedule = Schedule {
        start_millis: start.clock_millis,
        rate: params.rate / 1000.0,
        bursts: bursts.map(|bursts| (bursts, params.burst_factor)),
        gaps,
        disorder: params.disorder,
        disorder_millis: params.disorder_millis.0,
        group_size: params.group_size,
        late_share: params.late_probability,
        late_millis: params.late_millis.0,
        n_rows: params.rows,
        disorder_draws: Draws::named(params.seed, &params.event_time).within(0),
        late_draws: Draws::named(params.seed, &params.event_time).within(1),
    };
    if schedule.turn(params.rows) > YEAR_9999 {
        let message = "the last rows would arrive after the year 9999".to_owned();
        found.add("rows", message, "make fewer rows, or more a second");
        return None;
    }
    if schedule.start_millis < YEAR_ONE + MAX_TIMES_MEAN * MAX_DISORDER_MILLIS + MAX_LATE_MILLIS {
        let message = "the first rows might happen before the year 1".to_owned();
        found.add("start_time", message, "start in the year 6 or later");
        return None;
    }
    Some(schedule)
}

fn columns(params: &GeneratorSourceParams, found: &mut Findings<'_>) -> Vec<MadeColumn> {
    let usual = ColumnParams::usual();
    let given = if params.columns.is_empty() { &usual } else { &params.columns };
    if given.len() > MAX_COLUMNS {
        let message = format!("there are {} columns", given.len());
        found.add("columns", message, "make at most 256");
        return Vec::new();
    }
    if params.event_time.is_empty() {
        found.add("event_time", "the column of event times has no name".to_owned(), "give it one");
    }
    let arrival_time = arrival_name(&params.event_time);
    let mut names = BTreeSet::from([&*params.event_time, &*arrival_time]);
    let mut columns = Vec::new();
    for (number, column) in given.iter().enumerate() {
        let param = |name: &str| format!("columns.{number}.{name}");
        if column.name.is_empty() {
            found.add(&param("name"), "the column has no name".to_owned(), "give it one");
            continue;
        }
        if !names.insert(&column.name) {
            let message = format!("there are two columns called `{}`", column.name);
            let place = if params.columns.is_empty() { "event_time".to_owned() } else { param("name") };
            found.add(&place, message, "give it another name");
            continue;
        }
        let (make, says_more) = column.make.name_and_parameters();
        for name in column.set().into_iter().filter(|name| !says_more.contains(name)) {
            let message = format!("`{name}` says nothing about a column that is made by `{make}`");
            let place = found.cx.param(param(name));
            found.diagnostics.push(Diagnostic::warning("unused-parameter", place, message).fix("remove it"));
        }
        match MadeColumn::new(column, params.seed, params.rows.max(1), params.hostile_probability) {
            Ok(column) => columns.push(column),
            Err((name, message, fix)) => found.add(&param(name), message, fix),
        }
    }
    columns
}
