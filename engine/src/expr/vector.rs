//! Columns as kernels see them: an array of values with validity, or one value that holds for every row.

use polars::prelude as pl;
use polars::prelude::{Column, IntoSeries, Series};
use polars_arrow::array::{Array, BinaryViewArray, BooleanArray, PrimitiveArray, StaticArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::types::NativeType;

use super::typing::Ty;
use crate::data::{DataType, Value};
use crate::error::{EngineError, Result};

/// The values of a part of an expression for the rows of a batch.
#[derive(Clone, Debug)]
pub(super) struct Vector {
    pub data: Data,
    /// Whether there is exactly one value, which holds for every row.
    pub constant: bool,
}

/// Values by how they are kept: DATE as I32, TIME, both timestamps and intervals as I64, DECIMAL as I128.
#[derive(Clone, Debug)]
pub(super) enum Data {
    Bool(BooleanArray),
    I8(PrimitiveArray<i8>),
    I16(PrimitiveArray<i16>),
    I32(PrimitiveArray<i32>),
    I64(PrimitiveArray<i64>),
    I128(PrimitiveArray<i128>),
    F32(PrimitiveArray<f32>),
    F64(PrimitiveArray<f64>),
    Text(Utf8ViewArray),
    Bytes(BinaryViewArray),
    /// ARRAY and ROW pass through untouched.
    Nested(Series),
}

/// Number types that arrays hold.
pub(super) trait Physical: NativeType + Default {
    /// The array of a vector that is known to hold this type.
    ///
    /// # Panics
    /// If it holds another: typing went wrong.
    fn of(vector: &Vector) -> &PrimitiveArray<Self>;

    /// Wraps an array.
    fn data(array: PrimitiveArray<Self>) -> Data;
}

macro_rules! physical {
    ($($native:ty => $variant:ident),*) => {
        $(impl Physical for $native {
            fn of(vector: &Vector) -> &PrimitiveArray<$native> {
                match &vector.data {
                    Data::$variant(array) => array,
                    other => mistyped(stringify!($variant), other),
                }
            }
            fn data(array: PrimitiveArray<$native>) -> Data {
                Data::$variant(array)
            }
        })*
    };
}
physical!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, i128 => I128, f32 => F32, f64 => F64);

#[cold]
fn mistyped(expected: &str, found: &Data) -> ! {
    panic!("a kernel for {expected} was given {found:?}")
}

/// The values of an argument by row, also where one value holds for all.
#[derive(Clone, Copy)]
pub(super) struct Lane<'a, T> {
    values: &'a [T],
    mask: usize,
}

impl<T: Copy> Lane<'_, T> {
    #[inline]
    pub fn at(&self, row: usize) -> T {
        self.values[row & self.mask]
    }
}

/// The texts of an argument by row, also where one text holds for all.
#[derive(Clone, Copy)]
pub(super) struct TextLane<'a> {
    array: &'a Utf8ViewArray,
    mask: usize,
}

impl<'a> TextLane<'a> {
    #[inline]
    pub fn at(&self, row: usize) -> &'a str {
        self.array.value(row & self.mask)
    }
}

impl Vector {
    pub fn new(data: Data, constant: bool) -> Vector {
        let vector = Vector { data, constant };
        debug_assert!(!constant || vector.len() == 1, "a constant is one value");
        vector
    }

    /// A vector of numbers.
    pub fn numbers<T: Physical>(values: Vec<T>, validity: Option<Bitmap>, constant: bool) -> Vector {
        Vector::new(T::data(PrimitiveArray::from_vec(values).with_validity_typed(validity)), constant)
    }

    /// A vector of truth values.
    pub fn bools(values: Bitmap, validity: Option<Bitmap>, constant: bool) -> Vector {
        let data_type = polars_arrow::datatypes::ArrowDataType::Boolean;
        Vector::new(Data::Bool(BooleanArray::new(data_type, values, validity)), constant)
    }

    /// How many values are stored: one for a constant.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Nested(series) => series.len(),
            _ => self.array().map_or(0, Array::len),
        }
    }

    fn array(&self) -> Option<&dyn Array> {
        Some(match &self.data {
            Data::Bool(array) => array,
            Data::I8(array) => array,
            Data::I16(array) => array,
            Data::I32(array) => array,
            Data::I64(array) => array,
            Data::I128(array) => array,
            Data::F32(array) => array,
            Data::F64(array) => array,
            Data::Text(array) => array,
            Data::Bytes(array) => array,
            Data::Nested(_) => return None,
        })
    }

    /// Which values are not NULL; `None` if all are.
    pub fn validity(&self) -> Option<Bitmap> {
        match &self.data {
            Data::Nested(series) => (series.null_count() > 0)
                .then(|| series.is_not_null().iter().map(|valid| valid == Some(true)).collect()),
            _ => self.array()?.validity().filter(|validity| validity.unset_bits() > 0).cloned(),
        }
    }

    /// The same values, but NULL where `validity` is not set.
    pub fn with_validity(self, validity: Option<Bitmap>) -> Vector {
        let data = match self.data {
            Data::Bool(array) => Data::Bool(array.with_validity_typed(validity)),
            Data::I8(array) => Data::I8(array.with_validity_typed(validity)),
            Data::I16(array) => Data::I16(array.with_validity_typed(validity)),
            Data::I32(array) => Data::I32(array.with_validity_typed(validity)),
            Data::I64(array) => Data::I64(array.with_validity_typed(validity)),
            Data::I128(array) => Data::I128(array.with_validity_typed(validity)),
            Data::F32(array) => Data::F32(array.with_validity_typed(validity)),
            Data::F64(array) => Data::F64(array.with_validity_typed(validity)),
            Data::Text(array) => Data::Text(array.with_validity(validity)),
            Data::Bytes(array) => Data::Bytes(array.with_validity(validity)),
            Data::Nested(series) => {
                let (name, array) =
                    (series.name().clone(), series.rechunk().to_arrow(0, pl::CompatLevel::newest()));
                let series = Series::try_from((name, array.with_validity(validity)));
                Data::Nested(series.expect("the same values with other NULLs are a column too"))
            }
        };
        Vector { data, constant: self.constant }
    }

    /// Whether it is one NULL for every row.
    pub fn is_null_constant(&self) -> bool {
        self.constant && self.validity().is_some()
    }

    fn mask(&self) -> usize {
        if self.constant { 0 } else { usize::MAX }
    }

    pub fn lane<T: Physical>(&self) -> Lane<'_, T> {
        Lane { values: T::of(self).values().as_slice(), mask: self.mask() }
    }

    /// The texts.
    ///
    /// # Panics
    /// If it holds something else: typing went wrong.
    pub fn text(&self) -> TextLane<'_> {
        match &self.data {
            Data::Text(array) => TextLane { array, mask: self.mask() },
            other => mistyped("Text", other),
        }
    }

    /// The ROWs.
    ///
    /// # Panics
    /// If it holds something else: typing went wrong.
    pub fn rows(&self) -> &pl::StructChunked {
        match &self.data {
            Data::Nested(series) => series.struct_().unwrap_or_else(|_| mistyped("Nested", &self.data)),
            other => mistyped("Nested", other),
        }
    }

    /// The truth values.
    ///
    /// # Panics
    /// If it holds something else: typing went wrong.
    pub fn bool_array(&self) -> &BooleanArray {
        match &self.data {
            Data::Bool(array) => array,
            other => mistyped("Bool", other),
        }
    }

    /// Where it is TRUE and where it is FALSE, each for `n` rows.
    pub fn truth(&self, n: usize) -> (Bitmap, Bitmap) {
        let array = self.bool_array();
        if self.constant {
            let (valid, value) =
                (array.validity().is_none_or(|validity| validity.get_bit(0)), array.value(0));
            return (Bitmap::new_with_value(valid && value, n), Bitmap::new_with_value(valid && !value, n));
        }
        let values = array.values();
        match array.validity() {
            None => (values.clone(), !values),
            Some(validity) => (values & validity, &!values & validity),
        }
    }

    /// One NULL of a type.
    pub fn null(ty: &Ty) -> Vector {
        let validity = Some(Bitmap::new_zeroed(1));
        Vector::zero(ty).with_validity(validity)
    }

    fn zero(ty: &Ty) -> Vector {
        match ty {
            Ty::Null | Ty::Word => Vector::bools(Bitmap::new_zeroed(1), None, true),
            Ty::Months | Ty::Millis => Vector::numbers(vec![0i64], None, true),
            Ty::Of(data_type) => match data_type {
                DataType::Boolean => Vector::bools(Bitmap::new_zeroed(1), None, true),
                DataType::TinyInt => Vector::numbers(vec![0i8], None, true),
                DataType::SmallInt => Vector::numbers(vec![0i16], None, true),
                DataType::Int | DataType::Date => Vector::numbers(vec![0i32], None, true),
                DataType::BigInt | DataType::Time | DataType::Timestamp | DataType::TimestampLtz => {
                    Vector::numbers(vec![0i64], None, true)
                }
                DataType::Decimal(..) => Vector::numbers(vec![0i128], None, true),
                DataType::Float => Vector::numbers(vec![0f32], None, true),
                DataType::Double => Vector::numbers(vec![0f64], None, true),
                DataType::String => Vector::new(Data::Text(Utf8ViewArray::from_slice_values([""])), true),
                DataType::Bytes => {
                    Vector::new(Data::Bytes(BinaryViewArray::from_slice_values([[]; 1])), true)
                }
                DataType::Array(_) | DataType::Row(_) => {
                    Vector::new(Data::Nested(Series::full_null("".into(), 1, &data_type.to_polars())), true)
                }
            },
        }
    }

    /// One text.
    pub fn constant_text(text: &str) -> Vector {
        Vector::new(Data::Text(Utf8ViewArray::from_slice_values([text])), true)
    }

    /// The value of a constant, for messages, SQL text and tests; NULL where it has none.
    pub fn constant_value(&self, ty: &Ty) -> Value {
        if !self.constant || self.validity().is_some() {
            return Value::Null;
        }
        let data_type = ty.data_type();
        match &self.data {
            Data::Bool(array) => Value::Boolean(array.value(0)),
            Data::I8(array) => Value::Int(array.value(0).into()),
            Data::I16(array) => Value::Int(array.value(0).into()),
            Data::I32(array) if data_type == Some(&DataType::Date) => Value::Date(array.value(0)),
            Data::I32(array) => Value::Int(array.value(0).into()),
            Data::I64(array) => match data_type {
                Some(DataType::Time) => Value::Time(array.value(0)),
                Some(DataType::Timestamp | DataType::TimestampLtz) => Value::Timestamp(array.value(0)),
                _ => Value::Int(array.value(0)),
            },
            Data::I128(array) => {
                let scale = if let Some(DataType::Decimal(_, scale)) = data_type { *scale } else { 0 };
                Value::Decimal(array.value(0), scale)
            }
            Data::F32(array) => Value::Double(array.value(0).into()),
            Data::F64(array) => Value::Double(array.value(0)),
            Data::Text(array) => Value::String(array.value(0).to_owned()),
            Data::Bytes(array) => Value::Bytes(array.value(0).to_vec()),
            Data::Nested(series) => Value::Nested(series.to_string()),
        }
    }

    /// The values of a column of the input.
    ///
    /// # Errors
    /// If the column is not of the type that the schema says, which is an internal fault.
    pub fn from_column(column: &Column, data_type: &DataType) -> Result<Vector> {
        let series = column.as_materialized_series();
        if series.dtype() != &data_type.to_polars() {
            let message =
                format!("column `{}` is {} where {data_type} was promised", series.name(), series.dtype());
            return Err(EngineError::internal(message));
        }
        let series = if series.n_chunks() == 1 { series.clone() } else { series.rechunk() };
        let physical = series.to_physical_repr();
        let data = match data_type {
            DataType::Boolean => Data::Bool(physical.bool()?.downcast_as_array().clone()),
            DataType::TinyInt => Data::I8(physical.i8()?.downcast_as_array().clone()),
            DataType::SmallInt => Data::I16(physical.i16()?.downcast_as_array().clone()),
            DataType::Int | DataType::Date => Data::I32(physical.i32()?.downcast_as_array().clone()),
            DataType::BigInt | DataType::Time | DataType::Timestamp | DataType::TimestampLtz => {
                Data::I64(physical.i64()?.downcast_as_array().clone())
            }
            DataType::Decimal(..) => Data::I128(physical.i128()?.downcast_as_array().clone()),
            DataType::Float => Data::F32(physical.f32()?.downcast_as_array().clone()),
            DataType::Double => Data::F64(physical.f64()?.downcast_as_array().clone()),
            DataType::String => Data::Text(physical.str()?.downcast_as_array().clone()),
            DataType::Bytes => Data::Bytes(physical.binary()?.downcast_as_array().clone()),
            DataType::Array(_) | DataType::Row(_) => Data::Nested(series.clone()),
        };
        Ok(Vector::new(data, false))
    }

    /// A column of `n` rows, in one chunk and without a name.
    pub fn into_column(self, data_type: &DataType, n: usize) -> Column {
        let name = pl::PlSmallStr::EMPTY;
        let vector = self.expand(n);
        let series = match vector.data {
            Data::Bool(array) => pl::BooleanChunked::with_chunk(name, array).into_series(),
            Data::I8(array) => pl::Int8Chunked::with_chunk(name, array).into_series(),
            Data::I16(array) => pl::Int16Chunked::with_chunk(name, array).into_series(),
            Data::I32(array) => {
                let numbers = pl::Int32Chunked::with_chunk(name, array);
                if *data_type == DataType::Date {
                    numbers.into_date().into_series()
                } else {
                    numbers.into_series()
                }
            }
            Data::I64(array) => {
                let numbers = pl::Int64Chunked::with_chunk(name, array);
                match data_type {
                    DataType::Time => numbers.into_time().into_series(),
                    DataType::Timestamp | DataType::TimestampLtz => {
                        numbers.into_datetime(pl::TimeUnit::Milliseconds, None).into_series()
                    }
                    _ => numbers.into_series(),
                }
            }
            Data::I128(array) => {
                let (precision, scale) = if let DataType::Decimal(p, s) = data_type {
                    (usize::from(*p), usize::from(*s))
                } else {
                    (38, 0)
                };
                pl::Int128Chunked::with_chunk(name, array)
                    .into_decimal_unchecked(precision, scale)
                    .into_series()
            }
            Data::F32(array) => pl::Float32Chunked::with_chunk(name, array).into_series(),
            Data::F64(array) => pl::Float64Chunked::with_chunk(name, array).into_series(),
            Data::Text(array) => pl::StringChunked::with_chunk(name, array).into_series(),
            Data::Bytes(array) => pl::BinaryChunked::with_chunk(name, array).into_series(),
            Data::Nested(series) => series.with_name(name),
        };
        // Not `Column::from`, which keeps a single row in another form.
        Column::Series(series.into())
    }

    /// As many values as there are rows.
    pub fn expand(self, n: usize) -> Vector {
        fn repeat<T: Physical>(array: &PrimitiveArray<T>, n: usize) -> Data {
            let validity = array.validity().map(|validity| Bitmap::new_with_value(validity.get_bit(0), n));
            T::data(PrimitiveArray::from_vec(vec![array.value(0); n]).with_validity_typed(validity))
        }
        if !self.constant {
            return self;
        }
        let data = match self.data {
            Data::Bool(array) => {
                let validity =
                    array.validity().map(|validity| Bitmap::new_with_value(validity.get_bit(0), n));
                return Vector::bools(Bitmap::new_with_value(array.value(0), n), validity, false);
            }
            Data::I8(array) => repeat(&array, n),
            Data::I16(array) => repeat(&array, n),
            Data::I32(array) => repeat(&array, n),
            Data::I64(array) => repeat(&array, n),
            Data::I128(array) => repeat(&array, n),
            Data::F32(array) => repeat(&array, n),
            Data::F64(array) => repeat(&array, n),
            Data::Text(array) if array.get(0).is_none() => {
                Data::Text(Utf8ViewArray::new_null(polars_arrow::datatypes::ArrowDataType::Utf8View, n))
            }
            Data::Bytes(array) if array.get(0).is_none() => {
                Data::Bytes(BinaryViewArray::new_null(polars_arrow::datatypes::ArrowDataType::BinaryView, n))
            }
            Data::Text(array) => {
                let mut texts = polars_arrow::array::MutableBinaryViewArray::<str>::with_capacity(n);
                texts.extend_constant(n, array.get(0));
                Data::Text(texts.freeze())
            }
            Data::Bytes(array) => {
                let mut bytes = polars_arrow::array::MutableBinaryViewArray::<[u8]>::with_capacity(n);
                bytes.extend_constant(n, array.get(0));
                Data::Bytes(bytes.freeze())
            }
            Data::Nested(series) => Data::Nested(series.new_from_index(0, n)),
        };
        Vector::new(data, false)
    }
}
