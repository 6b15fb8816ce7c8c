//! Where the program keeps things: the user's data and settings, and what runs write.

use std::env;
use std::path::PathBuf;

/// The folders of one window.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Where samples are written to.
    pub data: PathBuf,
    /// The file of the settings; `None` keeps them in memory.
    pub settings: Option<PathBuf>,
    /// Where relative paths of sinks start: a folder of this window's runs, never the flow's own.
    pub runs: PathBuf,
}

impl Folders {
    /// The folders that the system says.
    pub fn of_user() -> Folders {
        let temp = env::temp_dir();
        let data = variable("XDG_DATA_HOME").or_else(|| variable("LOCALAPPDATA")).or_else(|| {
            below_home(if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" })
        });
        let settings = variable("XDG_CONFIG_HOME").or_else(|| variable("APPDATA")).or_else(|| {
            below_home(if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" })
        });
        Folders {
            data: data.unwrap_or_else(|| temp.clone()).join("tidemark"),
            settings: settings.map(|folder| folder.join("tidemark").join("settings.json")),
            runs: temp.join("tidemark-runs").join(std::process::id().to_string()),
        }
    }

    /// Where samples go if the user's data folder cannot be written.
    pub fn fallback_data() -> PathBuf {
        env::temp_dir().join("tidemark")
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn below_home(folder: &str) -> Option<PathBuf> {
    variable("HOME").map(|home| home.join(folder))
}
