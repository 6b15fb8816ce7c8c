//! The timeline: how the figures of the run came about, lane below lane on one time axis with one cursor.

mod lanes;
mod span;

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::scroll_area::ScrollSource;
use egui::{
    Align2, FontId, Key, Label, Modifiers, PointerButton, PopupCloseBehavior, Rect, Response, RichText, Role,
    ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use self::lanes::{Drawn, Lane, LaneKind};
use self::span::{Busiest, SpanFigures};
use crate::command::{Command, Commands};
use crate::engine_link::{Axis, History};
use crate::panels::marking::take_keys;
use crate::state::{AppState, FlowNumber, Marks};
use crate::ui_kit::design_tokens::tint;
use crate::ui_kit::format_time::{duration, short_timestamp};
use crate::ui_kit::plot::time_ticks;
use crate::ui_kit::widgets::{IconButton, empty_state, key_value, section_header, segmented};
use crate::ui_kit::{Icon, Tokens, t, t_args};

/// Room for what a lane is called and says.
const LABELS_WIDTH: f32 = 216.0;
/// Room for the figures of a span beside the lanes, where there is enough.
const FIGURES_WIDTH: f32 = 272.0;
/// Room for them below the lanes, where there is not; the lanes keep at least as much.
const FIGURES_HEIGHT: f32 = 148.0;
const AXIS_HEIGHT: f32 = 18.0;
/// Room between the marks of the axis.
const TICK_WIDTH: f32 = 96.0;
/// The busiest nodes are chosen anew after so many samples, not sooner, so that lanes do not jump: ten seconds.
const CHOOSE_AFTER: u64 = 40;
/// While a run goes on, the busiest node of a span is sought again after so many samples, not sooner: five seconds.
const SEEK_AFTER: u64 = 20;
/// How fast the newest moment glides in, in parts of the way a second.
const GLIDE: f64 = 8.0;
/// The least that is shown, in milliseconds.
const LEAST_SHOWN: f64 = 20.0;

/// What the timeline remembers.
#[derive(Default)]
pub struct Timeline {
    /// What is marked, and on which axis: as the flow has it, and changed by what is done in this frame.
    marks: Marks,
    /// What is shown of the axis; `None` while it follows the newest.
    chosen: Option<(f64, f64)>,
    /// What is painted of the axis: on its way to what is to be shown.
    shown: Option<(f64, f64)>,
    /// Where a drag began that selects a span.
    selecting: Option<i64>,
    hidden: Vec<LaneKind>,
    /// The run that this is about: its flow, and its number there.
    run: (FlowNumber, u64),
    /// What lanes there are, as they were chosen last, and after how many times [`CHOOSE_AFTER`] samples that was.
    choice: Option<(u64, Vec<LaneKind>)>,
    /// Those of them that are about something in the flow, called as it is now.
    lanes: Vec<Lane>,
    /// The revision of the flow that they are of.
    lanes_of: Option<u64>,
    reduced: Option<Reduced>,
    figures: Option<Known>,
    busiest: Option<Sought>,
}

/// The busiest node of a span of an axis, and at which sample it was sought.
struct Sought {
    of: (Axis, (i64, i64)),
    at: u64,
    busiest: Busiest,
}

/// The figures of the span, and of what they were made.
struct Known {
    of: (u64, Axis, (i64, i64)),
    figures: Option<SpanFigures>,
}

/// The reduced series of the lanes that are shown, and of what they were made.
struct Reduced {
    of: (u64, (f64, f64), usize, Axis, Vec<LaneKind>),
    drawn: Vec<Option<Drawn>>,
}

impl Timeline {
    /// What stands at the right of the tabs: the axis, the lanes, and the way back to the newest.
    pub(super) fn bar(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let follows = self.chosen.is_none();
        if ui.add(IconButton::new(Icon::StepForward, t("timeline.follow")).selected(follows)).clicked() {
            self.chosen = None;
        }
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let menu = format!("{}  {}", t("timeline.lanes"), Icon::ChevronDown.glyph());
        MenuButton::new(menu).config(config).ui(ui, |ui| {
            for lane in &self.lanes {
                let mut is_shown = !self.hidden.contains(&lane.kind);
                if ui.checkbox(&mut is_shown, &lane.name).changed() {
                    match is_shown {
                        true => self.hidden.retain(|hidden| *hidden != lane.kind),
                        false => self.hidden.push(lane.kind.clone()),
                    }
                }
            }
        });
        let marks = state.open.marks;
        let mut axis = marks.axis;
        let choices = [(Axis::Clock, t("timeline.axis_clock")), (Axis::Wall, t("timeline.axis_wall"))];
        // From right to left, so that the choice reads from left to right.
        ui.scope(|ui| {
            if segmented(ui, &mut axis, &choices) {
                commands.push(Command::Mark(marks.on(axis, &state.open.run.snapshot.history)));
            }
        });
    }

    /// Shows the timeline.
    pub(super) fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let snapshot = &state.open.run.snapshot;
        let history = &snapshot.history;
        let run = (state.open.number, snapshot.run);
        if self.run != run {
            let hidden = std::mem::take(&mut self.hidden);
            *self = Timeline { hidden, run, ..Timeline::default() };
        }
        if self.marks.axis != state.open.marks.axis {
            (self.chosen, self.shown) = (None, None);
        }
        self.marks = state.open.marks;
        let Some((first, last)) = history.extent(self.marks.axis) else {
            let text = if history.is_empty() { t("timeline.no_run") } else { t("timeline.no_clock") };
            empty_state(ui, Icon::Chart, t("timeline.empty"), text, None);
            return;
        };
        self.choose_lanes(state, history);
        let room = ui.available_rect_before_wrap();
        // A span that is begun in this frame has its figures in the next.
        let had_span = self.marks.span.is_some();
        let (lanes_room, figures_room) = match self.marks.span {
            Some(_) if room.width() > LABELS_WIDTH + 2.0 * FIGURES_WIDTH => {
                room.split_left_right_at_x(room.right() - FIGURES_WIDTH)
            }
            Some(_) => room.split_top_bottom_at_y(room.bottom() - FIGURES_HEIGHT.min(room.height() / 2.0)),
            None => (room, Rect::NOTHING),
        };
        let plots = Rect::from_min_max(
            pos2(room.left() + LABELS_WIDTH, room.top()),
            // The scroll bar stands beside the plots.
            pos2(lanes_room.right() - Tokens::of(ui).size.scrollbar - 4.0, lanes_room.bottom()),
        );
        self.glide(state, (first as f64, (last as f64).max(first as f64 + 1.0)), plots.width(), ui);
        let response = self.interact(plots, (first as f64, last as f64), ui);
        let hovered = response.hover_pos().map(|pos| self.at(plots, pos.x));
        let cursor = hovered.or(self.marks.cursor);
        self.reduce(history, plots, ui);
        self.show_lanes(history, lanes_room, plots, cursor, &response, ui);
        self.paint_axis(plots, cursor, ui);
        if let Some(span) = self.marks.span.filter(|_| had_span) {
            ui.scope_builder(UiBuilder::new().max_rect(figures_room.shrink2(vec2(8.0, 0.0))), |ui| {
                self.show_figures(state, history, span, ui);
            });
        }
        if self.marks != state.open.marks {
            commands.push(Command::Mark(self.marks));
        }
    }

    /// Chooses the lanes if there are enough new samples, and no sooner. Whatever is done to the flow meanwhile, they are only called
    /// as it is called now, and those of what is gone are left out.
    fn choose_lanes(&mut self, state: &AppState, history: &History) {
        let now = history.n_noted() / CHOOSE_AFTER;
        if self.choice.as_ref().is_none_or(|(at, _)| *at != now) {
            self.choice = Some((now, lanes::all(state, history)));
            self.lanes_of = None;
        }
        let revision = state.open.document.revision();
        if self.lanes_of != Some(revision) {
            let kinds = self.choice.iter().flat_map(|(_, kinds)| kinds);
            self.lanes = kinds.filter_map(|kind| Lane::of(kind, state)).collect();
            self.lanes_of = Some(revision);
        }
    }

    fn visible_lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter().filter(|lane| !self.hidden.contains(&lane.kind))
    }

    /// What is to be shown of the axis.
    fn wanted(&self, newest: (f64, f64)) -> (f64, f64) {
        self.chosen.unwrap_or(newest)
    }

    /// Moves what is painted towards what is to be shown, and asks for another frame while it is on its way.
    fn glide(&mut self, state: &AppState, newest: (f64, f64), width: f32, ui: &Ui) {
        let wanted = self.wanted(newest);
        let moves = self.chosen.is_none() && !state.settings.reduced_motion;
        let shown = self.shown.filter(|_| moves).unwrap_or(wanted);
        let part = 1.0 - (-GLIDE * f64::from(ui.input(|input| input.stable_dt).min(0.1))).exp();
        let step = |from: f64, to: f64| from + (to - from) * part;
        let next = (step(shown.0, wanted.0), step(shown.1, wanted.1));
        let per_point = (wanted.1 - wanted.0) / f64::from(width.max(1.0));
        let is_there = (next.0 - wanted.0).abs() + (next.1 - wanted.1).abs() < per_point / 2.0;
        self.shown = Some(if is_there { wanted } else { next });
        if !is_there {
            state.pace.ask(ui.ctx());
        }
    }

    fn at(&self, plots: Rect, x: f32) -> i64 {
        let (from, to) = self.shown.unwrap_or_default();
        let share = f64::from((x - plots.left()) / plots.width().max(1.0));
        (from + (to - from) * share).round() as i64
    }

    fn x_of(&self, plots: Rect) -> impl Fn(f64) -> f32 + Copy + use<> {
        let (from, to) = self.shown.unwrap_or_default();
        move |at| plots.left() + plots.width() * ((at - from) / (to - from).max(f64::MIN_POSITIVE)) as f32
    }

    /// Pointer and keys: zoom, pan, select, pin, and the way back.
    fn interact(&mut self, plots: Rect, newest: (f64, f64), ui: &mut Ui) -> Response {
        let response = ui.interact(plots, ui.scope_id().with("timeline"), Sense::click_and_drag());
        let pointer = response.interact_pointer_pos().or(response.hover_pos());
        let at = pointer.map(|pos| self.at(plots, pos.x));
        if response.drag_started() {
            response.request_focus();
            let origin = ui.input(|input| input.pointer.press_origin()).map(|pos| self.at(plots, pos.x));
            let selects =
                response.drag_started_by(PointerButton::Primary) && !ui.input(|i| i.key_down(Key::Space));
            self.selecting = origin.filter(|_| selects);
        }
        if response.dragged() {
            match (self.selecting, at) {
                (Some(from), Some(at)) => self.marks.select(from, at),
                _ => self.pan(-response.drag_delta().x, plots),
            }
        }
        if response.drag_stopped() {
            self.selecting = None;
        }
        if response.double_clicked() {
            (self.chosen, self.marks.cursor) = (None, None);
        } else if response.clicked() {
            response.request_focus();
            self.marks.cursor = at;
        }
        if response.contains_pointer()
            && let Some(at) = at
        {
            let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
            let factor = f64::from(zoom) * f64::from(scroll.y / 200.0).exp();
            if factor != 1.0 {
                self.zoom(factor, at as f64, newest);
            }
            if scroll.x != 0.0 {
                self.pan(-scroll.x, plots);
            }
        }
        if response.has_focus() {
            let (from, to) = self.shown.unwrap_or_default();
            let millis_per_point = (to - from) / f64::from(plots.width().max(1.0));
            let within = (newest.0 as i64, newest.1 as i64);
            take_keys(&response, millis_per_point, within, within.1, &mut self.marks, ui);
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::End)) {
                self.chosen = None;
            }
        }
        response
    }

    fn pan(&mut self, points: f32, plots: Rect) {
        let (from, to) = self.shown.unwrap_or_default();
        let by = (to - from) * f64::from(points / plots.width().max(1.0));
        if by != 0.0 {
            self.chosen = Some((from + by, to + by));
            self.shown = self.chosen;
        }
    }

    fn zoom(&mut self, factor: f64, at: f64, newest: (f64, f64)) {
        let (from, to) = self.shown.unwrap_or_default();
        let most = (newest.1 - newest.0).max(LEAST_SHOWN) * 4.0;
        let factor = (to - from) / ((to - from) / factor).clamp(LEAST_SHOWN, most);
        self.chosen = Some((at - (at - from) / factor, at + (to - at) / factor));
        self.shown = self.chosen;
    }

    /// Reduces the lanes, if there is anything new to reduce. While the newest glides in, what was reduced is moved along.
    fn reduce(&mut self, history: &History, plots: Rect, ui: &Ui) {
        let Some(newest) = history.extent(self.marks.axis) else { return };
        let view = self.wanted((newest.0 as f64, newest.1 as f64));
        let n_columns = (plots.width() * ui.pixels_per_point()).clamp(1.0, 4096.0) as usize;
        let lanes: Vec<Lane> = self.visible_lanes().cloned().collect();
        let kinds = lanes.iter().map(|lane| lane.kind.clone()).collect();
        let of = (history.n_noted(), view, n_columns, self.marks.axis, kinds);
        if self.reduced.as_ref().is_none_or(|reduced| reduced.of != of) {
            let drawn =
                lanes.iter().map(|lane| lane.reduce(history, self.marks.axis, view, n_columns)).collect();
            self.reduced = Some(Reduced { of, drawn });
        }
    }

    fn show_lanes(
        &self,
        history: &History,
        room: Rect,
        plots: Rect,
        cursor: Option<i64>,
        response: &Response,
        ui: &mut Ui,
    ) {
        let tokens = Tokens::of(ui);
        let name = match cursor {
            Some(at) => t_args("timeline.name_at", &[("time", &self.time_text(at))]),
            None => t("timeline.name").to_owned(),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, &name));
        let room = Rect::from_min_max(room.min, pos2(room.right(), room.bottom() - AXIS_HEIGHT));
        // The wheel over the plots is for the time.
        let source = ScrollSource { mouse_wheel: !response.contains_pointer(), ..ScrollSource::SCROLL_BAR };
        ui.scope_builder(UiBuilder::new().max_rect(room), |ui| {
            ScrollArea::vertical().auto_shrink(false).scroll_source(source).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let drawn = self.reduced.iter().flat_map(|reduced| &reduced.drawn);
                for (lane, drawn) in self.visible_lanes().zip(drawn) {
                    let (rect, _) =
                        ui.allocate_exact_size(vec2(ui.available_width(), lane.height()), Sense::hover());
                    if ui.is_rect_visible(rect) {
                        let value = lane.value(history, self.marks.axis, cursor);
                        show_label(lane, &value, rect, tokens, ui);
                        let plot = Rect::from_x_y_ranges(plots.x_range(), rect.y_range());
                        self.paint_lane(lane, drawn.as_ref(), plot, plots, cursor, ui);
                    }
                }
            });
        });
    }

    fn paint_lane(
        &self,
        lane: &Lane,
        drawn: Option<&Drawn>,
        plot: Rect,
        plots: Rect,
        cursor: Option<i64>,
        ui: &Ui,
    ) {
        let tokens = Tokens::of(ui);
        let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(plot));
        let x_of = self.x_of(plots);
        let border = Stroke::new(tokens.size.stroke, tokens.colors.surface.border);
        painter.hline(plot.x_range(), plot.bottom() - tokens.size.stroke / 2.0, border);
        if let Some((from, to)) = self.marks.span {
            let span = Rect::from_x_y_ranges(x_of(from as f64)..=x_of(to as f64), plot.y_range());
            painter.rect_filled(span, 0.0, tint(tokens.colors.accent.line));
        }
        if let Some(drawn) = drawn {
            lane.paint(&painter, plot.shrink2(vec2(0.0, 4.0)), tokens, drawn, x_of);
            if let Some(top) = lane.top(drawn) {
                let font = FontId::proportional(tokens.type_scale.small);
                let place = plot.left_top() + vec2(tokens.spacing.xs, 1.0);
                painter.text(place, Align2::LEFT_TOP, top, font, tokens.colors.text.dim);
            }
        }
        if let Some(pinned) = self.marks.cursor {
            let stroke = Stroke::new(tokens.size.focus, tokens.colors.accent.line);
            painter.vline(x_of(pinned as f64), plot.y_range(), stroke);
        }
        if let Some(cursor) = cursor {
            let stroke = Stroke::new(tokens.size.stroke, tokens.colors.text.dim);
            painter.vline(x_of(cursor as f64), plot.y_range(), stroke);
        }
    }

    /// The axis below the lanes; the time at the cursor takes the place of the marks beneath it.
    fn paint_axis(&self, plots: Rect, cursor: Option<i64>, ui: &Ui) {
        let tokens = Tokens::of(ui);
        let (from, to) = self.shown.unwrap_or_default();
        let x_of = self.x_of(plots);
        let axis = Rect::from_min_max(pos2(plots.left(), plots.bottom() - AXIS_HEIGHT), plots.max);
        let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(axis));
        let font = FontId::proportional(tokens.type_scale.small);
        let n_most = (plots.width() / TICK_WIDTH) as usize;
        let mut free = axis.left();
        for tick in time_ticks(from as i64, to as i64, n_most, self.marks.axis == Axis::Clock) {
            let galley = painter.layout_no_wrap(tick.text, font.clone(), tokens.colors.text.dim);
            let x = x_of(tick.at as f64);
            let left = x - galley.size().x / 2.0;
            // Larger type needs more room than was reckoned with.
            if left >= free && left + galley.size().x <= axis.right() {
                free = left + galley.size().x + tokens.spacing.sm;
                painter.galley(pos2(left, axis.top() + 2.0), galley, tokens.colors.text.dim);
            }
        }
        if let Some(cursor) = cursor {
            let text = self.time_text(cursor);
            let galley = painter.layout_no_wrap(text, font, tokens.colors.text.strong);
            let half = galley.size().x / 2.0 + tokens.spacing.xs;
            let center =
                x_of(cursor as f64).clamp(axis.left() + half, (axis.right() - half).max(axis.left() + half));
            let place = Rect::from_x_y_ranges(center - half..=center + half, axis.y_range());
            painter.rect_filled(place, tokens.radius.sm, tokens.colors.surface.raised);
            let left_top = pos2(place.left() + tokens.spacing.xs, axis.top() + 2.0);
            painter.galley(left_top, galley, tokens.colors.text.strong);
        }
    }

    fn time_text(&self, at: i64) -> String {
        match self.marks.axis {
            Axis::Clock => short_timestamp(at),
            Axis::Wall => duration(u64::try_from(at).unwrap_or(0)),
        }
    }

    fn show_figures(&mut self, state: &AppState, history: &History, span: (i64, i64), ui: &mut Ui) {
        let of = (history.n_noted(), self.marks.axis, span);
        let known = self.figures.take().filter(|known| known.of == of);
        let known =
            known.unwrap_or_else(|| Known { of, figures: SpanFigures::of(history, self.marks.axis, span) });
        let busiest = self.busiest(state, history, span, ui);
        self.show_known_figures(&known, &busiest, span, ui);
        self.figures = Some(known);
    }

    /// The busiest node of the span: sought once the span is no longer dragged, and seldom again.
    fn busiest(&mut self, state: &AppState, history: &History, span: (i64, i64), ui: &Ui) -> Busiest {
        let (of, at) = ((self.marks.axis, span), history.n_noted());
        let rest = if state.open.run.snapshot.is_going() { SEEK_AFTER } else { 1 };
        let is_dragged = ui.input(|input| input.pointer.any_down());
        match self.busiest.take().filter(|sought| sought.of == of) {
            Some(sought) if is_dragged || at < sought.at + rest => self.busiest = Some(sought),
            None if is_dragged => {}
            _ => {
                let busiest = Busiest::of(state, history, self.marks.axis, span);
                self.busiest = Some(Sought { of, at, busiest });
            }
        }
        self.busiest.as_ref().map_or(Busiest::Unsought, |sought| sought.busiest.clone())
    }

    fn show_known_figures(
        &mut self,
        Known { figures, .. }: &Known,
        busiest: &Busiest,
        span: (i64, i64),
        ui: &mut Ui,
    ) {
        let tokens = Tokens::of(ui);
        section_header(ui, t("timeline.span"), |ui| {
            if ui.add(IconButton::new(Icon::Close, t("timeline.clear_span"))).clicked() {
                self.marks.span = None;
            }
            if let Some(figures) = figures
                && ui.add(IconButton::new(Icon::Copy, t("timeline.copy_span"))).clicked()
            {
                let title = format!("{} – {}", self.time_text(span.0), self.time_text(span.1));
                ui.ctx().copy_text(figures.text(&title, busiest));
            }
        });
        ScrollArea::vertical().id_salt("span").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = tokens.spacing.xs;
            // The scroll bar stands beside the figures.
            ui.set_max_width(ui.available_width() - tokens.size.scrollbar - tokens.spacing.xs);
            key_value(ui, t("timeline.from"), &self.time_text(span.0));
            key_value(ui, t("timeline.length"), &duration(span.1.abs_diff(span.0)));
            match figures {
                Some(figures) => {
                    for (name, value) in figures.lines(busiest) {
                        key_value(ui, name, &value);
                    }
                }
                None => {
                    let text = RichText::new(t("timeline.no_samples")).color(tokens.colors.text.dim);
                    ui.label(text);
                }
            }
        });
    }
}

/// The name of a lane, and below it what it says.
fn show_label(lane: &Lane, value: &str, rect: Rect, tokens: &Tokens, ui: &mut Ui) {
    let room =
        Rect::from_min_max(rect.min, pos2(rect.left() + LABELS_WIDTH - tokens.spacing.md, rect.bottom()));
    // A child of its own, so that the next lane stands below this one and not below its label.
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(room.shrink2(vec2(tokens.spacing.xs, 2.0))));
    ui.set_clip_rect(ui.clip_rect().intersect(room));
    ui.spacing_mut().item_spacing.y = 0.0;
    let name = RichText::new(&lane.name).small().color(tokens.colors.text.dim);
    ui.add(Label::new(name).truncate().selectable(false));
    let value = RichText::new(value).small().color(tokens.colors.text.strong);
    ui.add(Label::new(value).truncate().selectable(false));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Map;
    use tidemark_engine::catalog;
    use tidemark_engine::graph::{Edit, FlowNode};
    use tidemark_engine::ids::NodeId;

    use super::*;
    use crate::state::Settings;

    #[test]
    fn an_edit_swaps_no_lane_but_renames_them_and_leaves_out_what_is_gone() {
        let mut state = AppState::new(Arc::new(catalog::standard()), Settings::default());
        let [a, b] = ["a", "b"].map(NodeId::new);
        for id in [a.clone(), b.clone()] {
            let node = FlowNode::new("union", Map::new());
            state.open.document.apply(&Edit::AddNode { id, node, at: None }).expect("added");
        }
        // No node is busy by now, so that none would be chosen.
        let history = History::default();
        let chosen = vec![LaneKind::Rows, LaneKind::Busy(a.clone()), LaneKind::Busy(b.clone())];
        let mut timeline = Timeline { choice: Some((0, chosen.clone())), ..Timeline::default() };
        let mut lanes = |state: &AppState| {
            timeline.choose_lanes(state, &history);
            timeline.lanes.clone()
        };
        let kinds = |lanes: &[Lane]| lanes.iter().map(|lane| lane.kind.clone()).collect::<Vec<_>>();
        assert_eq!(kinds(&lanes(&state)), chosen);
        let title = Some("Both".to_owned());
        state.open.document.apply(&Edit::SetTitle { node: a.clone(), title }).expect("named");
        let named = lanes(&state);
        assert_eq!(kinds(&named), chosen);
        assert!(named[1].name.contains("Both"), "{}", named[1].name);
        state.open.document.apply(&Edit::RemoveNode(a)).expect("removed");
        assert_eq!(kinds(&lanes(&state)), [LaneKind::Rows, LaneKind::Busy(b)]);
        state.open.document.undo().expect("undone");
        assert_eq!(kinds(&lanes(&state)), chosen, "what comes back has its lane back");
    }
}
