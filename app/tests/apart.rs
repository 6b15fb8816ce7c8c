//! Files that are read by a process of their own: good ones pass and cost little, bad ones are told from each other and harm nobody.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use polars::prelude::{DataFrame, IntoColumn, NamedFrom, ParquetCompression, ParquetWriter, Series};
use tidemark::apart::{COMMAND, DONE, ReadInChild};
use tidemark_engine::catalog;
use tidemark_engine::graph::{CheckContext, Checked, FlowDocument, check};
use tidemark_engine::node::{Apart, FileAccess, Mishap, ReadApart};
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};

/// Where an answer is expected: a slow machine is no fault of the files.
const PATIENCE: Duration = Duration::from_secs(120);

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_tidemark"))
}

fn in_child() -> ReadInChild {
    patient(program())
}

fn patient(program: PathBuf) -> ReadInChild {
    ReadInChild::by(program).limited(ReadInChild::MEMORY_MIB, PATIENCE)
}

/// A program of shell commands instead of ours.
fn script(folder: &Path, commands: &str) -> PathBuf {
    let path = folder.join("script");
    // Another process writes it: a program that is open for writing cannot be started, and a process that another test starts at the
    // same time may have taken over what is open here.
    let mut shell = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("started");
    let mut input = shell.stdin.take().expect("an input");
    input.write_all(format!("#!/bin/sh\n{commands}\n").as_bytes()).expect("written");
    drop(input);
    assert!(shell.wait().expect("ended").success());
    path
}

/// Our program, which notes every start of it.
fn counted(folder: &Path) -> PathBuf {
    let program = program();
    script(
        folder,
        &format!("echo called >> '{}'\nexec '{}' \"$@\"", calls(folder).display(), program.display()),
    )
}

fn calls(folder: &Path) -> PathBuf {
    folder.join("calls")
}

/// How often a program was started.
fn n_calls(folder: &Path) -> usize {
    fs::read_to_string(calls(folder)).unwrap_or_default().lines().count()
}

fn pipe(folder: &Path, name: &str) -> PathBuf {
    let pipe = folder.join(name);
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    pipe
}

fn good_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/parquet");
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "parquet")).collect();
    files.sort();
    files
}

fn paths(files: &[PathBuf]) -> Vec<&Path> {
    files.iter().map(PathBuf::as_path).collect()
}

fn mishap(reader: &ReadInChild, file: &Path) -> Mishap {
    reader.read(&[file]).remove(0).expect("a mishap")
}

/// A flow that counts the rows of a Parquet file.
fn checked(folder: &Path, file: &str, apart: Option<Apart>) -> Checked {
    let flow = format!(
        r#"{{"version": 1, "nodes": [
            {{"id": "in", "kind": "parquet_source", "params": {{"path": "{file}"}}}},
            {{"id": "out", "kind": "table_sink", "params": {{}}}}
        ], "edges": [{{"from": "in.out", "to": "out.in"}}]}}"#
    );
    let flow = FlowDocument::from_json(flow.as_bytes()).expect("a flow");
    let files = FileAccess { apart, ..FileAccess::new(folder, folder) };
    check(&flow, &catalog::standard(), &CheckContext::new(&files))
}

fn n_rows(checked: &Checked) -> u64 {
    assert!(checked.is_runnable(), "{:?}", checked.diagnostics);
    let job = JobHandle::start(&checked.graph, &JobConfig::default()).expect("started");
    assert!(matches!(job.wait(), JobStatus::Finished));
    job.snapshot().nodes.iter().map(|node| node.account.rows_in).max().unwrap_or(0)
}

#[test]
fn files_of_every_writer_pass_and_give_the_same_rows() {
    let files = good_files();
    assert!(files.len() > 40);
    assert_eq!(in_child().read(&paths(&files)), vec![None; files.len()]);

    let folder = files[0].parent().expect("a folder");
    let apart = Apart::new(in_child());
    for file in ["flat-v2.parquet", "nested-v1.parquet", "codec-zstd-v1.parquet"] {
        let here = n_rows(&checked(folder, file, None));
        assert!(here > 0);
        assert_eq!(n_rows(&checked(folder, file, Some(apart.clone()))), here, "{file}");
    }
}

#[test]
fn a_damaged_file_is_refused_as_without_a_process_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = fs::read(good_files().pop().expect("a file")).expect("readable");
    fs::write(folder.path().join("cut.parquet"), &whole[..whole.len() - 1]).expect("a file");
    let mut claims = whole.clone();
    let n = claims.len();
    claims[n - 8..n - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    fs::write(folder.path().join("claims.parquet"), claims).expect("a file");
    // Each part of the schema lies in the one before. In Thrift's compact form: the version, a list of structs, each with a name and a child.
    let mut deep = b"PAR1\x15\x02\x19\xFC\xE0\xD4\x03".to_vec();
    deep.extend([0x35, 0, 0x18, 1, b'a', 0x15, 2, 0].repeat(60_000));
    deep.push(0);
    let n_footer = deep.len() as u32 - 4;
    deep.extend(n_footer.to_le_bytes());
    deep.extend(b"PAR1");
    fs::write(folder.path().join("deep.parquet"), deep).expect("a file");
    for file in ["cut.parquet", "claims.parquet", "deep.parquet"] {
        let found = |apart| checked(folder.path(), file, apart).diagnostics;
        let here = found(None);
        assert!(!here.is_empty());
        assert_eq!(found(Some(Apart::new(in_child()))), here, "{file}");
    }
}

#[test]
fn a_file_that_needs_more_memory_than_there_is_is_told_and_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large.parquet");
    large_page(&file, 96 << 20, ParquetCompression::Zstd(None));
    let reader = patient(counted(folder.path()));
    assert_eq!(reader.read(&[&file]), [None]);
    let reader = patient(counted(folder.path())).limited(64, PATIENCE);
    let expected = "needs more than 64 MiB of memory to be looked at";
    assert_eq!(mishap(&reader, &file).what, expected);
    assert_eq!(n_calls(folder.path()), 2);
    let again = mishap(&reader, &file);
    assert_eq!(again.what, expected);
    assert_eq!(n_calls(folder.path()), 2, "remembered");
    assert!(again.fix.ends_with("with `TIDEMARK_PROBE_MIB=4096`, in MiB"), "{}", again.fix);
    // This one asks for the memory in another way, as it lies in the file.
    let plain = folder.path().join("plain.parquet");
    large_page(&plain, 96 << 20, ParquetCompression::Uncompressed);
    assert_eq!(mishap(&reader, &plain).what, expected);

    let reader = Apart::new(reader);
    let checked = checked(folder.path(), "large.parquet", Some(reader.clone()));
    let errors: Vec<String> = checked.errors().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let said = format!("error[harmful-file] `in`, path: `large.parquet` {expected}; write it anew");
    assert!(errors[0].starts_with(&said), "{}", errors[0]);
    assert!(!checked.is_runnable());

    // Written over, it is another file.
    fs::copy(&good_files()[0], &file).expect("copied");
    assert_eq!(reader.read(&[&file]), [None]);
}

#[test]
fn a_file_that_cannot_be_read_is_left_to_who_reads_it_next() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("folder.parquet")).expect("a folder");
    let none = folder.path().join("none.parquet");
    assert_eq!(in_child().read(&[&none, &folder.path().join("folder.parquet")]), [None, None]);
}

/// Writes a file with one value of `n` bytes, nearly all of them the same.
fn large_page(path: &Path, n: usize, compression: ParquetCompression) {
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'a' + (state >> 60) as u8)
    });
    let mut text: String = noise.take(n / 256).collect();
    text.push_str(&"a".repeat(n - text.len()));
    let mut frame =
        DataFrame::new(1, vec![Series::new("text".into(), [text]).into_column()]).expect("a frame");
    let file = fs::File::create(path).expect("a file");
    let writer = ParquetWriter::new(file).with_compression(compression);
    writer.finish(&mut frame).expect("written");
}

#[test]
fn a_file_that_is_never_read_to_its_end_costs_its_time_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipes = ["pipe.parquet", "pipe-2.parquet"].map(|name| pipe(folder.path(), name));
    let good = good_files();
    let reader = patient(counted(folder.path()));
    assert_eq!(reader.read(&[&good[0]]), [None]);
    let short = Duration::from_secs(2);
    let reader = reader.limited(ReadInChild::MEMORY_MIB, short);
    let started = Instant::now();
    let answers = reader.read(&[&pipes[0], &good[0], &pipes[1], &good[1]]);
    assert!(started.elapsed() >= short);
    let slow = "takes more than 2 s to be looked at";
    let passed_over = "was not looked at, for another file before it took too long";
    assert_eq!(
        answers.iter().map(|answer| answer.as_ref().map(|mishap| &*mishap.what)).collect::<Vec<_>>(),
        [Some(slow), None, Some(passed_over), Some(passed_over)]
    );
    assert_eq!(n_calls(folder.path()), 2, "nobody waits for the second pipe");
    assert!(readers_of(&pipes[0]).is_empty(), "nobody reads it any more");

    assert_eq!(mishap(&reader, &pipes[1]).what, slow, "neither is remembered");
    let reader = reader.limited(ReadInChild::MEMORY_MIB, PATIENCE);
    assert_eq!(reader.read(&[&good[1]]), [None]);
    assert_eq!(n_calls(folder.path()), 4);
}

/// The processes in whose call a file is named.
fn readers_of(file: &Path) -> Vec<String> {
    let name = file.to_string_lossy().into_owned();
    let processes = fs::read_dir("/proc").expect("processes").flatten();
    let calls = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    let calls = calls.map(|call| String::from_utf8_lossy(&call).into_owned());
    calls.filter(|call| call.contains(&name)).collect()
}

#[test]
fn a_process_that_dies_is_told_with_its_last_words_and_the_next_file_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let dies = format!(
        "for file; do case $file in *bad*) echo 'stack gone' >&2; kill -s SEGV $$;; *.parquet) echo '{DONE}';; esac; done"
    );
    let reader = patient(script(folder.path(), &dies));
    let [a, bad, b] = ["a.parquet", "bad.parquet", "b.parquet"].map(|name| folder.path().join(name));
    let answers = reader.read(&[&a, &bad, &b]);
    assert_eq!((&answers[0], &answers[2]), (&None, &None));
    let what = &answers[1].as_ref().expect("a mishap").what;
    assert!(what.starts_with("has ended the process that was to look at it (signal: 11"), "{what}");
    assert!(what.contains("stack gone"), "{what}");

    let none = patient(folder.path().join("no-program"));
    let what = mishap(&none, &a).what;
    assert!(what.starts_with("cannot be looked at, for no process can be started for that"), "{what}");
    let floods = patient(script(folder.path(), "yes"));
    assert!(mishap(&floods, &a).what.contains("has ended"), "it is not listened to for ever");
}

#[test]
fn a_process_that_others_end_is_told_and_not_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.parquet");
    fs::write(&file, "1").expect("a file");
    let killed = "needs more memory to be looked at than the system has left, which killed the process";
    let stopped = "was not looked at, for the process that was to do it was stopped (signal: ";
    let mut n_expected = 0;
    for (signal, expected) in [("KILL", killed), ("TERM", stopped)] {
        let ends = format!("echo called >> '{}'; kill -s {signal} $$", calls(folder.path()).display());
        let reader = patient(script(folder.path(), &ends));
        for _ in 0..2 {
            let what = mishap(&reader, &file).what;
            assert!(what.starts_with(expected), "{signal}: {what}");
            n_expected += 1;
            assert_eq!(n_calls(folder.path()), n_expected);
        }
    }
}

#[test]
fn a_process_ends_when_the_one_that_started_it_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(program())
        .args([COMMAND, "--memory-mib", "2048", "--"])
        .args([&good_files()[0], &pipe(folder.path(), "held.parquet")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut lines = BufReader::new(child.stdout.take().expect("an output")).lines();
    assert_eq!(lines.next().expect("a line").expect("readable"), DONE);
    assert_eq!(child.try_wait().expect("known"), None, "it waits for the pipe");
    // As it happens when this process is killed.
    drop(child.stdin.take());
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().expect("known").is_none() {
        assert!(Instant::now() < deadline, "it goes on without us");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_file_is_read_once_as_long_as_it_stays_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = calls(folder.path());
    let counts = format!("echo called >> '{}'; for file; do echo '{DONE}'; done", path.display());
    let reader = patient(script(folder.path(), &counts));
    let file = folder.path().join("a.parquet");
    let calls = || n_calls(folder.path());
    fs::write(&file, "1").expect("a file");
    assert_eq!((reader.read(&[&file]), reader.read(&[&file])), (vec![None], vec![None]));
    assert_eq!(calls(), 1);
    fs::write(&file, "22").expect("a file");
    assert_eq!(reader.read(&[&file]), [None]);
    assert_eq!(calls(), 2);
    let many: Vec<PathBuf> = (0..2000).map(|n| folder.path().join(format!("{n}.parquet"))).collect();
    assert_eq!(reader.read(&paths(&many)), vec![None; 2000]);
    assert!((3..200).contains(&calls()), "many files share a process: {}", calls());
}
