//! What the pieces of an expression are, for an editor that colours them while they are written.

use std::ops::Range;

use super::parse::{RESERVED, UNITS};
use super::token::{Spanned, Token, tokens_up_to_fault};

/// A piece of an expression's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes.
    pub span: Range<usize>,
    /// What it is.
    pub kind: PieceKind,
}

/// What a piece of an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// A word of the grammar, a type, or a unit of time.
    Keyword,
    /// The name of a function.
    Function,
    /// The name of a column.
    Column,
    /// Text in single quotes.
    Text,
    /// A number.
    Number,
    /// A sign.
    Sign,
    /// What is not read.
    Comment,
}

/// The pieces of `text` in order, whether or not it is a correct expression. Space is in none of them, nor what is no token.
pub fn pieces(text: &str) -> Vec<Piece> {
    let (tokens, fault) = tokens_up_to_fault(text);
    let mut pieces = Vec::with_capacity(tokens.len());
    let mut at = 0;
    for (idx, spanned) in tokens.iter().enumerate() {
        let span = spanned.span.range();
        pieces.extend(comment(text, at..span.start));
        at = span.end;
        if let Some(kind) = kind(&tokens, idx) {
            pieces.push(Piece { span, kind });
        }
    }
    if let Some(fault) = fault {
        // What is not closed yet is what it begins as.
        let start = fault.span.start.max(at);
        pieces.extend(comment(text, at..start));
        let rest = &text[start..];
        let kind = match rest.as_bytes() {
            [b'\'', ..] => Some(PieceKind::Text),
            [b'`', ..] => Some(PieceKind::Column),
            [b'/', b'*', ..] => Some(PieceKind::Comment),
            _ => None,
        };
        pieces.extend(kind.map(|kind| Piece { span: start..text.len(), kind }));
    }
    pieces
}

/// The comments between two tokens, as one piece.
fn comment(text: &str, gap: Range<usize>) -> Option<Piece> {
    let between = &text[gap.clone()];
    let start = gap.start + (between.len() - between.trim_start().len());
    let end = gap.start + between.trim_end().len();
    (start < end).then_some(Piece { span: start..end, kind: PieceKind::Comment })
}

fn kind(tokens: &[Spanned], idx: usize) -> Option<PieceKind> {
    let next = tokens.get(idx + 1).map(|next| &next.token);
    let before = idx.checked_sub(1).map(|before| &tokens[before].token);
    Some(match &tokens[idx].token {
        Token::End => return None,
        Token::Sign(_) => PieceKind::Sign,
        Token::Number(_) => PieceKind::Number,
        Token::Text(_) => PieceKind::Text,
        Token::Name(_) => PieceKind::Column,
        Token::Word(word) => {
            let upper = word.to_ascii_uppercase();
            let is_reserved = RESERVED.contains(&&*upper);
            let is_type = matches!(before, Some(Token::Word(word)) if word.eq_ignore_ascii_case("AS"));
            // `TIMESTAMP '…'`, `INTERVAL '5' MINUTE`, `EXTRACT(HOUR FROM …)`
            let is_prefix = matches!(next, Some(Token::Text(_)));
            let is_from = matches!(next, Some(Token::Word(word)) if word.eq_ignore_ascii_case("FROM"));
            let is_unit = UNITS.contains(&&*upper) && (is_from || matches!(before, Some(Token::Text(_))));
            if is_reserved || is_type || is_prefix || is_unit {
                PieceKind::Keyword
            } else if matches!(next, Some(Token::Sign("("))) {
                PieceKind::Function
            } else {
                PieceKind::Column
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(&str, PieceKind)> {
        pieces(text).into_iter().map(|piece| (&text[piece.span], piece.kind)).collect()
    }

    #[test]
    fn words_are_what_they_mean_where_they_stand() {
        use PieceKind::{Column, Comment, Function, Keyword, Number, Sign, Text};
        assert_eq!(
            kinds("CAST(delay AS INT) > 1.5 -- late\nAND `from` IN ('a', UPPER(b))"),
            [
                ("CAST", Function),
                ("(", Sign),
                ("delay", Column),
                ("AS", Keyword),
                ("INT", Keyword),
                (")", Sign),
                (">", Sign),
                ("1.5", Number),
                ("-- late", Comment),
                ("AND", Keyword),
                ("`from`", Column),
                ("IN", Keyword),
                ("(", Sign),
                ("'a'", Text),
                (",", Sign),
                ("UPPER", Function),
                ("(", Sign),
                ("b", Column),
                (")", Sign),
                (")", Sign),
            ]
        );
        let words = |text| -> Vec<_> {
            kinds(text).into_iter().filter(|(_, kind)| *kind == Keyword).map(|(word, _)| word).collect()
        };
        assert_eq!(words("at + INTERVAL '5' MINUTE"), ["INTERVAL", "MINUTE"]);
        assert_eq!(words("EXTRACT(HOUR FROM hour)"), ["HOUR", "FROM"]);
    }

    #[test]
    fn what_is_not_finished_is_coloured_as_far_as_it_goes() {
        assert_eq!(
            kinds("a = 'b c"),
            [("a", PieceKind::Column), ("=", PieceKind::Sign), ("'b c", PieceKind::Text)]
        );
        assert_eq!(kinds("1 + €"), [("1", PieceKind::Number), ("+", PieceKind::Sign)]);
        assert_eq!(kinds("a /* b"), [("a", PieceKind::Column), ("/* b", PieceKind::Comment)]);
        assert_eq!(kinds(" /* only */ "), [("/* only */", PieceKind::Comment)]);
        assert_eq!(kinds("").len(), 0);
    }
}
