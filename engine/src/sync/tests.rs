//! The mailbox on threads of the machine.

mod model;

use std::thread;

use super::*;

#[test]
fn a_full_channel_holds_its_sender_back_and_no_other() {
    let (senders, mut receiver) = mailbox(&[Capacity { items: 1, bytes: 100 }; 2]);
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
    let (senders, mut receiver) = mailbox(&[Capacity { items: 8, bytes: 10 }]);
    senders[0].send(1, 1_000).expect("empty");
    thread::scope(|scope| {
        scope.spawn(|| senders[0].send(2, 1));
        assert_eq!(receiver.receive(|_| true).expect("there").1, 1);
        assert_eq!(receiver.receive(|_| true).expect("there").1, 2);
    });
}

#[test]
fn cancelling_wakes_everybody_who_waits() {
    let (senders, mut receiver) = mailbox(&[Capacity { items: 1, bytes: 10 }; 2]);
    senders[0].send(1, 1).expect("empty");
    thread::scope(|scope| {
        let sending = scope.spawn(|| senders[0].send(2, 1));
        let receiving = scope.spawn(|| receiver.receive(|channel| channel == 1));
        senders[1].cancel();
        assert_eq!(sending.join().expect("no panic"), Err(Cancelled));
        assert!(receiving.join().expect("no panic").is_err());
    });
}

#[test]
fn channels_that_share_a_capacity_hold_no_more_than_it_together() {
    let whole = Capacity { items: 64, bytes: 4 << 20 };
    assert_eq!(whole.shared_by(1), whole);
    assert_eq!(whole.shared_by(3), Capacity { items: 21, bytes: (4 << 20) / 3 });
    assert_eq!(whole.shared_by(1 << 30), Capacity { items: 1, bytes: 1 });
}
