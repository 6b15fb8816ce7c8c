//! Durations as people write them.

/// A duration of milliseconds in the largest unit that divides it: `5 min`, `90 s`, `250 ms`.
pub fn duration_text(millis: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
    if millis == 0 {
        return "0 s".to_owned();
    }
    let unit = UNITS.iter().find(|(size, _)| millis % size == 0);
    unit.map_or_else(String::new, |(size, name)| format!("{} {name}", millis / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_divides_is_used() {
        let texts = [0, 1, 1_500, 90_000, 300_000, 3_600_000, 172_800_000].map(duration_text);
        assert_eq!(texts, ["0 s", "1 ms", "1500 ms", "90 s", "5 min", "1 h", "2 d"]);
    }
}
