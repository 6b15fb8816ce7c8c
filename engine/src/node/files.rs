//! Which files a flow may touch: what lies in its own folder, and what a person has consented to; and what to call it beside them.

use std::path::{Component, Path, PathBuf};

use super::Apart;
use crate::error::{EngineError, Result};

/// What a node wants a path for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileUse {
    /// To read it; relative paths start at the flow's folder.
    Read,
    /// To write it; relative paths start at the output folder.
    Write,
}

/// The folders that paths of a flow are resolved against, and the consent given for paths outside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAccess {
    /// What the flow is called where files say who made them: its file's name without `.flow.json`; `None` while it has no file.
    pub flow: Option<String>,
    /// The folder that the flow file lies in. Sources may read below it.
    pub flow_dir: PathBuf,
    /// The folder that relative paths of sinks start at. Sinks may write below it.
    pub output_dir: PathBuf,
    /// Files and folders outside those two that a person has consented to. Never part of a flow file.
    pub allowed: Vec<PathBuf>,
    /// How files of forms that may do harm are read once apart from this process before they are read in it; `None` if they are not.
    pub apart: Option<Apart>,
}

impl FileAccess {
    /// Access to the flow's folder for reading and the output folder for writing, and nothing else. The flow has no file.
    pub fn new(flow_dir: impl Into<PathBuf>, output_dir: impl Into<PathBuf>) -> FileAccess {
        FileAccess {
            flow: None,
            flow_dir: flow_dir.into(),
            output_dir: output_dir.into(),
            allowed: Vec::new(),
            apart: None,
        }
    }

    /// The same for the flow in `file`.
    pub fn of_flow(file: &Path, output_dir: impl Into<PathBuf>) -> FileAccess {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let name = file.file_name().map(|name| name.to_string_lossy());
        let flow = name.map(|name| match name.strip_suffix(".flow.json") {
            // Never `..`, as which it would lead elsewhere in a path.
            Some(stem) if stem.starts_with(|c| c != '.') => stem.to_owned(),
            _ => name.into_owned(),
        });
        FileAccess { flow, ..FileAccess::new(folder.unwrap_or(Path::new(".")), output_dir) }
    }

    /// The absolute path that `text` names, if the flow may use it so. The file itself need not exist.
    ///
    /// # Errors
    /// If the path is empty, or leads out of its folder (by `..`, a link or an absolute path) without consent.
    pub fn resolve(&self, text: &str, file_use: FileUse) -> Result<PathBuf> {
        if text.trim().is_empty() {
            return Err(EngineError::flow("the path is empty"));
        }
        if text.contains('\0') {
            return Err(EngineError::flow("the path holds a NUL character"));
        }
        let base = match file_use {
            FileUse::Read => &self.flow_dir,
            FileUse::Write => &self.output_dir,
        };
        let path = real(&base.join(text));
        let inside = |folder: &Path| path.starts_with(real(folder));
        if inside(base) || self.allowed.iter().any(|allowed| inside(allowed)) {
            return Ok(path);
        }
        let verb = if file_use == FileUse::Read { "read" } else { "write" };
        Err(EngineError::flow(format!(
            "the flow wants to {verb} `{}`, which lies outside its folder; if you trust the flow, allow the path (`--allow {}`)",
            path.display(),
            path.display()
        )))
    }
}

/// The path without `.`, `..` and links. What does not exist yet is taken as written, below the part that exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                // A link is followed before its parent is taken, as the operating system would.
                plain = plain.canonicalize().unwrap_or(plain);
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    let mut missing = Vec::new();
    let mut existing = plain.as_path();
    loop {
        if let Ok(canonical) = existing.canonicalize() {
            return missing.iter().rev().fold(canonical, |path, part| path.join(part));
        }
        let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) else { return plain };
        missing.push(name.to_owned());
        existing = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_called_by_its_file_and_reads_beside_it() {
        for (file, flow, folder) in [
            ("flights/delays.flow.json", "delays", "flights"),
            ("delays.flow.json", "delays", "."),
            ("delays.json", "delays.json", "."),
            (".flow.json", ".flow.json", "."),
            ("...flow.json", "...flow.json", "."),
        ] {
            let access = FileAccess::of_flow(Path::new(file), "out");
            assert_eq!(access.flow.as_deref(), Some(flow), "{file}");
            assert_eq!(
                (access.flow_dir.as_path(), access.output_dir.as_path()),
                (Path::new(folder), Path::new("out"))
            );
        }
    }

    #[test]
    fn paths_below_the_flow_are_read_and_others_need_consent() {
        let root = tempfile::tempdir().expect("a folder");
        let flow = root.path().join("flow");
        std::fs::create_dir(&flow).expect("a folder");
        let mut access = FileAccess::new(&flow, &flow);
        assert!(access.resolve("data/a.csv", FileUse::Read).is_ok());
        assert!(access.resolve("./b/../a.csv", FileUse::Read).is_ok());
        for outside in ["../a.csv", "b/../../a.csv", "/etc/passwd", ""] {
            assert!(access.resolve(outside, FileUse::Read).is_err(), "{outside}");
        }
        access.allowed.push(root.path().join("a.csv"));
        assert!(access.resolve("../a.csv", FileUse::Read).is_ok());
        assert!(access.resolve("../a.csv.bak", FileUse::Read).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_out_of_the_folder() {
        let root = tempfile::tempdir().expect("a folder");
        let flow = root.path().join("flow");
        std::fs::create_dir(&flow).expect("a folder");
        std::os::unix::fs::symlink(root.path(), flow.join("up")).expect("a link");
        let access = FileAccess::new(&flow, &flow);
        assert!(access.resolve("up/secret.csv", FileUse::Read).is_err());
        assert!(access.resolve("up/../flow/a.csv", FileUse::Read).is_err());
    }
}
