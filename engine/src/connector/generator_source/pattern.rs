//! Texts of one pattern: digits, letters and what stands as it is.

use crate::connector::draws::Draws;

/// As long as a pattern may be, in characters.
const MAX_CHARS: usize = 1000;

/// What a text looks like.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Clone, Copy, Debug)]
enum Part {
    Digit,
    Letter,
    Char(char),
}

impl Pattern {
    /// Reads a pattern: `#` is a digit, `?` a letter, and `\` takes the next as it is.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub(super) fn parse(text: &str) -> Result<Pattern, (String, &'static str)> {
        if text.is_empty() {
            return Err(("the pattern is empty".to_owned(), "write one, for example `user-####`"));
        }
        let mut parts = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '#' => Part::Digit,
                '?' => Part::Letter,
                '\\' => Part::Char(chars.next().ok_or_else(|| {
                    ("nothing stands behind the last `\\`".to_owned(), "write `\\\\` for a backslash")
                })?),
                c => Part::Char(c),
            });
        }
        if parts.len() > MAX_CHARS {
            let message = format!("the pattern has {} characters", parts.len());
            return Err((message, "use at most 1,000"));
        }
        Ok(Pattern(parts))
    }

    /// As long as a text may be, in bytes.
    pub(super) fn max_bytes(&self) -> usize {
        self.0.iter().map(|part| if let Part::Char(c) = part { c.len_utf8() } else { 1 }).sum()
    }

    /// Appends a text.
    pub(super) fn push(&self, text: &mut String, stream: Draws) {
        let mut n_drawn = 0;
        let mut draw = stream.at(0);
        for part in &self.0 {
            let n = match part {
                Part::Char(c) => {
                    text.push(*c);
                    continue;
                }
                Part::Digit => 10,
                Part::Letter => 26,
            };
            if n_drawn % 8 == 0 {
                draw = stream.at(n_drawn / 8);
            }
            n_drawn += 1;
            let first = if n == 10 { b'0' } else { b'a' };
            text.push(char::from(first + draw.below(n) as u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_look_like_their_pattern() {
        let pattern = Pattern::parse(r"Ä-##?\#\\########?????").expect("a pattern");
        for index in 0..100 {
            let mut text = String::new();
            pattern.push(&mut text, Draws::new(1, 1).within(index));
            let rest = text.strip_prefix("Ä-").expect("the beginning");
            let shape: String = rest
                .chars()
                .map(|c| {
                    if c.is_ascii_digit() {
                        '9'
                    } else if c.is_ascii_lowercase() {
                        'a'
                    } else {
                        c
                    }
                })
                .collect();
            assert_eq!(shape, r"99a#\99999999aaaaa");
        }
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        for (text, what) in [("", "empty"), (r"a\", "nothing stands"), (&"#".repeat(1001), "1001 characters")]
        {
            assert!(Pattern::parse(text).is_err_and(|(message, _)| message.contains(what)), "{text}");
        }
        assert!(Pattern::parse(&"#".repeat(1000)).is_ok());
    }
}
