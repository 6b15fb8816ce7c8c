//! Parquet: good files of every common writer, and damage to their footers and page headers that leaves the rest in good order.

use std::path::Path;

use polars_parquet_format::thrift::protocol::{TCompactInputProtocol, TCompactOutputProtocol};
use polars_parquet_format::{
    CompressionCodec, ConvertedType, Encoding, FieldRepetitionType, FileMetaData, PageHeader, PageType,
    SchemaElement, Type,
};

use super::bytes;
use crate::Dice;

/// The files of other writers in a folder. Those that are not compressed come several times: in them damage goes deepest.
pub(super) fn seeds(data: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(data)? {
        paths.push(entry?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "parquet"));
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let bytes = std::fs::read(path)?;
        let n_times = if is_plain(&bytes) { 3 } else { 1 };
        files.extend(std::iter::repeat_n(bytes, n_times));
    }
    Ok(files)
}

fn is_plain(file: &[u8]) -> bool {
    let Some((_, footer)) = split(file) else { return false };
    let mut chunks = footer.row_groups.iter().flat_map(|group| &group.columns);
    chunks.all(|chunk| {
        chunk.meta_data.as_ref().is_some_and(|chunk| chunk.codec == CompressionCodec::UNCOMPRESSED)
    })
}

/// A damaged file.
pub(super) fn damaged(files: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let any = |dice: &mut Dice| &files[dice.below(files.len() as u64) as usize];
    let file = any(dice);
    let in_form = match dice.below(8) {
        0 => None,
        1..4 => with_other_footer(file, dice),
        _ => with_other_pages(file, dice),
    };
    let mut file = match in_form {
        Some(file) if dice.below(4) > 0 => return file,
        Some(file) => file,
        None if dice.below(8) == 0 => bytes::spliced(file, any(dice), dice),
        None => file.clone(),
    };
    let n_file = file.len();
    bytes::damage(&mut file, n_file, dice);
    file
}

/// The bytes before the footer, and the footer.
fn split(file: &[u8]) -> Option<(&[u8], FileMetaData)> {
    let end = file.len().checked_sub(8)?;
    let n_footer = u32::from_le_bytes(file[end..end + 4].try_into().ok()?) as usize;
    let start = end.checked_sub(n_footer)?;
    let mut footer = &file[start..end];
    let limit = 64 * footer.len();
    let footer =
        FileMetaData::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut footer, limit)).ok()?;
    Some((&file[..start], footer))
}

fn joined(mut body: Vec<u8>, footer: &FileMetaData) -> Option<Vec<u8>> {
    let start = body.len();
    footer.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut body)).ok()?;
    let n_footer = u32::try_from(body.len() - start).ok()?;
    body.extend_from_slice(&n_footer.to_le_bytes());
    body.extend_from_slice(b"PAR1");
    Some(body)
}

fn odd_long(number: &mut i64, dice: &mut Dice) {
    *number = match dice.below(5) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => number.wrapping_mul(2),
        3 => *number / 2,
        _ => bytes::odd_number(dice),
    };
}

fn odd_int(number: &mut i32, dice: &mut Dice) {
    let mut long = i64::from(*number);
    odd_long(&mut long, dice);
    *number = long as i32;
}

/// The number of a kind among few, seldom one that there is not.
fn kind(n_kinds: u64, dice: &mut Dice) -> i32 {
    if dice.below(10) == 0 { bytes::odd_number(dice) as i32 } else { dice.below(n_kinds) as i32 }
}

fn with_other_footer(file: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let (body, mut footer) = split(file)?;
    for _ in 0..=dice.below(3) {
        match dice.below(12) {
            0 => odd_long(&mut footer.num_rows, dice),
            1..5 => {
                let n = footer.schema.len() as u64;
                let idx = dice.below(n) as usize;
                match dice.below(8) {
                    0 => drop(footer.schema.remove(idx)),
                    1 => {
                        let element = footer.schema[idx].clone();
                        footer.schema.insert(dice.below(n) as usize, element);
                    }
                    2 => footer.schema.swap(idx, dice.below(n) as usize),
                    _ => other_element(&mut footer.schema[idx], dice),
                }
                if footer.schema.is_empty() {
                    return None;
                }
            }
            _ => {
                let n_groups = footer.row_groups.len() as u64;
                let group = footer.row_groups.get_mut(dice.below(n_groups.max(1)) as usize)?;
                match dice.below(8) {
                    0 => odd_long(&mut group.num_rows, dice),
                    1 => odd_long(&mut group.total_byte_size, dice),
                    2 => {
                        let group = group.clone();
                        footer.row_groups.push(group);
                    }
                    _ => {
                        let n = group.columns.len() as u64;
                        let idx = dice.below(n.max(1)) as usize;
                        let other = group.columns.get(dice.below(n.max(1)) as usize)?.meta_data.clone();
                        let chunk = group.columns.get_mut(idx)?.meta_data.as_mut()?;
                        match dice.below(9) {
                            0 => chunk.type_ = Type(kind(8, dice)),
                            1 => chunk.codec = CompressionCodec(kind(8, dice)),
                            2 => odd_long(&mut chunk.num_values, dice),
                            3 => odd_long(&mut chunk.total_uncompressed_size, dice),
                            4 => odd_long(&mut chunk.total_compressed_size, dice),
                            5 => odd_long(&mut chunk.data_page_offset, dice),
                            6 => odd_long(chunk.dictionary_page_offset.get_or_insert(4), dice),
                            7 => chunk.dictionary_page_offset = None,
                            // The bytes of another column.
                            _ => *chunk = other?,
                        }
                    }
                }
            }
        }
    }
    joined(body.to_vec(), &footer)
}

fn other_element(element: &mut SchemaElement, dice: &mut Dice) {
    match dice.below(8) {
        0 => element.type_ = (dice.below(4) > 0).then(|| Type(kind(8, dice))),
        1 => odd_int(element.type_length.get_or_insert(8), dice),
        2 => element.repetition_type = Some(FieldRepetitionType(kind(3, dice))),
        3 => {
            element.name =
                ["", "a", "list", "element", "array", "key_value"][dice.below(6) as usize].to_owned();
        }
        4 => odd_int(element.num_children.get_or_insert(1), dice),
        5 => {
            element.converted_type = Some(ConvertedType(kind(22, dice)));
            element.logical_type = None;
        }
        6 => odd_int(element.scale.get_or_insert(2), dice),
        _ => odd_int(element.precision.get_or_insert(9), dice),
    }
}

/// A column chunk whose pages are damaged in their headers or in their first bytes, where levels and dictionaries begin. It stands behind
/// the others, for it may have become longer.
fn with_other_pages(file: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let (body, mut footer) = split(file)?;
    let n_groups = footer.row_groups.len() as u64;
    let group = footer.row_groups.get_mut(dice.below(n_groups.max(1)) as usize)?;
    let n_chunks = group.columns.len() as u64;
    let chunk = group.columns.get_mut(dice.below(n_chunks.max(1)) as usize)?.meta_data.as_mut()?;
    let data = usize::try_from(chunk.data_page_offset).ok()?;
    let dictionary = chunk.dictionary_page_offset.and_then(|offset| usize::try_from(offset).ok());
    // Some writers say 0 where there is none.
    let start = dictionary.filter(|offset| *offset > 0 && *offset < data).unwrap_or(data);
    let end = start.checked_add(usize::try_from(chunk.total_compressed_size).ok()?)?;
    let mut pages = pages(body.get(start..end)?)?;
    for _ in 0..=dice.below(2) {
        let n = pages.len() as u64;
        let idx = dice.below(n.max(1)) as usize;
        match dice.below(12) {
            0 => drop((pages.len() > 1).then(|| pages.remove(idx))),
            1 => {
                let page = pages.get(idx)?.clone();
                pages.insert(dice.below(n) as usize, page);
            }
            2..6 => {
                let page = &mut pages.get_mut(idx)?.1;
                let n_head = page.len().min(24);
                bytes::damage(page, n_head, dice);
            }
            _ => other_header(&mut pages.get_mut(idx)?.0, dice),
        }
    }
    let mut bytes = body.to_vec();
    let start = bytes.len() as i64;
    chunk.dictionary_page_offset = None;
    for (number, (header, page)) in pages.iter_mut().enumerate() {
        // Mostly the header says how long the page has become.
        if dice.below(16) > 0 {
            header.compressed_page_size = page.len() as i32;
            if chunk.codec == CompressionCodec::UNCOMPRESSED && dice.below(16) > 0 {
                header.uncompressed_page_size = page.len() as i32;
            }
        }
        if number == 0 && header.type_ == PageType::DICTIONARY_PAGE {
            chunk.dictionary_page_offset = Some(start);
        } else if number < 2 {
            chunk.data_page_offset = bytes.len() as i64;
        }
        header.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut bytes)).ok()?;
        bytes.extend_from_slice(page);
    }
    chunk.total_compressed_size = bytes.len() as i64 - start;
    joined(bytes, &footer)
}

/// The pages of a chunk, with their headers.
fn pages(mut chunk: &[u8]) -> Option<Vec<(PageHeader, Vec<u8>)>> {
    let mut pages = Vec::new();
    while !chunk.is_empty() {
        let limit = 64 * chunk.len();
        let header =
            PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut chunk, limit)).ok()?;
        let n = usize::try_from(header.compressed_page_size).ok()?;
        let (page, rest) = chunk.split_at_checked(n)?;
        pages.push((header, page.to_vec()));
        chunk = rest;
    }
    Some(pages)
}

fn other_header(header: &mut PageHeader, dice: &mut Dice) {
    match dice.below(4) {
        0 => match dice.below(3) {
            0 => header.type_ = PageType(kind(4, dice)),
            1 => odd_int(&mut header.uncompressed_page_size, dice),
            _ => odd_int(&mut header.compressed_page_size, dice),
        },
        _ => {
            if let Some(page) = &mut header.data_page_header {
                match dice.below(4) {
                    0 => odd_int(&mut page.num_values, dice),
                    1 => page.definition_level_encoding = Encoding(kind(10, dice)),
                    _ => page.encoding = Encoding(kind(10, dice)),
                }
            }
            if let Some(page) = &mut header.data_page_header_v2 {
                match dice.below(7) {
                    0 => odd_int(&mut page.num_values, dice),
                    1 => odd_int(&mut page.num_nulls, dice),
                    2 => odd_int(&mut page.num_rows, dice),
                    3 => odd_int(&mut page.definition_levels_byte_length, dice),
                    4 => odd_int(&mut page.repetition_levels_byte_length, dice),
                    5 => page.is_compressed = Some(dice.below(2) == 0),
                    _ => page.encoding = Encoding(kind(10, dice)),
                }
            }
            if let Some(page) = &mut header.dictionary_page_header {
                match dice.below(2) {
                    0 => odd_int(&mut page.num_values, dice),
                    _ => page.encoding = Encoding(kind(10, dice)),
                }
            }
        }
    }
}
