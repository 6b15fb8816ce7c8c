//! Which event is a person, an auction or a bid, when it happens, and when it arrives: all from its number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::connector::draws::Draws;

/// Of so many events, the first is a person, the next three are auctions, and the others are bids.
const CYCLE: u64 = 50;
/// The persons among them.
const PERSONS: u64 = 1;
/// The auctions among them.
const AUCTIONS: u64 = 3;
/// How many auctions are open at a time.
pub(super) const AUCTIONS_IN_FLIGHT: i64 = 100;
/// How many events it takes to open that many auctions.
pub(super) const EVENTS_IN_FLIGHT: u64 = AUCTIONS_IN_FLIGHT as u64 * CYCLE / AUCTIONS;

/// One of the three kinds of event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Bids on auctions: 46 of 50 events.
    #[default]
    Bid,
    /// Auctions that open: 3 of 50 events.
    Auction,
    /// Persons who sign up: 1 of 50 events.
    Person,
}

impl Table {
    /// What flows and files call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Bid => "bid",
            Table::Auction => "auction",
            Table::Person => "person",
        }
    }

    /// Where its events stand among each [`CYCLE`], as (first, one past the last).
    fn places(self) -> (u64, u64) {
        match self {
            Table::Person => (0, PERSONS),
            Table::Auction => (PERSONS, PERSONS + AUCTIONS),
            Table::Bid => (PERSONS + AUCTIONS, CYCLE),
        }
    }

    /// How many events it takes for about `n_rows` rows of this table.
    pub(super) fn events_for(self, n_rows: u64) -> u64 {
        let (first, past) = self.places();
        n_rows.saturating_mul(CYCLE).div_ceil(past - first)
    }
}

/// The number of the last person who has signed up by event `e`, from 0.
#[inline]
pub(super) fn last_person(e: u64) -> i64 {
    // One to a cycle, and it comes first.
    (e / CYCLE) as i64
}

/// The number of the last auction that has opened by event `e`, from 0; -1 before the first.
#[inline]
pub(super) fn last_auction(e: u64) -> i64 {
    let (cycle, place) = ((e / CYCLE) as i64, e % CYCLE);
    let auctions = AUCTIONS as i64;
    if place < PERSONS {
        cycle * auctions - 1
    } else {
        cycle * auctions + ((place - PERSONS) as i64).min(auctions - 1)
    }
}

/// When events happen, and in which order they arrive.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    /// The number of the first event.
    pub(super) first: u64,
    /// How many events there are.
    pub(super) n_events: u64,
    /// When event 0 happens.
    pub(super) base_millis: i64,
    /// From one event to the next, in microseconds.
    pub(super) interval_micros: f64,
    /// Events arrive in groups of so many, shuffled within each; 1 leaves them in order.
    pub(super) group: u64,
    /// The share of events that come later than their turn.
    pub(super) delayed_share: f64,
    /// By how many turns they come later; 0 if none does.
    pub(super) delay: u64,
    /// Decides which.
    pub(super) delayed: Draws,
}

/// Events of one table, in the order in which they arrive.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Their numbers.
    pub(super) numbers: Vec<u64>,
    /// The turn at which each arrives; empty where that is its number.
    pub(super) turns: Vec<u64>,
}

impl Timeline {
    /// When event `e` happens: at its turn, where nothing is shuffled or delayed.
    #[inline]
    pub(super) fn time(&self, e: u64) -> i64 {
        self.base_millis.saturating_add((e as f64 * self.interval_micros) as i64 / 1000)
    }

    /// Whether every event arrives when it happens.
    pub(super) fn is_in_order(&self) -> bool {
        self.group == 1 && self.delay == 0
    }

    /// One past the last turn.
    pub(super) fn end(&self) -> u64 {
        self.first + self.n_events + self.delay
    }

    /// The turn at or after `turn` at which something may arrive: what is delayed by more than there are events leaves a gap.
    pub(super) fn skip_gap(&self, turn: u64) -> u64 {
        if turn >= self.first + self.n_events { turn.max(self.first + self.delay) } else { turn }
    }

    /// What of `table` arrives at the turns from `from` to before `to`.
    pub(super) fn arrivals(&self, table: Table, from: u64, to: u64) -> Events {
        let mut events = Events::default();
        let (first, past) = table.places();
        if self.is_in_order() {
            let mut e = from;
            while e < to {
                let cycle = e - e % CYCLE;
                events.numbers.extend(e.max(cycle + first)..to.min(cycle + past));
                e = cycle + CYCLE;
            }
            return events;
        }
        let mut arrive = |e: u64, turn: u64| {
            if (first..past).contains(&(e % CYCLE)) {
                events.numbers.push(e);
                events.turns.push(turn);
            }
        };
        for turn in from..to {
            // Whoever waited for this turn goes first.
            if self.delay > 0 && turn >= self.first + self.delay {
                let e = self.shuffled(turn - self.delay);
                if self.is_delayed(e) {
                    arrive(e, turn);
                }
            }
            if turn < self.first + self.n_events {
                let e = self.shuffled(turn);
                if self.delay == 0 || !self.is_delayed(e) {
                    arrive(e, turn);
                }
            }
        }
        events
    }

    /// The event whose turn it is: within a group, every 953rd event, round and round.
    fn shuffled(&self, turn: u64) -> u64 {
        let start = turn - turn % self.group;
        start + (u128::from(turn) * 953 % u128::from(self.group)) as u64
    }

    fn is_delayed(&self, e: u64) -> bool {
        self.delayed.at(e).happens(self.delayed_share)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn timeline(group: u64, delayed_share: f64, delay: u64) -> Timeline {
        Timeline {
            first: 0,
            n_events: 5_000,
            base_millis: 0,
            interval_micros: 1000.0,
            group,
            delayed_share,
            delay,
            delayed: Draws::new(1, 0),
        }
    }

    fn all(timeline: &Timeline, table: Table) -> Events {
        timeline.arrivals(table, timeline.first, timeline.end())
    }

    #[test]
    fn persons_and_auctions_are_counted_as_they_come() {
        let (mut persons, mut auctions) = (0, 0);
        for e in 0..500 {
            let place = e % 50;
            persons += i64::from(place == 0);
            auctions += i64::from((1..4).contains(&place));
            assert_eq!((last_person(e), last_auction(e)), (persons - 1, auctions - 1), "event {e}");
        }
    }

    #[test]
    fn every_event_is_in_one_table_however_turns_are_cut() {
        for timeline in
            [timeline(1, 0.0, 0), timeline(100, 0.0, 0), timeline(1, 0.2, 300), timeline(20, 0.5, 9_000)]
        {
            let mut seen = BTreeSet::new();
            for table in [Table::Bid, Table::Auction, Table::Person] {
                let whole = all(&timeline, table);
                seen.extend(whole.numbers.iter().copied());
                for step in [1, 7, 64, 1000] {
                    let (mut turn, mut numbers, mut turns) = (0, Vec::new(), Vec::new());
                    while turn < timeline.end() {
                        let part = timeline.arrivals(table, turn, (turn + step).min(timeline.end()));
                        numbers.extend(part.numbers);
                        turns.extend(part.turns);
                        turn = timeline.skip_gap(turn + step);
                    }
                    assert_eq!((&numbers, &turns), (&whole.numbers, &whole.turns));
                }
            }
            assert!(seen.iter().copied().eq(0..5_000));
        }
    }

    #[test]
    fn groups_are_shuffled_within_themselves() {
        let numbers: Vec<u64> = all(&timeline(10, 0.0, 0), Table::Bid).numbers;
        // 953 mod 10 is 3; the first group holds event 0 (a person) and 1 to 3 (auctions).
        assert_eq!(numbers[..16], [6, 9, 5, 8, 4, 7, 10, 13, 16, 19, 12, 15, 18, 11, 14, 17]);
    }

    #[test]
    fn delayed_events_arrive_so_many_turns_later_and_the_others_at_theirs() {
        let timeline = timeline(1, 0.2, 300);
        let events = all(&timeline, Table::Bid);
        let mut n_delayed = 0;
        for (e, turn) in events.numbers.iter().zip(&events.turns) {
            assert!(*turn == *e || *turn == *e + 300);
            n_delayed += usize::from(turn != e);
        }
        // 920 of 4,600 are expected; six standard deviations are 163.
        assert!((757..=1_083).contains(&n_delayed), "{n_delayed}");
        assert!(events.turns.is_sorted());
    }
}
