//! Rows as Parquet: gathered until a row group is complete, then encoded column by column.
//!
//! Where a row group ends depends on the rows alone, and where a page ends on the values of the row group, so that the bytes are the same
//! however the rows came.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use polars::error::PolarsError;
use polars::prelude as pl;
use polars_arrow::array::{Array, PrimitiveArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field as ArrowField, TimeUnit};
use polars_arrow::types::NativeType;
use polars_parquet::parquet::error::ParquetError;
use polars_parquet::write::{
    CompressionOptions, Compressor, DynIter, DynStreamingIterator, FallibleStreamingIterator, FileWriter,
    StatisticsOptions, Version, WriteOptions, array_to_columns, get_dtype_encoding,
};

use super::{Compression, dictionary};
use crate::connector::file_sink::{Encoder, Format};
use crate::data::{Batch, DataType, EdgeType, Field};
use crate::error::{EngineError, Result};

/// The bytes of a text that are kept as the least or greatest value of a column.
const STATISTICS_BYTES: u64 = 64;
/// How many pieces a column is held in before they are put together.
const MAX_CHUNKS: usize = 64;

/// How row groups are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parquet {
    pub(super) compression: Compression,
    pub(super) group_rows: u64,
    /// As columns are held in memory.
    pub(super) group_bytes: u64,
}

impl Format for Parquet {
    fn encoder(&self, edge: &EdgeType) -> Result<Box<dyn Encoder>> {
        let fields = edge.schema.fields().to_vec();
        let schema: ArrowSchema = fields
            .iter()
            .map(|field| {
                let arrow = arrow_type(&field.data_type, true);
                (
                    field.name.as_ref().into(),
                    ArrowField::new(field.name.as_ref().into(), arrow, field.nullable),
                )
            })
            .collect();
        let statistics = StatisticsOptions {
            binary_statistics_truncate_length: Some(STATISTICS_BYTES),
            ..StatisticsOptions::default()
        };
        let compression = match self.compression {
            Compression::Zstd => CompressionOptions::Zstd(None),
            Compression::Snappy => CompressionOptions::Snappy,
            Compression::None => CompressionOptions::Uncompressed,
        };
        let options = WriteOptions { statistics, version: Version::V1, compression, data_page_size: None };
        let out = Shared::default();
        let writer = FileWriter::try_new(out.clone(), schema, options)
            .map_err(|error| EngineError::flow("a column has no form in Parquet").because(error))?;
        Ok(Box::new(ParquetEncoder {
            format: *self,
            columns: vec![None; fields.len()],
            fields,
            writer,
            out,
            options,
            group_rows: 0,
            group_bytes: 0,
            n_bytes: 0,
        }))
    }
}

/// A Parquet file so far.
struct ParquetEncoder {
    format: Parquet,
    fields: Vec<Field>,
    /// The row group so far, column by column; nothing before its first rows.
    columns: Vec<Option<pl::Series>>,
    writer: FileWriter<Shared>,
    out: Shared,
    options: WriteOptions,
    group_rows: u64,
    group_bytes: u64,
    n_bytes: u64,
}

impl Encoder for ParquetEncoder {
    fn begin(&mut self, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn rows(&mut self, batch: &Batch, picks: &[u32], max_bytes: u64, into: &mut Vec<u8>) -> Result<usize> {
        let sizes = row_bytes(batch, picks)?;
        let mut taken = 0;
        while taken < picks.len() && self.n_bytes < max_bytes {
            let start = taken;
            while taken < picks.len()
                && self.n_bytes < max_bytes
                && self.group_rows < self.format.group_rows
                && self.group_bytes < self.format.group_bytes
            {
                self.n_bytes += sizes[taken];
                self.group_bytes += sizes[taken];
                self.group_rows += 1;
                taken += 1;
            }
            self.gather(batch, &picks[start..taken])?;
            if self.group_rows >= self.format.group_rows || self.group_bytes >= self.format.group_bytes {
                self.write_group(into)?;
            }
        }
        Ok(taken)
    }

    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn finish(&mut self, into: &mut Vec<u8>) -> Result<()> {
        if self.group_rows > 0 {
            self.write_group(into)?;
        }
        // Without Arrow's own schema beside Parquet's, which says all there is to say.
        self.writer.end(Some(Vec::new())).map_err(failed)?;
        self.out.take(into);
        Ok(())
    }
}

impl ParquetEncoder {
    /// Adds rows to the row group.
    fn gather(&mut self, batch: &Batch, picks: &[u32]) -> Result<()> {
        let picked = batch.gather(picks)?;
        for (kept, column) in self.columns.iter_mut().zip(picked.frame().columns()) {
            let series = column.as_materialized_series();
            match kept {
                None => *kept = Some(series.clone()),
                Some(kept) => {
                    kept.append(series)?;
                    if kept.n_chunks() > MAX_CHUNKS {
                        *kept = kept.rechunk();
                    }
                }
            }
        }
        Ok(())
    }

    /// Encodes the row group.
    fn write_group(&mut self, into: &mut Vec<u8>) -> Result<()> {
        let n_rows = std::mem::take(&mut self.group_rows);
        self.group_bytes = 0;
        let types = self.writer.parquet_schema().fields().to_vec();
        let mut chunks = Vec::with_capacity(self.fields.len());
        for ((kept, field), parquet) in self.columns.iter_mut().zip(&self.fields).zip(types) {
            let series = kept.take().ok_or_else(|| EngineError::internal("a row group has no rows"))?;
            let array = array(&series.rechunk(), &field.data_type)?;
            let mut encodings = get_dtype_encoding(array.dtype());
            dictionary::choose(&*array, &mut encodings);
            let is_nested = matches!(field.data_type, DataType::Array(_) | DataType::Row(_));
            // Where the pages of nested columns end would depend on how their bitmaps are held.
            let data_page_size = is_nested.then_some(usize::MAX);
            let statistics = statistics(&*array, self.options.statistics);
            let options = WriteOptions { data_page_size, statistics, ..self.options };
            for pages in array_to_columns(array, parquet, options, &encodings)? {
                let pages = pages.map(|page| page.map_err(ParquetError::from));
                let pages = Compressor::new(DynIter::new(pages), self.options.compression, Vec::new());
                chunks.push(Ok(DynStreamingIterator::new(pages.map_err(PolarsError::from))));
            }
        }
        self.writer.write(n_rows, DynIter::new(chunks.into_iter())).map_err(failed)?;
        self.out.take(into);
        Ok(())
    }
}

/// The digits of the longest decimals that are written as integers. Longer ones are bytes.
const MOST_INT_DIGITS: usize = 18;

/// What is said of a column's values: not their bounds where the writer would put them together wrongly from those of several pages,
/// as it compares decimals in bytes without their sign, and NaN with nothing. Readers drop rows by these bounds.
fn statistics(array: &dyn Array, of_others: StatisticsOptions) -> StatisticsOptions {
    let is_in_doubt = match array.dtype() {
        ArrowDataType::Decimal(precision, _) => *precision > MOST_INT_DIGITS,
        ArrowDataType::Float32 => has_nan::<f32>(array, f32::is_nan),
        ArrowDataType::Float64 => has_nan::<f64>(array, f64::is_nan),
        ArrowDataType::LargeList(_) | ArrowDataType::Struct(_) => true,
        _ => false,
    };
    StatisticsOptions {
        min_value: of_others.min_value && !is_in_doubt,
        max_value: of_others.max_value && !is_in_doubt,
        ..of_others
    }
}

fn has_nan<T: NativeType>(array: &dyn Array, is_nan: impl Fn(T) -> bool) -> bool {
    let numbers = array.as_any().downcast_ref::<PrimitiveArray<T>>();
    numbers.is_none_or(|numbers| numbers.non_null_values_iter().any(is_nan))
}

fn failed(error: PolarsError) -> EngineError {
    EngineError::internal("a row group could not be encoded").because(error)
}

/// What the rows `picks` take as columns are held, each.
fn row_bytes(batch: &Batch, picks: &[u32]) -> Result<Vec<u64>> {
    let mut fixed = 0;
    let mut varying: Vec<(&pl::Series, &DataType)> = Vec::new();
    for (column, field) in batch.frame().columns().iter().zip(batch.edge().schema.fields()) {
        fixed += match field.data_type {
            DataType::Boolean | DataType::TinyInt => 1,
            DataType::SmallInt => 2,
            DataType::Int | DataType::Float | DataType::Date => 4,
            DataType::Decimal(..) => 16,
            DataType::String | DataType::Bytes | DataType::Array(_) | DataType::Row(_) => {
                varying.push((column.as_materialized_series(), &field.data_type));
                16
            }
            _ => 8,
        };
    }
    let mut sizes = vec![fixed; picks.len()];
    for (series, data_type) in varying {
        match data_type {
            DataType::String => {
                let texts = series.str()?;
                for (size, row) in sizes.iter_mut().zip(picks) {
                    *size += texts.get(*row as usize).map_or(0, |text| text.len() as u64);
                }
            }
            DataType::Bytes => {
                let bytes = series.binary()?;
                for (size, row) in sizes.iter_mut().zip(picks) {
                    *size += bytes.get(*row as usize).map_or(0, |bytes| bytes.len() as u64);
                }
            }
            _ => {
                for (size, row) in sizes.iter_mut().zip(picks) {
                    // Its text is about as long, and depends on nothing but the value.
                    *size += series.get(*row as usize)?.to_string().len() as u64;
                }
            }
        }
    }
    Ok(sizes)
}

/// The Arrow type from which Parquet's follows. A column's own time of day is in milliseconds; inside of others it is as it is kept.
fn arrow_type(data_type: &DataType, is_column: bool) -> ArrowDataType {
    use ArrowDataType as A;
    match data_type {
        DataType::Boolean => A::Boolean,
        DataType::TinyInt => A::Int8,
        DataType::SmallInt => A::Int16,
        DataType::Int => A::Int32,
        DataType::BigInt => A::Int64,
        DataType::Float => A::Float32,
        DataType::Double => A::Float64,
        DataType::Decimal(precision, scale) => A::Decimal(usize::from(*precision), usize::from(*scale)),
        DataType::String => A::Utf8View,
        DataType::Bytes => A::BinaryView,
        DataType::Date => A::Date32,
        DataType::Time if is_column => A::Time32(TimeUnit::Millisecond),
        DataType::Time => A::Time64(TimeUnit::Nanosecond),
        DataType::Timestamp => A::Timestamp(TimeUnit::Millisecond, None),
        DataType::TimestampLtz => A::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        DataType::Array(inner) => {
            A::LargeList(Box::new(ArrowField::new("item".into(), arrow_type(inner, false), true)))
        }
        DataType::Row(fields) => A::Struct(
            fields
                .iter()
                .map(|(name, inner)| ArrowField::new(name.into(), arrow_type(inner, false), true))
                .collect(),
        ),
    }
}

/// A column of one chunk as an array of its Arrow type, with a bitmap only if it holds NULL, and one that depends on nothing else.
fn array(series: &pl::Series, data_type: &DataType) -> Result<Box<dyn Array>> {
    let array = series.to_arrow(0, pl::CompatLevel::newest());
    let of_numbers = |array: &dyn Array| {
        let numbers = array.as_any().downcast_ref::<PrimitiveArray<i64>>().cloned();
        numbers.ok_or_else(|| EngineError::internal(format!("a column was held as {:?}", array.dtype())))
    };
    let array = match data_type {
        DataType::Time => {
            let nanos = of_numbers(&*array)?;
            // A day has fewer milliseconds than 32 bits can count.
            let millis: Vec<i32> =
                nanos.values().iter().map(|nanos| nanos.div_euclid(1_000_000) as i32).collect();
            let validity = nanos.validity().cloned();
            PrimitiveArray::new(arrow_type(data_type, true), millis.into(), validity).boxed()
        }
        DataType::TimestampLtz => of_numbers(&*array)?.to(arrow_type(data_type, true)).boxed(),
        _ => array,
    };
    if matches!(data_type, DataType::Array(_) | DataType::Row(_)) {
        return Ok(array);
    }
    let validity = array.validity().filter(|validity| validity.unset_bits() > 0);
    let validity = validity.map(|validity| validity.iter().collect::<Bitmap>());
    Ok(array.with_validity(validity))
}

/// The bytes that the writer has given out, which it keeps to itself else.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn take(&self, into: &mut Vec<u8>) {
        into.append(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
