//! A bounded mailbox: several channels into one receiver, each with credits of its own, and the receiver chooses whom to hear.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much one channel of a mailbox may hold.
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

/// The job was stopped or has failed while somebody waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

/// A mailbox with `n_channels` channels: one sender each, and the receiver.
pub fn mailbox<T>(n_channels: usize, capacity: Capacity) -> (Vec<Sender<T>>, Receiver<T>) {
    let channels = (0..n_channels).map(|_| Channel { queue: VecDeque::new(), bytes: 0 }).collect();
    let shared = Arc::new(Shared {
        capacity,
        state: Mutex::new(State { channels, cancelled: false }),
        filled: Condvar::new(),
        emptied: Condvar::new(),
    });
    let senders = (0..n_channels).map(|channel| Sender { shared: Arc::clone(&shared), channel }).collect();
    (senders, Receiver { shared })
}

struct Shared<T> {
    capacity: Capacity,
    state: Mutex<State<T>>,
    filled: Condvar,
    emptied: Condvar,
}

struct State<T> {
    channels: Vec<Channel<T>>,
    cancelled: bool,
}

struct Channel<T> {
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
        let capacity = self.shared.capacity;
        let mut state = self.shared.lock();
        let mut waited = Duration::ZERO;
        loop {
            if state.cancelled {
                return Err(Cancelled);
            }
            let channel = &mut state.channels[self.channel];
            let fits = channel.queue.len() < capacity.items && channel.bytes + n_bytes <= capacity.bytes;
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
        let items = channel.queue.len() as f32 / self.shared.capacity.items as f32;
        let bytes = channel.bytes as f32 / self.shared.capacity.bytes as f32;
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
    pub fn receive(&self, wanted: impl Fn(usize) -> bool) -> Result<(usize, T), Cancelled> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_full_channel_holds_its_sender_back_and_no_other() {
        let (senders, receiver) = mailbox(2, Capacity { items: 1, bytes: 100 });
        senders[0].send('a', 1).expect("empty");
        senders[1].send('x', 1).expect("empty");
        thread::scope(|scope| {
            let blocked = scope.spawn(|| senders[0].send('b', 1));
            assert_eq!(receiver.receive(|channel| channel == 1).expect("there").1, 'x');
            assert_eq!(receiver.receive(|channel| channel == 0).expect("there").1, 'a');
            assert!(blocked.join().expect("no panic").is_ok());
        });
        assert_eq!(receiver.receive(|_| true).expect("there").1, 'b');
    }

    #[test]
    fn an_item_larger_than_the_budget_passes_alone() {
        let (senders, receiver) = mailbox(1, Capacity { items: 8, bytes: 10 });
        senders[0].send(1, 1_000).expect("empty");
        thread::scope(|scope| {
            scope.spawn(|| senders[0].send(2, 1));
            assert_eq!(receiver.receive(|_| true).expect("there").1, 1);
            assert_eq!(receiver.receive(|_| true).expect("there").1, 2);
        });
    }

    #[test]
    fn cancelling_wakes_everybody_who_waits() {
        let (senders, receiver) = mailbox(2, Capacity { items: 1, bytes: 10 });
        senders[0].send(1, 1).expect("empty");
        thread::scope(|scope| {
            let sending = scope.spawn(|| senders[0].send(2, 1));
            let receiving = scope.spawn(|| receiver.receive(|channel| channel == 1));
            senders[1].cancel();
            assert_eq!(sending.join().expect("no panic"), Err(Cancelled));
            assert!(receiving.join().expect("no panic").is_err());
        });
    }
}
