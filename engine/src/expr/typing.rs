//! The types of results, by Flink's rules: promotion of numbers, precision and scale of decimals, the common type of alternatives.

use std::fmt;

use crate::data::DataType;

/// The type of a part of an expression: a column's type, or one of those that only exist inside expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    /// `NULL` by itself.
    Null,
    /// An interval of months.
    Months,
    /// An interval of milliseconds.
    Millis,
    /// A word that is no value: a unit of time, a side.
    Word,
    /// What a column can be.
    Of(DataType),
}

impl Ty {
    pub fn is_interval(&self) -> bool {
        matches!(self, Ty::Months | Ty::Millis)
    }

    pub fn data_type(&self) -> Option<&DataType> {
        match self {
            Ty::Of(data_type) => Some(data_type),
            _ => None,
        }
    }

    pub fn is_numeric(&self) -> bool {
        self.data_type().is_some_and(DataType::is_numeric)
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Null => f.write_str("NULL"),
            Ty::Months | Ty::Millis => f.write_str("INTERVAL"),
            Ty::Word => f.write_str("a word"),
            Ty::Of(data_type) => data_type.fmt(f),
        }
    }
}

pub(super) const MAX_PRECISION: u8 = 38;

/// Which place an integer type has among its siblings, and as which DECIMAL it counts beside decimals.
fn integer_rank(data_type: &DataType) -> Option<(u8, u8)> {
    Some(match data_type {
        DataType::TinyInt => (0, 3),
        DataType::SmallInt => (1, 5),
        DataType::Int => (2, 10),
        DataType::BigInt => (3, 19),
        _ => return None,
    })
}

/// Precision and scale of an exact number; integers have a scale of 0.
pub(super) fn precision_and_scale(data_type: &DataType) -> Option<(u8, u8)> {
    match data_type {
        DataType::Decimal(precision, scale) => Some((*precision, *scale)),
        _ => integer_rank(data_type).map(|(_, precision)| (precision, 0)),
    }
}

/// The number type that both can be promoted to: the wider integer, a decimal that holds both, DOUBLE where a decimal meets a
/// floating-point number, else the floating-point type.
pub(super) fn common_number(a: &DataType, b: &DataType) -> Option<DataType> {
    if !a.is_numeric() || !b.is_numeric() {
        return None;
    }
    if a.is_float() || b.is_float() {
        let float = |t: &DataType| *t == DataType::Float || integer_rank(t).is_some();
        return Some(if float(a) && float(b) { DataType::Float } else { DataType::Double });
    }
    if let (Some((rank_a, _)), Some((rank_b, _))) = (integer_rank(a), integer_rank(b)) {
        return Some(if rank_a >= rank_b { a.clone() } else { b.clone() });
    }
    let ((p1, s1), (p2, s2)) = (precision_and_scale(a)?, precision_and_scale(b)?);
    let digits = (p1 - s1).max(p2 - s2);
    let scale = s1.max(s2).min(MAX_PRECISION - digits);
    Some(DataType::Decimal(digits + scale, scale))
}

/// The type that the alternatives of CASE, COALESCE, GREATEST and so on share. `None` where they have none.
pub(super) fn common(a: &Ty, b: &Ty) -> Option<Ty> {
    match (a, b) {
        (Ty::Null, other) | (other, Ty::Null) => Some(other.clone()),
        (Ty::Of(a), Ty::Of(b)) if a == b => Some(Ty::Of(a.clone())),
        (Ty::Of(DataType::Date), Ty::Of(DataType::Timestamp))
        | (Ty::Of(DataType::Timestamp), Ty::Of(DataType::Date)) => Some(Ty::Of(DataType::Timestamp)),
        (Ty::Of(a), Ty::Of(b)) => common_number(a, b).map(Ty::Of),
        (a, b) => (a == b).then(|| a.clone()),
    }
}

/// The four decimal operators whose results are derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecimalOp {
    Add,
    Mul,
    Div,
    Rem,
}

/// Precision and scale of `a op b`, as Flink derives them (after SQL Server, with Hive's and Spark's way of capping at 38 digits).
pub(super) fn derive_decimal(op: DecimalOp, (p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> (u8, u8) {
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let (precision, scale) = match op {
        DecimalOp::Add => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
        DecimalOp::Mul => (p1 + p2 + 1, s1 + s2),
        DecimalOp::Div => {
            let scale = (s1 + p2 + 1).max(6);
            (p1 - s1 + s2 + scale, scale)
        }
        DecimalOp::Rem => {
            let scale = s1.max(s2);
            ((p1 - s1).min(p2 - s2) + scale, scale)
        }
    };
    cap(precision, scale)
}

/// The type of `ROUND(x, places)` for a DECIMAL(`precision`, `scale`).
pub(super) fn derive_round((precision, scale): (u8, u8), places: i64) -> (u8, u8) {
    if places >= i64::from(scale) {
        (precision, scale)
    } else if places < 0 {
        ((1 + precision - scale).min(MAX_PRECISION), 0)
    } else {
        (1 + precision - scale + places as u8, places as u8)
    }
}

/// Caps the precision at 38, at the expense of the scale, which keeps at least six digits if it had them.
fn cap(precision: i32, scale: i32) -> (u8, u8) {
    const MAX: i32 = MAX_PRECISION as i32;
    if precision <= MAX {
        return (precision.max(1) as u8, scale as u8);
    }
    let scale = (MAX - (precision - scale)).max(scale.min(6));
    (MAX_PRECISION, scale as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_derived_as_flink_derives_them() {
        assert_eq!(derive_decimal(DecimalOp::Add, (5, 2), (4, 3)), (7, 3));
        assert_eq!(derive_decimal(DecimalOp::Mul, (5, 2), (4, 3)), (10, 5));
        assert_eq!(derive_decimal(DecimalOp::Div, (5, 2), (4, 3)), (13, 7));
        assert_eq!(derive_decimal(DecimalOp::Rem, (5, 2), (4, 3)), (4, 3));
        assert_eq!(derive_decimal(DecimalOp::Add, (38, 8), (32, 8)), (38, 7));
        assert_eq!(derive_decimal(DecimalOp::Mul, (38, 18), (38, 18)), (38, 6));
        assert_eq!(derive_decimal(DecimalOp::Div, (38, 18), (10, 0)), (38, 18));
    }

    #[test]
    fn numbers_are_promoted_to_the_wider_type() {
        use DataType::{BigInt, Decimal, Double, Float, Int, SmallInt, String, TinyInt};
        for (a, b, expected) in [
            (TinyInt, SmallInt, SmallInt),
            (BigInt, Int, BigInt),
            (Int, Float, Float),
            (BigInt, Double, Double),
            (Float, Double, Double),
            (Int, Decimal(5, 2), Decimal(12, 2)),
            (BigInt, Decimal(38, 30), Decimal(38, 19)),
            (Decimal(5, 2), Float, Double),
        ] {
            assert_eq!(common_number(&a, &b), Some(expected.clone()), "{a} {b}");
            assert_eq!(common_number(&b, &a), Some(expected), "{b} {a}");
        }
        assert_eq!(common_number(&Int, &String), None);
    }

    #[test]
    fn rounding_leaves_room_for_one_more_digit() {
        assert_eq!(derive_round((5, 2), 3), (5, 2));
        assert_eq!(derive_round((5, 2), 1), (5, 1));
        assert_eq!(derive_round((5, 2), -1), (4, 0));
        assert_eq!(derive_round((38, 0), -1), (38, 0));
    }
}
