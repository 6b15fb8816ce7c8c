//! The sinks of a run commit together or not at all.

use std::path::Path;

use tidemark_engine::ids::NodeId;
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};
use tidemark_tests::checked;

/// One source into two files.
const FLOW: &str = r#"{"version": 1, "nodes": [
  {"id": "rows", "kind": "csv_source", "params": {"path": "rows.csv"}},
  {"id": "first", "kind": "csv_sink", "params": {"path": "out/first.csv"}},
  {"id": "second", "kind": "csv_sink", "params": {"path": "out/second.csv"}}
], "edges": [{"from": "rows.out", "to": "first.in"}, {"from": "rows.out", "to": "second.in"}]}"#;

fn listing(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn no_file_appears_if_another_sinks_target_was_taken_during_the_run() {
    for taken in ["first", "second"] {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("rows.csv"), "id\n1\n2\n").expect("a writable folder");
        let checked = checked(FLOW, dir.path());
        assert!(checked.is_runnable(), "{:#?}", checked.diagnostics);
        let job = JobHandle::start(&checked.graph, &JobConfig { paused: true, ..JobConfig::default() })
            .expect("startable");
        let out = dir.path().join("out");
        let target = out.join(format!("{taken}.csv"));
        std::fs::write(&target, "mine").expect("a writable folder");
        job.resume();
        let JobStatus::Failed(error) = job.wait() else { panic!("the job must fail") };
        assert_eq!(error.node(), Some(&NodeId::new(taken)));
        assert!(error.message().contains("was not made by this flow"), "{error}");
        assert_eq!(listing(&out), [format!("{taken}.csv")], "neither the other file nor what was begun");
        assert_eq!(std::fs::read_to_string(&target).expect("a file"), "mine");
    }
}

#[test]
fn both_files_appear_at_the_end() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("rows.csv"), "id\n1\n2\n").expect("a writable folder");
    let job = JobHandle::start(&checked(FLOW, dir.path()).graph, &JobConfig::default()).expect("startable");
    assert!(matches!(job.wait(), JobStatus::Finished));
    for name in ["first.csv", "second.csv"] {
        let text = std::fs::read_to_string(dir.path().join("out").join(name)).expect("a file");
        assert_eq!(text, "id\n1\n2\n");
    }
}
