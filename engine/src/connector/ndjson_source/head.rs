//! The first records of a file: their fields, and the types that the values of each fit.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::file_source::FileFault;
use super::super::format::no_text;
use super::super::numbers::integer;
use super::super::text_input::TextInput;
use super::super::text_reader::is_line_end;
use super::super::time_text::TimeFormat;
use super::scan::{Kind, Malformed, Scanner, unescape};
use crate::data::DataType;

/// How many records are looked at to infer types.
pub(super) const INFER_RECORDS: usize = 1000;
/// How much of a file is read for that; four times as much if a single record needs it.
const HEAD: usize = 1 << 20;
/// The most columns that a source may have.
pub(super) const MAX_COLUMNS: usize = 4096;
/// How deep columns may lie in objects; what lies deeper is kept as text.
const MAX_FLAT_DEPTH: usize = 8;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The keys from the record down to a field.
pub(super) type FieldPath = Vec<String>;

/// What the beginning of a file says.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Its fields in the order in which they appear first.
    pub(super) fields: Vec<(FieldPath, Guess)>,
}

/// Where the first record begins in a text that begins with `text`.
pub(super) fn body(text: &[u8]) -> usize {
    if text.starts_with(BOM) { BOM.len() } else { 0 }
}

/// Reads the beginning of `path`. Fields of objects within records are fields of their own if `flatten` says so.
pub(super) fn read_head(path: &Path, name: &str, flatten: bool) -> Result<Head, FileFault> {
    let beginning =
        |max| TextInput::beginning(path, max).map_err(|error| FileFault::unreadable(name, &error));
    let (mut text, mut is_all) = beginning(HEAD)?;
    if let Some((what, fix)) = no_text(&text) {
        return Err(FileFault::new(
            "not-ndjson",
            format!("`{name}` {what}, not lines of JSON in UTF-8"),
            fix,
        ));
    }
    if !is_all && !text[body(&text)..].trim_ascii_start().iter().any(|byte| is_line_end(*byte)) {
        (text, is_all) = beginning(4 * HEAD)?;
    }
    let text = text.get(body(&text)..).unwrap_or_default();
    let is_array = text.trim_ascii_start().first() == Some(&b'[');
    if is_array {
        let message = format!("`{name}` is an array in JSON, where a line for every object is expected");
        let fix = "make it lines, for example with `jq -c '.[]' FILE > FILE.ndjson`";
        return Err(FileFault::new("not-ndjson", message, fix));
    }
    // The last line may be cut.
    let whole =
        if is_all { text.len() } else { text.iter().rposition(|byte| is_line_end(*byte)).unwrap_or(0) };
    let mut fields = Fields { flatten, ..Fields::default() };
    let mut first_fault = None;
    let mut n_read = 0;
    let lines = text[..whole].split(|byte| is_line_end(*byte)).filter(|line| !line.is_empty());
    for line in lines.take(INFER_RECORDS) {
        match fields.see(line) {
            Ok(()) => n_read += 1,
            Err(fault) => {
                first_fault.get_or_insert(fault);
            }
        }
        if fields.found.len() > MAX_COLUMNS {
            let message = format!("`{name}` has more than {MAX_COLUMNS} fields, as many as can be read");
            let fix = "set `flatten` to false if objects hold keys that are values, such as names";
            return Err(FileFault::new("too-many-columns", message, fix));
        }
    }
    match first_fault {
        Some(fault) if n_read == 0 => {
            let message = format!(
                "`{name}` is not lines of JSON: none of the first holds an object; of the first line, {}",
                fault.what
            );
            let fix = "write a line for every object, for example with `jq -c . FILE > FILE.ndjson`";
            Err(FileFault::new("not-ndjson", message, fix))
        }
        None if n_read == 0 && !is_all => {
            let message = format!("the first line of `{name}` is longer than 4 MiB");
            Err(FileFault::new("not-ndjson", message, "write a line for every object"))
        }
        _ => Ok(Head { fields: fields.settled() }),
    }
}

/// The fields that have been seen.
#[derive(Default)]
struct Fields {
    flatten: bool,
    found: Vec<(FieldPath, Guess)>,
    places: BTreeMap<FieldPath, usize>,
    scratch: String,
}

impl Fields {
    fn see(&mut self, line: &[u8]) -> Result<(), Malformed> {
        let mut scanner = Scanner { text: line, at: 0 };
        scanner.blanks();
        if !scanner.is_object() || std::str::from_utf8(line).is_err() {
            return Err(Malformed { at: scanner.at, what: "it is not an object in UTF-8" });
        }
        // The line is gone over twice, so that nothing is learned from one that is broken at its end.
        Scanner { text: line, at: scanner.at }.value(0)?;
        self.object(&mut scanner, &mut Vec::new())?;
        scanner.finish()
    }

    fn object(&mut self, scanner: &mut Scanner<'_>, path: &mut FieldPath) -> Result<(), Malformed> {
        let depth = path.len() as u32 + 1;
        let mut more = scanner.open_object(depth)?;
        while more {
            let token = scanner.string()?;
            let raw = std::str::from_utf8(&scanner.text[token.range()]).unwrap_or_default();
            // A key that is no text cannot be asked for.
            let key = match token.kind {
                Kind::Escaped => unescape(raw, &mut self.scratch).map(str::to_owned),
                _ => Some(raw.to_owned()),
            };
            scanner.colon()?;
            match key {
                None => drop(scanner.value(depth)?),
                Some(key) => {
                    path.push(key);
                    if self.flatten && scanner.is_object() && path.len() < MAX_FLAT_DEPTH {
                        self.object(scanner, path)?;
                    } else {
                        let token = scanner.value(depth)?;
                        let guess = Guess::of(token.kind, &scanner.text[token.range()]);
                        self.add(path, guess);
                    }
                    path.pop();
                }
            }
            more = scanner.next_member()?;
        }
        Ok(())
    }

    fn add(&mut self, path: &FieldPath, guess: Guess) {
        match self.places.get(path) {
            Some(place) => {
                let known = &mut self.found[*place].1;
                *known = known.and(guess);
            }
            None if self.found.len() <= MAX_COLUMNS => {
                self.places.insert(path.clone(), self.found.len());
                self.found.push((path.clone(), guess));
            }
            None => {}
        }
    }

    /// The fields, each either a value or an object: one that is both in this file is kept as text, and one that is an object or NULL
    /// stands for no column of its own.
    fn settled(mut self) -> Vec<(FieldPath, Guess)> {
        let mut dropped = vec![false; self.found.len()];
        let mut values_above: Vec<&FieldPath> = Vec::new();
        for (path, place) in &self.places {
            values_above.retain(|above| path.starts_with(above));
            if !values_above.is_empty() {
                dropped[*place] = true;
                continue;
            }
            let mut below = self.places.range(path.clone()..).skip(1);
            if below.next().is_some_and(|(next, _)| next.starts_with(path)) {
                let guess = &mut self.found[*place].1;
                if guess.has_seen_any() {
                    *guess = guess.and(Guess::OBJECT);
                    values_above.push(path);
                } else {
                    dropped[*place] = true;
                }
            }
        }
        let kept = self.found.into_iter().zip(dropped).filter(|(_, dropped)| !dropped);
        kept.map(|(field, _)| field).collect()
    }
}

/// What the values of a field have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Guess(u16);

impl Guess {
    const BOOLEAN: Guess = Guess(1);
    const INTEGER: Guess = Guess(1 << 1);
    /// A whole number beyond 64 bits: an identifier rather than a quantity; a double would blur it.
    const LONG: Guess = Guess(1 << 2);
    const FRACTION: Guess = Guess(1 << 3);
    const DATE: Guess = Guess(1 << 4);
    const TIMESTAMP: Guess = Guess(1 << 5);
    const TEXT: Guess = Guess(1 << 6);
    const ARRAY: Guess = Guess(1 << 7);
    const OBJECT: Guess = Guess(1 << 8);
    /// The sets that need no more than one type of JSON.
    const CLASSES: [Guess; 5] = [
        Guess::BOOLEAN,
        Guess(Guess::INTEGER.0 | Guess::LONG.0 | Guess::FRACTION.0),
        Guess(Guess::DATE.0 | Guess::TIMESTAMP.0 | Guess::TEXT.0),
        Guess::ARRAY,
        Guess::OBJECT,
    ];

    fn of(kind: Kind, text: &[u8]) -> Guess {
        match kind {
            Kind::Null => Guess::default(),
            Kind::True | Kind::False => Guess::BOOLEAN,
            Kind::Number if integer(text).is_some() => Guess::INTEGER,
            Kind::Number if text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') => Guess::LONG,
            Kind::Number => Guess::FRACTION,
            Kind::String if TimeFormat::Auto.date(text).is_some() => Guess::DATE,
            Kind::String if TimeFormat::Auto.moment(text).is_some() => Guess::TIMESTAMP,
            Kind::String | Kind::Escaped => Guess::TEXT,
            Kind::Array => Guess::ARRAY,
            Kind::Object => Guess::OBJECT,
        }
    }

    /// What is known of two sets of values together.
    pub(super) fn and(self, other: Guess) -> Guess {
        Guess(self.0 | other.0)
    }

    fn is_within(self, other: Guess) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether there was any value but NULL.
    pub(super) fn has_seen_any(self) -> bool {
        self.0 != 0
    }

    /// Whether all values were of one type of JSON: true or false, numbers, strings, arrays or objects.
    pub(super) fn is_of_one_kind(self) -> bool {
        Guess::CLASSES.iter().any(|class| self.is_within(*class))
    }

    /// The narrowest type that fits; STRING where nothing was seen, and for what has no type of its own.
    pub(super) fn data_type(self) -> DataType {
        let narrow = [
            (Guess::default(), DataType::String),
            (Guess::BOOLEAN, DataType::Boolean),
            (Guess::INTEGER, DataType::BigInt),
            (Guess::INTEGER.and(Guess::FRACTION), DataType::Double),
            (Guess::DATE, DataType::Date),
            (Guess::DATE.and(Guess::TIMESTAMP), DataType::Timestamp),
        ];
        let fits = narrow.into_iter().find(|(guess, _)| self.is_within(*guess));
        fits.map_or(DataType::String, |(_, data_type)| data_type)
    }

    /// The values in words, as in "it is …".
    pub(super) fn words(self) -> String {
        match self {
            Guess::ARRAY => "an array".to_owned(),
            Guess::OBJECT => "an object".to_owned(),
            guess if guess.0 & Guess::LONG.0 != 0 && guess.is_of_one_kind() => {
                "a number beyond 64 bits".to_owned()
            }
            guess if guess.is_of_one_kind() => guess.data_type().to_string(),
            _ => "of several types".to_owned(),
        }
    }
}
