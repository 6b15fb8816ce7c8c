//! Several aggregates over the same groups.

use polars::prelude::Column;

use super::{Accumulator, AggregateFunction, Argument, Grouped, accumulator};
use crate::data::{Batch, DataType};
use crate::error::Result;

/// What is computed: a function, and the column and type that it is computed of, if any.
pub type AggregateCall = (AggregateFunction, Option<(usize, DataType)>);

/// The values of several aggregates for any number of groups. Those that can be told from one state share it, as sum and mean do.
pub struct Aggregates {
    states: Vec<State>,
    /// Of each aggregate, its function and which of the states it is told from.
    calls: Vec<(AggregateFunction, usize)>,
}

struct State {
    call: AggregateCall,
    accumulator: Box<dyn Accumulator>,
}

impl Aggregates {
    /// Aggregates without any group.
    ///
    /// # Errors
    /// If a function does not take its column's type; validation has said so.
    pub fn new(calls: &[AggregateCall]) -> Result<Aggregates> {
        let mut aggregates = Aggregates { states: Vec::new(), calls: Vec::with_capacity(calls.len()) };
        for (function, input) in calls {
            let call = (function.told_from(), input.clone());
            let known = aggregates.states.iter().position(|state| state.call == call);
            let state = match known {
                Some(state) => state,
                None => {
                    let accumulator = accumulator(call.0, input.as_ref().map(|(_, data_type)| data_type))?;
                    aggregates.states.push(State { call, accumulator });
                    aggregates.states.len() - 1
                }
            };
            aggregates.calls.push((*function, state));
        }
        Ok(aggregates)
    }

    /// Takes in rows of a batch, which come in arrival order. Their groups are below `n_groups`.
    ///
    /// # Errors
    /// If a column is not of the type that it was said to be, which is an internal fault.
    pub fn accumulate(&mut self, batch: &Batch, pieces: &[Grouped<'_>], n_groups: usize) -> Result<()> {
        for State { call: (function, input), accumulator } in &mut self.states {
            let column = input.as_ref().map(|(idx, data_type)| (batch.column(*idx), data_type));
            let argument = Argument::new(*function, column)?;
            pieces.iter().try_for_each(|grouped| accumulator.accumulate(&argument, grouped, n_groups))?;
        }
        Ok(())
    }

    /// The values of `groups` for one of the aggregates, numbered as they were given, as a column of this name.
    ///
    /// # Errors
    /// If a value does not fit the result's type.
    pub fn finish(&self, aggregate: usize, name: &str, groups: &[u32]) -> Result<Column> {
        let (function, state) = self.calls[aggregate];
        self.states[state].accumulator.finish(function, name, groups)
    }

    /// Takes what the rows of group `from` came to into group `into`, whose rows came before them, and forgets `from`.
    pub fn merge(&mut self, from: u32, into: u32) {
        for state in &mut self.states {
            state.accumulator.merge(from, into);
            state.accumulator.forget(&[from]);
        }
    }

    /// Makes `groups` what they were before their first row, and lets go of what they held.
    pub fn forget(&mut self, groups: &[u32]) {
        self.states.iter_mut().for_each(|state| state.accumulator.forget(groups));
    }

    /// Writes one group down.
    pub fn encode(&self, group: u32, into: &mut Vec<u8>) {
        self.states.iter().for_each(|state| state.accumulator.encode(group, into));
    }

    /// Reads one group back as the group `group`; `None` if the bytes are not one.
    pub fn decode(&mut self, group: u32, bytes: &mut &[u8]) -> Option<()> {
        self.states.iter_mut().try_for_each(|state| state.accumulator.decode(group, bytes))
    }
}
