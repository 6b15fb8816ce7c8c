//! A bounded mailbox: several channels into one receiver, each with credits of its own, and the receiver chooses whom to hear.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::primitives::{Arc, Condvar, Mutex, MutexGuard};

/// How much may wait in a channel of a mailbox, or in several together.
///
/// A channel always takes one item, however large, so that a record larger than the budget still passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Items.
    pub items: usize,
    /// Bytes.
    pub bytes: usize,
}

impl Default for Capacity {
    /// 64 items and 4 MiB.
    fn default() -> Capacity {
        Capacity { items: 64, bytes: 4 << 20 }
    }
}

impl Capacity {
    /// The part of each of `n_channels` that share this capacity evenly: at least one item and one byte.
    #[must_use]
    pub fn shared_by(self, n_channels: usize) -> Capacity {
        let n_channels = n_channels.max(1);
        Capacity { items: (self.items / n_channels).max(1), bytes: (self.bytes / n_channels).max(1) }
    }
}

/// The job was stopped or has failed while somebody waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

/// A mailbox with channels of these capacities: one sender each, and the receiver.
pub fn mailbox<T>(capacities: &[Capacity]) -> (Vec<Sender<T>>, Receiver<T>) {
    let channels =
        capacities.iter().map(|capacity| Channel { capacity: *capacity, queue: VecDeque::new(), bytes: 0 });
    let n_channels = capacities.len();
    let channels = channels.collect();
    let shared = Arc::new(Shared {
        state: Mutex::new(State { channels, cancelled: false }),
        filled: Condvar::new(),
        emptied: Condvar::new(),
    });
    let senders = (0..n_channels).map(|channel| Sender { shared: Arc::clone(&shared), channel }).collect();
    (senders, Receiver { shared })
}

struct Shared<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    emptied: Condvar,
}

struct State<T> {
    channels: Vec<Channel<T>>,
    cancelled: bool,
}

struct Channel<T> {
    capacity: Capacity,
    queue: VecDeque<(T, usize)>,
    bytes: usize,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sending side of one channel.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
    channel: usize,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        Sender { shared: Arc::clone(&self.shared), channel: self.channel }
    }
}

impl<T> Sender<T> {
    /// Puts an item of `n_bytes` into the channel, waiting for credits. Answers how long it waited.
    ///
    /// # Errors
    /// [`Cancelled`], at once, when the mailbox is cancelled.
    pub fn send(&self, item: T, n_bytes: usize) -> Result<Duration, Cancelled> {
        let mut state = self.shared.lock();
        let mut waited = Duration::ZERO;
        loop {
            if state.cancelled {
                return Err(Cancelled);
            }
            let channel = &mut state.channels[self.channel];
            let Capacity { items, bytes } = channel.capacity;
            let fits = channel.queue.len() < items && channel.bytes + n_bytes <= bytes;
            if channel.queue.is_empty() || fits {
                channel.queue.push_back((item, n_bytes));
                channel.bytes += n_bytes;
                drop(state);
                self.shared.filled.notify_one();
                return Ok(waited);
            }
            let since = Instant::now();
            state = self.shared.emptied.wait(state).unwrap_or_else(PoisonError::into_inner);
            waited += since.elapsed();
        }
    }

    /// How full the channel is: 0 empty, 1 without credits.
    pub fn fill(&self) -> f32 {
        let state = self.shared.lock();
        let channel = &state.channels[self.channel];
        let items = channel.queue.len() as f32 / channel.capacity.items as f32;
        let bytes = channel.bytes as f32 / channel.capacity.bytes as f32;
        items.max(bytes).min(1.0)
    }

    /// Wakes everybody who waits at this mailbox, and lets nobody wait again.
    pub fn cancel(&self) {
        self.shared.lock().cancelled = true;
        self.shared.filled.notify_all();
        self.shared.emptied.notify_all();
    }
}

/// The receiving side.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Receiver<T> {
    /// The next item of a channel that `wanted` says yes to, with the channel's number. Other channels stay as they are, so
    /// that what is not wanted yet holds its sender back.
    ///
    /// # Errors
    /// [`Cancelled`], at once, when the mailbox is cancelled.
    pub fn receive(&mut self, wanted: impl Fn(usize) -> bool) -> Result<(usize, T), Cancelled> {
        let mut state = self.shared.lock();
        loop {
            if state.cancelled {
                return Err(Cancelled);
            }
            for (number, channel) in state.channels.iter_mut().enumerate() {
                if !channel.queue.is_empty() && wanted(number) {
                    let Some((item, n_bytes)) = channel.queue.pop_front() else { continue };
                    channel.bytes -= n_bytes;
                    drop(state);
                    self.shared.emptied.notify_all();
                    return Ok((number, item));
                }
            }
            state = self.shared.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
