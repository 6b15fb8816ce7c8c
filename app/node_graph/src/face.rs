//! What nodes, ports and wires look like: text and colours, all of them the caller's.

use egui::Color32;

/// Everything shown on a node's tile.
///
/// Empty strings and `None` take no room. Lines that do not fit end in an ellipsis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeFace {
    /// First line of the tile.
    pub title: String,
    /// One glyph in the icon font, left of the title.
    pub icon: String,
    /// Colour of the stripe on the left edge and of the icon: what kind of node this is.
    pub accent: Color32,
    /// Colour of the metric being looked at. Fills the block below 25 % zoom and washes over the
    /// tile above. Without it, blocks take the accent.
    pub lens: Option<Color32>,
    /// Secondary lines under the title, shown from 50 % zoom; up to three fit the default size.
    pub summary: Vec<String>,
    /// The one number shown under the title between 25 % and 50 % zoom.
    pub headline: String,
    /// What the node is doing, in the upper right corner.
    pub state: Option<StateMark>,
    /// Something that has to be seen from afar: a pill on the corner, a large disc when zoomed out.
    pub badge: Option<Badge>,
    /// One sentence saying what is wrong, shown inside the tile.
    pub error: Option<String>,
    /// How the node's time is spent, as a bar along the bottom.
    pub load: Option<Load>,
    /// Recent values, each from 0 to 1, oldest first, drawn as a small line behind the summary.
    pub spark: Vec<f32>,
    /// Drawn faded: the node is switched off.
    pub dimmed: bool,
    /// Drawn as a dashed outline: the node is only a suggestion.
    pub ghost: bool,
    /// Shown after the pointer has rested on the node. Empty for none.
    pub tooltip: String,
    /// What a screen reader says, for example "Window hourly, 1 input, 2 outputs, 12.3 k rows/s".
    /// Empty means the title.
    pub accessible_name: String,
    /// What a screen reader says besides, on request: the summary and how the node's time is spent.
    /// Empty means the lines of the summary.
    pub accessible_description: String,
}

/// A small shape that says something without relying on its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// A filled disc.
    #[default]
    Disc,
    /// A circle.
    Ring,
    /// A filled square.
    Square,
    /// A filled square standing on its corner.
    Diamond,
    /// A triangle pointing up, with an exclamation mark when large enough.
    Warning,
    /// A triangle pointing right.
    Play,
    /// Two upright bars.
    Pause,
    /// A cross.
    Cross,
    /// A tick.
    Check,
    /// Two discs side by side, as for broadcast to everyone.
    Double,
}

/// The state of a node: a mark, its colour and the word for it.
#[derive(Clone, Debug, PartialEq)]
pub struct StateMark {
    /// The shape drawn.
    pub mark: Mark,
    /// Colour of the shape.
    pub color: Color32,
}

/// Attention wanted: readable at every zoom.
#[derive(Clone, Debug, PartialEq)]
pub struct Badge {
    /// The shape drawn in front of the text, and alone when zoomed out.
    pub mark: Mark,
    /// Colour of the pill or disc.
    pub color: Color32,
    /// A few characters, such as a count. May be empty.
    pub text: String,
}

/// How a node's time is spent. Each part is a fraction from 0 to 1; together they make at most 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Working.
    pub busy: f32,
    /// Waiting for input.
    pub idle: f32,
    /// Waiting for room downstream.
    pub blocked: f32,
}

/// Everything shown of a port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PortFace {
    /// Written next to the port when its side has more than one, and while a wire is dragged.
    pub name: String,
    /// Shape of the port: what kind of data passes.
    pub mark: Mark,
    /// Colour of the port.
    pub color: Color32,
    /// Shown when the pointer rests on the port. Several lines are fine. Empty for none.
    pub tooltip: String,
    /// What a screen reader says, for example "late, output of Window hourly".
    /// Empty means the port's name and the node's title.
    pub accessible_name: String,
}

/// Everything shown of a wire.
#[derive(Clone, Debug, PartialEq)]
pub struct WireFace {
    /// Written on a pill in the middle of the wire, from 50 % zoom. Empty for none.
    pub label: String,
    /// Written quietly below the label on the same pill. Empty for none.
    pub note: String,
    /// Colour of the line.
    pub color: Color32,
    /// Width of the line in points at zoom 1; kept between 1 and 12 on screen. Default 2.
    pub width: f32,
    /// How far the moving dashes have come, in points; the caller advances it and asks for the
    /// next frame. `None` draws no dashes.
    pub flow: Option<f32>,
    /// How full the queue at the receiving end is.
    pub fill: Option<Fill>,
    /// Drawn with a glow, as one of the wires something else refers to.
    pub highlighted: bool,
    /// Drawn faded: nothing passes.
    pub dimmed: bool,
    /// Drawn broken: the wire is only a suggestion.
    pub ghost: bool,
    /// Shown when the pointer rests on the wire. Empty for none.
    pub tooltip: String,
    /// What a screen reader says, for example "Wire from Orders to Window hourly, 12.3 k rows/s".
    /// Empty means the two titles.
    pub accessible_name: String,
}

impl Default for WireFace {
    fn default() -> Self {
        Self {
            label: String::new(),
            note: String::new(),
            color: Color32::from_gray(128),
            width: 2.0,
            flow: None,
            fill: None,
            highlighted: false,
            dimmed: false,
            ghost: false,
            tooltip: String::new(),
            accessible_name: String::new(),
        }
    }
}

/// A level and the colour that goes with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// From 0 (empty) to 1 (full).
    pub level: f32,
    /// Colour of the filled part.
    pub color: Color32,
}
