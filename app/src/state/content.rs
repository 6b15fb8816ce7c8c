//! What an open flow holds, and what can be done to it: enough to bring it back as it stood.

use std::path::PathBuf;
use std::sync::Arc;

use tidemark_engine::graph::{Edit, EditError, FlowDocument, History};

use super::Origin;

/// A flow with its history, and where it lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The flow.
    pub flow: Arc<FlowDocument>,
    /// What was done to it and what was taken back.
    pub history: History,
    /// Where it came from.
    pub origin: Origin,
    /// The folder that its paths start at while it has no file.
    pub folder: Option<PathBuf>,
    /// The paths outside its folder to which a person has consented.
    pub allowed: Vec<PathBuf>,
}

/// Something that was done to an open flow. Doing the same in the same order to what it was gives what it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It was made to be this, whatever it was before.
    Whole(Box<Content>),
    /// It was changed.
    Edit(Edit),
    /// A gesture ended.
    Seal,
    /// The last step was taken back.
    Undo,
    /// The step was done again that was taken back last.
    Redo,
    /// The gesture was taken back that had not ended.
    GiveUp,
}

impl Content {
    /// Does it again.
    ///
    /// # Errors
    /// If it does not fit; nothing has changed then.
    pub fn perform(&mut self, change: Change) -> Result<(), EditError> {
        let Content { flow, history, .. } = self;
        match change {
            Change::Whole(content) => *self = *content,
            Change::Edit(edit) => history.apply(Arc::make_mut(flow), &edit)?,
            Change::Seal => history.seal(),
            Change::Undo => drop(history.undo(Arc::make_mut(flow))?),
            Change::Redo => drop(history.redo(Arc::make_mut(flow))?),
            Change::GiveUp => _ = history.give_up(Arc::make_mut(flow))?,
        }
        Ok(())
    }
}
