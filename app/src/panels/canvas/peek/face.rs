//! How a card looks. It is laid out before it is placed, so that it never changes its size on screen.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Area, Color32, FontId, Frame, Galley, Id, Order, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::card::{Card, Flaw, Line, Values};
use crate::ui_kit::design_tokens::tint;
use crate::ui_kit::{Icon, Tokens, fonts, style, t};

/// The share of the width that the name of a column may take.
const NAME_SHARE: f32 = 0.5;

/// A card, laid out.
pub(super) struct Face {
    lines: Vec<Laid>,
    inner: Vec2,
    frame: Frame,
}

/// A line, laid out.
#[derive(Default)]
struct Laid {
    pieces: Vec<Piece>,
    height: f32,
    /// What lies behind it.
    wash: Option<Color32>,
    is_rule: bool,
    said: Option<(Role, String)>,
}

/// A text on a line, with how far it is from the left.
struct Piece {
    left: f32,
    galley: Arc<Galley>,
    color: Color32,
}

impl Face {
    /// Lays a card out, as much of it as goes into `most`.
    pub(super) fn of(card: &Card, most: Vec2, ui: &Ui) -> Face {
        let tokens = Tokens::of(ui);
        let shadow = tokens.shadow.popup.with_color(tokens.colors.shadow.popup);
        let frame = style::card_frame(tokens).shadow(shadow);
        let room = most - frame.total_margin().sum();
        let mut pen = Pen { ui, tokens, width: room.x, shares: Vec::new() };
        let mut height = 0.0;
        let laid = card.lines.iter().map(|line| pen.line(line));
        let lines: Vec<Laid> = laid
            .take_while(|line| {
                height += line.height;
                height <= room.y
            })
            .collect();
        let height = lines.iter().map(|line| line.height).sum();
        Face { lines, inner: vec2(room.x, height), frame }
    }

    /// How large it is.
    pub(super) fn size(&self) -> Vec2 {
        self.inner + self.frame.total_margin().sum()
    }

    /// Shows it. Nothing of it takes part in what the pointer does.
    pub(super) fn show(self, name: &str, rect: Rect, ui: &Ui) {
        let Face { lines, inner, frame } = self;
        let area = Area::new(Id::unique("peek"))
            .order(Order::Tooltip)
            .fixed_pos(rect.min)
            .constrain(false)
            .interactable(false)
            .fade_in(false)
            .role(Role::Tooltip)
            .accessible_name(name);
        area.show(ui.ctx(), |ui| {
            frame.show(ui, |ui| {
                let (place, _) = ui.allocate_exact_size(inner, Sense::hover());
                let mut top = place.top();
                for (number, line) in lines.into_iter().enumerate() {
                    let size = vec2(place.width(), line.height);
                    line.show(number, Rect::from_min_size(pos2(place.left(), top), size), ui);
                    top += size.y;
                }
            });
        });
    }
}

impl Laid {
    fn show(self, number: usize, rect: Rect, ui: &Ui) {
        let tokens = Tokens::of(ui);
        let painter = ui.painter();
        if let Some(wash) = self.wash {
            painter.rect_filled(rect.expand2(vec2(tokens.spacing.xs, 0.0)), tokens.radius.sm, wash);
        }
        if self.is_rule {
            painter.hline(
                rect.x_range(),
                rect.center().y,
                (tokens.size.stroke, tokens.colors.surface.border),
            );
        }
        for Piece { left, galley, color } in self.pieces {
            let top = rect.center().y - galley.size().y / 2.0;
            painter.galley(pos2(rect.left() + left, top), galley, color);
        }
        if let Some((role, said)) = self.said {
            let line = ui.interact(rect, ui.scope_id().with(number), Sense::hover());
            line.widget_info(|| WidgetInfo::labeled(role, true, &said));
        }
    }
}

/// Lays lines out.
struct Pen<'a> {
    ui: &'a Ui,
    tokens: &'a Tokens,
    width: f32,
    /// How the values below the last heads share the width.
    shares: Vec<f32>,
}

impl Pen<'_> {
    fn line(&mut self, line: &Line) -> Laid {
        let colors = &self.tokens.colors;
        let small = FontId::proportional(self.tokens.type_scale.small);
        match line {
            Line::Title(text) => {
                let font = fonts::semibold(self.tokens.type_scale.body);
                let title = self.cut(text, font, colors.text.strong, self.width);
                self.laid(vec![piece(0.0, title, colors.text.strong)], Role::Label, text.clone())
            }
            Line::Kind(icon, text, color) => {
                let shown = self.cut(&format!("{} {text}", icon.glyph()), small, *color, self.width);
                self.laid(vec![piece(0.0, shown, *color)], Role::Label, text.clone())
            }
            Line::Sentence(text) => {
                let galley = self.ui.painter().layout(text.clone(), small, colors.text.dim, self.width);
                self.laid(vec![piece(0.0, galley, colors.text.dim)], Role::Label, text.clone())
            }
            Line::Figure(name, value) => {
                let said = format!("{name}, {value}");
                let ends =
                    self.ends((name, small.clone(), colors.text.dim), (value, small, colors.text.normal));
                self.laid(ends, Role::Label, said)
            }
            Line::Rule => Laid { height: self.tokens.spacing.md, is_rule: true, ..Laid::default() },
            Line::Column { name, data_type, is_time, is_unread } => {
                let clock = if *is_time { format!("{} ", Icon::Time.glyph()) } else { String::new() };
                let unread =
                    if *is_unread { format!(" · {}", t("inspector.unused")) } else { String::new() };
                let kind = format!("{clock}{data_type}{unread}");
                let ink = if *is_unread { colors.text.dim } else { colors.text.strong };
                let ends = self.ends((name, self.mono(), ink), (&kind, self.mono(), colors.text.dim));
                let said = [
                    Some(format!("{name}, {data_type}")),
                    is_time.then(|| t("inspector.time_attribute").to_owned()),
                    is_unread.then(|| t("inspector.unused").to_owned()),
                ];
                let said = said.into_iter().flatten().collect::<Vec<_>>().join(", ");
                self.laid(ends, Role::ListItem, said)
            }
            Line::Heads(heads) => {
                self.shares = heads.iter().map(|(_, share)| *share).collect();
                let names = heads.iter().map(|(name, _)| name.as_str());
                let pieces =
                    self.cells(names, &fonts::semibold(self.tokens.type_scale.small), colors.text.dim);
                Laid { said: None, ..self.laid(pieces, Role::Row, String::new()) }
            }
            Line::Row(values) => self.row(values),
        }
    }

    fn row(&self, values: &Values) -> Laid {
        let colors = &self.tokens.colors;
        if values.cells.is_empty() {
            let height = self.height(self.cut("…", self.mono(), colors.text.faint, self.width).size().y);
            return Laid { height, ..Laid::default() };
        }
        let mut pieces =
            self.cells(values.cells.iter().map(String::as_str), &self.mono(), colors.text.normal);
        let flaw = values.flaw.map(|flaw| match flaw {
            Flaw::Late => (Icon::Late, colors.status.late),
            Flaw::Rejected => (Icon::Rejected, colors.status.error),
        });
        if let Some((icon, color)) = flaw {
            let glyph = self.cut(&icon.glyph().to_string(), self.mono(), color, self.gutter());
            pieces.push(piece(0.0, glyph, color));
        }
        Laid { wash: flaw.map(|(_, color)| tint(color)), ..self.laid(pieces, Role::Row, values.said.clone()) }
    }

    /// Texts below one another's heads.
    fn cells<'b>(&self, texts: impl Iterator<Item = &'b str>, font: &FontId, color: Color32) -> Vec<Piece> {
        let gap = self.tokens.spacing.sm;
        let room = self.width - self.gutter();
        let total: f32 = self.shares.iter().sum();
        let mut left = self.gutter();
        let cell = |(text, share): (&str, &f32)| {
            let width = room * share / total;
            let shown = piece(left, self.cut(text, font.clone(), color, width - gap), color);
            left += width;
            shown
        };
        texts.zip(&self.shares).map(cell).collect()
    }

    /// A text at the left and one at the right.
    fn ends(&self, first: (&str, FontId, Color32), second: (&str, FontId, Color32)) -> Vec<Piece> {
        let gap = self.tokens.spacing.sm;
        let left = self.cut(first.0, first.1, first.2, self.width * NAME_SHARE);
        let right = self.cut(second.0, second.1, second.2, self.width - left.size().x - gap);
        let at = self.width - right.size().x;
        vec![piece(0.0, left, first.2), piece(at, right, second.2)]
    }

    fn laid(&self, pieces: Vec<Piece>, role: Role, said: String) -> Laid {
        let highest = pieces.iter().map(|piece| piece.galley.size().y).fold(0.0, f32::max);
        Laid { pieces, height: self.height(highest), said: Some((role, said)), ..Laid::default() }
    }

    fn height(&self, of_text: f32) -> f32 {
        of_text + self.tokens.spacing.xs / 2.0
    }

    /// What stands before the values of a row.
    fn gutter(&self) -> f32 {
        self.tokens.size.icon
    }

    fn mono(&self) -> FontId {
        style::small_mono_text().resolve(self.ui.style())
    }

    /// A text on one line, cut where it is too long.
    fn cut(&self, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
        job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
        self.ui.painter().layout_job(job)
    }
}

fn piece(left: f32, galley: Arc<Galley>, color: Color32) -> Piece {
    Piece { left, galley, color }
}
