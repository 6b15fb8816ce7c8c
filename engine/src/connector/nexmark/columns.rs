//! The columns of the three tables, each made by itself: what nobody reads is not made.

use polars::prelude::{
    Column, DataFrame, IdxCa, IdxSize, Int64Chunked, IntoColumn, IntoSeries, StringChunked,
    StringChunkedBuilder, TimeUnit,
};

use super::events::{
    AUCTIONS_IN_FLIGHT, EVENTS_IN_FLIGHT, Events, Table, Timeline, last_auction, last_person,
};
use super::price::Prices;
use super::text::{self, CITIES, FIRST_NAMES, LAST_NAMES, STATES, Texts, push_credit_card, push_random_text};
use crate::connector::draws::{Draw, Draws};
use crate::data::DataType;
use crate::error::{EngineError, Result};

/// The number of the first person and of the first auction.
const FIRST_ID: i64 = 1000;
/// The number of the first of five categories.
const FIRST_CATEGORY: i64 = 10;
/// Of so many auctions or persons, one is hot.
const HOT_EVERY: i64 = 100;
/// So many persons are active: they sell and bid.
const ACTIVE_PERSONS: i64 = 1000;
/// So many persons and auctions that are still to come are named as if they were there.
const LEAD: i64 = 10;

/// A column of one of the tables. Its number is that of its stream of draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Auction = 16,
    Bidder,
    Price,
    Channel,
    Url,
    BidExtra,
    AuctionId,
    ItemName,
    Description,
    InitialBid,
    Reserve,
    Expires,
    Seller,
    Category,
    AuctionExtra,
    PersonId,
    PersonName,
    EmailAddress,
    CreditCard,
    City,
    State,
    PersonExtra,
    DateTime,
    /// When the event arrives; in no table, but it orders the rows.
    ArrivalTime,
}

impl Table {
    /// Its columns in their order, by the names of Nexmark's views in snake case.
    pub(super) fn columns(self) -> &'static [(&'static str, Content)] {
        match self {
            Table::Bid => &[
                ("auction", Content::Auction),
                ("bidder", Content::Bidder),
                ("price", Content::Price),
                ("channel", Content::Channel),
                ("url", Content::Url),
                ("date_time", Content::DateTime),
                ("extra", Content::BidExtra),
            ],
            Table::Auction => &[
                ("id", Content::AuctionId),
                ("item_name", Content::ItemName),
                ("description", Content::Description),
                ("initial_bid", Content::InitialBid),
                ("reserve", Content::Reserve),
                ("date_time", Content::DateTime),
                ("expires", Content::Expires),
                ("seller", Content::Seller),
                ("category", Content::Category),
                ("extra", Content::AuctionExtra),
            ],
            Table::Person => &[
                ("id", Content::PersonId),
                ("name", Content::PersonName),
                ("email_address", Content::EmailAddress),
                ("credit_card", Content::CreditCard),
                ("city", Content::City),
                ("state", Content::State),
                ("date_time", Content::DateTime),
                ("extra", Content::PersonExtra),
            ],
        }
    }
}

impl Content {
    pub(super) fn data_type(self) -> DataType {
        match self {
            Content::DateTime | Content::Expires | Content::ArrivalTime => DataType::Timestamp,
            Content::Auction
            | Content::Bidder
            | Content::Price
            | Content::AuctionId
            | Content::InitialBid
            | Content::Reserve
            | Content::Seller
            | Content::Category
            | Content::PersonId => DataType::BigInt,
            _ => DataType::String,
        }
    }
}

/// Makes events from their numbers.
#[derive(Debug)]
pub(super) struct Generator {
    pub(super) timeline: Timeline,
    /// Whether bidders are shifted by the first person's number twice, as upstream shifts them.
    shifts_bidders_twice: bool,
    seed: u64,
    prices: Prices,
    texts: Texts,
}

/// The stream of numbers that decides which events are delayed. The columns have theirs by [`Content`], from 16 on.
pub(super) const DELAYED: u64 = 0;
const URLS: u64 = 1;
const FILLING: u64 = 2;

impl Generator {
    pub(super) fn new(timeline: Timeline, shifts_bidders_twice: bool, seed: u64) -> Generator {
        let texts = Texts::new(Draws::new(seed, URLS), Draws::new(seed, FILLING));
        Generator { timeline, shifts_bidders_twice, seed, prices: Prices::new(), texts }
    }

    /// Columns of `events`, under the names given.
    ///
    /// # Errors
    /// If columns cannot be put together, which is an internal fault.
    pub(super) fn frame(&self, events: &Events, columns: &[(&'static str, Content)]) -> Result<DataFrame> {
        let columns = columns.iter().map(|(title, name)| self.column(events, title, *name));
        let columns = columns.collect::<Result<Vec<Column>>>()?;
        DataFrame::new(events.numbers.len(), columns).map_err(EngineError::from)
    }

    fn column(&self, events: &Events, title: &'static str, name: Content) -> Result<Column> {
        let numbers = &events.numbers;
        let draws = self.draws(name);
        let timeline = &self.timeline;
        Ok(match name {
            Content::Auction => {
                integers(title, numbers, |e| bid_auction(draws.at(e), last_auction(e)) + FIRST_ID)
            }
            Content::Bidder => {
                let shift = FIRST_ID * if self.shifts_bidders_twice { 2 } else { 1 };
                // Hot bidders are not hot sellers.
                integers(title, numbers, |e| person(draws.at(e), last_person(e), 1) + shift)
            }
            Content::Seller => {
                integers(title, numbers, |e| person(draws.at(e), last_person(e), 0) + FIRST_ID)
            }
            Content::Price | Content::InitialBid => integers(title, numbers, |e| self.prices.at(draws.at(e))),
            Content::Reserve => {
                let initial = self.draws(Content::InitialBid);
                integers(title, numbers, |e| self.prices.at(initial.at(e)) + self.prices.at(draws.at(e)))
            }
            Content::AuctionId => integers(title, numbers, |e| last_auction(e) + FIRST_ID),
            Content::PersonId => integers(title, numbers, |e| last_person(e) + FIRST_ID),
            Content::Category => integers(title, numbers, |e| FIRST_CATEGORY + draws.at(e).below(5) as i64),
            Content::DateTime => times(title, numbers, |e| timeline.time(e)),
            Content::ArrivalTime if events.turns.is_empty() => times(title, numbers, |e| timeline.time(e)),
            Content::ArrivalTime => times(title, &events.turns, |turn| timeline.time(turn)),
            Content::Expires => times(title, numbers, |e| {
                let now = timeline.time(e);
                let horizon = timeline.time(e + EVENTS_IN_FLIGHT) - now;
                now + 1 + draws.at(e).below((horizon * 2).max(1) as u64) as i64
            }),
            Content::Channel => self.picks(title, numbers, self.texts.channels())?,
            Content::Url => self.picks(title, numbers, self.texts.urls())?,
            Content::BidExtra => strings(title, numbers, |text, e| {
                text.push_str(self.texts.extra(draws.at(e), 4 * 8, 100));
            }),
            Content::AuctionExtra => strings(title, numbers, |text, e| {
                self.push_text(Content::ItemName, e, text);
                self.push_text(Content::Description, e, text);
                let n_bytes = text.len() + 6 * 8;
                text.clear();
                text.push_str(self.texts.extra(draws.at(e), n_bytes, 500));
            }),
            Content::PersonExtra => strings(title, numbers, |text, e| {
                for other in [
                    Content::PersonName,
                    Content::EmailAddress,
                    Content::CreditCard,
                    Content::City,
                    Content::State,
                ] {
                    self.push_text(other, e, text);
                }
                let n_bytes = text.len() + 8;
                text.clear();
                text.push_str(self.texts.extra(draws.at(e), n_bytes, 200));
            }),
            _ => strings(title, numbers, |text, e| self.push_text(name, e, text)),
        })
    }

    /// A text that no other column has a part in.
    fn push_text(&self, name: Content, e: u64, text: &mut String) {
        let draws = self.draws(name);
        let mut draw = draws.at(e);
        let mut pick = |from: &[&'static str]| from[draw.below(from.len() as u64) as usize];
        match name {
            Content::PersonName => {
                text.push_str(pick(&FIRST_NAMES));
                text.push(' ');
                text.push_str(pick(&LAST_NAMES));
            }
            Content::City => text.push_str(pick(&CITIES)),
            Content::State => text.push_str(pick(&STATES)),
            Content::CreditCard => push_credit_card(text, draw),
            Content::ItemName => push_random_text(text, draws.within(e), 20, ' '),
            Content::Description => push_random_text(text, draws.within(e), 100, ' '),
            Content::EmailAddress => {
                let stream = draws.within(e);
                push_random_text(text, stream.within(0), 7, ' ');
                text.push('@');
                push_random_text(text, stream.within(1), 5, ' ');
                text.push_str(".com");
            }
            other => debug_assert!(false, "{other:?} is no text of its own"),
        }
    }

    /// What belongs to each bid's channel. The texts themselves are shared, not copied.
    fn picks(&self, title: &'static str, numbers: &[u64], of_channels: &StringChunked) -> Result<Column> {
        let draws = self.draws(Content::Channel);
        let places: Vec<IdxSize> = numbers.iter().map(|e| text::channel(draws.at(*e))).collect();
        let picked = of_channels.clone().into_series().take(&IdxCa::from_vec("".into(), places))?;
        Ok(picked.with_name(title.into()).into_column())
    }

    fn draws(&self, name: Content) -> Draws {
        Draws::new(self.seed, name as u64)
    }
}

/// The number of the auction that a bid is for: every other time the hot one, else one of those in flight or about to open.
#[inline]
fn bid_auction(mut draw: Draw, last: i64) -> i64 {
    if draw.below(2) > 0 {
        return last / HOT_EVERY * HOT_EVERY;
    }
    let least = (last - AUCTIONS_IN_FLIGHT).max(0);
    least + draw.below((last - least + 1 + LEAD) as u64) as i64
}

/// The number of a person who sells or bids: three times of four the hot one, which is number `hot` of each hundred, else one of those
/// who are active or about to sign up.
#[inline]
fn person(mut draw: Draw, last: i64, hot: i64) -> i64 {
    if draw.below(4) > 0 {
        return last / HOT_EVERY * HOT_EVERY + hot;
    }
    let active = (last + 1).min(ACTIVE_PERSONS);
    last + 1 - active + draw.below((active + LEAD) as u64) as i64
}

fn integers(title: &'static str, numbers: &[u64], of: impl Fn(u64) -> i64) -> Column {
    let values = numbers.iter().map(|e| of(*e)).collect();
    Int64Chunked::from_vec(title.into(), values).into_series().into_column()
}

fn times(title: &'static str, numbers: &[u64], of: impl Fn(u64) -> i64) -> Column {
    let values = numbers.iter().map(|e| of(*e)).collect();
    let millis = Int64Chunked::from_vec(title.into(), values);
    millis.into_datetime(TimeUnit::Milliseconds, None).into_series().into_column()
}

fn strings(title: &'static str, numbers: &[u64], push: impl Fn(&mut String, u64)) -> Column {
    let mut builder = StringChunkedBuilder::new(title.into(), numbers.len());
    let mut text = String::new();
    for e in numbers {
        text.clear();
        push(&mut text, *e);
        builder.append_value(&text);
    }
    builder.finish().into_series().into_column()
}
