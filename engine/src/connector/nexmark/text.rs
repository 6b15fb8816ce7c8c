//! The texts of persons, auctions and bids.

use std::sync::OnceLock;

use polars::prelude::{NewChunkedArray, StringChunked};

use crate::connector::draws::{Draw, Draws};

/// One of these has every other bid.
const HOT_CHANNELS: [&str; 4] = ["Google", "Facebook", "Baidu", "Apple"];
/// How many channels there are besides them.
const COLD_CHANNELS: u64 = 10_000;
/// What `extra` columns are cut from.
const FILLING_BYTES: usize = 1 << 20;

pub(super) const STATES: [&str; 6] = ["AZ", "CA", "ID", "OR", "WA", "WY"];
pub(super) const CITIES: [&str; 10] = [
    "Phoenix",
    "Los Angeles",
    "San Francisco",
    "Boise",
    "Portland",
    "Bend",
    "Redmond",
    "Seattle",
    "Kent",
    "Cheyenne",
];
pub(super) const FIRST_NAMES: [&str; 11] =
    ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
pub(super) const LAST_NAMES: [&str; 9] =
    ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];

/// Texts that many rows share, made from the seed when they are first wanted.
#[derive(Debug)]
pub(super) struct Texts {
    urls_stream: Draws,
    filling_stream: Draws,
    channels: OnceLock<StringChunked>,
    urls: OnceLock<StringChunked>,
    filling: OnceLock<String>,
}

impl Texts {
    pub(super) fn new(urls_stream: Draws, filling_stream: Draws) -> Texts {
        Texts {
            urls_stream,
            filling_stream,
            channels: OnceLock::new(),
            urls: OnceLock::new(),
            filling: OnceLock::new(),
        }
    }

    /// The names of all channels, the four hot ones first.
    pub(super) fn channels(&self) -> &StringChunked {
        self.channels.get_or_init(|| {
            let cold = (0..COLD_CHANNELS).map(|i| format!("channel-{i}"));
            let names = HOT_CHANNELS.iter().map(|name| (*name).to_owned()).chain(cold);
            StringChunked::from_iter_values("".into(), names)
        })
    }

    /// The address of each channel.
    pub(super) fn urls(&self) -> &StringChunked {
        self.urls.get_or_init(|| {
            let n_hot = HOT_CHANNELS.len() as u64;
            let url = |channel: u64| {
                let stream = self.urls_stream.within(channel);
                let mut url = "https://www.nexmark.com/".to_owned();
                for dir in 0..3 {
                    push_random_text(&mut url, stream.within(dir), 5, '_');
                    url.push('/');
                }
                url.push_str("item.htm?query=1");
                if channel >= n_hot && stream.at(3).below(10) > 0 {
                    let id = ((channel - n_hot) as u32).reverse_bits().cast_signed().wrapping_abs();
                    url += &format!("&channel_id={id}");
                }
                url
            };
            StringChunked::from_iter_values("".into(), (0..n_hot + COLD_CHANNELS).map(url))
        })
    }

    /// A part of the text that fills rows up, so that a row whose other columns have `n_bytes` has `mean` on average, give or take a
    /// fifth of the difference. Nothing where it has more already.
    pub(super) fn extra(&self, mut draw: Draw, n_bytes: usize, mean: usize) -> &str {
        let Some(missing) = mean.checked_sub(n_bytes) else { return "" };
        // A fifth, rounded half up.
        let spread = (missing * 2 + 5) / 10;
        let n = missing - spread + draw.below(2 * spread as u64) as usize;
        let filling = self.filling.get_or_init(|| filling(self.filling_stream));
        let start = draw.below((FILLING_BYTES - n) as u64) as usize;
        &filling[start..start + n]
    }
}

/// The channel of a bid, by its place among [`Texts::channels`]: one of the hot ones every other time.
#[inline]
pub(super) fn channel(mut draw: Draw) -> u32 {
    let n_hot = HOT_CHANNELS.len() as u64;
    let place = if draw.below(2) > 0 { draw.below(n_hot) } else { n_hot + draw.below(COLD_CHANNELS) };
    place as u32
}

fn filling(stream: Draws) -> String {
    let letters = (0..FILLING_BYTES as u64 / 8).flat_map(|index| {
        let mut draw = stream.at(index);
        (0..8).map(move |_| letter(draw.below(26)))
    });
    letters.collect()
}

fn letter(number: u64) -> char {
    char::from(b'a' + number as u8)
}

/// Appends a text of 3 to `max` - 1 characters: letters and, one in 13, `special`. Spaces at its ends are left out.
pub(super) fn push_random_text(text: &mut String, stream: Draws, max: u64, special: char) {
    let start = text.len();
    let n = 3 + stream.at(0).below(max - 3);
    let mut draw = stream.at(1);
    for at in 0..n {
        if at % 4 == 0 {
            draw = stream.at(1 + at / 4);
        }
        let next = if draw.below(13) == 0 { special } else { letter(draw.below(26)) };
        if next != ' ' || text.len() > start {
            text.push(next);
        }
    }
    while text.len() > start && text.ends_with(' ') {
        text.pop();
    }
}

/// Appends four groups of four digits.
pub(super) fn push_credit_card(text: &mut String, mut draw: Draw) {
    for group in 0..4 {
        if group > 0 {
            text.push(' ');
        }
        let mut number = draw.below(10_000);
        for _ in 0..4 {
            text.push(char::from(b'0' + (number / 1000) as u8));
            number = number % 1000 * 10;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Texts {
        Texts::new(Draws::new(1, 1), Draws::new(1, 2))
    }

    #[test]
    fn nine_cold_channels_of_ten_have_an_id_that_is_the_reversed_number() {
        let texts = texts();
        let (channels, urls) = (texts.channels(), texts.urls());
        assert_eq!((channels.len(), urls.len()), (10_004, 10_004));
        let mut n_ids = 0;
        for (channel, url) in channels.iter().zip(urls.iter()) {
            let (channel, url) = (channel.expect("a name"), url.expect("a URL"));
            let id = url.split_once("&channel_id=").map(|(_, id)| id.parse::<i64>().expect("a number"));
            n_ids += usize::from(id.is_some());
            assert_eq!(url.split('/').count(), 7, "{url}");
            match (channel, id) {
                ("channel-0", id) => assert!(id.is_none_or(|id| id == 0)),
                // Java's Math.abs leaves the least int as it is.
                ("channel-1", id) => assert!(id.is_none_or(|id| id == -2_147_483_648)),
                ("channel-6", id) => assert!(id.is_none_or(|id| id == 1_610_612_736)),
                ("Google" | "Facebook" | "Baidu" | "Apple", id) => assert_eq!(id, None),
                _ => {}
            }
        }
        // 9,000 are expected; six standard deviations are 180.
        assert!((8_820..=9_180).contains(&n_ids), "{n_ids}");
    }

    #[test]
    fn rows_are_filled_up_to_their_mean_give_or_take_a_fifth() {
        let texts = texts();
        let lengths: Vec<usize> =
            (0..10_000).map(|index| texts.extra(Draws::new(2, 2).at(index), 32, 100).len()).collect();
        assert_eq!((lengths.iter().min(), lengths.iter().max()), (Some(&54), Some(&81)));
        assert!(lengths.iter().sum::<usize>().abs_diff(675_000) < 5_000);
        assert_eq!(texts.extra(Draws::new(2, 2).at(0), 101, 100), "");
        assert_eq!(texts.extra(Draws::new(2, 2).at(0), 98, 100).len(), 2, "a spread of nothing");
    }

    #[test]
    fn random_texts_have_their_length_and_no_spaces_at_their_ends() {
        let mut lengths = std::collections::BTreeSet::new();
        for index in 0..2_000 {
            let random = |special| {
                let mut text = "...".to_owned();
                push_random_text(&mut text, Draws::new(3, 3).within(index), 20, special);
                text.split_off(3)
            };
            let text = random('_');
            assert!(text.chars().all(|c| c == '_' || c.is_ascii_lowercase()), "{text}");
            lengths.insert(text.len());
            assert_eq!(text.replace('_', " ").trim(), random(' '));
        }
        assert!(lengths.into_iter().eq(3..20));
    }
}
