//! What may stand where the cursor is: columns of the input and functions that start with what was typed.

use std::ops::Range;

use super::functions::functions;
use super::parse::RESERVED;
use super::sql::quote;
use super::token::is_word;
use crate::data::Schema;

/// Something that can be put in at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What the list shows.
    pub label: String,
    /// What is put in.
    pub insert: String,
    /// The bytes of the text that it replaces: the word that the cursor is in, up to the cursor.
    pub replace: Range<usize>,
    /// What it is.
    pub kind: CompletionKind,
    /// A column's type, or how a function is written.
    pub detail: String,
    /// What a function gives; nothing for a column.
    pub doc: &'static str,
}

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// A column of the input.
    Column,
    /// A function.
    Function,
    /// An operator or a word of the grammar.
    Keyword,
}

/// What fits the word before `cursor` (a byte of `text`): columns first, then functions, then operators made of words.
pub fn complete(text: &str, cursor: usize, schema: &Schema) -> Vec<Completion> {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let before = &text[..cursor];
    if inside_quotes(before, '\'') {
        return Vec::new();
    }
    let word_start = before
        .rfind(|c: char| !is_word(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let quoted = inside_quotes(before, '`');
    let start = if quoted { before.rfind('`').unwrap_or(word_start) } else { word_start };
    let prefix = before[start..].trim_start_matches('`').to_lowercase();
    let fits = |name: &str| name.to_lowercase().starts_with(&prefix);
    let replace = start..cursor;

    let mut completions: Vec<Completion> = schema
        .fields()
        .iter()
        .filter(|field| fits(&field.name))
        .map(|field| Completion {
            label: field.name.to_string(),
            insert: if quoted || needs_quotes(&field.name) {
                quote(&field.name)
            } else {
                field.name.to_string()
            },
            replace: replace.clone(),
            kind: CompletionKind::Column,
            detail: field.data_type.to_string(),
            doc: "",
        })
        .collect();
    if quoted || (prefix.is_empty() && !before.is_empty() && before.ends_with(is_word)) {
        return completions;
    }
    for info in functions() {
        let word = info.name.starts_with(|c: char| c.is_ascii_alphabetic());
        let name = std::iter::once(info.name).chain(info.aliases.iter().copied()).find(|name| fits(name));
        if let (true, Some(name)) = (word, name) {
            completions.push(Completion {
                label: name.to_owned(),
                insert: if info.is_call() { format!("{name}(") } else { name.to_owned() },
                replace: replace.clone(),
                kind: if info.is_call() { CompletionKind::Function } else { CompletionKind::Keyword },
                detail: info.signature.to_owned(),
                doc: info.doc,
            });
        }
    }
    completions.sort_by(|a, b| (a.kind, &a.label).cmp(&(b.kind, &b.label)));
    completions
}

/// Whether the end of `text` lies within quotes of this kind.
fn inside_quotes(text: &str, wanted: char) -> bool {
    let mut open = None;
    for c in text.chars().filter(|c| matches!(c, '\'' | '`')) {
        match open {
            None => open = Some(c),
            Some(quote) if quote == c => open = None,
            Some(_) => {}
        }
    }
    open == Some(wanted)
}

/// Whether a column's name can only be written in back-quotes.
fn needs_quotes(name: &str) -> bool {
    let plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(is_word);
    !plain || RESERVED.contains(&name.to_ascii_uppercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataType, Field};

    fn labels(text: &str) -> Vec<String> {
        let schema = Schema::new(vec![
            Field::nullable("dep_delay", DataType::Int),
            Field::nullable("dest", DataType::String),
            Field::nullable("from", DataType::String),
        ]);
        complete(text, text.len(), &schema).into_iter().map(|completion| completion.insert).collect()
    }

    #[test]
    fn columns_come_before_functions_that_start_with_the_word() {
        assert_eq!(labels("dep_delay > 1 AND de"), ["dep_delay", "dest", "DEGREES("]);
        assert_eq!(labels("f"), ["`from`", "FLOOR(", "FROM_UNIXTIME("]);
        assert_eq!(labels("`de"), ["`dep_delay`", "`dest`"]);
        assert_eq!(labels("dest = 'de"), Vec::<String>::new());
        assert!(labels("").len() > 50);
    }

    #[test]
    fn the_word_before_the_cursor_is_replaced() {
        let schema = Schema::new(vec![Field::nullable("größe", DataType::Int)]);
        let found = complete("1 + grö + 2", 8, &schema);
        assert_eq!((found[0].insert.as_str(), found[0].replace.clone()), ("größe", 4..8));
        assert!(complete("grö", 3, &schema).iter().all(|completion| completion.replace.end <= 2));
    }
}
