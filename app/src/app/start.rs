//! Opening the window, or saying in one sentence why that is not possible here.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tidemark_engine::node::Apart;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{App, Folders, Opening, Setup};
use crate::apart::ReadInChild;
use crate::state::{WindowSize, Workspace};
use crate::ui_kit::t;

/// What the command line says about the window.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// When the program began.
    pub started: Instant,
    /// The flow to open; without one, a sample that is already playing.
    pub flow: Option<PathBuf>,
}

/// Why there is no window, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// The program has no screen to show it on.
    #[error("there is no display to open a window on; `tidemark run FLOW` runs a flow without one")]
    NoDisplay,
    /// A library of the system is missing.
    #[error(
        "the window needs `{library}`, which this system does not have; install {package}, or use `tidemark run FLOW`"
    )]
    MissingLibrary {
        /// The library.
        library: &'static str,
        /// The packages that bring it, by distribution.
        package: &'static str,
    },
    /// The window was open and met a fault of ours.
    #[error("Tidemark has met a fault of its own and had to close ({0}); please report it")]
    Fault(String),
    /// Something else.
    #[error("the window could not be opened ({0}); `tidemark run FLOW` runs a flow without one")]
    Other(String),
}

/// Libraries that are loaded when the window opens, and the packages that bring them.
const LIBRARIES: [(&str, &str); 7] = [
    ("libxkbcommon-x11", "`libxkbcommon-x11-0` (Debian, Ubuntu) or `libxkbcommon-x11` (Fedora, Arch)"),
    ("libxkbcommon", "`libxkbcommon0` (Debian, Ubuntu) or `libxkbcommon` (Fedora, Arch)"),
    ("libEGL", "`libegl1` (Debian, Ubuntu) or `libglvnd-egl` (Fedora)"),
    ("libGL", "`libgl1` (Debian, Ubuntu) or `libglvnd-glx` (Fedora)"),
    ("libX11-xcb", "`libx11-xcb1` (Debian, Ubuntu) or `libX11-xcb` (Fedora)"),
    ("libXcursor", "`libxcursor1` (Debian, Ubuntu) or `libXcursor` (Fedora)"),
    ("libXi", "`libxi6` (Debian, Ubuntu) or `libXi` (Fedora)"),
];

/// Opens the window and returns when it is closed.
///
/// # Errors
/// If there is no display, or the system lacks what a window needs.
pub fn run(options: AppOptions) -> Result<(), AppError> {
    if !has_display() {
        return Err(AppError::NoDisplay);
    }
    write_log();
    let folders = Folders::of_user();
    // A file that cannot be read is spoken of in the window.
    let workspace = folders.settings.as_deref().and_then(|path| Workspace::load(&Workspace::path(path)).ok());
    let size = workspace.unwrap_or_default().window;
    let setup = Setup {
        opening: options.flow.map_or(Opening::Sample(0), Opening::Flow),
        folders,
        restart_after: Duration::from_millis(400),
        started: options.started,
    };
    let viewport = egui::ViewportBuilder::default()
        .with_title(t("app.name"))
        .with_app_id("tidemark")
        .with_inner_size(size.size())
        .with_maximized(size.is_maximized)
        .with_min_inner_size(WindowSize::LEAST);
    let native = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    let is_open = Arc::new(AtomicBool::new(false));
    let opening = Arc::clone(&is_open);
    let opened = quietly(move || {
        eframe::run_native(
            t("app.name"),
            native,
            Box::new(move |creation| {
                let mut app = App::new(&creation.egui_ctx, setup)?;
                if let Some(apart) = ReadInChild::of_this_program() {
                    app.read_apart(Apart::new(apart));
                }
                opening.store(true, Ordering::Relaxed);
                Ok(Box::new(app))
            }),
        )
    });
    match opened {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(explained(&error.to_string())),
        Err(panic) if is_open.load(Ordering::Relaxed) => Err(AppError::Fault(panic)),
        Err(panic) => Err(explained(&panic)),
    }
}

/// Writes what is logged to standard error: warnings, or what `TIDEMARK_LOG` asks for (`off` to `trace`).
fn write_log() {
    let asked = env::var("TIDEMARK_LOG").ok().and_then(|level| level.parse().ok());
    let ours = Targets::new().with_target("tidemark", asked.unwrap_or(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(ours);
    // Who embeds the window may have a log of their own; it stays.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// Whether there is anything to open a window on. Only Linux and its relatives may have none.
fn has_display() -> bool {
    if !cfg!(all(unix, not(target_os = "macos"))) {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Runs `open`; a panic comes back as its text. The window's libraries panic where a system library is missing.
fn quietly<T>(open: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(open)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    })
}

/// The sentence for what a library said.
fn explained(text: &str) -> AppError {
    let missing = LIBRARIES.iter().find(|(library, _)| text.contains(library));
    let is_missing = ["cannot open shared object", "could not be loaded", "not found", "Library"]
        .iter()
        .any(|sign| text.contains(sign));
    match missing {
        Some((library, package)) if is_missing => AppError::MissingLibrary { library, package },
        _ if text.contains("Failed to open connection")
            || text.contains("XOpenDisplay")
            || text.contains("NoCompositor")
            || text.contains("XNotSupported") =>
        {
            AppError::NoDisplay
        }
        // Where in its own source a library was is of no use to anybody here.
        _ if text.contains("os error at ") => {
            let said = text.lines().next().and_then(|line| line.rsplit(": ").next()).unwrap_or_default();
            AppError::Other(said.trim_end_matches('.').to_owned())
        }
        _ => AppError::Other(
            text.lines().next().unwrap_or("for an unknown reason").trim_end_matches('.').to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_names_its_package() {
        let text = "Library libxkbcommon-x11.so could not be loaded.";
        let error = explained(text).to_string();
        assert!(error.contains("`libxkbcommon-x11`") && error.contains("libxkbcommon-x11-0"), "{error}");
        assert!(error.contains("tidemark run"), "{error}");
    }

    #[test]
    fn whatever_went_wrong_is_one_sentence() {
        assert_eq!(explained("XOpenDisplayFailed"), AppError::NoDisplay);
        let refused =
            "winit EventLoopError: os error at /a/mod.rs:788: Failed to open connection to X server";
        assert_eq!(explained(refused), AppError::NoDisplay);
        assert_eq!(
            explained("os error at /a/mod.rs:7: Out of ids"),
            AppError::Other("Out of ids".to_owned())
        );
        let error = explained("winit EventLoopError: broken at line 3.\nmore").to_string();
        assert!(!error.contains('\n') && error.contains("tidemark run"), "{error}");
    }
}
