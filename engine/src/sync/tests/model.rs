//! The mailbox under schedules of a model checker, which finds a lost wake-up as a deadlock.

use mailbox::{Cancelled, Capacity, mailbox};
use shuttle::thread;

#[expect(clippy::duplicate_mod, reason = "the same source over other primitives")]
#[expect(dead_code, reason = "the model does not ask for everything")]
#[path = "../mailbox.rs"]
mod mailbox;

mod primitives {
    pub(super) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
}

const ONE: Capacity = Capacity { items: 1, bytes: 1 };
const N_ITEMS: usize = 3;

/// Runs `model` under random schedules, and under those of the probabilistic algorithm for bugs of small depth.
fn check(model: fn()) {
    shuttle::check_random(model, 2_000);
    shuttle::check_pct(model, 2_000, 3);
}

/// Takes turns over full channels: all senders but one wait, and the receiver wants that one only.
#[test]
fn no_wake_up_is_lost_between_senders_and_a_receiver_that_chooses() {
    check(|| {
        let (senders, mut receiver) = mailbox(&[ONE; 3]);
        let senders = senders.into_iter().map(|sender| {
            thread::spawn(move || (0..N_ITEMS).try_for_each(|item| sender.send(item, 1).map(|_| ())))
        });
        let senders: Vec<_> = senders.collect();
        for item in 0..N_ITEMS {
            for wanted in [2, 0, 1] {
                assert_eq!(receiver.receive(|channel| channel == wanted), Ok((wanted, item)));
            }
        }
        for sender in senders {
            assert_eq!(sender.join().expect("no panic"), Ok(()));
        }
    });
}

#[test]
fn whoever_waits_is_woken_when_the_mailbox_is_cancelled() {
    check(|| {
        let (senders, mut receiver) = mailbox(&[ONE; 3]);
        let mut senders = senders.into_iter();
        let cancel = senders.next().expect("three channels");
        let sending: Vec<_> = senders
            .map(|sender| thread::spawn(move || (0..).try_for_each(|item| sender.send(item, 1).map(|_| ()))))
            .collect();
        // Channel 0 never has an item.
        let receiving = thread::spawn(move || receiver.receive(|channel| channel == 0));
        let cancelling = thread::spawn(move || cancel.cancel());
        cancelling.join().expect("no panic");
        assert_eq!(receiving.join().expect("no panic"), Err(Cancelled));
        for sender in sending {
            assert_eq!(sender.join().expect("no panic"), Err(Cancelled));
        }
    });
}
