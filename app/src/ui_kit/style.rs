//! Makes egui's own widgets look like the tokens, in both themes.

use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Frame, Margin, Stroke, Style, TextStyle, Vec2,
    Visuals,
    containers::menu::{MenuConfig, menu_style},
    style::{ScrollStyle, Selection, Spacing, TextCursorStyle, WidgetVisuals, Widgets},
};

use super::{
    design_tokens::{Theme, Tokens},
    fonts,
};

/// Shows the interface in `theme` and at `scale`, where 1 is the size the system asks for.
///
/// `scale` is kept between 0.75 and 2.5. May be called whenever a setting changes.
/// [`fonts::install`] has to come first, and once.
pub fn apply(ctx: &Context, theme: Theme, scale: f32) {
    for theme in [egui::Theme::Dark, egui::Theme::Light] {
        ctx.set_style_of(theme, style(Tokens::for_theme(theme), theme));
    }
    ctx.set_theme(theme);
    ctx.set_zoom_factor(if scale.is_nan() { 1.0 } else { scale.clamp(0.75, 2.5) });
}

/// Semi-bold body text, for values and names.
pub fn strong_text() -> TextStyle {
    TextStyle::Name("strong".into())
}

/// The largest text, for titles of pages.
pub fn title_text() -> TextStyle {
    TextStyle::Name("title".into())
}

/// Small code and numbers.
pub fn small_mono_text() -> TextStyle {
    TextStyle::Name("small mono".into())
}

/// How menus are opened: pass it to `MenuBar::config` and `MenuButton::config`.
///
/// egui makes its menus denser than the hit targets here.
pub fn menu_config() -> MenuConfig {
    MenuConfig::new().style(entries)
}

/// The look of what stands in a menu, wherever it opens.
pub fn entries(style: &mut Style) {
    menu_style(style);
    style.spacing.button_padding = Vec2::new(8.0, 4.0);
    style.spacing.item_spacing.y = 0.0;
}

/// The frame of side panels and docks.
pub fn panel_frame(tokens: &Tokens) -> Frame {
    let space = tokens.spacing;
    Frame::new()
        .fill(tokens.colors.surface.panel)
        .inner_margin(Margin::symmetric(space.lg as i8, space.sm as i8))
}

/// The frame of bars along an edge of the window, whose height is given by the panel.
pub fn bar_frame(tokens: &Tokens) -> Frame {
    Frame::new().fill(tokens.colors.surface.panel).inner_margin(Margin::symmetric(tokens.spacing.lg as i8, 0))
}

/// The frame of a card: a thing that lies on a panel or on the canvas.
pub fn card_frame(tokens: &Tokens) -> Frame {
    Frame::new()
        .fill(tokens.colors.surface.raised)
        .stroke(Stroke::new(tokens.size.stroke, tokens.colors.surface.outline))
        .corner_radius(tokens.radius.lg)
        .inner_margin(tokens.spacing.lg)
}

fn style(tokens: &Tokens, theme: egui::Theme) -> Style {
    let sizes = tokens.type_scale;
    let reading = |size| FontId::new(size, FontFamily::Proportional);
    let mono = |size| FontId::new(size, FontFamily::Monospace);
    Style {
        text_styles: [
            (TextStyle::Small, reading(sizes.small)),
            (TextStyle::Body, reading(sizes.body)),
            (TextStyle::Button, reading(sizes.body)),
            (TextStyle::Monospace, mono(sizes.mono)),
            (TextStyle::Heading, fonts::semibold(sizes.heading)),
            (strong_text(), fonts::semibold(sizes.body)),
            (title_text(), fonts::semibold(sizes.title)),
            (small_mono_text(), mono(sizes.small)),
        ]
        .into(),
        spacing: spacing(tokens),
        visuals: visuals(tokens, theme),
        animation_time: 0.12,
        ..Style::default()
    }
}

fn spacing(tokens: &Tokens) -> Spacing {
    let (space, size) = (tokens.spacing, tokens.size);
    Spacing {
        item_spacing: Vec2::new(space.md, space.sm),
        button_padding: Vec2::new(space.lg - 2.0, space.xs + 1.0),
        window_margin: Margin::same(space.xl as i8),
        menu_margin: Margin::same(space.sm as i8),
        menu_spacing: space.xs,
        indent: space.xl,
        interact_size: Vec2::new(size.hit, size.control),
        icon_width: size.icon,
        icon_width_inner: size.icon / 2.0,
        icon_spacing: space.sm,
        slider_rail_height: space.xs,
        combo_width: 96.0,
        combo_height: 320.0,
        tooltip_width: 360.0,
        scroll: ScrollStyle {
            bar_width: size.scrollbar,
            floating_width: size.scrollbar / 2.0,
            handle_min_length: size.hit,
            dormant_handle_opacity: 0.35,
            ..ScrollStyle::floating()
        },
        ..Spacing::default()
    }
}

fn visuals(tokens: &Tokens, theme: egui::Theme) -> Visuals {
    let (colors, radius) = (&tokens.colors, tokens.radius);
    let (surface, accent) = (colors.surface, colors.accent);
    let border = Stroke::new(tokens.size.stroke, surface.border);
    Visuals {
        weak_text_color: Some(colors.text.dim),
        widgets: widgets(tokens),
        selection: Selection { bg_fill: accent.soft, stroke: Stroke::new(tokens.size.focus, accent.text) },
        hyperlink_color: accent.text,
        faint_bg_color: surface.hover.gamma_multiply(0.35),
        extreme_bg_color: surface.input,
        text_edit_bg_color: Some(surface.input),
        code_bg_color: surface.hover,
        warn_fg_color: colors.status.warning,
        error_fg_color: colors.status.error,
        window_corner_radius: CornerRadius::same(radius.lg),
        window_shadow: tokens.shadow.window.with_color(colors.shadow.window),
        window_fill: surface.raised,
        window_stroke: border,
        menu_corner_radius: CornerRadius::same(radius.md + 2),
        panel_fill: surface.panel,
        popup_shadow: tokens.shadow.popup.with_color(colors.shadow.popup),
        text_cursor: TextCursorStyle {
            stroke: Stroke::new(tokens.size.focus, accent.line),
            ..TextCursorStyle::default()
        },
        indent_has_left_vline: false,
        slider_trailing_fill: true,
        handle_shape: egui::style::HandleShape::Circle,
        interact_cursor: Some(egui::CursorIcon::PointingHand),
        ..theme.default_visuals()
    }
}

fn widgets(tokens: &Tokens) -> Widgets {
    let colors = &tokens.colors;
    let (surface, text) = (colors.surface, colors.text);
    let line = tokens.size.stroke;
    let look = |fill: Color32, outline: Color32, ink: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(line, outline),
        corner_radius: CornerRadius::same(tokens.radius.md),
        fg_stroke: Stroke::new(line, ink),
        expansion: 0.0,
    };
    Widgets {
        noninteractive: look(surface.panel, surface.border, text.normal),
        // `bg_fill` is the rail of sliders and the inside of check boxes, `weak_bg_fill` the face of buttons.
        inactive: WidgetVisuals {
            bg_fill: surface.pressed,
            ..look(surface.raised, surface.outline, text.normal)
        },
        hovered: look(surface.hover, surface.border_strong, text.strong),
        // Also what has the keyboard: its outline is the focus ring.
        active: WidgetVisuals {
            bg_stroke: Stroke::new(tokens.size.focus, colors.accent.line),
            ..look(surface.pressed, surface.border_strong, text.strong)
        },
        open: look(surface.pressed, surface.border_strong, text.strong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_are_set_and_the_scale_is_kept_in_range() {
        let harness = crate::ui_kit::test_harness(|ui| {
            apply(ui.ctx(), Theme::Light, 9.0);
            ui.label(egui::RichText::new("a").text_style(title_text()));
        });
        let ctx = &harness.ctx;
        let light = &Tokens::for_theme(egui::Theme::Light).colors.surface;
        assert_eq!(ctx.global_style().visuals.panel_fill, light.panel);
        assert_eq!(ctx.zoom_factor(), 2.5);
        let dark = ctx.style_of(egui::Theme::Dark);
        assert_eq!(dark.visuals.panel_fill, Tokens::for_theme(egui::Theme::Dark).colors.surface.panel);
    }

    #[test]
    fn everything_that_can_be_clicked_is_large_enough() {
        let tokens = Tokens::for_theme(egui::Theme::Dark);
        let spacing = spacing(tokens);
        assert!(
            spacing.interact_size.min_elem() >= 24.0
                && tokens.size.hit >= 24.0
                && tokens.size.control >= 24.0
        );
    }
}
