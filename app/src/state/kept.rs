//! Files that are kept between starts: replaced whole, and set aside where they hold what cannot be read here.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tidemark_engine::graph;

/// More bytes than any of them has.
const MAX_BYTES: u64 = 1 << 20;

/// What a file of at most this version holds; `None` if there is none.
///
/// # Errors
/// In words, if there is one and it cannot be read, is damaged, or is of a later version.
pub(super) fn read<T: DeserializeOwned>(path: &Path, newest: u32) -> Result<Option<T>, String> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // A pipe would wait for ever.
        Ok(metadata) if !metadata.is_file() => return Err("it is not a file".to_owned()),
        Err(error) => return Err(error.to_string()),
        Ok(_) => {}
    }
    let mut text = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_BYTES).read_to_end(&mut text).map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    // The version first: what follows may have another shape.
    let version = value.get("version").and_then(Value::as_u64).unwrap_or_default();
    if version > u64::from(newest) {
        return Err(format!("version {version} is newer than {newest}"));
    }
    serde_json::from_value(value).map(Some).map_err(|error| error.to_string())
}

/// Writes a file, in a folder that is made if it is not there. What stands there is set aside unless it could be read.
///
/// # Errors
/// If the folder or the file cannot be written.
pub(super) fn write(path: &Path, value: &impl Serialize, could_be_read: bool) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if !could_be_read {
        fs::rename(path, set_aside(path))?;
    }
    let text = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
    graph::write_whole(path, &text).map(drop).map_err(io::Error::other)
}

/// Where a file is set aside.
fn set_aside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".old");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_set_aside_before_it_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/settings.json");
        let read = |path: &Path| read::<Value>(path, 1);
        assert_eq!(read(&path), Ok(None));
        let ours = serde_json::json!({"version": 1});
        write(&path, &ours, true).expect("written");
        assert_eq!(read(&path), Ok(Some(ours.clone())));
        for other in ["{ not json", r#"{"version":2}"#] {
            fs::write(&path, other).expect("written");
            assert!(read(&path).is_err(), "{other}");
            write(&path, &ours, false).expect("written");
            assert_eq!(read(&path), Ok(Some(ours.clone())));
            assert_eq!(fs::read_to_string(set_aside(&path)).expect("set aside"), other);
        }
        assert_eq!(set_aside(&path), folder.path().join("deep/settings.json.old"));
        assert!(read(folder.path()).is_err(), "a folder is no file");
    }
}
