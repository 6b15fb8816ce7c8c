//! The columns of a file, by its schema: how each is decoded and what its values become.
//!
//! Nested columns are laid out by our own reading of Parquet's rules and not by the library's, which takes the elements of legacy lists
//! and of repeated fields for more or less nullable than they are, and so would misread their levels.

use std::collections::BTreeSet;
use std::ops::Range;

use polars_arrow::datatypes::{ArrowDataType, Field as ArrowField, TimeUnit};
use polars_parquet::parquet::metadata::FileMetadata;
use polars_parquet::parquet::schema::Repetition;
use polars_parquet::parquet::schema::types::{
    GroupConvertedType, GroupLogicalType, ParquetType, PhysicalType, PrimitiveConvertedType,
    PrimitiveLogicalType, PrimitiveType,
};
use polars_parquet::read::schema::{SchemaInferenceOptions, parquet_to_arrow_schema_with_options};
use polars_parquet_format::thrift::protocol::{ReadThrift, TCompactInputProtocol, TInputProtocol, TType};
use polars_parquet_format::{SchemaElement, thrift};

use crate::data::{DataType, Field};
use crate::error::{EngineError, Result};

const MAX_COLUMNS: usize = 4096;
/// The most columns, fields and lists of all columns together.
const MAX_ELEMENTS: u32 = 1 << 16;
/// How deep columns may be nested: the library reads them by recursion.
const MAX_DEPTH: usize = 64;

/// A column of a file.
#[derive(Clone, Debug)]
pub(super) struct FileColumn {
    /// Its name and the type that its values become.
    pub(super) field: Field,
    /// The form that it is decoded into first.
    pub(super) arrow: ArrowField,
    /// Its numbers among the chunks of a row group: one, or for a nested column one for each flat field inside.
    pub(super) leaves: Range<usize>,
    /// Whether a row can have several values, or none, in a chunk.
    pub(super) is_repeated: bool,
}

impl FileColumn {
    /// Whether it is an ARRAY or a ROW.
    pub(super) fn is_nested(&self) -> bool {
        matches!(self.field.data_type, DataType::Array(_) | DataType::Row(_))
    }
}

/// Columns that cannot be read: their names and what they are.
pub(super) type Unsupported = Vec<(String, String)>;

/// The columns of a file: those that can be read, and name and type of the others.
pub(super) fn columns(metadata: &FileMetadata, name: &str) -> Result<(Vec<FileColumn>, Unsupported)> {
    let fields = metadata.schema().fields();
    if fields.len() > MAX_COLUMNS {
        return Err(EngineError::data(format!(
            "`{name}` has {} columns; at most {MAX_COLUMNS} can be read",
            fields.len()
        )));
    }
    let (mut columns, mut unsupported) = (Vec::new(), Vec::new());
    let mut names = BTreeSet::new();
    let mut leaf = 0;
    for parquet in fields {
        let leaves = leaf..leaf + n_leaves(parquet);
        leaf = leaves.end;
        if !names.insert(parquet.name()) {
            return Err(EngineError::data(format!("`{name}` has two columns `{}`", parquet.name())));
        }
        match shape(parquet) {
            Ok((arrow, data_type)) => {
                let field = Field { name: parquet.name().into(), data_type, nullable: arrow.is_nullable };
                let is_repeated = leaves.clone().any(|leaf| {
                    let descriptor = metadata.schema().columns().get(leaf);
                    descriptor.is_some_and(|column| column.descriptor.max_rep_level > 0)
                });
                columns.push(FileColumn { field, arrow, leaves, is_repeated });
            }
            Err(what) => unsupported.push((parquet.name().to_owned(), what)),
        }
    }
    Ok((columns, unsupported))
}

fn n_leaves(field: &ParquetType) -> usize {
    match field {
        ParquetType::PrimitiveType(_) => 1,
        ParquetType::GroupType { fields, .. } => fields.iter().map(n_leaves).sum(),
    }
}

/// How a field is decoded and what it becomes; where it cannot be read, what it is.
type Shape = Result<(ArrowField, DataType), String>;

fn shape(parquet: &ParquetType) -> Shape {
    match repetition(parquet) {
        // Repeated without being called a list, as protocol buffers have it: a list that is never NULL, of values that never are.
        Repetition::Repeated => Ok(list(parquet.name(), one(parquet, false)?, false)),
        repetition => one(parquet, repetition == Repetition::Optional),
    }
}

fn repetition(parquet: &ParquetType) -> Repetition {
    parquet.get_field_info().repetition
}

/// A field without regard to whether it is repeated.
fn one(parquet: &ParquetType, nullable: bool) -> Shape {
    match parquet {
        ParquetType::PrimitiveType(primitive) => flat(primitive, nullable),
        ParquetType::GroupType { field_info, logical_type, converted_type, fields } => {
            let name = field_info.name.as_str();
            match (logical_type, converted_type) {
                (Some(GroupLogicalType::List), _) | (None, Some(GroupConvertedType::List)) => {
                    Ok(list(name, element(name, fields)?, nullable))
                }
                (Some(GroupLogicalType::Map), _)
                | (None, Some(GroupConvertedType::Map | GroupConvertedType::MapKeyValue)) => {
                    Ok(list(name, entry(fields)?, nullable))
                }
                (None, None) => row(name, fields, nullable),
            }
        }
    }
}

/// The elements of a list, by the rules for old and new writers in Parquet's `LogicalTypes.md`.
fn element(list: &str, fields: &[ParquetType]) -> Shape {
    let [repeated] = fields else { return Err("a list that is not built as one".to_owned()) };
    if repetition(repeated) != Repetition::Repeated {
        return Err("a list that is not built as one".to_owned());
    }
    match repeated {
        ParquetType::GroupType { fields, .. } => match fields.as_slice() {
            // In the form of today the repeated group is there for the sake of its only field.
            [inner]
                if repetition(inner) != Repetition::Repeated
                    && repeated.name() != "array"
                    && repeated.name().strip_suffix("_tuple") != Some(list) =>
            {
                one(inner, repetition(inner) == Repetition::Optional)
            }
            _ => one(repeated, false),
        },
        ParquetType::PrimitiveType(_) => one(repeated, false),
    }
}

/// The entries of a map: rows of `key` and `value`, whatever the writer calls them.
fn entry(fields: &[ParquetType]) -> Shape {
    let wrong = || "a map that is not built as one".to_owned();
    let [ParquetType::GroupType { fields: inner, field_info, .. }] = fields else { return Err(wrong()) };
    if field_info.repetition != Repetition::Repeated || !matches!(inner.len(), 1 | 2) {
        return Err(wrong());
    }
    let named = inner.iter().zip(["key", "value"]).map(|(field, name)| (name.to_owned(), shape(field)));
    row_of(&field_info.name, named, false)
}

fn row(name: &str, fields: &[ParquetType], nullable: bool) -> Shape {
    row_of(name, fields.iter().map(|field| (field.name().to_owned(), shape(field))), nullable)
}

fn row_of(name: &str, fields: impl Iterator<Item = (String, Shape)>, nullable: bool) -> Shape {
    let (mut arrows, mut types) = (Vec::new(), Vec::<(String, DataType)>::new());
    for (field, shape) in fields {
        if types.iter().any(|(other, _)| *other == field) {
            return Err(format!("nested with two fields `{field}`"));
        }
        let (mut arrow, data_type) = shape.map_err(|what| format!("nested, with `{field}` {what}"))?;
        arrow.name = field.as_str().into();
        arrows.push(arrow);
        types.push((field, data_type));
    }
    if types.is_empty() {
        return Err("nested without fields".to_owned());
    }
    let arrow = ArrowField::new(name.into(), ArrowDataType::Struct(arrows), nullable);
    Ok((arrow, DataType::Row(types)))
}

fn list(name: &str, (inner, data_type): (ArrowField, DataType), nullable: bool) -> (ArrowField, DataType) {
    let arrow = ArrowField::new(name.into(), ArrowDataType::LargeList(Box::new(inner)), nullable);
    (arrow, DataType::Array(Box::new(data_type)))
}

fn flat(primitive: &PrimitiveType, nullable: bool) -> Shape {
    // Milliseconds, for the widest range; finer parts would be floored anyway.
    let options = Some(SchemaInferenceOptions { int96_coerce_to_timeunit: TimeUnit::Millisecond });
    let mut required = primitive.clone();
    required.field_info.repetition = Repetition::Required;
    let schema = parquet_to_arrow_schema_with_options(&[ParquetType::PrimitiveType(required)], &options);
    let Some((_, arrow)) = schema.get_at_index(0) else { return Err("of no type".to_owned()) };
    let is_text = matches!(
        (primitive.logical_type, primitive.converted_type),
        (Some(PrimitiveLogicalType::Json | PrimitiveLogicalType::Enum), _)
            | (_, Some(PrimitiveConvertedType::Json | PrimitiveConvertedType::Enum))
    );
    let arrow = if is_text && arrow.dtype == ArrowDataType::BinaryView {
        ArrowDataType::Utf8View
    } else {
        arrow.dtype.clone()
    };
    let is_wide = matches!(arrow, ArrowDataType::Decimal(..))
        && matches!(primitive.physical_type, PhysicalType::FixedLenByteArray(17..));
    match data_type(&arrow).filter(|_| !is_wide) {
        Some(data_type) => {
            Ok((ArrowField::new(primitive.field_info.name.clone(), arrow, nullable), data_type))
        }
        None => Err(format!("of the type {arrow:?}")),
    }
}

/// The type that values of an Arrow type become, where they can be read.
fn data_type(arrow: &ArrowDataType) -> Option<DataType> {
    use ArrowDataType as A;
    Some(match arrow {
        A::Boolean => DataType::Boolean,
        A::Int8 => DataType::TinyInt,
        A::Int16 | A::UInt8 => DataType::SmallInt,
        A::Int32 | A::UInt16 => DataType::Int,
        A::Int64 | A::UInt32 => DataType::BigInt,
        A::UInt64 => DataType::Decimal(20, 0),
        A::Float32 => DataType::Float,
        A::Float64 => DataType::Double,
        A::Decimal(precision @ 1..=38, scale) if scale <= precision => {
            DataType::Decimal(*precision as u8, *scale as u8)
        }
        A::Utf8View => DataType::String,
        A::BinaryView | A::FixedSizeBinary(1..) => DataType::Bytes,
        A::Date32 => DataType::Date,
        A::Time32(TimeUnit::Millisecond) | A::Time64(TimeUnit::Microsecond | TimeUnit::Nanosecond) => {
            DataType::Time
        }
        A::Timestamp(_, None) => DataType::Timestamp,
        A::Timestamp(_, Some(_)) => DataType::TimestampLtz,
        _ => return None,
    })
}

/// Checks that the schema in a footer is neither large nor deep, before the library follows it into its depth, and that no column is
/// encrypted, which the library does not look at.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_footer(footer: &[u8]) -> Result<(), String> {
    let mut bytes = footer;
    // Counted in what is kept in memory of it, which here is nothing but a name at a time.
    let limit = bytes.len().saturating_mul(16);
    let mut protocol = TCompactInputProtocol::new(&mut bytes, limit);
    let unreadable = |error| format!("its schema cannot be read: {error}");
    protocol.read_struct_begin().map_err(unreadable)?;
    loop {
        let field = protocol.read_field_begin().map_err(unreadable)?;
        match (field.field_type, field.id) {
            (TType::Stop, _) => return Err("it has no schema".to_owned()),
            (TType::List, Some(2)) => break,
            (other, _) => skip(&mut protocol, other, MAX_DEPTH).map_err(unreadable)?,
        }
    }
    let n_elements = protocol.read_list_begin().map_err(unreadable)?.size;
    if n_elements > MAX_ELEMENTS {
        return Err(format!("its schema has {n_elements} parts; at most {MAX_ELEMENTS} can be read"));
    }
    // How many children are still to come, for each group that the element at hand lies in.
    let mut open: Vec<i32> = Vec::new();
    for _ in 0..n_elements {
        let element: SchemaElement = ReadThrift::read_from_in_protocol(&mut protocol).map_err(unreadable)?;
        while open.last() == Some(&0) {
            open.pop();
        }
        if let Some(n_left) = open.last_mut() {
            *n_left -= 1;
        }
        if let Some(n_children @ 1..) = element.num_children {
            open.push(n_children);
        }
        if open.len() > MAX_DEPTH {
            return Err(format!("its columns are nested more than {MAX_DEPTH} deep"));
        }
    }
    protocol.read_list_end().map_err(unreadable)?;
    loop {
        let field = protocol.read_field_begin().map_err(unreadable)?;
        match (field.field_type, field.id) {
            (TType::Stop, _) => return Ok(()),
            // The algorithm by which some columns are encrypted, though the footer is not.
            (_, Some(8)) => {
                return Err("some of its columns are encrypted, which is not supported".to_owned());
            }
            (other, _) => skip(&mut protocol, other, MAX_DEPTH).map_err(unreadable)?,
        }
    }
}

/// Passes over a value. The library's own way asks every text to be UTF-8, which the bounds in statistics are not.
fn skip(protocol: &mut impl TInputProtocol, kind: TType, depth: usize) -> thrift::Result<()> {
    match kind {
        TType::String => protocol.read_bytes().map(drop),
        TType::Struct if depth > 0 => {
            protocol.read_struct_begin()?;
            loop {
                match protocol.read_field_begin()?.field_type {
                    TType::Stop => break,
                    inner => skip(protocol, inner, depth - 1)?,
                }
            }
            protocol.read_struct_end()
        }
        TType::List if depth > 0 => {
            let list = protocol.read_list_begin()?;
            (0..list.size).try_for_each(|_| skip(protocol, list.element_type, depth - 1))?;
            protocol.read_list_end()
        }
        flat => protocol.skip(flat),
    }
}
