//! The expression language: SQL text, typed against a schema by Flink's rules, compiled once and evaluated over batches.
//!
//! ```text
//! text ─ token ─ parse ─▶ tree with places (ast) ─ compile ─▶ typed tree of kernels (eval) ─▶ a column, and the rows that failed
//!                              └─ sql ─▶ Flink SQL text
//! ```
//!
//! **Why not Polars' own expressions.** What Flink SQL means cannot be had from them: an integer divided by an integer is cut towards
//! zero, a decimal has a derived precision, NULL follows three-valued logic, and above all a value that cannot be computed is the
//! fault of *its row*, which goes to the rejected port while the other rows go on. Polars also runs its evaluator on a thread pool
//! shared by the whole process. So an expression becomes a tree of loops over single-chunk columns, run on the caller's thread.
//!
//! **Where we differ from Flink**, each time because nothing wrong may pass silently: an integer that overflows, a number that does not
//! fit its cast and a decimal with too many digits make the row faulty, where Flink wraps, cuts off or gives NULL; so does text that
//! `TO_TIMESTAMP` or `TO_DATE` cannot read, where Flink gives NULL (`TRY_CAST` gives NULL here too). Regular expressions are those of
//! the `regex` crate: linear in time, without look-around and back-references, and `\d`, `\w` and `\b` know all of Unicode.
//! Functions that read the clock or draw random numbers do not exist.
//!
//! **Faults are lazy, values are not.** Every part is computed for all rows of a batch, but it can only fault a row for which its
//! value is asked for: not in a branch of CASE, COALESCE or IF that another row takes, nor behind an AND or OR that is already
//! decided. A part without columns is computed when the expression is compiled, and its faults are errors of the expression.

mod ast;
mod compile;
mod complete;
mod eval;
mod faults;
mod functions;
mod highlight;
mod kernels;
mod parse;
mod pattern;
mod predicate;
mod sql;
mod token;
mod typing;
mod vector;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use polars::prelude::{Column, DataFrame};

pub use self::complete::{Completion, CompletionKind, complete};
pub use self::faults::RowFaults;
pub use self::functions::{FunctionCategory, FunctionInfo, functions};
pub use self::highlight::{Piece, PieceKind, pieces};
pub use self::predicate::{ColumnRange, Nulls, Predicate, Refusal, StandIn};

use self::ast::Kind;
use self::eval::{Node, Op, Run};
use self::token::Token;
use crate::data::{DataType, Schema};
use crate::diagnostic::{Diagnostic, Place};

/// How deep an expression may be nested.
pub const MAX_DEPTH: usize = 256;

/// How long the text of an expression may be, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Calls `f` with enough stack for one more level of an expression, whatever the thread has left.
fn deeper<R>(f: impl FnOnce() -> R) -> R {
    const ENOUGH_BYTES: usize = 128 * 1024;
    const MORE_BYTES: usize = 2 * 1024 * 1024;
    stacker::maybe_grow(ENOUGH_BYTES, MORE_BYTES, f)
}

/// What an expression is compiled under, beside the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExprContext {
    /// The flow's session zone: where clock times and instants (TIMESTAMP_LTZ) meet. Default UTC.
    pub session_zone: chrono_tz::Tz,
}

impl Default for ExprContext {
    fn default() -> ExprContext {
        ExprContext { session_zone: chrono_tz::Tz::UTC }
    }
}

impl ExprContext {
    /// A context with the session zone of this IANA name, for example `America/New_York`; `None` if there is no such zone.
    pub fn new(iana: &str) -> Option<ExprContext> {
        iana.parse().ok().map(|session_zone| ExprContext { session_zone })
    }
}

/// What is wrong with an expression, and where. Displays as the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// The bytes of the text that are at fault.
    pub span: Range<usize>,
    /// A stable code for diagnostics: `bad-expression`, `unknown-column`, `unknown-function` or `expression-type`.
    pub code: &'static str,
    /// One sentence without a period.
    pub message: String,
    /// What to write instead, where that can be said.
    pub suggestion: Option<String>,
}

impl ExprError {
    fn new(span: Span, message: impl Into<String>) -> ExprError {
        ExprError { span: span.range(), code: "bad-expression", message: message.into(), suggestion: None }
    }

    fn suggest(mut self, suggestion: impl Into<String>) -> ExprError {
        self.suggestion = Some(suggestion.into());
        self
    }

    fn code(mut self, code: &'static str) -> ExprError {
        self.code = code;
        self
    }

    /// The error as a finding at the parameter that holds the expression, the span put in and the suggestion as its fix.
    pub fn diagnostic(&self, place: Place) -> Diagnostic {
        let place = match place {
            Place::Param { node, path, .. } => Place::Param { node, path, span: Some(self.span.clone()) },
            place => place,
        };
        let diagnostic = Diagnostic::error(self.code, place, &*self.message);
        match &self.suggestion {
            Some(suggestion) => diagnostic.fix(suggestion),
            None => diagnostic,
        }
    }
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExprError {}

/// Bytes of an expression's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// Reads, types and compiles an expression over the columns of `schema`.
///
/// ```
/// use tidemark_engine::data::{DataType, Field, Schema};
/// use tidemark_engine::expr::{ExprContext, compile};
///
/// let schema = Schema::new(vec![Field::nullable("dep_delay", DataType::Int)]);
/// let late = compile("dep_delay > 15", &schema, &ExprContext::default()).expect("a condition");
/// assert_eq!(late.data_type(), &DataType::Boolean);
/// assert_eq!(late.to_flink_sql(), "`dep_delay` > 15");
///
/// let error = compile("dep_dely > 15", &schema, &ExprContext::default()).unwrap_err();
/// assert_eq!(error.to_string(), "unknown column `dep_dely`");
/// assert_eq!(error.suggestion.as_deref(), Some("did you mean `dep_delay`?"));
/// ```
///
/// # Errors
/// What is wrong with the text or its types, at which bytes, and where it can be said what to write instead.
pub fn compile(text: &str, schema: &Schema, cx: &ExprContext) -> Result<CompiledExpr, ExprError> {
    let expr = parse::parse(text)?;
    let (root, n_slots) = compile::bind(text, &expr, schema, cx)?;
    let data_type = compile::result_type(&root)?;
    let mut columns = BTreeSet::new();
    expr.walk(&mut |part| {
        if let Kind::Column(name) = &part.kind {
            columns.extend(schema.index_of(name));
        }
    });
    Ok(CompiledExpr { root, data_type, columns, n_slots, sql: sql::flink_sql(&expr) })
}

/// An expression, ready to be evaluated over batches of its schema. Cheap to clone: kernels and constants are shared.
#[derive(Clone)]
pub struct CompiledExpr {
    root: Node,
    data_type: DataType,
    columns: BTreeSet<usize>,
    n_slots: usize,
    sql: String,
}

impl CompiledExpr {
    /// The type of its values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Whether a value may be NULL, faulty rows aside.
    pub fn nullable(&self) -> bool {
        self.root.nullable
    }

    /// The input columns that it names.
    pub fn columns(&self) -> &BTreeSet<usize> {
        &self.columns
    }

    /// The input column, if the expression is nothing but a column.
    pub fn as_column(&self) -> Option<usize> {
        match self.root.op {
            Op::Column(idx, _) => Some(idx),
            _ => None,
        }
    }

    /// Computes the value of every row: a column in one chunk and without a name, of the type that [`CompiledExpr::data_type`] is kept in.
    ///
    /// Rows that cannot be computed are added to `faults` and are NULL. What a row gives does not depend on the other rows.
    ///
    /// # Errors
    /// If `frame` does not have the columns of the schema, which is an internal fault; or if the text that would be made for the batch
    /// is larger than 1 GB.
    ///
    /// # Panics
    /// If `faults` was made for another number of rows.
    pub fn evaluate(&self, frame: &DataFrame, faults: &mut RowFaults) -> crate::error::Result<Column> {
        let n = frame.height();
        assert_eq!(faults.n_rows(), n, "faults are for the rows of the batch");
        let mut run = Run::new(Some(frame), self.n_slots);
        let mut vector = run.eval(&self.root)?;
        if !run.faults.is_empty() {
            vector = eval::clear_rows(vector, n, run.faults.iter().map(|(row, _)| row));
            faults.merge(run.faults);
        }
        Ok(vector.into_column(&self.data_type, n))
    }

    /// The expression in Flink SQL, every identifier in back-quotes.
    pub fn to_flink_sql(&self) -> String {
        self.sql.clone()
    }
}

impl fmt::Debug for CompiledExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompiledExpr({}: {})", self.sql, self.data_type)
    }
}

/// The names of the columns that an expression reads, without knowing any schema.
///
/// Of a text that is not a correct expression, whatever looks like a column: better too many than too few.
pub fn column_names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Ok(expr) = parse::parse(text) {
        expr.walk(&mut |part| {
            if let Kind::Column(name) = &part.kind {
                names.insert(name.clone());
            }
        });
        return names;
    }
    let tokens = token::tokenize(text).unwrap_or_default();
    for (idx, spanned) in tokens.iter().enumerate() {
        let called = matches!(tokens.get(idx + 1).map(|next| &next.token), Some(Token::Sign("(")));
        match &spanned.token {
            Token::Name(name) => drop(names.insert(name.clone())),
            Token::Word(word)
                if !called && !parse::RESERVED.contains(&word.to_ascii_uppercase().as_str()) =>
            {
                names.insert(word.clone());
            }
            _ => {}
        }
    }
    names
}
