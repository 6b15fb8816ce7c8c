//! Text to tokens: words, names in back-quotes, text in quotes, numbers and signs, each with its place.

use super::{ExprError, Span};

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword, function name or plain column name, as it was written.
    Word(String),
    /// A name in back-quotes.
    Name(String),
    /// Text in single quotes, `''` already made `'`.
    Text(String),
    /// A number, as it was written.
    Number(String),
    /// A sign; `!=` is given as `<>`.
    Sign(&'static str),
    /// The end of the expression.
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spanned {
    pub token: Token,
    pub span: Span,
}

// Longer signs stand before their own beginnings.
const SIGNS: [(&str, &str); 17] = [
    ("<>", "<>"),
    ("!=", "<>"),
    ("<=", "<="),
    (">=", ">="),
    ("||", "||"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("%", "%"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
    (",", ","),
    (".", "."),
];

/// Cuts `text` into tokens; the last one is [`Token::End`]. Comments (`-- …` and `/* … */`) are skipped.
pub(super) fn tokenize(text: &str) -> Result<Vec<Spanned>, ExprError> {
    let mut tokens = Vec::new();
    cut(text, &mut tokens)?;
    Ok(tokens)
}

/// The tokens of `text` up to what is no token, and what that is.
pub(super) fn tokens_up_to_fault(text: &str) -> (Vec<Spanned>, Option<ExprError>) {
    let mut tokens = Vec::new();
    let fault = cut(text, &mut tokens).err();
    (tokens, fault)
}

fn cut(text: &str, tokens: &mut Vec<Spanned>) -> Result<(), ExprError> {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let start = at;
        let token = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let Some(end) = comment.find("*/") else {
                return Err(ExprError::new(Span::new(at, text.len()), "the comment is not closed")
                    .suggest("close it with `*/`"));
            };
            at += end + 4;
            continue;
        } else if c.is_alphabetic() || c == '_' {
            let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            at += end;
            Token::Word(rest[..end].to_owned())
        } else if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            at += number_len(rest);
            if let Some(next) = text[at..].chars().next().filter(|&c| is_word(c) || c == '.') {
                return Err(ExprError::new(
                    Span::new(start, at + next.len_utf8()),
                    format!("`{}{next}` is not a number", &text[start..at]),
                ));
            }
            Token::Number(text[start..at].to_owned())
        } else if c == '\'' || c == '`' {
            let (inside, len) = quoted(rest, c).ok_or_else(|| unclosed(c, at, text.len()))?;
            at += len;
            match c {
                '`' if inside.is_empty() => {
                    return Err(ExprError::new(Span::new(start, at), "the name in back-quotes is empty"));
                }
                '`' => Token::Name(inside),
                _ => Token::Text(inside),
            }
        } else if let Some((sign, meaning)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            at += sign.len();
            Token::Sign(meaning)
        } else {
            return Err(stray(c, at));
        };
        tokens.push(Spanned { token, span: Span::new(start, at) });
    }
    tokens.push(Spanned { token: Token::End, span: Span::new(text.len(), text.len()) });
    Ok(())
}

/// Whether `c` may stand within a plain name.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// How many bytes of `text` belong to the number that it starts with.
fn number_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

/// What stands between the quotes that `text` starts with, a doubled quote made single, and the length with quotes.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inside = String::new();
    let mut at = 1;
    loop {
        let end = at + text[at..].find(quote)?;
        inside.push_str(&text[at..end]);
        at = end + 1;
        if !text[at..].starts_with(quote) {
            return Some((inside, at));
        }
        inside.push(quote);
        at += 1;
    }
}

fn unclosed(quote: char, at: usize, end: usize) -> ExprError {
    let what = if quote == '`' { "name in back-quotes" } else { "text" };
    ExprError::new(Span::new(at, end), format!("the {what} is not closed")).suggest(if quote == '`' {
        "close it with a back-quote"
    } else {
        "close it with `'`"
    })
}

fn stray(c: char, at: usize) -> ExprError {
    let error = ExprError::new(
        Span::new(at, at + c.len_utf8()),
        format!("`{}` has no meaning here", c.escape_debug()),
    );
    match c {
        '"' => error.suggest("write text in single quotes and names in back-quotes"),
        '\u{2018}' | '\u{2019}' => error.suggest("write text in straight single quotes"),
        ';' => error.suggest("leave it out: an expression has no end mark"),
        '&' => error.suggest("write `AND`"),
        '|' => error.suggest("write `OR`, or `||` to put text together"),
        '!' => error.suggest("write `NOT`"),
        '^' => error.suggest("write `POWER(x, y)`"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        tokenize(text).expect("tokens").into_iter().map(|spanned| spanned.token).collect()
    }

    #[test]
    fn words_names_text_numbers_and_signs_are_told_apart() {
        assert_eq!(
            tokens("a_1 != `b ``c` || 'it''s' -- comment\n>= /* x */ 1.5e-3 .5"),
            vec![
                Token::Word("a_1".into()),
                Token::Sign("<>"),
                Token::Name("b `c".into()),
                Token::Sign("||"),
                Token::Text("it's".into()),
                Token::Sign(">="),
                Token::Number("1.5e-3".into()),
                Token::Number(".5".into()),
                Token::End,
            ]
        );
    }

    #[test]
    fn what_is_not_closed_is_pointed_at_from_its_beginning() {
        for (text, start) in [("a = 'b", 4), ("`a", 0), ("1 + /* 2", 4), ("'", 0), ("''''''a'", 7)] {
            let error = tokenize(text).expect_err(text);
            assert_eq!(error.span, start..text.len(), "{text}");
        }
    }

    #[test]
    fn strange_characters_are_named_with_what_to_write_instead() {
        let error = tokenize("a = \"b\"").expect_err("double quotes");
        assert_eq!((error.span, error.suggestion.is_some()), (4..5, true));
        assert_eq!(tokenize("1x").expect_err("number").span, 0..2);
        assert_eq!(tokenize("ü = €").expect_err("sign").span, 5..8);
    }
}
