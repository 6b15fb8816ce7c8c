//! The open flow: what it is, where it came from, and how to go back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemark_engine::graph::{Edit, EditError, FlowDocument, History};

use super::{Change, Content};
use crate::ui_kit::{t, t_args};

/// How many changes wait to be written down before the whole flow is written instead.
const MAX_UNWRITTEN: usize = 256;

/// Where the open flow came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: it has not been saved yet.
    #[default]
    New,
    /// A file.
    File(PathBuf),
    /// A sample, which lies in this file as it was shipped: it is read from there, and saved elsewhere.
    Sample(PathBuf),
}

impl Origin {
    /// The file that the flow is saved to, if there is one.
    pub fn own_file(&self) -> Option<&Path> {
        match self {
            Origin::File(path) => Some(path),
            Origin::New | Origin::Sample(_) => None,
        }
    }
}

/// The open flow with its history.
#[derive(Clone, Debug)]
pub struct Document {
    flow: Arc<FlowDocument>,
    history: History,
    origin: Origin,
    /// The folder that paths start at while there is no file, if it is not the current one.
    start: Option<PathBuf>,
    /// Changes with every change of the flow.
    revision: u64,
    /// The revision at which the flow last changed its meaning: what runs depends on it.
    meaning: u64,
    /// The paths outside its folder to which a person has consented.
    allowed: Vec<PathBuf>,
    /// What was done since [`Document::take_changes`]; `None` if all of it is to be written down anew.
    unwritten: Option<Vec<Change>>,
}

impl Default for Document {
    fn default() -> Document {
        Document {
            flow: Arc::default(),
            history: History::default(),
            origin: Origin::New,
            start: None,
            revision: 1,
            meaning: 1,
            allowed: Vec::new(),
            unwritten: None,
        }
    }
}

impl Document {
    /// A flow as it was opened: there is nothing to undo, and no path is consented to.
    pub fn new(flow: FlowDocument, origin: Origin) -> Document {
        Document { flow: Arc::new(flow), origin, ..Document::default() }
    }

    /// A flow with the history that it had.
    pub fn with_history(content: Content) -> Document {
        let Content { flow, history, origin, folder, allowed } = content;
        Document { flow, history, origin, start: folder, allowed, ..Document::default() }
    }

    fn content(&self) -> Content {
        Content {
            flow: Arc::clone(&self.flow),
            history: self.history.clone(),
            origin: self.origin.clone(),
            folder: self.path().is_none().then(|| self.folder()),
            allowed: self.allowed.clone(),
        }
    }

    /// What was done to it since this was asked last, for the journal.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let unwritten = self.unwritten.replace(Vec::new());
        unwritten.unwrap_or_else(|| vec![Change::Whole(Box::new(self.content()))])
    }

    /// Whether there is something that [`Document::take_changes`] would give.
    pub fn has_changes(&self) -> bool {
        self.unwritten.as_ref().is_none_or(|changes| !changes.is_empty())
    }

    /// What was taken last could not be written down: the whole flow is to be, instead.
    pub fn write_anew(&mut self) {
        self.unwritten = None;
    }

    fn note(&mut self, change: impl FnOnce() -> Change) {
        if let Some(changes) = &mut self.unwritten {
            changes.push(change());
        }
        self.unwritten.take_if(|changes| changes.len() > MAX_UNWRITTEN);
    }

    /// The flow.
    pub fn flow(&self) -> &Arc<FlowDocument> {
        &self.flow
    }

    /// A number that changes with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// A number that changes with every change that a run or a check would notice.
    pub fn meaning_revision(&self) -> u64 {
        self.meaning
    }

    /// The file that the flow lies in.
    pub fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) | Origin::Sample(path) => Some(path),
            Origin::New => None,
        }
    }

    /// The file that the flow is saved to, if there is one.
    pub fn own_file(&self) -> Option<&Path> {
        self.origin.own_file()
    }

    /// The folder that paths of sources start at: the flow's own, or while it has none the one that was current when it was begun.
    pub fn folder(&self) -> PathBuf {
        let own = self.path().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        own.or(self.start.as_deref())
            .map_or_else(|| std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")), Path::to_owned)
    }

    /// What people call the flow: its own name, else its file's.
    pub fn name(&self) -> String {
        if let Some(name) = &self.flow.name {
            return name.clone();
        }
        self.file_name().unwrap_or_else(|| t("file.untitled").to_owned())
    }

    /// The name of its file.
    pub fn file_name(&self) -> Option<String> {
        self.path().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned())
    }

    /// Whether it is as it was opened and nobody's file: an empty flow, or a sample as it was shipped.
    pub fn is_untouched(&self) -> bool {
        self.own_file().is_none() && self.is_saved()
    }

    /// Whether everything is saved.
    pub fn is_saved(&self) -> bool {
        self.history.is_saved()
    }

    /// The flow as it stood at `revision` has been saved to `path`, with what `change` does to it. What was changed since then is
    /// not saved.
    ///
    /// # Errors
    /// If the change does not fit the flow any more.
    pub fn saved(&mut self, revision: u64, path: PathBuf, change: Option<&Edit>) -> Result<(), EditError> {
        let is_current = self.revision == revision;
        // Sources and sinks begin elsewhere for another file.
        if self.path() != Some(&*path) {
            self.revision += 1;
            self.meaning = self.revision;
        }
        self.origin = Origin::File(path);
        if let Some(change) = change {
            // It comes in the midst of what a person is doing, and is no part of that.
            self.seal();
            self.apply(change)?;
            self.seal();
        }
        if is_current {
            self.history.mark_saved();
        }
        self.unwritten = None;
        Ok(())
    }

    /// It lies in no file as it stands here.
    pub fn mark_unsaved(&mut self) {
        self.history.mark_unsaved();
        self.write_anew();
    }

    /// Files outside the flow's folder that a person has consented to.
    pub fn allowed(&self) -> &[PathBuf] {
        &self.allowed
    }

    /// Consents to a file outside the flow's folder.
    pub fn allow(&mut self, path: PathBuf) {
        if !self.allowed.contains(&path) {
            self.allowed.push(path);
            self.write_anew();
            self.revision += 1;
            self.meaning = self.revision;
        }
    }

    /// Makes a change that can be undone.
    ///
    /// # Errors
    /// If it cannot be made; nothing has changed then.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        self.history.apply(Arc::make_mut(&mut self.flow), edit)?;
        self.note(|| Change::Edit(edit.clone()));
        self.revision += 1;
        if has_meaning(edit) {
            self.meaning = self.revision;
        }
        Ok(())
    }

    /// The next change is a step of its own.
    pub fn seal(&mut self) {
        self.history.seal();
        self.note(|| Change::Seal);
    }

    /// Takes the gesture back that has not ended, as if it had never begun. `false` if the last one has ended.
    ///
    /// # Errors
    /// As [`Document::undo`].
    pub fn give_up_gesture(&mut self) -> Result<bool, EditError> {
        let give_up =
            |history: &mut History, flow: &mut FlowDocument| Ok(history.give_up(flow)?.then(String::new));
        let step = self.travel(History::give_up_edit, give_up)?;
        if step.is_some() {
            self.note(|| Change::GiveUp);
        }
        Ok(step.is_some())
    }

    /// Takes the last step back and returns its name.
    ///
    /// # Errors
    /// If the step does not fit the flow; nothing has changed then.
    pub fn undo(&mut self) -> Result<Option<String>, EditError> {
        let step = self.travel(History::undo_edit, History::undo)?;
        if step.is_some() {
            self.note(|| Change::Undo);
        }
        Ok(step)
    }

    /// Does the step again that was taken back last and returns its name.
    ///
    /// # Errors
    /// As [`Document::undo`].
    pub fn redo(&mut self) -> Result<Option<String>, EditError> {
        let step = self.travel(History::redo_edit, History::redo)?;
        if step.is_some() {
            self.note(|| Change::Redo);
        }
        Ok(step)
    }

    /// Goes one step and returns its name; `edit` is the change that `go` would make. Where there is none, the flow is not touched,
    /// for whoever changes a flow that others look at copies it.
    fn travel(
        &mut self,
        edit: impl FnOnce(&History) -> Option<&Edit>,
        go: impl FnOnce(&mut History, &mut FlowDocument) -> Result<Option<String>, EditError>,
    ) -> Result<Option<String>, EditError> {
        let Some(has_meaning) = edit(&self.history).map(has_meaning) else { return Ok(None) };
        let step = go(&mut self.history, Arc::make_mut(&mut self.flow))?;
        if step.is_some() {
            self.revision += 1;
            if has_meaning {
                self.meaning = self.revision;
            }
        }
        Ok(step.as_deref().map(step_text))
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        self.history.undo_names().next().is_some()
    }

    /// Whether there is a step to do again.
    pub fn can_redo(&self) -> bool {
        self.history.redo_names().next().is_some()
    }

    /// How many steps there are: those that are done, and those that were taken back.
    pub fn n_steps(&self) -> usize {
        self.history.n_kept()
    }

    /// The name of a step, by its number: the first one first, those that are done, and then those that were taken back.
    pub fn step_name(&self, number: usize) -> Option<String> {
        self.history.name(number).map(step_text)
    }

    /// What a step changed, by the same number: the change that takes it back, or does it again.
    pub fn step(&self, number: usize) -> Option<&Edit> {
        self.history.step(number)
    }

    /// How many of the steps are done.
    pub fn n_done(&self) -> usize {
        self.history.undo_names().count()
    }

    /// Goes back or forward until `n_done` steps are done.
    ///
    /// # Errors
    /// If a step does not fit the flow; those before it have been gone.
    pub fn go_to(&mut self, n_done: usize) -> Result<(), EditError> {
        let now = self.n_done();
        let back = (n_done..now).try_for_each(|_| self.travel(History::undo_edit, History::undo).map(drop));
        let on = |_| self.travel(History::redo_edit, History::redo).map(drop);
        let gone = back.and_then(|()| (now..n_done).try_for_each(on));
        self.write_anew();
        gone
    }

    /// "Undo" and the name of the step.
    pub fn undo_text(&self) -> String {
        let step = self.history.undo_names().next();
        step.map_or_else(
            || t("edit.undo").to_owned(),
            |step| t_args("edit.undo_step", &[("step", &step_text(step))]),
        )
    }

    /// "Redo" and the name of the step.
    pub fn redo_text(&self) -> String {
        let step = self.history.redo_names().next();
        step.map_or_else(
            || t("edit.redo").to_owned(),
            |step| t_args("edit.redo_step", &[("step", &step_text(step))]),
        )
    }
}

/// What a step is called after "Undo".
fn step_text(key: &str) -> String {
    let text = match key {
        "add_node" => t("step.add_node"),
        "add_file" => t("step.add_file"),
        "remove_node" => t("step.remove_node"),
        "remove" => t("step.remove"),
        "add_note" => t("step.add_note"),
        "write_note" => t("step.write_note"),
        "color_note" => t("step.color_note"),
        "frame_nodes" => t("step.frame_nodes"),
        "rename_frame" => t("step.rename_frame"),
        "color_frame" => t("step.color_frame"),
        "move_drawn" => t("step.move_drawn"),
        "resize" => t("step.resize"),
        "set_parameters" => t("step.set_parameters"),
        "rename_node" => t("step.rename_node"),
        "remark_on_node" => t("step.remark_on_node"),
        "move_nodes" => t("step.move_nodes"),
        "connect" => t("step.connect"),
        "reconnect" => t("step.reconnect"),
        "disconnect" => t("step.disconnect"),
        "insert_node" => t("step.insert_node"),
        "arrange" => t("step.arrange"),
        "align" => t("step.align"),
        "straighten" => t("step.straighten"),
        "paste" => t("step.paste"),
        "cut" => t("step.cut"),
        "duplicate" => t("step.duplicate"),
        "rename_flow" => t("step.rename_flow"),
        "save_as" => t("step.save_as"),
        "describe_flow" => t("step.describe_flow"),
        "set_session_zone" => t("step.set_session_zone"),
        _ => t("step.change"),
    };
    text.to_owned()
}

/// When a change of an open flow takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakesEffect {
    /// At once: no run depends on it.
    Now,
    /// The flow is run again from the beginning, as it plays or has been played to its end.
    Restart,
    /// With the next run that a person starts.
    NextRun,
}

/// Whether a run or a check would notice a change.
pub(super) fn has_meaning(edit: &Edit) -> bool {
    match edit {
        Edit::MoveNodes(_)
        | Edit::SetTitle { .. }
        | Edit::SetRemark { .. }
        | Edit::SetName(_)
        | Edit::SetDescription(_)
        | Edit::SetNote { .. }
        | Edit::SetFrame { .. } => false,
        Edit::Batch { edits, .. } => edits.iter().any(has_meaning),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph::{FlowNode, Point};
    use tidemark_engine::ids::NodeId;

    use super::*;

    fn add(id: &str) -> Edit {
        Edit::AddNode { id: NodeId::new(id), node: FlowNode::new("union", serde_json::Map::new()), at: None }
    }

    #[test]
    fn moving_and_naming_do_not_change_the_meaning() {
        let mut document = Document::default();
        document.apply(&add("a")).expect("added");
        let (revision, meaning) = (document.revision(), document.meaning_revision());
        let moved = Edit::MoveNodes([(NodeId::new("a"), Some(Point { x: 3, y: 4 }))].into());
        document.apply(&moved).expect("moved");
        let named = Edit::SetTitle { node: NodeId::new("a"), title: Some("A".to_owned()) };
        document.apply(&named).expect("named");
        assert!(document.revision() > revision);
        assert_eq!(document.meaning_revision(), meaning);
        document.undo().expect("undone");
        assert_eq!(document.meaning_revision(), meaning);
        document.undo().expect("undone");
        document.undo().expect("undone");
        assert!(document.meaning_revision() > meaning);
        assert!(document.flow().nodes.is_empty() && !document.can_undo() && document.can_redo());
    }

    #[test]
    fn a_flow_that_others_look_at_is_copied_only_for_a_change() {
        let mut document = Document::default();
        let shared = Arc::clone(document.flow());
        assert_eq!(document.undo(), Ok(None));
        assert_eq!(document.redo(), Ok(None));
        document.seal();
        assert_eq!(document.give_up_gesture(), Ok(false));
        document.go_to(0).expect("it is there");
        assert!(Arc::ptr_eq(&shared, document.flow()) && document.revision() == 1);
        drop(shared);
        document.apply(&add("a")).expect("added");
        let at = Arc::as_ptr(document.flow());
        document.undo().expect("undone");
        document.redo().expect("done again");
        assert_eq!(Arc::as_ptr(document.flow()), at, "nobody else looks at it");
    }

    #[test]
    fn a_gesture_that_is_given_up_has_the_meaning_of_what_it_changed() {
        let mut document = Document::default();
        document.apply(&add("a")).expect("added");
        document.seal();
        let meaning = document.meaning_revision();
        let moved = Edit::MoveNodes([(NodeId::new("a"), Some(Point { x: 3, y: 4 }))].into());
        document.apply(&moved).expect("moved");
        assert_eq!(document.give_up_gesture(), Ok(true));
        assert_eq!(document.meaning_revision(), meaning);
        let set = Edit::SetParam { node: NodeId::new("a"), name: "n".to_owned(), value: Some(1.into()) };
        document.apply(&set).expect("set");
        let meaning = document.meaning_revision();
        assert_eq!(document.give_up_gesture(), Ok(true));
        assert!(document.meaning_revision() > meaning && document.flow().nodes.len() == 1);
    }

    #[test]
    fn any_step_is_reached_at_once() {
        let mut document = Document::default();
        for id in ["a", "b", "c"] {
            document.apply(&add(id)).expect("added");
        }
        let all = Arc::clone(document.flow());
        assert_eq!((document.n_steps(), document.n_done()), (3, 3));
        let meaning = document.meaning_revision();
        let _ = document.take_changes();
        document.go_to(1).expect("the steps fit");
        assert!(matches!(document.take_changes()[..], [Change::Whole(_)]), "the journal hears of it");
        assert_eq!(document.flow().nodes.keys().map(NodeId::as_str).collect::<Vec<_>>(), ["a"]);
        assert!(document.meaning_revision() > meaning && document.n_done() == 1);
        document.go_to(9).expect("there are no more than three");
        assert_eq!((document.flow(), document.n_done()), (&all, 3));
    }

    #[test]
    fn what_is_consented_to_and_where_paths_start_are_told_with_the_flow() {
        let content = Content { folder: Some(PathBuf::from("/begun")), ..Content::default() };
        let mut document = Document::with_history(content);
        assert_eq!(document.folder(), Path::new("/begun"));
        let _ = document.take_changes();
        document.allow(PathBuf::from("/far/a.csv"));
        let [Change::Whole(content)] = &document.take_changes()[..] else { panic!("it is not told anew") };
        assert_eq!(content.allowed, [Path::new("/far/a.csv")]);
        let again = Document::with_history((**content).clone());
        assert_eq!((again.folder(), again.allowed()), (document.folder(), document.allowed()));
        document.saved(document.revision(), PathBuf::from("/x/a.flow.json"), None).expect("it fits");
        assert_eq!(document.folder(), Path::new("/x"));
    }

    #[test]
    fn a_change_during_a_save_stays_unsaved() {
        let mut document = Document::default();
        document.apply(&add("a")).expect("added");
        let revision = document.revision();
        document.apply(&add("b")).expect("added");
        document.saved(revision, PathBuf::from("/x/a.flow.json"), None).expect("it fits");
        assert!(!document.is_saved());
        document.saved(document.revision(), PathBuf::from("/x/a.flow.json"), None).expect("it fits");
        assert!(document.is_saved());
        assert_eq!(document.name(), "a.flow.json");
    }

    #[test]
    fn what_is_given_up_after_a_save_elsewhere_is_what_was_written_since() {
        let mut document = Document::default();
        let write = |document: &mut Document, name: &str| {
            document.apply(&Edit::SetName(Some(name.to_owned()))).expect("it fits");
        };
        let revision = document.revision();
        write(&mut document, "a");
        let edits = vec![Edit::SetSessionZone("Asia/Tokyo".to_owned())];
        let change = Edit::Batch { name: "save_as".to_owned(), edits };
        document.saved(revision, PathBuf::from("/x/a.flow.json"), Some(&change)).expect("it fits");
        assert_eq!(document.give_up_gesture(), Ok(false), "nothing was written since");
        write(&mut document, "ab");
        assert_eq!(document.give_up_gesture(), Ok(true));
        let flow = document.flow();
        assert_eq!((flow.name.as_deref(), &*flow.session_zone), (Some("a"), "Asia/Tokyo"));
        assert_eq!(document.n_done(), 2, "the writing and the move are steps of their own");
    }

    #[test]
    fn a_sample_has_no_file_to_save_to_until_it_is_saved_elsewhere() {
        let origin = Origin::Sample(PathBuf::from("/s/a.flow.json"));
        let mut document = Document::new(FlowDocument::default(), origin);
        assert!(document.is_untouched());
        assert_eq!((document.own_file(), document.folder()), (None, PathBuf::from("/s")));
        let own = Path::new("/x/b.flow.json");
        assert_eq!(document.saved(document.revision(), own.to_owned(), Some(&add("a"))), Ok(()));
        assert!(document.is_saved() && !document.is_untouched() && document.own_file() == Some(own));
    }
}
