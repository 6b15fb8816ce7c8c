//! Compression of text formats.

use std::io::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{EngineError, Result};

/// How much is handed to a compressor at once. Always exactly as much: what some make of their input depends on its pieces.
const BLOCK: usize = 64 << 10;
const ZSTD_LEVEL: i32 = 3;

/// How a text file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// Gzip; names of parts end in `.gz`.
    Gzip,
    /// Zstandard; names of parts end in `.zst`.
    Zstd,
}

impl Compression {
    /// What is added to the names of parts.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        }
    }
}

/// Plain bytes on their way through a compressor.
pub(super) struct Squeeze {
    plain: Vec<u8>,
    packed: Packed,
}

enum Packed {
    Plain,
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Squeeze {
    /// # Errors
    /// If the compressor cannot be made, for want of memory.
    pub(super) fn new(compression: Compression) -> Result<Squeeze> {
        let packed = match compression {
            Compression::None => Packed::Plain,
            // Without a name and a time, so that the same rows give the same bytes.
            Compression::Gzip => {
                Packed::Gzip(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()))
            }
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL).map_err(failed)?;
                encoder.include_checksum(true).map_err(failed)?;
                Packed::Zstd(encoder)
            }
        };
        Ok(Squeeze { plain: Vec::new(), packed })
    }

    /// Where plain bytes are added.
    pub(super) fn plain(&mut self) -> &mut Vec<u8> {
        &mut self.plain
    }

    /// Gives out what is ready once it is worth a call of the system, to `write`.
    ///
    /// # Errors
    /// Those of `write`.
    pub(super) fn drain(&mut self, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if self.plain.len() < BLOCK {
            return Ok(());
        }
        let n_whole = self.plain.len() / BLOCK * BLOCK;
        match &mut self.packed {
            Packed::Plain => {
                write(&self.plain)?;
                self.plain.clear();
                return Ok(());
            }
            Packed::Gzip(encoder) => {
                self.plain[..n_whole]
                    .chunks(BLOCK)
                    .try_for_each(|block| encoder.write_all(block))
                    .map_err(failed)?;
                give_out(encoder.get_mut(), write)?;
            }
            Packed::Zstd(encoder) => {
                self.plain[..n_whole]
                    .chunks(BLOCK)
                    .try_for_each(|block| encoder.write_all(block))
                    .map_err(failed)?;
                give_out(encoder.get_mut(), write)?;
            }
        }
        self.plain.drain(..n_whole);
        Ok(())
    }

    /// Gives out everything.
    ///
    /// # Errors
    /// Those of `write`.
    pub(super) fn end(mut self, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.drain(write)?;
        match self.packed {
            Packed::Plain => write(&self.plain),
            Packed::Gzip(mut encoder) => {
                encoder.write_all(&self.plain).map_err(failed)?;
                write(&encoder.finish().map_err(failed)?)
            }
            Packed::Zstd(mut encoder) => {
                encoder.write_all(&self.plain).map_err(failed)?;
                write(&encoder.finish().map_err(failed)?)
            }
        }
    }
}

fn give_out(packed: &mut Vec<u8>, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    if packed.len() >= BLOCK {
        write(packed)?;
        packed.clear();
    }
    Ok(())
}

// The compressors write to memory; nothing but a fault of theirs stands in the way.
fn failed(error: std::io::Error) -> EngineError {
    EngineError::internal("the compressor gave up").because(error)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn squeezed(compression: Compression, text: &[u8], piece: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut squeeze = Squeeze::new(compression).expect("a compressor");
        for piece in text.chunks(piece) {
            squeeze.plain().extend_from_slice(piece);
            squeeze
                .drain(&mut |bytes| {
                    out.extend_from_slice(bytes);
                    Ok(())
                })
                .expect("memory");
        }
        squeeze
            .end(&mut |bytes| {
                out.extend_from_slice(bytes);
                Ok(())
            })
            .expect("memory");
        out
    }

    #[test]
    fn what_is_compressed_is_the_same_however_it_is_cut_and_reads_back() {
        let text: Vec<u8> = (0..60_000_u32)
            .flat_map(|n| format!("{},{}\n", n, n.wrapping_mul(2_654_435_761) % 977).into_bytes())
            .collect();
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let whole = squeezed(compression, &text, text.len());
            for piece in [7, 1000, 65_537, 200_000] {
                assert!(squeezed(compression, &text, piece) == whole, "{compression:?} in pieces of {piece}");
            }
            let mut back = Vec::new();
            match compression {
                Compression::None => back = whole,
                Compression::Gzip => {
                    flate2::read::GzDecoder::new(&*whole).read_to_end(&mut back).expect("gzip");
                }
                Compression::Zstd => back = zstd::decode_all(&*whole).expect("zstd"),
            }
            assert!(back == text, "{compression:?}");
        }
    }
}
