//! Functions that choose between values.

use super::{Call, FunctionCategory, FunctionInfo, MANY};
use crate::data::DataType;
use crate::expr::ast::BinaryOp;
use crate::expr::compile::{BOOLEAN, Bound};
use crate::expr::eval::Node;
use crate::expr::kernels::{compare, logic};
use crate::expr::typing::Ty;

const fn function(
    name: &'static str,
    arity: (usize, usize),
    text: [&'static str; 4],
    bind: fn(&mut Call) -> Bound,
) -> FunctionInfo {
    FunctionInfo::new(name, FunctionCategory::Conditional, arity, text, bind)
}

pub(super) const CONDITIONAL: &[FunctionInfo] = &[
    function(
        "COALESCE",
        (1, MANY),
        [
            "COALESCE(a, b, …)",
            "The first value that is not NULL. Those behind it cannot make the row faulty.",
            "COALESCE(NULL, 3, 1 + 1)",
            "3",
        ],
        coalesce,
    ),
    function(
        "IFNULL",
        (2, 2),
        [
            "IFNULL(a, b)",
            "The first value, or the second where the first is NULL.",
            "IFNULL(NULL, 'none')",
            "none",
        ],
        coalesce,
    ),
    function(
        "NULLIF",
        (2, 2),
        ["NULLIF(a, b)", "NULL where both are equal, else the first value.", "NULLIF(-999, -999)", "NULL"],
        null_if,
    ),
    function(
        "IF",
        (3, 3),
        [
            "IF(condition, a, b)",
            "The first value where the condition holds, else the second.",
            "IF(2 > 1, 'late', 'on time')",
            "late",
        ],
        choose,
    ),
    function(
        "GREATEST",
        (1, MANY),
        ["GREATEST(a, b, …)", "The greatest value; NULL if any is NULL.", "GREATEST(1, 2.5, 2)", "2.5"],
        |call| extreme(call, true),
    ),
    function(
        "LEAST",
        (1, MANY),
        ["LEAST(a, b, …)", "The least value; NULL if any is NULL.", "LEAST('b', 'a', 'c')", "a"],
        |call| extreme(call, false),
    ),
];

fn coalesce(call: &mut Call) -> Bound {
    let args = std::mem::take(&mut call.args);
    let (args, ty) = call.binder.alternatives(call.info.name, args, call.span)?;
    call.binder.coalesce(args, ty, call.span)
}

fn null_if(call: &mut Call) -> Bound {
    let (Some(second), Some(first)) = (call.args.pop(), call.args.pop()) else {
        return Err(call.expected(0, "two values"));
    };
    if let Ty::Of(DataType::Array(_) | DataType::Row(_)) | Ty::Null = first.ty {
        call.args.push(first);
        return Err(call.expected(0, "values that can be compared"));
    }
    let span = call.span;
    call.binder.share(first, |binder, first| {
        let equal = binder.compare(BinaryOp::Eq, first.clone(), second, span)?;
        let ty = first.ty.clone();
        let node = binder.strict(logic::null_where(), vec![first, equal], ty, span)?;
        let nullable = node.as_constant().is_none_or(crate::expr::vector::Vector::is_null_constant);
        Ok(Node { nullable, ..node })
    })
}

fn choose(call: &mut Call) -> Bound {
    let mut values = std::mem::take(&mut call.args);
    let condition = values.remove(0);
    let condition = match condition.ty {
        Ty::Null | Ty::Of(DataType::Boolean) => call.binder.coerce(condition, &BOOLEAN)?,
        _ => {
            call.args.push(condition);
            return Err(call.expected(0, "a condition"));
        }
    };
    let (mut values, ty) = call.binder.alternatives("IF", values, call.span)?;
    match (values.pop(), values.pop()) {
        (Some(otherwise), Some(then)) => {
            call.binder.choose(vec![(condition, then)], otherwise, ty, call.span)
        }
        _ => Err(call.expected(0, "a condition and two values")),
    }
}

fn extreme(call: &mut Call, greatest: bool) -> Bound {
    let args = std::mem::take(&mut call.args);
    let (args, ty) = call.binder.alternatives(call.info.name, args, call.span)?;
    call.args = args;
    match ty.data_type().and_then(|data_type| compare::extreme(data_type, greatest)) {
        Some(kernel) => call.finish(kernel, ty),
        None => Err(call.expected(0, "numbers, texts or times")),
    }
}
