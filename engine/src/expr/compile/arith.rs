//! Arithmetic of numbers, and of times with intervals; text put together.

use super::{BIGINT, Binder, Bound, STRING, is_time, type_error};
use crate::data::DataType;
use crate::expr::ast::{BinaryOp, Expr};
use crate::expr::eval::Node;
use crate::expr::kernels::arith::{self, Arith};
use crate::expr::kernels::{calendar, text, time};
use crate::expr::typing::{self, DecimalOp, Ty};
use crate::expr::vector::Vector;
use crate::expr::{ExprError, Span};

impl Binder<'_> {
    pub(super) fn negate(&mut self, of: &Expr, span: Span) -> Bound {
        let of = self.bind(of)?;
        let kernel = match &of.ty {
            Ty::Null => return Ok(of),
            Ty::Months | Ty::Millis => arith::negate(&DataType::BigInt),
            Ty::Of(data_type) => arith::negate(data_type),
            Ty::Word => None,
        };
        let Some(kernel) = kernel else { return Err(self.not_a_number("-", &of)) };
        let ty = of.ty.clone();
        self.strict(kernel, vec![of], ty, span)
    }

    fn not_a_number(&self, op: &str, node: &Node) -> ExprError {
        let source = self.source(node.span);
        let error = type_error(node.span, format!("`{op}` takes numbers, but `{source}` is {}", node.ty));
        match &node.ty {
            Ty::Of(DataType::String) if op == "+" => error.suggest(format!(
                "put text together with `||`, or write CAST({source} AS INT) for its number"
            )),
            Ty::Of(DataType::String) => error.suggest(format!("write CAST({source} AS INT) for its number")),
            Ty::Of(DataType::Boolean) => error.suggest(format!("write CAST({source} AS INT) for 1 and 0")),
            _ => error,
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, args: &[Expr; 2], span: Span) -> Bound {
        let (left, right) = (self.bind(&args[0])?, self.bind(&args[1])?);
        match op {
            BinaryOp::Add => self.arith(Arith::Add, left, right, span),
            BinaryOp::Sub => self.arith(Arith::Sub, left, right, span),
            BinaryOp::Mul => self.arith(Arith::Mul, left, right, span),
            BinaryOp::Div => self.arith(Arith::Div, left, right, span),
            BinaryOp::Rem => self.arith(Arith::Rem, left, right, span),
            BinaryOp::Concat => self.concat(left, right, span),
            _ => self.compare(op, left, right, span),
        }
    }

    fn concat(&self, left: Node, right: Node, span: Span) -> Bound {
        let args = [left, right]
            .into_iter()
            .map(|node| match &node.ty {
                Ty::Of(DataType::String) => Ok(node),
                Ty::Null => Ok(Node::constant(Vector::null(&STRING), STRING, node.span)),
                ty => {
                    let source = self.source(node.span);
                    Err(type_error(node.span, format!("`||` puts text together, but `{source}` is {ty}"))
                        .suggest(format!("write CAST({source} AS STRING)")))
                }
            })
            .collect::<Bound<Vec<_>>>()?;
        self.strict(text::concat(), args, STRING, span)
    }

    /// `left op right`, for numbers, and for times and intervals.
    pub(in crate::expr) fn arith(&mut self, op: Arith, left: Node, right: Node, span: Span) -> Bound {
        if left.ty.is_interval() || right.ty.is_interval() || is_time(&left.ty) || is_time(&right.ty) {
            return self.time_arith(op, left, right, span);
        }
        let sign = arith_sign(op);
        for node in [&left, &right] {
            if !node.ty.is_numeric() && node.ty != Ty::Null {
                return Err(self.not_a_number(sign, node));
            }
        }
        let other = |node: &Node| if node.ty == Ty::Null { Ty::Of(DataType::Int) } else { node.ty.clone() };
        let (left, right) = match (&left.ty, &right.ty) {
            (Ty::Null, _) => (self.coerce(left, &other(&right))?, right),
            (_, Ty::Null) => {
                let ty = other(&left);
                (left, self.coerce(right, &ty)?)
            }
            _ => (left, right),
        };
        let right = if right.ty == Ty::Null { self.coerce(right, &left.ty)? } else { right };
        let (Ty::Of(a), Ty::Of(b)) = (left.ty.clone(), right.ty.clone()) else {
            return Err(self.not_a_number(sign, &left));
        };
        let Some(common) = typing::common_number(&a, &b) else { return Err(self.not_a_number(sign, &left)) };
        if let DataType::Decimal(..) = common {
            return self.decimal_arith(op, left, right, span);
        }
        let (left, right) =
            (self.coerce(left, &Ty::Of(common.clone()))?, self.coerce(right, &Ty::Of(common.clone()))?);
        let Some(kernel) = arith::binary(op, &common) else { return Err(self.not_a_number(sign, &left)) };
        let node = self.strict(kernel, vec![left, right], Ty::Of(common.clone()), span)?;
        // The rest is smaller than the divisor, and Flink gives it the divisor's type.
        if op == Arith::Rem && common.is_integer() && b != common {
            self.cast(node, &b, false, span)
        } else {
            Ok(node)
        }
    }

    fn decimal_arith(&mut self, op: Arith, left: Node, right: Node, span: Span) -> Bound {
        let (left, right) = (self.as_decimal(left)?, self.as_decimal(right)?);
        let of = |node: &Node| node.ty.data_type().and_then(typing::precision_and_scale).unwrap_or((38, 0));
        let ((p1, s1), (p2, s2)) = (of(&left), of(&right));
        let derived = match op {
            Arith::Add | Arith::Sub => DecimalOp::Add,
            Arith::Mul => DecimalOp::Mul,
            Arith::Div => DecimalOp::Div,
            Arith::Rem => DecimalOp::Rem,
        };
        let (precision, scale) = typing::derive_decimal(derived, (p1, s1), (p2, s2));
        let kernel = arith::decimal_binary(op, s1, s2, precision, scale);
        self.strict(kernel, vec![left, right], Ty::Of(DataType::Decimal(precision, scale)), span)
    }

    /// An exact number as the DECIMAL that holds all its values.
    pub(super) fn as_decimal(&mut self, node: Node) -> Bound {
        match node.ty.data_type().and_then(typing::precision_and_scale) {
            Some((precision, scale)) => self.coerce(node, &Ty::Of(DataType::Decimal(precision, scale))),
            None => Ok(node),
        }
    }

    fn time_arith(&mut self, op: Arith, left: Node, right: Node, span: Span) -> Bound {
        let integer = |ty: &Ty| ty.data_type().is_some_and(DataType::is_integer);
        match (op, &left.ty, &right.ty) {
            (Arith::Add | Arith::Sub, Ty::Of(of), interval)
                if is_time(&left.ty) && interval.is_interval() =>
            {
                if *of == DataType::Time && *interval == Ty::Months {
                    return Err(type_error(right.span, "a TIME has no months")
                        .suggest("add hours, minutes or seconds"));
                }
                let (months, sign) = (*interval == Ty::Months, if op == Arith::Sub { -1 } else { 1 });
                self.shift(left, right, months, sign, span)
            }
            (Arith::Add, interval, ty) if interval.is_interval() && is_time(ty) => {
                self.time_arith(op, right, left, span)
            }
            (Arith::Add | Arith::Sub, a, b) if a.is_interval() && a == b => {
                self.interval_arith(op, left, right, span)
            }
            (Arith::Mul, a, b) if a.is_interval() && integer(b) => self.interval_arith(op, left, right, span),
            (Arith::Mul, a, b) if integer(a) && b.is_interval() => self.interval_arith(op, right, left, span),
            (_, a, Ty::Null) if is_time(a) || a.is_interval() => {
                let ty = left.ty.clone();
                Ok(Node::constant(Vector::null(&ty), ty, span))
            }
            (_, Ty::Null, b) if is_time(b) || b.is_interval() => {
                let ty = right.ty.clone();
                Ok(Node::constant(Vector::null(&ty), ty, span))
            }
            _ => Err(self.no_time_arith(op, &left, &right, span)),
        }
    }

    fn no_time_arith(&self, op: Arith, left: &Node, right: &Node, span: Span) -> ExprError {
        let sign = arith_sign(op);
        let error = type_error(span, format!("there is no {} {sign} {}", left.ty, right.ty));
        let (a, b) = (self.source(left.span), self.source(right.span));
        if op == Arith::Sub && is_time(&left.ty) && is_time(&right.ty) {
            error.suggest(format!("write TIMESTAMPDIFF(SECOND, {b}, {a})"))
        } else if matches!(op, Arith::Add | Arith::Sub) && is_time(&left.ty) && right.ty.is_numeric() {
            error.suggest(format!("say of what: {a} {sign} INTERVAL '1' DAY"))
        } else {
            error
        }
    }

    fn interval_arith(&mut self, op: Arith, left: Node, right: Node, span: Span) -> Bound {
        let ty = left.ty.clone();
        let right = if right.ty.is_interval() { right } else { self.coerce(right, &BIGINT)? };
        match arith::binary(op, &DataType::BigInt) {
            Some(kernel) => self.strict(kernel, vec![left, right], ty, span),
            None => Err(type_error(span, "there is no such arithmetic of intervals")),
        }
    }

    /// `time ± n` months or milliseconds; a DATE by less than a day is a TIMESTAMP first.
    pub(in crate::expr) fn shift(&mut self, of: Node, n: Node, months: bool, sign: i64, span: Span) -> Bound {
        let whole_days =
            n.as_constant().is_some_and(|n| n.lane::<i64>().at(0).rem_euclid(calendar::DAY) == 0);
        let of = match &of.ty {
            Ty::Of(DataType::Date) if !months && !whole_days => {
                self.coerce(of, &Ty::Of(DataType::Timestamp))?
            }
            Ty::Of(DataType::TimestampLtz) if months => {
                // Months are those of the clock in the session zone.
                let local = self.cast(of, &DataType::Timestamp, false, span)?;
                let moved = self.shift(local, n, months, sign, span)?;
                return self.cast(moved, &DataType::TimestampLtz, false, span);
            }
            _ => of,
        };
        let ty = of.ty.clone();
        let Some(data_type) = ty.data_type() else { return Err(type_error(span, "this is no time")) };
        self.strict(time::shift(data_type, months, sign), vec![of, n], ty.clone(), span)
    }
}

fn arith_sign(op: Arith) -> &'static str {
    match op {
        Arith::Add => "+",
        Arith::Sub => "-",
        Arith::Mul => "*",
        Arith::Div => "/",
        Arith::Rem => "%",
    }
}
