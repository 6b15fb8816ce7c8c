//! Numbers for people: counts, rates, bytes and percentages, each with its unit.
//!
//! Times and durations are in [`super::format_time`].
//! A number and its unit are joined by a narrow no-break space, a negative number has a real minus sign,
//! and a value that is not a number is shown as an en dash.

use super::text::t;

/// Between a number and its unit.
pub(super) const THIN: char = '\u{202F}';
/// The sign of a negative number.
pub(super) const MINUS: char = '\u{2212}';
const NOT_A_NUMBER: &str = "–";

/// Every digit, grouped by thousands: `12,431`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same with its sign, for changes: `+1,204`, `−3`, `0`.
pub fn change(n: i64) -> String {
    let digits = count(n.unsigned_abs());
    match n.signum() {
        1 => format!("+{digits}"),
        -1 => format!("{MINUS}{digits}"),
        _ => digits,
    }
}

/// Three digits that matter: `431`, `41.2 k`, `1.28 M`.
pub fn short_count(n: f64) -> String {
    let (number, prefix) = scaled(n, 1000.0, &["", "k", "M", "G", "T"]);
    joined(&number, prefix)
}

/// Rows per second in words: `12.3 k rows/s`.
pub fn rate(rows_per_sec: f64) -> String {
    let (number, prefix) = scaled(rows_per_sec, 1000.0, &["", "k", "M", "G", "T"]);
    let unit = t("unit.rows_per_sec");
    if prefix.is_empty() { joined(&number, unit) } else { format!("{number}{THIN}{prefix}{THIN}{unit}") }
}

/// Rows per second where room is short, such as on a wire: `12.3k/s`.
pub fn short_rate(rows_per_sec: f64) -> String {
    let (number, prefix) = scaled(rows_per_sec, 1000.0, &["", "k", "M", "G", "T"]);
    format!("{number}{prefix}/s")
}

/// Bytes in powers of 1024: `512 B`, `18.4 MiB`.
pub fn bytes(n: u64) -> String {
    let (number, unit) = scaled(n as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"]);
    joined(&number, unit)
}

/// A part of one as a percentage: `0.4 %`, `98 %`.
///
/// Small parts keep a digit, and a part that is there but smaller still reads `< 0.1 %`, never `0 %`.
pub fn percent(part: f64) -> String {
    let percent = part * 100.0;
    if !percent.is_finite() {
        return NOT_A_NUMBER.to_owned();
    }
    match percent.abs() {
        0.0 => joined("0", "%"),
        p if p < 0.1 => format!("<{THIN}{}", joined("0.1", "%")),
        p if p < 9.95 => joined(&signed(format!("{percent:.1}")), "%"),
        _ => joined(&signed(format!("{percent:.0}")), "%"),
    }
}

/// A measured value with about three digits and no unit: `0.25`, `4.2`, `1,204`.
pub fn number(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => NOT_A_NUMBER.to_owned(),
        v if v >= 999.5 => {
            let digits = count(v.round() as u64);
            if value < 0.0 { format!("{MINUS}{digits}") } else { digits }
        }
        v => signed(trimmed(&format!("{value:.*}", decimals(v)))),
    }
}

/// A number that was chosen, with every digit that it has: `3,600`, `0.001`, `2.75`.
pub fn exact(value: f64) -> String {
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let Ok(whole) = whole.parse() else { return NOT_A_NUMBER.to_owned() };
    let sign = if value < 0.0 { MINUS.to_string() } else { String::new() };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", count(whole))
}

/// A number and its unit, kept on one line.
pub(super) fn joined(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.to_owned() } else { format!("{number}{THIN}{unit}") }
}

/// Three digits of `value` divided by the largest fitting power of `base`, and the unit of that power.
fn scaled(value: f64, base: f64, units: &[&'static str]) -> (String, &'static str) {
    if !value.is_finite() {
        return (NOT_A_NUMBER.to_owned(), units.first().copied().unwrap_or_default());
    }
    let mut value = value;
    let mut units = units.iter().copied().peekable();
    let mut unit = units.next().unwrap_or_default();
    let mut is_whole = value.fract() == 0.0;
    // 999.5 would be shown as 1000: take the next unit before rounding.
    while value.abs() >= base.min(999.5) && units.peek().is_some() {
        value /= base;
        unit = units.next().unwrap_or_default();
        is_whole = false;
    }
    let text = format!("{value:.*}", if is_whole { 0 } else { decimals(value.abs()) });
    (signed(text), unit)
}

fn decimals(magnitude: f64) -> usize {
    match magnitude {
        m if m < 9.995 => 2,
        m if m < 99.95 => 1,
        _ => 0,
    }
}

fn trimmed(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

fn signed(text: String) -> String {
    match text.strip_prefix('-') {
        Some(digits) if digits.contains(|c: char| matches!(c, '1'..='9')) => format!("{MINUS}{digits}"),
        Some(zero) => zero.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thin spaces as plain ones, so that the expectations can be read.
    fn plain(text: &str) -> String {
        text.replace(THIN, " ")
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(12_431), "12,431");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(change(1204), "+1,204");
        assert_eq!(change(-3), "−3");
        assert_eq!(change(0), "0");
    }

    #[test]
    fn a_number_that_was_chosen_keeps_its_digits() {
        let shown = [3_600.0, 0.001, 2.75, 1_000_000.0, -1_204.5, f64::INFINITY].map(exact);
        assert_eq!(shown, ["3,600", "0.001", "2.75", "1,000,000", "−1,204.5", "–"]);
    }

    #[test]
    fn short_counts_keep_three_digits() {
        for (n, expected) in [
            (0.0, "0"),
            (7.0, "7"),
            (0.25, "0.25"),
            (999.0, "999"),
            (999.7, "1.00 k"),
            (41_200.0, "41.2 k"),
            (1_280_000.0, "1.28 M"),
            (-41_200.0, "−41.2 k"),
            (f64::NAN, "–"),
            (1e18, "1000000 T"),
        ] {
            assert_eq!(plain(&short_count(n)), expected, "{n}");
        }
    }

    #[test]
    fn rates_carry_their_unit() {
        assert_eq!(plain(&rate(12_300.0)), "12.3 k rows/s");
        assert_eq!(plain(&rate(12.0)), "12 rows/s");
        assert_eq!(short_rate(12_300.0), "12.3k/s");
        assert_eq!(short_rate(0.0), "0/s");
    }

    #[test]
    fn bytes_use_powers_of_1024() {
        assert_eq!(plain(&bytes(0)), "0 B");
        assert_eq!(plain(&bytes(512)), "512 B");
        assert_eq!(plain(&bytes(1023)), "1.00 KiB");
        assert_eq!(plain(&bytes(19_293_798)), "18.4 MiB");
        assert_eq!(plain(&bytes(3 << 30)), "3.00 GiB");
    }

    #[test]
    fn a_small_part_is_never_shown_as_nothing() {
        assert_eq!(plain(&percent(0.0)), "0 %");
        assert_eq!(plain(&percent(0.00002)), "< 0.1 %");
        assert_eq!(plain(&percent(0.004)), "0.4 %");
        assert_eq!(plain(&percent(0.976)), "98 %");
        assert_eq!(plain(&percent(-0.05)), "−5.0 %");
        assert_eq!(plain(&percent(f64::NAN)), "–");
    }

    #[test]
    fn plain_numbers_are_short() {
        assert_eq!(number(0.25), "0.25");
        assert_eq!(number(4.2), "4.2");
        assert_eq!(number(1204.4), "1,204");
        assert_eq!(number(-1204.4), "−1,204");
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(100.0), "100");
    }
}
