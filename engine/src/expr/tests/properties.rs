//! Random rows and expressions, computed by the kernels and by a naive interpreter that looks at one row at a time.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

/// An expression over three INT columns.
#[derive(Clone, Debug)]
enum Num {
    Column(usize),
    Literal(i32),
    Negate(Box<Num>),
    Binary(char, Box<Num>, Box<Num>),
    Case(Box<Cond>, Box<Num>, Box<Num>),
    Coalesce(Box<Num>, Box<Num>),
}

/// A condition over them.
#[derive(Clone, Debug)]
enum Cond {
    Literal(Option<bool>),
    Compare(&'static str, Box<Num>, Box<Num>),
    Not(Box<Cond>),
    And(Box<Cond>, Box<Cond>),
    Or(Box<Cond>, Box<Cond>),
    IsNull(Box<Num>),
    In(Box<Num>, Vec<Option<i32>>),
    Between(Box<Num>, Box<Num>, Box<Num>),
}

/// What a naive interpreter finds: a value or NULL, or that the row is faulty.
type Naive<T> = Result<Option<T>, ()>;

impl Num {
    fn sql(&self) -> String {
        match self {
            Num::Column(idx) => format!("c{idx}"),
            Num::Literal(value) => format!("({value})"),
            Num::Negate(of) => format!("(- {})", of.sql()),
            Num::Binary(op, a, b) => format!("({} {op} {})", a.sql(), b.sql()),
            Num::Case(when, then, otherwise) => {
                format!("CASE WHEN {} THEN {} ELSE {} END", when.sql(), then.sql(), otherwise.sql())
            }
            Num::Coalesce(a, b) => format!("COALESCE({}, {})", a.sql(), b.sql()),
        }
    }

    fn eval(&self, row: &[Option<i32>; 3]) -> Naive<i32> {
        Ok(match self {
            Num::Column(idx) => row[*idx],
            Num::Literal(value) => Some(*value),
            Num::Negate(of) => match of.eval(row)? {
                Some(value) => Some(value.checked_neg().ok_or(())?),
                None => None,
            },
            Num::Binary(op, a, b) => {
                // Both sides are computed, so either may fault the row.
                let (a, b) = (a.eval(row), b.eval(row));
                let (Some(a), Some(b)) = (a?, b?) else { return Ok(None) };
                let (a, b) = (i64::from(a), i64::from(b));
                let value = match op {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    _ if b == 0 => return Err(()),
                    '/' => a / b,
                    _ => a % b,
                };
                Some(i32::try_from(value).map_err(drop)?)
            }
            Num::Case(when, then, otherwise) => {
                if when.eval(row)? == Some(true) {
                    then.eval(row)?
                } else {
                    otherwise.eval(row)?
                }
            }
            Num::Coalesce(a, b) => match a.eval(row)? {
                Some(value) => Some(value),
                None => b.eval(row)?,
            },
        })
    }
}

impl Cond {
    fn sql(&self) -> String {
        match self {
            Cond::Literal(value) => {
                value.map_or("CAST(NULL AS BOOLEAN)".to_owned(), |value| value.to_string())
            }
            Cond::Compare(op, a, b) => format!("({} {op} {})", a.sql(), b.sql()),
            Cond::Not(of) => format!("(NOT {})", of.sql()),
            Cond::And(a, b) => format!("({} AND {})", a.sql(), b.sql()),
            Cond::Or(a, b) => format!("({} OR {})", a.sql(), b.sql()),
            Cond::IsNull(of) => format!("({} IS NULL)", of.sql()),
            Cond::In(of, list) => {
                let list: Vec<String> =
                    list.iter().map(|value| value.map_or("NULL".to_owned(), |v| v.to_string())).collect();
                format!("({} IN ({}))", of.sql(), list.join(", "))
            }
            Cond::Between(a, low, high) => format!("({} BETWEEN {} AND {})", a.sql(), low.sql(), high.sql()),
        }
    }

    fn eval(&self, row: &[Option<i32>; 3]) -> Naive<bool> {
        let compare = |op: &str, a: Option<i32>, b: Option<i32>| {
            let ordering = a?.cmp(&b?);
            Some(match op {
                "=" => ordering == Ordering::Equal,
                "<>" => ordering != Ordering::Equal,
                "<" => ordering == Ordering::Less,
                "<=" => ordering != Ordering::Greater,
                ">" => ordering == Ordering::Greater,
                _ => ordering != Ordering::Less,
            })
        };
        let and = |a: Option<bool>, b: Option<bool>| match (a, b) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        Ok(match self {
            Cond::Literal(value) => *value,
            Cond::Compare("IS DISTINCT FROM", a, b) => {
                let (a, b) = (a.eval(row), b.eval(row));
                Some(a? != b?)
            }
            Cond::Compare(op, a, b) => {
                let (a, b) = (a.eval(row), b.eval(row));
                compare(op, a?, b?)
            }
            Cond::Not(of) => of.eval(row)?.map(|value| !value),
            Cond::And(a, b) => match a.eval(row)? {
                Some(false) => Some(false),
                a => and(a, b.eval(row)?),
            },
            Cond::Or(a, b) => match a.eval(row)? {
                Some(true) => Some(true),
                a => and(a.map(|a| !a), b.eval(row)?.map(|b| !b)).map(|value| !value),
            },
            Cond::IsNull(of) => Some(of.eval(row)?.is_none()),
            Cond::In(of, list) => {
                let Some(value) = of.eval(row)? else { return Ok(None) };
                if list.contains(&Some(value)) {
                    Some(true)
                } else if list.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Cond::Between(value, low, high) => {
                let value = value.eval(row)?;
                let above = compare(">=", value, low.eval(row)?);
                if above == Some(false) {
                    return Ok(Some(false));
                }
                and(above, compare("<=", value, high.eval(row)?))
            }
        })
    }
}

fn value() -> impl Strategy<Value = i32> {
    prop_oneof![4 => -3..4i32, 1 => prop::sample::select(vec![i32::MIN, i32::MAX, 65_536, -65_537])]
}

fn expressions() -> (impl Strategy<Value = Num>, impl Strategy<Value = Cond>) {
    let leaf = prop_oneof![3 => (0..3usize).prop_map(Num::Column), 1 => value().prop_map(Num::Literal)];
    let num = leaf.prop_recursive(4, 24, 3, |inner| {
        let op = prop::sample::select(vec!['+', '-', '*', '/', '%']);
        let compare = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"]);
        let when = (compare, inner.clone(), inner.clone())
            .prop_map(|(op, a, b)| Cond::Compare(op, Box::new(a), Box::new(b)));
        prop_oneof![
            inner.clone().prop_map(|of| Num::Negate(Box::new(of))),
            (op, inner.clone(), inner.clone()).prop_map(|(op, a, b)| Num::Binary(
                op,
                Box::new(a),
                Box::new(b)
            )),
            (when, inner.clone(), inner.clone()).prop_map(|(when, a, b)| Num::Case(
                Box::new(when),
                Box::new(a),
                Box::new(b)
            )),
            (inner.clone(), inner).prop_map(|(a, b)| Num::Coalesce(Box::new(a), Box::new(b))),
        ]
    });
    let boxed = num.clone().prop_map(Box::new);
    let compare = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"]);
    let leaf = prop_oneof![
        1 => prop::option::of(any::<bool>()).prop_map(Cond::Literal),
        4 => (compare, boxed.clone(), boxed.clone()).prop_map(|(op, a, b)| Cond::Compare(op, a, b)),
        1 => boxed.clone().prop_map(Cond::IsNull),
        2 => (boxed.clone(), prop::collection::vec(prop::option::of(value()), 1..12)).prop_map(|(of, list)| Cond::In(of, list)),
        1 => (boxed.clone(), boxed.clone(), boxed).prop_map(|(a, b, c)| Cond::Between(a, b, c)),
    ];
    let cond = leaf.prop_recursive(4, 16, 2, |inner| {
        let inner = inner.prop_map(Box::new);
        prop_oneof![
            inner.clone().prop_map(Cond::Not),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Cond::And(a, b)),
            (inner.clone(), inner).prop_map(|(a, b)| Cond::Or(a, b)),
        ]
    });
    (num, cond)
}

fn rows() -> impl Strategy<Value = Vec<[Option<i32>; 3]>> {
    let cell = || prop::option::weighted(0.8, value());
    prop::collection::vec([cell(), cell(), cell()], 1..80)
}

fn table(rows: &[[Option<i32>; 3]]) -> Table {
    let fields = (0..3).map(|idx| Field::nullable(format!("c{idx}"), DataType::Int)).collect();
    let columns = (0..3usize)
        .map(|idx| {
            Column::from(Series::new(
                format!("c{idx}").into(),
                rows.iter().map(|row| row[idx]).collect::<Vec<_>>(),
            ))
        })
        .collect();
    Table { schema: Schema::new(fields), frame: DataFrame::new(rows.len(), columns).expect("a table") }
}

/// What an expression gives for each row; nothing if a part without columns is faulty, which is found before any row.
fn run(rows: &[[Option<i32>; 3]], text: &str) -> Result<Option<Vec<String>>, TestCaseError> {
    let table = table(rows);
    match table.compile(text) {
        Ok(expr) => Ok(Some(plain(table.run(&expr)))),
        Err(error) if error.message.starts_with("overflow") || error.message.starts_with("division") => {
            Ok(None)
        }
        Err(error) => Err(TestCaseError::fail(format!("{text}: {error}"))),
    }
}

/// Results with the reasons left out.
fn plain(results: Vec<String>) -> Vec<String> {
    results.into_iter().map(|text| if text.starts_with('!') { "!".to_owned() } else { text }).collect()
}

fn naive<T: std::fmt::Display>(
    rows: &[[Option<i32>; 3]],
    eval: impl Fn(&[Option<i32>; 3]) -> Naive<T>,
) -> Vec<String> {
    rows.iter()
        .map(|row| match eval(row) {
            Ok(Some(value)) => value.to_string(),
            Ok(None) => "NULL".to_owned(),
            Err(()) => "!".to_owned(),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn numbers_agree_with_a_naive_interpreter(num in expressions().0, rows in rows()) {
        let text = num.sql();
        if let Some(results) = run(&rows, &text)? {
            prop_assert_eq!(results, naive(&rows, |row| num.eval(row)), "{}", text);
        }
    }

    #[test]
    fn conditions_agree_with_a_naive_interpreter(cond in expressions().1, rows in rows()) {
        let text = cond.sql();
        if let Some(results) = run(&rows, &text)? {
            prop_assert_eq!(results, naive(&rows, |row| cond.eval(row)), "{}", text);
        }
    }

    #[test]
    fn decimals_agree_with_integers_of_their_unscaled_values(
        rows in prop::collection::vec((prop::option::of(-9_999..9_999i64), prop::option::of(-999..999i64)), 1..40)
    ) {
        let text = |value: Option<i64>, scale: usize| value.map_or("NULL".to_owned(), |value| {
            let mut out = String::new();
            crate::expr::kernels::format::write_decimal(value.into(), scale as u8, &mut out);
            out
        });
        let lines: Vec<String> = rows.iter().map(|(a, b)| format!("{} | {}", text(*a, 2), text(*b, 1))).collect();
        let table = Table::new(&format!("a DECIMAL(4, 2) | b DECIMAL(3, 1)\n{}", lines.join("\n")));
        let expect = |f: &dyn Fn(i64, i64) -> Option<i64>, scale: usize| -> Vec<String> {
            rows.iter().map(|pair| match pair {
                (Some(a), Some(b)) => f(*a, *b).map_or("!".to_owned(), |value| text(Some(value), scale)),
                _ => "NULL".to_owned(),
            }).collect()
        };
        prop_assert_eq!(plain(table.eval("a + b")), expect(&|a, b| Some(a + b * 10), 2));
        prop_assert_eq!(plain(table.eval("a - b")), expect(&|a, b| Some(a - b * 10), 2));
        prop_assert_eq!(plain(table.eval("a * b")), expect(&|a, b| Some(a * b), 3));
        prop_assert_eq!(plain(table.eval("a % b")), expect(&|a, b| (b != 0).then(|| a % (b * 10)), 2));
        // DECIMAL(4, 2) / DECIMAL(3, 1) is DECIMAL(9, 6): six digits, rounded half away from zero.
        prop_assert_eq!(plain(table.eval("a / b")), expect(&|a, b| (b != 0).then(|| {
            let (numerator, divisor) = (a * 100_000, b);
            let (quotient, rest) = (numerator / divisor, numerator % divisor);
            if rest.abs() * 2 >= divisor.abs() { quotient + (numerator.signum() * divisor.signum()) } else { quotient }
        }), 6));
        prop_assert_eq!(plain(table.eval("IF(a > b, 1, IF(a = b, 0, -1))")), rows.iter().map(|pair| match pair {
            (Some(a), Some(b)) => (a.cmp(&(b * 10)) as i32).to_string(),
            _ => "-1".to_owned(),
        }).collect::<Vec<_>>());
    }

    #[test]
    fn doubles_survive_their_text_and_decimals_theirs(x in any::<f64>(), d in any::<i64>()) {
        let mut text = String::new();
        crate::expr::kernels::format::write_f64(x, &mut text);
        let back: f64 = text.replace("Infinity", "inf").parse().expect("a number");
        prop_assert!(back == x || (back.is_nan() && x.is_nan()), "{text}");
        let mut text = String::new();
        crate::expr::kernels::format::write_decimal(d.into(), 7, &mut text);
        prop_assert_eq!(decimal::parse(&text, 38, 7), Some(i128::from(d)));
    }
}
