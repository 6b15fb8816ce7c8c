//! The definition of a result, written down as plainly as possible: one thread, one row at a time, no engine code.

use std::collections::BTreeMap;

/// A row of the disorder files: `id,k,v,d,ts`.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// When it arrived: the greatest timestamp of its file so far.
    pub arrival: i64,
    /// The number of its file.
    pub file: usize,
    /// Its number in the file, bad records included.
    pub offset: usize,
    /// The columns.
    pub id: i64,
    /// The key; empty for NULL.
    pub k: Option<String>,
    /// A whole number.
    pub v: Option<i64>,
    /// A double.
    pub d: Option<f64>,
    /// The event time, in milliseconds.
    pub ts: i64,
}

/// What the reference gives.
#[derive(Debug, Default)]
pub struct Expected {
    /// `k,window_start,window_end,n,nv,s,sd,ad,mn,mx,first,last,nd`, in the order in which windows fire.
    pub windows: Vec<String>,
    /// The ids of late rows, in arrival order.
    pub late: Vec<String>,
    /// How many records are no rows.
    pub n_rejected: usize,
}

/// Reads a file: good rows with their place in the arrival order, and how many records are bad.
///
/// # Panics
/// If a line is neither.
pub fn read(text: &str, file: usize) -> (Vec<Row>, usize) {
    let mut rows = Vec::new();
    let mut n_bad = 0;
    let mut arrival = i64::MIN;
    for (offset, line) in text.lines().skip(1).enumerate() {
        match parse(line) {
            Some((id, k, v, d, ts)) => {
                arrival = arrival.max(ts);
                rows.push(Row { arrival, file, offset, id, k, v, d, ts });
            }
            None => n_bad += 1,
        }
    }
    (rows, n_bad)
}

type Columns = (i64, Option<String>, Option<i64>, Option<f64>, i64);

fn parse(line: &str) -> Option<Columns> {
    let fields: Vec<&str> = line.split(',').collect();
    let [id, k, v, d, ts] = fields[..] else { return None };
    let number = |text: &str| -> Option<Option<i64>> {
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
    };
    let double = if d.is_empty() { None } else { Some(d.parse().ok()?) };
    let key = (!k.is_empty()).then(|| k.to_owned());
    Some((id.parse().ok()?, key, number(v)?, double, millis(ts)?))
}

/// `YYYY-MM-DD HH:MM:SS.mmm` as milliseconds, counted day by day.
pub fn millis(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 23 {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let (hour, minute, second, fraction) = (part(11..13)?, part(14..16)?, part(17..19)?, part(20..23)?);
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = |month: i64| match month {
        2 => 28 + i64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=12).contains(&month) || day < 1 || day > length(month) || hour > 23 || minute > 59 || second > 59
    {
        return None;
    }
    let days: i64 = (1970..year).map(|year| 365 + i64::from(leap(year))).sum::<i64>()
        + (1..month).map(length).sum::<i64>()
        + day
        - 1;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction)
}

/// Milliseconds as `YYYY-MM-DD HH:MM:SS.mmm`, counted year by year.
pub fn stamp(millis: i64) -> String {
    let (mut year, mut rest) = (1970, millis.div_euclid(86_400_000));
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    while rest >= 365 + i64::from(leap(year)) {
        rest -= 365 + i64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while rest >= lengths[month] {
        rest -= lengths[month];
        month += 1;
    }
    let time = millis.rem_euclid(86_400_000);
    format!(
        "{year:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
        month + 1,
        rest + 1,
        time / 3_600_000,
        time / 60_000 % 60,
        time / 1000 % 60,
        time % 1000
    )
}

/// What has a watermark of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// Every file of one source, from its first row on.
    Files,
    /// Every key, in one file, from its first row on.
    Keys,
    /// Every file as a source of its own: until its first row there is no watermark at all, and none is waited for from a file
    /// without rows.
    Sources,
}

/// The rows of all files in the order in which one thread reads them.
pub fn in_order(files: &[Vec<Row>]) -> Vec<&Row> {
    let mut rows: Vec<&Row> = files.iter().flatten().collect();
    rows.sort_by_key(|row| (row.arrival, row.file, row.offset));
    rows
}

/// The watermark of a stream, row by row.
pub struct Clock {
    lanes: Lanes,
    bound: i64,
    // For every file its last row's number; `None` where it has no rows.
    last_of: Vec<Option<usize>>,
    ended: Vec<bool>,
    // By lane: the file and perhaps the key.
    greatest: BTreeMap<(usize, Option<String>), i64>,
    watermark: Option<i64>,
}

impl Clock {
    /// The clock of these files before their first row.
    pub fn new(files: &[Vec<Row>], bound: i64, lanes: Lanes) -> Clock {
        Clock {
            lanes,
            bound,
            last_of: files.iter().map(|rows| rows.last().map(|row| row.offset)).collect(),
            ended: files.iter().map(Vec::is_empty).collect(),
            greatest: BTreeMap::new(),
            watermark: None,
        }
    }

    /// The watermark that holds now.
    pub fn watermark(&self) -> Option<i64> {
        self.watermark
    }

    /// The watermark that holds after `row`.
    pub fn after(&mut self, row: &Row) -> Option<i64> {
        let lane = (row.file, if self.lanes == Lanes::Keys { row.k.clone() } else { None });
        let of_lane = self.greatest.entry(lane).or_insert(row.ts);
        *of_lane = row.ts.max(*of_lane);
        self.ended[row.file] = self.last_of[row.file] == Some(row.offset);
        let open_lanes = self.greatest.iter().filter(|((file, _), _)| !self.ended[*file]);
        let least = open_lanes.map(|(_, greatest)| greatest - self.bound).min();
        let begun = |file: usize| self.greatest.keys().any(|(begun, _)| *begun == file);
        let all_begun = (0..self.ended.len()).all(|file| self.ended[file] || begun(file));
        let least = if self.lanes == Lanes::Sources && !all_begun { None } else { least };
        self.watermark = self.watermark.max(least);
        self.watermark
    }
}

/// The open tumbling windows of one node: what rows have put into each, by start and key.
pub struct Windows<T> {
    size: i64,
    open: BTreeMap<(i64, Option<String>), Vec<T>>,
}

impl<T> Windows<T> {
    /// No windows yet, each of `size` milliseconds.
    pub fn new(size: i64) -> Windows<T> {
        Windows { size, open: BTreeMap::new() }
    }

    /// Puts `value` into the window of `ts`; `false` if that has closed.
    #[must_use]
    pub fn put(&mut self, watermark: Option<i64>, ts: i64, key: Option<&String>, value: T) -> bool {
        let start = ts.div_euclid(self.size) * self.size;
        let in_time = watermark.is_none_or(|watermark| start + self.size - 1 > watermark);
        if in_time {
            self.open.entry((start, key.cloned())).or_default().push(value);
        }
        in_time
    }

    /// Takes out the windows that `watermark` closes: start, key and what was put in.
    pub fn close(&mut self, watermark: Option<i64>) -> Vec<(i64, Option<String>, Vec<T>)> {
        let mut closed = Vec::new();
        while let Some(first) = self.open.first_entry()
            && watermark.is_some_and(|watermark| first.key().0 + self.size - 1 <= watermark)
        {
            let ((start, key), values) = first.remove_entry();
            closed.push((start, key, values));
        }
        closed
    }
}

/// Tumbling windows of `size` by `k` over the rows of several files, under watermarks of `bound`.
pub fn tumble(files: &[Vec<Row>], bound: i64, size: i64, lanes: Lanes) -> Expected {
    let mut clock = Clock::new(files, bound, lanes);
    let mut windows = Windows::new(size);
    let mut expected = Expected::default();
    for row in in_order(files) {
        if !windows.put(clock.watermark(), row.ts, row.k.as_ref(), row) {
            expected.late.push(row.id.to_string());
        }
        let closed = windows.close(clock.after(row));
        expected.windows.extend(closed.iter().map(|(start, k, rows)| result(*start, size, k, rows)));
    }
    let closed = windows.close(Some(i64::MAX));
    expected.windows.extend(closed.iter().map(|(start, k, rows)| result(*start, size, k, rows)));
    expected
}

/// The line of a window that has closed.
fn result(start: i64, size: i64, k: &Option<String>, rows: &[&Row]) -> String {
    let text = |value: Option<String>| value.unwrap_or_default();
    let vs: Vec<i64> = rows.iter().filter_map(|row| row.v).collect();
    let ds: Vec<f64> = rows.iter().filter_map(|row| row.d).collect();
    let n = vs.len() as i64;
    let sum: i64 = vs.iter().sum();
    let mut distinct = vs.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let double_sum = (!ds.is_empty()).then(|| exact_sum(&ds));
    let mean = double_sum.map(|sum| sum / ds.len() as f64);
    format!(
        "{},{},{},{},{n},{},{},{},{},{},{},{},{}",
        text(k.clone()),
        stamp(start),
        stamp(start + size),
        rows.len(),
        text((n > 0).then(|| sum.to_string())),
        text(double_sum.map(double)),
        text(mean.map(double)),
        text(vs.iter().min().map(ToString::to_string)),
        text(vs.iter().max().map(ToString::to_string)),
        text(rows.first().map(|row| row.id.to_string())),
        text(rows.last().map(|row| row.id.to_string())),
        distinct.len(),
    )
}

/// A double in a form that tells every double from every other, whatever the engine prints.
pub fn double(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

/// The exact sum of doubles, rounded once: partial sums that do not overlap.
fn exact_sum(values: &[f64]) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for value in values {
        let mut x = *value;
        let mut kept = Vec::new();
        for mut y in partials {
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                kept.push(low);
            }
            x = high;
        }
        kept.push(x);
        partials = kept;
    }
    let mut high = partials.pop().unwrap_or(0.0);
    let mut low = 0.0;
    while let Some(y) = partials.pop() {
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    if let Some(next) = partials.last()
        && ((low < 0.0 && *next < 0.0) || (low > 0.0 && *next > 0.0))
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    high
}
