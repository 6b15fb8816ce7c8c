//! What all sinks that write files have in common: where rows go, when files appear, and whose they are. How rows become bytes is the
//! [`Format`]'s.
//!
//! Rows are taken in arrival order, and every decision (where a part ends, which part is closed to make room for another, when a partition
//! is complete) is made at a row or at a raise of the watermark, never at the end of a batch. So the same rows give the same files with
//! the same bytes at any parallelism and batch size.

mod cells;
mod compress;
mod encode;
mod folder;
mod folder_commit;
mod one_file;
mod params;
mod part;
mod partitions;
mod record;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use self::cells::{Cells, Written, physical_columns};
pub use self::compress::Compression;
pub(crate) use self::encode::{Encoder, Format};
use self::folder::FolderSink;
use self::one_file::OneFile;
pub use self::params::FolderParams;
pub(crate) use self::params::{Destination, summary};
use crate::error::EngineError;
use crate::node::{Sink, SinkContext, SinkPlan};

/// What the files of a sink are like.
#[derive(Clone)]
pub(crate) struct FileForm {
    pub(crate) format: Arc<dyn Format>,
    pub(crate) compression: Compression,
    /// What names of parts end in, without that of the compression: `csv`.
    pub(crate) extension: &'static str,
}

impl Destination {
    /// How a sink that writes such files there runs.
    pub(crate) fn sink_plan(self, form: FileForm) -> SinkPlan {
        let writes = vec![self.path().to_owned()];
        let make = Arc::new(move |cx: &SinkContext| {
            let edge = cx.table.edge();
            Ok(match &self.folder {
                None => Box::new(OneFile::create(&self.path, &self.maker, &form, edge)?) as Box<dyn Sink>,
                Some(folder) => {
                    let layout = folder.layout(edge).map_err(|(_, message, _)| EngineError::flow(message))?;
                    let counters = Arc::clone(&cx.counters);
                    Box::new(FolderSink::create(
                        &self.path,
                        &self.maker,
                        form.clone(),
                        layout,
                        edge,
                        counters,
                    )?)
                }
            })
        });
        SinkPlan { make, writes }
    }
}
