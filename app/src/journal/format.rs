//! How a journal is written: a head with the version, then records, each with its length, its number and a checksum.
//!
//! ```text
//! head    "tidejrnl"  version u32  checksum u32
//! record  length u32  checksum of the length u32  JSON  checksum u64
//! ```
//! Numbers are little-endian. A record's checksums are seeded with its place among the records, so that none can be missing,
//! stand twice, or stand elsewhere. The first record is the whole flow.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tidemark_engine::graph::{Edit, FlowDocument, History};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Mark;
use crate::state::{Change, Content, Origin};

/// The version that is written.
const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"tidejrnl";
const HEAD: usize = 16;

/// Why nothing can be read from a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// A later version has written it.
    #[error("it was written by a newer Tidemark; update Tidemark to recover it")]
    Newer,
    /// It does not begin with a whole flow.
    #[error("it is damaged from the beginning on")]
    Damaged,
    /// The file cannot be read.
    #[error("its file cannot be read")]
    NoFile,
}

/// What a journal says.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// The flow as it stood.
    pub(super) content: Content,
    /// How its file looked when it was opened or saved.
    pub(super) mark: Option<Mark>,
    /// When the last record was written, in milliseconds since the epoch.
    pub(super) at_millis: u64,
    /// How many changes were made since it was opened or saved.
    pub(super) n_changes: u64,
    /// Whether something in it is damaged, so that what follows is lost. A last record that was not written whole is no damage.
    pub(super) damaged: bool,
}

#[derive(Serialize, Deserialize)]
enum Record {
    Whole {
        flow: String,
        history: History,
        origin: Place,
        mark: Option<Mark>,
        #[serde(default)]
        folder: Option<Text>,
        #[serde(default)]
        allowed: Vec<Text>,
    },
    Edit(Edit),
    Seal,
    Undo,
    Redo,
    /// The gesture was taken back that had not ended.
    GiveUp,
    Check {
        document: u64,
        at_millis: u64,
        n_changes: u64,
    },
}

#[derive(Serialize, Deserialize)]
enum Place {
    New,
    File(Text),
    Sample(Text),
}

/// A path: as text, or by its bytes where it is none.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Bytes(Vec<u8>),
}

impl Text {
    fn of(path: &Path) -> Text {
        let bytes = || path.as_os_str().as_encoded_bytes().to_vec();
        path.to_str().map_or_else(|| Text::Bytes(bytes()), |text| Text::Text(text.to_owned()))
    }

    fn path(self) -> PathBuf {
        match self {
            Text::Text(text) => PathBuf::from(text),
            Text::Bytes(bytes) => PathBuf::from(from_bytes(bytes)),
        }
    }
}

#[cfg(unix)]
fn from_bytes(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

/// Where a name is no bytes, what is no text in it is lost, and the flow asks for another file.
#[cfg(not(unix))]
fn from_bytes(bytes: Vec<u8>) -> OsString {
    OsString::from(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes records one after another.
#[derive(Debug, Default)]
pub(super) struct Writer {
    n_records: u64,
}

impl Writer {
    /// The beginning of a journal: the whole flow.
    ///
    /// # Errors
    /// If it is longer than a record can be.
    pub(super) fn begin(content: &Content, mark: Option<Mark>) -> serde_json::Result<(Writer, Vec<u8>)> {
        let mut out = head(VERSION);
        let mut writer = Writer::default();
        let origin = match content.origin.clone() {
            Origin::New => Place::New,
            Origin::File(path) => Place::File(Text::of(&path)),
            Origin::Sample(path) => Place::Sample(Text::of(&path)),
        };
        let (flow, history) = (content.flow.to_json(), content.history.clone());
        let folder = content.folder.as_deref().map(Text::of);
        let allowed = content.allowed.iter().map(|path| Text::of(path)).collect();
        writer.push(&mut out, &Record::Whole { flow, history, origin, mark, folder, allowed })?;
        Ok((writer, out))
    }

    /// Something that was done. A whole flow begins a journal of its own.
    pub(super) fn change(&mut self, out: &mut Vec<u8>, change: Change) -> serde_json::Result<()> {
        let record = match change {
            Change::Whole(_) => return Ok(()),
            Change::Edit(edit) => Record::Edit(edit),
            Change::Seal => Record::Seal,
            Change::Undo => Record::Undo,
            Change::Redo => Record::Redo,
            Change::GiveUp => Record::GiveUp,
        };
        self.push(out, &record)
    }

    /// What the flow is now, and when.
    pub(super) fn check(
        &mut self,
        out: &mut Vec<u8>,
        flow: &FlowDocument,
        at_millis: u64,
        n_changes: u64,
    ) -> serde_json::Result<()> {
        self.push(out, &Record::Check { document: hash(flow), at_millis, n_changes })
    }

    fn push(&mut self, out: &mut Vec<u8>, record: &Record) -> serde_json::Result<()> {
        let body = serde_json::to_vec(record)?;
        let length = u32::try_from(body.len()).map_err(serde::ser::Error::custom)?.to_le_bytes();
        out.extend(length);
        out.extend(short(&length, self.n_records).to_le_bytes());
        out.extend(&body);
        out.extend(xxh3_64_with_seed(&body, self.n_records).to_le_bytes());
        self.n_records += 1;
        Ok(())
    }
}

/// Reads as much of a journal as is whole.
///
/// # Errors
/// If that is not even the flow that it begins with.
pub(super) fn read(bytes: &[u8]) -> Result<Read, Unreadable> {
    let (start, mut rest) = bytes.split_at_checked(HEAD).ok_or(Unreadable::Damaged)?;
    if start != head(VERSION) {
        let version = start[8..12].try_into().map_or(0, u32::from_le_bytes);
        let is_newer = version > VERSION && start == head(version);
        return Err(if is_newer { Unreadable::Newer } else { Unreadable::Damaged });
    }
    let mut n_records = 0;
    let Some(Ok(Record::Whole { flow, history, origin, mark, folder, allowed })) = next(&mut rest, n_records)
    else {
        return Err(Unreadable::Damaged);
    };
    let flow = FlowDocument::from_json(flow.as_bytes()).map_err(|_| Unreadable::Damaged)?;
    let origin = match origin {
        Place::New => Origin::New,
        Place::File(path) => Origin::File(path.path()),
        Place::Sample(path) => Origin::Sample(path.path()),
    };
    let allowed = allowed.into_iter().map(Text::path).collect();
    let content = Content { flow: Arc::new(flow), history, origin, folder: folder.map(Text::path), allowed };
    let mut read = Read { content, mark, at_millis: 0, n_changes: 0, damaged: false };
    // Where a check has said last that all is right.
    let mut proven = bytes.len() - rest.len();
    let until = |end: usize| self::read(&bytes[..end]).map(|read| Read { damaged: true, ..read });
    loop {
        n_records += 1;
        let change = match next(&mut rest, n_records) {
            None => return Ok(read),
            Some(Ok(Record::Check { document, at_millis, n_changes })) => {
                if hash(&read.content.flow) != document {
                    return until(proven);
                }
                (read.at_millis, read.n_changes) = (at_millis, n_changes);
                proven = bytes.len() - rest.len();
                continue;
            }
            Some(Ok(Record::Edit(edit))) => Change::Edit(edit),
            Some(Ok(Record::Seal)) => Change::Seal,
            Some(Ok(Record::Undo)) => Change::Undo,
            Some(Ok(Record::Redo)) => Change::Redo,
            Some(Ok(Record::GiveUp)) => Change::GiveUp,
            Some(Ok(Record::Whole { .. }) | Err(Broken)) => return Ok(Read { damaged: true, ..read }),
        };
        if read.content.perform(change).is_err() {
            return until(proven);
        }
    }
}

struct Broken;

/// The next record; `None` where the journal ends, be it in the middle of one.
fn next(rest: &mut &[u8], number: u64) -> Option<Result<Record, Broken>> {
    let (start, behind) = rest.split_first_chunk::<8>()?;
    let [a, b, c, d, e, f, g, h] = *start;
    let length = [a, b, c, d];
    if u32::from_le_bytes([e, f, g, h]) != short(&length, number) {
        return Some(Err(Broken));
    }
    let (body, behind) = behind.split_at_checked(u32::from_le_bytes(length) as usize)?;
    let (sum, behind) = behind.split_first_chunk::<8>()?;
    *rest = behind;
    if u64::from_le_bytes(*sum) != xxh3_64_with_seed(body, number) {
        return Some(Err(Broken));
    }
    Some(serde_json::from_slice(body).map_err(|_| Broken))
}

fn head(version: u32) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend(version.to_le_bytes());
    let sum = short(&head, u64::MAX);
    head.extend(sum.to_le_bytes());
    head
}

/// A checksum of a few bytes, that is not zero where all of them are.
fn short(bytes: &[u8], seed: u64) -> u32 {
    (xxh3_64_with_seed(bytes, seed) >> 32) as u32
}

fn hash(flow: &FlowDocument) -> u64 {
    xxh3_64_with_seed(flow.to_json().as_bytes(), 0)
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph::FlowNode;
    use tidemark_engine::ids::NodeId;

    use super::*;

    fn add(id: &str) -> Change {
        let node = FlowNode::new("union", serde_json::Map::new());
        Change::Edit(Edit::AddNode { id: NodeId::new(id), node, at: None })
    }

    /// A small journal, and every flow that there was on the way.
    fn small() -> (Vec<u8>, Vec<String>) {
        let mut content = Content::default();
        let (mut writer, mut bytes) = Writer::begin(&content, None).expect("written");
        let mut states = vec![content.flow.to_json()];
        for change in [add("a"), add("b"), Change::Undo, Change::Redo, Change::Seal, add("c")] {
            content.perform(change.clone()).expect("it fits");
            writer.change(&mut bytes, change).expect("written");
            writer.check(&mut bytes, &content.flow, 1, 1).expect("written");
            states.push(content.flow.to_json());
        }
        (bytes, states)
    }

    #[test]
    fn a_journal_that_ends_anywhere_gives_what_there_was() {
        let (bytes, states) = small();
        let mut furthest = 0;
        for end in 0..bytes.len() {
            match read(&bytes[..end]) {
                Ok(read) => {
                    let text = read.content.flow.to_json();
                    furthest =
                        furthest.max(states.iter().rposition(|state| *state == text).expect("a state"));
                    assert!(!read.damaged, "the end is only torn");
                }
                Err(error) => assert_eq!((error, furthest), (Unreadable::Damaged, 0)),
            }
        }
        let whole = read(&bytes).expect("whole");
        assert_eq!(Some(&whole.content.flow.to_json()), states.last());
    }

    #[test]
    fn no_flipped_bit_gives_a_flow_that_never_was() {
        let (bytes, states) = small();
        let mut n_noticed = 0;
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                if let Ok(read) = read(&bytes) {
                    assert!(states.contains(&read.content.flow.to_json()), "byte {at}");
                    assert!(read.damaged, "byte {at} was not noticed");
                    n_noticed += 1;
                }
            }
        }
        assert!(n_noticed > 0);
    }

    #[test]
    fn a_journal_of_a_newer_version_is_known_for_one() {
        let (mut bytes, _) = small();
        bytes.splice(..HEAD, head(VERSION + 1));
        assert_eq!(read(&bytes).err(), Some(Unreadable::Newer));
    }

    #[test]
    fn what_does_not_come_to_what_was_checked_is_not_believed() {
        let mut content = Content::default();
        let (mut writer, mut bytes) = Writer::begin(&content, None).expect("written");
        for change in [add("a"), add("b")] {
            content.perform(change.clone()).expect("it fits");
            writer.change(&mut bytes, change).expect("written");
            writer.check(&mut bytes, &content.flow, 1, 1).expect("written");
        }
        writer.change(&mut bytes, add("c")).expect("written");
        writer.check(&mut bytes, &content.flow, 2, 2).expect("written");
        let read = read(&bytes).expect("whole");
        assert!(read.damaged && read.content == content);
    }

    #[test]
    fn where_paths_start_and_what_was_allowed_comes_back_and_an_older_record_has_neither() {
        let content = Content {
            folder: Some(PathBuf::from("/begun here")),
            allowed: vec![PathBuf::from("/far/a.csv")],
            ..Content::default()
        };
        let (_, bytes) = Writer::begin(&content, None).expect("written");
        assert_eq!(read(&bytes).expect("whole").content, content);
        let older =
            r#"{"Whole":{"flow":FLOW,"history":HISTORY,"origin":{"File":"/a.flow.json"},"mark":null}}"#;
        let text = |value: String| serde_json::to_string(&value).expect("JSON");
        let history = serde_json::to_string(&content.history).expect("JSON");
        let older = older.replace("FLOW", &text(content.flow.to_json())).replace("HISTORY", &history);
        let Record::Whole { folder, allowed, .. } = serde_json::from_str(&older).expect("a record") else {
            panic!("another record")
        };
        assert!(folder.is_none() && allowed.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_comes_back() {
        let path = PathBuf::from(from_bytes(b"/folder \xff/a.flow.json".to_vec()));
        let content =
            Content { origin: Origin::File(path.clone()), allowed: vec![path], ..Content::default() };
        let (_, bytes) = Writer::begin(&content, None).expect("written");
        assert_eq!(read(&bytes).expect("whole").content, content);
    }

    #[test]
    fn what_was_saved_before_can_still_be_undone() {
        let mut content = Content::default();
        content.perform(add("a")).expect("it fits");
        content.history.mark_saved();
        let (mut writer, mut bytes) = Writer::begin(&content, None).expect("written");
        for change in [Change::Undo, Change::Redo, add("b"), Change::GiveUp, add("b"), Change::Undo] {
            content.perform(change.clone()).expect("it fits");
            writer.change(&mut bytes, change).expect("written");
        }
        assert_eq!(read(&bytes).expect("whole").content, content);
    }
}
