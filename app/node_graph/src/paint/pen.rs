//! Shapes of one frame, gathered and handed over at once, and text in whole-pixel sizes.

use std::sync::Arc;

use egui::epaint::text::TextWrapping;
use egui::text::LayoutJob;
use egui::{Align2, Color32, FontFamily, FontId, Galley, Painter, Pos2, Rect, Shape};

use crate::GraphStyle;

/// Collects shapes. Adding them one by one would lock the context once each.
pub(crate) struct Pen<'a> {
    pub painter: &'a Painter,
    pub style: &'a GraphStyle,
    /// Screen points per graph point.
    pub zoom: f32,
    shapes: Vec<Shape>,
}

/// Words to lay out on one line.
pub(crate) struct Line<'a> {
    pub text: &'a str,
    pub family: &'a FontFamily,
    /// Size on screen, in points; rounded to whole pixels.
    pub size: f32,
    pub color: Color32,
    /// Room on screen; what does not fit becomes an ellipsis.
    pub max_width: f32,
}

impl<'a> Pen<'a> {
    pub fn new(painter: &'a Painter, style: &'a GraphStyle, zoom: f32) -> Self {
        Self { painter, style, zoom, shapes: Vec::new() }
    }

    pub fn add(&mut self, shape: impl Into<Shape>) {
        self.shapes.push(shape.into());
    }

    /// Sends everything gathered so far to the painter.
    pub fn flush(&mut self) {
        self.painter.extend(self.shapes.drain(..));
    }

    pub fn lay_out(&self, line: &Line<'_>) -> Arc<Galley> {
        self.wrap(line, TextWrapping::truncate_at_width(line.max_width.floor().max(1.0)))
    }

    fn job(&self, line: &Line<'_>) -> LayoutJob {
        let pixels_per_point = self.painter.pixels_per_point();
        let size = (line.size * pixels_per_point).round().max(6.0) / pixels_per_point;
        let font = FontId::new(size, line.family.clone());
        LayoutJob::simple_singleline(line.text.to_owned(), font, line.color)
    }

    fn wrap(&self, line: &Line<'_>, wrap: TextWrapping) -> Arc<Galley> {
        let mut job = self.job(line);
        if line.max_width.is_finite() {
            job.wrap = wrap;
        }
        self.painter.layout_job(job)
    }

    /// Draws text on as many lines as it takes, but not more than `max_rows`, from its upper left corner on.
    pub fn lines(&mut self, at: Pos2, line: &Line<'_>, max_rows: usize) {
        let max_width = line.max_width.floor().max(1.0);
        let galley = self.wrap(line, TextWrapping { max_width, max_rows, ..TextWrapping::default() });
        self.add(Shape::galley(at, galley, line.color));
    }

    /// Draws text with its paragraphs into a rectangle, as many lines as there is room for.
    pub fn paragraphs(&mut self, room: Rect, line: &Line<'_>) {
        let rows = (room.height() / (line.size * 1.35).max(1.0)) as usize;
        if rows == 0 || room.width() < line.size || line.text.is_empty() {
            return;
        }
        let mut job = self.job(line);
        job.break_on_newline = true;
        job.wrap =
            TextWrapping { max_width: room.width().floor(), max_rows: rows, ..TextWrapping::default() };
        let galley = self.painter.layout_job(job);
        self.add(Shape::galley(room.min, galley, line.color));
    }

    /// Draws one line of text and returns where it is. Nothing is drawn without text or room.
    pub fn text(&mut self, at: Pos2, align: Align2, line: &Line<'_>) -> Rect {
        if line.text.is_empty() || line.max_width < line.size {
            return Rect::from_min_size(at, egui::Vec2::ZERO);
        }
        let galley = self.lay_out(line);
        let rect = align.anchor_size(at, galley.size());
        self.add(Shape::galley(rect.min, galley, line.color));
        rect
    }
}

/// Blends from `a` (at 0) to `b` (at 1).
pub(crate) fn mix(a: Color32, b: Color32, t: f32) -> Color32 {
    a.lerp_to_gamma(b, t)
}
