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
fn stamp(millis: i64) -> String {
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

#[derive(Default)]
struct Group {
    n: i64,
    vs: Vec<i64>,
    ds: Vec<f64>,
    ids: Vec<i64>,
}

/// What has a watermark of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// Every file of one source, from its first row on.
    Files,
    /// Every key, in one file, from its first row on.
    Keys,
    /// Every file as a source of its own: until its first row there is no watermark at all.
    Sources,
}

/// Tumbling windows of `size` by `k` over the rows of several files, under watermarks of `bound`.
pub fn tumble(files: &[Vec<Row>], bound: i64, size: i64, lanes: Lanes) -> Expected {
    let mut rows: Vec<&Row> = files.iter().flatten().collect();
    rows.sort_by_key(|row| (row.arrival, row.file, row.offset));
    let last_of: Vec<Option<usize>> = files.iter().map(|rows| rows.last().map(|row| row.offset)).collect();
    // By lane: the greatest timestamp, and the file.
    let mut greatest: BTreeMap<(usize, Option<String>), i64> = BTreeMap::new();
    let mut ended = vec![false; files.len()];
    let mut watermark: Option<i64> = None;
    let mut open: BTreeMap<(i64, Option<String>), Group> = BTreeMap::new();
    let mut expected = Expected::default();
    for row in rows {
        let start = row.ts.div_euclid(size) * size;
        if watermark.is_some_and(|watermark| start + size - 1 <= watermark) {
            expected.late.push(row.id.to_string());
        } else {
            let group = open.entry((start, row.k.clone())).or_default();
            group.n += 1;
            group.vs.extend(row.v);
            group.ds.extend(row.d);
            group.ids.push(row.id);
        }
        let lane = (row.file, if lanes == Lanes::Keys { row.k.clone() } else { None });
        let of_lane = greatest.entry(lane).or_insert(row.ts);
        *of_lane = row.ts.max(*of_lane);
        ended[row.file] = last_of[row.file] == Some(row.offset);
        let open_lanes = greatest.iter().filter(|((file, _), _)| !ended[*file]);
        let least = open_lanes.map(|(_, greatest)| greatest - bound).min();
        let all_begun = (0..files.len()).all(|file| greatest.keys().any(|(begun, _)| *begun == file));
        let least = if lanes == Lanes::Sources && !all_begun { None } else { least };
        watermark = watermark.max(least);
        fire(&mut open, watermark, size, &mut expected);
    }
    fire(&mut open, Some(i64::MAX), size, &mut expected);
    expected
}

fn fire(
    open: &mut BTreeMap<(i64, Option<String>), Group>,
    watermark: Option<i64>,
    size: i64,
    expected: &mut Expected,
) {
    let Some(watermark) = watermark else { return };
    while let Some(first) = open.first_entry() {
        if first.key().0 + size - 1 > watermark {
            return;
        }
        let ((start, k), group) = first.remove_entry();
        let text = |value: Option<String>| value.unwrap_or_default();
        let n = group.vs.len() as i64;
        let sum: i64 = group.vs.iter().sum();
        let mut distinct = group.vs.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let double_sum = (!group.ds.is_empty()).then(|| exact_sum(&group.ds));
        let mean = double_sum.map(|sum| sum / group.ds.len() as f64);
        expected.windows.push(format!(
            "{},{},{},{},{n},{},{},{},{},{},{},{},{}",
            text(k),
            stamp(start),
            stamp(start + size),
            group.n,
            text((n > 0).then(|| sum.to_string())),
            text(double_sum.map(double)),
            text(mean.map(double)),
            text(group.vs.iter().min().map(ToString::to_string)),
            text(group.vs.iter().max().map(ToString::to_string)),
            text(group.ids.first().map(ToString::to_string)),
            text(group.ids.last().map(ToString::to_string)),
            distinct.len(),
        ));
    }
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
