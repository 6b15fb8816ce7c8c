//! Where the program keeps things: the user's data and settings, and what runs write.

use std::env;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

/// The folders of one window.
#[derive(Clone, Debug)]
pub struct Folders {
    /// Where samples are written to.
    pub data: PathBuf,
    /// The file of the settings; `None` keeps them in memory.
    pub settings: Option<PathBuf>,
    /// Where relative paths of sinks start, in a folder for each flow and never the flow's own.
    ///
    /// What is there stays when the window closes, until a run of the same flow replaces it.
    pub runs: PathBuf,
}

impl Folders {
    /// The folders that the system says.
    pub fn of_user() -> Folders {
        let data = variable("XDG_DATA_HOME").or_else(|| variable("LOCALAPPDATA")).or_else(|| {
            below_home(if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" })
        });
        let settings = variable("XDG_CONFIG_HOME").or_else(|| variable("APPDATA")).or_else(|| {
            below_home(if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" })
        });
        let data = data.map_or_else(Folders::fallback_data, |data| data.join("tidemark"));
        Folders {
            runs: data.join("runs"),
            data,
            settings: settings.map(|folder| folder.join("tidemark").join("settings.json")),
        }
    }

    /// Where things lie that can be made again, and may be removed at any time.
    pub fn cache() -> PathBuf {
        let cache = variable("XDG_CACHE_HOME")
            .or_else(|| variable("LOCALAPPDATA"))
            .or_else(|| below_home(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }));
        cache.map_or_else(Folders::fallback_data, |cache| cache.join("tidemark"))
    }

    /// Where things go if the user has no data folder that can be written: a folder that no other user has.
    pub fn fallback_data() -> PathBuf {
        let user = env::var("USER").or_else(|_| env::var("USERNAME")).unwrap_or_default();
        env::temp_dir().join(format!("tidemark-{}", user.replace(std::path::is_separator, "_")))
    }

    /// Where sinks of the flow in `file` write: a folder that no other flow has, though it be of the same name.
    /// A flow that has no file yet has one folder to a window.
    pub fn runs_of(&self, name: Option<&str>, file: Option<&Path>) -> PathBuf {
        self.runs.join(match (name, file) {
            (Some(name), Some(file)) => {
                let place = xxh3_64(file.as_os_str().as_encoded_bytes());
                format!("{name}-{:08x}", place >> 32)
            }
            _ => format!("untitled-{}", std::process::id()),
        })
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn below_home(folder: &str) -> Option<PathBuf> {
    variable("HOME").map(|home| home.join(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_of_one_name_have_folders_of_their_own() {
        let root = tempfile::tempdir().expect("a folder");
        let folders =
            Folders { data: root.path().to_owned(), settings: None, runs: root.path().join("runs") };
        let of = |file: &str| folders.runs_of(Some("delays"), Some(Path::new(file)));
        let (one, other) = (of("/a/delays.flow.json"), of("/b/delays.flow.json"));
        assert_eq!(one, of("/a/delays.flow.json"));
        assert_ne!(one, other);
        assert_ne!(one, folders.runs_of(None, None));
    }
}
