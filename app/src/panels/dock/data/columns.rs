//! How wide columns are, and which of those that every table has fit before them.

use egui::{Id, Ui};
use tidemark_engine::data::{DataType, EdgeType};

use crate::ui_kit::{Tokens, fonts};

/// How narrow a person can make a column.
pub(super) const LEAST_WIDTH: f32 = 40.0;
const MOST_WIDTH: f32 = 800.0;
/// No column is wider than this because of its name alone.
const MOST_FOR_NAME: f32 = 220.0;
/// The gutter takes at most this share of the width.
const GUTTER_SHARE: f32 = 0.55;

/// What stands before the columns of every row and does not scroll sideways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GutterColumn {
    /// Its number in the stream.
    Number,
    /// When it happened.
    EventTime,
    /// When it arrived.
    Arrival,
    /// How far it was from the watermark.
    Lateness,
    /// What it does to a result.
    Change,
}

/// The gutter, as much of it as fits.
pub(super) struct Gutter {
    /// Each column with where it begins and how wide it is.
    pub(super) columns: Vec<(GutterColumn, f32, f32)>,
    /// How wide it is in all.
    pub(super) width: f32,
}

impl Gutter {
    /// Where there is little room, times go before lateness, and never the number and the kind of change.
    pub(super) fn fitting(room: f32, has_time: bool) -> Gutter {
        use GutterColumn::{Arrival, Change, EventTime, Lateness, Number};
        const ORDER: [(GutterColumn, f32); 5] =
            [(Number, 72.0), (EventTime, 176.0), (Arrival, 176.0), (Lateness, 104.0), (Change, 32.0)];
        const BY_IMPORTANCE: [GutterColumn; 5] = [Number, Change, Lateness, EventTime, Arrival];
        let width_of =
            |column| ORDER.iter().find(|(other, _)| *other == column).map_or(0.0, |(_, width)| *width);
        let mut fitting = Vec::new();
        let mut width = 0.0;
        for column in BY_IMPORTANCE {
            let is_there = has_time || !matches!(column, Lateness | EventTime);
            let is_needed = matches!(column, Number | Change);
            if is_there && (is_needed || width + width_of(column) <= room * GUTTER_SHARE) {
                width += width_of(column);
                fitting.push(column);
            }
        }
        let mut left = 0.0;
        let columns =
            ORDER.into_iter().filter(|(column, _)| fitting.contains(column)).map(|(column, width)| {
                left += width;
                (column, left - width, width)
            });
        Gutter { columns: columns.collect(), width }
    }
}

/// Where the columns of the rows begin, from the end of the gutter on.
pub(super) struct Columns {
    starts: Vec<f32>,
    /// How wide they are in all.
    pub(super) total: f32,
}

impl Columns {
    pub(super) fn of(edge_type: &EdgeType, ui: &Ui) -> Columns {
        let mut total = 0.0;
        let starts = edge_type.schema.fields().iter().map(|field| {
            let width = width(&field.name, &field.data_type, ui);
            total += width;
            total - width
        });
        let starts = starts.collect();
        Columns { starts, total }
    }

    /// Where a column begins, and how wide it is.
    pub(super) fn place(&self, column: usize) -> (f32, f32) {
        let start = self.starts.get(column).copied().unwrap_or(self.total);
        (start, self.starts.get(column + 1).copied().unwrap_or(self.total) - start)
    }

    /// The columns of which anything lies between two places.
    pub(super) fn in_sight(&self, from: f32, to: f32) -> std::ops::Range<usize> {
        let first = self.starts.partition_point(|start| *start <= from).saturating_sub(1);
        let behind = self.starts.partition_point(|start| *start < to);
        first..behind.max(first)
    }
}

/// A column is as wide in one table as in another.
fn width_id(name: &str) -> Id {
    Id::unique(("width of column", name))
}

fn width(name: &str, data_type: &DataType, ui: &Ui) -> f32 {
    if let Some(width) = ui.data(|data| data.get_temp::<f32>(width_id(name))) {
        return width;
    }
    let tokens = Tokens::of(ui);
    let by_type = match data_type {
        DataType::Timestamp | DataType::TimestampLtz => 176.0,
        DataType::Boolean => 72.0,
        data_type if data_type.is_numeric() => 92.0,
        _ => 120.0,
    };
    let font = fonts::semibold(tokens.type_scale.small);
    let name = ui.painter().layout_no_wrap(name.to_owned(), font, tokens.colors.text.strong).size().x;
    (name + 2.0 * tokens.spacing.md).min(MOST_FOR_NAME).max(by_type).ceil()
}

/// Makes a column this wide; `None` gives it its own width back.
pub(super) fn set_width(name: &str, width: Option<f32>, ui: &Ui) {
    ui.data_mut(|data| match width {
        Some(width) => drop(data.insert_temp(width_id(name), width.clamp(LEAST_WIDTH, MOST_WIDTH))),
        None => data.remove::<f32>(width_id(name)),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gutter_lets_go_of_times_first() {
        let names = |room, has_time| {
            Gutter::fitting(room, has_time).columns.iter().map(|(column, ..)| *column).collect::<Vec<_>>()
        };
        use GutterColumn::{Arrival, Change, EventTime, Lateness, Number};
        assert_eq!(names(1_400.0, true), [Number, EventTime, Arrival, Lateness, Change]);
        assert_eq!(names(1_400.0, false), [Number, Arrival, Change]);
        assert_eq!(names(720.0, true), [Number, EventTime, Lateness, Change]);
        assert_eq!(names(430.0, true), [Number, Lateness, Change]);
        assert_eq!(names(100.0, true), [Number, Change]);
    }

    #[test]
    fn only_columns_in_sight_are_looked_at() {
        let columns = Columns { starts: vec![0.0, 100.0, 150.0, 400.0], total: 500.0 };
        assert_eq!(columns.in_sight(0.0, 100.0), 0..1);
        assert_eq!(columns.in_sight(99.0, 151.0), 0..3);
        assert_eq!(columns.in_sight(100.0, 120.0), 1..2);
        assert_eq!(columns.in_sight(450.0, 900.0), 3..4);
        assert_eq!(columns.place(3), (400.0, 100.0));
        let none = Columns { starts: Vec::new(), total: 0.0 };
        assert_eq!(none.in_sight(0.0, 100.0), 0..0);
    }
}
