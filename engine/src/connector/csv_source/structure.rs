//! Where fields and records end, found in 64 bytes at a time.

use wide::u8x16;

use super::dialect::{Dialect, RecordFields, Span};

const BLOCK: usize = 64;

/// The delimiters, line endings and quotes of a text, one after another.
pub(super) struct Structure<'a> {
    text: &'a [u8],
    dialect: Dialect,
    wanted: [u8x16; 4],
    /// The block at hand: where it begins, and which of its bytes are still to come.
    base: usize,
    marks: u64,
}

impl<'a> Structure<'a> {
    pub(super) fn new(text: &'a [u8], dialect: Dialect) -> Structure<'a> {
        let wanted = [dialect.delimiter, b'\n', b'\r', dialect.quote.unwrap_or(b'\n')];
        let mut structure = Structure { text, dialect, wanted: wanted.map(u8x16::splat), base: 0, marks: 0 };
        structure.load(0);
        structure
    }

    /// Splits the record that begins at `start`, as [`Dialect::fields`] does; `None` if there is a quote in it, though `each` may have
    /// been called by then. Records are asked for in rising order.
    #[inline]
    pub(super) fn fields(&mut self, start: usize, mut each: impl FnMut(usize, Span)) -> Option<RecordFields> {
        self.seek(start);
        let mut first = start;
        let mut n_fields = 0;
        loop {
            let end = self.next();
            let byte = self.text.get(end).copied();
            if byte.is_some() && byte == self.dialect.quote {
                return None;
            }
            each(n_fields, Span::new(first, end, 0));
            n_fields += 1;
            if byte != Some(self.dialect.delimiter) {
                return Some(RecordFields { n_fields, end, malformed: None });
            }
            first = end + 1;
        }
    }

    /// Goes on to byte `at`, which is not before what has been given out.
    #[inline]
    fn seek(&mut self, at: usize) {
        if at >= self.base + BLOCK {
            self.load(at - at % BLOCK);
        }
        self.marks &= u64::MAX << (at - self.base);
    }

    /// The next byte that matters; the end of the text where there is none.
    #[inline]
    fn next(&mut self) -> usize {
        while self.marks == 0 {
            if self.base + BLOCK >= self.text.len() {
                return self.text.len();
            }
            self.load(self.base + BLOCK);
        }
        let at = self.base + self.marks.trailing_zeros() as usize;
        self.marks &= self.marks - 1;
        at
    }

    #[inline]
    fn load(&mut self, base: usize) {
        self.base = base;
        self.marks = match self.text.get(base..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            Some(block) => marks(block, &self.wanted),
            None => {
                let rest = self.text.get(base..).unwrap_or_default();
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                marks(&block, &self.wanted) & !(u64::MAX << rest.len())
            }
        };
    }
}

/// A bit for every byte that is one of `wanted`. Written out, for closures over arrays are calls.
#[inline(always)]
fn marks(block: &[u8; BLOCK], wanted: &[u8x16; 4]) -> u64 {
    let [a, b, c, d] = wanted;
    let mut marks = 0;
    let mut number = 0;
    while number < BLOCK / 16 {
        let part = u8x16::new(block.as_chunks::<16>().0[number]);
        let is = part.simd_eq(*a) | part.simd_eq(*b) | part.simd_eq(*c) | part.simd_eq(*d);
        marks |= u64::from(is.to_bitmask()) << (number * 16);
        number += 1;
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn records_are_split_as_the_dialect_splits_them(text in "[ab,\n\r\"]{0,300}|[abc0-9]{0,90}(,[a-z]{0,90}\n){0,5}") {
            let text = text.as_bytes();
            let dialect = Dialect { delimiter: b',', quote: Some(b'"') };
            let mut structure = Structure::new(text, dialect);
            let mut at = 0;
            while at < text.len() {
                let mut expected = Vec::new();
                let fields = dialect.fields(text, at, |number, span| expected.push((number, span)));
                let mut actual = Vec::new();
                match structure.fields(at, |number, span| actual.push((number, span))) {
                    Some(found) => {
                        prop_assert_eq!(&actual, &expected);
                        prop_assert_eq!((found.n_fields, found.end), (fields.n_fields, fields.end));
                    }
                    None => prop_assert!(text[at..fields.end].contains(&b'"')),
                }
                at = fields.end + 1;
            }
        }
    }
}
