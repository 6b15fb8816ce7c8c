//! Comparisons: what can be compared with what, ranges, lists and patterns.

use super::{BOOLEAN, Binder, Bound, STRING, is_time, not_null, truth, type_error};
use crate::data::DataType;
use crate::expr::ast::{BinaryOp, Expr, Logic};
use crate::expr::eval::{Kernel, Node, Op};
use crate::expr::kernels::regex::{self, Like};
use crate::expr::kernels::{compare, logic};
use crate::expr::parse::shorten;
use crate::expr::typing::{self, Ty};
use crate::expr::vector::Vector;
use crate::expr::{ExprError, Span};

impl Binder<'_> {
    /// `left op right` as a condition.
    pub(in crate::expr) fn compare(&mut self, op: BinaryOp, left: Node, right: Node, span: Span) -> Bound {
        let (left, right) = self.comparable(left, right, span)?;
        let Ty::Of(data_type) = &left.ty else {
            return self.compare_untyped(op, &left, &right, span);
        };
        let scale = |node: &Node| {
            node.ty.data_type().and_then(typing::precision_and_scale).map_or(0, |(_, scale)| scale)
        };
        let Some(kernel) = compare::compare(equality(op), data_type, scale(&left), scale(&right)) else {
            return Err(type_error(span, format!("values of {data_type} cannot be compared")));
        };
        match op {
            BinaryOp::Distinct | BinaryOp::NotDistinct => {
                let kernel = compare::distinct(kernel, op == BinaryOp::NotDistinct);
                Ok(not_null(self.strict(kernel, vec![left, right], BOOLEAN, span)?))
            }
            _ => self.strict(kernel, vec![left, right], BOOLEAN, span),
        }
    }

    /// NULL compared with NULL: nothing has a type, but there is an answer.
    fn compare_untyped(&self, op: BinaryOp, left: &Node, right: &Node, span: Span) -> Bound {
        match (op, &left.ty, &right.ty) {
            (BinaryOp::Distinct | BinaryOp::NotDistinct, Ty::Null, Ty::Null) => {
                Ok(Node::constant(truth(op == BinaryOp::NotDistinct), BOOLEAN, span))
            }
            (_, Ty::Null, Ty::Null) => Ok(Node::constant(Vector::null(&BOOLEAN), BOOLEAN, span)),
            _ => Err(type_error(span, format!("{} cannot be compared with {}", left.ty, right.ty))),
        }
    }

    /// Brings two operands to types that can be compared: the same, or decimals of any scales.
    pub(in crate::expr) fn comparable(&mut self, left: Node, right: Node, span: Span) -> Bound<(Node, Node)> {
        let (left, right) = self.texts_as_times(left, right)?;
        match (left.ty.clone(), right.ty.clone()) {
            (Ty::Null, Ty::Of(_)) => Ok((self.coerce(left, &right.ty.clone())?, right)),
            (Ty::Of(_), Ty::Null) => {
                let ty = left.ty.clone();
                Ok((left, self.coerce(right, &ty)?))
            }
            (Ty::Of(a), Ty::Of(b)) if a != b => {
                if let Some(narrowed) = narrow_literal(&left, &right) {
                    return Ok((left, narrowed));
                }
                if let Some(narrowed) = narrow_literal(&right, &left) {
                    return Ok((narrowed, right));
                }
                match typing::common(&left.ty, &right.ty) {
                    Some(Ty::Of(DataType::Decimal(..))) => {
                        Ok((self.as_decimal(left)?, self.as_decimal(right)?))
                    }
                    Some(common) => Ok((self.coerce(left, &common)?, self.coerce(right, &common)?)),
                    None => Err(self.incomparable(&left, &right, span)),
                }
            }
            (a, b) if a == b => Ok((left, right)),
            _ => Err(self.incomparable(&left, &right, span)),
        }
    }

    /// Reads a text literal beside a date or time as one.
    fn texts_as_times(&self, left: Node, right: Node) -> Bound<(Node, Node)> {
        let time_of = |node: &Node| node.ty.data_type().filter(|_| is_time(&node.ty)).cloned();
        match (time_of(&left), time_of(&right)) {
            (Some(data_type), None) if right.as_text().is_some() => {
                Ok((left, self.text_as_time(right, &data_type)?))
            }
            (None, Some(data_type)) if left.as_text().is_some() => {
                Ok((self.text_as_time(left, &data_type)?, right))
            }
            _ => Ok((left, right)),
        }
    }

    pub(super) fn text_as_time(&self, node: Node, data_type: &DataType) -> Bound {
        let span = node.span;
        let text = node.as_text().unwrap_or_default().to_owned();
        self.cast(node, data_type, false, span).map_err(|error| {
            let form = match data_type {
                DataType::Date => "'2013-01-31'",
                DataType::Time => "'18:30:00'",
                _ => "'2013-01-31 18:30:00'",
            };
            let name = data_type.to_string();
            let message =
                format!("'{}' is not a {}", shorten(&text), name.split('(').next().unwrap_or(&name));
            ExprError { message, ..error }.suggest(format!("write it as {form}"))
        })
    }

    fn incomparable(&self, left: &Node, right: &Node, span: Span) -> ExprError {
        let error = type_error(span, format!("{} cannot be compared with {}", left.ty, right.ty));
        let (text, other) = if left.ty == STRING { (left, right) } else { (right, left) };
        match &other.ty {
            Ty::Of(data_type) if text.ty == STRING => {
                // A literal is easier changed than cast.
                if text
                    .as_text()
                    .is_some_and(|text| data_type.is_numeric() && text.trim().parse::<f64>().is_ok())
                {
                    return error.suggest(format!(
                        "leave out the quotes: {}",
                        text.as_text().unwrap_or_default().trim()
                    ));
                }
                error.suggest(format!("write CAST({} AS {data_type})", self.source(text.span)))
            }
            Ty::Of(DataType::Timestamp) if text.ty == Ty::Of(DataType::TimestampLtz) => {
                error.suggest(format!("write CAST({} AS TIMESTAMP(3))", self.source(text.span)))
            }
            Ty::Of(DataType::TimestampLtz) => {
                error.suggest(format!("write CAST({} AS TIMESTAMP(3))", self.source(other.span)))
            }
            _ => error,
        }
    }

    pub(super) fn between(&mut self, args: &[Expr; 3], symmetric: bool, negated: bool, span: Span) -> Bound {
        let (value, low, high) = (self.bind(&args[0])?, self.bind(&args[1])?, self.bind(&args[2])?);
        let node = self.share(value, |binder, value| {
            if !symmetric {
                return binder.within(value, low, high, span);
            }
            binder.share(low, |binder, low| {
                binder.share(high, |binder, high| {
                    let upwards = binder.within(value.clone(), low.clone(), high.clone(), span)?;
                    let downwards = binder.within(value, high, low, span)?;
                    binder.connect(Logic::Or, vec![upwards, downwards], span)
                })
            })
        })?;
        self.negate_if(negated, node, span)
    }

    fn within(&mut self, value: Node, low: Node, high: Node, span: Span) -> Bound {
        let above = self.compare(BinaryOp::GtEq, value.clone(), low, span)?;
        let below = self.compare(BinaryOp::LtEq, value, high, span)?;
        self.connect(Logic::And, vec![above, below], span)
    }

    fn negate_if(&self, negated: bool, node: Node, span: Span) -> Bound {
        if negated { self.strict(logic::not(), vec![node], BOOLEAN, span) } else { Ok(node) }
    }

    pub(super) fn one_of(&mut self, of: &Expr, list: &[Expr], negated: bool, span: Span) -> Bound {
        let value = self.bind(of)?;
        let list = list.iter().map(|expr| self.bind(expr)).collect::<Bound<Vec<_>>>()?;
        let node = match self.one_of_constants(&value, &list)? {
            Some(kernel) => {
                let has_null = list.iter().any(|node| node.nullable);
                let node = self.strict(kernel, vec![value], BOOLEAN, span)?;
                Node { nullable: node.nullable || has_null, ..node }
            }
            None => self.share(value, |binder, value| {
                let tests = list
                    .into_iter()
                    .map(|node| {
                        let at = node.span;
                        binder.compare(BinaryOp::Eq, value.clone(), node, at)
                    })
                    .collect::<Bound<Vec<_>>>()?;
                binder.connect(Logic::Or, tests, span)
            })?,
        };
        self.negate_if(negated, node, span)
    }

    /// A kernel that looks a value up in a list of constants, if all are of types for which there is one.
    fn one_of_constants(&mut self, value: &Node, list: &[Node]) -> Bound<Option<Kernel>> {
        let Ty::Of(data_type) = &value.ty else { return Ok(None) };
        if value.as_constant().is_some() || list.iter().any(|node| node.as_constant().is_none()) {
            return Ok(None);
        }
        // Only the value's type is looked at; copying the value itself for each constant could take long.
        let stand_in =
            Node { op: Op::Slot(0), ty: value.ty.clone(), nullable: value.nullable, span: value.span };
        let mut vectors = Vec::with_capacity(list.len());
        for node in list {
            let (_, node) = self.comparable(stand_in.clone(), node.clone(), node.span)?;
            // Values that the column's type cannot hold are left to comparisons, which promote both sides.
            match node.as_constant() {
                Some(vector) if node.ty == value.ty => vectors.push(vector.clone()),
                _ => return Ok(None),
            }
        }
        Ok(compare::one_of(data_type, &vectors))
    }

    pub(super) fn like(&mut self, args: &[Expr], negated: bool, span: Span) -> Bound {
        let mut bound = args
            .iter()
            .map(|expr| {
                let node = self.bind(expr)?;
                match &node.ty {
                    Ty::Of(DataType::String) => Ok(node),
                    Ty::Null => self.coerce(node, &STRING),
                    ty => {
                        let source = self.source(node.span);
                        Err(type_error(node.span, format!("`LIKE` takes text, but `{source}` is {ty}"))
                            .suggest(format!("write CAST({source} AS STRING)")))
                    }
                }
            })
            .collect::<Bound<Vec<_>>>()?;
        let mut escape = None;
        if let Some(node) = bound.get(2)
            && let Some(text) = node.as_text()
        {
            escape = regex::escape(text)
                .map_err(|message| ExprError::new(node.span, message).suggest("write ESCAPE '\\'"))?;
            bound.truncate(2);
        }
        let known = match bound[1].as_text() {
            Some(text) if bound.len() == 2 => {
                Some(Like::parse(text, escape).map_err(|message| ExprError::new(bound[1].span, message))?)
            }
            _ => None,
        };
        let node = self.strict(regex::like(known, escape), bound, BOOLEAN, span)?;
        self.negate_if(negated, node, span)
    }
}

/// An integer literal in the narrower integer type of what it is compared with, if it fits: the column need not be widened then.
fn narrow_literal(other: &Node, literal: &Node) -> Option<Node> {
    let (Ty::Of(to), Ty::Of(from)) = (&other.ty, &literal.ty) else { return None };
    if !to.is_integer() || !from.is_integer() || other.as_constant().is_some() {
        return None;
    }
    let crate::data::Value::Int(value) = literal.as_constant()?.constant_value(&literal.ty) else {
        return None;
    };
    let vector = match to {
        DataType::TinyInt => Vector::numbers(vec![i8::try_from(value).ok()?], None, true),
        DataType::SmallInt => Vector::numbers(vec![i16::try_from(value).ok()?], None, true),
        DataType::Int => Vector::numbers(vec![i32::try_from(value).ok()?], None, true),
        _ => Vector::numbers(vec![value], None, true),
    };
    Some(Node::constant(vector, other.ty.clone(), literal.span))
}

fn equality(op: BinaryOp) -> BinaryOp {
    if matches!(op, BinaryOp::Distinct | BinaryOp::NotDistinct) { BinaryOp::Eq } else { op }
}
