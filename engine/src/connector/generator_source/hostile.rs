//! Values that are allowed and break programs.

use crate::connector::draws::Draw;

/// How many characters a very long text has.
const LONG: usize = 10_000;
/// How long a hostile text is on average, in bytes; rather more than less.
pub(super) const MEAN_TEXT_BYTES: f64 = LONG as f64 / 10.0;
/// Midnight of the first day of the year 1, in milliseconds.
pub(super) const YEAR_ONE: i64 = -62_135_596_800_000;
/// The last millisecond of the year 9999.
pub(super) const YEAR_9999: i64 = 253_402_300_799_999;

/// One of these.
fn one_of<T: Copy>(mut draw: Draw, values: &[T]) -> T {
    values[draw.below(values.len() as u64) as usize]
}

/// The ends of the range, and what is next to them.
pub(super) fn integer(draw: Draw) -> i64 {
    one_of(draw, &[i64::MIN, i64::MAX, i64::MIN + 1, -1, 0])
}

/// What is no number, and numbers that lose what is added to them.
pub(super) fn double(draw: Draw) -> f64 {
    let values =
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MAX, f64::MIN, f64::from_bits(1), 1e16];
    one_of(draw, &values)
}

/// The ends of the range of a DECIMAL of this precision, and zero; unscaled.
pub(super) fn decimal(draw: Draw, precision: u8) -> i128 {
    let greatest = 10_i128.pow(precision.into()) - 1;
    one_of(draw, &[greatest, -greatest, 0])
}

/// Texts that are empty, very long, read another way than they stand, hold what ends a field or a line, or look like something else.
pub(super) fn push_text(text: &mut String, draw: Draw) {
    let long = "x".repeat(LONG);
    let values = [
        "",
        " ",
        &long,
        "\u{202e}gnp.exe\u{202c}",
        "\u{0}\u{7}\u{1b}[31m\u{85}",
        "a,\"b\"\r\nc\td",
        "NULL",
        "'; DROP TABLE rows; --",
        "e\u{301}\u{327}\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{feff}",
        "-0",
        "=1+1",
        "\u{fffd}\u{10ffff}",
    ];
    text.push_str(one_of(draw, &values));
}

/// The first and the last day that SQL knows, and the epoch.
pub(super) fn timestamp(draw: Draw) -> i64 {
    one_of(draw, &[YEAR_ONE, YEAR_9999, 0, -1])
}

/// The same for an event time, which may be missing too.
pub(super) fn event_time(mut draw: Draw) -> Option<i64> {
    if draw.below(4) == 0 { None } else { Some(timestamp(draw)) }
}
