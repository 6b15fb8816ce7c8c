//! Patterns: `LIKE`, and regular expressions in linear time. Constant patterns are compiled once, others once per run of equal ones.

use std::sync::Arc;

use regex::{CaptureLocations, Regex, RegexBuilder};

use super::{MAX_TEXT_BYTES, Reason, bool_rows, slice_rows, text_rows};
use crate::expr::eval::Kernel;
use crate::expr::parse::shorten;
use crate::expr::vector::Vector;

/// How large a compiled regular expression may become, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// Compiles a regular expression.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(in crate::expr) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).dfa_size_limit(MAX_REGEX_BYTES).build().map_err(
        |error| match error {
            regex::Error::CompiledTooBig(_) => {
                "the regular expression is larger than 1 MB when compiled".to_owned()
            }
            error => {
                let text = error.to_string();
                let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                format!("`{}` is not a regular expression: {cause}", shorten(pattern))
            }
        },
    )
}

/// A pattern for each row: known before, or compiled whenever it differs from that of the row before.
enum Patterns<'a, P> {
    Known(&'a P),
    Read { texts: crate::expr::vector::TextLane<'a>, last: Option<(&'a str, Result<P, Reason>)> },
}

impl<'a, P> Patterns<'a, P> {
    fn new(known: Option<&'a P>, arg: &'a Vector) -> Patterns<'a, P> {
        known.map_or_else(|| Patterns::Read { texts: arg.text(), last: None }, Patterns::Known)
    }

    fn at(&mut self, row: usize, compile: impl Fn(&str) -> Result<P, Reason>) -> Result<&P, Reason> {
        match self {
            Patterns::Known(known) => Ok(known),
            Patterns::Read { texts, last } => {
                let text = texts.at(row);
                if last.as_ref().is_none_or(|(known, _)| *known != text) {
                    *last = Some((text, compile(text)));
                }
                match last {
                    Some((_, Ok(pattern))) => Ok(pattern),
                    Some((_, Err(reason))) => Err(reason.clone()),
                    None => Err(Reason::Borrowed("no pattern")),
                }
            }
        }
    }
}

fn compile_for_row(pattern: &str) -> Result<Regex, Reason> {
    compile(pattern).map_err(Reason::Owned)
}

/// `REGEXP`: whether the pattern is found anywhere.
pub(in crate::expr) fn is_match(known: Option<Regex>) -> Kernel {
    Arc::new(move |args, run| {
        let texts = args[0].text();
        let mut patterns = Patterns::new(known.as_ref(), &args[1]);
        bool_rows(&[&args[0], &args[1]], run, |row| {
            Ok(Some(patterns.at(row, compile_for_row)?.is_match(texts.at(row))))
        })
    })
}

/// `REGEXP_EXTRACT`: the group with the number of the third argument (0, the whole match, if it is not given) of the first match; NULL
/// where nothing matches or there is no such group.
pub(in crate::expr) fn extract(known: Option<Regex>) -> Kernel {
    Arc::new(move |args, run| {
        let texts = args[0].text();
        let groups = args.get(2).map(Vector::lane::<i64>);
        let all: Vec<&Vector> = args.iter().collect();
        let mut patterns = Patterns::new(known.as_ref(), &args[1]);
        let mut places = Places::default();
        slice_rows(&all, run, |row| {
            let pattern = patterns.at(row, compile_for_row)?;
            let Ok(group) = usize::try_from(groups.map_or(0, |lane| lane.at(row))) else { return Ok(None) };
            let text = texts.at(row);
            if group == 0 {
                return Ok(pattern.find(text).map(|found| found.as_str()));
            }
            let places = places.of(pattern);
            let found = pattern.captures_read(places, text).and_then(|_| places.get(group));
            Ok(found.map(|(start, end)| &text[start..end]))
        })
    })
}

/// Where the groups of a match lie, kept from row to row as long as the pattern is the same.
#[derive(Default)]
struct Places {
    of: Option<(String, CaptureLocations)>,
}

impl Places {
    fn of(&mut self, pattern: &Regex) -> &mut CaptureLocations {
        let known = self.of.take_if(|(text, _)| text == pattern.as_str());
        &mut self
            .of
            .insert(known.unwrap_or_else(|| (pattern.as_str().to_owned(), pattern.capture_locations())))
            .1
    }
}

/// `REGEXP_REPLACE`: every match by the third text, in which `$1` stands for the first group and `\$` for a dollar sign.
///
/// As in Java, an empty match may follow right behind another match.
pub(in crate::expr) fn replace(known: Option<Regex>) -> Kernel {
    Arc::new(move |args, run| {
        let (texts, news) = (args[0].text(), args[2].text());
        let mut patterns = Patterns::new(known.as_ref(), &args[1]);
        let mut places = Places::default();
        text_rows(&[&args[0], &args[1], &args[2]], run, |row, out| {
            let pattern = patterns.at(row, compile_for_row)?;
            let (text, new) = (texts.at(row), news.at(row));
            let plain = !new.contains(['$', '\\']);
            let places = places.of(pattern);
            let (mut copied, mut from) = (0, 0);
            while from <= text.len() {
                let found = if plain {
                    pattern.find_at(text, from)
                } else {
                    pattern.captures_read_at(places, text, from)
                };
                let Some(found) = found else { break };
                out.push_str(&text[copied..found.start()]);
                if plain {
                    out.push_str(new);
                } else {
                    expand(new, text, places, out)?;
                }
                if out.len() > MAX_TEXT_BYTES {
                    return Err(super::text::TOO_LONG);
                }
                copied = found.end();
                from = found.end();
                if found.is_empty() {
                    from += text[from..].chars().next().map_or(1, char::len_utf8);
                }
            }
            out.push_str(&text[copied..]);
            Ok(true)
        })
    })
}

/// Writes a replacement, groups put in for `$0` to `$99`.
fn expand(new: &str, text: &str, places: &CaptureLocations, out: &mut String) -> Result<(), Reason> {
    let mut chars = new.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '$' => {
                let Some(first) = chars.next_if(char::is_ascii_digit) else {
                    return Err(Reason::Borrowed(
                        "`$` in a replacement is followed by no group; write `\\$` for the sign",
                    ));
                };
                let mut group = first as usize - '0' as usize;
                // A second digit belongs to the group only if there are as many groups.
                if let Some(digit) = chars.peek().and_then(|c| c.to_digit(10))
                    && group * 10 + (digit as usize) < places.len()
                {
                    group = group * 10 + digit as usize;
                    chars.next();
                }
                if group >= places.len() {
                    return Err(Reason::Owned(format!("the regular expression has no group {group}")));
                }
                out.push_str(places.get(group).map_or("", |(start, end)| &text[start..end]));
            }
            c => out.push(c),
        }
    }
    Ok(())
}

/// A pattern of `LIKE`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) enum Like {
    /// Without wildcards.
    Exact(String),
    /// `abc%`
    Prefix(String),
    /// `%abc`
    Suffix(String),
    /// `%abc%`
    Contains(String),
    /// Anything else.
    Parts(Vec<Part>),
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) enum Part {
    Char(char),
    /// `_`
    One,
    /// `%`
    Any,
}

impl Like {
    /// Reads a pattern: `%` stands for any text, `_` for one character; behind the escape character they stand for themselves.
    ///
    /// # Errors
    /// If the escape character stands before something else.
    pub fn parse(pattern: &str, escape: Option<char>) -> Result<Like, String> {
        let mut parts = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            let part = match c {
                c if Some(c) == escape => match chars.next() {
                    Some(next) if next == '%' || next == '_' || Some(next) == escape => Part::Char(next),
                    _ => {
                        return Err(format!(
                            "the escape character `{c}` stands before neither `%`, `_` nor itself"
                        ));
                    }
                },
                '%' => Part::Any,
                '_' => Part::One,
                c => Part::Char(c),
            };
            // Several `%` in a row say no more than one.
            if part != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(part);
            }
        }
        let text = |parts: &[Part]| -> Option<String> {
            parts.iter().map(|part| if let Part::Char(c) = part { Some(*c) } else { None }).collect()
        };
        Ok(match parts.as_slice() {
            [Part::Any, inner @ .., Part::Any] if text(inner).is_some() => {
                Like::Contains(text(inner).unwrap_or_default())
            }
            [inner @ .., Part::Any] if text(inner).is_some() => Like::Prefix(text(inner).unwrap_or_default()),
            [Part::Any, inner @ ..] if text(inner).is_some() => Like::Suffix(text(inner).unwrap_or_default()),
            inner if text(inner).is_some() => Like::Exact(text(inner).unwrap_or_default()),
            _ => Like::Parts(parts),
        })
    }

    /// Whether a whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Like::Exact(exact) => text == exact,
            Like::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Like::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Like::Contains(part) => memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some(),
            Like::Parts(parts) => matches_parts(parts, text),
        }
    }
}

/// Matches greedily: only the last `%` passed is ever tried again, so the work is at most the product of both lengths.
fn matches_parts(parts: &[Part], text: &str) -> bool {
    let (mut part, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let mut chars = rest.chars();
        match (parts.get(part), chars.next()) {
            (Some(Part::Any), _) => {
                part += 1;
                retry = Some((part, rest));
                continue;
            }
            (None, None) => return true,
            (Some(Part::One), Some(_)) => {
                part += 1;
                rest = chars.as_str();
                continue;
            }
            (Some(Part::Char(c)), Some(found)) if *c == found => {
                part += 1;
                rest = chars.as_str();
                continue;
            }
            _ => {}
        }
        let Some((after, from)) = retry else { return false };
        let mut skipped = from.chars();
        if skipped.next().is_none() {
            return false;
        }
        part = after;
        rest = skipped.as_str();
        retry = Some((after, rest));
    }
}

/// `LIKE`. The escape character is that of the third argument, where there is one.
pub(in crate::expr) fn like(known: Option<Like>, escape: Option<char>) -> Kernel {
    Arc::new(move |args, run| {
        let texts = args[0].text();
        let escapes = args.get(2).map(Vector::text);
        let all: Vec<&Vector> = args.iter().collect();
        let mut patterns = Patterns::new(known.as_ref(), &args[1]);
        let mut last = escape;
        bool_rows(&all, run, |row| {
            if let Some(escapes) = &escapes {
                let escape = self::escape(escapes.at(row)).map_err(Reason::Owned)?;
                if escape != last {
                    (patterns, last) = (Patterns::new(None, &args[1]), escape);
                }
            }
            let like = patterns.at(row, |pattern| Like::parse(pattern, last).map_err(Reason::Owned))?;
            Ok(Some(like.matches(texts.at(row))))
        })
    })
}

/// Reads the escape character of `LIKE`.
///
/// # Errors
/// If it is not exactly one character.
pub(in crate::expr) fn escape(text: &str) -> Result<Option<char>, String> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Some(c)),
        _ => Err(format!("the escape character must be one character, not '{}'", shorten(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_like_match_whole_texts() {
        for (pattern, text, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("ab%", "abcd", true),
            ("%cd", "abcd", true),
            ("%bc%", "abcd", true),
            ("%", "", true),
            ("", "", true),
            ("_", "é", true),
            ("_", "", false),
            ("a%b_d%", "axxbcd", true),
            ("a%b_d%", "axxbd", false),
            ("%a%a%", "banana", true),
            ("%_", "", false),
            ("a_%z", "abz", true),
        ] {
            let like = Like::parse(pattern, None).expect(pattern);
            assert_eq!(like.matches(text), expected, "{pattern} {text}");
        }
        let like = Like::parse(r"50\%%", Some('\\')).expect("escaped");
        assert!(like.matches("50% off") && !like.matches("500"));
        assert!(Like::parse(r"a\b", Some('\\')).is_err());
    }

    #[test]
    fn groups_of_a_replacement_are_put_in() {
        let expanded = |new: &str| {
            let pattern = compile("(a)(b)?(c)").expect("a pattern");
            let mut places = pattern.capture_locations();
            pattern.captures_read(&mut places, "-ac-").expect("a match");
            let mut out = String::new();
            expand(new, "-ac-", &places, &mut out).map(|()| out)
        };
        assert_eq!(expanded("[$3$1$2$0]"), Ok("[caac]".to_owned()));
        assert_eq!(expanded(r"\$1$10\\"), Ok(r"$1a0\".to_owned()));
        assert!(expanded("$").is_err() && expanded("$9").is_err() && expanded("$x").is_err());
    }

    #[test]
    fn hostile_patterns_end_soon() {
        let text = "a".repeat(20_000);
        let pattern = "%a_".repeat(20) + "b";
        assert!(!Like::parse(&pattern, None).expect("pattern").matches(&text));
        assert!(!compile("(a+)+$").expect("pattern").is_match(&(text + "b")));
        assert!(compile(r"(\w{1,1000}){1,1000}").is_err_and(|message| message.contains("1 MB")));
        assert!(compile("(").is_err_and(|message| message.contains("unclosed group")));
    }
}
