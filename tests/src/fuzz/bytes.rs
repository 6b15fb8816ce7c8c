//! Damage that knows nothing of a file's form.

use super::MAX_INPUT;
use crate::Dice;

/// A number at which programs stumble.
pub(super) fn odd_number(dice: &mut Dice) -> i64 {
    let power = 1_i64 << dice.below(63);
    match dice.below(8) {
        0 => 0,
        1 => -1,
        2 => i64::MAX,
        3 => i64::MIN,
        4 => power,
        5 => power - 1,
        6 => -power,
        _ => dice.below(300) as i64,
    }
}

/// Damages bytes, one to four times, most of it within the first `n_head` of them.
pub(super) fn damage(bytes: &mut Vec<u8>, n_head: usize, dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        if bytes.is_empty() {
            return;
        }
        let n_near = if dice.below(4) == 0 { bytes.len() } else { n_head.clamp(1, bytes.len()) };
        let at = dice.below(n_near as u64) as usize;
        let length = (1 + dice.below(64) as usize).min(bytes.len() - at);
        match dice.below(9) {
            0 | 1 => bytes[at] ^= 1 << dice.below(8),
            2 => bytes[at] = dice.below(256) as u8,
            3 => bytes[at] = [0, 0xFF, 0x7F, 0x80][dice.below(4) as usize],
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(at..at + length)),
            6 => {
                // The same again, perhaps very often.
                let piece = bytes[at..at + length].to_vec();
                let n_times = 1 << dice.below(12);
                let more = piece.repeat(n_times).into_iter().take(MAX_INPUT.saturating_sub(bytes.len()));
                bytes.splice(at..at, more);
            }
            7 => {
                // A number of four or eight bytes.
                let number = odd_number(dice).to_le_bytes();
                let n = if dice.below(2) == 0 { 4 } else { 8 };
                let n = n.min(bytes.len() - at);
                bytes[at..at + n].copy_from_slice(&number[..n]);
            }
            _ => {
                // Something from elsewhere.
                let from = dice.below(bytes.len() as u64) as usize;
                let n = length.min(bytes.len() - from);
                let piece = bytes[from..from + n].to_vec();
                bytes.splice(at..at + length, piece);
            }
        }
    }
}

/// The beginning of one and the end of another.
pub(super) fn spliced(one: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let n_one = dice.below(one.len() as u64 + 1) as usize;
    let from = dice.below(other.len() as u64 + 1) as usize;
    [&one[..n_one], &other[from..]].concat()
}
