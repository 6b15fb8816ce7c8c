//! Measures how much of the engine's throughput the window takes, without a display.
//!
//! Run with `cargo run --release -p tidemark --example window_share`. The same flow runs as fast as it can over 36 million rows,
//! in turns without a window, in one that draws every frame that it asks for, at most sixty a second, up to the triangles that a
//! graphics card would get, and without a window again. A run lasts from its start until the last byte of its result is written.
//! The run in the window is compared with the mean of its two neighbours, and these with one another, which says how much of any
//! ratio is the machine's: one that others use as well is never twice the same. Beside it stands the processor time that all threads
//! took, which waiting for others does not touch (Linux only, as all times on a core are), what a frame cost in the meantime, and
//! how long it is from a click on a wire to its rows while the engine is that busy.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use egui::{Context, Event, Modifiers, PointerButton, RawInput, Rect, pos2, vec2};
use tidemark::app::{App, Folders, Opening, Setup};
use tidemark::command::{Action, Command};
use tidemark::engine_link::{RunStatus, Watch};
use tidemark_engine::catalog;
use tidemark_engine::graph::{self, CheckContext};
use tidemark_engine::ids::EdgeId;
use tidemark_engine::node::FileAccess;
use tidemark_engine::runtime::{JobConfig, JobHandle, Speed};

const N_ROWS: u64 = 6_000_000;
/// How many times the same rows are there, so that a run is long beside its start.
const N_FILES: usize = 6;
const N_ROUNDS: usize = 11;
const N_CLICKS: usize = 60;
/// The least time between two frames.
const FRAME: Duration = Duration::from_micros(16_667);

const FLOW: &str = r#"{
  "version": 1,
  "session_zone": "UTC",
  "nodes": [
    { "id": "minute", "kind": "tumbling_window", "params": { "size_millis": 60000, "keys": ["key"],
      "aggregates": [{ "function": "count", "name": "n" }, { "function": "avg", "column": "price", "name": "mean" }] } },
    { "id": "result", "kind": "csv_sink", "params": { "path": "result.csv" } },
    { "id": "rows", "kind": "csv_source", "params": { "event_time": "at", "path": "rows-*.csv" } },
    { "id": "watermark", "kind": "watermarks", "params": { "bound_millis": 5000 } }
  ],
  "edges": [
    { "from": "minute.out", "to": "result.in" },
    { "from": "rows.out", "to": "watermark.in" },
    { "from": "watermark.out", "to": "minute.in" }
  ],
  "layout": { "nodes": { "minute": [608, 96], "result": [896, 96], "rows": [32, 96], "watermark": [320, 96] } }
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let flow = folder.path().join("share.flow.json");
    std::fs::write(&flow, FLOW)?;
    let rows = folder.path().join("rows-0.csv");
    write_rows(&rows)?;
    for number in 1..N_FILES {
        std::fs::hard_link(&rows, folder.path().join(format!("rows-{number}.csv")))?;
    }
    let mut window = Window::on(&flow, folder.path())?;
    let mut rounds = Rounds::default();
    println!(
        "{:>5}  {:>9} {:>9} {:>9} {:>7} {:>7} {:>7}",
        "round", "headless", "window", "headless", "window", "noise", "cores"
    );
    // The first round brings the file into memory.
    for round in 0..=N_ROUNDS {
        let before = run_headless(&flow)?;
        let shown = window.run()?;
        let after = run_headless(&flow)?;
        if round == 0 {
            window.cost = Cost::default();
            continue;
        }
        rounds.add(round, &before, &shown, &after);
    }
    rounds.print();
    window.cost.print();
    let mut millis = window.click_wires()?;
    millis.sort_by(f64::total_cmp);
    println!(
        "{} clicks on wires of a run at full speed: rows after {:.0} ms, p90 {:.0} ms, worst {:.0} ms",
        millis.len(),
        at(&millis, 0.5),
        at(&millis, 0.9),
        at(&millis, 1.0)
    );
    Ok(())
}

fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Rows a hundredth of a second apart, a few out of order; which is which depends on their number alone.
fn write_rows(path: &Path) -> std::io::Result<()> {
    let mut text = String::from("at,key,price\n");
    for row in 0..N_ROWS {
        let scattered = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let millis = (row * 10).saturating_sub(scattered % 4_000);
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (day, hour, minute, second) =
            (1 + seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        let (key, price) = (scattered % 1_000, scattered % 100_000);
        let line = writeln!(
            text,
            "2026-01-{day:02} {hour:02}:{minute:02}:{second:02}.{millis:03},{key},{}.{:02}",
            price / 100,
            price % 100
        );
        line.map_err(std::io::Error::other)?;
    }
    std::fs::write(path, text)
}

/// What one run took, in seconds.
struct Run {
    time: f64,
    /// Over all threads of the process.
    on_cores: f64,
}

/// Ratios to the runs without a window.
#[derive(Default)]
struct Rounds {
    window: Vec<f64>,
    /// Of the second run without a window to the first.
    noise: Vec<f64>,
    on_cores: Vec<f64>,
}

impl Rounds {
    fn add(&mut self, round: usize, before: &Run, shown: &Run, after: &Run) {
        let window = shown.time * 2.0 / (before.time + after.time);
        let noise = after.time / before.time;
        let on_cores = shown.on_cores * 2.0 / (before.on_cores + after.on_cores);
        println!(
            "{round:>5}  {:>8.3}s {:>8.3}s {:>8.3}s {window:>7.4} {noise:>7.4} {on_cores:>7.4}",
            before.time, shown.time, after.time
        );
        self.window.push(window);
        self.noise.push(noise);
        self.on_cores.push(on_cores);
    }

    fn print(&mut self) {
        let all = [
            ("window to headless", &mut self.window),
            ("headless to headless", &mut self.noise),
            ("processor time, window to headless", &mut self.on_cores),
        ];
        for (name, ratios) in all {
            ratios.sort_by(f64::total_cmp);
            let (low, middle, high) = (at(ratios, 0.25), at(ratios, 0.5), at(ratios, 0.75));
            println!("{name}: {middle:.4}, quarters: {low:.4} to {high:.4}");
        }
    }
}

/// How long after `start` the last byte of the result was written.
fn written_after(start: SystemTime, result: &Path) -> std::io::Result<Duration> {
    let written = std::fs::metadata(result)?.modified()?;
    written.duration_since(start).map_err(|_| std::io::Error::other("the result is of an earlier run"))
}

fn run_headless(flow: &Path) -> Result<Run, Box<dyn std::error::Error>> {
    let document = graph::load(flow)?;
    let folder = flow.parent().ok_or("no folder")?;
    let out = folder.join("headless");
    let files = FileAccess::new(folder, &out);
    let catalog = catalog::standard();
    let checked = graph::check(&document, &catalog, &CheckContext::new(&files));
    let on_cores = on_all_cores();
    let job = JobHandle::start(&checked.graph, &JobConfig { speed: Speed::Maximum, ..JobConfig::default() })?;
    let start = SystemTime::now();
    while job.wait_for(Duration::from_millis(50)).is_none() {}
    let time = written_after(start, &out.join("result.csv"))?.as_secs_f64();
    Ok(Run { time, on_cores: on_all_cores() - on_cores })
}

/// When the window wants its next frame.
#[derive(Default)]
struct Wanted {
    at: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl Wanted {
    fn ask(&self, at: Instant) {
        let mut wanted = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        *wanted = Some(wanted.map_or(at, |earlier| earlier.min(at)));
        self.changed.notify_all();
    }

    /// Waits until a frame is due, not longer than until `until`. `false` if none is.
    fn wait(&self, earliest: Instant, until: Instant) -> bool {
        let mut wanted = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let due = wanted.map(|at| at.max(earliest));
            let now = Instant::now();
            if due.is_some_and(|due| due <= now) {
                *wanted = None;
                return true;
            }
            if now >= until {
                return false;
            }
            let next = due.map_or(until, |due| due.min(until));
            let waited = self.changed.wait_timeout(wanted, next - now);
            wanted = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// What frames have cost so far.
#[derive(Default)]
struct Cost {
    by_clock: Vec<f64>,
    on_core: f64,
    total: f64,
}

impl Cost {
    fn print(&mut self) {
        self.by_clock.sort_by(f64::total_cmp);
        let n = self.by_clock.len() as f64;
        println!(
            "{n} frames in {:.1} s; by the clock: mean {:.2} ms, p99 {:.2} ms; on a core: mean {:.2} ms, {:.2} % of one core",
            self.total,
            self.by_clock.iter().sum::<f64>() / n,
            at(&self.by_clock, 0.99),
            self.on_core * 1e3 / n,
            self.on_core / self.total * 100.0
        );
    }
}

/// Seconds for which this thread has been on a core, where the system says so. It says so as of the last time that the thread was
/// taken off, so this is for spans with many frames.
fn on_core() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or_default() / 1e9
}

/// Seconds for which all threads of this process have been on cores, where the system says so, to the hundredth.
fn on_all_cores() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold anything, the fields are apart by single spaces.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

struct Window {
    ctx: Context,
    app: App,
    wanted: Arc<Wanted>,
    began: Instant,
    last_frame: Instant,
    cost: Cost,
}

impl Window {
    fn on(flow: &Path, folder: &Path) -> Result<Window, Box<dyn std::error::Error>> {
        let ctx = Context::default();
        let wanted = Arc::new(Wanted::default());
        let asked = Arc::clone(&wanted);
        ctx.set_request_repaint_callback(move |info| asked.ask(Instant::now() + info.delay));
        let folders = Folders { data: folder.join("data"), settings: None, runs: folder.join("runs") };
        let opening = Opening::Flow(flow.to_owned());
        let setup = Setup { opening, folders, restart_after: Duration::ZERO, started: Instant::now() };
        let app = App::new(&ctx, setup)?;
        let now = Instant::now();
        let mut window = Window { ctx, app, wanted, began: now, last_frame: now, cost: Cost::default() };
        window.frame();
        let ctx = window.ctx.clone();
        if !window.app.settle(&ctx, Duration::from_secs(60)) || !window.app.state().open.can_run() {
            return Err("the flow was not opened".into());
        }
        window.app.ask(Command::SetSpeed(Speed::Maximum));
        window.frame();
        Ok(window)
    }

    /// Clicks one wire after another while the flow runs. Returns how long each time it was until its rows were there to be seen.
    fn click_wires(&mut self) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
        let wires: Vec<EdgeId> = self.app.state().open.document.flow().edges.iter().cloned().collect();
        let mut millis = Vec::new();
        for wire in wires.iter().cycle().take(N_CLICKS) {
            if !self.app.state().open.run.snapshot.is_going() {
                self.app.ask(Action::Restart);
            }
            // From a wire with rows to one whose rows are not shown.
            self.draw_for(Duration::from_millis(250));
            let pos = self.app.wire_middle(wire).ok_or("the wire is not on the canvas")?;
            let button = PointerButton::Primary;
            let press = |pressed| Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
            self.frame_with(vec![Event::PointerMoved(pos)]);
            self.draw_for(FRAME);
            self.frame_with(vec![press(true)]);
            self.draw_for(FRAME);
            let released = Instant::now();
            self.frame_with(vec![press(false)]);
            let is_shown = |app: &App| {
                let watched = &app.state().open.run.snapshot.watched;
                watched
                    .as_ref()
                    .is_some_and(|rows| rows.watch == Watch::Edge(wire.clone()) && !rows.is_empty())
            };
            while !is_shown(&self.app) {
                if released.elapsed() > Duration::from_secs(5) {
                    return Err(format!("the rows of {wire} never came").into());
                }
                self.draw_for(Duration::from_millis(1));
            }
            millis.push(released.elapsed().as_secs_f64() * 1e3);
        }
        Ok(millis)
    }

    /// Draws every frame that is asked for in this time.
    fn draw_for(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while self.wanted.wait(self.last_frame + FRAME, until) {
            self.frame();
        }
    }

    /// Runs the flow from its beginning to its end and draws what there is to see.
    fn run(&mut self) -> Result<Run, Box<dyn std::error::Error>> {
        self.app.ask(Action::Restart);
        self.frame();
        let run = self.app.state().open.run.asked;
        // The job of the last run is taken apart first, which is no part of this one.
        while !self.app.wait_for_run(Duration::from_millis(1), |now| now.run == run) {}
        let (start, began) = (SystemTime::now(), Instant::now());
        let (on_core_before, on_cores) = (on_core(), on_all_cores());
        let is_over =
            |app: &App| app.wait_for_run(Duration::ZERO, |now| now.run == run && now.status.is_over());
        while !is_over(&self.app) {
            if self.wanted.wait(self.last_frame + FRAME, Instant::now() + Duration::from_millis(50)) {
                self.frame();
            }
        }
        self.cost.total += began.elapsed().as_secs_f64();
        self.cost.on_core += on_core() - on_core_before;
        let on_cores = on_all_cores() - on_cores;
        self.frame();
        if self.app.state().open.run.snapshot.status != RunStatus::Finished {
            return Err(format!("the run ended as {:?}", self.app.state().open.run.snapshot.status).into());
        }
        let time =
            written_after(start, &self.app.state().open.output_folder.join("result.csv"))?.as_secs_f64();
        Ok(Run { time, on_cores })
    }

    fn frame(&mut self) {
        self.frame_with(Vec::new());
    }

    fn frame_with(&mut self, events: Vec<Event>) {
        self.last_frame = Instant::now();
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1440.0, 900.0))),
            time: Some(self.began.elapsed().as_secs_f64()),
            events,
            ..RawInput::default()
        };
        let app = &mut self.app;
        let mut output = self.ctx.run_ui(input, |ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
        let mesh = self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        drop(mesh);
        output.textures_delta.clear();
        self.cost.by_clock.push(self.last_frame.elapsed().as_secs_f64() * 1e3);
    }
}
