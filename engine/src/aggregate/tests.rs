//! Every function over every type, and against other arithmetic.

use polars::prelude::{Column, IntoColumn, NamedFrom, Series};
use proptest::prelude::*;

use super::sums::{IntSum, Sum, decimal_column, mean};
use super::{Accumulator, AggregateCall, AggregateFunction, Aggregates, Argument, Grouped, accumulator};
use crate::connector::testing::batch;
use crate::data::{DataType, Value};

/// The value of each of two groups after rows have gone to them in turn.
fn over(function: AggregateFunction, data_type: &DataType, series: &Series) -> [String; 2] {
    let n_rows = series.len() as u32;
    let column = series.cast(&data_type.to_polars()).expect("castable").into_column();
    let mut accumulator = accumulator(function, Some(data_type)).expect("takes the type");
    let rows: Vec<u32> = (0..n_rows).collect();
    let groups: Vec<u32> = rows.iter().map(|row| row % 2).collect();
    let argument = Argument::new(function, Some((&column, data_type))).expect("typed");
    let same = in_other_ways(function, data_type, &argument, &rows, &groups);
    accumulator.accumulate(&argument, &Grouped::Each { first: 0, groups: &groups }, 2).expect("typed");
    // What is written down and read back in other groups must be the same.
    let mut restored = super::accumulator(function, Some(data_type)).expect("takes the type");
    for group in 0..2 {
        let mut bytes = Vec::new();
        accumulator.encode(group, &mut bytes);
        let mut rest = bytes.as_slice();
        restored.decode(1 - group, &mut rest).expect("its own bytes");
        assert!(rest.is_empty());
    }
    let result = function.result_type(Some(data_type)).expect("takes the type");
    let column = accumulator.finish(function, "x", &[0, 1]).expect("fits");
    assert_eq!(column.dtype(), &result.to_polars());
    assert_eq!(column, restored.finish(function, "x", &[1, 0]).expect("fits"));
    for other in same {
        assert_eq!(column, other, "{} of {data_type}", function.name());
    }
    // A group that was forgotten starts anew, and leaves the other alone.
    accumulator.forget(&[0]);
    let without = accumulator.finish(function, "x", &[0, 1]).expect("fits");
    assert_eq!(Value::at(&without, &result, 1).to_string(), Value::at(&column, &result, 1).to_string());
    accumulator.accumulate(&argument, &Grouped::Each { first: 0, groups: &groups }, 2).expect("typed");
    let anew = accumulator.finish(function, "x", &[0]).expect("fits");
    assert_eq!(Value::at(&anew, &result, 0).to_string(), Value::at(&column, &result, 0).to_string());
    [0, 1].map(|group| Value::at(&column, &result, group).to_string())
}

/// The values of the same two groups: rows that are chosen one by one, a group at a time, and the merged values of parts.
fn in_other_ways(
    function: AggregateFunction,
    data_type: &DataType,
    argument: &Argument,
    rows: &[u32],
    groups: &[u32],
) -> [Column; 3] {
    let new = || accumulator(function, Some(data_type)).expect("takes the type");
    let column = |accumulator: &dyn Accumulator| accumulator.finish(function, "x", &[0, 1]).expect("fits");
    let mut chosen = new();
    chosen.accumulate(argument, &Grouped::Chosen { rows, groups }, 2).expect("typed");
    let (mut one, mut merged) = (new(), new());
    one.accumulate(argument, &Grouped::One { rows: 0..0, group: 1 }, 2).expect("typed");
    merged.accumulate(argument, &Grouped::One { rows: 0..0, group: 2 }, 3).expect("typed");
    for (row, group) in rows.iter().zip(groups) {
        let rows = *row as usize..*row as usize + 1;
        one.accumulate(argument, &Grouped::One { rows: rows.clone(), group: *group }, 2).expect("typed");
        merged.accumulate(argument, &Grouped::One { rows, group: 2 }, 3).expect("typed");
        merged.merge(2, *group);
        merged.forget(&[2]);
    }
    [column(&*chosen), column(&*one), column(&*merged)]
}

#[test]
fn nulls_count_for_nothing_and_no_value_is_null() {
    let values = || Series::new("x".into(), [Some(3_i64), None, Some(4), None, Some(4), None]);
    let expected = [
        (AggregateFunction::Count, "3", "0"),
        (AggregateFunction::CountDistinct, "2", "0"),
        (AggregateFunction::Sum, "11", ""),
        (AggregateFunction::Avg, "3", ""),
        (AggregateFunction::Min, "3", ""),
        (AggregateFunction::Max, "4", ""),
        (AggregateFunction::First, "3", ""),
        (AggregateFunction::Last, "4", ""),
    ];
    for (function, first, second) in expected {
        assert_eq!(over(function, &DataType::BigInt, &values()), [first, second], "{}", function.name());
    }
}

#[test]
fn integer_means_truncate_toward_zero() {
    let values = Series::new("x".into(), [-3_i64, 7, -4, 8]);
    assert_eq!(over(AggregateFunction::Avg, &DataType::Int, &values), ["-3", "7"]);
}

#[test]
fn every_type_can_be_chosen_from() {
    let texts = || Series::new("x".into(), ["b", "z", "a", "y", "c", "x"]);
    assert_eq!(over(AggregateFunction::Min, &DataType::String, &texts()), ["a", "x"]);
    assert_eq!(over(AggregateFunction::Last, &DataType::String, &texts()), ["c", "x"]);
    let times = Series::new("x".into(), [5_i64, 0, 3, 86_400_000]);
    let expected = ["1970-01-01 00:00:00.005", "1970-01-02 00:00:00.000"];
    assert_eq!(over(AggregateFunction::Max, &DataType::Timestamp, &times), expected);
    let flags = Series::new("x".into(), [true, false, false, false]);
    assert_eq!(over(AggregateFunction::Max, &DataType::Boolean, &flags), ["true", "false"]);
    let doubles = Series::new("x".into(), [1.5, f64::NAN, -0.0, 2.0]);
    assert_eq!(over(AggregateFunction::Max, &DataType::Double, &doubles), ["1.5", "NaN"]);
}

#[test]
fn a_sum_that_does_not_fit_its_type_says_so() {
    let column = Series::new("x".into(), [i32::MAX, 1]).into_column();
    let mut sum = accumulator(AggregateFunction::Sum, Some(&DataType::Int)).expect("takes the type");
    let argument = Argument::new(AggregateFunction::Sum, Some((&column, &DataType::Int))).expect("typed");
    sum.accumulate(&argument, &Grouped::One { rows: 0..2, group: 0 }, 1).expect("typed");
    let error = sum.finish(AggregateFunction::Sum, "total", &[0]).expect_err("too large");
    assert!(error.to_string().contains("`total`") && error.to_string().contains("cast"));
}

/// The mean of decimals in schoolbook digits: `sum · 10^zeros / count`, rounded half up by magnitude.
fn long_division(sum: i128, count: i64, zeros: usize) -> String {
    let divisor = i128::from(count);
    let (mut digits, mut rest) = (String::new(), 0_i128);
    for digit in (sum.unsigned_abs().to_string() + &"0".repeat(zeros)).bytes() {
        rest = rest * 10 + i128::from(digit - b'0');
        digits.push(char::from(b'0' + (rest / divisor) as u8));
        rest %= divisor;
    }
    let mut digits = digits.into_bytes();
    if rest * 2 >= divisor {
        let n_nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
        let n_kept = digits.len() - n_nines;
        digits[n_kept..].fill(b'0');
        match n_kept.checked_sub(1) {
            Some(last) => digits[last] += 1,
            None => digits.insert(0, b'1'),
        }
    }
    let digits: String = digits.into_iter().map(char::from).collect();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { "-".repeat((sum < 0).into()) + digits }
}

#[test]
fn aggregates_that_share_a_state_give_what_each_gives_alone() {
    let values = |each: &dyn Fn(i64) -> Value| (0..200).map(each).collect::<Vec<_>>();
    let batch = batch(&[
        ("a", DataType::BigInt, values(&|n| if n % 7 == 0 { Value::Null } else { Value::Int(n * n) })),
        ("b", DataType::Double, values(&|n| Value::Double(n as f64 / 3.0))),
    ]);
    let (a, b) = (Some((0, DataType::BigInt)), Some((1, DataType::Double)));
    use AggregateFunction::{Avg, Count, Max, Sum};
    let calls: Vec<AggregateCall> = vec![
        (Avg, a.clone()),
        (Sum, b.clone()),
        (Sum, a.clone()),
        (Count, None),
        (Avg, b),
        (Count, a.clone()),
        (Sum, a.clone()),
        (Max, a),
    ];
    let groups: Vec<u32> = (0..200).map(|row| row % 3).collect();
    let pieces = [Grouped::Each { first: 0, groups: &groups }];
    let mut shared = Aggregates::new(&calls).expect("they take their types");
    shared.accumulate(&batch, &pieces, 4).expect("typed");
    // Group 2 is written down, read back as group 3 and merged into group 0, as halves of a window do.
    let mut bytes = Vec::new();
    shared.encode(2, &mut bytes);
    let mut rest = bytes.as_slice();
    shared.decode(3, &mut rest).expect("its own bytes");
    assert!(rest.is_empty());
    shared.merge(3, 0);
    for (number, call) in calls.iter().enumerate() {
        let mut alone = Aggregates::new(std::slice::from_ref(call)).expect("it takes its type");
        let merged: Vec<u32> = groups.iter().map(|group| if *group == 2 { 0 } else { *group }).collect();
        alone.accumulate(&batch, &[Grouped::Each { first: 0, groups: &merged }], 4).expect("typed");
        // Group 3 is as before its first row.
        let of = |aggregates: &Aggregates, number| aggregates.finish(number, "x", &[0, 1, 3]).expect("fits");
        assert_eq!(of(&shared, number), of(&alone, 0), "{call:?}");
    }
}

proptest! {
    #[test]
    fn decimal_means_are_those_of_arithmetic_without_bounds(
        sum in prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), -2_000..2_000_i128],
        count in prop_oneof![1..1_000_i64, 1..i64::MAX],
        scale in 0..12_u8,
    ) {
        let input = DataType::Decimal(38, scale);
        let result = AggregateFunction::Avg.result_type(Some(&input)).expect("takes the type");
        let DataType::Decimal(_, to) = result else { panic!("the mean of decimals is one") };
        let expected = long_division(sum, count, usize::from(to - scale));
        let actual = mean(&input, &result, sum, count).map(|mean| mean.to_string());
        prop_assert_eq!(actual, expected.parse::<i128>().ok().map(|_| expected.clone()));
    }
}

#[test]
fn a_mean_fits_where_its_sum_has_no_room_for_more_digits() {
    let sum = 10_i128.pow(34);
    let mean = IntSum::of_one(DataType::Decimal(38, 0), Sum::new(sum, 10_000));
    let column = mean.finish(AggregateFunction::Avg, "m", &[0]).expect("fits");
    let value = Value::at(&column, &DataType::Decimal(38, 6), 0).to_string();
    assert_eq!(value, format!("1{}.000000", "0".repeat(30)));
}

#[test]
fn decimal_means_have_six_digits_and_round_half_up() {
    let column = decimal_column("x", vec![Some(1), Some(1), Some(2)], 10, 1);
    let data_type = DataType::Decimal(10, 1);
    let mut mean = accumulator(AggregateFunction::Avg, Some(&data_type)).expect("takes the type");
    let argument = Argument::new(AggregateFunction::Avg, Some((&column, &data_type))).expect("typed");
    mean.accumulate(&argument, &Grouped::One { rows: 0..3, group: 0 }, 1).expect("typed");
    let result = mean.finish(AggregateFunction::Avg, "m", &[0]).expect("fits");
    assert_eq!(Value::at(&result, &DataType::Decimal(38, 6), 0).to_string(), "0.133333");
}
