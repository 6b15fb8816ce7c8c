//! Reading a flow file of any version: which version it is, who reads it, and what becomes of older ones.
//!
//! Every version that was ever released has a file under `tests/fixtures` that must load for ever.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::document::FlowDocument;
use super::json::{check_depth, sentence};
use super::limits::MAX_FILE_BYTES;
use super::v1;
use crate::error::{EngineError, Result};

impl FlowDocument {
    /// Reads a flow from the bytes of its file.
    ///
    /// # Errors
    /// One sentence that says what is wrong, with line and column: no JSON, something that no flow may hold, a limit of
    /// [`limits`](super::limits), or a version that is newer than this program.
    pub fn from_json(bytes: &[u8]) -> Result<FlowDocument> {
        if bytes.len() > MAX_FILE_BYTES {
            let size = bytes.len() >> 20;
            return Err(EngineError::flow(format!(
                "the file has {size} MB; a flow has at most {} MB",
                MAX_FILE_BYTES >> 20
            )));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count();
            EngineError::flow(format!("line {line}: the text is not UTF-8"))
        })?;
        check_depth(text)?;
        match version(text)? {
            1 => v1::read(text),
            0 => Err(EngineError::flow("there is no version 0 of the flow format")),
            newer => Err(EngineError::flow(format!(
                "the flow was saved by a newer Tidemark (format {newer}; this one reads up to {}); update Tidemark to open it",
                FlowDocument::VERSION
            ))),
        }
    }
}

/// The version that a flow says it has; the text is JSON if there is one.
fn version(text: &str) -> Result<u64> {
    #[derive(Deserialize)]
    struct Versioned {
        version: Option<u64>,
        nodes: Option<IgnoredAny>,
    }
    if !text.trim_start().starts_with('{') {
        return Err(EngineError::flow("this is not a flow: a flow is a JSON object"));
    }
    let flow: Versioned = serde_json::from_str(text).map_err(|error| sentence(&error))?;
    match flow.version {
        Some(version) => Ok(version),
        None if flow.nodes.is_some() => {
            Err(EngineError::flow("the field `version` is missing; write `\"version\": 1`"))
        }
        None => Err(EngineError::flow("this is not a flow: it has neither `version` nor `nodes`")),
    }
}

#[cfg(test)]
mod tests;
