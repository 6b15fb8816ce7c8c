//! What threads share: the mailbox. Time, randomness and storage are handed in where they are needed.

mod mailbox;

pub use mailbox::{Cancelled, Capacity, Receiver, Sender, mailbox};
