//! Tokens to a tree: operators by how tightly they bind, everything with its place, nothing deeper than the limit.

use super::ast::{BinaryOp, Expr, Interval, Kind, Logic, Number, Test, power};
use super::token::{Spanned, Token, tokenize};
use super::{ExprError, MAX_DEPTH, MAX_TEXT_BYTES, Span, deeper};
use crate::data::{DataType, most_similar};

type Parsed<T = Expr> = Result<T, ExprError>;

/// Words that are part of the grammar; as names of columns they need back-quotes.
pub(super) const RESERVED: [&str; 20] = [
    "AND", "AS", "BETWEEN", "CASE", "DISTINCT", "ELSE", "END", "ESCAPE", "FALSE", "FOR", "FROM", "IN", "IS",
    "LIKE", "NOT", "NULL", "OR", "THEN", "TRUE", "WHEN",
];

/// The units of time that functions and intervals take.
pub(super) const UNITS: [&str; 17] = [
    "MILLENNIUM",
    "CENTURY",
    "DECADE",
    "YEAR",
    "QUARTER",
    "MONTH",
    "WEEK",
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "MILLISECOND",
    "DOY",
    "DOW",
    "ISODOW",
    "ISOYEAR",
    "EPOCH",
];

const TYPES: [&str; 14] = [
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
    "STRING",
    "BYTES",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_LTZ",
];

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

    fn node(&self, kind: Kind, start: usize) -> Parsed {
        let mut expr = Expr { kind, span: Span::new(start, self.end()), height: 0 };
        let below = expr.children().iter().map(|child| child.height).max().unwrap_or(0);
        expr.height = below + 1;
        if usize::from(expr.height) > MAX_DEPTH { Err(too_deep(expr.span)) } else { Ok(expr) }
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
                let mut args = match left.kind {
                    Kind::Logic(inner, args) if inner == logic => args,
                    kind => vec![Expr { kind, ..left }],
                };
                args.push(right);
                self.node(Kind::Logic(logic, args), start)
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
        read_number(sign, &text).ok_or_else(|| {
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

    fn case(&mut self, start: usize) -> Parsed {
        self.advance();
        let operand = if self.is_word("WHEN") { None } else { Some(Box::new(self.expression(power::NONE)?)) };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            let when = self.expression(power::NONE)?;
            self.expect_word("THEN", "after the condition of `WHEN`")?;
            branches.push([when, self.expression(power::NONE)?]);
        }
        if branches.is_empty() {
            return Err(self.unexpected(format!("expected `WHEN` in `CASE`, not {}", self.describe())));
        }
        let otherwise =
            if self.take_word("ELSE") { Some(Box::new(self.expression(power::NONE)?)) } else { None };
        self.expect_word("END", "to close `CASE`")?;
        self.node(Kind::Case { operand, branches, otherwise }, start)
    }

    fn cast(&mut self, start: usize, safe: bool) -> Parsed {
        self.advance();
        self.expect_sign("(", "after `CAST`")?;
        let of = Box::new(self.expression(power::NONE)?);
        self.expect_word("AS", "and a type in `CAST`")?;
        let to = self.data_type()?;
        self.expect_sign(")", "to close `CAST`")?;
        self.node(Kind::Cast { of, to, safe }, start)
    }

    fn data_type(&mut self) -> Parsed<DataType> {
        let start = self.span();
        let Token::Word(word) = self.advance().token else {
            return Err(ExprError::new(start, "expected a type such as INT or STRING"));
        };
        if self.take_sign("(") {
            while matches!(self.peek(), Token::Number(_) | Token::Sign(",")) {
                self.advance();
            }
            self.expect_sign(")", "to close the type")?;
        }
        let span = Span::new(start.start, self.end());
        let text = &self.text[span.range()];
        DataType::parse(text).ok_or_else(|| {
            let upper = word.to_ascii_uppercase();
            let error = ExprError::new(span, format!("there is no type `{}`", shorten(text)));
            match upper.as_str() {
                "TIMESTAMP" | "TIMESTAMP_LTZ" => {
                    error.suggest(format!("times go to the millisecond: write {upper}(3)"))
                }
                "DECIMAL" => error.suggest("write DECIMAL(p, s) with s ≤ p ≤ 38"),
                "VARCHAR" | "CHAR" | "TEXT" => error.suggest("write STRING"),
                "LONG" => error.suggest("write BIGINT"),
                "NUMERIC" | "DEC" => error.suggest("write DECIMAL"),
                "BOOL" => error.suggest("write BOOLEAN"),
                "DATETIME" => error.suggest("write TIMESTAMP(3)"),
                _ => match most_similar(&upper, TYPES.into_iter()) {
                    Some(name) => error.suggest(format!("did you mean {name}?")),
                    None => error.suggest(format!("the types are {}", TYPES.join(", "))),
                },
            }
        })
    }

    fn interval(&mut self, start: usize) -> Parsed {
        self.advance();
        let minus = self.take_sign("-");
        if !minus {
            self.take_sign("+");
        }
        let at = self.span();
        let text = self.text_literal("a number")?;
        let first = self.interval_unit()?;
        let last = if self.take_word("TO") { self.interval_unit()? } else { first };
        let interval = read_interval(&text, first, last).ok_or_else(|| {
            ExprError::new(at, format!("`{}` is not an interval in {}", shorten(&text), UNIT_NAMES[first]))
                .suggest("write INTERVAL '5' MINUTE, or INTERVAL '1 06:00:00' DAY TO SECOND")
        })?;
        let interval = match interval {
            Interval::Months(n) if minus => Interval::Months(-n),
            Interval::Millis(n) if minus => Interval::Millis(-n),
            interval => interval,
        };
        self.node(Kind::Interval(interval), start)
    }

    /// Reads a unit, as its place in [`UNIT_NAMES`]; a precision in parentheses is read over.
    fn interval_unit(&mut self) -> Parsed<usize> {
        let Spanned { token, span } = self.advance();
        let Token::Word(word) = token else {
            return Err(ExprError::new(span, "expected a unit such as MINUTE behind the interval"));
        };
        let upper = word.to_ascii_uppercase();
        let unit = UNIT_NAMES.iter().position(|name| upper == *name || upper.strip_suffix('S') == Some(name));
        let unit = unit.ok_or_else(|| {
            let error = ExprError::new(span, format!("`{word}` is not a unit of intervals"));
            match most_similar(&upper, UNIT_NAMES.into_iter()) {
                Some(name) => error.suggest(format!("did you mean {name}?")),
                None => error.suggest("the units are YEAR, MONTH, WEEK, DAY, HOUR, MINUTE and SECOND"),
            }
        })?;
        if self.take_sign("(") {
            while matches!(self.peek(), Token::Number(_) | Token::Sign(",")) {
                self.advance();
            }
            self.expect_sign(")", "to close the precision")?;
        }
        Ok(unit)
    }

    fn call(&mut self, start: usize, name: String) -> Parsed {
        let name_span = self.span();
        self.advance();
        let open = self.span();
        self.advance();
        let args = self.arguments(&name)?;
        if matches!(self.peek(), Token::End) {
            return Err(ExprError::new(open, "the `(` is not closed").suggest("close it with `)`"));
        }
        self.expect_sign(")", &format!("to close `{name}`"))?;
        self.node(Kind::Call { name, name_span, args }, start)
    }

    /// The arguments of a call, also where words of its own stand between them.
    fn arguments(&mut self, name: &str) -> Parsed<Vec<Expr>> {
        let mut args = Vec::new();
        if matches!(self.peek(), Token::Sign(")")) {
            return Ok(args);
        }
        match name {
            "EXTRACT" => {
                args.push(self.bare_word("a unit of time")?);
                self.expect_word("FROM", "after the unit of `EXTRACT`")?;
            }
            "TIMESTAMPADD" | "TIMESTAMPDIFF" => {
                args.push(self.bare_word("a unit of time")?);
                self.expect_sign(",", "after the unit")?;
            }
            "TRIM" => {
                let side = ["BOTH", "LEADING", "TRAILING"].into_iter().find(|side| self.is_word(side));
                if side.is_some() && !matches!(self.peek_after(), Token::Sign(_) | Token::End) {
                    args.push(self.bare_word("a side")?);
                    if self.take_word("FROM") {
                        args.push(self.expression(power::NONE)?);
                        return Ok(args);
                    }
                }
            }
            "POSITION" => {
                args.push(self.expression(power::BETWEEN)?);
                self.expect_word("IN", "between the two texts of `POSITION`")?;
            }
            _ => {}
        }
        args.push(self.expression(power::NONE)?);
        loop {
            let more = self.take_sign(",")
                || match name {
                    "SUBSTRING" | "SUBSTR" | "OVERLAY" if self.take_word("FROM") || self.take_word("FOR") => {
                        true
                    }
                    "OVERLAY" => self.take_word("PLACING"),
                    "TRIM" => self.take_word("FROM"),
                    "FLOOR" | "CEIL" | "CEILING" if self.take_word("TO") => {
                        args.push(self.bare_word("a unit of time")?);
                        false
                    }
                    _ => false,
                };
            if !more {
                return Ok(args);
            }
            args.push(self.expression(power::NONE)?);
        }
    }

    fn bare_word(&mut self, what: &str) -> Parsed {
        let start = self.span().start;
        if !matches!(self.peek(), Token::Word(_)) {
            return Err(self.unexpected(format!("expected {what}, not {}", self.describe())));
        }
        match self.advance().token {
            Token::Word(word) => self.node(Kind::Word(word.to_ascii_uppercase()), start),
            _ => Err(self.unexpected(format!("expected {what}"))),
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

/// Reads a number as Flink types it: whole ones are INT or BIGINT, or DECIMAL where they are larger; those with a point are DECIMAL with
/// as many digits as were written; those with an exponent are DOUBLE. `None` if there are more than 38 digits.
fn read_number(sign: &str, text: &str) -> Option<Number> {
    if text.contains(['e', 'E']) {
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
        return Some(Number::Double(if sign.is_empty() { value } else { -value }));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}");
    let value: i128 = format!("{sign}{digits}").parse().ok()?;
    if !text.contains('.')
        && let Ok(value) = i64::try_from(value)
    {
        return Some(Number::Int(value));
    }
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let precision = digits.len() - leading.min(whole.len().saturating_sub(1));
    (precision <= 38).then_some(Number::Decimal(value, precision as u8, fraction.len() as u8))
}

const UNIT_NAMES: [&str; 7] = ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"];
const UNIT_MILLIS: [i64; 7] = [0, 0, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];

/// Reads an interval's text for the units `first` to `last`: `5`, `-1.5` (seconds only), `2-6` (years and months), `1 06:30:00.250`.
fn read_interval(text: &str, first: usize, last: usize) -> Option<Interval> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut fields = text.split(|c: char| c == ':' || c == '-' || c.is_whitespace());
    let signed = |n: i64| if negative { -n } else { n };
    if first <= 1 {
        let mut months = 0i64;
        for unit in first..=last {
            let factor = if unit == 0 { 12 } else { 1 };
            months = months
                .checked_add(fields.next()?.parse::<u32>().ok().map(i64::from)?.checked_mul(factor)?)?;
        }
        return (fields.next().is_none() && last <= 1).then_some(Interval::Months(signed(months)));
    }
    if last < first {
        return None;
    }
    let mut millis = 0i64;
    // A week is no part of a longer form: DAY TO SECOND starts at the day.
    for unit in (first..=last).filter(|&unit| unit != 2 || first == last) {
        let field = fields.next()?;
        let (whole, fraction) =
            if unit == 6 { field.split_once('.').unwrap_or((field, "")) } else { (field, "") };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let fraction: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
        let whole = whole.parse::<i64>().ok()?.checked_mul(UNIT_MILLIS[unit])?;
        millis = millis.checked_add(whole)?.checked_add(fraction)?;
    }
    fields.next().is_none().then_some(Interval::Millis(signed(millis)))
}
