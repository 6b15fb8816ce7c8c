//! Painting reduced series: a line with the band between its extremes, the room between two lines, and bars.

use egui::{Color32, Mesh, Painter, Pos2, Rangef, Rect, Shape, Stroke, pos2};

use super::{Columns, Extremes};

/// How a series looks.
#[derive(Debug, Clone, Copy)]
pub struct PlotStyle {
    /// Its colour.
    pub color: Color32,
    /// From this value on it has another colour.
    pub threshold: Option<(f64, Color32)>,
    /// Whether the room below it is filled.
    pub filled: bool,
}

const LINE: f32 = 1.25;
const BAND: f32 = 0.45;
const FILL: f32 = 0.16;

/// Where values stand: `bottom` and `top` of the scale at the bottom and top of `rect`.
fn height(rect: Rect, scale: Extremes, value: f64) -> f32 {
    let share = ((value - scale.min) / (scale.max - scale.min).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    rect.bottom() - rect.height() * share as f32
}

/// Paints a series as the line of its middles and the band between its extremes. A column without values breaks both.
pub fn paint_series(
    painter: &Painter,
    rect: Rect,
    scale: Extremes,
    series: &Columns,
    style: PlotStyle,
    x_of: impl Fn(f64) -> f32,
) {
    let y_of = |value| height(rect, scale, value);
    let color_of = |value: f64| match style.threshold {
        Some((from, color)) if value >= from => color,
        _ => style.color,
    };
    let (mut band, mut line) = (Mesh::default(), Vec::new());
    let mut line_color = style.color;
    let flush = |line: &mut Vec<Pos2>, color: Color32| match line.as_slice() {
        [] => {}
        // A single value would be a line without length.
        [only] => {
            let ends = [*only - egui::vec2(LINE, 0.0), *only + egui::vec2(LINE, 0.0)];
            painter.line_segment(ends, Stroke::new(LINE, color));
            line.clear();
        }
        _ => {
            painter.add(Shape::line(std::mem::take(line), Stroke::new(LINE, color)));
        }
    };
    let width = series.width();
    for (idx, column) in series.columns.iter().enumerate() {
        let Some(Extremes { min, max }) = *column else {
            flush(&mut line, line_color);
            continue;
        };
        let x =
            Rangef::new(x_of(series.from + width * idx as f64), x_of(series.from + width * (idx + 1) as f64));
        let color = color_of(max);
        if style.filled {
            add_quad(&mut band, x, y_of(max), rect.bottom(), color.gamma_multiply(FILL));
        }
        if max > min {
            add_quad(&mut band, x, y_of(max), y_of(min), color.gamma_multiply(BAND));
        }
        let middle = pos2(x.center(), y_of((min + max) / 2.0));
        if color != line_color && !line.is_empty() {
            // The change of colour takes the point along, or there would be a gap that is none.
            line.push(middle);
            flush(&mut line, line_color);
        }
        line_color = color;
        line.push(middle);
    }
    painter.add(Shape::mesh(band));
    flush(&mut line, line_color);
}

/// Fills the room between the greatest values of two series, where both have one.
pub fn paint_between(
    painter: &Painter,
    rect: Rect,
    scale: Extremes,
    (above, below): (&Columns, &Columns),
    color: Color32,
    x_of: impl Fn(f64) -> f32,
) {
    let mut mesh = Mesh::default();
    let width = above.width();
    for (idx, pair) in above.columns.iter().zip(&below.columns).enumerate() {
        let (Some(above_here), Some(below_here)) = pair else { continue };
        let x =
            Rangef::new(x_of(above.from + width * idx as f64), x_of(above.from + width * (idx + 1) as f64));
        let (top, bottom) = (height(rect, scale, above_here.max), height(rect, scale, below_here.max));
        add_quad(&mut mesh, x, top.min(bottom), top.max(bottom), color);
    }
    painter.add(Shape::mesh(mesh));
}

/// Paints the greatest value of each column as a bar from the bottom; `color_of` gets where on the axis it stands.
pub fn paint_bars(
    painter: &Painter,
    rect: Rect,
    scale: Extremes,
    series: &Columns,
    color_of: impl Fn(f64) -> Color32,
    x_of: impl Fn(f64) -> f32,
) {
    let mut mesh = Mesh::default();
    let width = series.width();
    for (idx, column) in series.columns.iter().enumerate() {
        let Some(Extremes { max, .. }) = *column else { continue };
        if max <= scale.min {
            continue;
        }
        let from = series.from + width * idx as f64;
        let x = Rangef::new(x_of(from), x_of(from + width));
        // What is there is seen, however little it is.
        let top = height(rect, scale, max).min(rect.bottom() - 1.0);
        add_quad(&mut mesh, x, top, rect.bottom(), color_of(from + width / 2.0));
    }
    painter.add(Shape::mesh(mesh));
}

fn add_quad(mesh: &mut Mesh, x: Rangef, top: f32, bottom: f32, color: Color32) {
    mesh.add_colored_rect(Rect::from_min_max(pos2(x.min, top), pos2(x.max, bottom)), color);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    use super::super::{Stretch, reduce};
    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn eight_series_of_a_hundred_thousand_values_cost_little_once_they_are_reduced() {
        let values = |series: usize| {
            (0..100_000).map(move |idx| {
                let value = ((idx * 7_919 + series * 104_729) % 1_009) as f64;
                Stretch { from: idx as f64, to: idx as f64 + 1.0, min: value, max: value }
            })
        };
        let reduced: Vec<Columns> =
            (0..8).map(|series| reduce(values(series), 0.0, 100_000.0, 1_000)).collect();
        let style = PlotStyle { color: Color32::WHITE, threshold: Some((800.0, Color32::RED)), filled: true };
        let scale = Extremes { min: 0.0, max: 1_009.0 };
        let best = Cell::new(Duration::MAX);
        let mut harness = test_harness(|ui| {
            let rect = Rect::from_min_size(Pos2::ZERO, egui::vec2(1_000.0, 60.0));
            let began = Instant::now();
            for series in &reduced {
                paint_series(ui.painter(), rect, scale, series, style, |at| (at / 100.0) as f32);
            }
            best.set(best.get().min(began.elapsed()));
        });
        (0..20).for_each(|_| harness.step());
        // Generous, as tests are not optimised and share the machine: only work per value, not per column, would take so long.
        assert!(best.get() < Duration::from_millis(30), "{:?}", best.get());
    }

    #[test]
    fn values_beyond_the_scale_stay_within_the_plot() {
        let rect = Rect::from_min_size(Pos2::ZERO, egui::vec2(10.0, 10.0));
        let scale = Extremes { min: 0.0, max: 1.0 };
        for (value, y) in [(-5.0, 10.0), (0.0, 10.0), (0.5, 5.0), (1.0, 0.0), (7.0, 0.0)] {
            assert_eq!(height(rect, scale, value), y);
        }
        assert!(height(rect, Extremes { min: 3.0, max: 3.0 }, 3.0).is_finite());
    }
}
