//! A folder of files that one run makes, and a record in it of who made them.
//!
//! Files are written below the hidden folder `.tidemark`, where no reader looks, and put into their places when they are complete. The
//! record there (`.tidemark/record`, a JSON value to a line) says which node of which flow made the folder and what each file holds. A
//! folder with a file that the record does not know, or that was changed since, is refused; hidden files are let alone.
//!
//! What is going to happen is written down before it does: the record that takes effect names the files to be put in place and those
//! to go, and then they are renamed and removed. A run that died in between is finished by the next one of the same node, before
//! anything else; what a run left that died before is thrown away.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::record::{FORMAT, Head, Line, MAX_FILES, hidden, is_of, look_at, read_record, record, staging};
use crate::connector::file_commit::{HashedFile, Made, Maker, failed, lock_file, sync_folder};
use crate::error::{EngineError, Result};

/// A file that is being written.
pub(super) struct Staged {
    number: u64,
    path: PathBuf,
    file: HashedFile,
}

impl Staged {
    /// Adds bytes.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write(bytes).map_err(|error| failed("write", &self.path, &error))
    }

    /// Ends the file, which is to stand at `path` below the folder, and makes it durable.
    ///
    /// # Errors
    /// If it cannot be flushed to the disk.
    pub(super) fn finish(self, path: String) -> Result<Finished> {
        let made = self.file.finish().map_err(|error| failed("write", &self.path, &error))?;
        Ok(Finished { path, number: self.number, made })
    }
}

/// A file that is complete and waits for its place.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    path: String,
    number: u64,
    made: Made,
}

/// A folder that a run fills.
pub(super) struct OutputFolder {
    target: PathBuf,
    maker: Maker,
    /// Keeps other runs away until the files are in their places.
    _lock: File,
    /// What an earlier run made and stands there still.
    before: BTreeMap<String, Made>,
    /// What this run has put in place already.
    published: BTreeMap<String, Made>,
    n_staged: u64,
    /// The folder was made for this run.
    is_new: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Writing,
    /// With what is going to happen.
    Checked(Vec<Line>),
    /// The record says what is to happen; the next run finishes it if this one cannot.
    Committing,
    Done,
}

impl OutputFolder {
    /// Begins to fill the folder `target`, after finishing what a run that died was about to do.
    ///
    /// # Errors
    /// If the folder was made by another or holds what another made, another run fills it, or it cannot be written.
    pub(super) fn create(target: &Path, maker: &Maker) -> Result<OutputFolder> {
        look_at(target, maker).map_err(EngineError::flow)?;
        let is_new = !target.exists();
        let hidden = hidden(target);
        std::fs::create_dir_all(&hidden).map_err(|error| failed("make the folder", target, &error))?;
        let lock = lock_file(&hidden.join("lock"))?;
        if let Some((_, lines)) = read_record(target).filter(|(head, _)| is_of(head, maker, target)) {
            carry_out(target, &lines)?;
        }
        let staging = staging(target);
        let cleared = match std::fs::remove_dir_all(&staging) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => std::fs::create_dir(&staging),
        };
        cleared.map_err(|error| failed("make the folder", &staging, &error))?;
        let before = look_at(target, maker).map_err(EngineError::flow)?;
        let folder = OutputFolder {
            target: target.to_owned(),
            maker: maker.clone(),
            _lock: lock,
            before,
            published: BTreeMap::new(),
            n_staged: 0,
            is_new,
            state: State::Writing,
        };
        // What is to happen has happened; only what stands there stays in the record.
        if record(target).exists() {
            folder.write_record(&folder.lines_before(false))?;
            folder.put_record()?;
        }
        Ok(folder)
    }

    /// Begins a file.
    ///
    /// # Errors
    /// If it cannot be made, or the run has made very many already.
    pub(super) fn stage(&mut self) -> Result<Staged> {
        if self.n_staged as usize >= MAX_FILES {
            return Err(EngineError::flow(format!(
                "more than {MAX_FILES} files would be made in `{}`; choose coarser partitions or larger parts",
                self.target.display()
            )));
        }
        let (number, path) = (self.n_staged, self.staged(self.n_staged));
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.map_err(|error| failed("write", &path, &error))?;
        self.n_staged += 1;
        Ok(Staged { number, path, file: HashedFile::new(file) })
    }

    /// Puts `files`, which are those of the folders `parts` (below the target, ending in `/`), in their places while the run goes on. What
    /// an earlier run put there goes.
    ///
    /// # Errors
    /// If they cannot be put there.
    pub(super) fn publish(&mut self, parts: &BTreeSet<String>, files: &[Finished]) -> Result<()> {
        let is_there = |path: &str| parts.contains(&path[..path.rfind('/').map_or(0, |at| at + 1)]);
        let mut lines = self.lines_before(true);
        lines.retain(|line| is_there(&line.path));
        lines.extend(files.iter().map(Finished::line));
        if !record(&self.target).exists() {
            self.write_record(&self.lines_before(false))?;
            self.put_record()?;
        }
        // From here on the next run finishes it, should this one fail.
        self.state = State::Committing;
        let path = record(&self.target);
        let appended = OpenOptions::new().append(true).open(&path).and_then(|mut file| {
            let mut text = Vec::new();
            for line in &lines {
                serde_json::to_writer(&mut text, line)?;
                text.push(b'\n');
            }
            file.write_all(&text)?;
            file.sync_all()
        });
        appended.map_err(|error| failed("write", &path, &error))?;
        carry_out(&self.target, &lines)?;
        self.before.retain(|path, _| !is_there(path));
        self.published.extend(files.iter().map(|file| (file.path.clone(), file.made.clone())));
        self.state = State::Writing;
        Ok(())
    }

    /// Makes sure that nothing that can be known keeps `files` from their places, and writes down what is going to happen.
    ///
    /// # Errors
    /// If another has put a file into the folder meanwhile, or it cannot be written.
    pub(super) fn check(&mut self, files: &[Finished]) -> Result<()> {
        if !matches!(self.state, State::Writing) {
            return Err(EngineError::internal("a folder was checked twice"));
        }
        let standing = look_at(&self.target, &self.maker).map_err(EngineError::flow)?;
        self.before.retain(|path, _| standing.contains_key(path));
        if let Some(file) = files.iter().find(|file| !file.made.is_at(&self.staged(file.number))) {
            let shown = self.target.join(&file.path);
            let message = format!("what was written for `{}` has been removed", shown.display());
            return Err(EngineError::machine(message));
        }
        let mut lines = self.lines_before(true);
        lines.extend(files.iter().map(Finished::line));
        for (path, made) in &self.published {
            lines.push(Line { path: path.clone(), made: made.clone(), staged: None, goes: false });
        }
        self.write_record(&lines)?;
        self.state = State::Checked(lines);
        Ok(())
    }

    /// Puts the files in their places, and removes what an earlier run made and this one did not.
    ///
    /// # Errors
    /// If one cannot be renamed; the next run of the node then goes on with it.
    pub(super) fn commit(&mut self) -> Result<()> {
        let State::Checked(lines) = &self.state else {
            return Err(EngineError::internal("a folder was put in place without being checked"));
        };
        let lines = lines.clone();
        // Should this fail half way, nothing that the record may speak of is removed.
        self.state = State::Committing;
        self.put_record()?;
        carry_out(&self.target, &lines).map_err(|error| {
            let shown = self.target.display();
            error.with(format!(
                "`{shown}` holds only some of the run's files, which the next run goes on with"
            ))
        })?;
        self.state = State::Done;
        let _ = std::fs::remove_dir_all(staging(&self.target));
        let _ = std::fs::remove_file(hidden(&self.target).join("lock"));
        Ok(())
    }

    /// Removes what is not in its place yet.
    pub(super) fn abort(&mut self) {
        if matches!(self.state, State::Writing | State::Checked(_)) {
            self.state = State::Done;
            let hidden = hidden(&self.target);
            let _ = std::fs::remove_dir_all(staging(&self.target));
            let _ = std::fs::remove_file(hidden.join("next"));
            let _ = std::fs::remove_file(hidden.join("lock"));
            // Both only if nothing else is in them.
            let _ = std::fs::remove_dir(hidden);
            if self.is_new {
                let _ = std::fs::remove_dir(&self.target);
            }
        }
    }

    fn staged(&self, number: u64) -> PathBuf {
        staging(&self.target).join(number.to_string())
    }

    fn lines_before(&self, goes: bool) -> Vec<Line> {
        let line = |(path, made): (&String, &Made)| Line {
            path: path.clone(),
            made: made.clone(),
            staged: None,
            goes,
        };
        self.before.iter().map(line).collect()
    }

    /// Writes a record that is not in effect yet.
    fn write_record(&self, lines: &[Line]) -> Result<()> {
        let path = hidden(&self.target).join("next");
        let head = Head { format: FORMAT, flow: self.maker.flow.clone(), node: self.maker.node.clone() };
        let written = File::create(&path).and_then(|file| {
            let mut file = BufWriter::new(file);
            serde_json::to_writer(&mut file, &head)?;
            for line in lines {
                file.write_all(b"\n")?;
                serde_json::to_writer(&mut file, line)?;
            }
            file.write_all(b"\n")?;
            file.flush()?;
            file.get_ref().sync_all()
        });
        written.map_err(|error| failed("write", &path, &error))
    }

    /// Lets the record that was written take effect.
    fn put_record(&self) -> Result<()> {
        let hidden = hidden(&self.target);
        std::fs::rename(hidden.join("next"), record(&self.target))
            .and_then(|()| sync_folder(&hidden))
            .map_err(|error| failed("write", &hidden, &error))
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        self.abort();
    }
}

impl Finished {
    fn line(&self) -> Line {
        Line { path: self.path.clone(), made: self.made.clone(), staged: Some(self.number), goes: false }
    }
}

/// Does what the lines of a record say is to happen, as far as it has not. Doing it again changes nothing.
fn carry_out(target: &Path, lines: &[Line]) -> Result<()> {
    // A file that goes may be replaced by one of a later line.
    let last: BTreeMap<&str, &Line> = lines.iter().map(|line| (&*line.path, line)).collect();
    let is_replaced = |line: &Line| last.get(&*line.path).is_some_and(|last| !last.goes);
    let is_marker = |path: &str| path.rsplit('/').next() == Some(super::folder::SUCCESS);
    let mut folders = BTreeSet::new();
    // Whoever waits for the marker of a folder must not find it before what it stands for is there again.
    for line in lines.iter().filter(|line| line.goes && is_marker(&line.path)) {
        remove(target, line, &mut folders)?;
    }
    for line in lines {
        let Some(number) = line.staged else { continue };
        let (from, to) = (staging(target).join(number.to_string()), target.join(&line.path));
        if !line.made.is_at(&from) {
            continue;
        }
        let folder = to.parent().unwrap_or(target);
        std::fs::create_dir_all(folder).map_err(|error| failed("make the folder", folder, &error))?;
        std::fs::rename(&from, &to).map_err(|error| failed("write", &to, &error))?;
        // With the folders above it, which may be new.
        folders.extend(folder.ancestors().take_while(|above| above.starts_with(target)).map(Path::to_owned));
    }
    for line in lines.iter().filter(|line| line.goes && !is_replaced(line)) {
        remove(target, line, &mut folders)?;
    }
    for folder in folders.iter().rev() {
        // Only an empty one is removed.
        if folder == target || std::fs::remove_dir(folder).is_err() {
            match sync_folder(folder) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(failed("flush the folder", folder, &error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Removes a file that is to go, unless it is another by now.
fn remove(target: &Path, line: &Line, folders: &mut BTreeSet<PathBuf>) -> Result<()> {
    let path = target.join(&line.path);
    if line.made.is_at(&path) {
        std::fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
        let above = path.ancestors().skip(1).take_while(|above| above.starts_with(target));
        folders.extend(above.map(Path::to_owned));
    }
    Ok(())
}
