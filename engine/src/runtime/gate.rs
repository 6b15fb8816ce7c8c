//! The entrance of a task: puts what comes by several channels back into the one arrival order.

use std::collections::VecDeque;
use std::sync::Arc;

use super::chain::PIECE_ROWS;
use super::metrics::EdgeGauge;
use crate::data::{Batch, EdgeType, Position, PositionMerge, StreamElement};
use crate::error::Result;
use crate::sync::{Cancelled, Receiver};

/// Hands a task the elements of its input, in order.
///
/// A lane is a stream in arrival order. It may come by several channels in turn, where parallel subtasks work on one stream element
/// by element. Several lanes are merged by position.
pub(super) struct Gate {
    receiver: Receiver<StreamElement>,
    lanes: Vec<Lane>,
    // By channel, the edge that it belongs to.
    edges: Vec<Arc<EdgeGauge>>,
    merge: Option<PositionMerge>,
    // What the merge gave in one and is handed out in pieces.
    pieces: VecDeque<StreamElement>,
    reached: Position,
}

struct Lane {
    channels: Vec<usize>,
    // Which of `channels` has the next element.
    turn: usize,
    ended: bool,
}

impl Gate {
    /// A gate of these lanes, each given by the channels that its elements come by in turn; `edges` are those of the channels.
    pub(super) fn new(
        receiver: Receiver<StreamElement>,
        lanes: Vec<Vec<usize>>,
        edges: Vec<Arc<EdgeGauge>>,
        edge: Arc<EdgeType>,
    ) -> Gate {
        let merge = (lanes.len() > 1).then(|| PositionMerge::new(lanes.len(), edge));
        let lanes = lanes.into_iter().map(|channels| Lane { channels, turn: 0, ended: false }).collect();
        Gate { receiver, lanes, edges, merge, pieces: VecDeque::new(), reached: Position::MIN }
    }

    /// The next element; after an end there is none.
    ///
    /// # Errors
    /// The outer error is [`Cancelled`]; the inner one an internal fault of merging.
    pub(super) fn next(&mut self) -> Result<Result<StreamElement>, Cancelled> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                return Ok(Ok(piece));
            }
            if let Some(merge) = &mut self.merge {
                match merge.next_element() {
                    Ok(Some(element)) => {
                        let frontier = element.progress().frontier;
                        self.pieces = cut(element, self.reached, PIECE_ROWS);
                        self.reached = frontier;
                        continue;
                    }
                    Ok(None) => {}
                    Err(error) => return Ok(Err(error)),
                }
            }
            let Gate { receiver, lanes, merge, .. } = self;
            let (channel, element) = receiver.receive(|channel| wants(lanes, merge.as_ref(), channel))?;
            let Some((idx, lane)) = self
                .lanes
                .iter_mut()
                .enumerate()
                .find(|(_, lane)| !lane.ended && lane.channels[lane.turn] == channel)
            else {
                continue;
            };
            self.edges[channel].arrives(&element);
            lane.turn = (lane.turn + 1) % lane.channels.len();
            lane.ended = matches!(element, StreamElement::End(_));
            match &mut self.merge {
                None => return Ok(Ok(element)),
                Some(merge) => merge.push(idx, element),
            }
        }
    }
}

/// An element in pieces of at most `piece_rows` rows. Only the last claims what one moment causes, as the sender had come to
/// `reached` before.
fn cut(element: StreamElement, reached: Position, piece_rows: usize) -> VecDeque<StreamElement> {
    let StreamElement::Batch(batch) = element else { return [element].into() };
    let mut pieces = VecDeque::new();
    let (mut first, mut rest, mut reached) = (0, batch.progress().clone(), reached);
    while batch.n_rows() - first > piece_rows {
        let rows = first..first + piece_rows;
        first = rows.end;
        let (before, after) = rest.split_before(batch.positions().at(first - 1), reached);
        reached = before.frontier;
        rest = after;
        pieces.push_back(StreamElement::Batch(batch.slice(rows).with_progress(before)));
    }
    let last: Batch = batch.slice(first..batch.n_rows()).with_progress(rest);
    pieces.push_back(StreamElement::Batch(last));
    pieces
}

/// Whether the next element is to come by `channel`.
fn wants(lanes: &[Lane], merge: Option<&PositionMerge>, channel: usize) -> bool {
    lanes.iter().enumerate().any(|(idx, lane)| {
        !lane.ended && lane.channels[lane.turn] == channel && merge.is_none_or(|merge| merge.wants(idx))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataType, Field, Positions, Progress, Schema};
    use crate::time::Watermark;
    use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};

    #[test]
    fn the_pieces_of_a_batch_put_each_row_under_the_same_watermark_and_claim_no_row_too_early() {
        let at = |offset: u64, sub: i64| Position { offset, sub, ..Position::MIN };
        // Rows that were read, and several that one moment causes.
        let positions: Vec<Position> =
            [(1, i64::MIN), (2, i64::MIN), (2, 10), (2, 10), (2, 20), (3, i64::MIN), (4, i64::MIN)]
                .map(|(offset, sub)| at(offset, sub))
                .into();
        let steps = [(1, 5), (2, 20), (4, 30)]
            .map(|(offset, watermark)| (at(offset, i64::MAX), Watermark::new(watermark)));
        let progress = Progress::from_steps(Watermark::NONE, at(4, i64::MAX), &steps);
        let edge = Arc::new(EdgeType::append(Schema::new(vec![Field::nullable("v", DataType::BigInt)])));
        let frame = DataFrame::new(7, vec![Series::new("v".into(), [0_i64; 7]).into_column()]);
        let whole =
            Batch::new(frame.expect("one column"), edge, Positions::each(positions.clone()), progress);
        for piece_rows in 1..8 {
            let (mut row, mut reached, mut watermark) = (0, at(0, i64::MAX), Watermark::NONE);
            for piece in cut(StreamElement::Batch(whole.clone()), reached, piece_rows) {
                let StreamElement::Batch(piece) = piece else { panic!("rows are cut into rows") };
                assert!(piece.n_rows() <= piece_rows);
                assert!(piece.positions().iter().all(|position| position > reached), "it was claimed before");
                assert!(piece.progress().frontier >= reached && piece.progress().start == watermark);
                (reached, watermark) = (piece.progress().frontier, piece.progress().end());
                assert_eq!(reached, reached.with_all_it_causes());
                for of_piece in 0..piece.n_rows() {
                    assert_eq!(piece.positions().at(of_piece), positions[row]);
                    assert_eq!(piece.watermark_before(of_piece), whole.watermark_before(row));
                    row += 1;
                }
            }
            assert_eq!((row, reached), (7, whole.progress().frontier), "pieces of {piece_rows}");
            assert_eq!(watermark, Watermark::new(30));
        }
    }
}
