//! The look of the graph, from the theme.

use egui::FontFamily;
use egui_node_graph::GraphStyle;

use crate::ui_kit::{Tokens, fonts};

/// The look of the graph in this theme.
pub(super) fn style(tokens: &Tokens, dark: bool) -> GraphStyle {
    let colors = &tokens.colors;
    let base = if dark { GraphStyle::dark() } else { GraphStyle::light() };
    GraphStyle {
        background: colors.surface.canvas,
        grid_dot: colors.grid.minor,
        tile: colors.surface.raised,
        tile_hovered: colors.surface.hover,
        tile_border: colors.surface.outline,
        shadow: colors.shadow.popup,
        text: colors.text.strong,
        text_secondary: colors.text.dim,
        text_on_color: colors.surface.canvas,
        selection: colors.accent.line,
        focus: colors.accent.text,
        error: colors.status.error,
        accept: colors.status.ok,
        flow: colors.wire.flow,
        load_busy: colors.load.busy,
        load_idle: colors.load.idle,
        load_blocked: colors.load.blocked,
        label_background: colors.surface.raised,
        popup: colors.surface.raised,
        popup_selected: colors.accent.soft,
        title_family: fonts::semibold(tokens.type_scale.body).family,
        text_family: FontFamily::Proportional,
        icon_family: FontFamily::Proportional,
        title_size: tokens.type_scale.body,
        text_size: tokens.type_scale.small,
        fit_margin: tokens.spacing.xxl,
        ..base
    }
}
