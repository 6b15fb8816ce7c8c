//! What the colours and widths on the canvas mean, with their units.

use egui::{Align2, Area, FontId, Id, Mesh, Order, Rect, Role, Sense, Shape, Ui, WidgetInfo, vec2};

use super::facts::Range;
use crate::state::{AppState, Lens};
use crate::ui_kit::format::{percent, short_count};
use crate::ui_kit::format_time::short_lag;
use crate::ui_kit::{Tokens, t, t_args};

/// The length of the bar of colours.
const BAR: egui::Vec2 = vec2(112.0, 8.0);
/// A canvas narrower than this has no room for a legend.
const NARROW: f32 = 480.0;

/// What a lens is called.
pub(super) fn lens_text(lens: Lens) -> &'static str {
    match lens {
        Lens::Rate => t("lens.rate"),
        Lens::Busy => t("lens.busy"),
        Lens::Queue => t("lens.queue"),
        Lens::Watermark => t("lens.watermark"),
        Lens::State => t("lens.state"),
        Lens::Late => t("lens.late"),
        Lens::Errors => t("lens.errors"),
    }
}

/// What a lens shows, in a sentence.
fn sentence(lens: Lens) -> &'static str {
    match lens {
        Lens::Rate => t("legend.rate"),
        Lens::Busy => t("legend.busy"),
        Lens::Queue => t("legend.queue"),
        Lens::Watermark => t("legend.watermark"),
        Lens::State => t("legend.state"),
        Lens::Late => t("legend.late"),
        Lens::Errors => t("legend.errors"),
    }
}

/// What the coldest and the hottest colour stand for; nothing for a lens without colours.
fn ends(lens: Lens, range: Range) -> Option<[String; 2]> {
    let full = || [percent(0.0), percent(1.0)];
    match lens {
        Lens::Rate => None,
        Lens::Busy | Lens::Queue => Some(full()),
        Lens::Watermark => Some([short_lag(-range.least), short_lag(-(range.least + range.most))]),
        Lens::State => Some([short_count(0.0), short_count(range.most as f64)]),
        Lens::Late | Lens::Errors => {
            Some([percent(0.0), t_args("legend.or_more", &[("share", &percent(super::faces::HOT_SHARE))])])
        }
    }
}

/// Shows the legend in the lower left corner of the canvas while there are figures to colour.
pub(super) fn ui(state: &AppState, range: Range, canvas: Rect, ui: &Ui) {
    let has_figures = !state.open.run.snapshot.nodes.is_empty();
    if !has_figures || canvas.width() < NARROW {
        return;
    }
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let small = FontId::proportional(tokens.type_scale.small);
    let text = |text: &str, color| ui.painter().layout_no_wrap(text.to_owned(), small.clone(), color);
    let said = sentence(state.view.lens);
    let heading = text(said, colors.text.dim);
    let ends = ends(state.view.lens, range);
    let bar_height =
        if ends.is_some() { BAR.y + 2.0 * tokens.spacing.xs + tokens.type_scale.small } else { 0.0 };
    let width = heading.size().x.max(if ends.is_some() { BAR.x } else { 0.0 });
    let size = vec2(width, heading.size().y + bar_height) + 2.0 * vec2(tokens.spacing.md, tokens.spacing.sm);
    let corner = canvas.left_bottom() + vec2(tokens.spacing.lg, -tokens.spacing.lg - size.y);
    let area = Area::new(Id::unique("legend")).order(Order::Background).fixed_pos(corner).interactable(false);
    area.show(ui.ctx(), |ui| {
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        let name = match &ends {
            Some([cold, hot]) => format!("{said}, {cold} – {hot}"),
            None => said.to_owned(),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
        let painter = ui.painter();
        painter.rect_filled(rect, tokens.radius.md, colors.surface.raised.gamma_multiply(0.92));
        let inner = rect.shrink2(vec2(tokens.spacing.md, tokens.spacing.sm));
        painter.galley(inner.min, heading.clone(), colors.text.dim);
        let Some([cold, hot]) = ends else { return };
        let bar = Rect::from_min_size(
            inner.min + vec2(0.0, heading.size().y + tokens.spacing.xs),
            vec2(inner.width(), BAR.y),
        );
        painter.add(gradient(bar, tokens));
        let below = bar.bottom() + tokens.spacing.xs / 2.0;
        let label = |at, align, text| painter.text(at, align, text, small.clone(), colors.text.normal);
        label(egui::pos2(bar.left(), below), Align2::LEFT_TOP, cold);
        label(egui::pos2(bar.right(), below), Align2::RIGHT_TOP, hot);
    });
}

/// The colours from cold to hot, from left to right.
fn gradient(bar: Rect, tokens: &Tokens) -> Shape {
    const STEPS: u32 = 16;
    let mut mesh = Mesh::default();
    for step in 0..=STEPS {
        let part = step as f32 / STEPS as f32;
        let x = egui::lerp(bar.x_range(), part);
        let color = tokens.colors.heat(part);
        mesh.colored_vertex(egui::pos2(x, bar.top()), color);
        mesh.colored_vertex(egui::pos2(x, bar.bottom()), color);
        if step > 0 {
            let last = 2 * step;
            mesh.add_triangle(last - 2, last - 1, last);
            mesh.add_triangle(last - 1, last, last + 1);
        }
    }
    Shape::mesh(mesh)
}
