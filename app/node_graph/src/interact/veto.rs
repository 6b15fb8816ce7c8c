//! Whether two ports may be joined, and why not.

use super::Frame;
use crate::gesture::Gesture;
use crate::graph::PortPlace;
use crate::{GraphIds, PortRef, Side};

impl<I: GraphIds> Frame<'_, I> {
    /// The wire from `held` to the port at `place` as (output, input), or the reason against it.
    pub fn join(&self, held: &PortRef<I>, place: PortPlace) -> Option<Result<Ends<I>, Refusal<I>>> {
        let other = self.graph.port_ref(place)?;
        if *held == other {
            return None;
        }
        let same_side = held.side == other.side;
        let (from, to) = match held.side {
            Side::Output => (held.clone(), other),
            Side::Input => (other, held.clone()),
        };
        let verdict = if same_side { Err(self.labels.same_side.clone()) } else { self.verdict(&from, &to) };
        let ends = Ends { from, to };
        Some(match verdict {
            Ok(()) => Ok(ends),
            Err(reason) => Err(Refusal { ends, reason, same_side }),
        })
    }

    /// The caller's word on a wire from an output to an input.
    pub fn verdict(&self, from: &PortRef<I>, to: &PortRef<I>) -> Result<(), String> {
        match self.veto {
            Some(veto) => veto(from, to),
            None if from.node == to.node => Err(self.labels.same_node.clone()),
            None => Ok(()),
        }
    }

    /// Whether what is in hand may end at the port at `place`; `None` if nothing is, or at the
    /// port it comes from.
    pub fn accepts(&self, place: PortPlace) -> Option<Result<(), String>> {
        match &self.view.gesture {
            Gesture::Wire { from, .. } => {
                Some(self.join(from, place)?.map(|_| ()).map_err(|refusal| refusal.reason))
            }
            Gesture::Lift { port, wires } => self.may_land(port, wires, place),
            _ => None,
        }
    }
}

/// Both ends of a wire that is not there yet.
pub(crate) struct Ends<I: GraphIds> {
    pub from: PortRef<I>,
    pub to: PortRef<I>,
}

/// Why a wire may not be drawn.
pub(crate) struct Refusal<I: GraphIds> {
    pub ends: Ends<I>,
    pub reason: String,
    /// Both ports are on the same side: there is no output or no input to speak of.
    pub same_side: bool,
}
