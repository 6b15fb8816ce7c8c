//! The form of a text file, told from its first records.

use super::dialect::Dialect;
use super::head::{Guess, Records};

/// How many records are looked at.
const N_RECORDS: usize = 500;
/// The delimiters that are tried; the first of those that fit equally well is taken.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Texts that stand for NULL in many files, besides the empty one.
const NULL_TEXTS: [&str; 8] = ["", "NA", "NULL", "null", "\\N", "N/A", "None", "NaN"];

/// The parameters of a CSV source that say how a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvForm {
    /// The character between fields.
    pub delimiter: char,
    /// Whether the first line names the columns.
    pub header: bool,
    /// The text that stands for NULL.
    pub null_text: &'static str,
    /// How many fields a record has.
    pub n_fields: usize,
}

/// The fields of a record, without quotes and blanks around them.
type Fields<'a> = Vec<&'a [u8]>;

/// The form of a text that begins with `head`, which is all of it if `is_all` says so: the delimiter that parts nearly all records into
/// equally many fields, more than one where any does. `None` if there is no whole record, or no delimiter that does.
pub fn csv_form(head: &[u8], is_all: bool) -> Option<CsvForm> {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut best: Option<(usize, Dialect, Vec<Fields<'_>>)> = None;
    for delimiter in DELIMITERS {
        let dialect = Dialect { delimiter, quote: Some(b'"') };
        let mut records = Records { text, dialect, is_all, at: 0 };
        let all: Vec<Fields<'_>> = records
            .by_ref()
            .take(N_RECORDS)
            .filter(|(_, fields)| fields.malformed.is_none())
            .map(|(spans, _)| spans.iter().map(|span| text[span.range()].trim_ascii()).collect())
            .collect();
        let n_fields = all.first().map_or(0, Vec::len);
        let n_alike = all.iter().filter(|fields| fields.len() == n_fields).count();
        let fits = n_fields > 0 && n_alike * 10 >= all.len() * 9;
        if fits && best.as_ref().is_none_or(|(n_best, ..)| n_fields > *n_best) {
            best = Some((n_fields, dialect, all));
        }
    }
    let (n_fields, dialect, mut records) = best?;
    records.retain(|fields| fields.len() == n_fields);
    let is_value = |field: &&[u8]| field.is_empty() || of_one(field).has_narrow_type();
    let header = !records[0].iter().enumerate().any(|(idx, field)| {
        // A column of row numbers often has no name.
        is_value(field) && !(idx == 0 && field.is_empty())
    });
    let body = &records[usize::from(header)..];
    let n_typed = |null_text: &str| {
        let typed = |column: &usize| {
            let mut guess = Guess::default();
            for fields in body.iter().filter(|fields| fields[*column] != null_text.as_bytes()) {
                guess.see(fields[*column]);
            }
            guess.has_narrow_type()
        };
        (0..n_fields).filter(typed).count()
    };
    let mut null_text = ("", n_typed(""));
    for text in &NULL_TEXTS[1..] {
        let n = n_typed(text);
        if n > null_text.1 {
            null_text = (text, n);
        }
    }
    Some(CsvForm { delimiter: char::from(dialect.delimiter), header, null_text: null_text.0, n_fields })
}

fn of_one(field: &[u8]) -> Guess {
    let mut guess = Guess::default();
    guess.see(field);
    guess
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Option<(char, bool, &'static str, usize)> {
        csv_form(text.as_bytes(), true)
            .map(|form| (form.delimiter, form.header, form.null_text, form.n_fields))
    }

    #[test]
    fn the_delimiter_is_the_one_that_parts_all_records_alike() {
        assert_eq!(form("a,b\n1,2\n3,4\n"), Some((',', true, "", 2)));
        assert_eq!(form("a\tb\tc\n1,5\t2\t3\n"), Some(('\t', true, "", 3)));
        assert_eq!(form("day;price\n2026-01-01;1,50\n2026-01-02;2,25\n"), Some((';', true, "", 2)));
        assert_eq!(form("a|b\n\"x,y\"|1\n"), Some(('|', true, "", 2)));
        assert_eq!(form("name\nEWR\nJFK\n"), Some((',', true, "", 1)));
        assert_eq!(form(""), None);
        assert_eq!(csv_form(b"a line without end", false), None);
    }

    #[test]
    fn a_first_line_with_values_is_no_header() {
        assert_eq!(form("1,EWR\n2,JFK\n"), Some((',', false, "", 2)));
        assert_eq!(form("EWR,2013-01-01\nJFK,2013-01-02\n"), Some((',', false, "", 2)));
        assert_eq!(form(",name,n\n1,EWR,2\n"), Some((',', true, "", 3)), "row numbers have no name");
        assert_eq!(form("\"year\",\"1st\"\n2013,1\n"), Some((',', true, "", 2)));
    }

    #[test]
    fn a_word_stands_for_null_if_columns_have_a_type_then() {
        assert_eq!(form("n,name\n1,a\nNA,NA\n3,c\n"), Some((',', true, "NA", 2)));
        assert_eq!(form("n\tname\n1\ta\n\\N\tb\n"), Some(('\t', true, "\\N", 2)));
        assert_eq!(form("name,code\nNA,NA\nb,c\n"), Some((',', true, "", 2)), "an airport may be called so");
    }
}
