//! Tokens to a tree: operators by how tightly they bind, everything with its place, nothing deeper than the limit.

mod forms;
mod literal;

use super::ast::{BinaryOp, Expr, Kind, Logic, Number, Test, power};
use super::token::{Spanned, Token, tokenize};
use super::{ExprError, MAX_DEPTH, MAX_TEXT_BYTES, Span, deeper};
use crate::data::DataType;

pub(super) use self::literal::{RESERVED, UNITS};

type Parsed<T = Expr> = Result<T, ExprError>;

/// Reads a whole expression.
pub(super) fn parse(text: &str) -> Parsed {
    if text.len() > MAX_TEXT_BYTES {
        let message = format!("the expression is longer than {} kB", MAX_TEXT_BYTES / 1024);
        return Err(ExprError::new(Span::new(0, 0), message));
    }
    let tokens = tokenize(text)?;
    let mut parser = Parser { text, tokens, at: 0, depth: 0 };
    if parser.peek() == &Token::End {
        return Err(ExprError::new(Span::new(0, text.len()), "the expression is empty")
            .suggest("write a column, or a condition such as `delay > 15`"));
    }
    let expr = parser.expression(power::NONE)?;
    match parser.peek() {
        Token::End => Ok(expr),
        Token::Sign(")") => Err(parser.unexpected("there is no `(` for this `)`")),
        _ => Err(parser.unexpected(format!("{} is not expected here", parser.describe()))),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn peek_after(&self) -> &Token {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)].token
    }

    fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// The end of the token before.
    fn end(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].span.end
    }

    fn advance(&mut self) -> Spanned {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(found) if *found == sign);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str, why: &str) -> Parsed<()> {
        if self.take_word(word) {
            return Ok(());
        }
        Err(self.unexpected(format!("expected `{word}` {why}, not {}", self.describe())))
    }

    fn expect_sign(&mut self, sign: &str, why: &str) -> Parsed<()> {
        if self.take_sign(sign) {
            return Ok(());
        }
        Err(self.unexpected(format!("expected `{sign}` {why}, not {}", self.describe())))
    }

    fn unexpected(&self, message: impl Into<String>) -> ExprError {
        ExprError::new(self.span(), message)
    }

    /// The next token in words.
    fn describe(&self) -> String {
        match self.peek() {
            Token::End => "the end".to_owned(),
            _ => format!("`{}`", shorten(&self.text[self.span().range()])),
        }
    }

    /// A part from the byte `start` to the last token read.
    fn node(&self, kind: Kind, start: usize) -> Parsed {
        let below = kind.children().iter().map(|child| child.height).max().unwrap_or(0);
        self.part(kind, start, below + 1)
    }

    fn part(&self, kind: Kind, start: usize, height: u16) -> Parsed {
        let span = Span::new(start, self.end());
        if usize::from(height) > MAX_DEPTH { Err(too_deep(span)) } else { Ok(Expr { kind, span, height }) }
    }

    /// Reads operands and operators that bind tighter than `above`.
    fn expression(&mut self, above: u8) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep(self.span()));
        }
        let start = self.span().start;
        let expr = deeper(|| {
            let mut left = self.operand()?;
            while self.take_sign(".") {
                let name = self.field_name()?;
                left = self.node(Kind::Field(Box::new(left), name), start)?;
            }
            while let Some(operator) = self.operator(above) {
                left = self.operation(left, operator, start)?;
            }
            Ok(left)
        });
        self.depth -= 1;
        expr
    }

    /// The operator that comes next, if it binds tighter than `above`.
    fn operator(&self, above: u8) -> Option<Operator> {
        let operator = match self.peek() {
            Token::Sign(sign) => Operator::Binary(match *sign {
                "+" => BinaryOp::Add,
                "-" => BinaryOp::Sub,
                "*" => BinaryOp::Mul,
                "/" => BinaryOp::Div,
                "%" => BinaryOp::Rem,
                "||" => BinaryOp::Concat,
                "=" => BinaryOp::Eq,
                "<>" => BinaryOp::NotEq,
                "<" => BinaryOp::Lt,
                "<=" => BinaryOp::LtEq,
                ">" => BinaryOp::Gt,
                ">=" => BinaryOp::GtEq,
                _ => return None,
            }),
            Token::Word(word) => {
                let word = if word.eq_ignore_ascii_case("NOT") {
                    match self.peek_after() {
                        Token::Word(next) => next,
                        _ => return None,
                    }
                } else {
                    word
                };
                match word.to_ascii_uppercase().as_str() {
                    "AND" => Operator::Logic(Logic::And),
                    "OR" => Operator::Logic(Logic::Or),
                    "IS" => Operator::Is,
                    "BETWEEN" => Operator::Between,
                    "IN" => Operator::In,
                    "LIKE" => Operator::Like,
                    _ => return None,
                }
            }
            _ => return None,
        };
        (operator.power() > above).then_some(operator)
    }

    /// Reads what follows `left`: the operator and the operands behind it.
    fn operation(&mut self, left: Expr, operator: Operator, start: usize) -> Parsed {
        let negated = self.take_word("NOT");
        self.advance();
        match operator {
            Operator::Binary(op) => {
                let right = self.expression(op.power())?;
                self.node(Kind::Binary(op, Box::new([left, right])), start)
            }
            Operator::Logic(logic) => {
                let right = self.expression(operator.power())?;
                // Measured here and not from all the operands again, or a long chain would take long.
                let (mut args, below) = match left.kind {
                    Kind::Logic(inner, args) if inner == logic => (args, left.height - 1),
                    kind => (vec![Expr { kind, ..left }], left.height),
                };
                let height = below.max(right.height) + 1;
                args.push(right);
                self.part(Kind::Logic(logic, args), start, height)
            }
            Operator::Is => self.is(left, start),
            Operator::Between => self.between(left, negated, start),
            Operator::In => self.one_of(left, negated, start),
            Operator::Like => self.like(left, negated, start),
        }
    }

    fn is(&mut self, of: Expr, start: usize) -> Parsed {
        let negated = self.take_word("NOT");
        if self.take_word("DISTINCT") {
            self.expect_word("FROM", "after `IS DISTINCT`")?;
            let right = self.expression(power::IS)?;
            let op = if negated { BinaryOp::NotDistinct } else { BinaryOp::Distinct };
            return self.node(Kind::Binary(op, Box::new([of, right])), start);
        }
        let test = if self.take_word("NULL") {
            Test::Null
        } else if self.take_word("TRUE") {
            Test::True
        } else if self.take_word("FALSE") {
            Test::False
        } else if self.take_word("UNKNOWN") {
            Test::Unknown
        } else {
            let message = format!(
                "expected `NULL`, `TRUE`, `FALSE` or `DISTINCT FROM` after `IS`, not {}",
                self.describe()
            );
            return Err(self.unexpected(message).suggest("compare values by `=`"));
        };
        self.node(Kind::Is { of: Box::new(of), test, negated }, start)
    }

    fn between(&mut self, value: Expr, negated: bool, start: usize) -> Parsed {
        let symmetric = self.take_word("SYMMETRIC");
        if !symmetric {
            self.take_word("ASYMMETRIC");
        }
        let low = self.expression(power::BETWEEN)?;
        self.expect_word("AND", "between the two bounds of `BETWEEN`")?;
        let high = self.expression(power::BETWEEN)?;
        self.node(Kind::Between { args: Box::new([value, low, high]), symmetric, negated }, start)
    }

    fn one_of(&mut self, of: Expr, negated: bool, start: usize) -> Parsed {
        self.expect_sign("(", "after `IN`")?;
        let mut list = vec![self.expression(power::NONE)?];
        while self.take_sign(",") {
            list.push(self.expression(power::NONE)?);
        }
        self.expect_sign(")", "after the values of `IN`")?;
        self.node(Kind::In { of: Box::new(of), list, negated }, start)
    }

    fn like(&mut self, of: Expr, negated: bool, start: usize) -> Parsed {
        let mut args = vec![of, self.expression(power::BETWEEN)?];
        if self.take_word("ESCAPE") {
            args.push(self.expression(power::BETWEEN)?);
        }
        self.node(Kind::Like { args, negated }, start)
    }

    /// Reads the name behind a dot.
    fn field_name(&mut self) -> Parsed<String> {
        match self.peek() {
            Token::Word(name) | Token::Name(name) => {
                let name = name.clone();
                self.advance();
                Ok(name)
            }
            _ => Err(self
                .unexpected(format!("expected the name of a field behind the `.`, not {}", self.describe()))
                .suggest("a name that holds a dot is written in back-quotes")),
        }
    }

    /// Reads what can stand where a value is expected.
    fn operand(&mut self) -> Parsed {
        let start = self.span().start;
        match self.peek() {
            Token::Sign("(") => self.parenthesis(),
            Token::Sign("-" | "+") => self.signed(start),
            Token::Number(_) => {
                let number = self.number("")?;
                self.node(Kind::Number(number), start)
            }
            Token::Text(_) => {
                let text = self.text_literal("text")?;
                self.node(Kind::Text(text), start)
            }
            Token::Name(_) => {
                let Token::Name(name) = self.advance().token else {
                    return Err(self.unexpected("expected a name"));
                };
                self.node(Kind::Column(name), start)
            }
            Token::Word(_) => self.word(start),
            Token::Sign("*") => Err(self.unexpected("`*` stands for no value here")),
            _ => Err(self.unexpected(format!("expected a value, not {}", self.describe()))),
        }
    }

    fn parenthesis(&mut self) -> Parsed {
        let open = self.span();
        self.advance();
        let inside = self.expression(power::NONE)?;
        if matches!(self.peek(), Token::End) {
            return Err(ExprError::new(open, "the `(` is not closed").suggest("close it with `)`"));
        }
        self.expect_sign(")", "to close the `(` before it")?;
        Ok(inside)
    }

    fn signed(&mut self, start: usize) -> Parsed {
        let minus = self.advance().token == Token::Sign("-");
        if minus && matches!(self.peek(), Token::Number(_)) {
            // The sign belongs to the number, or the smallest INT could not be written.
            let number = self.number("-")?;
            return self.node(Kind::Number(number), start);
        }
        let operand = self.expression(power::SIGN - 1)?;
        if minus { self.node(Kind::Negate(Box::new(operand)), start) } else { Ok(operand) }
    }

    fn number(&mut self, sign: &str) -> Parsed<Number> {
        let Spanned { token, span } = self.advance();
        let Token::Number(text) = token else { return Err(self.unexpected("expected a number")) };
        literal::read_number(sign, &text).ok_or_else(|| {
            if text.contains(['e', 'E']) {
                return ExprError::new(
                    span,
                    format!("the number `{}` is too large for a DOUBLE", shorten(&text)),
                );
            }
            ExprError::new(span, format!("the number `{}` has more than 38 digits", shorten(&text)))
                .suggest("write it with an exponent, as a DOUBLE: `1e40`")
        })
    }

    fn text_literal(&mut self, what: &str) -> Parsed<String> {
        if !matches!(self.peek(), Token::Text(_)) {
            return Err(self.unexpected(format!("expected {what} in single quotes, not {}", self.describe())));
        }
        match self.advance().token {
            Token::Text(text) => Ok(text),
            _ => Ok(String::new()),
        }
    }

    /// Reads what begins with a word: a literal, a form with words of its own, a function call, or a column.
    fn word(&mut self, start: usize) -> Parsed {
        let Token::Word(word) = self.peek() else { return Err(self.unexpected("expected a word")) };
        let upper = word.to_ascii_uppercase();
        let call = matches!(self.peek_after(), Token::Sign("("));
        match upper.as_str() {
            "NULL" | "TRUE" | "FALSE" => {
                self.advance();
                let kind = if upper == "NULL" { Kind::Null } else { Kind::Boolean(upper == "TRUE") };
                self.node(kind, start)
            }
            "NOT" => {
                self.advance();
                let of = self.expression(power::NOT - 1)?;
                self.node(Kind::Not(Box::new(of)), start)
            }
            "CASE" => self.case(start),
            "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ"
                if matches!(self.peek_after(), Token::Text(_)) =>
            {
                self.advance();
                let text = self.text_literal("a time")?;
                let data_type = DataType::parse(&upper).unwrap_or(DataType::Timestamp);
                self.node(Kind::Time(data_type, text), start)
            }
            "INTERVAL" if matches!(self.peek_after(), Token::Text(_) | Token::Sign("-" | "+")) => {
                self.interval(start)
            }
            "CAST" | "TRY_CAST" if call => self.cast(start, upper == "TRY_CAST"),
            _ if RESERVED.contains(&upper.as_str()) && !call => {
                let word = &self.text[self.span().range()];
                Err(self
                    .unexpected(format!("expected a value, not `{word}`"))
                    .suggest(format!("if it is a column, write it in back-quotes: `{word}`")))
            }
            _ if call => self.call(start, upper),
            _ => {
                let Token::Word(name) = self.advance().token else {
                    return Err(self.unexpected("expected a word"));
                };
                self.node(Kind::Column(name), start)
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Operator {
    Binary(BinaryOp),
    Logic(Logic),
    Is,
    Between,
    In,
    Like,
}

impl Operator {
    fn power(self) -> u8 {
        match self {
            Operator::Binary(op) => op.power(),
            Operator::Logic(Logic::And) => power::AND,
            Operator::Logic(Logic::Or) => power::OR,
            Operator::Is => power::IS,
            Operator::Between | Operator::In | Operator::Like => power::BETWEEN,
        }
    }
}

fn too_deep(span: Span) -> ExprError {
    ExprError::new(span, format!("the expression is nested deeper than {MAX_DEPTH} levels"))
        .suggest("compute a part of it in a column before")
}

/// The beginning of a text, for messages.
pub(super) fn shorten(text: &str) -> String {
    const MAX_CHARS: usize = 40;
    let mut chars = text.chars();
    let start: String =
        chars.by_ref().take(MAX_CHARS).flat_map(|c| c.escape_debug().collect::<Vec<_>>()).collect();
    let start = start.replace("\\'", "'").replace("\\\"", "\"");
    if chars.next().is_some() { start + "…" } else { start }
}
