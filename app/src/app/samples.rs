//! The samples, which are part of the program: they are written to where the user's data is, and opened from there as templates.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tidemark_engine::error::Result;
use tidemark_engine::graph::{self, FlowDocument};
use xxhash_rust::xxh3::Xxh3;

use super::folders::Folders;
use crate::ui_kit::t;

/// The folder of all samples, below that of the data.
const FOLDER: &str = "samples";

/// A sample.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The folder that it is written to.
    folder: &'static str,
    /// Its flow file, first, and what the flow reads.
    files: &'static [(&'static str, &'static [u8])],
    /// How many rows it reads.
    pub n_rows: u64,
}

macro_rules! sample {
    ($folder:literal, $n_rows:literal: $($file:literal),+) => {
        Sample {
            folder: $folder,
            files: &[$(($file, include_bytes!(concat!("../../../sample-flows/", $folder, "/", $file)))),+],
            n_rows: $n_rows,
        }
    };
}

/// Every sample. The first is opened when nothing else is asked for.
pub const SAMPLES: [Sample; 2] = [
    sample!("flight-delays", 336_776: "flight-delays.flow.json", "flights.parquet"),
    sample!("hello-window", 20: "hello-window.flow.json", "orders.csv"),
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

    /// The flow as it was shipped, every node in its place.
    ///
    /// # Errors
    /// If its file is no flow.
    pub fn flow(&self) -> Result<FlowDocument> {
        let mut flow = FlowDocument::from_json(self.files[0].1)?;
        let places = graph::fill_missing_positions(&flow);
        flow.layout.nodes.extend(places);
        Ok(flow)
    }

    /// Writes the files that are not there as they were shipped, in a folder of this content below `data`, and returns the flow file.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn unpack(&self, data: &Path) -> io::Result<PathBuf> {
        let folder = data.join(FOLDER).join(format!("{}-{:08x}", self.folder, self.content() >> 32));
        fs::create_dir_all(&folder)?;
        for (name, bytes) in self.files {
            let path = folder.join(name);
            if !fs::read(&path).is_ok_and(|there| there == *bytes) {
                graph::write_whole(&path, bytes).map_err(io::Error::other)?;
            }
        }
        Ok(folder.join(self.files[0].0))
    }

    /// A hash of everything in it: what a flow that was made from it reads stays the same, whatever a later sample holds.
    fn content(&self) -> u64 {
        let mut hash = Xxh3::new();
        self.files.iter().for_each(|(_, bytes)| hash.update(bytes));
        hash.digest()
    }
}

/// Whether `path` is where samples lie, which are kept as they were shipped.
pub(super) fn is_among_samples(path: &Path, data: &Path) -> bool {
    [data.to_owned(), Folders::fallback_data()].iter().any(|data| path.starts_with(data.join(FOLDER)))
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph;

    use super::*;

    #[test]
    fn a_sample_is_always_the_one_that_was_shipped() {
        let data = tempfile::tempdir().expect("a folder");
        for sample in SAMPLES {
            let path = sample.unpack(data.path()).expect("written");
            let shipped = graph::load(&path).expect("a flow");
            assert!(is_among_samples(&path, data.path()) && !is_among_samples(data.path(), data.path()));
            fs::write(&path, "{}").expect("changed");
            assert_eq!(sample.unpack(data.path()).expect("written"), path);
            assert_eq!(graph::load(&path).expect("a flow"), shipped);
        }
    }

    #[test]
    fn another_content_has_another_folder() {
        let data = tempfile::tempdir().expect("a folder");
        let other = Sample { files: &[("hello-window.flow.json", b"{}")], ..SAMPLES[1] };
        let (one, other) = (SAMPLES[1].unpack(data.path()), other.unpack(data.path()));
        assert_ne!(one.expect("written"), other.expect("written"));
    }
}
