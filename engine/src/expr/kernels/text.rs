//! Functions of text. Positions and lengths count characters, from 1.

use std::sync::Arc;

use super::{MAX_TEXT_BYTES, Outcome, Reason, all_valid, n_rows, rows, slice_rows, text_rows};
use crate::expr::eval::Kernel;
use crate::expr::vector::{TextLane, Vector};

pub(in crate::expr) const TOO_LONG: Reason = Reason::Borrowed("the text would be longer than 1 MB");

/// A text made of one text: `f` writes it.
pub(in crate::expr) fn written(f: impl Fn(&str, &mut String) + Send + Sync + 'static) -> Kernel {
    Arc::new(move |args, run| {
        let texts = args[0].text();
        text_rows(&[&args[0]], run, |row, out| {
            f(texts.at(row), out);
            Ok(true)
        })
    })
}

/// A number made of one text.
pub(in crate::expr) fn measured(f: impl Fn(&str) -> i32 + Send + Sync + 'static) -> Kernel {
    Arc::new(move |args, run| {
        let texts = args[0].text();
        rows(&[&args[0]], run, |row| Ok(Some(f(texts.at(row)))))
    })
}

/// A piece of a text by one or two whole numbers; the third is NULL-safe `None` where the function was called without it.
pub(in crate::expr) fn piece_by_numbers(
    f: impl Fn(&str, i64, Option<i64>) -> Option<&str> + Send + Sync + 'static,
) -> Kernel {
    Arc::new(move |args, run| {
        let (texts, first) = (args[0].text(), args[1].lane::<i64>());
        let second = args.get(2).map(Vector::lane::<i64>);
        let all: Vec<&Vector> = args.iter().collect();
        slice_rows(&all, run, |row| Ok(f(texts.at(row), first.at(row), second.map(|lane| lane.at(row)))))
    })
}

/// How many characters a text has, as an INT.
pub(in crate::expr) fn char_length(text: &str) -> i32 {
    i32::try_from(n_chars(text)).unwrap_or(i32::MAX)
}

fn n_chars(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Where the character number `n` (from 0) starts; the end of the text if there are fewer.
fn byte_of_char(text: &str, n: usize) -> usize {
    if text.is_ascii() {
        return n.min(text.len());
    }
    text.char_indices().nth(n).map_or(text.len(), |(at, _)| at)
}

/// `SUBSTRING`: a start of 0 counts as 1, a negative one from the end; a negative length gives NULL.
pub(in crate::expr) fn substring(text: &str, start: i64, len: Option<i64>) -> Option<&str> {
    let n = n_chars(text) as i64;
    let start = match start {
        1.. => start - 1,
        0 => 0,
        _ => n.saturating_add(start),
    };
    match len {
        Some(..0) => return None,
        _ if start < 0 || start >= n => return Some(""),
        _ => {}
    }
    let rest = &text[byte_of_char(text, start as usize)..];
    Some(match len {
        Some(len) => &rest[..byte_of_char(rest, usize::try_from(len).unwrap_or(usize::MAX))],
        None => rest,
    })
}

/// `LEFT`: nothing where the length is not positive.
pub(in crate::expr) fn left(text: &str, len: i64) -> &str {
    &text[..byte_of_char(text, usize::try_from(len).unwrap_or(0))]
}

/// `RIGHT`.
pub(in crate::expr) fn right(text: &str, len: i64) -> &str {
    let skip = n_chars(text).saturating_sub(usize::try_from(len).unwrap_or(0));
    &text[byte_of_char(text, skip)..]
}

/// Which ends `TRIM` works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) enum Side {
    Both,
    Leading,
    Trailing,
}

/// `TRIM`: takes away spaces, or every character of the second text.
pub(in crate::expr) fn trim(side: Side) -> Kernel {
    fn cut(text: &str, side: Side, out: impl Fn(char) -> bool + Copy) -> &str {
        let text = if side == Side::Trailing { text } else { text.trim_start_matches(out) };
        if side == Side::Leading { text } else { text.trim_end_matches(out) }
    }
    Arc::new(move |args, run| {
        let texts = args[0].text();
        match args.get(1) {
            None => slice_rows(&[&args[0]], run, |row| Ok(Some(cut(texts.at(row), side, |c| c == ' ')))),
            Some(set) => {
                let sets = set.text();
                slice_rows(&[&args[0], set], run, |row| {
                    let set = sets.at(row);
                    Ok(Some(cut(texts.at(row), side, |c| set.contains(c))))
                })
            }
        }
    })
}

/// `LPAD` and `RPAD`: NULL where the length is negative or there is nothing to pad with.
pub(in crate::expr) fn pad(left: bool) -> Kernel {
    Arc::new(move |args, run| {
        let (texts, lengths, pads) = (args[0].text(), args[1].lane::<i64>(), args[2].text());
        text_rows(&[&args[0], &args[1], &args[2]], run, |row, out| {
            let (text, pad) = (texts.at(row), pads.at(row));
            let Ok(len) = usize::try_from(lengths.at(row)) else { return Ok(false) };
            if pad.is_empty() {
                return Ok(false);
            }
            let n = n_chars(text);
            if len <= n {
                out.push_str(&text[..byte_of_char(text, len)]);
                return Ok(true);
            }
            if len > MAX_TEXT_BYTES {
                return Err(TOO_LONG);
            }
            let padding = pad.chars().cycle().take(len - n);
            if !left {
                out.push_str(text);
            }
            out.extend(padding);
            if left {
                out.push_str(text);
            }
            Ok(true)
        })
    })
}

/// `||` and `CONCAT`: NULL where any argument is.
pub(in crate::expr) fn concat() -> Kernel {
    Arc::new(|args, run| {
        let lanes: Vec<TextLane> = args.iter().map(Vector::text).collect();
        let all: Vec<&Vector> = args.iter().collect();
        text_rows(&all, run, |row, out| {
            for lane in &lanes {
                out.push_str(lane.at(row));
            }
            if out.len() > MAX_TEXT_BYTES { Err(TOO_LONG) } else { Ok(true) }
        })
    })
}

/// `CONCAT_WS`: NULL where the separator is; NULL among the others is left out.
pub(in crate::expr) fn concat_ws() -> Kernel {
    Arc::new(|args, run| {
        let n = n_rows(&args.iter().collect::<Vec<_>>(), run);
        let lanes: Vec<_> = args.iter().map(|arg| (arg.text(), all_valid(&[arg], n))).collect();
        let constant = args.iter().all(|arg| arg.constant);
        // Only the separator decides whether there is a result, but the result has as many rows as all of them together.
        let separator = if constant { args[0].clone() } else { args[0].clone().expand(n) };
        text_rows(&[&separator], run, |row, out| {
            let mut first = true;
            for (lane, validity) in &lanes[1..] {
                if validity.as_ref().is_some_and(|validity| !validity.get_bit(row)) {
                    continue;
                }
                if !first {
                    out.push_str(lanes[0].0.at(row));
                }
                first = false;
                out.push_str(lane.at(row));
            }
            if out.len() > MAX_TEXT_BYTES { Err(TOO_LONG) } else { Ok(true) }
        })
    })
}

/// `REPLACE`: every occurrence of the second text by the third; nothing is found where the second is empty.
pub(in crate::expr) fn replace() -> Kernel {
    Arc::new(|args, run| {
        let (texts, olds, news) = (args[0].text(), args[1].text(), args[2].text());
        text_rows(&[&args[0], &args[1], &args[2]], run, |row, out| {
            let (text, old, new) = (texts.at(row), olds.at(row), news.at(row));
            let mut at = 0;
            if !old.is_empty() {
                for (found, _) in text.match_indices(old) {
                    out.push_str(&text[at..found]);
                    out.push_str(new);
                    at = found + old.len();
                    if out.len() > MAX_TEXT_BYTES {
                        return Err(TOO_LONG);
                    }
                }
            }
            out.push_str(&text[at..]);
            Ok(true)
        })
    })
}

/// `REPEAT`: nothing where the number is not positive.
pub(in crate::expr) fn repeat() -> Kernel {
    Arc::new(|args, run| {
        let (texts, times) = (args[0].text(), args[1].lane::<i64>());
        text_rows(&[&args[0], &args[1]], run, |row, out| {
            let text = texts.at(row);
            let times = usize::try_from(times.at(row)).unwrap_or(0);
            if text.len().saturating_mul(times) > MAX_TEXT_BYTES {
                return Err(TOO_LONG);
            }
            if !text.is_empty() {
                (0..times).for_each(|_| out.push_str(text));
            }
            Ok(true)
        })
    })
}

/// `OVERLAY`: the characters from the third argument on, as many as the fourth says or the second has, become the second.
pub(in crate::expr) fn overlay() -> Kernel {
    Arc::new(|args, run| {
        let (texts, news, starts) = (args[0].text(), args[1].text(), args[2].lane::<i64>());
        let lengths = args.get(3).map(Vector::lane::<i64>);
        let all: Vec<&Vector> = args.iter().collect();
        text_rows(&all, run, |row, out| {
            let (text, new, start) = (texts.at(row), news.at(row), starts.at(row));
            let len = lengths.map_or(n_chars(new) as i64, |lane| lane.at(row));
            if start <= 0 || start > n_chars(text) as i64 {
                out.push_str(text);
                return Ok(true);
            }
            let from = byte_of_char(text, (start - 1) as usize);
            let rest = &text[from..];
            out.push_str(&text[..from]);
            out.push_str(new);
            if len >= 0 {
                out.push_str(&rest[byte_of_char(rest, usize::try_from(len).unwrap_or(usize::MAX))..]);
            }
            Ok(true)
        })
    })
}

/// The place of `part` in `text` at or after the character number `start` (from 1); 0 if it is not there.
pub(in crate::expr) fn position(text: &str, part: &str, start: i64) -> i32 {
    let Some(skip) = usize::try_from(start.saturating_sub(1)).ok().filter(|&skip| skip <= n_chars(text))
    else {
        return 0;
    };
    let from = byte_of_char(text, skip);
    text[from..].find(part).map_or(0, |at| char_length(&text[..from + at]).saturating_add(1))
}

/// The place of one text in another; which argument is which, and where to start, the caller says.
pub(in crate::expr) fn locate(text: usize, part: usize) -> Kernel {
    Arc::new(move |args, run| {
        let (texts, parts) = (args[text].text(), args[part].text());
        let starts = args.get(2).map(Vector::lane::<i64>);
        let all: Vec<&Vector> = args.iter().collect();
        rows(&all, run, |row| {
            Ok(Some(position(texts.at(row), parts.at(row), starts.map_or(1, |lane| lane.at(row)))))
        })
    })
}

/// A truth value made of two texts.
pub(in crate::expr) fn tested(f: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> Kernel {
    Arc::new(move |args, run| {
        let (a, b) = (args[0].text(), args[1].text());
        super::bool_rows(&[&args[0], &args[1]], run, |row| Ok(Some(f(a.at(row), b.at(row)))))
    })
}

/// `SPLIT_INDEX`: the part number `n` (from 0) of a text cut at a separator; NULL if there are fewer.
pub(in crate::expr) fn split_index() -> Kernel {
    Arc::new(|args, run| {
        let (texts, separators, places) = (args[0].text(), args[1].text(), args[2].lane::<i64>());
        slice_rows(&[&args[0], &args[1], &args[2]], run, |row| -> Outcome<&str> {
            let (text, separator) = (texts.at(row), separators.at(row));
            let Ok(place) = usize::try_from(places.at(row)) else { return Ok(None) };
            Ok(if separator.is_empty() {
                // Without a separator Flink cuts at blanks.
                text.split_whitespace().nth(place)
            } else {
                text.split(separator).nth(place)
            })
        })
    })
}

/// Writes each word with a capital first letter and small ones behind it.
pub(in crate::expr) fn initcap(text: &str, out: &mut String) {
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric();
    }
}

/// `CHR`: the character with the number's last eight bits as its code; nothing for a negative number.
pub(in crate::expr) fn chr() -> Kernel {
    Arc::new(|args, run| {
        let codes = args[0].lane::<i64>();
        text_rows(&[&args[0]], run, |row, out| {
            let code = codes.at(row);
            if code >= 0 {
                out.push(char::from((code & 0xFF) as u8));
            }
            Ok(true)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substrings_count_characters_from_either_end() {
        for (start, len, expected) in [
            (1, Some(2), Some("hé")),
            (0, Some(2), Some("hé")),
            (2, None, Some("éllo")),
            (-2, None, Some("lo")),
            (-9, None, Some("")),
            (6, Some(1), Some("")),
            (5, Some(i64::MAX), Some("o")),
            (1, Some(-1), None),
            (i64::MIN, Some(1), Some("")),
        ] {
            assert_eq!(substring("héllo", start, len), expected, "{start} {len:?}");
        }
        assert_eq!(
            (left("héllo", 2), left("héllo", -1), right("héllo", 4), right("h", i64::MAX)),
            ("hé", "", "éllo", "h")
        );
    }

    #[test]
    fn positions_count_characters_from_one() {
        assert_eq!(position("ééa", "a", 1), 3);
        assert_eq!(position("aXaX", "X", 3), 4);
        assert_eq!(position("abc", "x", 1), 0);
        assert_eq!(position("abc", "", 1), 1);
        assert_eq!(position("abc", "a", 9), 0);
        assert_eq!(position("abc", "a", i64::MIN), 0);
    }
}
