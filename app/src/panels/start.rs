//! What an empty flow shows: how to begin one, and the samples with small pictures of their flows.

use std::sync::Arc;

use egui::epaint::CubicBezierShape;
use egui::{
    Color32, EventFilter, FontId, Galley, Id, Key, Modifiers, Pos2, Rect, Response, RichText, Role,
    ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use super::canvas::{NODE_SIZE, category_color};
use crate::app::{SAMPLES, Sample};
use crate::command::{Action, Command, Commands};
use crate::state::{AppState, FlowNumber};
use crate::ui_kit::widgets::{ListRow, list_row, section_header};
use crate::ui_kit::{Icon, Tokens, fonts, style, t, t_args, t_count};

/// How many of the flows that were open last are offered.
const MOST_RECENT: usize = 5;
/// The page is never wider than this.
const WIDEST: f32 = 1040.0;
/// The entries at the left are as wide as this.
const ENTRIES: f32 = 264.0;
/// With less room than this the entries stand above the samples.
const NARROW: f32 = 620.0;
/// A card is at least as wide as this, where there is room.
const LEAST_CARD: f32 = 272.0;
/// How high the picture on a card is.
const PICTURE: f32 = 112.0;
/// How long the picture of a card moves that has the keyboard. Under the pointer it moves on.
const SECONDS_OF_MOTION: f64 = 4.0;

/// The page.
#[derive(Default)]
pub(super) struct StartPage {
    pictures: Option<Vec<Picture>>,
    /// The flow that the page was shown for in the last frame.
    shown_for: Option<FlowNumber>,
    /// What can have the keyboard, and where it was painted last.
    places: Vec<(Id, Rect)>,
    /// The card that has the keyboard, and since when.
    focused: Option<(Id, f64)>,
    /// How far dashes have come.
    phase: f32,
}

/// A flow as it is painted on a card: everything between 0 and 1.
#[derive(Default)]
struct Picture {
    /// The size of the flow on its canvas.
    size: Vec2,
    /// Where nodes are, and the kind of each.
    nodes: Vec<(Rect, String)>,
    /// The ends of the wires.
    wires: Vec<[Pos2; 2]>,
}

impl Picture {
    /// The picture of a sample; empty if it is no flow, which a test keeps from happening.
    fn of(sample: &Sample) -> Picture {
        let Ok(flow) = sample.flow() else { return Picture::default() };
        let place = |id| {
            let at = flow.layout.nodes.get(id)?;
            Some(Rect::from_min_size(pos2(at.x as f32, at.y as f32), NODE_SIZE))
        };
        let bounds = flow.nodes.keys().filter_map(place).fold(Rect::NOTHING, Rect::union);
        let size = bounds.size().max(NODE_SIZE);
        let in_unit = |at: Pos2| ((at - bounds.min) / size).to_pos2();
        let nodes = flow.nodes.iter().filter_map(|(id, node)| {
            let rect = place(id)?;
            Some((Rect::from_min_max(in_unit(rect.min), in_unit(rect.max)), node.kind.clone()))
        });
        let wires = flow.edges.iter().filter_map(|edge| {
            let (from, to) = (place(&edge.from.node)?, place(&edge.to.node)?);
            Some([in_unit(from.right_center()), in_unit(to.left_center())])
        });
        Picture { size, nodes: nodes.collect(), wires: wires.collect() }
    }

    /// Paints the flow into the middle of `room`, with dashes along the wires if it moves.
    fn paint(&self, state: &AppState, room: Rect, phase: Option<f32>, ui: &Ui) {
        let tokens = Tokens::of(ui);
        let colors = &tokens.colors;
        let scale = (room.width() / self.size.x).min(room.height() / self.size.y);
        let place = Rect::from_center_size(room.center(), self.size * scale);
        let on_screen = |at: Pos2| place.min + at.to_vec2() * place.size();
        let painter = ui.painter();
        for [from, to] in &self.wires {
            let (from, to) = (on_screen(*from), on_screen(*to));
            let reach = vec2(((to.x - from.x).abs() / 2.0).max(6.0), 0.0);
            let stroke = Stroke::new(1.5 * tokens.size.stroke, colors.wire.append);
            let curve = CubicBezierShape::from_points_stroke(
                [from, from + reach, to - reach, to],
                false,
                Color32::TRANSPARENT,
                stroke,
            );
            if let Some(phase) = phase {
                let moving = Stroke::new(2.0 * tokens.size.stroke, colors.wire.flow);
                let line = curve.flatten(Some(0.2));
                painter.add(curve);
                painter.extend(Shape::dashed_line_with_offset(&line, moving, &[4.0], &[6.0], phase));
            } else {
                painter.add(curve);
            }
        }
        for (node, kind) in &self.nodes {
            let rect = Rect::from_min_max(on_screen(node.min), on_screen(node.max));
            let spec = state.catalog.spec(kind);
            let color = spec.map_or(colors.text.faint, |spec| category_color(spec.category, tokens));
            painter.rect_filled(rect, tokens.radius.sm, colors.surface.raised);
            let (fill, line) = (color.gamma_multiply(0.28), Stroke::new(tokens.size.stroke, color));
            painter.rect(rect, tokens.radius.sm, fill, line, StrokeKind::Inside);
        }
    }
}

impl StartPage {
    /// Shows the page over an empty canvas. Returns where a menu is asked for.
    pub(super) fn ui(
        &mut self,
        state: &AppState,
        canvas: Rect,
        ui: &mut Ui,
        commands: &mut Commands,
    ) -> Option<Pos2> {
        let tokens = Tokens::of(ui);
        // What lies under the page is not meant by the pointer: neither by clicks nor by the wheel.
        let under = ui.interact(canvas, ui.unique_id().with("start"), Sense::CLICK | Sense::DRAG);
        let is_new = self.shown_for != Some(state.open.number);
        self.shown_for = Some(state.open.number);
        self.walk(ui);
        self.places.clear();
        let mut page = ui.new_child(UiBuilder::new().id_salt("start").max_rect(canvas));
        page.set_clip_rect(canvas.intersect(ui.clip_rect()));
        ScrollArea::vertical().auto_shrink(false).show(&mut page, |ui| {
            let width = (ui.available_width() - 2.0 * tokens.spacing.xl).clamp(0.0, WIDEST);
            let beside = (ui.available_width() - width) / 2.0;
            let left = ui.min_rect().min + vec2(beside, tokens.spacing.xl);
            let is_narrow = width < NARROW;
            let at_left = Rect::from_min_size(left, vec2(if is_narrow { width } else { ENTRIES }, 0.0));
            let entries = ui.scope_builder(UiBuilder::new().max_rect(at_left), |ui| {
                self.entries(state, ui, commands);
            });
            let corner = if is_narrow {
                entries.response.rect.left_bottom() + vec2(0.0, tokens.spacing.lg)
            } else {
                at_left.right_top() + vec2(tokens.spacing.xxl, 0.0)
            };
            let room = Rect::from_min_max(corner, pos2(left.x + width, corner.y));
            ui.scope_builder(UiBuilder::new().max_rect(room), |ui| {
                self.samples(state, is_new, ui, commands);
            });
            ui.add_space(tokens.spacing.xl);
        });
        let is_free = state.dialog.is_none() && ui.memory(|memory| memory.focused().is_none());
        let takes_key = is_free || self.has_focus(ui.ctx());
        if takes_key && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::A)) {
            commands.push(Action::AddNode);
        }
        under.interact_pointer_pos().filter(|_| under.secondary_clicked())
    }

    /// Says that the page is not shown, so that it is new when it is shown next.
    pub(super) fn leave(&mut self) {
        self.shown_for = None;
        self.places.clear();
    }

    /// Whether the keyboard is here.
    pub(super) fn has_focus(&self, ctx: &egui::Context) -> bool {
        let focused = ctx.memory(egui::Memory::focused);
        self.places.iter().any(|(id, _)| Some(*id) == focused)
    }

    fn entries(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        heading(t("start.title"), ui);
        ui.add(egui::Label::new(RichText::new(t("app.tagline")).color(tokens.colors.text.dim)).wrap());
        ui.add_space(tokens.spacing.md);
        for action in [Action::AddNode, Action::AddFile, Action::Open] {
            let icon = action.icon().map(|icon| (icon, tokens.colors.accent.text));
            let keys = if action == Action::AddNode { "A".to_owned() } else { action.keys_text(ui.ctx()) };
            let text = action.text(state);
            let row = list_row(ui, &ListRow { icon, detail: &keys, ..ListRow::new(&text) });
            self.note(&row, ui);
            if row.on_hover_text(action.tooltip()).clicked() {
                commands.push(action);
            }
        }
        self.recent(state, ui, commands);
        ui.add_space(tokens.spacing.md);
        drop_zone(ui);
    }

    /// The flows that were open last.
    fn recent(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        if state.recent.is_empty() {
            return;
        }
        let tokens = Tokens::of(ui);
        section_header(ui, t("recent.title"), |_| {});
        for file in state.recent.iter().take(MOST_RECENT) {
            let (name, folder) = (file.name(), file.folder());
            let icon = Some((Icon::File, tokens.colors.text.dim));
            let row = list_row(ui, &ListRow { icon, ..ListRow::new(&name) });
            self.note(&row, ui);
            if row.on_hover_text(folder).clicked() {
                commands.push(Command::OpenRecent(file.path.clone()));
            }
        }
    }

    fn samples(&mut self, state: &AppState, is_new: bool, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        section_header(ui, t("rail.samples"), |_| {});
        let gap = tokens.spacing.lg;
        let all = ui.available_width();
        let n_columns = (((all + gap) / (LEAST_CARD + gap)).floor() as usize).clamp(1, 3);
        let width = (all - gap * (n_columns - 1) as f32) / n_columns as f32;
        let texts: Vec<CardText> = SAMPLES.iter().map(|sample| CardText::of(sample, width, ui)).collect();
        let height = texts.iter().map(|text| text.height(tokens)).fold(0.0, f32::max);
        let n_rows = SAMPLES.len().div_ceil(n_columns);
        let size = vec2(all, n_rows as f32 * (height + gap) - gap);
        let (grid, _) = ui.allocate_exact_size(size, Sense::hover());
        for (number, text) in texts.into_iter().enumerate() {
            let (row, column) = (number / n_columns, number % n_columns);
            let corner = grid.min + vec2(column as f32 * (width + gap), row as f32 * (height + gap));
            let place = Rect::from_min_size(corner, vec2(width, height));
            let card = self.card(state, number, text, place, ui);
            if number == 0 && is_new && ui.memory(|memory| memory.focused().is_none()) {
                card.request_focus();
            }
            if card.clicked() {
                commands.push(Command::OpenSample(number));
            }
        }
    }

    fn card(&mut self, state: &AppState, number: usize, text: CardText, place: Rect, ui: &Ui) -> Response {
        let tokens = Tokens::of(ui);
        let colors = &tokens.colors;
        let response = ui.interact(place, ui.scope_id().with(("sample", number)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &text.spoken));
        self.note(&response, ui);
        if response.gained_focus() {
            ui.scroll_to_rect(place, None);
        }
        let moves = self.moves(state, &response, ui);
        if !ui.is_rect_visible(place) {
            return response;
        }
        let is_lit = response.hovered() || response.has_focus();
        let outline = if response.has_focus() {
            Stroke::new(tokens.size.focus, colors.accent.line)
        } else {
            let color = if is_lit { colors.surface.border_strong } else { colors.surface.outline };
            Stroke::new(tokens.size.stroke, color)
        };
        let painter = ui.painter();
        let fill = if response.hovered() { colors.surface.hover } else { colors.surface.raised };
        painter.rect(place, tokens.radius.lg, fill, outline, StrokeKind::Inside);
        let inner = place.shrink(tokens.spacing.lg);
        let room = Rect::from_min_size(inner.min, vec2(inner.width(), PICTURE));
        painter.rect_filled(room, tokens.radius.md, colors.surface.canvas);
        let pictures = self.pictures.get_or_insert_with(|| SAMPLES.iter().map(Picture::of).collect());
        if let Some(picture) = pictures.get(number) {
            picture.paint(state, room.shrink(tokens.spacing.lg), moves.then_some(self.phase), ui);
        }
        let mut at = room.left_bottom() + vec2(0.0, tokens.spacing.md);
        for galley in [text.name, text.sentence, text.rows] {
            let height = galley.size().y;
            painter.galley(at, galley, colors.text.normal);
            at.y += height + tokens.spacing.xs;
        }
        response
    }

    /// Whether the picture of this card moves now; if so, asks for the next frame.
    fn moves(&mut self, state: &AppState, card: &Response, ui: &Ui) -> bool {
        let now = ui.input(|input| input.time);
        match self.focused {
            Some((id, _)) if id == card.id && !card.has_focus() => self.focused = None,
            Some((id, _)) if id == card.id => {}
            _ if card.has_focus() => self.focused = Some((card.id, now)),
            _ => {}
        }
        let is_fresh =
            self.focused.is_some_and(|(id, since)| id == card.id && now < since + SECONDS_OF_MOTION);
        let moves = !state.settings.reduced_motion && (card.hovered() || is_fresh);
        if moves {
            self.phase = (now * 24.0 % 10.0) as f32;
            state.pace.ask(ui.ctx());
        }
        moves
    }

    /// Notes what can have the keyboard here, and keeps the arrow keys for it.
    fn note(&mut self, response: &Response, ui: &Ui) {
        self.places.push((response.id, response.rect));
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    }

    /// Moves the keyboard to what lies nearest in the direction of an arrow key.
    fn walk(&self, ui: &Ui) {
        let focused = ui.memory(egui::Memory::focused);
        let Some((_, from)) = self.places.iter().find(|(id, _)| Some(*id) == focused) else { return };
        let arrows = [
            (Key::ArrowRight, Vec2::RIGHT),
            (Key::ArrowLeft, Vec2::LEFT),
            (Key::ArrowDown, Vec2::DOWN),
            (Key::ArrowUp, Vec2::UP),
        ];
        for (key, direction) in arrows {
            if !ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                continue;
            }
            if let Some(next) = nearest(*from, direction, &self.places) {
                ui.memory_mut(|memory| memory.request_focus(next));
            }
        }
    }
}

/// What lies nearest in a direction: the way there counts once, the way across twice, measured between the edges.
fn nearest(from: Rect, direction: Vec2, places: &[(Id, Rect)]) -> Option<Id> {
    let cost = |to: &Rect| {
        let apart = vec2(
            (to.left() - from.right()).max(from.left() - to.right()).max(0.0),
            (to.top() - from.bottom()).max(from.top() - to.bottom()).max(0.0),
        );
        let lies_ahead = (to.center() - from.center()).dot(direction) > 0.0;
        let (along, across) = if direction.x == 0.0 { (apart.y, apart.x) } else { (apart.x, apart.y) };
        // Two that overlap along the way lie beside each other, not one behind the other.
        (lies_ahead && along > 0.0).then_some(along + 3.0 * across)
    };
    let ahead = places.iter().filter_map(|(id, rect)| Some((*id, cost(rect)?)));
    ahead.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(id, _)| id)
}

/// The texts of a card, laid out for its width.
struct CardText {
    name: Arc<Galley>,
    sentence: Arc<Galley>,
    rows: Arc<Galley>,
    spoken: String,
}

impl CardText {
    fn of(sample: &Sample, width: f32, ui: &Ui) -> CardText {
        let tokens = Tokens::of(ui);
        let (colors, sizes) = (&tokens.colors.text, tokens.type_scale);
        let room = (width - 2.0 * tokens.spacing.lg).max(0.0);
        let rows = t_count("data.rows", sample.n_rows);
        let text = |text: &str, font, color| ui.painter().layout(text.to_owned(), font, color, room);
        CardText {
            name: text(sample.name(), fonts::semibold(sizes.body), colors.strong),
            sentence: text(sample.sentence(), FontId::proportional(sizes.body), colors.normal),
            rows: text(&rows, FontId::proportional(sizes.small), colors.dim),
            spoken: t_args(
                "start.sample",
                &[("name", &sample.name()), ("sentence", &sample.sentence()), ("rows", &rows)],
            ),
        }
    }

    fn height(&self, tokens: &Tokens) -> f32 {
        let space = tokens.spacing;
        let texts = self.name.size().y + self.sentence.size().y + self.rows.size().y + 2.0 * space.xs;
        2.0 * space.lg + PICTURE + space.md + texts
    }
}

fn heading(text: &str, ui: &mut Ui) {
    let color = Tokens::of(ui).colors.text.strong;
    ui.add(egui::Label::new(RichText::new(text).text_style(style::title_text()).color(color)).wrap());
}

/// Says that files can be dropped: here, as everywhere.
fn drop_zone(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let room = ui.available_width() - 2.0 * tokens.spacing.lg;
    let font = FontId::proportional(tokens.type_scale.body);
    let galley = ui.painter().layout(t("start.drop").to_owned(), font, colors.text.dim, room);
    let icon = tokens.size.icon_large;
    let height = galley.size().y + icon + tokens.spacing.sm + 2.0 * tokens.spacing.lg;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, t("start.drop")));
    let line = Stroke::new(tokens.size.stroke, colors.surface.border_strong);
    let edge = rect.shrink(tokens.size.stroke);
    let around =
        [edge.left_top(), edge.right_top(), edge.right_bottom(), edge.left_bottom(), edge.left_top()];
    ui.painter().extend(Shape::dashed_line(&around, line, 5.0, 4.0));
    let top = rect.center_top() + vec2(0.0, tokens.spacing.lg);
    let place = Rect::from_center_size(top + vec2(0.0, icon / 2.0), Vec2::splat(icon));
    Icon::Import.paint(ui.painter(), place, colors.text.faint);
    let at = pos2(rect.center().x - galley.size().x / 2.0, place.bottom() + tokens.spacing.sm);
    ui.painter().galley(at, galley, colors.text.dim);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_a_picture_of_all_its_nodes_and_wires() {
        for sample in &SAMPLES {
            let flow = sample.flow().expect("a flow");
            let picture = Picture::of(sample);
            assert_eq!(picture.nodes.len(), flow.nodes.len());
            assert_eq!(picture.wires.len(), flow.edges.len());
            let unit = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)).expand(1e-5);
            assert!(picture.nodes.iter().all(|(node, _)| unit.contains_rect(*node)));
            assert!(picture.wires.iter().flatten().all(|end| unit.contains(*end)));
        }
    }

    #[test]
    fn an_arrow_leads_to_what_lies_nearest_that_way() {
        let at = |x, y| Rect::from_min_size(pos2(x, y), vec2(10.0, 10.0));
        let ids = ["a", "b", "c", "d"].map(Id::unique);
        let places = [
            (ids[0], at(0.0, 0.0)),
            (ids[1], at(20.0, 0.0)),
            (ids[2], at(0.0, 20.0)),
            (ids[3], at(20.0, 40.0)),
        ];
        let next = |from: usize, direction| nearest(places[from].1, direction, &places);
        assert_eq!(next(0, Vec2::RIGHT), Some(ids[1]));
        assert_eq!(next(0, Vec2::DOWN), Some(ids[2]));
        assert_eq!(next(1, Vec2::DOWN), Some(ids[3]));
        assert_eq!(next(3, Vec2::UP), Some(ids[1]));
        assert_eq!(next(0, Vec2::UP), None);
    }
}
