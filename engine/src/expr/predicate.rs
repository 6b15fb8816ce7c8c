//! What a condition asks of single columns, and when what is known of a column's values says that no row passes it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::ast::BinaryOp;
use super::kernels::decimal;
use super::{ExprContext, compile, parse};
use crate::data::{Schema, Value};

/// The part of a condition that can be held against what is known of whole columns: tests that all have to hold for a row to pass.
///
/// None of them can make a row faulty. They stand at the beginning of the condition; what stands behind them may be anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    tests: Vec<ColumnTest>,
    /// Whether the condition is nothing but these tests, so that no row is faulty under it, whatever its values.
    is_whole: bool,
}

/// A test of one column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColumnTest {
    pub column: usize,
    pub test: Test,
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// `=`, `<>`, `<` and their kin, with a constant that is not NULL.
    Compare(BinaryOp, Value),
    /// `IN` constants that are not NULL.
    OneOf(Vec<Value>),
    IsNull,
    IsNotNull,
}

/// What is known of the values of a column in some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnRange {
    /// Values between which all lie that are not NULL; `None` if nothing is known of them. Of a FLOAT or DOUBLE nothing is: NaN lies
    /// between no two.
    pub bounds: Option<(Value, Value)>,
    /// Which of them are NULL.
    pub nulls: Nulls,
}

/// How many values are NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// None of them.
    None,
    /// Some, or it is not known whether any are.
    Some,
    /// All of them.
    All,
}

/// That no row passes, and a value for which the condition itself says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The column whose values do not pass.
    pub column: usize,
    /// Which value does not pass, as all others there do not.
    pub stand_in: StandIn,
}

/// A value in the place of all values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// The lower of the column's bounds.
    LowerBound,
    /// NULL.
    Null,
}

impl Predicate {
    /// What the condition `text` over the columns of `schema` asks of single columns; `None` if there is nothing, or the text is no
    /// correct expression.
    pub fn of(text: &str, schema: &Schema, cx: &ExprContext) -> Option<Predicate> {
        let expr = parse::parse(text).ok()?;
        let (tests, is_whole) = compile::column_tests(text, &expr, schema, cx);
        (!tests.is_empty()).then_some(Predicate { tests, is_whole })
    }

    /// The same predicate over other columns: `place` says where each is there; `None` if one is not.
    pub fn moved(&self, place: impl Fn(usize) -> Option<usize>) -> Option<Predicate> {
        let moved = |test: &ColumnTest| {
            place(test.column).map(|column| ColumnTest { column, test: test.test.clone() })
        };
        let tests = self.tests.iter().map(moved).collect::<Option<Vec<_>>>()?;
        Some(Predicate { tests, is_whole: self.is_whole })
    }

    /// The columns that are tested.
    pub fn columns(&self) -> BTreeSet<usize> {
        self.tests.iter().map(|test| test.column).collect()
    }

    /// Why none of some rows passes, if what `range` says of their columns shows it.
    pub fn refusal(&self, range: impl Fn(usize) -> Option<ColumnRange>) -> Option<Refusal> {
        self.tests.iter().find_map(|ColumnTest { column, test }| {
            let stand_in = test.refuses(&range(*column)?, self.is_whole)?;
            Some(Refusal { column: *column, stand_in })
        })
    }
}

impl Test {
    /// A value that does not pass, if none of the range does. A test that is FALSE decides a conjunction; one that is NULL does not, so
    /// that what stands behind it is computed, which must not matter then.
    fn refuses(&self, range: &ColumnRange, null_will_do: bool) -> Option<StandIn> {
        match (self, range.nulls) {
            (Test::IsNull, Nulls::None) => range.bounds.is_some().then_some(StandIn::LowerBound),
            (Test::IsNotNull, Nulls::All) => Some(StandIn::Null),
            (Test::IsNull | Test::IsNotNull, _) => None,
            (_, Nulls::All) => null_will_do.then_some(StandIn::Null),
            (_, Nulls::Some) if !null_will_do => None,
            (test, _) => {
                let (low, high) = range.bounds.as_ref()?;
                let is_refused = order(low, high).is_some_and(Ordering::is_le) && test.fails(low, high);
                is_refused.then_some(StandIn::LowerBound)
            }
        }
    }

    /// Whether the test is FALSE for every value from `low` to `high`.
    fn fails(&self, low: &Value, high: &Value) -> bool {
        let is_beyond = |value: &Value| {
            order(value, low) == Some(Ordering::Less) || order(value, high) == Some(Ordering::Greater)
        };
        match self {
            Test::Compare(op, value) => match op {
                BinaryOp::Eq => is_beyond(value),
                BinaryOp::Lt => order(low, value).is_some_and(Ordering::is_ge),
                BinaryOp::LtEq => order(low, value) == Some(Ordering::Greater),
                BinaryOp::Gt => order(high, value).is_some_and(Ordering::is_le),
                BinaryOp::GtEq => order(high, value) == Some(Ordering::Less),
                BinaryOp::NotEq => {
                    order(low, value) == Some(Ordering::Equal) && order(high, value) == Some(Ordering::Equal)
                }
                _ => false,
            },
            Test::OneOf(values) => values.iter().all(is_beyond),
            Test::IsNull | Test::IsNotNull => false,
        }
    }
}

/// How `a` stands to `b`, as the kernels compare them; `None` if they cannot be compared.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Decimal(a, s), Value::Decimal(b, t)) => Some(decimal::compare(*a, *s, *b, *t)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataType, Field};

    fn schema() -> Schema {
        Schema::new(vec![
            Field::nullable("id", DataType::BigInt),
            Field::nullable("small", DataType::SmallInt),
            Field::nullable("name", DataType::String),
            Field::nullable("price", DataType::Decimal(10, 2)),
            Field::nullable("at", DataType::Timestamp),
            Field::nullable("x", DataType::Double),
            Field::nullable("flag", DataType::Boolean),
            Field::nullable("f", DataType::Float),
        ])
    }

    fn predicate(text: &str) -> Option<Predicate> {
        Predicate::of(text, &schema(), &ExprContext::default())
    }

    fn range(low: Value, high: Value, nulls: Nulls) -> ColumnRange {
        ColumnRange { bounds: Some((low, high)), nulls }
    }

    /// Whether `text` is refused where `range` is known of the column `column`, and nothing of the others.
    fn refused(text: &str, column: usize, range: &ColumnRange) -> bool {
        let predicate = predicate(text).unwrap_or_else(|| panic!("`{text}` is no predicate"));
        predicate.refusal(|idx| (idx == column).then(|| range.clone())).is_some()
    }

    #[test]
    fn a_conjunction_of_tests_is_understood_as_a_whole() {
        let found = predicate(
            "id >= 3 AND 7 > small AND (name = 'a' AND price BETWEEN 1 AND 2.5) AND at < TIMESTAMP '1970-01-01 00:00:01' \
             AND x IS NOT NULL AND flag AND NOT flag AND id IN (1, 2)",
        )
        .expect("a predicate");
        let tests: Vec<(usize, Test)> =
            found.tests.into_iter().map(|test| (test.column, test.test)).collect();
        assert!(found.is_whole);
        let compare = |column, op, value| (column, Test::Compare(op, value));
        assert_eq!(
            tests,
            [
                compare(0, BinaryOp::GtEq, Value::Int(3)),
                compare(1, BinaryOp::Lt, Value::Int(7)),
                compare(2, BinaryOp::Eq, Value::String("a".into())),
                compare(3, BinaryOp::GtEq, Value::Decimal(1, 0)),
                compare(3, BinaryOp::LtEq, Value::Decimal(25, 1)),
                compare(4, BinaryOp::Lt, Value::Timestamp(1000)),
                (5, Test::IsNotNull),
                compare(6, BinaryOp::Eq, Value::Boolean(true)),
                compare(6, BinaryOp::Eq, Value::Boolean(false)),
                (0, Test::OneOf(vec![Value::Int(1), Value::Int(2)])),
            ]
        );
    }

    #[test]
    fn only_what_stands_before_what_could_fault_is_believed() {
        let found = predicate("id > 3 AND 10 / id > 1 AND small > 3").expect("a predicate");
        assert_eq!((found.tests.len(), found.is_whole), (1, false));
        for text in
            ["10 / id > 1 AND id > 3", "id > 3 OR small > 3", "id + 1 > 3", "id > small", "TRUE", "id >"]
        {
            assert_eq!(predicate(text), None, "{text}");
        }
        // A column that is brought to another type first, what NULL makes of it, and a list that is never FALSE.
        for text in
            ["id > 1.5", "small > 40000", "f > 1.5", "id = NULL", "id IN (1, NULL)", "id NOT BETWEEN 1 AND 2"]
        {
            assert_eq!(predicate(text), None, "{text}");
        }
    }

    #[test]
    fn a_test_is_refused_where_no_value_between_the_bounds_passes_it() {
        let some = range(Value::Int(10), Value::Int(20), Nulls::Some);
        for (text, expected) in [
            ("id < 10", true),
            ("id < 11", false),
            ("id <= 9", true),
            ("id <= 10", false),
            ("id > 20", true),
            ("id > 19", false),
            ("id >= 21", true),
            ("id >= 20", false),
            ("id = 9", true),
            ("id = 10", false),
            ("id = 20", false),
            ("id = 21", true),
            ("id <> 10", false),
            ("id IN (9, 21)", true),
            ("id IN (9, 15, 21)", false),
            ("id BETWEEN 21 AND 30", true),
            ("id BETWEEN 20 AND 30", false),
            ("id IS NULL", false),
            ("id IS NOT NULL", false),
        ] {
            assert_eq!(refused(text, 0, &some), expected, "{text}");
        }
        assert!(refused("id <> 7", 0, &range(Value::Int(7), Value::Int(7), Nulls::Some)));
        assert!(
            !refused("id < 10", 0, &range(Value::Int(20), Value::Int(10), Nulls::None)),
            "bounds that are none"
        );
        assert!(!refused("id < 10", 0, &ColumnRange { bounds: None, nulls: Nulls::None }));
    }

    #[test]
    fn values_are_compared_as_the_kernels_do() {
        let double = range(Value::Double(1.0), Value::Double(3.0), Nulls::None);
        assert!(!refused("x > 5", 5, &double), "NaN may be anywhere");
        let price = range(Value::Decimal(100, 2), Value::Decimal(250, 2), Nulls::None);
        assert!(refused("price > 2.5", 3, &price));
        assert!(!refused("price >= 2.50", 3, &price));
        assert!(refused("price = 2.501", 3, &price));
        let name = range(Value::String("b".into()), Value::String("é".into()), Nulls::None);
        assert!(refused("name < 'b'", 2, &name) && refused("name > 'é'", 2, &name));
        assert!(!refused("name = 'c'", 2, &name));
    }

    #[test]
    fn what_is_null_decides_only_where_nothing_else_could_fault() {
        let all = ColumnRange { bounds: None, nulls: Nulls::All };
        let some = range(Value::Int(1), Value::Int(2), Nulls::Some);
        let none = range(Value::Int(1), Value::Int(2), Nulls::None);
        let refusal = |text, range: &ColumnRange| {
            let predicate = predicate(text).expect("a predicate");
            predicate.refusal(|idx| (idx == 0).then(|| range.clone())).map(|refusal| refusal.stand_in)
        };
        assert_eq!(refusal("id > 5", &all), Some(StandIn::Null));
        assert_eq!(refusal("id > 5", &some), Some(StandIn::LowerBound));
        assert_eq!(refusal("id > 5 AND 1 / small > 0", &all), None);
        assert_eq!(refusal("id > 5 AND 1 / small > 0", &some), None);
        assert_eq!(refusal("id > 5 AND 1 / small > 0", &none), Some(StandIn::LowerBound));
        assert_eq!(refusal("id IS NOT NULL AND 1 / small > 0", &all), Some(StandIn::Null));
        assert_eq!(refusal("id IS NULL AND 1 / small > 0", &none), Some(StandIn::LowerBound));
        assert_eq!(refusal("id IS NULL", &all), None);
    }

    #[test]
    fn a_predicate_moves_to_other_columns_only_as_a_whole() {
        let found = predicate("id > 3 AND small < 2").expect("a predicate");
        assert_eq!(found.moved(Some), Some(found.clone()));
        assert_eq!(found.moved(|idx| (idx == 0).then_some(4)), None);
        let columns = found.moved(|idx| Some(idx + 7)).expect("moved").tests;
        assert_eq!(columns.iter().map(|test| test.column).collect::<Vec<_>>(), [7, 8]);
    }
}
