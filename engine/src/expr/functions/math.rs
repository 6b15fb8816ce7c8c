//! Functions of numbers.

use std::sync::Arc;

use super::{Call, FunctionCategory, FunctionInfo};
use crate::data::DataType;
use crate::expr::compile::Bound;
use crate::expr::kernels::arith::Arith;
use crate::expr::kernels::calendar::Unit;
use crate::expr::kernels::math::{self, Rounding};
use crate::expr::kernels::time;
use crate::expr::typing::{self, Ty};
use crate::expr::vector::Vector;

const DOUBLE: Ty = Ty::Of(DataType::Double);

const fn function(
    name: &'static str,
    arity: (usize, usize),
    text: [&'static str; 4],
    bind: fn(&mut Call) -> Bound,
) -> FunctionInfo {
    FunctionInfo::new(name, FunctionCategory::Math, arity, text, bind)
}

pub(super) const MATH: &[FunctionInfo] = &[
    function("ABS", (1, 1), ["ABS(x)", "The number without its sign.", "ABS(-7)", "7"], |call| {
        let data_type = call.number(0)?;
        call.finish_some(math::abs(&data_type), Ty::Of(data_type))
    }),
    function(
        "SIGN",
        (1, 1),
        ["SIGN(x)", "−1, 0 or 1, by the sign of the number.", "SIGN(-2.5e0)", "-1"],
        |call| {
            let data_type = call.number(0)?;
            call.finish_some(math::sign(&data_type), Ty::Of(data_type))
        },
    ),
    function(
        "ROUND",
        (1, 2),
        [
            "ROUND(x[, places])",
            "The number rounded half away from zero, to a number of places behind the point.",
            "ROUND(12.345, 2)",
            "12.35",
        ],
        |call| round(call, false),
    ),
    function(
        "TRUNCATE",
        (1, 2),
        [
            "TRUNCATE(x[, places])",
            "The number cut off behind a number of places.",
            "TRUNCATE(12.345, 1)",
            "12.3",
        ],
        |call| round(call, true),
    ),
    function(
        "FLOOR",
        (1, 2),
        [
            "FLOOR(x [TO unit])",
            "The greatest whole number that is not greater; or the beginning of the unit \
             that a time lies in.",
            "FLOOR(TIMESTAMP '2013-01-01 10:31:05' TO HOUR)",
            "2013-01-01 10:00:00.000",
        ],
        |call| whole(call, Rounding::Down),
    ),
    function(
        "CEIL",
        (1, 2),
        [
            "CEIL(x [TO unit])",
            "The least whole number that is not smaller; or the next beginning of a unit of \
             time.",
            "CEIL(1.2)",
            "2",
        ],
        |call| whole(call, Rounding::Up),
    )
    .also(&["CEILING"]),
    function("MOD", (2, 2), ["MOD(a, b)", "The rest of a division, as `a % b`.", "MOD(7, 3)", "1"], |call| {
        let (Some(b), Some(a)) = (call.args.pop(), call.args.pop()) else {
            return Err(call.expected(0, "two numbers"));
        };
        call.binder.arith(Arith::Rem, a, b, call.span)
    }),
    function("POWER", (2, 2), ["POWER(x, y)", "x to the power of y.", "POWER(2, 10)", "1024"], |call| {
        double2(call, f64::powf)
    }),
    function(
        "SQRT",
        (1, 1),
        ["SQRT(x)", "The square root; NaN of a negative number.", "SQRT(2.25)", "1.5"],
        |call| double(call, f64::sqrt),
    ),
    function("EXP", (1, 1), ["EXP(x)", "e to the power of x.", "EXP(0)", "1"], |call| double(call, f64::exp)),
    function(
        "LN",
        (1, 1),
        ["LN(x)", "The natural logarithm. The row is faulty if x is not positive.", "LN(1)", "0"],
        |call| logarithm(call, f64::ln),
    ),
    function(
        "LOG",
        (1, 2),
        [
            "LOG([base, ]x)",
            "The logarithm to a base that is greater than 1, or the natural one.",
            "LOG(2, 8)",
            "3",
        ],
        |call| {
            if call.args.len() == 1 {
                return logarithm(call, f64::ln);
            }
            call.double(0)?;
            call.double(1)?;
            call.finish(math::logarithm_to_base(), DOUBLE)
        },
    ),
    function("LOG10", (1, 1), ["LOG10(x)", "The logarithm to base 10.", "LOG10(1000)", "3"], |call| {
        logarithm(call, f64::log10)
    }),
    function("LOG2", (1, 1), ["LOG2(x)", "The logarithm to base 2.", "LOG2(8)", "3"], |call| {
        logarithm(call, f64::log2)
    }),
    function("SIN", (1, 1), ["SIN(x)", "The sine of an angle in radians.", "SIN(0)", "0"], |call| {
        double(call, f64::sin)
    }),
    function("COS", (1, 1), ["COS(x)", "The cosine of an angle in radians.", "COS(0)", "1"], |call| {
        double(call, f64::cos)
    }),
    function("TAN", (1, 1), ["TAN(x)", "The tangent of an angle in radians.", "TAN(0)", "0"], |call| {
        double(call, f64::tan)
    }),
    function(
        "COT",
        (1, 1),
        ["COT(x)", "The cotangent of an angle in radians.", "ROUND(COT(RADIANS(45)), 9)", "1"],
        |call| double(call, |x| 1.0 / x.tan()),
    ),
    function(
        "ASIN",
        (1, 1),
        ["ASIN(x)", "The angle with this sine, in radians; NaN if there is none.", "ASIN(0)", "0"],
        |call| double(call, f64::asin),
    ),
    function(
        "ACOS",
        (1, 1),
        ["ACOS(x)", "The angle with this cosine, in radians; NaN if there is none.", "ACOS(1)", "0"],
        |call| double(call, f64::acos),
    ),
    function(
        "ATAN",
        (1, 1),
        ["ATAN(x)", "The angle with this tangent, in radians.", "ATAN(0)", "0"],
        |call| double(call, f64::atan),
    ),
    function(
        "ATAN2",
        (2, 2),
        ["ATAN2(y, x)", "The angle of the point (x, y), in radians.", "DEGREES(ATAN2(1, 0))", "90"],
        |call| double2(call, f64::atan2),
    ),
    function("SINH", (1, 1), ["SINH(x)", "The hyperbolic sine.", "SINH(0)", "0"], |call| {
        double(call, f64::sinh)
    }),
    function("COSH", (1, 1), ["COSH(x)", "The hyperbolic cosine.", "COSH(0)", "1"], |call| {
        double(call, f64::cosh)
    }),
    function("TANH", (1, 1), ["TANH(x)", "The hyperbolic tangent.", "TANH(0)", "0"], |call| {
        double(call, f64::tanh)
    }),
    function("PI", (0, 0), ["PI()", "The number π.", "PI()", "3.141592653589793"], |call| {
        constant(call, std::f64::consts::PI)
    }),
    function("E", (0, 0), ["E()", "The number e.", "E()", "2.718281828459045"], |call| {
        constant(call, std::f64::consts::E)
    }),
    function(
        "DEGREES",
        (1, 1),
        ["DEGREES(x)", "An angle in radians as degrees.", "DEGREES(PI())", "180"],
        |call| double(call, f64::to_degrees),
    ),
    function(
        "RADIANS",
        (1, 1),
        ["RADIANS(x)", "An angle in degrees as radians.", "RADIANS(180)", "3.141592653589793"],
        |call| double(call, f64::to_radians),
    ),
];

fn double(call: &mut Call, f: fn(f64) -> f64) -> Bound {
    call.double(0)?;
    call.finish(math::double(f), DOUBLE)
}

fn double2(call: &mut Call, f: fn(f64, f64) -> f64) -> Bound {
    call.double(0)?;
    call.double(1)?;
    call.finish(math::double2(f), DOUBLE)
}

fn logarithm(call: &mut Call, f: fn(f64) -> f64) -> Bound {
    call.double(0)?;
    call.finish(math::logarithm(f), DOUBLE)
}

fn constant(call: &mut Call, value: f64) -> Bound {
    call.finish(Arc::new(move |_, _| Vector::numbers(vec![value], None, true)), DOUBLE)
}

fn round(call: &mut Call, truncate: bool) -> Bound {
    let data_type = call.number(0)?;
    call.whole(1)?;
    let places = match call.args.get(1) {
        None => Some(0),
        Some(node) => node.as_constant().map(|vector| vector.lane::<i64>().at(0)),
    };
    let (ty, to) = match typing::precision_and_scale(&data_type)
        .filter(|_| matches!(data_type, DataType::Decimal(..)))
    {
        None => (data_type.clone(), (0, 0)),
        Some(from) => {
            // Where the places differ from row to row, every place must be kept.
            let to = typing::derive_round(from, places.unwrap_or(i64::from(from.1)));
            (DataType::Decimal(to.0, to.1), to)
        }
    };
    call.finish_some(math::round(&data_type, to, truncate), Ty::Of(ty))
}

fn whole(call: &mut Call, rounding: Rounding) -> Bound {
    if let Some((word, span)) = call.take_word(1) {
        return super::time::rounded(call, &word, span, rounding == Rounding::Up);
    }
    if call.args.len() > 1 {
        return Err(call.expected(1, "a unit, as in FLOOR(time TO HOUR)"));
    }
    let data_type = call.number(0)?;
    let ty = match &data_type {
        DataType::Decimal(precision, _) => DataType::Decimal(*precision, 0),
        data_type => data_type.clone(),
    };
    let precision = if let DataType::Decimal(precision, _) = ty { precision } else { 0 };
    call.finish_some(math::whole(&data_type, rounding, precision), Ty::Of(ty))
}

/// The rounding of times is a function of times; it only shares its name with that of numbers.
pub(super) fn round_time(call: &mut Call, unit: Unit, data_type: &DataType, up: bool) -> Bound {
    call.finish(time::round(unit, data_type, up), Ty::Of(data_type.clone()))
}
