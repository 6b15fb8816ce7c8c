//! Every reader on hostile files for a few seconds, as `fuzz-readers` does it for as long as it is told.

use std::path::Path;
use std::time::Duration;

use tidemark_tests::fuzz::{Reader, Watch};

fn watched(reader: Reader, memory_mib: u64, seconds: u64) -> tidemark_tests::fuzz::Totals {
    let folder = tempfile::tempdir().expect("a folder");
    let watch = Watch {
        program: Path::new(env!("CARGO_BIN_EXE_fuzz-readers")).to_owned(),
        reader,
        duration: Duration::from_secs(seconds),
        // Others may have the machine meanwhile.
        patience: Duration::from_secs(60),
        seed: 1,
        memory_mib,
        folder: folder.path().to_owned(),
    };
    watch.run(&mut |_| {}).expect("started")
}

#[test]
fn hostile_files_give_rows_or_a_sentence_in_every_reader() {
    for reader in Reader::ALL {
        let totals = watched(reader, 2048, 4);
        assert!(totals.faults.is_empty(), "{}: {:#?}", reader.name(), totals.faults);
        assert!(totals.accepted > 0 && totals.refused > 0 && totals.rows > 0, "{}: {totals}", reader.name());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_has_too_little_memory_is_noticed() {
    let totals = watched(Reader::Csv, 24, 5);
    let (_, fault) = totals.faults.first().expect("a fault");
    assert!(fault.contains("the process ended with"), "{fault}");
}
