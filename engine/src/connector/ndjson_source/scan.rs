//! The tokens of a JSON text (RFC 8259): where values lie and whether they are well formed, without building any. Pure.

use std::ops::Range;

/// How deep arrays and objects may stand in each other, the record among them.
pub(super) const MAX_DEPTH: u32 = 64;

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Null,
    True,
    False,
    Number,
    String,
    /// A string with escapes in it.
    Escaped,
    Array,
    Object,
}

/// A value as it stands in the text; a string without its quotes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Token {
    pub(super) kind: Kind,
    start: u32,
    end: u32,
}

impl Token {
    #[inline]
    fn new(kind: Kind, start: usize, end: usize) -> Token {
        Token { kind, start: start as u32, end: end as u32 }
    }

    #[inline]
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// What is wrong with a text, and at which byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// A place in a text that ends with its last byte. Texts are shorter than 4 GiB.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Scanner<'a> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[cold]
    fn fail<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { at: self.at, what })
    }

    /// Goes over white space.
    #[inline]
    pub(super) fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Whether an object begins here.
    #[inline]
    pub(super) fn is_object(&self) -> bool {
        self.peek() == Some(b'{')
    }

    /// Goes into the object that begins here, `depth` levels deep with it; whether it has a member, whose key is next.
    #[inline]
    pub(super) fn open_object(&mut self, depth: u32) -> Result<bool, Malformed> {
        if depth > MAX_DEPTH {
            return self.fail("it is nested more than 64 levels deep");
        }
        self.at += 1;
        self.blanks();
        match self.peek() {
            Some(b'"') => Ok(true),
            Some(b'}') => {
                self.at += 1;
                Ok(false)
            }
            _ => self.fail("a key in quotes is expected"),
        }
    }

    /// Goes over the colon behind a key, to the value.
    #[inline]
    pub(super) fn colon(&mut self) -> Result<(), Malformed> {
        self.blanks();
        if self.peek() != Some(b':') {
            return self.fail("a `:` is expected behind a key");
        }
        self.at += 1;
        self.blanks();
        Ok(())
    }

    /// Goes on behind a member's value; whether another follows, whose key is next.
    #[inline]
    pub(super) fn next_member(&mut self) -> Result<bool, Malformed> {
        self.blanks();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.blanks();
                if self.peek() == Some(b'"') { Ok(true) } else { self.fail("a key in quotes is expected") }
            }
            Some(b'}') => {
                self.at += 1;
                Ok(false)
            }
            _ => self.fail("a `,` or `}` is expected"),
        }
    }

    /// Nothing but white space may follow.
    pub(super) fn finish(&mut self) -> Result<(), Malformed> {
        self.blanks();
        if self.at == self.text.len() { Ok(()) } else { self.fail("something follows the object") }
    }

    /// The value that begins here, with all that is in it. `depth` levels lie around it.
    #[inline]
    pub(super) fn value(&mut self, depth: u32) -> Result<Token, Malformed> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b't') => self.word(b"true", Kind::True),
            Some(b'f') => self.word(b"false", Kind::False),
            Some(b'n') => self.word(b"null", Kind::Null),
            _ => self.fail("a value is expected"),
        }
    }

    #[inline]
    fn word(&mut self, word: &[u8], kind: Kind) -> Result<Token, Malformed> {
        if !self.text[self.at..].starts_with(word) {
            return self.fail("a value is expected");
        }
        let start = self.at;
        self.at += word.len();
        Ok(Token::new(kind, start, self.at))
    }

    fn object(&mut self, depth: u32) -> Result<Token, Malformed> {
        let start = self.at;
        let mut more = self.open_object(depth)?;
        while more {
            self.string()?;
            self.colon()?;
            self.value(depth)?;
            more = self.next_member()?;
        }
        Ok(Token::new(Kind::Object, start, self.at))
    }

    fn array(&mut self, depth: u32) -> Result<Token, Malformed> {
        if depth > MAX_DEPTH {
            return self.fail("it is nested more than 64 levels deep");
        }
        let start = self.at;
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Token::new(Kind::Array, start, self.at));
        }
        loop {
            self.value(depth)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Token::new(Kind::Array, start, self.at));
                }
                _ => return self.fail("a `,` or `]` is expected"),
            }
            self.blanks();
        }
    }

    /// The string whose opening quote is next.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Token, Malformed> {
        let start = self.at + 1;
        let mut kind = Kind::String;
        self.at = start;
        loop {
            self.at = special(self.text, self.at);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Token::new(kind, start, self.at - 1));
                }
                Some(b'\\') => {
                    kind = Kind::Escaped;
                    self.escape()?;
                }
                Some(_) => return self.fail("a control character in a string is not escaped"),
                None => return self.fail("a string is not closed"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        let length = match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u')
                if self.text[self.at + 2..].iter().take(4).filter(|c| c.is_ascii_hexdigit()).count() == 4 =>
            {
                6
            }
            _ => return self.fail("an escape is not known"),
        };
        self.at += length;
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<Token, Malformed> {
        let start = self.at;
        self.at += usize::from(self.text[start] == b'-');
        let first = self.peek();
        let n_digits = self.digits();
        if n_digits == 0 {
            return self.fail("a digit is expected");
        }
        if n_digits > 1 && first == Some(b'0') {
            return self.fail("a number begins with a zero");
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return self.fail("a digit is expected");
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return self.fail("a digit is expected");
            }
        }
        Ok(Token::new(Kind::Number, start, self.at))
    }

    /// Goes over digits, and says how many there were.
    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }
}

/// The next quote, backslash or control character at or behind `at`; the end of `text` where there is none. Eight bytes at a time.
#[inline]
fn special(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    // Each marks its lowest byte exactly; bytes above that may be marked wrongly, which does not matter.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let controls = |word: u64| word.wrapping_sub(ONES * 0x20) & !word & TOPS;
    while let Some(chunk) = text[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let found =
            zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))) | controls(word);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(*byte, b'"' | b'\\' | 0..=0x1F);
    text[at..].iter().position(is_special).map_or(text.len(), |found| at + found)
}

/// The text of a string with escapes, which [`Scanner::string`] has gone over and which is UTF-8. `None` if one half of a pair of
/// surrogates stands alone: no text says that.
pub(super) fn unescape<'a>(raw: &str, into: &'a mut String) -> Option<&'a str> {
    into.clear();
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        into.push_str(&rest[..at]);
        let code = rest.as_bytes().get(at + 1)?;
        rest = &rest[at + 2..];
        into.push(match code {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut unit = u32::from_str_radix(rest.get(..4)?, 16).ok()?;
                rest = &rest[4..];
                if (0xD800..0xDC00).contains(&unit) {
                    let low = u32::from_str_radix(rest.strip_prefix("\\u")?.get(..4)?, 16).ok()?;
                    let low = (0xDC00..0xE000).contains(&low).then(|| low - 0xDC00)?;
                    unit = 0x1_0000 + ((unit - 0xD800) << 10) + low;
                    rest = &rest[6..];
                }
                char::from_u32(unit)?
            }
            other => char::from(*other),
        });
    }
    into.push_str(rest);
    Some(into)
}
