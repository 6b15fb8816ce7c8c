//! The forms with words of their own: CASE, CAST, INTERVAL, and calls such as `EXTRACT(HOUR FROM t)`.

use super::literal::{UNIT_NAMES, read_interval};
use super::{Parsed, Parser, shorten};
use crate::data::{DataType, most_similar};
use crate::expr::ast::{Expr, Interval, Kind, power};
use crate::expr::token::{Spanned, Token};
use crate::expr::{ExprError, Span};

#[rustfmt::skip]
const TYPES: [&str; 14] = [
    "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "STRING", "BYTES", "DATE", "TIME",
    "TIMESTAMP", "TIMESTAMP_LTZ",
];

impl Parser<'_> {
    pub(super) fn case(&mut self, start: usize) -> Parsed {
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

    pub(super) fn cast(&mut self, start: usize, safe: bool) -> Parsed {
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

    pub(super) fn interval(&mut self, start: usize) -> Parsed {
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

    pub(super) fn call(&mut self, start: usize, name: String) -> Parsed {
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
