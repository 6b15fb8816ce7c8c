//! `tidemark bench` as a person or a script meets it: figures in a table and a file, answers that are right, sentences.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

fn tidemark(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidemark"))
        .args(args)
        .current_dir(dir)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program is there")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

/// `bench` on a machine without the other engines.
fn bench(dir: &Path, args: &[&str]) -> Output {
    let all: Vec<&str> = ["bench", "--peers", "none", "--data", "data"].iter().chain(args).copied().collect();
    tidemark(dir, &all)
}

/// What Nexmark's queries should come to, row by row from the file: the number of rows, and the sums of columns.
fn expected(csv: &str) -> BTreeMap<&'static str, (i128, BTreeMap<&'static str, i128>)> {
    let bids: Vec<[i128; 5]> = csv
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |idx: usize| fields[idx].parse::<i128>().expect("a number");
            // 2015-07-15 00:00:01.234, all on the same morning.
            let clock = fields[5].strip_prefix("2015-07-15 00:").expect("the first hour");
            let (minutes, seconds) = clock.split_once(':').expect("minutes");
            let seconds = seconds.replace('.', "").parse::<i128>().expect("seconds");
            let millis = 1_436_918_400_000 + minutes.parse::<i128>().expect("minutes") * 60_000 + seconds;
            [number(0), number(1), number(2), millis, fields[6].len() as i128]
        })
        .collect();
    let sum = |of: &dyn Fn(&[i128; 5]) -> i128| bids.iter().map(of).sum::<i128>();
    let passed = |price: i128| {
        BTreeMap::from([
            ("auction", sum(&|bid| bid[0])),
            ("bidder", sum(&|bid| bid[1])),
            ("price", sum(&|bid| bid[2]) * price),
            ("date_time", sum(&|bid| bid[3])),
            ("extra", sum(&|bid| bid[4])),
        ])
    };
    let some: Vec<_> = bids.iter().filter(|bid| bid[0] % 123 == 0).collect();
    let window = |bid: &[i128; 5]| bid[3] - bid[3] % 10_000;
    let mut highest = BTreeMap::new();
    let mut counts = BTreeMap::new();
    let mut of_auction: BTreeMap<i128, Vec<i128>> = BTreeMap::new();
    for bid in &bids {
        let price = highest.entry(window(bid)).or_insert(0);
        *price = bid[2].max(*price);
        *counts.entry((window(bid), bid[1])).or_insert(0) += 1;
        of_auction.entry(bid[0]).or_default().push(bid[2]);
    }
    let n_auctions = of_auction.len() as i128;
    let n_ranked = |range: std::ops::Range<i128>| sum(&|bid| i128::from(range.contains(&bid[2])));
    let over_auctions =
        |of: &dyn Fn(&[i128]) -> i128| of_auction.values().map(|prices| of(prices)).sum::<i128>();
    let least = |prices: &[i128]| prices.iter().copied().min().unwrap_or(0);
    let greatest = |prices: &[i128]| prices.iter().copied().max().unwrap_or(0);
    let mean = |prices: &[i128]| prices.iter().sum::<i128>() / prices.len() as i128;
    let n = bids.len() as i128;
    BTreeMap::from([
        ("q0", (n, passed(1))),
        ("q1", (n, passed(908))),
        (
            "q2",
            (
                some.len() as i128,
                BTreeMap::from([
                    ("auction", some.iter().map(|bid| bid[0]).sum()),
                    ("price", some.iter().map(|bid| bid[2]).sum()),
                ]),
            ),
        ),
        (
            "q7",
            (
                highest.len() as i128,
                BTreeMap::from([
                    ("window_start", highest.keys().sum()),
                    ("max_price", highest.values().sum()),
                ]),
            ),
        ),
        (
            "q12",
            (
                counts.len() as i128,
                BTreeMap::from([
                    ("window_start", counts.keys().map(|key| key.0).sum()),
                    ("bidder", counts.keys().map(|key| key.1).sum()),
                    ("count", n),
                ]),
            ),
        ),
        (
            "q17",
            (
                n_auctions,
                BTreeMap::from([
                    ("window_start", n_auctions * 1_436_918_400_000),
                    ("auction", of_auction.keys().sum()),
                    ("bids", n),
                    ("low_bids", n_ranked(0..10_000)),
                    ("middle_bids", n_ranked(10_000..1_000_000)),
                    ("high_bids", n_ranked(1_000_000..i128::MAX)),
                    ("min_price", over_auctions(&least)),
                    ("max_price", over_auctions(&greatest)),
                    ("avg_price", over_auctions(&mean)),
                    ("sum_price", sum(&|bid| bid[2])),
                ]),
            ),
        ),
    ])
}

#[test]
fn queries_answer_alike_from_files_and_memory_and_as_row_by_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let call = ["--events", "200000", "--rounds", "1", "--threads", "1", "--json", "figures.json"];
    let output = bench(dir.path(), &call);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("184,000 bids of 200,000 events · median of 1 round"), "{table}");

    let csv = std::fs::read_to_string(dir.path().join("data/bid-200000-seed0-compat.csv")).expect("written");
    let expected = expected(&csv);
    let figures = std::fs::read_to_string(dir.path().join("figures.json")).expect("written");
    let figures: serde_json::Value = serde_json::from_str(&figures).expect("JSON");
    assert_eq!((&figures["version"], &figures["bids"]), (&1.into(), &184_000.into()));
    let results = figures["results"].as_array().expect("results");
    assert_eq!(results.len(), 6 * 3);
    for result in results {
        let (n_rows, sums) = &expected[result["query"].as_str().expect("a name")];
        assert_eq!(i128::from(result["answer"]["rows"].as_u64().expect("a count")), *n_rows, "{result:#}");
        let answer: BTreeMap<&str, i128> = result["answer"]["sums"]
            .as_object()
            .expect("sums")
            .iter()
            .map(|(name, sum)| (&**name, sum.as_str().expect("text").parse().expect("a number")))
            .collect();
        assert_eq!(&answer, sums, "{result:#}");
        let ours = &result["engines"][0];
        assert_eq!((&ours["engine"], ours["runs"].as_array().map(Vec::len)), (&"tidemark".into(), Some(1)));
        assert!(ours["seconds"]["median"].as_f64().expect("seconds") > 0.0, "{result:#}");
        assert!(ours["runs"][0]["wall_seconds"].as_f64().expect("seconds") > 0.0, "{result:#}");
    }
    for query in expected.keys() {
        let lines = table.lines().filter(|line| line.split_whitespace().next() == Some(*query));
        assert_eq!(lines.count(), 3, "{query}: {table}");
    }
}

#[test]
fn a_bench_that_cannot_be_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().expect("a folder");
    for (args, words) in [
        (&["--queries", "q99"][..], "q99"),
        (&["--events", "5"], "--events"),
        (&["--from", "tape"], "tape"),
        (&["--threads", "0"], "--threads"),
        (&["--threads", "128"], "set `--threads` to"),
        (&["--rounds", "0"], "--rounds"),
        (&["--peers", "none,polars"], "`--peers none` names no others"),
        (&["--json", "no/folder.json"], "cannot be written to"),
    ] {
        let output = tidemark(dir.path(), &[&["bench", "--data", "data"], args].concat());
        assert_eq!(status(&output), 2, "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{args:?}: {}", stderr(&output));
    }
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 0);
}

#[test]
fn engines_that_are_not_installed_are_named_and_left_out() {
    let dir = tempfile::tempdir().expect("a folder");
    let call = ["bench", "--events", "1000", "--rounds", "1", "--threads", "1", "--from", "csv"];
    let call = [&call[..], &["--queries", "q7", "--data", "data", "--python", "no-such-python"]].concat();
    let output = tidemark(dir.path(), &call);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    for package in ["duckdb", "polars"] {
        let sentence = format!("{package} is left out: `no-such-python` cannot be started");
        assert!(stderr(&output).contains(&sentence), "{}", stderr(&output));
    }
}

/// An engine that answers otherwise: a Python that says what it is told to.
#[cfg(unix)]
#[test]
fn an_answer_that_differs_or_does_not_come_fails_the_bench() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().expect("a folder");
    let python = dir.path().join("python");
    let run = |answer: &str| {
        let program = format!("#!/bin/sh\ncase \"$2\" in import*) echo 9.9;; *) {answer};; esac\n");
        std::fs::write(&python, program).expect("writable");
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).expect("ours");
        let call = ["bench", "--events", "1000", "--rounds", "1", "--threads", "1", "--from", "csv"];
        let python = python.to_string_lossy();
        let call =
            [&call[..], &["--queries", "q7", "--data", "data", "--peers", "polars", "--python", &python]];
        tidemark(dir.path(), &call.concat())
    };
    let report = |sums: &str| {
        format!(
            "echo '{{\"wall_seconds\": 1, \"cpu_seconds\": 1, \"peak_bytes\": null, \"rows\": 1, \"sums\": [{sums}]}}'"
        )
    };
    let differs = run(&report("\"1\", \"2\""));
    assert_eq!(status(&differs), 3, "{}", stderr(&differs));
    let sentence =
        "q7: the sum of `window_start` is 1 for polars from csv by 1 thread, but 1436918400000 for tidemark";
    assert!(stderr(&differs).contains(sentence), "{}", stderr(&differs));

    let fails = run("echo 'cannot do this' >&2; exit 4");
    assert_eq!(status(&fails), 3, "{}", stderr(&fails));
    let sentence = "polars did not answer q7 from csv (exit status: 4): cannot do this";
    assert!(stderr(&fails).contains(sentence), "{}", stderr(&fails));
}
