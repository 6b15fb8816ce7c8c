//! Colours and measures of the canvas.

use egui::{Color32, FontFamily};

/// How the canvas looks. Lengths are in points at zoom 1, font sizes too.
///
/// [`GraphStyle::dark`] and [`GraphStyle::light`] are complete; change what has to match the
/// program around it.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphStyle {
    /// Canvas behind everything.
    pub background: Color32,
    /// Dots of the grid.
    pub grid_dot: Color32,
    /// Tile of a node.
    pub tile: Color32,
    /// Tile of a node under the pointer.
    pub tile_hovered: Color32,
    /// Edge of a tile.
    pub tile_border: Color32,
    /// Shadow under a tile.
    pub shadow: Color32,
    /// Titles and numbers.
    pub text: Color32,
    /// Summary lines and port names.
    pub text_secondary: Color32,
    /// Text on badges and other strong colours.
    pub text_on_color: Color32,
    /// Selected things, the selection rectangle and a wire being drawn.
    pub selection: Color32,
    /// Outline of the node that has the keyboard focus.
    pub focus: Color32,
    /// Error sentences, refused ports, cut lines.
    pub error: Color32,
    /// Ports and wires that accept what is being dragged.
    pub accept: Color32,
    /// Moving dashes on wires.
    pub flow: Color32,
    /// Busy part of the bar along the bottom of a tile.
    pub load_busy: Color32,
    /// Idle part of that bar.
    pub load_idle: Color32,
    /// Blocked part of that bar.
    pub load_blocked: Color32,
    /// Pill behind a wire's label.
    pub label_background: Color32,
    /// Background of popups and of the minimap.
    pub popup: Color32,
    /// Highlighted row of the finder.
    pub popup_selected: Color32,

    /// Font of titles; give a semi-bold face.
    pub title_family: FontFamily,
    /// Font of everything else.
    pub text_family: FontFamily,
    /// Font of icons.
    pub icon_family: FontFamily,
    /// Size of titles. Default 13.
    pub title_size: f32,
    /// Size of everything else. Default 11.
    pub text_size: f32,

    /// Rounding of tiles. Default 8.
    pub corner_radius: f32,
    /// Radius of a port. Default 6.
    pub port_radius: f32,
    /// Side of the square around a port that takes the pointer, on screen. Default 24.
    pub port_hit_size: f32,
    /// Distance from a wire that still counts as on it, on screen. Default 7.
    pub wire_tolerance: f32,
    /// Distance of the grid nodes snap to. Zero switches snapping off. Default 16.
    pub grid: f32,
    /// Room kept around the graph when zooming to fit, on screen. Default 48.
    pub fit_margin: f32,
}

impl GraphStyle {
    /// Slate tiles on a dark canvas.
    pub fn dark() -> Self {
        Self {
            background: Color32::from_rgb(0x11, 0x14, 0x1A),
            grid_dot: Color32::from_rgb(0x2C, 0x33, 0x40),
            tile: Color32::from_rgb(0x1C, 0x21, 0x2A),
            tile_hovered: Color32::from_rgb(0x22, 0x28, 0x33),
            tile_border: Color32::from_rgb(0x33, 0x3B, 0x49),
            shadow: Color32::from_black_alpha(110),
            text: Color32::from_rgb(0xE9, 0xED, 0xF4),
            text_secondary: Color32::from_rgb(0x97, 0xA3, 0xB6),
            text_on_color: Color32::from_rgb(0x0E, 0x11, 0x16),
            selection: Color32::from_rgb(0x5B, 0x9D, 0xFF),
            focus: Color32::from_rgb(0xB9, 0xD4, 0xFF),
            error: Color32::from_rgb(0xFF, 0x7B, 0x72),
            accept: Color32::from_rgb(0x4F, 0xD1, 0x9A),
            flow: Color32::from_rgb(0xD9, 0xE2, 0xEE),
            load_busy: Color32::from_rgb(0x4C, 0xC3, 0x8A),
            load_idle: Color32::from_rgb(0x3A, 0x43, 0x52),
            load_blocked: Color32::from_rgb(0xE8, 0xA3, 0x3D),
            label_background: Color32::from_rgb(0x1A, 0x1F, 0x28),
            popup: Color32::from_rgb(0x1B, 0x20, 0x29),
            popup_selected: Color32::from_rgb(0x2A, 0x3A, 0x57),
            ..Self::measures()
        }
    }

    /// White tiles on a pale canvas.
    pub fn light() -> Self {
        Self {
            background: Color32::from_rgb(0xF4, 0xF6, 0xF9),
            grid_dot: Color32::from_rgb(0xCB, 0xD1, 0xDC),
            tile: Color32::from_rgb(0xFF, 0xFF, 0xFF),
            tile_hovered: Color32::from_rgb(0xFB, 0xFC, 0xFF),
            tile_border: Color32::from_rgb(0xD3, 0xD9, 0xE3),
            shadow: Color32::from_rgba_premultiplied(8, 10, 16, 34),
            text: Color32::from_rgb(0x17, 0x1C, 0x26),
            text_secondary: Color32::from_rgb(0x5C, 0x67, 0x7A),
            text_on_color: Color32::WHITE,
            selection: Color32::from_rgb(0x1F, 0x6F, 0xEB),
            focus: Color32::from_rgb(0x0B, 0x4A, 0xA8),
            error: Color32::from_rgb(0xC6, 0x2D, 0x27),
            accept: Color32::from_rgb(0x10, 0x8A, 0x5A),
            flow: Color32::WHITE,
            load_busy: Color32::from_rgb(0x2B, 0xA5, 0x6D),
            load_idle: Color32::from_rgb(0xE1, 0xE5, 0xEC),
            load_blocked: Color32::from_rgb(0xDB, 0x8A, 0x12),
            label_background: Color32::from_rgb(0xFF, 0xFF, 0xFF),
            popup: Color32::from_rgb(0xFF, 0xFF, 0xFF),
            popup_selected: Color32::from_rgb(0xDC, 0xE9, 0xFF),
            ..Self::measures()
        }
    }

    fn measures() -> Self {
        Self {
            background: Color32::TRANSPARENT,
            grid_dot: Color32::TRANSPARENT,
            tile: Color32::TRANSPARENT,
            tile_hovered: Color32::TRANSPARENT,
            tile_border: Color32::TRANSPARENT,
            shadow: Color32::TRANSPARENT,
            text: Color32::TRANSPARENT,
            text_secondary: Color32::TRANSPARENT,
            text_on_color: Color32::TRANSPARENT,
            selection: Color32::TRANSPARENT,
            focus: Color32::TRANSPARENT,
            error: Color32::TRANSPARENT,
            accept: Color32::TRANSPARENT,
            flow: Color32::TRANSPARENT,
            load_busy: Color32::TRANSPARENT,
            load_idle: Color32::TRANSPARENT,
            load_blocked: Color32::TRANSPARENT,
            label_background: Color32::TRANSPARENT,
            popup: Color32::TRANSPARENT,
            popup_selected: Color32::TRANSPARENT,
            title_family: FontFamily::Proportional,
            text_family: FontFamily::Proportional,
            icon_family: FontFamily::Proportional,
            title_size: 13.0,
            text_size: 11.0,
            corner_radius: 8.0,
            port_radius: 6.0,
            port_hit_size: 24.0,
            wire_tolerance: 7.0,
            grid: 16.0,
            fit_margin: 48.0,
        }
    }
}

impl Default for GraphStyle {
    /// The dark style.
    fn default() -> Self {
        Self::dark()
    }
}
