//! The samples, which are part of the program: they are written once to where the user's data is, and opened from there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::ui_kit::t;

/// A sample.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The folder that it is written to.
    folder: &'static str,
    /// Its flow file, first, and what the flow reads.
    files: &'static [(&'static str, &'static [u8])],
}

macro_rules! sample {
    ($folder:literal: $($file:literal),+) => {
        Sample {
            folder: $folder,
            files: &[$(($file, include_bytes!(concat!("../../../sample-flows/", $folder, "/", $file)))),+],
        }
    };
}

/// Every sample. The first is opened when nothing else is asked for.
pub const SAMPLES: [Sample; 2] = [
    sample!("flight-delays": "flight-delays.flow.json", "flights.parquet"),
    sample!("hello-window": "hello-window.flow.json", "orders.csv"),
];

impl Sample {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self.folder {
            "flight-delays" => t("sample.flight_delays"),
            _ => t("sample.hello_window"),
        }
    }

    /// What it shows, in a sentence.
    pub fn sentence(&self) -> &'static str {
        match self.folder {
            "flight-delays" => t("sample.flight_delays_sentence"),
            _ => t("sample.hello_window_sentence"),
        }
    }

    /// Writes the files that are not there yet below `data` and returns the flow file. What a person has changed is left.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn unpack(&self, data: &Path) -> io::Result<PathBuf> {
        let folder = data.join("samples").join(env!("CARGO_PKG_VERSION")).join(self.folder);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in self.files {
            let path = folder.join(name);
            if !path.exists() {
                let unfinished = folder.join(format!(".{name}.{}", std::process::id()));
                fs::write(&unfinished, bytes)?;
                fs::rename(&unfinished, &path)?;
            }
        }
        Ok(folder.join(self.files[0].0))
    }
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph;

    use super::*;

    #[test]
    fn a_sample_is_written_once_and_can_be_opened() {
        let data = tempfile::tempdir().expect("a folder");
        for sample in SAMPLES {
            let path = sample.unpack(data.path()).expect("written");
            let flow = graph::load(&path).expect("a flow");
            fs::write(&path, flow.to_json() + "\n").expect("changed");
            sample.unpack(data.path()).expect("still there");
            assert!(fs::read_to_string(&path).expect("read").ends_with("\n\n"), "a changed sample is left");
        }
    }
}
