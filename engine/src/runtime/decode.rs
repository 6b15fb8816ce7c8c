//! Threads that decode morsels: pure work, done in any order, put back into order by whoever asked.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam::channel::{Receiver, Sender, bounded};

use crate::error::{EngineError, Result};
use crate::node::{Decoded, Morsel, SplitReader};

/// Decodes for all sources of a job. The threads end once every handle to the pool is gone.
#[derive(Clone)]
pub(super) struct DecodePool {
    work: Sender<Work>,
    n_threads: usize,
}

struct Work {
    morsel: Box<dyn Morsel>,
    answer: Sender<Result<Decoded>>,
}

impl DecodePool {
    /// Starts `n_threads` threads.
    ///
    /// # Errors
    /// If the machine gives no thread.
    pub(super) fn start(n_threads: usize) -> Result<DecodePool> {
        let (work, waiting) = bounded::<Work>(n_threads * 4);
        for number in 0..n_threads {
            let waiting = waiting.clone();
            thread::Builder::new()
                .name(format!("tm-decode-{number}"))
                .spawn(move || {
                    for Work { morsel, answer } in waiting {
                        // Nobody may wait for the answer any more: the job was stopped.
                        let _ = answer.send(decode(morsel));
                    }
                })
                .map_err(|error| EngineError::machine("no thread could be started").because(error))?;
        }
        Ok(DecodePool { work, n_threads })
    }

    /// How many threads there are.
    pub(super) fn n_threads(&self) -> usize {
        self.n_threads
    }
}

fn decode(morsel: Box<dyn Morsel>) -> Result<Decoded> {
    catch_unwind(AssertUnwindSafe(|| morsel.decode()))
        .unwrap_or_else(|panic| Err(EngineError::internal("decoding panicked").because(panic_text(&*panic))))
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// Reads one split with decoding ahead: morsels are found in order, decoded on all threads, and given out in order.
pub(super) struct DecodeAhead {
    pool: DecodePool,
    reader: Box<dyn SplitReader>,
    ahead: VecDeque<Receiver<Result<Decoded>>>,
    exhausted: bool,
}

impl DecodeAhead {
    pub(super) fn new(pool: DecodePool, reader: Box<dyn SplitReader>) -> DecodeAhead {
        DecodeAhead { pool, reader, ahead: VecDeque::new(), exhausted: false }
    }

    /// The next decoded rows; `None` at the end of the split. Has morsels of about `n_rows` decoded ahead, `n_ahead` of them but at
    /// least one.
    ///
    /// # Errors
    /// If the split cannot be read or decoded.
    pub(super) fn next(&mut self, n_rows: usize, n_ahead: usize) -> Result<Option<Decoded>> {
        while !self.exhausted && self.ahead.len() < n_ahead.max(1) {
            let Some(morsel) = self.reader.next(n_rows)? else {
                self.exhausted = true;
                break;
            };
            let (answer, result) = bounded(1);
            self.pool
                .work
                .send(Work { morsel, answer })
                .map_err(|_| EngineError::internal("the decoding threads have ended"))?;
            self.ahead.push_back(result);
        }
        let Some(result) = self.ahead.pop_front() else { return Ok(None) };
        result.recv().map_err(|_| EngineError::internal("a decoding thread has ended"))?.map(Some)
    }
}
