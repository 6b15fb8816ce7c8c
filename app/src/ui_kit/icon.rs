//! The icons: Phosphor glyphs by what they stand for here, painted alone or set among text.
//!
//! A new icon is a line in the list below and a glyph in the two faces of `assets/icons`; `assets/README.md` says how.

use egui::{Align2, Color32, Painter, Rect, RichText, Ui};

use super::fonts;

/// Declares the icons with their name and code point in Phosphor.
macro_rules! icons {
    ($($icon:ident = $name:literal $glyph:literal,)+) => {
        /// A small picture that stands for a thing or an action.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Icon {
            $(#[doc = concat!("Phosphor’s `", $name, "`.")] $icon,)+
        }

        impl Icon {
            /// Every icon.
            pub const ALL: &[Self] = &[$(Self::$icon,)+];

            /// The name of the picture in Phosphor.
            pub fn name(self) -> &'static str {
                match self { $(Self::$icon => $name,)+ }
            }

            /// The character of the picture, for text in any face of the interface.
            pub fn glyph(self) -> char {
                match self { $(Self::$icon => $glyph,)+ }
            }
        }
    };
}

icons! {
    Play = "play" '\u{e3d0}',
    Pause = "pause" '\u{e39e}',
    Stop = "stop" '\u{e46c}',
    StepForward = "skip-forward" '\u{e5a6}',
    StepBack = "skip-back" '\u{e5a4}',
    Restart = "arrow-counter-clockwise" '\u{e038}',
    Loop = "repeat" '\u{e3f6}',
    FastForward = "fast-forward" '\u{e6a6}',
    New = "file-plus" '\u{e236}',
    File = "file" '\u{e230}',
    Open = "folder-open" '\u{e256}',
    Save = "floppy-disk" '\u{e248}',
    Export = "export" '\u{eaf0}',
    Import = "download-simple" '\u{e20c}',
    Undo = "arrow-u-up-left" '\u{e08a}',
    Redo = "arrow-u-up-right" '\u{e08c}',
    Cut = "scissors" '\u{eae0}',
    Copy = "copy" '\u{e1ca}',
    Paste = "clipboard" '\u{e196}',
    Delete = "trash" '\u{e4a6}',
    Edit = "pencil-simple" '\u{e3b4}',
    Add = "plus" '\u{e3d4}',
    Remove = "minus" '\u{e32a}',
    Close = "x" '\u{e4f6}',
    Check = "check" '\u{e182}',
    Search = "magnifying-glass" '\u{e30c}',
    Settings = "gear" '\u{e270}',
    Adjust = "sliders-horizontal" '\u{e434}',
    Menu = "list" '\u{e2f0}',
    More = "dots-three" '\u{e1fe}',
    Command = "command" '\u{e1c4}',
    Keyboard = "keyboard" '\u{e2d8}',
    Help = "question" '\u{e3e8}',
    Info = "info" '\u{e2ce}',
    Warning = "warning" '\u{e4e0}',
    Error = "x-circle" '\u{e4f8}',
    Success = "check-circle" '\u{e184}',
    Rejected = "prohibit" '\u{e3de}',
    Late = "clock-countdown" '\u{ed2c}',
    Bug = "bug" '\u{e5f4}',
    Fault = "lightning" '\u{e2de}',
    Source = "database" '\u{e1de}',
    Generator = "dice-five" '\u{e1ee}',
    Filter = "funnel" '\u{e266}',
    Select = "columns" '\u{e546}',
    Expression = "function" '\u{ebe4}',
    FlatMap = "arrows-split" '\u{ed3c}',
    Union = "arrows-merge" '\u{ed3e}',
    Split = "git-fork" '\u{e27e}',
    Watermark = "waves" '\u{e6de}',
    Time = "clock" '\u{e19a}',
    Window = "app-window" '\u{e5da}',
    Tumble = "squares-four" '\u{e464}',
    Slide = "stack" '\u{e466}',
    Session = "timer" '\u{e492}',
    Join = "intersect" '\u{e2d2}',
    Aggregate = "sigma" '\u{eab8}',
    KeyBy = "key" '\u{e2d6}',
    Shuffle = "shuffle" '\u{e422}',
    Broadcast = "broadcast" '\u{e0f2}',
    Deduplicate = "fingerprint" '\u{e23e}',
    TopN = "ranking" '\u{ed62}',
    Sort = "sort-ascending" '\u{e444}',
    Lookup = "binoculars" '\u{ea64}',
    Sink = "tray-arrow-down" '\u{e010}',
    Table = "table" '\u{e476}',
    Blackhole = "spiral" '\u{e9fa}',
    Print = "terminal-window" '\u{eae8}',
    Chart = "chart-line" '\u{e154}',
    Bars = "chart-bar" '\u{e150}',
    Code = "code" '\u{e1bc}',
    Note = "note" '\u{e348}',
    Comment = "chat-text" '\u{e17a}',
    Probe = "eyedropper" '\u{e568}',
    Palette = "shapes" '\u{ec5e}',
    Outline = "tree-structure" '\u{e67c}',
    History = "clock-counter-clockwise" '\u{e1a0}',
    Samples = "books" '\u{e758}',
    Home = "house" '\u{e2c2}',
    Checkpoint = "flag" '\u{e244}',
    Bookmark = "bookmark-simple" '\u{e0ea}',
    Camera = "camera" '\u{e10e}',
    Eye = "eye" '\u{e220}',
    EyeOff = "eye-slash" '\u{e224}',
    Lock = "lock" '\u{e2fa}',
    Pin = "push-pin" '\u{e3e2}',
    Fit = "corners-out" '\u{e1d0}',
    Maximize = "arrows-out" '\u{e0a2}',
    Minimize = "arrows-in" '\u{e09a}',
    ZoomIn = "magnifying-glass-plus" '\u{e310}',
    ZoomOut = "magnifying-glass-minus" '\u{e30e}',
    Grid = "grid-four" '\u{e296}',
    Minimap = "map-trifold" '\u{e31a}',
    Layout = "align-left" '\u{e50e}',
    Sidebar = "sidebar-simple" '\u{ec24}',
    Dock = "square-half-bottom" '\u{eb16}',
    Sun = "sun" '\u{e472}',
    Moon = "moon" '\u{e330}',
    Language = "translate" '\u{e4a2}',
    Speed = "gauge" '\u{e628}',
    Activity = "pulse" '\u{e000}',
    State = "hard-drives" '\u{e2a0}',
    Link = "link" '\u{e2e2}',
    Unlink = "link-break" '\u{e2e4}',
    External = "arrow-square-out" '\u{e5de}',
    Freeze = "snowflake" '\u{e5aa}',
    Target = "crosshair" '\u{e1d6}',
    Dot = "circle" '\u{e18a}',
    Pending = "circle-dashed" '\u{e602}',
    Spinner = "circle-notch" '\u{eb44}',
    Drag = "dots-six-vertical" '\u{eae2}',
    ArrowUp = "arrow-up" '\u{e08e}',
    ArrowDown = "arrow-down" '\u{e03e}',
    ArrowLeft = "arrow-left" '\u{e058}',
    ArrowRight = "arrow-right" '\u{e06c}',
    ChevronUp = "caret-up" '\u{e13c}',
    ChevronDown = "caret-down" '\u{e136}',
    ChevronLeft = "caret-left" '\u{e138}',
    ChevronRight = "caret-right" '\u{e13a}',
    Calendar = "calendar-blank" '\u{e10a}',
    Hash = "hash" '\u{e2a2}',
    TextType = "text-t" '\u{e48a}',
    Boolean = "toggle-left" '\u{e674}',
    List = "brackets-square" '\u{e85e}',
    Struct = "brackets-curly" '\u{e860}',
    Mute = "speaker-slash" '\u{e45a}',
    Bypass = "arrow-bend-double-up-right" '\u{e03c}',
    Fix = "wrench" '\u{e5d4}',
    Idea = "lightbulb" '\u{e2dc}',
    Learn = "graduation-cap" '\u{e62c}',
}

impl Icon {
    /// The icon with this name in Phosphor.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|icon| icon.name() == name)
    }

    /// This icon as text, for menus and labels: `format!("{} Open", icon.glyph())` works as well.
    pub fn text(self, size: f32) -> RichText {
        RichText::new(self.glyph()).font(fonts::icons(size, false))
    }

    /// Paints the outline of this icon into the middle of `rect`, as large as fits.
    pub fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        self.paint_face(painter, rect, color, false);
    }

    /// Paints this icon filled: for transport buttons, status marks and what is switched on.
    pub fn paint_filled(self, painter: &Painter, rect: Rect, color: Color32) {
        self.paint_face(painter, rect, color, true);
    }

    /// Takes up a square of `size` and paints this icon into it; it says nothing to a screen reader.
    pub fn show(self, ui: &mut Ui, size: f32, color: Color32) -> egui::Response {
        let (rect, response) = ui.allocate_exact_size(egui::Vec2::splat(size), egui::Sense::hover());
        self.paint(ui.painter(), rect, color);
        response
    }

    fn paint_face(self, painter: &Painter, rect: Rect, color: Color32, filled: bool) {
        let size = rect.width().min(rect.height()).round();
        painter.text(rect.center(), Align2::CENTER_CENTER, self.glyph(), fonts::icons(size, filled), color);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_icon_is_in_both_faces() {
        let mut missing = Vec::new();
        let harness = crate::ui_kit::test_harness(|ui| {
            ui.label("shown");
        });
        harness.ctx.fonts_mut(|faces| {
            for icon in Icon::ALL {
                for filled in [false, true] {
                    if !faces.has_glyph(&fonts::icons(16.0, filled), icon.glyph()) {
                        missing.push((icon, filled));
                    }
                }
            }
        });
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_icon_has_its_own_name_and_glyph() {
        let names: HashSet<_> = Icon::ALL.iter().map(|icon| icon.name()).collect();
        let glyphs: HashSet<_> = Icon::ALL.iter().map(|icon| icon.glyph()).collect();
        assert_eq!((names.len(), glyphs.len()), (Icon::ALL.len(), Icon::ALL.len()));
        assert!(Icon::ALL.iter().all(|icon| Icon::from_name(icon.name()) == Some(*icon)));
    }
}
