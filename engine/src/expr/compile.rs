//! From the tree as written to the typed tree: columns are found, operands promoted, kernels chosen, constants computed.

use std::sync::Arc;

use super::ast::{BinaryOp, Expr, Interval, Kind, Logic, Number};
use super::eval::{Kernel, Node, Op, Run};
use super::functions::{self, Call};
use super::kernels::arith::{self, Arith};
use super::kernels::cast::cast;
use super::kernels::regex::{self, Like};
use super::kernels::{compare, logic, time};
use super::parse::shorten;
use super::sql::quote;
use super::typing::{self, DecimalOp, Ty};
use super::vector::Vector;
use super::{ExprContext, ExprError, Span};
use crate::data::{DataType, Schema, most_similar};

pub(super) type Bound<T = Node> = Result<T, ExprError>;

pub(super) const BOOLEAN: Ty = Ty::Of(DataType::Boolean);
pub(super) const STRING: Ty = Ty::Of(DataType::String);
pub(super) const BIGINT: Ty = Ty::Of(DataType::BigInt);

/// Types an expression; also gives how many shared values its evaluation keeps.
pub(super) fn bind(text: &str, expr: &Expr, schema: &Schema, cx: &ExprContext) -> Bound<(Node, usize)> {
    let mut binder = Binder { text, schema, cx, n_slots: 0 };
    let node = binder.bind(expr)?;
    Ok((node, binder.n_slots))
}

/// The type that a whole expression has as a column.
pub(super) fn result_type(root: &Node) -> Bound<DataType> {
    let span = root.span;
    match &root.ty {
        Ty::Of(data_type) => Ok(data_type.clone()),
        Ty::Null => {
            Err(type_error(span, "a bare NULL has no type").suggest("give it one: CAST(NULL AS INT)"))
        }
        Ty::Months | Ty::Millis => Err(type_error(span, "an interval is no value of a column")
            .suggest("add it to a time: `event_time + INTERVAL '5' MINUTE`")),
        Ty::Word => Err(type_error(span, "this is no value")),
    }
}

pub(super) fn type_error(span: Span, message: impl Into<String>) -> ExprError {
    ExprError::new(span, message).code("expression-type")
}

pub(super) struct Binder<'a> {
    text: &'a str,
    schema: &'a Schema,
    pub cx: &'a ExprContext,
    n_slots: usize,
}

impl Binder<'_> {
    /// The text of a part, for messages.
    pub fn source(&self, span: Span) -> String {
        shorten(&self.text[span.range()])
    }

    fn bind(&mut self, expr: &Expr) -> Bound {
        super::deeper(|| self.bind_part(expr))
    }

    fn bind_part(&mut self, expr: &Expr) -> Bound {
        let span = expr.span;
        match &expr.kind {
            Kind::Null => Ok(Node::constant(Vector::null(&Ty::Null), Ty::Null, span)),
            Kind::Boolean(value) => Ok(Node::constant(truth(*value), BOOLEAN, span)),
            Kind::Number(number) => Ok(number_node(*number, span)),
            Kind::Text(text) => Ok(Node::constant(Vector::constant_text(text), STRING, span)),
            Kind::Time(data_type, text) => {
                let node = Node::constant(Vector::constant_text(text), STRING, span);
                self.text_as_time(node, data_type)
            }
            Kind::Interval(interval) => {
                let (n, ty) = match interval {
                    Interval::Months(n) => (*n, Ty::Months),
                    Interval::Millis(n) => (*n, Ty::Millis),
                };
                Ok(Node::constant(Vector::numbers(vec![n], None, true), ty, span))
            }
            Kind::Column(name) => self.column(name, span),
            Kind::Word(word) => Ok(Node { op: Op::Word(word.clone()), ty: Ty::Word, nullable: false, span }),
            Kind::Negate(of) => self.negate(of, span),
            Kind::Not(of) => {
                let of = self.bind(of)?;
                let of = self.condition(of, "NOT")?;
                self.strict(logic::not(), vec![of], BOOLEAN, span)
            }
            Kind::Binary(op, args) => self.binary(*op, args, span),
            Kind::Logic(connective, args) => self.logic(*connective, args, span),
            Kind::Is { of, test, negated } => {
                let of = self.bind(of)?;
                let of = if *test == super::ast::Test::Null { of } else { self.condition(of, "IS")? };
                let node = self.strict(logic::is(*test, *negated), vec![of], BOOLEAN, span)?;
                Ok(not_null(node))
            }
            Kind::Between { args, symmetric, negated } => self.between(args, *symmetric, *negated, span),
            Kind::In { of, list, negated } => self.one_of(of, list, *negated, span),
            Kind::Like { args, negated } => self.like(args, *negated, span),
            Kind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), span)
            }
            Kind::Cast { of, to, safe } => {
                let of = self.bind(of)?;
                self.cast(of, to, *safe, span)
            }
            Kind::Call { name, name_span, args } => self.call(name, *name_span, args, span),
        }
    }

    /// A part whose value is NULL-safe in its kernel: NULL if and only if an argument may be.
    pub fn strict(&self, kernel: Kernel, args: Vec<Node>, ty: Ty, span: Span) -> Bound {
        let nullable = args.iter().any(|arg| arg.nullable);
        let source = Arc::from(self.source(span));
        let constant = args.iter().all(|arg| arg.as_constant().is_some());
        let node = Node { op: Op::Strict(kernel, args, source), ty, nullable, span };
        if constant { fold(node) } else { Ok(node) }
    }

    /// A connective over bound conditions.
    fn connect(&self, logic: Logic, args: Vec<Node>, span: Span) -> Bound {
        let nullable = args.iter().any(|arg| arg.nullable);
        let constant = args.iter().all(|arg| arg.as_constant().is_some());
        let node = Node { op: Op::Logic(logic, args), ty: BOOLEAN, nullable, span };
        if constant { fold(node) } else { Ok(node) }
    }

    /// The first branch whose condition holds; all values have the type `ty` already.
    pub fn choose(&self, branches: Vec<(Node, Node)>, otherwise: Node, ty: Ty, span: Span) -> Bound {
        let nullable = otherwise.nullable || branches.iter().any(|(_, value)| value.nullable);
        let constant = otherwise.as_constant().is_some()
            && branches
                .iter()
                .all(|(when, then)| when.as_constant().is_some() && then.as_constant().is_some());
        let node = Node { op: Op::Case(branches, Box::new(otherwise)), ty, nullable, span };
        if constant { fold(node) } else { Ok(node) }
    }

    /// The first alternative that is not NULL; all have the type `ty` already.
    pub fn coalesce(&self, args: Vec<Node>, ty: Ty, span: Span) -> Bound {
        let nullable = args.iter().all(|arg| arg.nullable);
        let constant = args.iter().all(|arg| arg.as_constant().is_some());
        let node = Node { op: Op::Coalesce(args), ty, nullable, span };
        if constant { fold(node) } else { Ok(node) }
    }

    /// Hands a value to `body` in a form that may be used more than once without being computed more than once.
    pub fn share(&mut self, value: Node, body: impl FnOnce(&mut Self, Node) -> Bound) -> Bound {
        if matches!(value.op, Op::Column(..) | Op::Constant(_) | Op::Slot(_)) {
            return body(self, value);
        }
        let slot = self.n_slots;
        self.n_slots += 1;
        let stand_in =
            Node { op: Op::Slot(slot), ty: value.ty.clone(), nullable: value.nullable, span: value.span };
        let body = body(self, stand_in)?;
        let (ty, nullable, span) = (body.ty.clone(), body.nullable, body.span);
        Ok(Node { op: Op::With(slot, Box::new([value, body])), ty, nullable, span })
    }

    fn column(&self, name: &str, span: Span) -> Bound {
        let Some(idx) = self.schema.index_of(name) else {
            return Err(self.unknown_column(name, span));
        };
        let field = &self.schema.fields()[idx];
        let op = Op::Column(idx, field.data_type.clone());
        Ok(Node { op, ty: Ty::Of(field.data_type.clone()), nullable: field.nullable, span })
    }

    fn unknown_column(&self, name: &str, span: Span) -> ExprError {
        let error = ExprError::new(span, format!("unknown column `{name}`")).code("unknown-column");
        let names = self.schema.fields().iter().map(|field| &*field.name);
        if let Some(similar) = self.schema.similar_to(name) {
            let plain = similar.chars().all(super::token::is_word);
            let similar = if plain { format!("`{similar}`") } else { quote(similar) };
            return error.suggest(format!("did you mean {similar}?"));
        }
        if functions::find(&name.to_ascii_uppercase()).is_some() {
            return error
                .suggest(format!("a function is called with parentheses: {}(…)", name.to_ascii_uppercase()));
        }
        let listed: Vec<&str> = names.take(12).collect();
        match listed.len() {
            0 => error.suggest("the input has no columns"),
            n if n < self.schema.n_columns() => {
                error.suggest(format!("some of the columns are {}", listed.join(", ")))
            }
            _ => error.suggest(format!("the columns are {}", listed.join(", "))),
        }
    }

    /// An operand that must be a condition.
    fn condition(&self, node: Node, of: &str) -> Bound {
        match &node.ty {
            Ty::Of(DataType::Boolean) => Ok(node),
            Ty::Null => Ok(Node::constant(Vector::null(&BOOLEAN), BOOLEAN, node.span)),
            ty => {
                let message = format!("`{of}` takes conditions, but `{}` is {ty}", self.source(node.span));
                let error = type_error(node.span, message);
                Err(if ty.is_numeric() {
                    error.suggest(format!("compare it: {} <> 0", self.source(node.span)))
                } else {
                    error
                })
            }
        }
    }

    fn logic(&mut self, connective: Logic, args: &[Expr], span: Span) -> Bound {
        let name = if connective == Logic::And { "AND" } else { "OR" };
        let args = args
            .iter()
            .map(|arg| {
                let arg = self.bind(arg)?;
                self.condition(arg, name)
            })
            .collect::<Bound<Vec<_>>>()?;
        self.connect(connective, args, span)
    }

    fn negate(&mut self, of: &Expr, span: Span) -> Bound {
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

    fn binary(&mut self, op: BinaryOp, args: &[Expr; 2], span: Span) -> Bound {
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
        self.strict(super::kernels::text::concat(), args, STRING, span)
    }

    /// `left op right`, for numbers, and for times and intervals.
    pub fn arith(&mut self, op: Arith, left: Node, right: Node, span: Span) -> Bound {
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
    fn as_decimal(&mut self, node: Node) -> Bound {
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
    pub fn shift(&mut self, of: Node, n: Node, months: bool, sign: i64, span: Span) -> Bound {
        let whole_days = n
            .as_constant()
            .is_some_and(|n| n.lane::<i64>().at(0).rem_euclid(super::kernels::calendar::DAY) == 0);
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

    /// `left op right` as a condition.
    pub fn compare(&mut self, op: BinaryOp, left: Node, right: Node, span: Span) -> Bound {
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
    pub fn comparable(&mut self, left: Node, right: Node, span: Span) -> Bound<(Node, Node)> {
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

    fn text_as_time(&self, node: Node, data_type: &DataType) -> Bound {
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

    /// A node in another type that it can take without being asked to.
    pub fn coerce(&self, node: Node, ty: &Ty) -> Bound {
        if node.ty == *ty {
            return Ok(node);
        }
        match (&node.ty, ty) {
            (Ty::Null, ty) => Ok(Node::constant(Vector::null(ty), ty.clone(), node.span)),
            (_, Ty::Of(data_type)) => {
                let span = node.span;
                self.cast(node, data_type, false, span)
            }
            _ => Err(type_error(node.span, format!("{} cannot be taken as {ty}", node.ty))),
        }
    }

    /// `CAST(node AS to)`; a safe cast gives NULL where another makes the row faulty.
    pub fn cast(&self, node: Node, to: &DataType, safe: bool, span: Span) -> Bound {
        let from = match &node.ty {
            Ty::Null => {
                return Ok(Node::constant(Vector::null(&Ty::Of(to.clone())), Ty::Of(to.clone()), span));
            }
            Ty::Of(from) if from == to => return Ok(Node { span, ..node }),
            Ty::Of(from) => from.clone(),
            ty => return Err(type_error(node.span, format!("{ty} cannot be cast"))),
        };
        let Some(kernel) = cast(&from, to, self.cx.session_zone) else {
            let source = self.source(node.span);
            let error = type_error(span, format!("{from} cannot be cast to {to}"));
            return Err(match (&from, to) {
                (from, DataType::Timestamp | DataType::TimestampLtz) if from.is_numeric() => error.suggest(format!(
                    "say what it counts: TO_TIMESTAMP_LTZ({source}, 0) for seconds, TO_TIMESTAMP_LTZ({source}, 3) for milliseconds"
                )),
                (from, to) if is_time_type(from) && to.is_numeric() => {
                    error.suggest(format!("take a field of it: EXTRACT(EPOCH FROM {source})"))
                }
                _ => error,
            });
        };
        if !safe {
            return self.strict(kernel, vec![node], Ty::Of(to.clone()), span);
        }
        let kernel: Kernel = Arc::new(move |args, run| run.without_faults(|run| kernel(args, run)));
        let node = self.strict(kernel, vec![node], Ty::Of(to.clone()), span)?;
        let nullable = node.as_constant().is_none_or(Vector::is_null_constant);
        Ok(Node { nullable, ..node })
    }

    fn between(&mut self, args: &[Expr; 3], symmetric: bool, negated: bool, span: Span) -> Bound {
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

    fn one_of(&mut self, of: &Expr, list: &[Expr], negated: bool, span: Span) -> Bound {
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

    fn like(&mut self, args: &[Expr], negated: bool, span: Span) -> Bound {
        let escape = match args.get(2) {
            None => None,
            Some(expr) => {
                let node = self.bind(expr)?;
                let Some(text) = node.as_text() else {
                    return Err(type_error(node.span, "the escape character must be a text literal")
                        .suggest("write ESCAPE '\\'"));
                };
                regex::escape(text)
                    .map_err(|message| ExprError::new(node.span, message).suggest("write ESCAPE '\\'"))?
            }
        };
        let bound = args[..2]
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
        let known = match bound[1].as_text() {
            Some(text) => {
                Some(Like::parse(text, escape).map_err(|message| ExprError::new(bound[1].span, message))?)
            }
            None => None,
        };
        let node = self.strict(regex::like(known, escape), bound, BOOLEAN, span)?;
        self.negate_if(negated, node, span)
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        branches: &[[Expr; 2]],
        otherwise: Option<&Expr>,
        span: Span,
    ) -> Bound {
        let operand = operand.map(|operand| self.bind(operand)).transpose()?;
        let mut values = branches.iter().map(|[_, then]| self.bind(then)).collect::<Bound<Vec<_>>>()?;
        values.push(match otherwise {
            Some(otherwise) => self.bind(otherwise)?,
            None => Node::constant(Vector::null(&Ty::Null), Ty::Null, span),
        });
        let (mut values, ty) = self.alternatives("CASE", values, span)?;
        let otherwise = values.pop().ok_or_else(|| ExprError::new(span, "CASE has no branches"))?;
        match operand {
            None => {
                let conditions = branches
                    .iter()
                    .map(|[when, _]| {
                        let node = self.bind(when)?;
                        self.condition(node, "WHEN")
                    })
                    .collect::<Bound<Vec<_>>>()?;
                self.choose(conditions.into_iter().zip(values).collect(), otherwise, ty, span)
            }
            Some(operand) => self.share(operand, |binder, operand| {
                let conditions = branches
                    .iter()
                    .map(|[when, _]| {
                        let node = binder.bind(when)?;
                        let at = node.span;
                        binder.compare(BinaryOp::Eq, operand.clone(), node, at)
                    })
                    .collect::<Bound<Vec<_>>>()?;
                binder.choose(conditions.into_iter().zip(values).collect(), otherwise, ty, span)
            }),
        }
    }

    /// Brings alternatives to the type that they share.
    pub fn alternatives(&self, of: &str, nodes: Vec<Node>, span: Span) -> Bound<(Vec<Node>, Ty)> {
        let mut ty = Ty::Null;
        for node in &nodes {
            // Text literals beside times are read as times below.
            let is_text_for_time = node.as_text().is_some() && is_time(&ty);
            ty = match typing::common(&ty, &node.ty) {
                Some(common) => common,
                None if is_text_for_time => ty,
                None if ty == STRING
                    && is_time(&node.ty)
                    && nodes.iter().all(|n| n.ty != STRING || n.as_text().is_some()) =>
                {
                    node.ty.clone()
                }
                None => {
                    let source = self.source(node.span);
                    let message =
                        format!("`{of}` gives one type, but `{source}` is {} where others are {ty}", node.ty);
                    let error = type_error(node.span, message);
                    return Err(if ty == STRING || node.ty == STRING {
                        error.suggest(format!("write CAST({source} AS {ty})"))
                    } else {
                        error
                    });
                }
            };
        }
        match &ty {
            Ty::Null => {
                return Err(type_error(span, format!("every value of `{of}` is NULL, so it has no type"))
                    .suggest("give one of them a type: CAST(NULL AS INT)"));
            }
            Ty::Of(DataType::Array(_) | DataType::Row(_)) => {
                return Err(type_error(span, format!("`{of}` cannot choose between values of {ty}")));
            }
            Ty::Of(data_type) if is_time(&ty) => {
                let nodes = nodes.into_iter().map(|node| {
                    if node.as_text().is_some() {
                        self.text_as_time(node, data_type)
                    } else {
                        self.coerce(node, &ty)
                    }
                });
                return Ok((nodes.collect::<Bound<Vec<_>>>()?, ty));
            }
            _ => {}
        }
        let nodes = nodes.into_iter().map(|node| self.coerce(node, &ty)).collect::<Bound<Vec<_>>>()?;
        Ok((nodes, ty))
    }

    fn call(&mut self, name: &str, name_span: Span, args: &[Expr], span: Span) -> Bound {
        let Some(info) = functions::find(name) else { return Err(unknown_function(name, name_span)) };
        if !info.takes(args.len()) {
            let error =
                ExprError::new(span, format!("{name} takes {}, not {}", info.arity_text(), args.len()));
            return Err(error.suggest(format!("write {}", info.signature)));
        }
        let args = args.iter().map(|arg| self.bind(arg)).collect::<Bound<Vec<_>>>()?;
        match info.bind() {
            Some(bind) => bind(&mut Call { binder: self, info, args, span }),
            None => Err(ExprError::new(name_span, format!("`{name}` is no function"))
                .suggest(format!("write {}", info.signature))),
        }
    }
}

fn unknown_function(name: &str, span: Span) -> ExprError {
    let error = ExprError::new(span, format!("unknown function {name}")).code("unknown-function");
    if let Some(why) = functions::refused(name) {
        return ExprError { message: why.0.to_owned(), ..error }.suggest(why.1);
    }
    let names = functions::functions().iter().flat_map(FunctionNames::names);
    match most_similar(name, names) {
        Some(similar) => error.suggest(format!("did you mean {similar}?")),
        None => error,
    }
}

/// Helper to list a function under all its names.
trait FunctionNames {
    fn names(&self) -> Box<dyn Iterator<Item = &'static str>>;
}

impl FunctionNames for functions::FunctionInfo {
    fn names(&self) -> Box<dyn Iterator<Item = &'static str>> {
        if self.bind().is_none() {
            return Box::new(std::iter::empty());
        }
        Box::new(std::iter::once(self.name).chain(self.aliases.iter().copied()))
    }
}

/// Computes a part that has only constants; its faults are errors of the expression.
fn fold(node: Node) -> Bound {
    let mut run = Run::new(None, 0);
    let vector = run.eval(&node).map_err(|error| ExprError::new(node.span, error.message()))?;
    if let Some((_, reason)) = run.faults.iter().next() {
        return Err(ExprError::new(node.span, reason));
    }
    let vector = Vector { constant: true, ..vector };
    Ok(Node::constant(vector, node.ty, node.span))
}

fn truth(value: bool) -> Vector {
    Vector::bools(std::iter::once(value).collect(), None, true)
}

fn not_null(node: Node) -> Node {
    Node { nullable: false, ..node }
}

fn number_node(number: Number, span: Span) -> Node {
    let (vector, data_type) = match number {
        Number::Int(value) => match i32::try_from(value) {
            Ok(value) => (Vector::numbers(vec![value], None, true), DataType::Int),
            Err(_) => (Vector::numbers(vec![value], None, true), DataType::BigInt),
        },
        Number::Decimal(value, precision, scale) => {
            (Vector::numbers(vec![value], None, true), DataType::Decimal(precision, scale))
        }
        Number::Double(value) => (Vector::numbers(vec![value], None, true), DataType::Double),
    };
    Node::constant(vector, Ty::Of(data_type), span)
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

fn arith_sign(op: Arith) -> &'static str {
    match op {
        Arith::Add => "+",
        Arith::Sub => "-",
        Arith::Mul => "*",
        Arith::Div => "/",
        Arith::Rem => "%",
    }
}

pub(super) fn is_time(ty: &Ty) -> bool {
    ty.data_type().is_some_and(is_time_type)
}

fn is_time_type(data_type: &DataType) -> bool {
    data_type.is_timestamp() || matches!(data_type, DataType::Date | DataType::Time)
}
