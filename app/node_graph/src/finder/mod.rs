//! A popup to search for what to add: type, go up and down, Enter.

mod row;
mod score;

use std::cmp::Reverse;

use egui::{
    Area, Color32, Context, Frame, Id, Key, Modifiers, Order, Pos2, Response, RichText, ScrollArea, Shadow,
    Stroke, TextEdit, Ui, vec2,
};

use self::score::{Field, score};
use crate::{GraphStyle, Labels};

const WIDTH: f32 = 340.0;
const LIST_HEIGHT: f32 = 330.0;
/// The most that it takes with its field and frame.
const HEIGHT: f32 = LIST_HEIGHT + 56.0;

/// Something that can be added.
#[derive(Clone, Debug, PartialEq)]
pub struct FinderItem<T> {
    /// Handed back when the item is chosen.
    pub id: T,
    /// First line of the row; also its accessible name.
    pub title: String,
    /// Heading of the item while nothing is typed. Items of one category must follow each other.
    pub category: String,
    /// Second line of the row, one short sentence.
    pub description: String,
    /// Other words that find the item, separated by spaces.
    pub keywords: String,
    /// One glyph in the icon font, drawn in `accent`.
    pub icon: String,
    /// Colour of the icon.
    pub accent: Color32,
    /// Added to the score: more for what fits here or was used lately. A whole word found in the
    /// title scores about 1000. Does not change the order while nothing is typed.
    pub bonus: i32,
}

/// An open finder. Keep it while it is open, drop it when [`Finder::show`] says it is done.
#[derive(Clone, Debug)]
pub struct Finder {
    id: Id,
    screen: Pos2,
    query: String,
    current: usize,
    is_new: bool,
    found: Option<Found>,
}

/// The items that were found, by their numbers, best match first; for this query, among so many.
#[derive(Clone, Debug)]
struct Found {
    query: String,
    n_items: usize,
    items: Vec<usize>,
}

/// What became of the finder in this frame.
#[derive(Clone, Debug, PartialEq)]
pub enum FinderOutcome<T> {
    /// It is still open.
    Open,
    /// An item was chosen; close the finder.
    Chosen {
        /// The item.
        id: T,
        /// Ctrl was held: add, and open a finder for what comes next.
        chain: bool,
    },
    /// Esc was pressed or something else clicked; close the finder.
    Closed,
}

impl Finder {
    /// A finder with its upper left corner at a screen position. `id_salt` tells finders apart.
    pub fn new(id_salt: impl egui::AsIdSalt, screen: Pos2) -> Self {
        let id = Id::unique("node_finder").with(id_salt);
        Self { id, screen, query: String::new(), current: 0, is_new: true, found: None }
    }

    /// How many items are shown at most.
    pub const MAX_SHOWN: usize = 200;

    /// Searches again when it is shown next: items have changed, or what passes the filter.
    pub fn refresh(&mut self) {
        self.found = None;
    }

    /// Shows the items that pass `filter`, best match first. What was found is kept until something else is typed, there are more
    /// or fewer items, or [`Finder::refresh`] is called.
    pub fn show<T: Clone>(
        &mut self,
        ctx: &Context,
        items: &[FinderItem<T>],
        filter: impl Fn(&T) -> bool,
        style: &GraphStyle,
        labels: &Labels,
    ) -> FinderOutcome<T> {
        let keys = Keys::take(ctx);
        // Further up where there is less room below than a whole list takes.
        let lowest = (ctx.content_rect().bottom() - HEIGHT).max(0.0);
        self.screen.y = self.screen.y.min(lowest);
        let area = Area::new(self.id).order(Order::Foreground).fixed_pos(self.screen).constrain(true);
        let shown = area.show(ctx, |ui| {
            frame(style).show(ui, |ui| {
                ui.set_width(WIDTH);
                self.search_field(ui, labels);
                let found = self.search(items, &filter);
                self.move_current(&keys, found.items.len().min(Finder::MAX_SHOWN));
                let clicked = self.list(ui, items, &found.items, &keys, style, labels);
                let entered = keys.enter.then_some(self.current);
                let chosen = clicked.or(entered).and_then(|row| found.items.get(row)).copied();
                self.found = Some(found);
                chosen.and_then(|idx| items.get(idx))
            })
        });
        let elsewhere = shown.response.clicked_elsewhere() && !self.is_new;
        self.is_new = false;
        match shown.inner.inner {
            Some(item) => FinderOutcome::Chosen { id: item.id.clone(), chain: keys.chain },
            None if keys.escape || elsewhere => FinderOutcome::Closed,
            None => FinderOutcome::Open,
        }
    }

    /// What was found, or is found now if that was something else.
    fn search<T>(&mut self, items: &[FinderItem<T>], filter: &impl Fn(&T) -> bool) -> Found {
        let is_current = |found: &Found| found.query == self.query && found.n_items == items.len();
        self.found.take().filter(is_current).unwrap_or_else(|| Found {
            query: self.query.clone(),
            n_items: items.len(),
            items: find(items, &self.query, filter),
        })
    }

    fn search_field(&mut self, ui: &mut Ui, labels: &Labels) {
        let hint = RichText::new(&labels.finder_hint);
        let field = TextEdit::singleline(&mut self.query)
            .id(self.id.with("query"))
            .hint_text(hint)
            .align(egui::Align2::LEFT_CENTER);
        let field = ui.add_sized(vec2(WIDTH, 28.0), field).accessible_name(&labels.finder_search);
        if self.is_new {
            field.request_focus();
        }
        if field.changed() {
            self.current = 0;
        }
        ui.add_space(4.0);
    }

    fn move_current(&mut self, keys: &Keys, n_found: usize) {
        let last = n_found.saturating_sub(1);
        self.current = (self.current + keys.down).saturating_sub(keys.up).min(last);
    }

    /// Shows the rows and returns the one that was clicked.
    fn list<T>(
        &self,
        ui: &mut Ui,
        items: &[FinderItem<T>],
        found: &[usize],
        keys: &Keys,
        style: &GraphStyle,
        labels: &Labels,
    ) -> Option<usize> {
        if found.is_empty() {
            ui.add_space(10.0);
            ui.vertical_centered(|ui| ui.colored_label(style.text_secondary, &labels.finder_empty));
            ui.add_space(10.0);
            return None;
        }
        let moved = keys.down + keys.up > 0;
        let headings = self.query.trim().is_empty();
        let mut clicked = None;
        // Without the least height the list could not grow again after a query that found little.
        let list =
            ScrollArea::vertical().id_salt("found").max_height(LIST_HEIGHT).min_scrolled_height(LIST_HEIGHT);
        list.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            let mut category = "";
            let shown = found.iter().take(Finder::MAX_SHOWN);
            for (row_idx, item) in shown.filter_map(|idx| items.get(*idx)).enumerate() {
                if headings && item.category != category {
                    category = &item.category;
                    ui.add_space(6.0);
                    ui.label(RichText::new(category).color(style.text_secondary).size(style.text_size));
                }
                let current = row_idx == self.current;
                let response: Response = row::row(ui, item, current, !headings, style);
                if current && moved {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    clicked = Some(row_idx);
                }
            }
            if found.len() > Finder::MAX_SHOWN {
                ui.add_space(6.0);
                ui.colored_label(style.text_secondary, &labels.finder_more);
            }
        });
        clicked
    }
}

fn frame(style: &GraphStyle) -> Frame {
    let shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: style.shadow };
    Frame::new()
        .fill(style.popup)
        .stroke(Stroke::new(1.0, style.tile_border))
        .corner_radius(10)
        .inner_margin(8)
        .shadow(shadow)
}

/// Keys that steer the list, taken before the search field sees them.
struct Keys {
    up: usize,
    down: usize,
    enter: bool,
    chain: bool,
    escape: bool,
}

impl Keys {
    fn take(ctx: &Context) -> Self {
        ctx.input_mut(|input| {
            let chain = input.consume_key(Modifiers::COMMAND, Key::Enter);
            Self {
                up: input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
                down: input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
                enter: input.consume_key(Modifiers::NONE, Key::Enter) || chain,
                chain,
                escape: input.consume_key(Modifiers::NONE, Key::Escape),
            }
        })
    }
}

/// Indices of the items that pass the filter and match, best first; all in their own order while
/// nothing is typed.
fn find<T>(items: &[FinderItem<T>], query: &str, filter: &impl Fn(&T) -> bool) -> Vec<usize> {
    let passing = items.iter().enumerate().filter(|(_, item)| filter(&item.id));
    if query.trim().is_empty() {
        return passing.map(|(idx, _)| idx).collect();
    }
    let scored = passing.filter_map(|(idx, item)| {
        let field = |text, weight, spread| Field { text, weight, spread };
        let fields = [
            field(&*item.title, 100, true),
            field(&*item.keywords, 80, false),
            field(&*item.category, 50, false),
            field(&*item.description, 35, false),
        ];
        Some((score(query, &fields)? + item.bonus, idx))
    });
    let mut scored: Vec<(i32, usize)> = scored.collect();
    scored.sort_by_key(|(score, idx)| (Reverse(*score), *idx));
    scored.into_iter().map(|(_, idx)| idx).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: u32, title: &str, keywords: &str, bonus: i32) -> FinderItem<u32> {
        FinderItem {
            id,
            title: title.to_owned(),
            category: "Any".to_owned(),
            description: String::new(),
            keywords: keywords.to_owned(),
            icon: String::new(),
            accent: Color32::WHITE,
            bonus,
        }
    }

    fn titles(items: &[FinderItem<u32>], query: &str, filter: impl Fn(&u32) -> bool) -> Vec<String> {
        find(items, query, &filter).into_iter().map(|idx| items[idx].title.clone()).collect()
    }

    #[test]
    fn best_match_comes_first_and_what_does_not_match_is_gone() {
        let items = [
            item(1, "CSV file", "read source", 0),
            item(2, "Tumbling window", "aggregate group", 0),
            item(3, "Window join", "", 0),
            item(4, "Interval join", "time window", 0),
        ];
        assert_eq!(titles(&items, "window", |_| true), ["Window join", "Tumbling window", "Interval join"]);
        assert_eq!(titles(&items, "tw", |_| true), ["Tumbling window"]);
    }

    #[test]
    fn bonus_lifts_what_fits_here() {
        let items = [item(1, "Join", "", 0), item(2, "Join rows", "", 300)];
        assert_eq!(titles(&items, "join", |_| true), ["Join rows", "Join"]);
    }

    #[test]
    fn filter_and_own_order_without_a_query() {
        let items = [item(1, "B", "", 0), item(2, "A", "", 900), item(3, "C", "", 0)];
        assert_eq!(titles(&items, "  ", |id| *id != 3), ["B", "A"]);
    }
}
