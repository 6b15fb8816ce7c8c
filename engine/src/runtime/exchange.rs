//! The way out of a task: to one subtask, to subtasks in turn, or to the subtask that holds a row's key.

use std::time::Duration;

use crate::data::{Batch, KeyEncoder, KeyGroup, StreamElement, key_hash};
use crate::error::Result;
use crate::sync::{Cancelled, Sender};

/// Sends elements to the subtasks of one downstream task.
pub(super) struct Exchange {
    targets: Vec<Sender<StreamElement>>,
    routing: Routing,
}

/// Which subtask an element goes to.
#[derive(Clone)]
pub(super) enum Routing {
    /// The only target.
    Forward,
    /// One after another, element by element; the end goes to all.
    InTurn { next: usize },
    /// Rows by key; every target learns of every element's progress.
    ByKey(KeyEncoder),
    /// The same, where this column holds the keys' canonical bytes.
    ByCanonicalKey(usize),
}

impl Exchange {
    pub(super) fn new(targets: Vec<Sender<StreamElement>>, routing: Routing) -> Exchange {
        Exchange { targets, routing }
    }

    /// Sends one element and answers how long credits were waited for.
    ///
    /// # Errors
    /// The outer error is [`Cancelled`]; the inner one an internal fault of partitioning.
    pub(super) fn send(&mut self, element: StreamElement) -> Result<Result<Duration>, Cancelled> {
        match (&mut self.routing, element) {
            (Routing::Forward, element) => send_to(&self.targets[0], element).map(Ok),
            (Routing::InTurn { .. }, element @ StreamElement::End(_)) => {
                let mut waited = Duration::ZERO;
                for target in &self.targets {
                    waited += send_to(target, element.clone())?;
                }
                Ok(Ok(waited))
            }
            (Routing::InTurn { next }, element) => {
                let target = &self.targets[*next];
                *next = (*next + 1) % self.targets.len();
                send_to(target, element).map(Ok)
            }
            (Routing::ByKey(encoder), element) => {
                send_by_key(&self.targets, element, |batch| encoder.hashes(batch.frame()))
            }
            (Routing::ByCanonicalKey(column), element) => {
                send_by_key(&self.targets, element, |batch| canonical_hashes(batch, *column))
            }
        }
    }

    /// The channels, to watch or cancel.
    pub(super) fn senders(&self) -> &[Sender<StreamElement>] {
        &self.targets
    }
}

fn send_to(target: &Sender<StreamElement>, element: StreamElement) -> Result<Duration, Cancelled> {
    let n_bytes = element.n_bytes();
    target.send(element, n_bytes)
}

/// The hash of each row's key, which column `column` holds.
fn canonical_hashes(batch: &Batch, column: usize) -> Result<Vec<u64>> {
    let keys = batch.column(column).as_materialized_series().binary()?;
    Ok(keys.iter().map(|key| key_hash(key.unwrap_or_default())).collect())
}

fn send_by_key(
    targets: &[Sender<StreamElement>],
    element: StreamElement,
    hashes: impl Fn(&Batch) -> Result<Vec<u64>>,
) -> Result<Result<Duration>, Cancelled> {
    let mut waited = Duration::ZERO;
    let StreamElement::Batch(batch) = element else {
        for target in targets {
            waited += send_to(target, element.clone())?;
        }
        return Ok(Ok(waited));
    };
    let hashes = match hashes(&batch) {
        Ok(hashes) => hashes,
        Err(error) => return Ok(Err(error)),
    };
    let mut rows_of: Vec<Vec<u32>> =
        vec![Vec::with_capacity(hashes.len() / targets.len() + 1); targets.len()];
    for (row, hash) in hashes.into_iter().enumerate() {
        rows_of[KeyGroup::of_hash(hash).subtask(targets.len())].push(row as u32);
    }
    for (target, rows) in targets.iter().zip(&rows_of) {
        let part = if rows.is_empty() {
            StreamElement::Progress(batch.progress().clone())
        } else {
            match batch.gather(rows) {
                Ok(part) => StreamElement::Batch(part),
                Err(error) => return Ok(Err(error)),
            }
        };
        waited += send_to(target, part)?;
    }
    Ok(Ok(waited))
}
