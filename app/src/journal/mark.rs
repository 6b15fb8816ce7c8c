//! By what a file that has been changed is told from what it was.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// By what a file that has been changed is told from what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    length: u64,
    hash: u64,
}

impl Mark {
    /// The mark of a file that holds these bytes.
    pub fn of(bytes: &[u8]) -> Mark {
        Mark { length: bytes.len() as u64, hash: xxh3_64(bytes) }
    }

    /// The mark of a plain file that can be read, up to more than a flow may hold.
    pub fn of_file(path: &Path) -> Option<Mark> {
        const MOST: u64 = 64 << 20;
        if !fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
        Some(Mark::of(&bytes))
    }
}
