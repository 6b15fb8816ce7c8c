//! The tree as Flink SQL: the same expression with every name in back-quotes and only the parentheses that are needed.

use std::fmt::Write as _;

use super::ast::{BinaryOp, Expr, Interval, Kind, Logic, Number, Test, power};
use super::functions;
use super::kernels::format::{write_decimal, write_f64};

/// The Flink SQL text of an expression.
pub(super) fn flink_sql(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, power::NONE, &mut out);
    out
}

/// A name in back-quotes.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Text in quotes.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// How tightly the outermost operator binds.
fn power_of(kind: &Kind) -> u8 {
    match kind {
        Kind::Logic(Logic::Or, _) => power::OR,
        Kind::Logic(Logic::And, _) => power::AND,
        Kind::Not(_) => power::NOT,
        Kind::Is { .. } => power::IS,
        Kind::Between { .. } | Kind::In { .. } | Kind::Like { .. } => power::BETWEEN,
        Kind::Binary(op, _) => op.power(),
        Kind::Negate(_) => power::SIGN,
        Kind::Number(Number::Int(n)) if *n < 0 => power::SIGN,
        Kind::Number(Number::Decimal(n, ..)) if *n < 0 => power::SIGN,
        Kind::Number(Number::Double(n)) if n.is_sign_negative() => power::SIGN,
        _ => power::ATOM,
    }
}

/// Writes `expr`, in parentheses if it does not bind tighter than `above`.
fn write(expr: &Expr, above: u8, out: &mut String) {
    super::deeper(|| write_part(expr, above, out));
}

fn write_part(expr: &Expr, above: u8, out: &mut String) {
    if power_of(&expr.kind) <= above {
        out.push('(');
        write_bare(expr, out);
        out.push(')');
    } else {
        write_bare(expr, out);
    }
}

fn write_bare(expr: &Expr, out: &mut String) {
    match &expr.kind {
        Kind::Null => out.push_str("NULL"),
        Kind::Boolean(value) => out.push_str(if *value { "TRUE" } else { "FALSE" }),
        Kind::Number(number) => write_number(*number, out),
        Kind::Text(value) => out.push_str(&text(value)),
        Kind::Time(data_type, value) => {
            let name = data_type.to_string();
            let name = name.split('(').next().unwrap_or_default();
            // Flink has no literal of TIMESTAMP_LTZ.
            if name == "TIMESTAMP_LTZ" {
                out.push_str(&format!("CAST({} AS TIMESTAMP_LTZ(3))", text(value)));
            } else {
                out.push_str(&format!("{name} {}", text(value)));
            }
        }
        Kind::Interval(interval) => write_interval(*interval, out),
        Kind::Column(name) => out.push_str(&quote(name)),
        Kind::Field(of, name) => {
            write(of, power::ATOM - 1, out);
            out.push('.');
            out.push_str(&quote(name));
        }
        Kind::Word(word) => out.push_str(word),
        Kind::Negate(of) => {
            out.push('-');
            // A minus right before a number would become a part of it.
            let above = if matches!(of.kind, Kind::Number(_)) { power::ATOM } else { power::SIGN };
            write(of, above, out);
        }
        Kind::Not(of) => {
            out.push_str("NOT ");
            write(of, power::NOT, out);
        }
        Kind::Binary(op, args) => write_binary(*op, args, out),
        Kind::Logic(logic, args) => {
            let (sign, power) = match logic {
                Logic::And => (" AND ", power::AND),
                Logic::Or => (" OR ", power::OR),
            };
            join(args, sign, power, out);
        }
        Kind::Is { of, test, negated } => {
            write(of, power::IS, out);
            out.push_str(if *negated { " IS NOT " } else { " IS " });
            out.push_str(match test {
                Test::Null => "NULL",
                Test::True => "TRUE",
                Test::False => "FALSE",
                Test::Unknown => "UNKNOWN",
            });
        }
        Kind::Between { args, symmetric, negated } => {
            write(&args[0], power::BETWEEN, out);
            out.push_str(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
            out.push_str(if *symmetric { "SYMMETRIC " } else { "" });
            write(&args[1], power::BETWEEN, out);
            out.push_str(" AND ");
            write(&args[2], power::BETWEEN, out);
        }
        Kind::In { of, list, negated } => {
            write(of, power::BETWEEN, out);
            out.push_str(if *negated { " NOT IN (" } else { " IN (" });
            join(list, ", ", power::NONE, out);
            out.push(')');
        }
        Kind::Like { args, negated } => {
            write(&args[0], power::BETWEEN, out);
            out.push_str(if *negated { " NOT LIKE " } else { " LIKE " });
            join(&args[1..], " ESCAPE ", power::BETWEEN, out);
        }
        Kind::Case { operand, branches, otherwise } => {
            out.push_str("CASE");
            if let Some(operand) = operand {
                out.push(' ');
                write(operand, power::NONE, out);
            }
            for [when, then] in branches {
                out.push_str(" WHEN ");
                write(when, power::NONE, out);
                out.push_str(" THEN ");
                write(then, power::NONE, out);
            }
            if let Some(otherwise) = otherwise {
                out.push_str(" ELSE ");
                write(otherwise, power::NONE, out);
            }
            out.push_str(" END");
        }
        Kind::Cast { of, to, safe } => {
            out.push_str(if *safe { "TRY_CAST(" } else { "CAST(" });
            write(of, power::NONE, out);
            out.push_str(&format!(" AS {to})"));
        }
        Kind::Call { name, args, .. } => write_call(name, args, out),
    }
}

fn write_binary(op: BinaryOp, args: &[Expr; 2], out: &mut String) {
    // Operators group from the left, so an operand on the right that binds as loosely keeps its parentheses.
    write(&args[0], op.power() - 1, out);
    let _ = write!(out, " {} ", op.sql());
    write(&args[1], op.power(), out);
}

fn join(args: &[Expr], sign: &str, above: u8, out: &mut String) {
    for (idx, arg) in args.iter().enumerate() {
        if idx > 0 {
            out.push_str(sign);
        }
        write(arg, above, out);
    }
}

fn write_number(number: Number, out: &mut String) {
    match number {
        Number::Int(value) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{value}");
        }
        Number::Decimal(value, _, scale) => write_decimal(value, scale, out),
        Number::Double(value) => {
            let start = out.len();
            write_f64(value, out);
            // Without an exponent it would be a DECIMAL.
            if !out[start..].contains('E') {
                out.push_str("E0");
            }
        }
    }
}

/// Writes an interval in the largest unit that it is a whole number of. Flink reads two digits unless told of more.
fn write_interval(interval: Interval, out: &mut String) {
    let (n, units): (i64, &[(i64, &str)]) = match interval {
        Interval::Months(n) => (n, &[(12, "YEAR"), (1, "MONTH")]),
        Interval::Millis(n) => {
            (n, &[(86_400_000, "DAY"), (3_600_000, "HOUR"), (60_000, "MINUTE"), (1000, "SECOND")])
        }
    };
    let sign = if n < 0 { "-" } else { "" };
    let size = n.unsigned_abs();
    let digits = |n: u64| n.to_string().len().max(2);
    match units.iter().find(|(unit, _)| size.is_multiple_of(unit.unsigned_abs())) {
        Some((unit, name)) => {
            let count = size / unit.unsigned_abs();
            let _ = write!(out, "INTERVAL {sign}'{count}' {name}");
            if digits(count) > 2 {
                let _ = write!(out, "({})", digits(count));
            }
        }
        None => {
            let _ = write!(
                out,
                "INTERVAL {sign}'{}.{:03}' SECOND({}, 3)",
                size / 1000,
                size % 1000,
                digits(size / 1000)
            );
        }
    }
}

/// Writes a call by the name that Flink knows the function by, with the words that some functions have between their arguments.
fn write_call(name: &str, args: &[Expr], out: &mut String) {
    let name = functions::find(name).map_or(name, |info| info.name);
    let is_word = |idx: usize| matches!(args.get(idx).map(|arg| &arg.kind), Some(Kind::Word(_)));
    let mut parts: Vec<&Expr> = args.iter().collect();
    let (name, start, separators): (&str, &str, &[&str]) = match (name, args.len()) {
        ("EXTRACT", _) => (name, "", &[" FROM "]),
        ("FLOOR" | "CEIL", _) if is_word(1) => (name, "", &[" TO "]),
        ("POSITION", _) => (name, "", &[" IN "]),
        ("SUBSTRING", _) => (name, "", &[" FROM ", " FOR "]),
        ("OVERLAY", _) => (name, "", &[" PLACING ", " FROM ", " FOR "]),
        ("TRIM", 3) => (name, "", &[" ", " FROM "]),
        ("TRIM", 2) if is_word(0) => (name, "", &[" FROM "]),
        ("TRIM", 2) => (name, "BOTH ", &[" FROM "]),
        // Flink's own take one argument, or two only since version 2.
        ("LTRIM" | "RTRIM", 2) => {
            parts.reverse();
            ("TRIM", if name == "LTRIM" { "LEADING " } else { "TRAILING " }, &[" FROM "])
        }
        _ => (name, "", &[]),
    };
    let _ = write!(out, "{name}({start}");
    for (idx, part) in parts.iter().enumerate() {
        if idx > 0 {
            out.push_str(separators.get(idx - 1).copied().unwrap_or(", "));
        }
        write(part, power::NONE, out);
    }
    if name == "TO_TIMESTAMP_LTZ" && parts.len() == 1 {
        out.push_str(", 3");
    }
    out.push(')');
}
