//! Several streams into one, in arrival order, under the least of their watermarks.

use std::collections::VecDeque;
use std::sync::Arc;

use polars::prelude::DataFrame;

use super::batch::take;
use super::{Batch, EdgeType, Position, Positions, Progress, StreamElement};
use crate::error::Result;
use crate::time::Watermark;

/// Merges streams that are each in arrival order into one that is.
///
/// It gives out what every input has got past: up to the least frontier, in runs and not row by row. The watermark is the
/// least of the inputs' watermarks at each position; an input that has ended holds it back no more. Rows at equal positions
/// come in the order of the inputs.
#[derive(Debug)]
pub struct PositionMerge {
    edge: Arc<EdgeType>,
    inputs: Vec<Input>,
    // How far every input is known to have come.
    reached: Position,
    frontier: Position,
    watermark: Watermark,
    ended: bool,
}

#[derive(Debug)]
struct Input {
    waiting: VecDeque<StreamElement>,
    // How far the input is known to have come, and the watermark that holds where the merge stands.
    delivered: Position,
    watermark: Watermark,
    ended: bool,
}

impl PositionMerge {
    /// A merge of `n_inputs` streams of rows of the type `edge`.
    pub fn new(n_inputs: usize, edge: Arc<EdgeType>) -> PositionMerge {
        let input = || Input {
            waiting: VecDeque::new(),
            delivered: Position::MIN,
            watermark: Watermark::NONE,
            ended: false,
        };
        PositionMerge {
            edge,
            inputs: (0..n_inputs).map(|_| input()).collect(),
            reached: if n_inputs == 0 { Position::MAX } else { Position::MIN },
            frontier: Position::MIN,
            watermark: Watermark::NONE,
            ended: false,
        }
    }

    /// Whether the merge cannot go on before it has more from `input`: it is among those furthest behind.
    pub fn wants(&self, input: usize) -> bool {
        let input = &self.inputs[input];
        !input.ended && input.delivered <= self.reached
    }

    /// The first input that the merge [`wants`](PositionMerge::wants).
    pub fn wanted(&self) -> Option<usize> {
        (0..self.inputs.len()).find(|input| self.wants(*input))
    }

    /// How far `input` is known to have come.
    pub fn delivered(&self, input: usize) -> Position {
        self.inputs[input].delivered
    }

    /// Takes the next element of `input`.
    pub fn push(&mut self, input: usize, element: StreamElement) {
        let input = &mut self.inputs[input];
        assert!(!input.ended, "nothing follows the end of an input");
        let frontier = element.progress().frontier;
        assert!(frontier >= input.delivered, "a frontier never goes back");
        let was_last = input.delivered <= self.reached;
        input.delivered = frontier;
        if matches!(element, StreamElement::End(_)) {
            input.ended = true;
            input.delivered = Position::MAX;
        }
        input.waiting.push_back(element);
        if was_last {
            self.reached = self.inputs.iter().map(|input| input.delivered).min().unwrap_or(Position::MAX);
        }
    }

    /// What can be given out by now, if there is anything new. After the last rows comes one [`StreamElement::End`].
    ///
    /// # Errors
    /// If columns cannot be put together, which is an internal fault.
    pub fn next_element(&mut self) -> Result<Option<StreamElement>> {
        let reached = self.reached;
        if self.inputs.iter().all(|input| input.ended && input.waiting.is_empty()) {
            let end = StreamElement::End(Progress::flat(Watermark::END, self.frontier));
            return Ok((!std::mem::replace(&mut self.ended, true)).then_some(end));
        }
        if reached <= self.frontier {
            return Ok(None);
        }
        let mut parts = Vec::new();
        let mut stairs = vec![Vec::new(); self.inputs.len()];
        let mut frontier = self.frontier;
        for (input, stairs) in self.inputs.iter_mut().zip(&mut stairs) {
            while let Some(element) = input.waiting.pop_front() {
                let (element, rest) = split(element, reached);
                let progress = element.progress();
                frontier = frontier.max(progress.frontier);
                if progress.n_raises() > 0 {
                    stairs.push(progress.clone());
                }
                if let StreamElement::Batch(batch) = element
                    && !batch.is_empty()
                {
                    parts.push(batch);
                }
                if let Some(rest) = rest {
                    input.waiting.push_front(rest);
                    break;
                }
            }
        }
        // Where every input has ended there is no later position to wait for: the frontier is the last that any has named.
        let frontier = if reached == Position::MAX { frontier } else { reached };
        let progress = self.merged_progress(&stairs, frontier);
        self.frontier = frontier;
        self.watermark = progress.end();
        match parts.len() {
            0 => Ok(Some(StreamElement::Progress(progress))),
            1 => Ok(parts.pop().map(|batch| {
                StreamElement::Batch(batch.with_edge(Arc::clone(&self.edge)).with_progress(progress))
            })),
            _ => self.merged_rows(&parts, progress).map(|batch| Some(StreamElement::Batch(batch))),
        }
    }

    /// The least of the inputs' watermarks, given the raises of each.
    fn merged_progress(&mut self, stairs: &[Vec<Progress>], frontier: Position) -> Progress {
        // Subtasks that hold keys of one stream are under one staircase, which need not be merged with itself.
        let n_heard = if self.agree(stairs) { 1 } else { stairs.len() };
        if n_heard == 1
            && let [[only]] = stairs.first().map(Vec::as_slice).as_slice()
            && only.start == self.watermark
        {
            let end = only.end();
            self.inputs.iter_mut().for_each(|input| input.watermark = end);
            return only.up_to(frontier);
        }
        let raises = stairs[..n_heard].iter().enumerate().flat_map(|(idx, stairs)| {
            stairs
                .iter()
                .flat_map(Progress::steps)
                .map(move |(position, watermark)| (position, idx, watermark))
        });
        let mut raises: Vec<_> = raises.collect();
        if n_heard > 1 {
            raises.sort_by_key(|(position, _, _)| *position);
        }
        let start = self.watermark;
        let mut merged: Vec<(Position, Watermark)> = Vec::new();
        let mut current = start;
        for (i, (position, idx, watermark)) in raises.iter().enumerate() {
            self.inputs[*idx].watermark = *watermark;
            let last_here = raises.get(i + 1).is_none_or(|(next, _, _)| next != position);
            if last_here {
                let heard = self.inputs[..n_heard].iter();
                let least = heard.map(|input| input.watermark).min().unwrap_or(Watermark::END);
                if least > current {
                    merged.push((*position, least));
                    current = least;
                }
            }
        }
        if let Some((first, others)) = self.inputs.split_first_mut()
            && n_heard == 1
        {
            others.iter_mut().for_each(|input| input.watermark = first.watermark);
        }
        Progress::from_steps(start, frontier, &merged)
    }

    /// Whether all inputs are under the same watermark and have the very same raises.
    fn agree(&self, stairs: &[Vec<Progress>]) -> bool {
        let same = |one: &[Progress], other: &[Progress]| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.same_raises_as(other))
        };
        stairs.windows(2).all(|pair| same(&pair[0], &pair[1]))
            && self.inputs.windows(2).all(|pair| pair[0].watermark == pair[1].watermark)
    }

    fn merged_rows(&self, parts: &[Batch], progress: Progress) -> Result<Batch> {
        let mut order: Vec<(Position, u32)> = Vec::with_capacity(parts.iter().map(Batch::n_rows).sum());
        let mut frame: Option<DataFrame> = None;
        for part in parts {
            let first = order.len() as u32;
            order.extend(part.positions().iter().zip(first..));
            match &mut frame {
                None => frame = Some(part.frame().clone()),
                Some(frame) => {
                    frame.vstack_mut(part.frame())?;
                }
            }
        }
        let mut frame = frame.unwrap_or_default();
        frame.rechunk_mut();
        if !order.is_sorted_by_key(|(position, _)| *position) {
            // Stable: rows at equal positions stay in the order of the inputs.
            order.sort_by_key(|(position, _)| *position);
            let picks: Vec<u32> = order.iter().map(|(_, row)| *row).collect();
            frame = take(&frame, &picks)?;
        }
        let positions = Positions::each(order.into_iter().map(|(position, _)| position).collect());
        Ok(Batch::new(frame, Arc::clone(&self.edge), positions, progress))
    }
}

/// The part of an element up to `frontier`, and what remains.
fn split(element: StreamElement, frontier: Position) -> (StreamElement, Option<StreamElement>) {
    let last = match &element {
        StreamElement::Batch(batch) => batch.positions().last(),
        StreamElement::Progress(_) | StreamElement::End(_) => None,
    };
    if last.max(Some(element.progress().frontier)) <= Some(frontier) {
        return (element, None);
    }
    match element {
        StreamElement::Batch(batch) => {
            let (before, after) = batch.split_at(frontier);
            (StreamElement::Batch(before), Some(StreamElement::Batch(after)))
        }
        StreamElement::Progress(progress) => {
            let (before, after) = progress.split_at(frontier);
            (StreamElement::Progress(before), Some(StreamElement::Progress(after)))
        }
        StreamElement::End(progress) => {
            let (before, after) = progress.split_at(frontier);
            (StreamElement::Progress(before), Some(StreamElement::End(after)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataType, Field, Schema, Value};
    use polars::prelude::{IntoColumn, NamedFrom, Series};

    fn edge() -> Arc<EdgeType> {
        Arc::new(EdgeType::append(Schema::new(vec![Field::nullable("v", DataType::BigInt)])))
    }

    fn at(arrival: i64, source: u32) -> Position {
        Position { arrival_millis: arrival, source, split: 0, offset: arrival as u64, sub: i64::MIN }
    }

    /// Rows of `source` at these arrival times, each raising the watermark to its arrival time.
    fn rows(source: u32, start: i64, arrivals: &[i64]) -> StreamElement {
        let positions: Vec<Position> = arrivals.iter().map(|arrival| at(*arrival, source)).collect();
        let steps: Vec<_> = arrivals
            .iter()
            .zip(&positions)
            .map(|(arrival, at)| (at.with_all_it_causes(), Watermark::new(*arrival)))
            .collect();
        let frontier = positions.last().expect("some rows").with_all_it_causes();
        let values = Series::new("v".into(), arrivals).into_column();
        let frame = DataFrame::new(arrivals.len(), vec![values]).expect("one column");
        let progress = Progress::from_steps(Watermark::new(start), frontier, &steps);
        StreamElement::Batch(Batch::new(frame, edge(), Positions::each(positions), progress))
    }

    fn values(element: &StreamElement) -> Vec<(String, i64)> {
        let StreamElement::Batch(batch) = element else { return Vec::new() };
        (0..batch.n_rows())
            .map(|row| {
                let value = Value::at(batch.column(0), &DataType::BigInt, row).to_string();
                (value, batch.watermark_before(row).millis())
            })
            .collect()
    }

    #[test]
    fn rows_come_out_in_arrival_order_under_the_least_watermark() {
        let mut merge = PositionMerge::new(2, edge());
        merge.push(0, rows(0, i64::MIN, &[1, 4, 6]));
        assert!(!merge.wants(0) && merge.wants(1));
        assert!(merge.next_element().expect("typed").is_none());
        merge.push(1, rows(1, i64::MIN, &[2, 3, 5]));
        let first = merge.next_element().expect("typed").expect("both have come to 5");
        let expected: Vec<(String, i64)> = [(1, i64::MIN), (2, i64::MIN), (3, 1), (4, 1), (5, 3)]
            .map(|(value, watermark): (i64, i64)| (value.to_string(), watermark))
            .into();
        assert_eq!(values(&first), expected);
        assert_eq!(first.progress().end(), Watermark::new(4));
        assert!(merge.wants(1), "input 1 has come only to 5");
        assert!(!merge.wants(0));
    }

    #[test]
    fn one_staircase_shared_by_all_inputs_gives_what_copies_of_it_give() {
        let progress = |element: &StreamElement| element.progress().clone();
        // Three stretches of one stream, spread over two subtasks; the first has come further than the second each time.
        let stretches = [rows(0, i64::MIN, &[1, 4, 6]), rows(0, 6, &[7, 8]), rows(0, 8, &[9, 12])]
            .map(|rows| progress(&rows));
        let copy = |progress: &Progress| {
            Progress::from_steps(progress.start, progress.frontier, &progress.steps().collect::<Vec<_>>())
        };
        let merged = |shared: bool| {
            let mut merge = PositionMerge::new(2, edge());
            let mut steps = Vec::new();
            let mut push = |merge: &mut PositionMerge, input: usize, stretch: usize| {
                let progress = if shared { stretches[stretch].clone() } else { copy(&stretches[stretch]) };
                merge.push(input, StreamElement::Progress(progress));
                while let Some(element) = merge.next_element().expect("no rows") {
                    steps.extend(element.progress().steps());
                }
            };
            for (input, stretch) in [(0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (1, 2)] {
                push(&mut merge, input, stretch);
            }
            (steps, merge.watermark)
        };
        let raises = [1, 4, 6, 7, 8, 9, 12]
            .map(|arrival| (at(arrival, 0).with_all_it_causes(), Watermark::new(arrival)));
        assert_eq!(merged(true), (raises.to_vec(), Watermark::new(12)));
        assert_eq!(merged(false), merged(true));
    }

    #[test]
    fn rows_that_are_not_claimed_yet_wait_for_those_before_them() {
        let mut merge = PositionMerge::new(2, edge());
        let StreamElement::Batch(piece) = rows(0, i64::MIN, &[20, 21]) else { panic!("rows") };
        let before = at(5, 0).with_all_it_causes();
        merge.push(0, StreamElement::Batch(piece.with_progress(Progress::flat(Watermark::NONE, before))));
        assert!(!merge.wants(0) && merge.wants(1));
        merge.push(0, rows(0, i64::MIN, &[22, 23]));
        merge.push(1, rows(1, i64::MIN, &[10, 12]));
        let first = merge.next_element().expect("typed").expect("both have come to 12");
        assert_eq!(values(&first).len(), 2, "those of input 1");
        merge.push(1, rows(1, 12, &[21, 30]));
        let second = merge.next_element().expect("typed").expect("both have come to 23");
        let texts: Vec<String> = values(&second).into_iter().map(|(value, _)| value).collect();
        assert_eq!(texts, ["20", "21", "21", "22", "23"]);
    }

    #[test]
    fn an_ended_input_no_longer_holds_the_watermark_back() {
        let mut merge = PositionMerge::new(2, edge());
        merge.push(0, rows(0, i64::MIN, &[10, 20]));
        merge.push(1, rows(1, i64::MIN, &[5]));
        let _ = merge.next_element();
        let end = at(5, 1).with_all_it_causes();
        merge.push(1, StreamElement::End(Progress::flat(Watermark::new(5), end).ended()));
        let rest = merge.next_element().expect("typed").expect("input 1 has ended");
        assert_eq!(values(&rest), [("10".to_owned(), i64::MIN), ("20".to_owned(), 10)]);
        assert_eq!(rest.progress().end(), Watermark::new(20));
        let end = at(20, 0).with_all_it_causes();
        merge.push(0, StreamElement::End(Progress::flat(Watermark::new(20), end).ended()));
        assert_eq!(
            merge.next_element().expect("typed").expect("the last raise").progress().end(),
            Watermark::END
        );
        assert!(matches!(merge.next_element(), Ok(Some(StreamElement::End(_)))));
        assert!(matches!(merge.next_element(), Ok(None)));
    }
}
