//! What travels over an edge while a flow runs.

use super::{Batch, Progress};

/// One thing sent over an edge. Every edge carries elements in arrival order; each says how far the sender has come.
#[derive(Clone, Debug)]
pub enum StreamElement {
    /// Rows, with the watermarks that hold between them.
    Batch(Batch),
    /// No rows, but the sender has come further: perhaps the watermark rose, perhaps only the frontier.
    Progress(Progress),
    /// The input is complete. The watermark is [`Watermark::END`](crate::time::Watermark::END) after the frontier.
    End(Progress),
}

impl StreamElement {
    /// How far the sender has come with this element.
    pub fn progress(&self) -> &Progress {
        match self {
            StreamElement::Batch(batch) => batch.progress(),
            StreamElement::Progress(progress) | StreamElement::End(progress) => progress,
        }
    }

    /// Memory held, in bytes.
    pub fn n_bytes(&self) -> usize {
        match self {
            StreamElement::Batch(batch) => batch.n_bytes(),
            StreamElement::Progress(progress) | StreamElement::End(progress) => {
                size_of::<Progress>() + progress.n_raise_bytes()
            }
        }
    }
}
