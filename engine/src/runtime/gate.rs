//! The entrance of a task: puts what comes by several channels back into the one arrival order.

use std::sync::Arc;

use super::metrics::EdgeGauge;
use crate::data::{EdgeType, PositionMerge, StreamElement};
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
        Gate { receiver, lanes, edges, merge }
    }

    /// The next element; after an end there is none.
    ///
    /// # Errors
    /// The outer error is [`Cancelled`]; the inner one an internal fault of merging.
    pub(super) fn next(&mut self) -> Result<Result<StreamElement>, Cancelled> {
        loop {
            if let Some(merge) = &mut self.merge {
                match merge.next_element() {
                    Ok(Some(element)) => return Ok(Ok(element)),
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

/// Whether the next element is to come by `channel`.
fn wants(lanes: &[Lane], merge: Option<&PositionMerge>, channel: usize) -> bool {
    lanes.iter().enumerate().any(|(idx, lane)| {
        !lane.ended && lane.channels[lane.turn] == channel && merge.is_none_or(|merge| merge.wants(idx))
    })
}
