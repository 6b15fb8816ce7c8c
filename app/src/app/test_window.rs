//! A window on nothing, for the tests of this folder.

use std::path::Path;
use std::time::{Duration, Instant};

use egui::Context;

use super::{App, Folders, Opening, Setup};

/// Longer than anything takes.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// How such a window is made that keeps everything in a folder.
pub(super) fn setup(root: &Path) -> Setup {
    let folders = Folders { data: root.to_owned(), settings: None, runs: root.join("runs") };
    let restart_after = Duration::ZERO;
    Setup { opening: Opening::Nothing, folders, restart_after, started: Instant::now() }
}

/// A window on nothing, with its folder, once it has done what it does at the start.
pub(super) fn window() -> (App, Context, tempfile::TempDir) {
    let root = tempfile::tempdir().expect("a folder");
    let ctx = Context::default();
    let mut app = App::new(&ctx, setup(root.path())).expect("threads");
    assert!(app.settle(&ctx, LONG), "what it does at the start never ended");
    (app, ctx, root)
}
