//! The bytes of a text file: as they stand, or decompressed as they are read. What a file is compressed with is told from its first
//! bytes, whatever it is called.
//!
//! Bytes come in order and from the beginning: whoever goes on in the middle reads up to there again. That is quick in a plain file,
//! and costs the time of decompressing it in others.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::error::EngineError;

/// How many times its size a compressed file may hold, once it has given out [`RATIO_FROM`] bytes.
const MAX_RATIO: u64 = 1_000;
/// How many bytes a compressed file may hold whatever its size.
const RATIO_FROM: u64 = 16 << 20;
/// The logarithm of the largest window that a file compressed with zstd may ask for: 1 GiB.
const MAX_WINDOW_LOG: u32 = 30;
/// How much is read of a compressed file at once.
const BUFFER: usize = 256 << 10;

/// The text of a file, read in order.
pub(crate) struct TextInput {
    stream: Stream,
    /// How many bytes have come out.
    n_out: u64,
}

enum Stream {
    Plain(File),
    Gzip(Box<MultiGzDecoder<Compressed>>),
    Zstd(Box<ZstdDecoder<'static, Compressed>>),
}

type Compressed = BufReader<Counted>;

/// A file that counts the bytes read of it.
struct Counted {
    file: File,
    n_read: u64,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(into)?;
        self.n_read += n as u64;
        Ok(n)
    }
}

impl TextInput {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// If it cannot be opened or its beginning not be read.
    pub(crate) fn open(path: &Path) -> io::Result<TextInput> {
        let mut file = File::open(path)?;
        let mut magic = Vec::new();
        Read::by_ref(&mut file).take(4).read_to_end(&mut magic)?;
        file.seek(SeekFrom::Start(0))?;
        let stream = match *magic {
            [0x1F, 0x8B, ..] => Stream::Gzip(Box::new(MultiGzDecoder::new(Counted::buffered(file)))),
            // A frame, or one that is skipped, which parallel compressors put first.
            [0x28, 0xB5, 0x2F, 0xFD] | [0x50..=0x5F, 0x2A, 0x4D, 0x18] => {
                let mut decoder = ZstdDecoder::with_buffer(Counted::buffered(file))?;
                decoder.window_log_max(MAX_WINDOW_LOG)?;
                Stream::Zstd(Box::new(decoder))
            }
            _ => Stream::Plain(file),
        };
        Ok(TextInput { stream, n_out: 0 })
    }

    /// A file of plain text, from where it stands.
    #[cfg(test)]
    pub(crate) fn plain(file: File) -> TextInput {
        TextInput { stream: Stream::Plain(file), n_out: 0 }
    }

    /// Reads the first bytes of the text, at most `max` of them, and says whether they are all.
    ///
    /// # Errors
    /// If the file cannot be read, or not be decompressed.
    pub(crate) fn beginning(path: &Path, max: usize) -> io::Result<(Vec<u8>, bool)> {
        let mut text = Vec::new();
        let n_read = TextInput::open(path)?.take(max as u64).read_to_end(&mut text)?;
        Ok((text, n_read < max))
    }
}

impl Counted {
    fn buffered(file: File) -> Compressed {
        BufReader::with_capacity(BUFFER, Counted { file, n_read: 0 })
    }
}

impl TextInput {
    /// Adds the next `n` bytes, or those that are left; answers how many there were. A file's own way of doing so spares the zeros that
    /// would be written over.
    ///
    /// # Errors
    /// As [`Read::read`].
    pub(crate) fn read_onto(&mut self, into: &mut Vec<u8>, n: usize) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(file) => file.take(n as u64).read_to_end(into),
            _ => self.take(n as u64).read_to_end(into),
        }
    }
}

impl Read for TextInput {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (form, result, n_in) = match &mut self.stream {
            Stream::Plain(file) => return file.read(into),
            Stream::Gzip(decoder) => {
                let result = decoder.read(into);
                ("gzip", result, decoder.get_ref().get_ref().n_read)
            }
            Stream::Zstd(decoder) => {
                let result = decoder.read(into);
                ("zstd", result, decoder.get_ref().get_ref().n_read)
            }
        };
        let n = result.map_err(|error| damage(form, error))?;
        self.n_out += n as u64;
        if self.n_out > RATIO_FROM && self.n_out / MAX_RATIO > n_in {
            return Err(Damage::error(format!(
                "holds more than {MAX_RATIO} times its size, as no text does that is not made to fill a machine; if you trust it, \
                 decompress it first"
            )));
        }
        Ok(n)
    }
}

/// What is wrong with the content of a compressed file: a sentence that begins with the file.
#[derive(Debug)]
struct Damage(String);

impl Damage {
    fn error(what: String) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Damage(what))
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Damage {}

/// What the decoder of `form` says, in our words; failures of the machine as they are.
fn damage(form: &str, error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() {
        return error;
    }
    let cause = error.to_string();
    Damage::error(match (error.kind(), &*cause) {
        (io::ErrorKind::UnexpectedEof, _) => {
            format!("is cut off: it ends in the middle of what is compressed with {form}; get the whole file")
        }
        (_, cause) if cause.contains("too much memory") => {
            "needs more than 1 GiB of memory to be decompressed; compress it with a smaller window".to_owned()
        }
        (_, cause) => format!(
            "is damaged, or something else follows what is compressed with {form} ({cause}); get the file anew"
        ),
    })
}

/// The sentence on what is wrong with the content of the file `name`, where that is what `error` is about.
pub(crate) fn damaged(name: &str, error: &io::Error) -> Option<String> {
    let damage = error.get_ref()?.downcast_ref::<Damage>()?;
    Some(format!("`{name}` {damage}"))
}

/// A failure to read the file `name`: of the data where it is damaged, else of the machine.
pub(crate) fn unreadable(name: &str, error: &io::Error) -> EngineError {
    match damaged(name, error) {
        Some(sentence) => EngineError::data(sentence),
        None => EngineError::machine(format!("`{name}` cannot be read")).because(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;
    use crate::connector::csv_source::CsvSource;
    use crate::connector::testing::{Flow, findings, read, source};
    use crate::error::Origin;
    use crate::node::SplitOffset;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).expect("in memory");
        encoder.finish().expect("in memory")
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
        encoder.include_checksum(true).expect("a flag");
        encoder.write_all(text).expect("in memory");
        encoder.finish().expect("in memory")
    }

    /// What is read of a file of these bytes, or the sentence on it.
    fn text_of(flow: &Flow, bytes: &[u8]) -> Result<Vec<u8>, (Origin, String)> {
        let path = flow.file("a", bytes);
        let mut text = Vec::new();
        let result = TextInput::open(&path).and_then(|mut input| input.read_to_end(&mut text));
        result.map(|_| text).map_err(|error| {
            let error = unreadable("a", &error);
            (error.origin(), error.to_string())
        })
    }

    #[test]
    fn what_other_programs_have_compressed_is_read() {
        let flow = Flow::new();
        // `printf 'n,s\n1,a\n' | gzip -9`, and the same by `zstd -19`.
        for bytes in [
            &b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\xd3\x29\xe6\x32\xd4\x49\xe4\x02\x00\x7e\xca\xab\x8a\x08\x00\x00\x00"[..],
            b"\x28\xb5\x2f\xfd\x04\x68\x41\x00\x00n,s\n1,a\n\x69\x3a\x3b\x4b",
        ] {
            let found = text_of(&flow, bytes);
            assert_eq!(found.as_deref().map_err(|(_, error)| error.as_str()), Ok(&b"n,s\n1,a\n"[..]));
        }
    }

    #[test]
    fn members_and_frames_follow_each_other_and_some_are_skipped() {
        let flow = Flow::new();
        let skipped = b"\x5a\x2a\x4d\x18\x03\0\0\0abc";
        for bytes in [
            [gzip(b"one"), gzip(b""), gzip(b" two")].concat(),
            [zstd(b"one"), zstd(b""), zstd(b" two")].concat(),
            [skipped.to_vec(), zstd(b"one "), skipped.to_vec(), zstd(b"two"), skipped.to_vec()].concat(),
        ] {
            assert_eq!(text_of(&flow, &bytes), Ok(b"one two".to_vec()));
        }
        assert_eq!(text_of(&flow, b""), Ok(Vec::new()));
        assert_eq!(text_of(&flow, b"\x1f"), Ok(b"\x1f".to_vec()), "a byte is no gzip");
    }

    #[test]
    fn files_that_are_cut_off_or_damaged_are_never_read_as_if_they_were_whole() {
        let flow = Flow::new();
        let text: Vec<u8> = (0..120).flat_map(|n| format!("{n},{}\n", n * 7 % 13).into_bytes()).collect();
        for (form, whole) in [("gzip", gzip(&text)), ("zstd", zstd(&text))] {
            assert_eq!(text_of(&flow, &whole), Ok(text.clone()));
            for end in 4..whole.len() {
                let (origin, sentence) = text_of(&flow, &whole[..end]).expect_err("cut off");
                assert_eq!(origin, Origin::Data);
                let expected =
                    format!("`a` is cut off: it ends in the middle of what is compressed with {form}");
                assert!(sentence.starts_with(&expected), "{end} of {}: {sentence}", whole.len());
            }
            for at in 4..whole.len() {
                let mut bytes = whole.clone();
                bytes[at] ^= 0x10;
                match text_of(&flow, &bytes) {
                    Ok(found) => assert!(found == text, "{form}: byte {at} changes the text unnoticed"),
                    Err((origin, sentence)) => {
                        assert!(origin == Origin::Data && sentence.starts_with("`a` "), "{sentence}");
                    }
                }
            }
            for behind in [&b"x"[..], b"\0", b"n,s\n1,a\n", b"\x1f\x8bxx"] {
                let (origin, _) = text_of(&flow, &[&whole, behind].concat()).expect_err("something behind");
                assert_eq!(origin, Origin::Data, "{}", behind.escape_ascii());
            }
        }
    }

    #[test]
    fn bombs_are_refused_by_their_ratio_and_their_window() {
        let flow = Flow::new();
        let zeros = vec![b'\n'; 32 << 20];
        for bytes in [gzip(&zeros), zstd(&zeros)] {
            let result = text_of(&flow, &bytes).map(|text| text.len());
            let (origin, sentence) = result.expect_err("a bomb");
            assert_eq!(origin, Origin::Data);
            assert!(sentence.starts_with("`a` holds more than 1000 times its size"), "{sentence}");
        }
        assert_eq!(text_of(&flow, &zstd(&zeros[..16 << 20])).map(|text| text.len()), Ok(16 << 20));
        // Frames without content: with a window of 1 GiB, and of 2.
        assert_eq!(text_of(&flow, b"\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"), Ok(Vec::new()));
        let (origin, sentence) =
            text_of(&flow, b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00").expect_err("too wide");
        assert_eq!(origin, Origin::Data);
        assert!(sentence.contains("needs more than 1 GiB of memory"), "{sentence}");
    }

    #[test]
    fn a_compressed_file_gives_the_rows_of_its_text_from_every_offset() {
        let flow = Flow::new();
        let lines = (0..3000)
            .map(|n| if n % 50 == 0 { format!("{n},x,y\r\n") } else { format!("{n},\"ä\r\n\"\r\n") });
        let text: Vec<u8> = "n,s\r\n".bytes().chain(lines.flat_map(String::into_bytes)).collect();
        let (first, second) = text.split_at(text.len() / 3);
        flow.file("plain.csv", &text);
        flow.file("a.csv", [gzip(first), gzip(second)].concat());
        flow.file("d/a.csv.zst", [zstd(first), zstd(second)].concat());
        let plan = |path| source(flow.plan(&CsvSource, &json!({ "path": path })));
        let expected = read(&plan("plain.csv"), 0, SplitOffset::START, 700);
        assert_eq!((expected.n_records, expected.rejected.len()), (3000, 60));
        for plan in [plan("a.csv"), plan("d")] {
            assert_eq!(read(&plan, 0, SplitOffset::START, 700), expected);
            for offset in &expected.offsets {
                let rest = read(&plan, 0, *offset, 700);
                let n_before = expected.rows.len() - rest.rows.len();
                assert_eq!(rest.rows, expected.rows[n_before..]);
                let rejected = expected.rejected.iter().filter(|(number, _)| *number >= offset.records);
                assert_eq!(rest.rejected, rejected.cloned().collect::<Vec<_>>());
                assert_eq!(rest.n_records, 3000);
            }
        }
    }

    #[test]
    fn damage_in_the_head_keeps_a_flow_from_running_and_later_ends_the_run() {
        let flow = Flow::new();
        let mut random = 1_u64;
        let mut line = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{random}\n")
        };
        let text: String = std::iter::once("n\n".to_owned()).chain((0..200_000).map(|_| line())).collect();
        let bytes = gzip(text.as_bytes());
        flow.file("short.csv.gz", &bytes[..1000]);
        let plan = flow.plan(&CsvSource, &json!({ "path": "short.csv.gz" }));
        assert!(
            findings(&plan).starts_with("error[damaged-file] `node`, path: `short.csv.gz` is cut off:"),
            "{}",
            findings(&plan)
        );
        flow.file("long.csv.gz", &bytes[..bytes.len() - 100]);
        let plan = source(flow.plan(&CsvSource, &json!({ "path": "long.csv.gz" })));
        let split = plan.source.splits().expect("splits").remove(0);
        let mut reader = plan.source.open(&split, SplitOffset::START).expect("the head is whole");
        let error = loop {
            match reader.next(10_000) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the file is read as if it were whole"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.origin(), Origin::Data);
        assert!(error.message().starts_with("`long.csv.gz` is cut off:"), "{error}");
        flow.file("twice.csv.gz", gzip(&gzip(b"n\n1\n")));
        let plan = flow.plan(&CsvSource, &json!({ "path": "twice.csv.gz" }));
        assert!(findings(&plan).contains("`twice.csv.gz` is compressed twice"), "{}", findings(&plan));
    }
}
