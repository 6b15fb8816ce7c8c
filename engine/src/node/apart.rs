//! Files of others, read once apart from this process before they are read in it. The engine does not know its own program, so whoever
//! embeds it says how.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Reads the beginnings of files where no harm is done, as [`read_parquet_beginning`](crate::connector::read_parquet_beginning) does it
/// (the beginning of the first row group, no more): in a process of its own, with little memory and little time.
pub trait ReadApart: Send + Sync {
    /// Reads files, and says for each, in their order, what befell whoever read it. `None` is for one that was read, or refused, in good
    /// order: it may be read here. A file may also be passed over, because of another one of the same call; that is a mishap too.
    ///
    /// Files that have been read before and are the same since cost no more than a look at their length and time.
    fn read(&self, files: &[&Path]) -> Vec<Option<Mishap>>;
}

/// What befell whoever read a file apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mishap {
    /// What happened, as the rest of a sentence that begins with the file: `takes more than 10 s to be looked at`.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

/// A way to read files apart.
#[derive(Clone)]
pub struct Apart(Arc<dyn ReadApart>);

impl Apart {
    /// This way.
    pub fn new(way: impl ReadApart + 'static) -> Apart {
        Apart(Arc::new(way))
    }

    /// See [`ReadApart::read`].
    pub fn read(&self, files: &[&Path]) -> Vec<Option<Mishap>> {
        self.0.read(files)
    }
}

impl fmt::Debug for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Apart")
    }
}

impl PartialEq for Apart {
    fn eq(&self, other: &Apart) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Apart {}
