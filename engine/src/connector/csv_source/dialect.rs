//! The form of a CSV file, and where records and fields end in it. Pure.

use memchr::{memchr, memchr3};

pub(crate) use super::super::text_reader::{RecordEnd, Search, count_lines, is_line_end};

/// What separates fields and what encloses them. All three bytes are ASCII and differ; lines end with LF, CR or CRLF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
}

/// A field as it stands in the text, without its quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    /// The length in the low bits, [`QUOTED`] and [`ESCAPED`] in the high ones.
    packed: u32,
}

const QUOTED: u32 = 1 << 31;
const ESCAPED: u32 = 1 << 30;

impl Span {
    #[inline]
    pub(super) fn new(start: usize, end: usize, flags: u32) -> Span {
        Span { start: start as u32, packed: (end - start) as u32 | flags }
    }

    /// Whether it stood in quotes.
    #[inline]
    pub(crate) fn quoted(self) -> bool {
        self.packed & QUOTED != 0
    }

    /// Whether it holds doubled quotes.
    #[inline]
    pub(crate) fn escaped(self) -> bool {
        self.packed & ESCAPED != 0
    }

    #[inline]
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + (self.packed & !(QUOTED | ESCAPED)) as usize
    }
}

/// What is wrong with the form of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// A quoted field goes on behind its closing quote.
    TextAfterQuote,
    /// The file ends within quotes.
    UnclosedQuote,
}

/// A record's fields, counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordFields {
    pub(crate) n_fields: usize,
    pub(crate) end: usize,
    pub(crate) malformed: Option<(usize, Malformed)>,
}

impl Dialect {
    /// The end of the record that begins at `start`; `None` where `text` ends before it is certain and more may come.
    ///
    /// A quote opens a quoted field only at the field's beginning; elsewhere it is a character like others. Text behind a closing
    /// quote belongs to the field, so that a broken record ends with its line.
    #[inline]
    pub(crate) fn record_end(
        &self,
        text: &[u8],
        start: usize,
        search: &mut Search,
        is_all: bool,
    ) -> Option<RecordEnd> {
        let quote = self.quote.unwrap_or(b'\n');
        loop {
            if search.quoted {
                let Some(found) = memchr(quote, &text[search.at..]) else {
                    search.at = text.len();
                    break;
                };
                let at = search.at + found;
                match text.get(at + 1) {
                    Some(next) if *next == quote => search.at = at + 2,
                    None if !is_all => {
                        search.at = at;
                        break;
                    }
                    _ => (search.at, search.quoted) = (at + 1, false),
                }
                continue;
            }
            let Some(found) = memchr3(b'\n', b'\r', quote, &text[search.at..]) else {
                search.at = text.len();
                break;
            };
            let at = search.at + found;
            match text[at] {
                b'\n' => return Some(RecordEnd { end: at, next: at + 1 }),
                b'\r' => match text.get(at + 1) {
                    Some(b'\n') => return Some(RecordEnd { end: at, next: at + 2 }),
                    None if !is_all => {
                        search.at = at;
                        break;
                    }
                    _ => return Some(RecordEnd { end: at, next: at + 1 }),
                },
                _ => {
                    search.quoted = at == start || text[at - 1] == self.delimiter;
                    search.at = at + 1;
                }
            }
        }
        is_all.then_some(RecordEnd { end: text.len(), next: text.len() })
    }

    /// Splits the record that begins at `start` and ends in `text`; gives `each` the number and span of every field.
    #[inline]
    pub(crate) fn fields(
        &self,
        text: &[u8],
        start: usize,
        mut each: impl FnMut(usize, Span),
    ) -> RecordFields {
        let mut at = start;
        let mut n_fields = 0;
        let mut malformed = None;
        loop {
            let span = if self.quote.is_some() && text.get(at).copied() == self.quote {
                let quote = text[at];
                let first = at + 1;
                let mut flags = QUOTED;
                at = first;
                let last = loop {
                    let Some(found) = memchr(quote, &text[at..]) else {
                        malformed.get_or_insert((n_fields, Malformed::UnclosedQuote));
                        at = text.len();
                        break at;
                    };
                    at += found + 1;
                    if text.get(at) != Some(&quote) {
                        break at - 1;
                    }
                    flags |= ESCAPED;
                    at += 1;
                };
                let end = self.field_end(text, at);
                if end != at {
                    malformed.get_or_insert((n_fields, Malformed::TextAfterQuote));
                    at = end;
                }
                Span::new(first, last, flags)
            } else {
                let first = at;
                at = self.field_end(text, at);
                Span::new(first, at, 0)
            };
            each(n_fields, span);
            n_fields += 1;
            if text.get(at) == Some(&self.delimiter) {
                at += 1;
            } else {
                return RecordFields { n_fields, end: at, malformed };
            }
        }
    }

    /// The next delimiter or line ending at or behind `at`; the end of `text` where there is none. Eight bytes at a time.
    #[inline]
    fn field_end(&self, text: &[u8], mut at: usize) -> usize {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const TOPS: u64 = 0x8080_8080_8080_8080;
        let delimiters = u64::from(self.delimiter) * ONES;
        // Marks the lowest zero byte exactly; bytes above it may be marked wrongly, which does not matter.
        let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
        for _ in 0..4 {
            let Some(chunk) = text[at..].first_chunk::<8>() else {
                let is_end = |byte: &u8| *byte == self.delimiter || *byte == b'\n' || *byte == b'\r';
                return text[at..].iter().position(is_end).map_or(text.len(), |found| at + found);
            };
            let word = u64::from_le_bytes(*chunk);
            let found = zeros(word ^ delimiters) | zeros(word ^ (ONES * 0x0A)) | zeros(word ^ (ONES * 0x0D));
            if found != 0 {
                return at + (found.trailing_zeros() / 8) as usize;
            }
            at += 8;
        }
        memchr3(self.delimiter, b'\n', b'\r', &text[at..]).map_or(text.len(), |found| at + found)
    }
}

/// Removes the doubling of quotes.
pub(crate) fn unescape(field: &[u8], quote: u8, into: &mut Vec<u8>) {
    into.clear();
    let mut rest = field;
    while let Some(found) = memchr(quote, rest) {
        into.extend_from_slice(&rest[..=found]);
        rest = rest.get(found + 2..).unwrap_or_default();
    }
    into.extend_from_slice(rest);
}
