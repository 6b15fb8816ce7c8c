//! Tests of single columns at the beginning of a condition, for [`Predicate`](crate::expr::Predicate).

use super::{BOOLEAN, Binder};
use crate::data::{Schema, Value};
use crate::expr::ExprContext;
use crate::expr::ast::{self, BinaryOp, Expr, Kind, Logic};
use crate::expr::eval::{Node, Op};
use crate::expr::predicate::{ColumnTest, Test};

/// The tests with which the condition begins, up to the first part that is none, and whether there is nothing else.
pub(in crate::expr) fn column_tests(
    text: &str,
    expr: &Expr,
    schema: &Schema,
    cx: &ExprContext,
) -> (Vec<ColumnTest>, bool) {
    let mut binder = Binder { text, schema, cx, n_slots: 0 };
    let mut tests = Vec::new();
    let is_whole = binder.collect_tests(expr, &mut tests);
    (tests, is_whole)
}

impl Binder<'_> {
    /// Adds the tests of a conjunction, until a part is none; whether all of it are tests.
    fn collect_tests(&mut self, expr: &Expr, tests: &mut Vec<ColumnTest>) -> bool {
        if let Kind::Logic(Logic::And, args) = &expr.kind {
            return crate::expr::deeper(|| args.iter().all(|arg| self.collect_tests(arg, tests)));
        }
        match self.tests_of(expr) {
            Some(more) => {
                tests.extend(more);
                true
            }
            None => false,
        }
    }

    /// The tests that a part of a conjunction consists of.
    fn tests_of(&mut self, expr: &Expr) -> Option<Vec<ColumnTest>> {
        Some(match &expr.kind {
            Kind::Binary(op, args) => vec![self.comparison(*op, &args[0], &args[1])?],
            Kind::Between { args, symmetric: false, negated: false } => {
                let [value, low, high] = &**args;
                vec![
                    self.comparison(BinaryOp::GtEq, value, low)?,
                    self.comparison(BinaryOp::LtEq, value, high)?,
                ]
            }
            Kind::In { of, list, negated: false } => {
                let column = self.plain_column(of)?;
                let values = list.iter().map(|value| {
                    let test = self.comparison(BinaryOp::Eq, of, value)?;
                    if let Test::Compare(_, value) = test.test { Some(value) } else { None }
                });
                vec![ColumnTest { column, test: Test::OneOf(values.collect::<Option<_>>()?) }]
            }
            Kind::Is { of, test: ast::Test::Null, negated } => {
                let test = if *negated { Test::IsNotNull } else { Test::IsNull };
                vec![ColumnTest { column: self.plain_column(of)?, test }]
            }
            Kind::Column(_) => vec![self.flag(expr, true)?],
            Kind::Not(of) => vec![self.flag(of, false)?],
            _ => return None,
        })
    }

    /// A column that has to be `value`.
    fn flag(&mut self, expr: &Expr, value: bool) -> Option<ColumnTest> {
        let column = self.plain_column(expr)?;
        let is_flag = self.bind(expr).ok()?.ty == BOOLEAN;
        let test = Test::Compare(BinaryOp::Eq, Value::Boolean(value));
        is_flag.then_some(ColumnTest { column, test })
    }

    /// A column of the input by itself.
    fn plain_column(&mut self, expr: &Expr) -> Option<usize> {
        if !matches!(expr.kind, Kind::Column(_)) {
            return None;
        }
        as_column(&self.bind(expr).ok()?)
    }

    /// A comparison of a column with a constant, either way round. A column that is brought to another type first is none: what is
    /// known of its values is known in its own.
    fn comparison(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<ColumnTest> {
        let swapped = match op {
            BinaryOp::Eq | BinaryOp::NotEq => op,
            BinaryOp::Lt => BinaryOp::Gt,
            BinaryOp::LtEq => BinaryOp::GtEq,
            BinaryOp::Gt => BinaryOp::Lt,
            BinaryOp::GtEq => BinaryOp::LtEq,
            _ => return None,
        };
        let (left, right) = (self.bind(left).ok()?, self.bind(right).ok()?);
        let span = left.span;
        let (left, right) = self.comparable(left, right, span).ok()?;
        let (column, constant, op) = match (as_column(&left), as_column(&right)) {
            (Some(column), None) => (column, right, op),
            (None, Some(column)) => (column, left, swapped),
            _ => return None,
        };
        let value = constant.as_constant()?.constant_value(&constant.ty);
        (!value.is_null()).then_some(ColumnTest { column, test: Test::Compare(op, value) })
    }
}

fn as_column(node: &Node) -> Option<usize> {
    match node.op {
        Op::Column(idx, _) => Some(idx),
        _ => None,
    }
}
