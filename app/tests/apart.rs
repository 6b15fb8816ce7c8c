//! Files that are read by a process of their own: good ones pass and cost little, bad ones are told from each other and harm nobody.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tidemark::apart::{COMMAND, DONE, ReadInChild};
use tidemark_engine::catalog;
use tidemark_engine::graph::{CheckContext, Checked, FlowDocument, check};
use tidemark_engine::node::{Apart, FileAccess, Mishap, ReadApart};
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_tidemark"))
}

fn in_child() -> ReadInChild {
    // A slow machine is no fault of the files.
    ReadInChild::by(program()).limited(ReadInChild::MEMORY_MIB, Duration::from_secs(60))
}

/// A program of shell commands instead of ours.
fn script(folder: &Path, commands: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("script");
    fs::write(&path, format!("#!/bin/sh\n{commands}\n")).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
    path
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
    large_page(&file, 96 << 20);
    let reader = in_child();
    assert_eq!(reader.read(&[&file]), [None]);
    let reader = in_child().limited(64, Duration::from_secs(60));
    let expected = "needs more than 64 MiB of memory to be looked at";
    assert_eq!(mishap(&reader, &file).what, expected);
    let started = Instant::now();
    assert_eq!(mishap(&reader, &file).what, expected);
    assert!(started.elapsed() < Duration::from_millis(5), "remembered");

    let checked = checked(folder.path(), "large.parquet", Some(Apart::new(reader)));
    let errors: Vec<String> = checked.errors().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let said = format!("error[harmful-file] `in`, path: `large.parquet` {expected}; write it anew");
    assert!(errors[0].starts_with(&said), "{}", errors[0]);
    assert!(!checked.is_runnable());

    // Written over, it is another file.
    fs::copy(&good_files()[0], &file).expect("copied");
    let reader = in_child();
    assert_eq!(reader.read(&[&file]), [None]);
}

/// Writes a file with one value of `n` bytes, nearly all of them the same.
fn large_page(path: &Path, n: usize) {
    use polars::prelude::{DataFrame, IntoColumn, NamedFrom, ParquetCompression, ParquetWriter, Series};
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'a' + (state >> 60) as u8)
    });
    let mut text: String = noise.take(n / 256).collect();
    text.extend(std::iter::repeat_n('a', n - text.len()));
    let mut frame =
        DataFrame::new(1, vec![Series::new("text".into(), [text]).into_column()]).expect("a frame");
    let file = fs::File::create(path).expect("a file");
    let writer = ParquetWriter::new(file).with_compression(ParquetCompression::Zstd(None));
    writer.finish(&mut frame).expect("written");
}

#[test]
fn a_file_that_is_never_read_to_its_end_costs_its_time_and_no_other_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.parquet");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let good = good_files();
    let reader = in_child().limited(ReadInChild::MEMORY_MIB, Duration::from_secs(3));
    let started = Instant::now();
    let answers = reader.read(&[&good[0], &pipe, &good[1]]);
    assert!(started.elapsed() >= Duration::from_secs(3));
    let slow = "takes more than 3 s to be looked at";
    assert_eq!(
        answers.iter().map(|answer| answer.as_ref().map(|mishap| &*mishap.what)).collect::<Vec<_>>(),
        [None, Some(slow), None]
    );
    assert!(readers_of(&pipe).is_empty(), "nobody reads it any more");
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
    let dies = "for file; do case $file in *bad*) echo 'stack gone' >&2; kill -SEGV $$;; *.parquet) echo 'tidemark: the file was read';; esac; done";
    let reader = ReadInChild::by(script(folder.path(), dies));
    let [a, bad, b] = ["a.parquet", "bad.parquet", "b.parquet"].map(|name| folder.path().join(name));
    let answers = reader.read(&[&a, &bad, &b]);
    assert_eq!((&answers[0], &answers[2]), (&None, &None));
    let what = &answers[1].as_ref().expect("a mishap").what;
    assert!(what.starts_with("has ended the process that was to look at it (signal: 11"), "{what}");
    assert!(what.contains("stack gone"), "{what}");
    assert!(DONE.contains("the file was read"));

    let none = ReadInChild::by(folder.path().join("no-program"));
    let what = mishap(&none, &a).what;
    assert!(what.starts_with("cannot be looked at, for no process can be started for that"), "{what}");
    let floods = ReadInChild::by(script(folder.path(), "yes"));
    assert!(mishap(&floods, &a).what.contains("has ended"), "it is not listened to for ever");
}

#[test]
fn a_process_ends_when_the_one_that_started_it_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("held.parquet");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let mut child = Command::new(program())
        .args([COMMAND, "--memory-mib", "2048", "--"])
        .arg(&pipe)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    thread::sleep(Duration::from_millis(300));
    assert_eq!(child.try_wait().expect("known"), None, "it waits for the pipe");
    // As it happens when this process is killed.
    drop(child.stdin.take());
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.try_wait().expect("known").is_none() {
        assert!(Instant::now() < deadline, "it goes on without us");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_file_is_read_once_as_long_as_it_stays_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let counts = format!(
        "echo called >> {}/calls; for file; do echo 'tidemark: the file was read'; done",
        folder.path().display()
    );
    let reader = ReadInChild::by(script(folder.path(), &counts));
    let file = folder.path().join("a.parquet");
    let calls = || fs::read_to_string(folder.path().join("calls")).unwrap_or_default().lines().count();
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
