//! The strip of the transport: when the rows of the whole recording arrive, how far the replay has come, and what is marked.

use std::sync::Arc;

use egui::{
    Align2, FontId, Painter, PointerButton, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::marking::take_keys;
use crate::command::{Command, Commands};
use crate::engine_link::Axis;
use crate::state::{AppState, Marks, Recording};
use crate::ui_kit::design_tokens::tint;
use crate::ui_kit::format::count;
use crate::ui_kit::format_time::{duration, short_timestamp};
use crate::ui_kit::plot::{Columns, Extremes, Stretch, paint_bars, reduce, time_ticks};
use crate::ui_kit::{Tokens, t, t_args};

/// How high it is: rows out of order, all rows, and the marks of the axis.
const HEIGHT: f32 = 44.0;
const OUT_OF_ORDER_HEIGHT: f32 = 8.0;
const AXIS_HEIGHT: f32 = 14.0;
/// Room between the marks of the axis.
const TICK_WIDTH: f32 = 88.0;
/// How much of its colour is left of what has not been played.
const UNPLAYED: f32 = 0.35;

/// What the strip remembers.
#[derive(Default)]
pub(super) struct DensityStrip {
    /// Where a drag began that selects a span.
    selecting: Option<i64>,
    /// What was marked here last: as it was asked for, and as it was meant.
    marked: Option<(Marks, Marks)>,
    reduced: Option<Reduced>,
}

/// The recording in columns of a pixel, and of what they were made.
struct Reduced {
    recording: Arc<Recording>,
    of: ((i64, i64), usize),
    rows: Columns,
    out_of_order: Columns,
}

/// The axis of arrival, as it stands on the screen.
#[derive(Clone, Copy)]
struct TimeAxis {
    extent: (i64, i64),
    rect: Rect,
}

impl TimeAxis {
    fn length(&self) -> f64 {
        (self.extent.1 as f64 - self.extent.0 as f64).max(1.0)
    }

    fn millis_per_point(&self) -> f64 {
        self.length() / f64::from(self.rect.width().max(1.0))
    }

    fn at(&self, x: f32) -> i64 {
        let at = self.extent.0 as f64 + self.millis_per_point() * f64::from(x - self.rect.left());
        (at.round() as i64).max(self.extent.0).min(self.extent.1)
    }

    fn x_of(&self, at: f64) -> f32 {
        self.rect.left() + self.rect.width() * ((at - self.extent.0 as f64) / self.length()) as f32
    }
}

impl DensityStrip {
    /// Shows the strip.
    pub(super) fn ui(&mut self, state: &AppState, width: f32, ui: &mut Ui, commands: &mut Commands) {
        let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click_and_drag());
        let open = &state.open;
        let Some(extent) = extent(state) else {
            let recording = open.recording.as_ref().filter(|_| !open.is_surveying);
            let failure = recording.and_then(|recording| recording.failure.as_deref());
            let text = match recording {
                _ if open.is_surveying => t("strip.reading"),
                Some(_) => failure.unwrap_or(t("strip.no_clock")),
                None => t("strip.empty"),
            };
            response.widget_info(|| {
                WidgetInfo::labeled(Role::GraphicsObject, true, format!("{}, {text}", t("strip.name")))
            });
            paint_empty(text, rect, ui);
            if let Some(failure) = failure {
                response.on_hover_text(failure);
            }
            return;
        };
        let axis = TimeAxis { extent, rect: rect.shrink2(vec2(2.0, 0.0)) };
        let before = self.marks_of(state);
        let mut marks = before;
        self.interact(&response, axis, &mut marks, state, ui);
        if marks != before {
            let asked = on_axis_of_timeline(marks, state);
            self.marked = Some((asked, marks));
            commands.push(Command::Mark(asked));
        }
        describe(&response, state, extent, before, ui);
        if ui.is_rect_visible(rect) {
            self.paint(state, axis, before, &response, ui);
        }
        if let Some(pointer) = response.hover_pos().filter(|_| !response.dragged()) {
            let at = axis.at(pointer.x);
            response.on_hover_ui_at_pointer(|ui| show_tooltip(open.recording.as_deref(), at, ui));
        }
    }

    /// What is marked, by the clock. What was marked here stands where it was put, though the timeline's axis be coarser.
    fn marks_of(&self, state: &AppState) -> Marks {
        let open = &state.open;
        let meant = self.marked.filter(|(asked, _)| *asked == open.marks).map(|(_, meant)| meant);
        meant.unwrap_or_else(|| open.marks.on(Axis::Clock, &open.run.snapshot.history))
    }

    fn interact(
        &mut self,
        response: &Response,
        axis: TimeAxis,
        marks: &mut Marks,
        state: &AppState,
        ui: &Ui,
    ) {
        let at = response.interact_pointer_pos().map(|pos| axis.at(pos.x));
        if response.drag_started_by(PointerButton::Primary) {
            response.request_focus();
            self.selecting = ui.input(|input| input.pointer.press_origin()).map(|pos| axis.at(pos.x));
        }
        if response.dragged()
            && let (Some(from), Some(at)) = (self.selecting, at)
        {
            marks.select(from, at);
        }
        if response.drag_stopped() {
            self.selecting = None;
        }
        if response.double_clicked() {
            marks.cursor = None;
        } else if response.clicked() {
            response.request_focus();
            marks.cursor = at.or(marks.cursor);
        }
        if response.has_focus() {
            let start = state.open.run.snapshot.clock_millis.unwrap_or(axis.extent.0);
            take_keys(response, axis.millis_per_point(), axis.extent, start, marks, ui);
        }
    }

    fn reduce(&mut self, recording: &Arc<Recording>, axis: TimeAxis, ui: &Ui) -> &Reduced {
        let n_columns = (axis.rect.width() * ui.pixels_per_point()).clamp(1.0, 4096.0) as usize;
        let of = (axis.extent, n_columns);
        let reduced = self.reduced.take();
        let known = reduced.filter(|known| known.of == of && Arc::ptr_eq(&known.recording, recording));
        self.reduced.insert(known.unwrap_or_else(|| {
            let (from, to) = (axis.extent.0 as f64, axis.extent.0 as f64 + axis.length());
            let buckets = |value: fn(&tidemark_engine::runtime::Bucket) -> u64| {
                let width = recording.width_millis as f64;
                let stretches = recording.buckets.iter().enumerate().map(move |(idx, bucket)| {
                    let begins = recording.start_millis as f64 + width * idx as f64;
                    let value = value(bucket) as f64;
                    // The last millisecond of a bucket is its own; what begins where it ends is the next one's.
                    Stretch { from: begins, to: begins + width - 1.0, min: value, max: value }
                });
                reduce(stretches, from, to, n_columns)
            };
            let (rows, out_of_order) =
                (buckets(|bucket| bucket.n_rows), buckets(|bucket| bucket.n_out_of_order));
            Reduced { recording: Arc::clone(recording), of, rows, out_of_order }
        }))
    }

    fn paint(&mut self, state: &AppState, axis: TimeAxis, marks: Marks, response: &Response, ui: &Ui) {
        let tokens = Tokens::of(ui);
        let colors = &tokens.colors;
        let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(response.rect));
        let bars =
            Rect::from_min_max(axis.rect.min, pos2(axis.rect.right(), axis.rect.bottom() - AXIS_HEIGHT));
        let clock = state.open.run.snapshot.clock_millis;
        painter.rect_filled(bars, tokens.radius.sm, colors.surface.input);
        let played =
            clock.map_or(bars.left(), |clock| axis.x_of(clock as f64).clamp(bars.left(), bars.right()));
        let x_of = |at: f64| axis.x_of(at);
        if let Some(recording) = &state.open.recording {
            let shade = |color: egui::Color32| {
                move |at: f64| {
                    let is_played = clock.is_some_and(|clock| at <= clock as f64);
                    if is_played { color } else { color.gamma_multiply(UNPLAYED) }
                }
            };
            let split = bars.top() + OUT_OF_ORDER_HEIGHT;
            let (above, below) = (
                Rect { max: pos2(bars.right(), split), ..bars },
                Rect { min: pos2(bars.left(), split + 1.0), ..bars },
            );
            let reduced = self.reduce(recording, axis, ui);
            let scale = |columns: &Columns| columns.extremes().map_or(1.0, |all| all.max.max(1.0));
            let (rows, late) = (&reduced.rows, &reduced.out_of_order);
            let scale_of = |columns| Extremes { min: 0.0, max: scale(columns) };
            paint_bars(&painter, below, scale_of(rows), rows, shade(colors.status.running), x_of);
            paint_bars(&painter, above, scale_of(late), late, shade(colors.status.late), x_of);
        }
        let line = Stroke::new(tokens.size.stroke, colors.surface.border);
        painter.hline(bars.x_range(), bars.bottom(), line);
        let played = Rect { max: pos2(played, bars.bottom()), ..bars };
        painter.hline(played.x_range(), bars.bottom(), Stroke::new(tokens.size.focus, colors.status.running));
        paint_marks(&painter, bars, axis, marks, tokens);
        if let Some(pointer) = response.hover_pos() {
            painter.vline(pointer.x, bars.y_range(), Stroke::new(tokens.size.stroke, colors.text.dim));
        }
        if clock.is_some() {
            paint_playhead(&painter, played.right(), bars, tokens);
        }
        let has_all = state.open.recording.as_ref().is_none_or(|recording| recording.is_complete);
        paint_axis(&painter, axis, has_all, tokens);
        if response.has_focus() {
            let ring = Stroke::new(tokens.size.focus, colors.accent.line);
            painter.rect_stroke(bars, tokens.radius.sm, ring, StrokeKind::Inside);
        }
    }
}

/// The same marks on the axis that the timeline shows. What has not been played is on no other axis than this one.
fn on_axis_of_timeline(marks: Marks, state: &AppState) -> Marks {
    let moved = marks.on(state.open.marks.axis, &state.open.run.snapshot.history);
    let are_all_there =
        (moved.cursor.is_some(), moved.span.is_some()) == (marks.cursor.is_some(), marks.span.is_some());
    if are_all_there { moved } else { marks }
}

/// From where to where the axis reaches: over the whole recording as far as it was read, and over what was played.
fn extent(state: &AppState) -> Option<(i64, i64)> {
    let snapshot = &state.open.run.snapshot;
    let recorded = state.open.recording.as_ref().and_then(|recording| recording.extent);
    let played = snapshot.history.extent(Axis::Clock);
    let clock = snapshot.clock_millis.map(|clock| (clock, clock));
    let all = [recorded, played, clock].into_iter().flatten();
    all.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// What a screen reader says of it.
fn describe(response: &Response, state: &AppState, extent: (i64, i64), marks: Marks, ui: &Ui) {
    response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, t("strip.name")));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        let time = |at: i64| short_timestamp(at);
        let mut value = vec![t_args("strip.extent", &[("from", &time(extent.0)), ("to", &time(extent.1))])];
        if let Some(clock) = state.open.run.snapshot.clock_millis {
            value.push(t_args("strip.played", &[("time", &time(clock))]));
        }
        if let Some(cursor) = marks.cursor {
            value.push(t_args("strip.cursor", &[("time", &time(cursor))]));
        }
        if let Some((from, to)) = marks.span {
            value.push(t_args("strip.selected", &[("from", &time(from)), ("to", &time(to))]));
        }
        node.set_value(value.join(", "));
    });
}

fn show_tooltip(recording: Option<&Recording>, at: i64, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    ui.strong(short_timestamp(at));
    if let Some(recording) = recording {
        match recording.bucket_at(at).filter(|bucket| bucket.n_rows > 0) {
            Some(bucket) => {
                let length = duration(recording.width_millis);
                ui.label(t_args("strip.rows", &[("n", &count(bucket.n_rows)), ("length", &length)]));
                if bucket.n_out_of_order > 0 {
                    let text = t_args("strip.out_of_order", &[("n", &count(bucket.n_out_of_order))]);
                    ui.colored_label(tokens.colors.status.late, text);
                }
            }
            None => drop(ui.label(t("strip.nothing_here"))),
        }
        if let Some(failure) = &recording.failure {
            ui.colored_label(tokens.colors.status.error, failure);
        } else if !recording.is_complete {
            ui.label(t("strip.first_part_why"));
        }
    }
    ui.colored_label(tokens.colors.text.dim, t("strip.hint"));
}

fn paint_empty(text: &str, rect: Rect, ui: &Ui) {
    let tokens = Tokens::of(ui);
    let bars = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - AXIS_HEIGHT));
    ui.painter().rect_filled(bars, tokens.radius.sm, tokens.colors.surface.input);
    let font = FontId::proportional(tokens.type_scale.small);
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(bars));
    painter.text(bars.center(), Align2::CENTER_CENTER, text, font, tokens.colors.text.dim);
}

fn paint_marks(painter: &Painter, bars: Rect, axis: TimeAxis, marks: Marks, tokens: &Tokens) {
    if let Some((from, to)) = marks.span {
        let span = Rect::from_x_y_ranges(axis.x_of(from as f64)..=axis.x_of(to as f64), bars.y_range());
        painter.rect_filled(span, 0.0, tint(tokens.colors.accent.line));
        for x in [span.left(), span.right()] {
            paint_mark(painter, x, bars, tokens.size.stroke, tokens);
        }
    }
    if let Some(cursor) = marks.cursor {
        paint_mark(painter, axis.x_of(cursor as f64), bars, tokens.size.focus, tokens);
    }
}

/// A line that is seen on bars of any colour: it stands on a strip of the ground.
fn paint_mark(painter: &Painter, x: f32, bars: Rect, width: f32, tokens: &Tokens) {
    let ground = Stroke::new(width + 2.0 * tokens.size.stroke, tokens.colors.surface.panel);
    painter.vline(x, bars.y_range(), ground);
    painter.vline(x, bars.y_range(), Stroke::new(width, tokens.colors.accent.line));
}

/// Where the replay is: a line with a head.
fn paint_playhead(painter: &Painter, x: f32, bars: Rect, tokens: &Tokens) {
    let color = tokens.colors.playhead;
    painter.vline(x, bars.y_range(), Stroke::new(tokens.size.focus, color));
    let half = tokens.spacing.xs;
    let head = vec![pos2(x - half, bars.top()), pos2(x + half, bars.top()), pos2(x, bars.top() + half + 1.0)];
    painter.add(Shape::convex_polygon(head, color, Stroke::NONE));
}

fn paint_axis(painter: &Painter, axis: TimeAxis, has_all: bool, tokens: &Tokens) {
    let font = FontId::proportional(tokens.type_scale.small);
    let color = tokens.colors.text.dim;
    let top = axis.rect.bottom() - AXIS_HEIGHT;
    let mut right = axis.rect.right();
    if !has_all {
        let text = t("strip.first_part").to_owned();
        let galley = painter.layout_no_wrap(text, font.clone(), tokens.colors.status.warning);
        right -= galley.size().x;
        painter.galley(pos2(right, top), galley, color);
        right -= tokens.spacing.sm;
    }
    let n_most = (axis.rect.width() / TICK_WIDTH) as usize;
    let mut free = axis.rect.left();
    for tick in time_ticks(axis.extent.0, axis.extent.1, n_most, true) {
        let galley = painter.layout_no_wrap(tick.text, font.clone(), color);
        let left = axis.x_of(tick.at as f64) - galley.size().x / 2.0;
        if left >= free && left + galley.size().x <= right {
            free = left + galley.size().x + tokens.spacing.sm;
            painter.galley(pos2(left, top), galley, color);
        }
    }
}
