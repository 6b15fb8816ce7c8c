//! The file that takes the figures of a run, or of many. It is opened before the first, so that a wrong path costs no run.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Failure, shown};

/// A file that waits for figures. What it held stays until they are there, and a new file without any is removed.
pub(super) struct Figures {
    path: PathBuf,
    file: File,
    is_new: bool,
}

impl Figures {
    /// Opens the file, or makes it.
    pub(super) fn to(path: &Path) -> Result<Figures, Failure> {
        let made = OpenOptions::new().write(true).create_new(true).open(path);
        let opened = match made {
            Ok(file) => Ok((file, true)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                OpenOptions::new().write(true).open(path).map(|file| (file, false))
            }
            Err(error) => Err(error),
        };
        let (file, is_new) = opened.map_err(|error| unwritable(path, &error))?;
        Ok(Figures { path: path.to_owned(), file, is_new })
    }

    /// Writes the figures in the place of what the file held.
    pub(super) fn write(mut self, figures: &Value) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(figures).map_err(|error| Failure::Run(error.to_string()))?;
        let done = self.replace(&(text + "\n"));
        done.map_err(|error| unwritable(&self.path, &error))?;
        self.is_new = false;
        Ok(())
    }

    fn replace(&mut self, text: &str) -> io::Result<()> {
        // A terminal or a pipe has no length.
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for Figures {
    fn drop(&mut self) {
        if self.is_new {
            // What cannot be removed is left, empty.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Call(format!("the figures cannot be written to `{}`: {error}", shown(path)))
}
