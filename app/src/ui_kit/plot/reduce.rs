//! From any number of values to two per pixel column.

/// The values of a series over a stretch of the axis, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Where it begins.
    pub from: f64,
    /// Where it ends; not before its beginning.
    pub to: f64,
    /// The least value; NaN where there is none.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
}

/// The least and the greatest value in a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// A series over a part of the axis, in columns of equal width; a column without values is a gap.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// Where the first column begins.
    pub from: f64,
    /// Where the last column ends.
    pub to: f64,
    /// From left to right.
    pub columns: Vec<Option<Extremes>>,
}

impl Columns {
    /// How wide a column is on the axis.
    pub fn width(&self) -> f64 {
        (self.to - self.from) / self.columns.len().max(1) as f64
    }

    /// The least and the greatest value of all columns.
    pub fn extremes(&self) -> Option<Extremes> {
        self.columns.iter().flatten().copied().reduce(Extremes::and)
    }
}

impl Extremes {
    /// The extremes of both.
    pub fn and(self, other: Extremes) -> Extremes {
        Extremes { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// Reduces a series to `n_columns` columns over `from..to`. A value counts in every column that its stretch touches; two columns
/// share their border. Values that are not finite are left out.
///
/// Takes time in proportion to the number of stretches and of columns that they cover.
pub fn reduce(stretches: impl IntoIterator<Item = Stretch>, from: f64, to: f64, n_columns: usize) -> Columns {
    let mut columns = vec![None; n_columns];
    let width = (to - from) / n_columns as f64;
    if n_columns == 0 || !width.is_finite() || width <= 0.0 {
        return Columns { from, to, columns };
    }
    for stretch in stretches {
        let has_value = stretch.min.is_finite() && stretch.max.is_finite();
        if !has_value || stretch.to < from || stretch.from > to {
            continue;
        }
        let column_of = |at: f64| (((at - from) / width).floor().max(0.0) as usize).min(n_columns - 1);
        let found = Extremes { min: stretch.min, max: stretch.max };
        for column in &mut columns[column_of(stretch.from)..=column_of(stretch.to)] {
            *column = Some(column.map_or(found, |known: Extremes| known.and(found)));
        }
    }
    Columns { from, to, columns }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// For each column, a look at all stretches. Whole numbers, so that no rounding decides who touches whom.
    fn by_hand(stretches: &[Stretch], from: f64, to: f64, n_columns: usize) -> Vec<Option<Extremes>> {
        let width = (to - from) / n_columns as f64;
        let column = |idx: usize| {
            let (begins, ends) = (from + width * idx as f64, from + width * (idx + 1) as f64);
            let is_last = idx + 1 == n_columns;
            let touches = |s: &&Stretch| {
                s.to >= begins && (s.from < ends || is_last && s.from <= ends) && s.min.is_finite()
            };
            let touching: Vec<&Stretch> = stretches.iter().filter(touches).collect();
            let min = touching.iter().map(|s| s.min).fold(f64::INFINITY, f64::min);
            let max = touching.iter().map(|s| s.max).fold(f64::NEG_INFINITY, f64::max);
            (!touching.is_empty()).then_some(Extremes { min, max })
        };
        (0..n_columns).map(column).collect()
    }

    proptest! {
        #[test]
        fn columns_have_the_extremes_of_all_that_touches_them_and_gaps_stay_gaps(
            raw in proptest::collection::vec((-200_i32..400, 0_i32..40, proptest::option::of(-50_i32..50), 0_i32..9), 0..60),
            from in -50_i32..50,
            width in 1_i32..12,
            n_columns in 1_usize..40,
        ) {
            let stretches: Vec<Stretch> = raw
                .iter()
                .map(|(from, length, min, more)| {
                    let min = min.map_or(f64::NAN, f64::from);
                    let from = f64::from(*from);
                    Stretch { from, to: from + f64::from(*length), min, max: min + f64::from(*more) }
                })
                .collect();
            let from = f64::from(from);
            let to = from + f64::from(width) * n_columns as f64;
            let reduced = reduce(stretches.clone(), from, to, n_columns);
            prop_assert_eq!(reduced.columns, by_hand(&stretches, from, to, n_columns));
        }
    }

    #[test]
    fn an_axis_of_no_length_has_no_values() {
        let stretch = Stretch { from: 0.0, to: 1.0, min: 1.0, max: 1.0 };
        for (from, to, n_columns) in [(5.0, 5.0, 3), (6.0, 5.0, 3), (0.0, f64::NAN, 3), (0.0, 1.0, 0)] {
            assert!(reduce([stretch], from, to, n_columns).columns.iter().all(Option::is_none));
        }
    }
}
