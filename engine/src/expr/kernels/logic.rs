//! Truth values: `NOT`, and the tests that never give NULL.

use std::sync::Arc;

use polars_arrow::bitmap::Bitmap;

use crate::expr::ast::Test;
use crate::expr::eval::Kernel;
use crate::expr::vector::Vector;

/// `NOT x`: NULL stays NULL.
pub(in crate::expr) fn not() -> Kernel {
    Arc::new(|args, _| {
        let array = args[0].bool_array();
        Vector::bools(!array.values(), args[0].validity(), args[0].constant)
    })
}

/// `x IS [NOT] NULL`, `TRUE`, `FALSE` or `UNKNOWN`.
pub(in crate::expr) fn is(test: Test, negated: bool) -> Kernel {
    Arc::new(move |args, _| {
        let (arg, n) = (&args[0], args[0].len());
        let holds = match test {
            Test::Null | Test::Unknown => match arg.validity() {
                None => Bitmap::new_zeroed(n),
                Some(validity) => !&validity,
            },
            Test::True => arg.truth(n).0,
            Test::False => arg.truth(n).1,
        };
        Vector::bools(if negated { !&holds } else { holds }, None, arg.constant)
    })
}

/// The first argument, but NULL where the second is TRUE.
pub(in crate::expr) fn null_where() -> Kernel {
    Arc::new(|args, run| {
        let constant = args[0].constant && args[1].constant;
        let n = if constant { 1 } else { run.n };
        let keep = !&args[1].truth(n).0;
        let vector = if constant { args[0].clone() } else { args[0].clone().expand(n) };
        let validity = match vector.validity() {
            None => keep,
            Some(validity) => &validity & &keep,
        };
        vector.with_validity(Some(validity))
    })
}
