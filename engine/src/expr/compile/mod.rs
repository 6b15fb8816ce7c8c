//! From the tree as written to the typed tree: columns are found, operands promoted, kernels chosen, constants computed.

mod arith;
mod choose;
mod compare;
mod predicate;

use std::sync::Arc;

pub(super) use self::predicate::column_tests;
use super::ast::{Expr, Interval, Kind, Logic, Number};
use super::eval::{Kernel, Node, Op, Run};
use super::functions::{self, Call};
use super::kernels::cast::cast;
use super::kernels::{logic, row};
use super::parse::shorten;
use super::sql::quote;
use super::typing::Ty;
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
            Kind::Field(of, name) => self.field(of, name, span),
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

    /// A field of a ROW. It may be NULL: a ROW does not say which of its fields never are.
    fn field(&mut self, of: &Expr, name: &str, span: Span) -> Bound {
        // Who writes `table.column` means the column.
        if let Kind::Column(table) = &of.kind
            && self.schema.index_of(table).is_none()
            && self.schema.index_of(name).is_some()
        {
            return Err(self.unknown_column(table, of.span).suggest(format!("write `{name}` alone")));
        }
        let of = self.bind(of)?;
        let Ty::Of(DataType::Row(fields)) = &of.ty else {
            let message = format!("`{}` is {} and has no fields", self.source(of.span), of.ty);
            return Err(
                type_error(span, message).suggest("a name that holds a dot is written in back-quotes")
            );
        };
        let Some(at) = fields.iter().position(|(field, _)| field == name) else {
            let message = format!("`{}` has no field `{}`", self.source(of.span), shorten(name));
            let error = type_error(span, message);
            let names: Vec<&str> = fields.iter().take(12).map(|(field, _)| field.as_str()).collect();
            return Err(match most_similar(name, fields.iter().map(|(field, _)| field.as_str())) {
                Some(similar) => error.suggest(format!("did you mean `{similar}`?")),
                None => error.suggest(format!("its fields are {}", names.join(", "))),
            });
        };
        let data_type = fields[at].1.clone();
        let node = self.strict(row::field(at, data_type.clone()), vec![of], Ty::Of(data_type), span)?;
        Ok(Node { nullable: true, ..node })
    }

    fn unknown_column(&self, name: &str, span: Span) -> ExprError {
        let error =
            ExprError::new(span, format!("unknown column `{}`", shorten(name))).code("unknown-column");
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
    let error = ExprError::new(span, format!("unknown function {}", shorten(name))).code("unknown-function");
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

pub(super) fn is_time(ty: &Ty) -> bool {
    ty.data_type().is_some_and(is_time_type)
}

fn is_time_type(data_type: &DataType) -> bool {
    data_type.is_timestamp() || matches!(data_type, DataType::Date | DataType::Time)
}
