//! From arrays as the library decodes them to columns of our types, and what is no value in them.

use std::sync::Arc;

use polars::prelude as pl;
use polars::prelude::{IntoSeries, NewChunkedArray};
use polars_arrow::array::{
    Array, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, ListArray, PrimitiveArray, StructArray,
    Utf8ViewArray,
};
use polars_arrow::datatypes::{ArrowDataType, Field as ArrowField, TimeUnit};
use polars_arrow::types::NativeType;

use super::schema::FileColumn;
use crate::data::DataType;
use crate::error::{EngineError, Result};

const DAY_NANOS: i64 = 86_400_000_000_000;

/// A decoded column of our type.
#[derive(Clone)]
pub(super) struct Converted {
    pub(super) series: pl::Series,
    /// The rows that hold a value that their type does not have, with what is wrong: in the order of rows, a row perhaps several times.
    pub(super) bad_values: Arc<[(usize, String)]>,
}

/// Places of values that their type does not have, times of day or decimals, and what is wrong with each.
type BadValues = Vec<(usize, String)>;

/// An array of a file's column as a column of the type `to`, which is the file's or wider.
pub(super) fn convert(column: &FileColumn, to: &DataType, array: &dyn Array) -> Result<Converted> {
    let name = &*column.field.name;
    if column.is_nested() {
        let (array, bad_values) = nested(array, &column.arrow.dtype, &column.field.data_type, to)?;
        let series = pl::Series::try_from((pl::PlSmallStr::from(name), array))?;
        return Ok(Converted { series, bad_values: bad_values.into() });
    }
    let arrow = &column.arrow.dtype;
    let series = flat(name, arrow, array)?;
    let series = if column.field.data_type == *to { series } else { series.cast(&to.to_polars())? };
    Ok(Converted { series, bad_values: find_bad_values(arrow, array)?.into() })
}

/// An array with the flat arrays inside of it converted, each as its type asks for.
fn nested(
    array: &dyn Array,
    arrow: &ArrowDataType,
    from: &DataType,
    to: &DataType,
) -> Result<(Box<dyn Array>, BadValues)> {
    match (arrow, from, to) {
        (ArrowDataType::LargeList(arrow), DataType::Array(from), DataType::Array(to)) => {
            let lists = typed::<ListArray<i64>>(array)?;
            let (values, mut bad) = nested(&**lists.values(), &arrow.dtype, from, to)?;
            for (place, _) in &mut bad {
                // The last list that begins at the value or before it: the empty ones before it begin there too.
                *place = lists.offsets().buffer().partition_point(|start| *start <= *place as i64) - 1;
            }
            let item = ArrowField::new("item".into(), values.dtype().clone(), true);
            let dtype = ArrowDataType::LargeList(Box::new(item));
            let (offsets, validity) = (lists.offsets().clone(), lists.validity().cloned());
            Ok((ListArray::try_new(dtype, offsets, values, validity)?.boxed(), bad))
        }
        (ArrowDataType::Struct(arrows), DataType::Row(from), DataType::Row(to)) => {
            let rows = typed::<StructArray>(array)?;
            let (mut fields, mut values, mut bad) = (Vec::new(), Vec::new(), BadValues::new());
            for (((value, arrow), (_, from)), (name, to)) in
                rows.values().iter().zip(arrows).zip(from).zip(to)
            {
                let (value, bad_inside) = nested(&**value, &arrow.dtype, from, to)?;
                fields.push(ArrowField::new(name.into(), value.dtype().clone(), true));
                values.push(value);
                bad.extend(bad_inside);
            }
            bad.sort_by_key(|(row, _)| *row);
            let (dtype, validity) = (ArrowDataType::Struct(fields), rows.validity().cloned());
            Ok((StructArray::try_new(dtype, rows.len(), values, validity)?.boxed(), bad))
        }
        _ => {
            let series = flat("", arrow, array)?;
            let series = if from == to { series } else { series.cast(&to.to_polars())? };
            let bad = find_bad_values(arrow, array)?;
            Ok((series.rechunk().to_arrow(0, pl::CompatLevel::newest()), bad))
        }
    }
}

/// Looks at the array as it was decoded: in the column there is NULL for what is no time of day or has too many digits.
fn find_bad_values(arrow: &ArrowDataType, array: &dyn Array) -> Result<BadValues> {
    let time = |nanos: i64| {
        (!(0..DAY_NANOS).contains(&nanos)).then(|| format!("{nanos} ns after midnight is no time of day"))
    };
    match arrow {
        ArrowDataType::Time32(_) => bad_among::<i32>(array, |millis| time(i64::from(millis) * 1_000_000)),
        ArrowDataType::Time64(TimeUnit::Microsecond) => {
            bad_among::<i64>(array, |micros| time(micros.saturating_mul(1000)))
        }
        ArrowDataType::Time64(_) => bad_among::<i64>(array, time),
        ArrowDataType::Decimal(precision, scale) => bad_among::<i128>(array, |value| {
            (!fits(value, *precision))
                .then(|| format!("{value}e-{scale} has more digits than DECIMAL({precision}, {scale}) holds"))
        }),
        _ => Ok(Vec::new()),
    }
}

fn bad_among<T: NativeType>(array: &dyn Array, wrong: impl Fn(T) -> Option<String>) -> Result<BadValues> {
    let values = typed::<PrimitiveArray<T>>(array)?.iter().enumerate();
    Ok(values.filter_map(|(row, value)| Some((row, wrong(*value?)?))).collect())
}

/// Whether a number has at most `precision` digits, of which there are 38 at most.
fn fits(value: i128, precision: usize) -> bool {
    let above = u32::try_from(precision).ok().and_then(|precision| 10_u128.checked_pow(precision));
    above.is_none_or(|above| value.unsigned_abs() < above)
}

/// A flat array as a column.
fn flat(name: &str, arrow: &ArrowDataType, array: &dyn Array) -> Result<pl::Series> {
    use ArrowDataType as A;
    let name = pl::PlSmallStr::from(name);
    let series = match arrow {
        A::Boolean => {
            pl::BooleanChunked::with_chunk(name, typed::<BooleanArray>(array)?.clone()).into_series()
        }
        A::Int8 => pl::Int8Chunked::with_chunk(name, plain::<i8>(array)?).into_series(),
        A::Int16 => pl::Int16Chunked::with_chunk(name, plain::<i16>(array)?).into_series(),
        A::Int32 => pl::Int32Chunked::with_chunk(name, plain::<i32>(array)?).into_series(),
        A::Int64 => pl::Int64Chunked::with_chunk(name, plain::<i64>(array)?).into_series(),
        A::UInt8 => {
            let (values, validity) = map::<u8, i16>(array, i16::from)?;
            pl::Int16Chunked::from_vec_validity(name, values, validity).into_series()
        }
        A::UInt16 => {
            let (values, validity) = map::<u16, i32>(array, i32::from)?;
            pl::Int32Chunked::from_vec_validity(name, values, validity).into_series()
        }
        A::UInt32 => {
            let (values, validity) = map::<u32, i64>(array, i64::from)?;
            pl::Int64Chunked::from_vec_validity(name, values, validity).into_series()
        }
        A::UInt64 => {
            let (values, validity) = map::<u64, i128>(array, i128::from)?;
            pl::Int128Chunked::from_vec_validity(name, values, validity)
                .into_decimal_unchecked(20, 0)
                .into_series()
        }
        A::Float32 => pl::Float32Chunked::with_chunk(name, plain::<f32>(array)?).into_series(),
        A::Float64 => pl::Float64Chunked::with_chunk(name, plain::<f64>(array)?).into_series(),
        A::Decimal(precision, scale) => {
            let values = typed::<PrimitiveArray<i128>>(array)?;
            let numbers = if values.values().iter().all(|value| fits(*value, *precision)) {
                pl::Int128Chunked::with_chunk(name, plain::<i128>(array)?)
            } else {
                let fitting = |value: Option<&i128>| value.copied().filter(|value| fits(*value, *precision));
                pl::Int128Chunked::from_iter_options(name, values.iter().map(fitting))
            };
            numbers.into_decimal_unchecked(*precision, *scale).into_series()
        }
        A::Utf8View => {
            pl::StringChunked::with_chunk(name, typed::<Utf8ViewArray>(array)?.clone()).into_series()
        }
        A::BinaryView => {
            pl::BinaryChunked::with_chunk(name, typed::<BinaryViewArray>(array)?.clone()).into_series()
        }
        A::FixedSizeBinary(_) => {
            let fixed = typed::<FixedSizeBinaryArray>(array)?;
            let mut builder = pl::BinaryChunkedBuilder::new(name, fixed.len());
            for value in fixed.iter() {
                builder.append_option(value);
            }
            builder.finish().into_series()
        }
        A::Date32 => pl::Int32Chunked::with_chunk(name, plain::<i32>(array)?).into_date().into_series(),
        A::Time32(_) => {
            let (values, validity) = map::<i32, i64>(array, |millis| i64::from(millis) * 1_000_000)?;
            pl::Int64Chunked::from_vec_validity(name, values, validity).into_time().into_series()
        }
        A::Time64(unit) => {
            let per_milli = per_milli(*unit);
            let (values, validity) =
                map::<i64, i64>(array, |time| time.div_euclid(per_milli).saturating_mul(1_000_000))?;
            pl::Int64Chunked::from_vec_validity(name, values, validity).into_time().into_series()
        }
        A::Timestamp(unit, _) => {
            let millis = match unit {
                TimeUnit::Millisecond => pl::Int64Chunked::with_chunk(name, plain::<i64>(array)?),
                unit => {
                    // Constants, so that no division is made.
                    let (values, validity) = match unit {
                        TimeUnit::Second => map::<i64, i64>(array, |time| time.saturating_mul(1000))?,
                        TimeUnit::Microsecond => map::<i64, i64>(array, |time| time.div_euclid(1000))?,
                        _ => map::<i64, i64>(array, |time| time.div_euclid(1_000_000))?,
                    };
                    pl::Int64Chunked::from_vec_validity(name, values, validity)
                }
            };
            millis.into_datetime(pl::TimeUnit::Milliseconds, None).into_series()
        }
        other => return Err(EngineError::internal(format!("a column of the type {other:?} was to be read"))),
    };
    Ok(series)
}

fn per_milli(unit: TimeUnit) -> i64 {
    if unit == TimeUnit::Microsecond { 1000 } else { 1_000_000 }
}

fn typed<T: 'static>(array: &dyn Array) -> Result<&T> {
    array
        .as_any()
        .downcast_ref()
        .ok_or_else(|| EngineError::internal(format!("a column was decoded into {:?}", array.dtype())))
}

/// Numbers without a logical type, for the column carries it.
fn plain<T: NativeType>(array: &dyn Array) -> Result<PrimitiveArray<T>> {
    let array = typed::<PrimitiveArray<T>>(array)?;
    Ok(PrimitiveArray::new(T::PRIMITIVE.into(), array.values().clone(), array.validity().cloned()))
}

type Mapped<T> = (Vec<T>, Option<polars_arrow::bitmap::Bitmap>);

fn map<S: NativeType, T>(array: &dyn Array, each: impl Fn(S) -> T) -> Result<Mapped<T>> {
    let array = typed::<PrimitiveArray<S>>(array)?;
    Ok((array.values().iter().map(|value| each(*value)).collect(), array.validity().cloned()))
}
