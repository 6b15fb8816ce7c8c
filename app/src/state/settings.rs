//! What a person has set, kept between starts.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::kept;
use crate::ui_kit::Theme;

/// What a person has set. Saved as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The version of the format.
    pub version: u32,
    /// Dark, light, or as the desktop. Default: as the desktop.
    pub theme: Theme,
    /// How large the interface is, from 0.75 to 2.5. Default 1.
    pub ui_scale: f32,
    /// Whether nothing moves that only decorates. Default `false`.
    pub reduced_motion: bool,
    /// Whether the minimap is shown when the flow does not fit the canvas. Default `true`.
    pub minimap: bool,
    /// The kinds of the nodes that were added last, the newest first; at most [`Settings::MAX_RECENT_KINDS`].
    pub recent_kinds: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            version: Settings::VERSION,
            theme: Theme::System,
            ui_scale: 1.0,
            reduced_motion: false,
            minimap: true,
            recent_kinds: Vec::new(),
        }
    }
}

impl Settings {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// How many kinds are remembered.
    pub const MAX_RECENT_KINDS: usize = 6;

    /// The settings in the file; the defaults if there is none.
    ///
    /// # Errors
    /// In words, if there is a file and it is damaged or of a later version.
    pub fn load(path: &Path) -> Result<Settings, String> {
        let mut settings: Settings = kept::read(path, Settings::VERSION)?.unwrap_or_default();
        settings.version = Settings::VERSION;
        settings.ui_scale = settings.ui_scale.clamp(0.75, 2.5);
        settings.recent_kinds.truncate(Settings::MAX_RECENT_KINDS);
        Ok(settings)
    }

    /// Notes that a node of this kind was added.
    pub fn note_kind(&mut self, kind: &str) {
        self.recent_kinds.retain(|recent| recent != kind);
        self.recent_kinds.insert(0, kind.to_owned());
        self.recent_kinds.truncate(Settings::MAX_RECENT_KINDS);
    }

    /// Writes the settings over the old file, which is set aside if it cannot be read.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        kept::write(path, self, Settings::load(path).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_kinds_that_were_used_last_come_first_once_each_and_are_few() {
        let mut settings = Settings::default();
        for number in 0..20 {
            settings.note_kind(&format!("kind_{number}"));
        }
        settings.note_kind("kind_18");
        assert_eq!(settings.recent_kinds[..3], ["kind_18", "kind_19", "kind_17"]);
        assert_eq!(settings.recent_kinds.len(), Settings::MAX_RECENT_KINDS);
    }

    #[test]
    fn settings_come_back_and_a_damaged_or_newer_file_is_told_from_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/settings.json");
        let settings = Settings { ui_scale: 1.5, theme: Theme::Light, ..Settings::default() };
        settings.save(&path).expect("saved");
        assert_eq!(Settings::load(&path), Ok(settings.clone()));
        assert_eq!(Settings::load(&path.with_file_name("none.json")), Ok(Settings::default()));
        for other in ["{ not json", "", r#"{"version":2,"theme":"dark"}"#] {
            fs::write(&path, other).expect("written");
            assert!(Settings::load(&path).is_err(), "{other}");
            settings.save(&path).expect("saved");
            assert_eq!(Settings::load(&path), Ok(settings.clone()));
            let aside = path.with_file_name("settings.json.old");
            assert_eq!(fs::read_to_string(aside).expect("set aside"), other);
        }
        fs::write(&path, r#"{"version":1,"theme":"dark"}"#).expect("written");
        assert_eq!(Settings::load(&path), Ok(Settings { theme: Theme::Dark, ..Settings::default() }));
    }
}
