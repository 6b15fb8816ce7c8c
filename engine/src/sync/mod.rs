//! What threads share: the mailbox. Time, randomness and storage are handed in where they are needed.

mod mailbox;
#[cfg(test)]
mod tests;

/// What the mailbox is made of; its model is made of others.
mod primitives {
    pub(super) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
}

pub use mailbox::{Cancelled, Capacity, Receiver, Sender, mailbox};
