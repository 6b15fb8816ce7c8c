//! Text with separators and lines of JSON: good ones of all types, and damage to headers, quotes, escapes and numbers.

use super::{MAX_INPUT, bytes};
use crate::Dice;

/// Texts with separators in many forms.
pub(super) fn csv_seeds() -> Vec<Vec<u8>> {
    let mut plain = String::from("id,time,name,price,flag,day,clock\n");
    let mut quoted = String::from("\u{FEFF}\"id\";\"event time\";\"na\"\"me\"\r\n");
    let mut tabs = String::from("time\tvalue\tNULL\n");
    let mut no_header = String::new();
    for n in 0..60 {
        let (minute, second) = (n / 60, n % 60);
        plain += &format!(
            "{n},2026-05-04 08:{minute:02}:{second:02},name {n},{n}.25,{},2026-05-04,08:00:{second:02}\n",
            n % 2 == 0
        );
        quoted += &format!("{n};2026-05-04T08:{minute:02}:{second:02}.5+02:00;\"a \"\"b\"\";\r\nc {n}\"\r\n");
        tabs += &format!("{}\t{}e{}\tNULL\n", 1_777_881_600 + n, n, n % 9);
        no_header += &format!("{n},{},{:e}\n", n * 1_000_003, f64::from(n) / 7.0);
    }
    let wide = |row: usize| (0..300).map(|n| (n * row).to_string()).collect::<Vec<_>>().join(",");
    let wide = (1..5).map(wide).collect::<Vec<_>>().join("\n");
    let odd =
        "a,b\n\"x\ny\",1\n\n\r\n\r\"\"\"\",\"\"\n ü ,–\n\u{1F600},\"\u{2028}\"\n9999-12-31 23:59:59.999,1\n";
    [plain, quoted, tabs, no_header, wide, odd.to_owned()].map(String::into_bytes).into()
}

/// Lines of JSON in many forms.
pub(super) fn ndjson_seeds() -> Vec<Vec<u8>> {
    let mut plain = String::new();
    let mut nested = String::new();
    let mut mixed = String::new();
    for n in 0..60 {
        plain += &format!(
            "{{\"id\":{n},\"time\":\"2026-05-04T08:00:{n:02}Z\",\"name\":\"n\\u00e9 {n}\\n\",\"x\":{n}.5e-3,\"ok\":{}}}\n",
            n % 2 == 0
        );
        nested += &format!(
            "{{\"a\":{{\"b\":[{n},null,{{\"c\":\"\\ud83d\\ude00\"}}],\"d\":{{}}}},\"ts\":{}}}\r\n",
            1_777_881_600_000_i64 + n
        );
        mixed += &format!(
            "{{ \"k\" : {}, \"l\":[] , \"s\":\"{}\"}}\n",
            ["1", "1.5", "\"x\"", "null", "true", "[1]", "{}", "123456789012345678901234567890"]
                [n as usize % 8],
            "\\\"\\\\\\/\\b\\f".repeat(n as usize % 5)
        );
    }
    let wide = (0..300).map(|n| format!("\"c{n}\":{n}")).collect::<Vec<_>>().join(",");
    let wide = format!("{{{wide}}}\n{{}}\n\n{{\"c0\":-0.0,\"c0\":1}}\n");
    [plain, nested, mixed, wide].map(String::into_bytes).into()
}

/// What texts are made of that mean something to a reader, in either form.
const PIECES: [&[u8]; 34] = [
    b"\"",
    b"\"\"",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"\\ud800\\u0041",
    b"{",
    b"}",
    b"[",
    b"]",
    b"{}",
    b"[]",
    b":",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n\n",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\0",
    b"\xC3",
    b"\xED\xA0\x80",
    b"null",
    b"NULL",
    b"NaN",
    b"-",
    b"1e999",
    b"-0",
    b"9223372036854775808",
    b"99999999999999999999999999999999999999999.5",
    b"10000-01-01 00:00:00",
];

/// A damaged text. `mark` is the byte at which a text of this form is taken apart.
pub(super) fn damaged(files: &[Vec<u8>], mark: u8, dice: &mut Dice) -> Vec<u8> {
    let any = |dice: &mut Dice| &files[dice.below(files.len() as u64) as usize];
    let mut text = any(dice).clone();
    if dice.below(6) == 0 {
        text = bytes::spliced(&text, any(dice), dice);
    }
    for _ in 0..=dice.below(6) {
        if text.is_empty() {
            text.extend_from_slice(PIECES[dice.below(PIECES.len() as u64) as usize]);
        }
        // Half of it in the beginning, by which the form is told.
        let n_near = if dice.below(2) == 0 { text.len() } else { text.len().min(80) };
        let at = dice.below(n_near as u64) as usize;
        let piece = PIECES[dice.below(PIECES.len() as u64) as usize];
        match dice.below(7) {
            0 | 1 => drop(text.splice(at..at, piece.iter().copied())),
            2 => {
                let end = (at + piece.len()).min(text.len());
                text.splice(at..end, piece.iter().copied());
            }
            3 => {
                // Very many of the same: a deep value, a long field, a wide row.
                let n_times = (1_usize << dice.below(15)).min(MAX_INPUT / piece.len());
                text.splice(at..at, piece.repeat(n_times));
            }
            4 => {
                // A field twice, or out of its place.
                let end = text[at..].iter().position(|byte| *byte == mark).map_or(text.len(), |n| at + n + 1);
                let field = text[at..end].to_vec();
                let to = dice.below(text.len() as u64 + 1) as usize;
                text.splice(to..to, field);
            }
            5 => {
                // A line twice, or none.
                let end =
                    text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |n| at + n + 1);
                let line: Vec<u8> = text.drain(at..end).collect();
                let n_times = dice.below(3) as usize;
                text.splice(at..at, line.repeat(n_times));
            }
            _ => bytes::damage(&mut text, n_near, dice),
        }
        text.truncate(MAX_INPUT);
    }
    text
}
