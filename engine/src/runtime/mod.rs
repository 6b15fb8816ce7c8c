//! Runs a checked flow: plans tasks, moves elements between them, paces the replay, and answers for the whole.
//!
//! The only room with threads. It names no concrete node: what runs, node types have said in their plans.

mod accounts;
mod chain;
mod decode;
mod exchange;
mod gate;
mod job;
mod lanes;
mod lookahead;
mod metrics;
mod physical;
mod pushdown;
mod reading;
mod rejected_limit;
mod replay;
mod report;
mod source;
mod split;
mod survey;

pub use job::{JobConfig, JobHandle, JobStatus};
pub use metrics::{EdgeSnapshot, JobSnapshot, LaneSnapshot, NewestRows, NodeSnapshot};
pub use replay::Speed;
pub use report::{Metric, NODE_METRICS};
pub use survey::{Bucket, Density, Disorder, Survey, SurveyLimits, TimeSpan, survey};
