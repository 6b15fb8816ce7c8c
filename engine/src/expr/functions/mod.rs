//! Every function and operator, described once: what people read about it, how it is typed and computed, and what Flink calls it.

mod conditional;
mod math;
mod operators;
mod text;
mod time;

use std::sync::LazyLock;

use super::Span;
use super::compile::{BIGINT, Binder, Bound, STRING, is_time, type_error};
use super::eval::{Kernel, Node, Op};
use super::typing::Ty;
use crate::data::DataType;

/// What a function or operator is, for people, for completion and for the compiler.
#[derive(Clone, Copy)]
pub struct FunctionInfo {
    /// The name, upper case; for an operator its sign or words.
    pub name: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    /// How it is written, for example `LPAD(text, length, pad)`.
    pub signature: &'static str,
    /// What it works on.
    pub category: FunctionCategory,
    /// What it gives, in sentences.
    pub doc: &'static str,
    /// An expression that shows it.
    pub example: &'static str,
    /// What the example gives, as text; `NULL` for no value.
    pub result: &'static str,
    /// The form in Flink SQL.
    pub flink: &'static str,
    arity: (usize, usize),
    bind: Option<Bind>,
}

type Bind = fn(&mut Call) -> Bound;

/// The groups that functions are listed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionCategory {
    /// Signs and words between values.
    Operator,
    /// Choosing between values.
    Conditional,
    /// Text and regular expressions.
    Text,
    /// Numbers.
    Math,
    /// Dates and times.
    Time,
}

impl FunctionCategory {
    /// The name that people see.
    pub fn title(self) -> &'static str {
        match self {
            FunctionCategory::Operator => "Operators",
            FunctionCategory::Conditional => "Choosing values",
            FunctionCategory::Text => "Text",
            FunctionCategory::Math => "Numbers",
            FunctionCategory::Time => "Dates and times",
        }
    }
}

impl std::fmt::Debug for FunctionInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FunctionInfo({})", self.name)
    }
}

impl FunctionInfo {
    /// An entry of the table; `arity` counts arguments, words among them.
    const fn new(
        name: &'static str,
        category: FunctionCategory,
        arity: (usize, usize),
        [signature, doc, example, result]: [&'static str; 4],
        bind: Bind,
    ) -> FunctionInfo {
        FunctionInfo {
            name,
            aliases: &[],
            signature,
            category,
            doc,
            example,
            result,
            flink: signature,
            arity,
            bind: Some(bind),
        }
    }

    const fn operator(
        name: &'static str,
        [signature, doc, example, result]: [&'static str; 4],
    ) -> FunctionInfo {
        let category = FunctionCategory::Operator;
        FunctionInfo {
            name,
            aliases: &[],
            signature,
            category,
            doc,
            example,
            result,
            flink: signature,
            arity: (0, 0),
            bind: None,
        }
    }

    const fn also(self, aliases: &'static [&'static str]) -> FunctionInfo {
        FunctionInfo { aliases, ..self }
    }

    /// Says that Flink's form differs from ours.
    const fn in_flink(self, flink: &'static str) -> FunctionInfo {
        FunctionInfo { flink, ..self }
    }

    pub(super) fn bind(&self) -> Option<Bind> {
        self.bind
    }

    pub(super) fn takes(&self, n: usize) -> bool {
        self.bind.is_none() || (self.arity.0..=self.arity.1).contains(&n)
    }

    pub(super) fn arity_text(&self) -> String {
        let plural = |n: usize| if n == 1 { "1 argument".to_owned() } else { format!("{n} arguments") };
        match self.arity {
            (0, 0) => "no arguments".to_owned(),
            (min, max) if min == max => plural(min),
            (min, usize::MAX) => format!("at least {}", plural(min)),
            (min, max) => format!("{min} to {}", plural(max)),
        }
    }

    /// Whether it is called by a name, with arguments in parentheses.
    pub fn is_call(&self) -> bool {
        self.bind.is_some()
    }
}

const MANY: usize = usize::MAX;

static FUNCTIONS: LazyLock<Vec<FunctionInfo>> = LazyLock::new(|| {
    [operators::OPERATORS, conditional::CONDITIONAL, text::TEXT, math::MATH, time::TIME].concat()
});

/// Every scalar function and operator, in groups.
pub fn functions() -> &'static [FunctionInfo] {
    &FUNCTIONS
}

/// The function with this upper-case name.
pub(super) fn find(name: &str) -> Option<&'static FunctionInfo> {
    FUNCTIONS.iter().find(|info| info.bind.is_some() && (info.name == name || info.aliases.contains(&name)))
}

/// Why a function that other systems have does not exist here, and what to use instead.
pub(super) fn refused(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "NOW"
        | "CURRENT_TIMESTAMP"
        | "CURRENT_DATE"
        | "CURRENT_TIME"
        | "LOCALTIME"
        | "LOCALTIMESTAMP"
        | "PROCTIME"
        | "CURRENT_ROW_TIMESTAMP" => (
            "an expression cannot read the clock: a run must give the same rows each time",
            "use the event-time column",
        ),
        "RAND" | "RAND_INTEGER" | "UUID" => (
            "an expression cannot draw random numbers: a run must give the same rows each time",
            "use a column that tells the rows apart",
        ),
        "SUM" | "COUNT" | "AVG" | "MIN" | "MAX" | "FIRST_VALUE" | "LAST_VALUE" | "STDDEV_POP" | "VAR_POP"
        | "LISTAGG" => (
            "an expression works on one row; it cannot aggregate",
            "use a window node, or GREATEST and LEAST for several values of one row",
        ),
        _ => return None,
    })
}

/// A call whose arguments are typed, about to become a node.
pub(super) struct Call<'a, 'b> {
    pub binder: &'a mut Binder<'b>,
    pub info: &'static FunctionInfo,
    pub args: Vec<Node>,
    pub span: Span,
}

impl Call<'_, '_> {
    fn expected(&self, idx: usize, what: &str) -> super::ExprError {
        let node = &self.args[idx];
        let source = self.binder.source(node.span);
        let message = format!("{} takes {what}, but `{source}` is {}", self.info.name, node.ty);
        let error = type_error(node.span, message);
        match (&node.ty, what) {
            (Ty::Word, _) => error,
            (_, "text") => error.suggest(format!("write CAST({source} AS STRING)")),
            (Ty::Of(DataType::String), "a number") => {
                error.suggest(format!("write CAST({source} AS DOUBLE)"))
            }
            (Ty::Of(DataType::String), "a whole number") => {
                error.suggest(format!("write CAST({source} AS BIGINT)"))
            }
            (Ty::Of(DataType::String), "a time" | "a timestamp") => {
                error.suggest(format!("write CAST({source} AS TIMESTAMP(3))"))
            }
            (ty, "a whole number") if ty.is_numeric() => {
                error.suggest(format!("write CAST({source} AS BIGINT)"))
            }
            _ => error.suggest(format!("write {}", self.info.signature)),
        }
    }

    /// Replaces an argument by itself in another type.
    fn coerce(&mut self, idx: usize, ty: &Ty) -> Bound<()> {
        self.args[idx] = self.binder.coerce(self.args[idx].clone(), ty)?;
        Ok(())
    }

    /// Sees to it that an argument is text.
    fn text(&mut self, idx: usize) -> Bound<()> {
        match self.args[idx].ty {
            Ty::Null | Ty::Of(DataType::String) => self.coerce(idx, &STRING),
            _ => Err(self.expected(idx, "text")),
        }
    }

    /// Sees to it that an argument, if it was given, is a whole number, as BIGINT.
    fn whole(&mut self, idx: usize) -> Bound<()> {
        match self.args.get(idx).map(|node| &node.ty) {
            None => Ok(()),
            Some(Ty::Null) => self.coerce(idx, &BIGINT),
            Some(Ty::Of(data_type)) if data_type.is_integer() => self.coerce(idx, &BIGINT),
            Some(_) => Err(self.expected(idx, "a whole number")),
        }
    }

    /// Sees to it that an argument is a number, as DOUBLE.
    fn double(&mut self, idx: usize) -> Bound<()> {
        if self.args[idx].ty.is_numeric() || self.args[idx].ty == Ty::Null {
            return self.coerce(idx, &Ty::Of(DataType::Double));
        }
        Err(self.expected(idx, "a number"))
    }

    /// Sees to it that an argument is a number, and says of which type.
    fn number(&mut self, idx: usize) -> Bound<DataType> {
        match &self.args[idx].ty {
            Ty::Null => {
                self.coerce(idx, &Ty::Of(DataType::Int))?;
                Ok(DataType::Int)
            }
            Ty::Of(data_type) if data_type.is_numeric() => Ok(data_type.clone()),
            _ => Err(self.expected(idx, "a number")),
        }
    }

    /// Sees to it that an argument is a date, time or local timestamp, and says of which type. Instants become local times in the
    /// session zone.
    fn local_time(&mut self, idx: usize) -> Bound<DataType> {
        match &self.args[idx].ty {
            Ty::Null | Ty::Of(DataType::TimestampLtz) => {
                self.coerce(idx, &Ty::Of(DataType::Timestamp))?;
                Ok(DataType::Timestamp)
            }
            Ty::Of(data_type) if is_time(&self.args[idx].ty) => Ok(data_type.clone()),
            _ => Err(self.expected(idx, "a time")),
        }
    }

    /// Sees to it that an argument is a local timestamp: a date becomes its midnight.
    fn timestamp(&mut self, idx: usize) -> Bound<()> {
        match self.args[idx].ty {
            Ty::Null | Ty::Of(DataType::Date | DataType::Timestamp | DataType::TimestampLtz) => {
                self.coerce(idx, &Ty::Of(DataType::Timestamp))
            }
            _ => Err(self.expected(idx, "a timestamp")),
        }
    }

    /// Takes away an argument that is a word, if it is one.
    fn take_word(&mut self, idx: usize) -> Option<(String, Span)> {
        let Op::Word(word) = &self.args.get(idx)?.op else { return None };
        let found = (word.clone(), self.args[idx].span);
        self.args.remove(idx);
        Some(found)
    }

    /// The text of an argument, if it is known before any row.
    fn known_text(&self, idx: usize) -> Option<String> {
        self.args.get(idx)?.as_text().map(str::to_owned)
    }

    /// The node that computes the call from its arguments. NULL where an argument is.
    fn finish(&mut self, kernel: Kernel, ty: Ty) -> Bound {
        let args = std::mem::take(&mut self.args);
        self.binder.strict(kernel, args, ty, self.span)
    }

    /// As [`Call::finish`], where the result may be NULL without an argument being NULL.
    fn finish_nullable(&mut self, kernel: Kernel, ty: Ty) -> Bound {
        let node = self.finish(kernel, ty)?;
        let nullable = node.as_constant().is_none_or(super::vector::Vector::is_null_constant);
        Ok(Node { nullable, ..node })
    }

    /// The node of a kernel that may not exist for the argument's type.
    fn finish_some(&mut self, kernel: Option<Kernel>, ty: Ty) -> Bound {
        match kernel {
            Some(kernel) => self.finish(kernel, ty),
            None => Err(self.expected(0, "a number")),
        }
    }
}
