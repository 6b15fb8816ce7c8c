//! What the runs of a case come to: medians and ratios, as a line for people and as JSON.

use serde_json::{Value, json};

use super::one::Report;
use super::rounds::{Answers, Case, Engine};
use crate::ui_kit::format;

/// Which time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// Processor time: what one thread's work costs, however busy the machine is.
    Cpu,
    /// Time on the wall: what more threads are for; and where the system does not say the other.
    Wall,
}

impl Counts {
    /// For runs of so many threads.
    fn of(threads: usize, runs: &[Vec<Report>]) -> Counts {
        let all_say = runs.iter().flatten().all(|run| run.cpu_seconds.is_some());
        if threads == 1 && all_say { Counts::Cpu } else { Counts::Wall }
    }

    fn name(self) -> &'static str {
        match self {
            Counts::Cpu => "cpu",
            Counts::Wall => "wall",
        }
    }

    fn seconds(self, run: &Report) -> f64 {
        match self {
            Counts::Cpu => run.cpu_seconds.unwrap_or(run.wall_seconds),
            Counts::Wall => run.wall_seconds,
        }
    }
}

/// A median, and what it lies between.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    /// Of one value or more.
    fn of(values: impl Iterator<Item = f64>) -> Spread {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |idx: usize| values.get(idx).copied().unwrap_or(f64::NAN);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            at(middle)
        } else {
            f64::midpoint(at(middle.saturating_sub(1)), at(middle))
        };
        Spread { median, min: at(0), max: at(values.len().saturating_sub(1)) }
    }

    fn to_json(self) -> Value {
        json!({ "median": self.median, "min": self.min, "max": self.max })
    }
}

/// A case that was measured.
pub(super) struct Measured {
    case: Case,
    counts: Counts,
    n_bids: u64,
    /// By engine, ours first.
    runs: Vec<Vec<Report>>,
    /// How many times quicker ours is than by one thread, on the wall.
    speed_up: Option<f64>,
}

impl Measured {
    /// What the runs of each engine come to. `by_one_thread` is what the same took there.
    pub(super) fn new(
        case: Case,
        n_bids: u64,
        runs: Vec<Vec<Report>>,
        by_one_thread: Option<f64>,
    ) -> Measured {
        let counts = Counts::of(case.threads, &runs);
        let mut measured = Measured { case, counts, n_bids, runs, speed_up: None };
        measured.speed_up =
            by_one_thread.filter(|_| case.threads > 1).map(|seconds| seconds / measured.wall_seconds());
        measured
    }

    /// What ours took on the wall.
    pub(super) fn wall_seconds(&self) -> f64 {
        Spread::of(self.runs[0].iter().map(|run| run.wall_seconds)).median
    }

    /// By engine: the time that counts.
    fn seconds(&self, engine: usize) -> Spread {
        Spread::of(self.runs[engine].iter().map(|run| self.counts.seconds(run)))
    }

    /// By engine: how many times longer it took than ours in the same round.
    fn ratio(&self, engine: usize) -> Spread {
        let pairs = self.runs[engine].iter().zip(&self.runs[0]);
        Spread::of(pairs.map(|(other, ours)| self.counts.seconds(other) / self.counts.seconds(ours)))
    }

    /// By engine: the most memory of all runs.
    fn peak_bytes(&self, engine: usize) -> Option<u64> {
        self.runs[engine].iter().filter_map(|run| run.peak_bytes).max()
    }

    /// The line of the table.
    pub(super) fn line(&self) -> String {
        let ours = self.seconds(0);
        let mut cells = vec![
            self.case.query.name.to_owned(),
            self.case.form.name().to_owned(),
            self.case.threads.to_string(),
            format::count(self.runs[0].first().map_or(0, |run| run.rows)),
            self.counts.name().to_owned(),
            format!("{:.3}", ours.median),
            format!("{:.1}", self.n_bids as f64 / ours.median / 1e6),
            self.speed_up.map_or_else(|| "–".to_owned(), |speed_up| format!("{speed_up:.2}")),
            mebibytes(self.peak_bytes(0)),
        ];
        for engine in 1..self.runs.len() {
            let Spread { median, min, max } = self.ratio(engine);
            cells.push(format!("{:.3}", self.seconds(engine).median));
            cells.push(format!("{median:.2} ({min:.2}–{max:.2})"));
            cells.push(mebibytes(self.peak_bytes(engine)));
        }
        aligned(&cells)
    }

    /// Everything, run by run.
    pub(super) fn to_json(&self, engines: &[Engine], answers: &Answers) -> Value {
        let of_engine = |(number, engine): (usize, &Engine)| {
            let runs = self.runs[number].iter().map(|run| {
                json!({
                    "wall_seconds": run.wall_seconds,
                    "cpu_seconds": run.cpu_seconds,
                    "peak_bytes": run.peak_bytes,
                })
            });
            let mut figures = json!({
                "engine": engine.name(),
                "seconds": self.seconds(number).to_json(),
                "rows_per_sec": self.n_bids as f64 / self.seconds(number).median,
                "peak_bytes": self.peak_bytes(number),
                "runs": runs.collect::<Vec<_>>(),
            });
            if number > 0 {
                figures["ratio_to_tidemark"] = self.ratio(number).to_json();
            }
            figures
        };
        let answer = answers.of(self.case.query).map(|(rows, sums)| {
            let sums: serde_json::Map<String, Value> =
                sums.map(|(name, sum)| (name.to_owned(), sum.into())).collect();
            json!({ "rows": rows, "sums": sums })
        });
        json!({
            "query": self.case.query.name,
            "about": self.case.query.about,
            "from": self.case.form.name(),
            "threads": self.case.threads,
            "rows_in": self.n_bids,
            "answer": answer,
            "time_that_counts": self.counts.name(),
            "speed_up": self.speed_up,
            "engines": engines.iter().enumerate().map(of_engine).collect::<Vec<_>>(),
        })
    }
}

/// The table's heading.
pub(super) fn heading(engines: &[Engine]) -> String {
    let mut cells: Vec<String> =
        ["query", "from", "threads", "rows out", "time", "tidemark", "M rows/s", "speed-up", "MiB"]
            .map(str::to_owned)
            .to_vec();
    for engine in &engines[1..] {
        cells.extend([engine.name().to_owned(), "× tidemark".to_owned(), "MiB".to_owned()]);
    }
    aligned(&cells)
}

/// Cells in columns: how wide each is, and those of names to the left.
fn aligned(cells: &[String]) -> String {
    const OURS: [(usize, bool); 9] = [
        (5, true),
        (7, true),
        (7, false),
        (11, false),
        (4, true),
        (8, false),
        (8, false),
        (8, false),
        (6, false),
    ];
    const PEER: [(usize, bool); 3] = [(8, false), (19, true), (6, false)];
    let columns = OURS.iter().chain(PEER.iter().cycle());
    let cells = cells.iter().zip(columns).map(|(cell, (width, is_left))| {
        let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
        if *is_left { format!("{cell}{pad}") } else { format!("{pad}{cell}") }
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "–".to_owned(), |bytes| format::count(bytes >> 20))
}

#[cfg(test)]
mod tests {
    use super::super::data::Form;
    use super::super::queries::Query;
    use super::*;

    fn run(wall: f64, cpu: Option<f64>) -> Report {
        Report { wall_seconds: wall, cpu_seconds: cpu, peak_bytes: Some(5 << 20), rows: 7, sums: Vec::new() }
    }

    fn case(threads: usize) -> Case {
        Case { query: Query::named("q7").expect("it is there"), form: Form::Parquet, threads }
    }

    #[test]
    fn a_median_is_the_middle_or_lies_between_the_two_in_the_middle() {
        let of = |values: &[f64]| Spread::of(values.iter().copied());
        assert_eq!(of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0]), Spread { median: 2.5, min: 1.0, max: 4.0 });
        assert_eq!(of(&[1.5]), Spread { median: 1.5, min: 1.5, max: 1.5 });
    }

    #[test]
    fn processor_time_counts_for_one_thread_and_the_wall_for_more() {
        let runs = |cpu: Option<f64>| vec![vec![run(2.0, Some(1.0))], vec![run(5.0, cpu)]];
        let one = Measured::new(case(1), 2_000_000, runs(Some(3.0)), Some(9.0));
        assert_eq!((one.counts, one.ratio(1).median, one.speed_up), (Counts::Cpu, 3.0, None));
        let unsaid = Measured::new(case(1), 2_000_000, runs(None), None);
        assert_eq!((unsaid.counts, unsaid.ratio(1).median), (Counts::Wall, 2.5));
        let two = Measured::new(case(2), 2_000_000, runs(Some(3.0)), Some(3.0));
        assert_eq!((two.counts, two.ratio(1).median, two.speed_up), (Counts::Wall, 2.5, Some(1.5)));
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        let runs = vec![vec![run(1.0, None), run(2.0, None)], vec![run(4.0, None), run(4.0, None)]];
        let measured = Measured::new(case(2), 1, runs, None);
        assert_eq!(measured.ratio(1), Spread { median: 3.0, min: 2.0, max: 4.0 });
        let expected = "q7     parquet        2            7  wall     1.500       0.0         –       5     4.000  3.00 (2.00–4.00)          5";
        assert_eq!(measured.line(), expected);
    }
}
