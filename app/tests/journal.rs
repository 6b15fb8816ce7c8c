//! Unsaved changes survive a kill at any moment: children that edit as fast as they can are killed, and what they did is recovered.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tidemark::app::{App, Folders, Opening, Setup};
use tidemark::command;
use tidemark::journal::{Journal, Left};
use tidemark::state::{Document, FlowNumber, Origin};
use tidemark_engine::graph::{self, Edit, FlowDocument, FlowNode, Point};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

const N_KILLS: usize = 200;
const N_AT_ONCE: usize = 24;
/// What may be lost, in milliseconds of edits.
const MAY_BE_LOST: u128 = 2000;
const CHILD: &str = "TIDEMARK_TEST_JOURNAL";
/// How many whole windows are killed, and how many at once.
const N_WINDOWS: usize = 12;
const N_WINDOWS_AT_ONCE: usize = 3;
const WINDOW: &str = "TIDEMARK_TEST_WINDOW";
const LONG: Duration = Duration::from_secs(60);

/// Numbers that look random, from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn now_millis() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis()
}

fn any_edit(dice: &mut Dice) -> Edit {
    let node = |dice: &mut Dice| NodeId::new(format!("n{}", dice.below(12)));
    let at = |dice: &mut Dice| Some(Point { x: dice.below(999) as i32, y: dice.below(999) as i32 });
    match dice.below(7) {
        0 | 1 => {
            let params = serde_json::Map::from_iter([("p".to_owned(), dice.below(9).into())]);
            Edit::AddNode { id: node(dice), node: FlowNode::new("union", params), at: at(dice) }
        }
        2 => Edit::RemoveNode(node(dice)),
        3 => Edit::MoveNodes([(node(dice), at(dice))].into()),
        4 => Edit::Connect(EdgeId {
            from: PortRef::new(node(dice), "out"),
            to: PortRef::new(node(dice), "in"),
        }),
        5 => Edit::SetTitle { node: node(dice), title: Some(format!("\u{e4} {}", dice.below(99))) },
        _ => Edit::Batch { name: "remove".to_owned(), edits: vec![any_edit(dice), any_edit(dice)] },
    }
}

/// Edits until it is killed, and says after each edit what the flow is: a line with the time and the flow.
fn edit_for_ever(folder: &Path, seed: u64) -> ! {
    let file = folder.join("own.flow.json");
    let journal = Journal::start(folder.join("journal"), Arc::new(|| {})).expect("a thread");
    let mut document = Document::new(FlowDocument::default(), Origin::File(file.clone()));
    let mut said = OpenOptions::new().create(true).append(true).open(folder.join("said")).expect("a file");
    let mut dice = Dice(seed);
    loop {
        // One line in one piece, before the journal hears of it.
        let flow = serde_json::to_string(&document.flow().to_json()).expect("JSON");
        said.write_all(format!("{} {flow}\n", now_millis()).as_bytes()).expect("written");
        let changes = document.take_changes();
        if !journal.write(FlowNumber(1), changes, None) {
            document.write_anew();
        }
        thread::sleep(Duration::from_millis(2 + dice.below(12)));
        match dice.below(20) {
            0 | 1 => drop(document.undo().expect("undone")),
            2 => drop(document.redo().expect("done again")),
            3 => document.seal(),
            4 if dice.below(6) == 0 => {
                graph::save(document.flow(), &file).expect("saved");
                document.saved(document.revision(), file.clone(), None).expect("it fits");
            }
            // What does not fit changes nothing.
            _ => drop(document.apply(&any_edit(&mut dice))),
        }
    }
}

/// Lets a child edit for a while and kills it. Gives what may be wrong with what is recovered, and by how many milliseconds it is old.
fn kill_and_recover(seed: u64) -> Result<u128, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .args(["a_kill_at_any_moment_loses_at_most_two_seconds", "--exact", "--nocapture"])
        .env(CHILD, format!("{seed} {}", folder.path().display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    thread::sleep(Duration::from_millis(Dice(seed).below(2800)));
    let killed = now_millis();
    child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;

    let said = fs::read_to_string(folder.path().join("said")).unwrap_or_default();
    let said = said.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let said: Vec<(u128, String)> = said
        .lines()
        .filter_map(|line| {
            let (at, flow) = line.split_once(' ')?;
            Some((at.parse().ok()?, serde_json::from_str(flow).ok()?))
        })
        .collect();
    let left = Left::find(&folder.path().join("journal"));
    let file: PathBuf = folder.path().join("own.flow.json");
    let recovered = match left.as_slice() {
        [] => fs::read_to_string(&file).unwrap_or_else(|_| FlowDocument::default().to_json()),
        [left] => {
            let found = left.found.as_ref().map_err(ToString::to_string)?;
            if found.damaged || found.content.origin != Origin::File(file) {
                return Err("the journal is damaged".to_owned());
            }
            found.content.flow.to_json()
        }
        _ => return Err("there are two journals of one flow".to_owned()),
    };
    // The newest state that is the recovered one, and how long it was the flow's.
    match said.iter().rposition(|(_, flow)| *flow == recovered) {
        Some(at) => Ok(said.get(at + 1).map_or(0, |(next, _)| killed.saturating_sub(*next))),
        None if said.is_empty() => Ok(0),
        None => Err(format!("none of {} states is what was recovered", said.len())),
    }
}

/// Kills so many, some at once, and checks what the worst of them has lost.
fn kill_many(n_kills: usize, n_at_once: usize, kill: fn(u64) -> Result<u128, String>) {
    let next = AtomicUsize::new(0);
    let worst: u128 = thread::scope(|scope| {
        let killers: Vec<_> = (0..n_at_once)
            .map(|_| {
                scope.spawn(|| {
                    let mut worst = 0;
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= n_kills {
                            return worst;
                        }
                        let seed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                        match kill(seed) {
                            Ok(lost) => worst = worst.max(lost),
                            Err(error) => panic!("seed {seed}: {error}"),
                        }
                    }
                })
            })
            .collect();
        killers.into_iter().map(|killer| killer.join().expect("recovered")).max().unwrap_or_default()
    });
    assert!(worst > 0, "nothing was ever killed in the middle of its work");
    assert!(worst <= MAY_BE_LOST, "{worst} ms of edits were lost");
}

#[test]
fn a_kill_at_any_moment_loses_at_most_two_seconds() {
    if let Some(child) = std::env::var_os(CHILD) {
        let child = child.into_string().expect("UTF-8");
        let (seed, folder) = child.split_once(' ').expect("a seed and a folder");
        edit_for_ever(Path::new(folder), seed.parse().expect("a number"));
    }
    kill_many(N_KILLS, N_AT_ONCE, kill_and_recover);
}

/// A window on nothing that keeps everything in this folder, and what it is painted with.
fn window_in(folder: &Path) -> (App, egui::Context) {
    let folders = Folders { data: folder.join("data"), settings: None, runs: folder.join("runs") };
    let restart_after = Duration::from_millis(400);
    let setup = Setup { opening: Opening::Nothing, folders, restart_after, started: Instant::now() };
    let ctx = egui::Context::default();
    (App::new(&ctx, setup).expect("threads"), ctx)
}

/// A frame of a window.
fn paint(app: &mut App, ctx: &egui::Context) {
    let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 720.0));
    let input = egui::RawInput { screen_rect: Some(screen), ..egui::RawInput::default() };
    let mut output = ctx.run_ui(input, |ui| {
        app.logic(ui.ctx());
        app.ui(ui);
    });
    // Nobody has a screen here.
    output.textures_delta.clear();
}

/// The change that makes a flow of so many nodes one of one more, and calls it by their number.
fn grow(n_nodes: u64) -> Edit {
    let (id, node) = (NodeId::new(format!("n{n_nodes}")), FlowNode::new("union", serde_json::Map::new()));
    let at = Some(Point { x: 32 * (n_nodes % 100) as i32, y: 32 * (n_nodes / 100) as i32 });
    let named = Edit::SetName(Some((n_nodes + 1).to_string()));
    Edit::Batch { name: "add_node".to_owned(), edits: vec![Edit::AddNode { id, node, at }, named] }
}

/// Changes the flow of a window frame by frame until it is killed, and says before each change how large the flow will be.
fn work_in_window_for_ever(folder: &Path) -> ! {
    let (mut app, ctx) = window_in(folder);
    // Fonts are there from the second frame on.
    ctx.run_ui(egui::RawInput::default(), |_| {}).textures_delta.clear();
    let mut said = OpenOptions::new().create(true).append(true).open(folder.join("said")).expect("a file");
    for n_nodes in 0.. {
        said.write_all(format!("{} {}\n", now_millis(), n_nodes + 1).as_bytes()).expect("written");
        app.ask(command::Command::Edit(grow(n_nodes)));
        app.ask(command::Command::EndGesture);
        paint(&mut app, &ctx);
        assert_eq!(app.state().open.document.flow().nodes.len() as u64, n_nodes + 1);
        thread::sleep(Duration::from_millis(20));
    }
    unreachable!("there are always more numbers")
}

/// Lets a window work for a while and kills it. Gives what may be wrong with what the next window recovers, and by how many
/// milliseconds it is old.
fn kill_window_and_recover(seed: u64) -> Result<u128, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .args(["a_window_that_is_killed_is_recovered_by_the_next", "--exact", "--nocapture"])
        .env(WINDOW, folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let said = folder.path().join("said");
    let until = Instant::now() + LONG;
    while !said.exists() && Instant::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_millis(Dice(seed).below(2800)));
    let killed = now_millis();
    child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;

    let said = fs::read_to_string(said).unwrap_or_default();
    let said: Vec<(u128, u64)> = said
        .lines()
        .filter_map(|line| {
            let (at, n_nodes) = line.split_once(' ')?;
            Some((at.parse().ok()?, n_nodes.parse().ok()?))
        })
        .collect();
    if said.is_empty() {
        return Err("it never began to work".to_owned());
    }
    let (mut app, ctx) = window_in(folder.path());
    assert!(app.settle(&ctx, LONG), "the next window never ends what it does at the start");
    let offered = app.state().left.clone();
    let n_nodes = match offered.as_slice() {
        [] => 0,
        [left] if left.unreadable.is_none() && !left.damaged => {
            app.ask(command::Command::Recover(0));
            assert!(app.settle(&ctx, LONG), "it never ends to recover");
            let document = &app.state().open.document;
            let n_nodes = document.flow().nodes.len() as u64;
            if document.flow().name != Some(n_nodes.to_string()) || document.is_saved() {
                return Err(format!("half of a change: {n_nodes} nodes, {:?}", document.flow().name));
            }
            if document.n_done() as u64 != n_nodes {
                return Err(format!("{} steps of {n_nodes} can be taken back", document.n_done()));
            }
            n_nodes
        }
        _ => return Err(format!("it offers {offered:?}")),
    };
    // When the first change began that is lost.
    Ok(said.iter().find(|(_, size)| *size > n_nodes).map_or(0, |(at, _)| killed.saturating_sub(*at)))
}

#[test]
fn a_window_that_is_killed_is_recovered_by_the_next() {
    if let Some(folder) = std::env::var_os(WINDOW) {
        work_in_window_for_ever(Path::new(&folder));
    }
    kill_many(N_WINDOWS, N_WINDOWS_AT_ONCE, kill_window_and_recover);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_work_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("journal");
    fs::write(&root, "in the way").expect("a file");
    let journal = Journal::start(root.clone(), Arc::new(|| {})).expect("a thread");
    let mut document = Document::new(FlowDocument::default(), Origin::New);
    let mut dice = Dice(7);
    let mut send = |document: &mut Document| {
        while document.apply(&any_edit(&mut dice)).is_err() {}
        assert!(journal.write(FlowNumber(1), document.take_changes(), None));
        assert!(journal.flush(Duration::from_secs(20)));
    };
    send(&mut document);
    assert_eq!((journal.failures().len(), journal.version()), (1, 1));
    fs::remove_file(&root).expect("removed");
    send(&mut document);
    assert_eq!((journal.failures().len(), journal.version()), (0, 2));
    assert!(Left::find(&root).is_empty(), "a window holds it");
    drop(journal);
    // A child that another test has just started may hold the lock until it becomes a program of its own.
    let until = Instant::now() + Duration::from_secs(20);
    let mut left = Left::find(&root);
    while left.is_empty() && Instant::now() < until {
        left = Left::find(&root);
    }
    let found = left[0].found.as_ref().expect("a flow");
    assert_eq!((&found.content.flow, found.n_changes), (document.flow(), 2));
}
