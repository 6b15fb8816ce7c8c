//! What was said of wires while one is in the hand: each port is asked about once, not in every frame.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidemark_engine::graph::Checked;
use tidemark_engine::ids::EdgeId;

use crate::state::{AppState, FlowNumber, wire_veto};

/// The answers, for the flow as it stands and was checked.
#[derive(Default)]
pub(super) struct Asked {
    of: Option<(FlowNumber, u64, Arc<Checked>)>,
    answers: BTreeMap<EdgeId, Result<(), String>>,
}

impl Asked {
    /// Forgets everything: no wire is in the hand.
    pub(super) fn forget(&mut self) {
        self.of = None;
        self.answers.clear();
    }

    /// Whether a wire can be drawn, or why not.
    pub(super) fn veto(&mut self, edge: EdgeId, state: &AppState) -> Result<(), String> {
        let (number, revision, checked) =
            (state.open.number, state.open.document.revision(), &state.open.checked);
        let is_same = |of: &(_, _, Arc<_>)| (of.0, of.1) == (number, revision) && Arc::ptr_eq(&of.2, checked);
        if !self.of.as_ref().is_some_and(is_same) {
            self.forget();
            self.of = Some((number, revision, Arc::clone(checked)));
        }
        if let Some(answer) = self.answers.get(&edge) {
            return answer.clone();
        }
        let answer = wire_veto(&state.open, &state.catalog, &edge);
        self.answers.insert(edge, answer.clone());
        answer
    }
}
