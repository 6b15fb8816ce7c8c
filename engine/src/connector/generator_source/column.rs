//! A column: its parameters, checked, and its values from the numbers of rows.

use std::sync::{Arc, OnceLock};

use polars::prelude::{
    BooleanChunked, Column, Float64Chunked, Int64Chunked, Int128Chunked, IntoColumn, IntoSeries,
    NewChunkedArray, StringChunkedBuilder, TimeUnit,
};

use super::hostile;
use super::params::{ColumnParams, Make};
use super::pattern::Pattern;
use crate::connector::draws::{Draw, Draws};
use crate::connector::elementary::{exp, ln};
use crate::data::{DataType, Field};

/// Whole numbers up to here are exact as doubles, which parameters are.
pub(super) const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;
/// As many keys as one column may have.
const MAX_KEYS: u64 = 1_000_000;
const MAX_SKEW: f64 = 10.0;
const MAX_WORDS: usize = 10_000;
const MAX_TEXT_BYTES: usize = 65_536;

/// A column that can be made.
#[derive(Debug)]
pub(super) struct MadeColumn {
    pub(super) field: Field,
    how: How,
    null_share: f64,
    hostile_share: f64,
    values: Draws,
    nulls: Draws,
    hostile: Draws,
}

#[derive(Debug)]
enum How {
    Sequence {
        from: i64,
        step: i64,
    },
    /// `from`, and `n` numbers from there on, unscaled where it is a DECIMAL.
    Whole {
        from: i64,
        n: u64,
    },
    Between {
        from: f64,
        to: f64,
    },
    Normal {
        mean: f64,
        deviation: f64,
    },
    Keys {
        keys: Weighted,
        prefix: String,
    },
    Words {
        words: Vec<String>,
        weights: Weighted,
    },
    Constant(String),
    Pattern(Pattern),
    Boolean {
        true_share: f64,
    },
    /// Milliseconds from the event time.
    Near {
        from: i64,
        n: u64,
    },
}

/// What is wrong with a column: the parameter, what, and the fix.
pub(super) type Fault = (&'static str, String, &'static str);

/// The numbers of rows, and when they happened.
pub(super) struct Rows<'a> {
    pub(super) numbers: &'a [u64],
    pub(super) times: &'a [i64],
}

impl MadeColumn {
    /// A column of `n_rows` rows.
    pub(super) fn new(
        params: &ColumnParams,
        seed: u64,
        n_rows: u64,
        hostile_share: f64,
    ) -> Result<MadeColumn, Fault> {
        if !(0.0..=1.0).contains(&params.null_share) {
            let message = format!("{} is no share", params.null_share);
            return Err(("null_share", message, "set it between 0 and 1"));
        }
        let data_type = data_type(params)?;
        let how = How::new(params, &data_type, n_rows)?;
        let draws = Draws::named(seed, &params.name);
        Ok(MadeColumn {
            field: Field { name: Arc::from(&*params.name), data_type, nullable: params.null_share > 0.0 },
            how,
            null_share: params.null_share,
            hostile_share,
            values: draws.within(0),
            nulls: draws.within(1),
            hostile: draws.within(2),
        })
    }

    /// About how long a value is, in bytes, on average but rather more than less.
    pub(super) fn mean_bytes(&self) -> usize {
        let tame = match &self.how {
            How::Constant(text) => text.len(),
            How::Words { words, .. } => words.iter().map(String::len).max().unwrap_or(0),
            How::Pattern(pattern) => pattern.max_bytes(),
            _ => 16,
        };
        let hostile = if self.field.data_type == DataType::String { hostile::MEAN_TEXT_BYTES } else { 0.0 };
        16 + tame + (self.hostile_share * hostile) as usize
    }

    /// The values of rows.
    pub(super) fn values(&self, rows: &Rows<'_>) -> Column {
        let name = (&*self.field.name).into();
        let series = match &self.field.data_type {
            DataType::BigInt => Int64Chunked::from_iter_options(
                name,
                self.cells(rows, hostile::integer, |n, _| self.whole(n)),
            )
            .into_series(),
            DataType::Double => {
                let cells = self.cells(rows, hostile::double, |n, _| self.double(n));
                Float64Chunked::from_iter_options(name, cells).into_series()
            }
            DataType::Decimal(precision, scale) => {
                let hostile = |draw| hostile::decimal(draw, *precision);
                let cells = self.cells(rows, hostile, |n, _| self.decimal(n, *precision, *scale));
                Int128Chunked::from_iter_options(name, cells)
                    .into_decimal_unchecked(usize::from(*precision), usize::from(*scale))
                    .into_series()
            }
            DataType::Boolean => {
                let cells = self.cells(rows, |mut draw| draw.below(2) == 0, |n, _| self.boolean(n));
                BooleanChunked::from_iter_options(name, cells).into_series()
            }
            DataType::Timestamp => {
                let cells =
                    self.cells(rows, hostile::timestamp, |n, time| time.saturating_add(self.whole(n)));
                let millis = Int64Chunked::from_iter_options(name, cells);
                millis.into_datetime(TimeUnit::Milliseconds, None).into_series()
            }
            _ => {
                let mut builder = StringChunkedBuilder::new(name, rows.numbers.len());
                let mut text = String::new();
                for n in rows.numbers {
                    text.clear();
                    if self.is_null(*n) {
                        builder.append_null();
                        continue;
                    }
                    match self.hostile_draw(*n) {
                        Some(draw) => hostile::push_text(&mut text, draw),
                        None => self.push_text(&mut text, *n),
                    }
                    builder.append_value(&text);
                }
                builder.finish().into_series()
            }
        };
        series.into_column()
    }

    /// A value, or none, for each row.
    fn cells<T>(
        &self,
        rows: &Rows<'_>,
        hostile: impl Fn(Draw) -> T,
        value: impl Fn(u64, i64) -> T,
    ) -> impl ExactSizeIterator<Item = Option<T>> {
        let cell = move |(n, time): (&u64, &i64)| {
            if self.is_null(*n) {
                return None;
            }
            Some(self.hostile_draw(*n).map_or_else(|| value(*n, *time), &hostile))
        };
        rows.numbers.iter().zip(rows.times).map(cell)
    }

    fn is_null(&self, n: u64) -> bool {
        self.null_share > 0.0 && self.nulls.at(n).happens(self.null_share)
    }

    /// What decides about a hostile value, where there is to be one.
    fn hostile_draw(&self, n: u64) -> Option<Draw> {
        hostile_draw(self.hostile, self.hostile_share, n)
    }

    fn whole(&self, n: u64) -> i64 {
        match &self.how {
            // Checked for the last row.
            How::Sequence { from, step } => from.wrapping_add(step.wrapping_mul(n.cast_signed())),
            How::Whole { from, n: count } | How::Near { from, n: count } => {
                from + self.values.at(n).below(*count).cast_signed()
            }
            How::Keys { keys, .. } => keys.pick(self.values.at(n)) as i64,
            _ => self.double(n).round() as i64,
        }
    }

    fn double(&self, n: u64) -> f64 {
        match &self.how {
            How::Between { from, to } => from + self.values.at(n).unit() * (to - from),
            How::Normal { mean, deviation } => mean + deviation * normal(self.values.within(n)),
            _ => 0.0,
        }
    }

    fn decimal(&self, n: u64, precision: u8, scale: u8) -> i128 {
        match &self.how {
            How::Whole { .. } => self.whole(n).into(),
            _ => {
                let greatest = 10_i128.pow(precision.into()) - 1;
                let unscaled = (self.double(n) * power_of_ten(scale)).round() as i128;
                unscaled.clamp(-greatest, greatest)
            }
        }
    }

    fn boolean(&self, n: u64) -> bool {
        matches!(self.how, How::Boolean { true_share } if self.values.at(n).happens(true_share))
    }

    fn push_text(&self, text: &mut String, n: u64) {
        match &self.how {
            How::Keys { keys, prefix } => {
                text.push_str(prefix);
                text.push_str(itoa::Buffer::new().format(keys.pick(self.values.at(n))));
            }
            How::Words { words, weights } => text.push_str(&words[weights.pick(self.values.at(n))]),
            How::Pattern(pattern) => pattern.push(text, self.values.within(n)),
            How::Constant(constant) => text.push_str(constant),
            _ => {}
        }
    }
}

/// What decides about a hostile value in place of row `n`'s, where there is to be one.
pub(super) fn hostile_draw(draws: Draws, share: f64, n: u64) -> Option<Draw> {
    let stream = (share > 0.0).then(|| draws.within(n))?;
    stream.at(0).happens(share).then(|| stream.at(1))
}

/// The type of a column, as its parameters and the way in which it is made say.
fn data_type(params: &ColumnParams) -> Result<DataType, Fault> {
    let given = &params.data_type;
    let (usual, fits, fix): (_, fn(&DataType) -> bool, _) = match params.make {
        Make::Uniform | Make::Normal => (
            DataType::Double,
            |data_type| matches!(data_type, DataType::BigInt | DataType::Double | DataType::Decimal(..)),
            "use BIGINT, DOUBLE or DECIMAL(p, s)",
        ),
        Make::Keys => (
            DataType::BigInt,
            |data_type| matches!(data_type, DataType::BigInt | DataType::String),
            "use BIGINT or STRING",
        ),
        Make::Sequence => return Ok(DataType::BigInt),
        Make::Words | Make::Pattern | Make::Constant => return Ok(DataType::String),
        Make::Boolean => return Ok(DataType::Boolean),
        Make::Timestamp => return Ok(DataType::Timestamp),
    };
    if given.is_empty() {
        return Ok(usual);
    }
    let parsed = DataType::parse(given).filter(fits);
    parsed.ok_or_else(|| ("type", format!("`{given}` is no type of such a column"), fix))
}

impl How {
    fn new(params: &ColumnParams, data_type: &DataType, n_rows: u64) -> Result<How, Fault> {
        let (from, to) = (params.from.unwrap_or(0.0), params.to);
        Ok(match params.make {
            Make::Sequence => {
                let (from, step) = (whole("from", from)?, whole("step", params.step.unwrap_or(1.0))?);
                let last = i128::from(from) + i128::from(step) * i128::from(n_rows - 1);
                if i64::try_from(last).is_err() {
                    let message = "the last value would be no BIGINT".to_owned();
                    return Err(("step", message, "take smaller steps, or make fewer rows"));
                }
                How::Sequence { from, step }
            }
            Make::Uniform if *data_type == DataType::Double => {
                let (from, to) = (finite("from", from)?, finite("to", to.unwrap_or(100.0))?);
                ordered(from, to)?;
                if !(to - from).is_finite() {
                    let message = "there are too many numbers between the bounds".to_owned();
                    return Err(("to", message, "bring the bounds closer together"));
                }
                How::Between { from, to }
            }
            Make::Uniform => {
                let from = whole("from", unscaled("from", from, data_type)?)?;
                let to = whole("to", unscaled("to", to.unwrap_or(100.0), data_type)?)?;
                if let DataType::Decimal(precision, _) = data_type {
                    for (name, bound) in [("from", from), ("to", to)] {
                        if i128::from(bound).abs() >= 10_i128.pow((*precision).into()) {
                            let message = format!("the bound does not fit {data_type}");
                            return Err((name, message, "give the type more digits"));
                        }
                    }
                }
                How::between(from, to)?
            }
            Make::Timestamp => {
                match How::between(whole("from", from)?, whole("to", to.unwrap_or(60_000.0))?)? {
                    How::Whole { from, n } => How::Near { from, n },
                    other => other,
                }
            }
            Make::Normal => {
                let mean = finite("mean", params.mean.unwrap_or(0.0))?;
                let deviation = finite("deviation", params.deviation.unwrap_or(1.0))?;
                if deviation < 0.0 {
                    let message = format!("{deviation} is no standard deviation");
                    return Err(("deviation", message, "set it to 0 or more"));
                }
                How::Normal { mean, deviation }
            }
            Make::Keys => {
                let (n, skew) = (params.keys.unwrap_or(100), params.skew.unwrap_or(1.0));
                if !(1..=MAX_KEYS).contains(&n) {
                    return Err((
                        "keys",
                        format!("there cannot be {n} keys"),
                        "set it between 1 and 1,000,000",
                    ));
                }
                if !(0.0..=MAX_SKEW).contains(&skew) {
                    return Err(("skew", format!("{skew} is no skew"), "set it between 0 and 10"));
                }
                let prefix = bounded("text", params.text.as_deref().unwrap_or("key-"))?;
                How::Keys { keys: Weighted::zipf(n, skew), prefix }
            }
            Make::Words => {
                let n = params.words.len();
                if !(1..=MAX_WORDS).contains(&n) {
                    let message = format!("one of {n} words cannot be chosen");
                    return Err(("words", message, "give 1 to 10,000 words"));
                }
                let weights: Vec<f64> = params.words.iter().map(|word| word.weight).collect();
                let sum: f64 = weights.iter().sum();
                if weights.iter().any(|weight| *weight < 0.0) || !sum.is_finite() || sum <= 0.0 {
                    let message = "the weights of the words do not say how often each comes".to_owned();
                    return Err(("words", message, "give weights of 0 or more, and one of them more than 0"));
                }
                let words =
                    params.words.iter().map(|word| bounded("words", &word.word)).collect::<Result<_, _>>()?;
                How::Words { words, weights: Weighted::of(weights) }
            }
            Make::Constant => How::Constant(bounded("text", params.text.as_deref().unwrap_or_default())?),
            Make::Pattern => {
                let text = params.text.as_deref().unwrap_or_default();
                let pattern = Pattern::parse(text).map_err(|(message, fix)| ("text", message, fix))?;
                How::Pattern(pattern)
            }
            Make::Boolean => {
                let true_share = params.true_share.unwrap_or(0.5);
                if !(0.0..=1.0).contains(&true_share) {
                    return Err((
                        "true_share",
                        format!("{true_share} is no share"),
                        "set it between 0 and 1",
                    ));
                }
                How::Boolean { true_share }
            }
        })
    }

    fn between(from: i64, to: i64) -> Result<How, Fault> {
        ordered(from, to)?;
        Ok(How::Whole { from, n: from.abs_diff(to) + 1 })
    }
}

/// A text that every row may have.
fn bounded(name: &'static str, text: &str) -> Result<String, Fault> {
    if text.len() <= MAX_TEXT_BYTES {
        return Ok(text.to_owned());
    }
    Err((name, format!("a text has {} bytes", text.len()), "use at most 65,536"))
}

fn ordered<T: Copy + PartialOrd + std::fmt::Display>(from: T, to: T) -> Result<(), Fault> {
    if from <= to {
        return Ok(());
    }
    Err(("to", format!("there is nothing from {from} to {to}"), "set `to` to no less than `from`"))
}

fn finite(name: &'static str, value: f64) -> Result<f64, Fault> {
    if value.is_finite() {
        return Ok(value);
    }
    Err((name, format!("{value} is no bound"), "give a finite number"))
}

fn whole(name: &'static str, value: f64) -> Result<i64, Fault> {
    if value.fract() == 0.0 && value.abs() <= MAX_WHOLE {
        return Ok(value as i64);
    }
    let message = format!("{value} is no whole number of at most 9,007,199,254,740,992");
    Err((name, message, "give a smaller whole number"))
}

/// The bound in units of the type's last digit.
fn unscaled(name: &'static str, bound: f64, data_type: &DataType) -> Result<f64, Fault> {
    let DataType::Decimal(_, scale) = data_type else { return Ok(bound) };
    let exact = bound * power_of_ten(*scale);
    // What is written in decimal is seldom exact in binary.
    if (exact - exact.round()).abs() > 1e-6 * exact.abs().max(1.0) {
        let message = format!("{bound} has more digits than {data_type}");
        return Err((name, message, "round it, or give the type more digits"));
    }
    Ok(exact.round())
}

fn power_of_ten(scale: u8) -> f64 {
    10_f64.powi(scale.into())
}

/// A number of the standard normal distribution, by Marsaglia's polar method.
fn normal(stream: Draws) -> f64 {
    // Each try succeeds three times of four.
    let tries = (0..64_u64).map(|n| [2 * n, 2 * n + 1].map(|index| stream.at(index).unit() * 2.0 - 1.0));
    let found = tries.map(|[x, y]| (x, x * x + y * y)).find(|(_, square)| *square > 0.0 && *square < 1.0);
    found.map_or(0.0, |(x, square)| x * (-2.0 * ln(square) / square).sqrt())
}

/// Places that come with weights of their own.
#[derive(Debug)]
struct Weighted {
    zipf: Option<(u64, f64)>,
    // Up to each place, the sum of the weights; made when it is first wanted.
    sums: OnceLock<Box<[f64]>>,
}

impl Weighted {
    fn of(weights: Vec<f64>) -> Weighted {
        Weighted { zipf: None, sums: OnceLock::from(sums(weights.into_iter())) }
    }

    /// `n` places, of which the k-th has the weight 1 / k^skew.
    fn zipf(n: u64, skew: f64) -> Weighted {
        Weighted { zipf: Some((n, skew)), sums: OnceLock::new() }
    }

    /// A place, from 0.
    fn pick(&self, mut draw: Draw) -> usize {
        if let Some((n, skew)) = self.zipf
            && skew == 0.0
        {
            return draw.below(n) as usize;
        }
        let sums = self.sums.get_or_init(|| {
            let (n, skew) = self.zipf.unwrap_or((1, 0.0));
            sums((1..=n).map(|k| exp(-skew * ln(k as f64))))
        });
        let total = sums.last().copied().unwrap_or(1.0);
        let at = draw.unit() * total;
        sums.partition_point(|sum| *sum <= at).min(sums.len() - 1)
    }
}

fn sums(weights: impl Iterator<Item = f64>) -> Box<[f64]> {
    let mut sum = 0.0;
    let add = |weight| {
        sum += weight;
        sum
    };
    weights.map(add).collect()
}
