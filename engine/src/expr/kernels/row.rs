//! ROWs: their fields.

use std::sync::Arc;

use polars::prelude::Column;

use crate::data::DataType;
use crate::expr::eval::Kernel;
use crate::expr::vector::Vector;

/// Field `at` of a ROW, of the type `data_type`; NULL where the ROW is.
pub(in crate::expr) fn field(at: usize, data_type: DataType) -> Kernel {
    Arc::new(move |args, _| {
        let rows = args[0].rows();
        let field = Column::from(rows.fields_as_series().swap_remove(at));
        let mut field =
            Vector::from_column(&field, &data_type).expect("a field is of the type that its ROW says");
        field.constant = args[0].constant;
        let validity = match (args[0].validity(), field.validity()) {
            (Some(outer), Some(inner)) => Some(&outer & &inner),
            (outer, None) => outer,
            // It has them already.
            (None, Some(_)) => return field,
        };
        if validity.is_some() { field.with_validity(validity) } else { field }
    })
}
