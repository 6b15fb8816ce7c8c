//! What was done to a flow, step by step, so that it can be undone and done again.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::document::FlowDocument;
use super::edit::{Edit, EditError};

/// The steps of one open document. At most [`History::MAX_STEPS`] are kept.
///
/// A gesture is one step: moving the same nodes again, or setting the same parameter again, belongs to the step before, until
/// [`History::seal`] says that the gesture has ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    sealed: bool,
    /// The number of the last step; steps are never given the same number.
    n_steps: u64,
    /// The number of the step before the oldest that is kept.
    oldest: u64,
    saved: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Step {
    number: u64,
    name: String,
    /// What it changed, if a change of the same may be added to it.
    target: Option<Vec<String>>,
    /// The change that takes it back, or that does it again once it has been taken back.
    inverse: Edit,
}

impl History {
    /// How many steps are kept.
    pub const MAX_STEPS: usize = 1000;

    /// Makes a change and remembers how to take it back. What had been undone is forgotten.
    ///
    /// # Errors
    /// As [`Edit::apply`]; nothing has changed then.
    pub fn apply(&mut self, doc: &mut FlowDocument, edit: &Edit) -> Result<(), EditError> {
        let inverse = edit.apply(doc)?;
        self.undone.clear();
        self.n_steps += 1;
        let target = target(edit);
        let sealed = std::mem::take(&mut self.sealed);
        if !sealed
            && target.is_some()
            && let Some(last) = self.done.back_mut()
            && last.target == target
            && last.name == edit.describe()
        {
            last.number = self.n_steps;
            return Ok(());
        }
        let name = edit.describe().to_owned();
        self.done.push_back(Step { number: self.n_steps, name, target, inverse });
        if self.done.len() > History::MAX_STEPS
            && let Some(forgotten) = self.done.pop_front()
        {
            self.oldest = forgotten.number;
        }
        Ok(())
    }

    /// Ends a gesture: the next change begins a step of its own.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    /// Takes the last step back and returns the key of its name; `None` if there is none.
    ///
    /// # Errors
    /// If the document was changed by other means so that the step cannot be taken back. Nothing has changed then.
    pub fn undo(&mut self, doc: &mut FlowDocument) -> Result<Option<String>, EditError> {
        let Some(step) = self.done.back() else { return Ok(None) };
        let inverse = step.inverse.apply(doc)?;
        self.sealed = true;
        let step = self.done.pop_back();
        Ok(step.map(|step| {
            let name = step.name.clone();
            self.undone.push(Step { inverse, ..step });
            name
        }))
    }

    /// Takes the gesture back that has not ended, as if it had never begun. `false` if the last one has ended.
    ///
    /// # Errors
    /// As [`History::undo`].
    pub fn give_up(&mut self, doc: &mut FlowDocument) -> Result<bool, EditError> {
        if self.sealed || self.undo(doc)?.is_none() {
            return Ok(false);
        }
        self.undone.pop();
        Ok(true)
    }

    /// Does the step again that was taken back last, and returns the key of its name; `None` if there is none.
    ///
    /// # Errors
    /// As [`History::undo`].
    pub fn redo(&mut self, doc: &mut FlowDocument) -> Result<Option<String>, EditError> {
        let Some(step) = self.undone.last() else { return Ok(None) };
        let inverse = step.inverse.apply(doc)?;
        self.sealed = true;
        let step = self.undone.pop();
        Ok(step.map(|step| {
            let name = step.name.clone();
            self.done.push_back(Step { inverse, ..step });
            name
        }))
    }

    /// The change that [`History::undo`] would make.
    pub fn undo_edit(&self) -> Option<&Edit> {
        self.done.back().map(|step| &step.inverse)
    }

    /// The change that [`History::give_up`] would make; `None` if the last gesture has ended.
    pub fn give_up_edit(&self) -> Option<&Edit> {
        self.undo_edit().filter(|_| !self.sealed)
    }

    /// The change that [`History::redo`] would make.
    pub fn redo_edit(&self) -> Option<&Edit> {
        self.undone.last().map(|step| &step.inverse)
    }

    /// The keys of the names of the steps that can be undone, the next one first.
    pub fn undo_names(&self) -> impl Iterator<Item = &str> {
        self.done.iter().rev().map(|step| &*step.name)
    }

    /// The keys of the names of the steps that can be done again, the next one first.
    pub fn redo_names(&self) -> impl Iterator<Item = &str> {
        self.undone.iter().rev().map(|step| &*step.name)
    }

    /// A step by its number from the oldest that is kept, past those that are done among those that were taken back: the change that
    /// takes it back, or does it again.
    pub fn step(&self, number: usize) -> Option<&Edit> {
        self.kept(number).map(|step| &step.inverse)
    }

    /// The key of the name of a step, by the same number.
    pub fn name(&self, number: usize) -> Option<&str> {
        self.kept(number).map(|step| &*step.name)
    }

    /// How many steps are kept: those that are done, and those that were taken back.
    pub fn n_kept(&self) -> usize {
        self.done.len() + self.undone.len()
    }

    fn kept(&self, number: usize) -> Option<&Step> {
        let undone = || self.undone.iter().rev().nth(number.checked_sub(self.done.len())?);
        self.done.get(number).or_else(undone)
    }

    /// The document has been saved as it stands.
    pub fn mark_saved(&mut self) {
        self.saved = self.now();
        self.sealed = true;
    }

    /// Whether the document stands where it was saved, or opened.
    pub fn is_saved(&self) -> bool {
        self.saved == self.now()
    }

    /// No state of the document is the saved one any more.
    pub fn mark_unsaved(&mut self) {
        self.saved = u64::MAX;
        self.sealed = true;
    }

    fn now(&self) -> u64 {
        self.done.back().map_or(self.oldest, |step| step.number)
    }
}

/// What a change sets, where setting it again makes what was set before invisible.
fn target(edit: &Edit) -> Option<Vec<String>> {
    let mut target = Vec::new();
    match edit {
        Edit::SetParam { node, name, .. } => target.extend([node.as_str().to_owned(), name.clone()]),
        Edit::SetParams { node, .. } | Edit::SetTitle { node, .. } | Edit::SetRemark { node, .. } => {
            target.push(node.as_str().to_owned());
        }
        Edit::MoveNodes(moves) => target.extend(moves.keys().map(|id| id.as_str().to_owned())),
        Edit::SetName(_) | Edit::SetDescription(_) | Edit::SetSessionZone(_) => {}
        Edit::SetFlowParameter { name: id, parameter: Some(_) }
        | Edit::SetNote { id, note: Some(_) }
        | Edit::SetFrame { id, frame: Some(_) } => target.push(id.clone()),
        Edit::Batch { edits, .. } => {
            for edit in edits {
                target.push(edit.describe().to_owned());
                let inner = self::target(edit)?;
                target.push(inner.len().to_string());
                target.extend(inner);
            }
        }
        Edit::AddNode { .. }
        | Edit::RemoveNode(_)
        | Edit::Connect(_)
        | Edit::Disconnect(_)
        | Edit::SetFlowParameter { .. }
        | Edit::SetNote { .. }
        | Edit::SetFrame { .. } => return None,
    }
    // `SetParam` and `SetParams` share a name; one does not make the other invisible.
    target.push(format!("{:?}", std::mem::discriminant(edit)));
    Some(target)
}
