//! Hostile files, made from good ones by a seed, and what the engine does with each of them.
//!
//! `fuzz-readers` runs them for as long as it is told; `tests/fuzz.rs` for a few seconds.

mod bytes;
mod parquet;
mod text;
mod trial;
mod watch;

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Dice;
pub use trial::{Fault, Outcome, try_out};
pub use watch::{Totals, Watch};

/// A reader of files, or what stands before one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Text with separators.
    Csv,
    /// Lines of JSON.
    Ndjson,
    /// Parquet.
    Parquet,
    /// Text of either form, compressed with gzip.
    Gzip,
    /// Text of either form, compressed with zstd.
    Zstd,
}

impl Reader {
    /// All of them.
    pub const ALL: [Reader; 5] = [Reader::Csv, Reader::Ndjson, Reader::Parquet, Reader::Gzip, Reader::Zstd];

    /// The reader of that name.
    pub fn named(name: &str) -> Option<Reader> {
        Reader::ALL.into_iter().find(|reader| reader.name() == name)
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Reader::Csv => "csv",
            Reader::Ndjson => "ndjson",
            Reader::Parquet => "parquet",
            Reader::Gzip => "gzip",
            Reader::Zstd => "zstd",
        }
    }
}

/// A hostile file: how its name ends, and its bytes.
#[derive(Clone, Debug)]
pub struct Input {
    /// With the point.
    pub ending: &'static str,
    /// The content.
    pub bytes: Vec<u8>,
}

/// The good files from which hostile ones are made.
pub struct Corpus {
    reader: Reader,
    csv: Vec<Vec<u8>>,
    ndjson: Vec<Vec<u8>>,
    parquet: Vec<Vec<u8>>,
}

/// The largest text before it is compressed, and the largest file otherwise, in bytes.
const MAX_INPUT: usize = 256 << 10;

impl Corpus {
    /// Those for a reader; `data` is the folder with files of other writers.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn new(reader: Reader, data: &Path) -> std::io::Result<Corpus> {
        let is_parquet = reader == Reader::Parquet;
        let parquet = if is_parquet { parquet::seeds(data)? } else { Vec::new() };
        Ok(Corpus { reader, csv: text::csv_seeds(), ndjson: text::ndjson_seeds(), parquet })
    }

    /// The hostile file of this number: the same for the same seed. The first are the good files as they are.
    pub fn input(&self, seed: u64, number: u64) -> Input {
        let mut dice = Dice(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        // The first numbers of neighbouring seeds are alike.
        dice.below(2);
        let good = |files: &[Vec<u8>]| {
            let place = usize::try_from(number).unwrap_or(usize::MAX);
            files.get(place).cloned()
        };
        match self.reader {
            Reader::Csv => Input {
                ending: ".csv",
                bytes: good(&self.csv).unwrap_or_else(|| text::damaged(&self.csv, b',', &mut dice)),
            },
            Reader::Ndjson => Input {
                ending: ".ndjson",
                bytes: good(&self.ndjson).unwrap_or_else(|| text::damaged(&self.ndjson, b':', &mut dice)),
            },
            Reader::Parquet => Input {
                ending: ".parquet",
                bytes: good(&self.parquet).unwrap_or_else(|| parquet::damaged(&self.parquet, &mut dice)),
            },
            Reader::Gzip => self.compressed([".csv.gz", ".ndjson.gz"], gzip, &mut dice),
            Reader::Zstd => self.compressed([".csv.zst", ".ndjson.zst"], zstd_frame, &mut dice),
        }
    }

    /// Text in one or several compressed pieces, damaged before it was compressed, behind that, or both.
    fn compressed(
        &self,
        endings: [&'static str; 2],
        compress: fn(&[u8], &mut Dice) -> Vec<u8>,
        dice: &mut Dice,
    ) -> Input {
        let is_json = dice.below(2) == 1;
        let (files, mark) = if is_json { (&self.ndjson, b':') } else { (&self.csv, b',') };
        let mut text = match dice.below(2) {
            0 => text::damaged(files, mark, dice),
            _ => files[dice.below(files.len() as u64) as usize].clone(),
        };
        match dice.below(256) {
            // Text that takes next to nothing when it is compressed: many lines, or one.
            0..16 if !text.is_empty() => text = text.repeat(MAX_INPUT / text.len().min(MAX_INPUT)),
            16 => text.resize(17 << 20, b'a'),
            _ => {}
        }
        let mut bytes = Vec::new();
        let mut rest = &text[..];
        for _ in 0..dice.below(3) {
            let (piece, behind) = rest.split_at(dice.below(rest.len() as u64 + 1) as usize);
            bytes.extend(compress(piece, dice));
            rest = behind;
        }
        bytes.extend(compress(rest, dice));
        if dice.below(4) > 0 {
            // The head says how to read the rest.
            let n_head = if dice.below(2) == 0 { bytes.len().min(20) } else { bytes.len() };
            bytes::damage(&mut bytes, n_head, dice);
        }
        Input { ending: endings[usize::from(is_json)], bytes }
    }
}

fn gzip(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let level = Compression::new(dice.below(10) as u32);
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(text).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn zstd_frame(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    if dice.below(8) == 0 {
        // A frame that is to be skipped, of a length that it may not have.
        let mut frame = vec![0x50 + dice.below(16) as u8, 0x2A, 0x4D, 0x18];
        let n = if dice.below(4) == 0 { bytes::odd_number(dice) as u32 } else { text.len() as u32 };
        frame.extend_from_slice(&n.to_le_bytes());
        frame.extend_from_slice(text);
        return frame;
    }
    zstd::encode_all(text, 1 + dice.below(9) as i32).unwrap_or_default()
}
