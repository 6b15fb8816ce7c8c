//! The parts of the window. Each reads the state and asks for commands; none changes the flow or speaks to the engine.
//!
//! What a part remembers between frames and nobody else needs, such as a text as it is typed, is in its own struct.

pub mod banner;
pub mod canvas;
pub mod command_search;
mod density_strip;
pub mod dock;
pub mod drawer;
pub mod drop_hint;
mod history;
pub mod inspector;
mod marking;
pub mod menu;
pub mod rail;
mod speed;
mod start;
pub mod status;
mod tabs;
pub mod transport;
pub mod workbench;

/// The parts that remember something.
#[derive(Default)]
pub struct Panels {
    /// The graph.
    pub canvas: canvas::Canvas,
    /// The inspector.
    pub inspector: inspector::Inspector,
    /// The palette and the other drawers.
    pub drawer: drawer::DrawerPanel,
    /// Speed, clock and the buttons that play.
    pub transport: transport::Transport,
    /// Where canvas, inspector and dock stand.
    pub workbench: workbench::Workbench,
    /// The timeline in the dock.
    pub timeline: dock::Timeline,
    /// The log in the dock.
    pub log: dock::LogPanel,
    /// The search for commands.
    pub command_search: command_search::CommandSearch,
}
