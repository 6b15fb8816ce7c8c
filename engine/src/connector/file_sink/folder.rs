//! A sink of a folder of parts: which row goes to which part, and when parts end and appear.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use hashbrown::HashMap;

use super::FileForm;
use super::folder_commit::{Finished, OutputFolder, Staged};
use super::params::Layout;
use super::part::{Limits, Part};
use super::partitions::{KeyColumns, Keys};
use super::record::MAX_FILES;
use crate::connector::file_commit::Maker;
use crate::data::{Batch, EdgeType, Progress, Schema};
use crate::error::{EngineError, Result};
use crate::node::{NodeCounters, Sink};
use crate::time::Watermark;

/// The name of the file that says that a folder is complete.
pub(super) const SUCCESS: &str = "_SUCCESS";
/// How many partitions have a part open at once. A row of another one ends the part of that which has been without rows for longest.
pub(super) const MAX_OPEN: usize = 128;

/// Parts on the way to their places.
pub(super) struct FolderSink {
    folder: OutputFolder,
    form: FileForm,
    layout: Layout,
    /// What stands in the files.
    edge: Arc<EdgeType>,
    counters: Arc<NodeCounters>,
    numbers: HashMap<Box<[u8]>, usize>,
    /// In lower case, where the system takes such names for the same.
    folders: HashMap<String, usize>,
    /// In the order in which they first had a row.
    partitions: Vec<Partition>,
    open: Vec<usize>,
    /// Partitions that wait for the watermark, by when they are complete.
    due: BTreeSet<(i64, usize)>,
    n_routed: u64,
    /// Complete files that appear at the end.
    finished: Vec<Finished>,
}

/// The rows of one folder.
struct Partition {
    /// Below the sink's; ends in `/` unless it is nothing.
    folder: String,
    n_parts: u64,
    part: Option<(Part, Staged)>,
    /// Rows of the batch at hand that have not been written.
    picks: Vec<u32>,
    /// The number of its last row among all.
    last_row: u64,
    is_open: bool,
    /// The watermark has passed it: its rows are late, and appear at the end.
    is_complete: bool,
    /// Its files have appeared.
    is_published: bool,
    /// Complete parts, until the partition is.
    finished: Vec<Finished>,
}

impl Partition {
    fn new(folder: String, is_complete: bool) -> Partition {
        Partition {
            folder,
            n_parts: 0,
            part: None,
            picks: Vec::new(),
            last_row: 0,
            is_open: false,
            is_complete,
            is_published: false,
            finished: Vec::new(),
        }
    }
}

impl FolderSink {
    /// Begins to fill the folder at `target` with rows of `edge`.
    ///
    /// # Errors
    /// If another made what stands there, or it cannot be written.
    pub(super) fn create(
        target: &Path,
        maker: &Maker,
        form: FileForm,
        layout: Layout,
        edge: &EdgeType,
        counters: Arc<NodeCounters>,
    ) -> Result<FolderSink> {
        let fields = layout.written.iter().map(|idx| edge.schema.fields()[*idx].clone());
        let written =
            EdgeType { schema: Arc::new(Schema::new(fields.collect())), event_time: None, ..edge.clone() };
        // What the format cannot take is said before a folder is made.
        form.format.encoder(&written)?;
        Ok(FolderSink {
            folder: OutputFolder::create(target, maker)?,
            form,
            layout,
            edge: Arc::new(written),
            counters,
            numbers: HashMap::new(),
            folders: HashMap::new(),
            partitions: Vec::new(),
            open: Vec::new(),
            due: BTreeSet::new(),
            n_routed: 0,
            finished: Vec::new(),
        })
    }

    /// The batch as it stands in the files.
    fn written(&self, batch: &Batch) -> Batch {
        let columns = self.layout.written.iter().map(|idx| batch.column(*idx).clone()).collect();
        let frame = polars::prelude::DataFrame::new(batch.n_rows(), columns).unwrap_or_default();
        batch.with_columns(frame, Arc::clone(&self.edge))
    }

    /// Sends rows to their partitions, from `row` on and up to `end`, or up to one whose partition is complete before those known so
    /// far. Gives the row that it came to.
    fn route(
        &mut self,
        batch: &Batch,
        written: &Batch,
        keys: &mut Keys<'_>,
        row: usize,
        end: usize,
    ) -> Result<usize> {
        let mut key = Vec::new();
        let mut last_key = Vec::new();
        let mut last = usize::MAX;
        for row in row..end {
            keys.key(row, &mut key);
            let mut is_sooner = false;
            if last == usize::MAX || key != last_key {
                last = match self.numbers.get(&*key) {
                    Some(number) => *number,
                    None => {
                        let soonest = self.due.first().copied();
                        let number = self.add(batch, keys, row, &key)?;
                        is_sooner = self.due.first().copied() != soonest;
                        number
                    }
                };
                std::mem::swap(&mut key, &mut last_key);
                if !self.partitions[last].is_open {
                    self.make_room(written)?;
                    self.partitions[last].is_open = true;
                    self.open.push(last);
                }
            }
            let partition = &mut self.partitions[last];
            partition.picks.push(row as u32);
            partition.last_row = self.n_routed;
            self.n_routed += 1;
            if partition.is_complete {
                NodeCounters::add(&self.counters.late_assignments, 1);
            }
            if is_sooner {
                return Ok(row + 1);
            }
        }
        Ok(end)
    }

    /// A new partition, of row `row`.
    fn add(&mut self, batch: &Batch, keys: &mut Keys<'_>, row: usize, key: &[u8]) -> Result<usize> {
        let number = self.partitions.len();
        if number >= MAX_FILES {
            return Err(EngineError::flow(format!(
                "there are more than {MAX_FILES} partitions; choose columns with fewer values, or a longer time"
            )));
        }
        let folder = keys.folder(row, self.layout.by.is_kept)?;
        if cfg!(any(windows, target_os = "macos"))
            && let Some(other) = self.folders.insert(folder.to_lowercase(), number)
        {
            return Err(EngineError::flow(format!(
                "the folders `{folder}` and `{}` would be the same on this system; make the values of the partition column alike with LOWER",
                self.partitions[other].folder
            )));
        }
        let due = self.layout.commit_delay.and_then(|delay| Some(keys.end(row)?.saturating_add(delay)));
        let is_complete = due.is_some_and(|due| batch.watermark_before(row).closes(due));
        if let Some(due) = due.filter(|_| !is_complete) {
            self.due.insert((due, number));
        }
        self.numbers.insert(key.into(), number);
        self.partitions.push(Partition::new(folder, is_complete));
        Ok(number)
    }

    /// Ends the part that has been without rows for longest, if as many are open as may be.
    fn make_room(&mut self, written: &Batch) -> Result<()> {
        if self.open.len() < MAX_OPEN {
            return Ok(());
        }
        let rows = self.open.iter().enumerate().map(|(at, number)| (self.partitions[*number].last_row, at));
        let Some((_, at)) = rows.min() else { return Ok(()) };
        let number = self.open.swap_remove(at);
        self.partitions[number].is_open = false;
        self.flush(number, written)?;
        self.end_part(number)
    }

    /// Writes the rows of a partition that have been sent to it.
    fn flush(&mut self, number: usize, written: &Batch) -> Result<()> {
        let picks = std::mem::take(&mut self.partitions[number].picks);
        let limits = Limits { rows: self.layout.part_rows, bytes: self.layout.part_bytes };
        let mut rest = &*picks;
        while !rest.is_empty() {
            let partition = &mut self.partitions[number];
            if partition.part.is_none() {
                let staged = self.folder.stage()?;
                partition.part =
                    Some((Part::begin(&*self.form.format, self.form.compression, &self.edge)?, staged));
            }
            let Some((part, staged)) = &mut partition.part else { continue };
            let n = part.rows(written, rest, limits, &mut |bytes| staged.write(bytes))?;
            rest = &rest[n..];
            if part.is_full(limits) {
                self.end_part(number)?;
            }
        }
        // The room is used again.
        let partition = &mut self.partitions[number];
        partition.picks = picks;
        partition.picks.clear();
        Ok(())
    }

    /// Ends the part of a partition, if it has one.
    fn end_part(&mut self, number: usize) -> Result<()> {
        let partition = &mut self.partitions[number];
        if let Some((part, mut staged)) = partition.part.take() {
            part.end(&mut |bytes| staged.write(bytes))?;
            let name = format!(
                "{}part-{:05}.{}{}",
                partition.folder,
                partition.n_parts,
                self.form.extension,
                self.form.compression.extension()
            );
            partition.n_parts += 1;
            partition.finished.push(staged.finish(name)?);
        }
        Ok(())
    }

    /// Lets the files of the partitions appear that are complete under `watermark`. At the end of input they wait for the end of the
    /// run, which is about to come.
    fn publish(&mut self, watermark: Watermark, written: Option<&Batch>) -> Result<()> {
        let (mut folders, mut files) = (BTreeSet::new(), Vec::new());
        while watermark != Watermark::END
            && let Some((due, number)) = self.due.first().copied()
            && watermark.closes(due)
        {
            self.due.remove(&(due, number));
            if let Some(written) = written {
                self.flush(number, written)?;
            }
            self.end_part(number)?;
            let partition = &mut self.partitions[number];
            partition.is_complete = true;
            partition.is_published = true;
            partition.is_open = false;
            files.append(&mut partition.finished);
            if self.layout.has_success_file {
                files.push(self.folder.stage()?.finish(format!("{}{SUCCESS}", partition.folder))?);
            }
            folders.insert(partition.folder.clone());
        }
        if folders.is_empty() {
            return Ok(());
        }
        self.open.retain(|number| self.partitions[*number].is_open);
        self.folder.publish(&folders, &files)
    }
}

impl Sink for FolderSink {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        let written = self.written(batch);
        let columns = KeyColumns::new(batch);
        let mut keys = columns.keys(batch, &self.layout.by)?;
        let (n_rows, progress) = (batch.n_rows(), batch.progress());
        let mut row = 0;
        loop {
            // The next raise with which a partition is complete, and the rows before it.
            let raise = self
                .due
                .first()
                .map_or(progress.n_raises(), |(due, _)| progress.first_raise_at_least(due.saturating_sub(1)));
            let is_raise = raise < progress.n_raises();
            let end =
                if is_raise { progress.n_rows_before(raise, batch.positions()).max(row) } else { n_rows };
            row = self.route(batch, &written, &mut keys, row, end)?;
            if row < end {
                continue;
            }
            if is_raise {
                let watermark = progress.raise_watermark(raise);
                if watermark == Watermark::END {
                    self.due.clear();
                } else {
                    self.publish(watermark, Some(&written))?;
                }
            } else if row == n_rows {
                break;
            }
        }
        for number in 0..self.open.len() {
            let number = self.open[number];
            self.flush(number, &written)?;
        }
        Ok(())
    }

    fn progress(&mut self, progress: &Progress) -> Result<()> {
        self.publish(progress.end(), None)
    }

    fn prepare_commit(&mut self) -> Result<()> {
        // Where nothing says into which folders, there is one part at least, so that the columns are known.
        if self.partitions.is_empty() && self.layout.by.columns.is_empty() && self.layout.by.time.is_none() {
            let part = Part::begin(&*self.form.format, self.form.compression, &self.edge)?;
            let staged = self.folder.stage()?;
            let only = Partition::new(String::new(), false);
            self.partitions.push(Partition { part: Some((part, staged)), ..only });
        }
        // With a delay each partition has a marker of its own.
        let is_each = self.layout.commit_delay.is_some();
        let mut marked: Vec<String> = if is_each { Vec::new() } else { vec![String::new()] };
        for number in 0..self.partitions.len() {
            self.end_part(number)?;
            let partition = &mut self.partitions[number];
            if is_each && !partition.is_published {
                marked.push(partition.folder.clone());
            }
            self.finished.append(&mut partition.finished);
        }
        if self.layout.has_success_file {
            for folder in marked {
                self.finished.push(self.folder.stage()?.finish(format!("{folder}{SUCCESS}"))?);
            }
        }
        Ok(())
    }

    fn check_commit(&mut self) -> Result<()> {
        self.folder.check(&self.finished)
    }

    fn commit(&mut self) -> Result<()> {
        self.folder.commit()
    }

    fn abort(&mut self) {
        for partition in &mut self.partitions {
            partition.part = None;
        }
        self.folder.abort();
    }
}
