//! What a person has arranged, kept between starts: the layout, the layouts with names, and how large the window is.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::WindowSize;
use super::kept;
use super::layout::Layout;

/// The arrangement, saved as JSON beside the settings. Changes of it are taken back apart from those of flows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workspace {
    version: u32,
    /// What stands where now.
    pub layout: Layout,
    /// Layouts that have been given a name.
    #[serde(default)]
    pub named: BTreeMap<String, Layout>,
    /// How large the window was when it was closed.
    #[serde(default)]
    pub window: WindowSize,
    #[serde(skip)]
    before: Vec<Layout>,
}

impl Default for Workspace {
    fn default() -> Workspace {
        Workspace {
            version: Workspace::VERSION,
            layout: Layout::default(),
            named: BTreeMap::new(),
            window: WindowSize::default(),
            before: Vec::new(),
        }
    }
}

impl Workspace {
    /// The version that is written.
    pub const VERSION: u32 = 1;
    /// How many layouts can have names.
    pub const MAX_NAMED: usize = 32;
    /// How many changes can be taken back.
    const MAX_BEFORE: usize = 64;

    /// The file of the workspace, beside the one of the settings.
    pub fn path(settings: &Path) -> PathBuf {
        settings.with_file_name("workspace.json")
    }

    /// The workspace in the file; the default if there is none.
    ///
    /// # Errors
    /// In words, if there is a file and it is damaged or of a later version.
    pub fn load(path: &Path) -> Result<Workspace, String> {
        let Some(read) = kept::read::<Workspace>(path, Workspace::VERSION)? else {
            return Ok(Workspace::default());
        };
        let layout = read.layout.mended().ok_or("panes are missing or there twice")?;
        let mended = |(name, layout): (String, Layout)| Some((name, layout.mended()?));
        let named = read.named.into_iter().filter_map(mended).take(Workspace::MAX_NAMED).collect();
        Ok(Workspace { version: Workspace::VERSION, layout, named, ..read })
    }

    /// Writes the workspace over the old file, which is set aside if it cannot be read.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        kept::write(path, self, Workspace::load(path).is_ok())
    }

    /// Arranges the panes anew. That is a step that can be taken back, unless only other tabs are seen.
    pub fn arrange(&mut self, layout: Layout) {
        if !layout.is_arranged_as(&self.layout) {
            if self.before.len() == Workspace::MAX_BEFORE {
                self.before.remove(0);
            }
            self.before.push(self.layout.clone());
        }
        self.layout = layout;
    }

    /// Takes the last change of the layout back. `false` if there is none.
    pub fn undo(&mut self) -> bool {
        let before = self.before.pop();
        let is_there = before.is_some();
        if let Some(layout) = before {
            self.layout = layout;
        }
        is_there
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    /// Gives the layout a name, in the place of one that had it. `false` if there are too many names.
    pub fn keep_as(&mut self, name: String) -> bool {
        let has_room = self.named.len() < Workspace::MAX_NAMED || self.named.contains_key(&name);
        if has_room {
            self.named.insert(name, self.layout.clone());
        }
        has_room
    }

    /// Whether a file with the one is a file with the other, but for the size of the window: that is written when it closes.
    pub fn is_saved_as(&self, other: &Workspace) -> bool {
        (&self.layout, &self.named) == (&other.layout, &other.named)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::DockTab;
    use super::super::layout::{Pane, Side};
    use super::*;

    #[test]
    fn a_workspace_comes_back_and_a_damaged_or_newer_file_is_told_from_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Workspace::path(&folder.path().join("deep/settings.json"));
        assert_eq!(Workspace::load(&path), Ok(Workspace::default()));
        let mut workspace = Workspace::default();
        workspace.layout.move_to(Pane::Dock(DockTab::Log), Side::Left);
        assert!(workspace.keep_as("Reading".to_owned()));
        workspace.save(&path).expect("saved");
        assert_eq!(Workspace::load(&path), Ok(workspace.clone()));
        let text = fs::read_to_string(&path).expect("text");
        for damaged in [
            text.replace("\"version\": 1", "\"version\": 2"),
            text.replacen("canvas", "data", 1),
            text.replace("\"log\"", "\"a pane of tomorrow\""),
            text[..text.len() / 2].to_owned(),
            String::new(),
        ] {
            fs::write(&path, &damaged).expect("written");
            assert!(Workspace::load(&path).is_err(), "{damaged}");
            workspace.save(&path).expect("saved");
            assert_eq!(Workspace::load(&path), Ok(workspace.clone()));
            let aside = path.with_file_name("workspace.json.old");
            assert_eq!(fs::read_to_string(aside).expect("set aside"), damaged);
        }
    }

    #[test]
    fn changes_are_taken_back_one_by_one_and_other_tabs_are_none() {
        let mut workspace = Workspace::default();
        let mut shown = workspace.layout.clone();
        shown.show(Pane::Dock(DockTab::Log));
        workspace.arrange(shown.clone());
        assert!(!workspace.can_undo() && workspace.layout == shown);
        for side in [Side::Left, Side::Right] {
            let mut moved = workspace.layout.clone();
            moved.move_to(Pane::Dock(DockTab::Data), side);
            workspace.arrange(moved);
        }
        assert!(workspace.undo() && workspace.layout != shown);
        assert!(workspace.undo() && workspace.layout == shown);
        assert!(!workspace.undo());
    }

    #[test]
    fn there_are_only_so_many_names() {
        let mut workspace = Workspace::default();
        for number in 0..Workspace::MAX_NAMED {
            assert!(workspace.keep_as(number.to_string()));
        }
        assert!(!workspace.keep_as("one more".to_owned()));
        assert!(workspace.keep_as("0".to_owned()), "it takes the place of itself");
    }
}
