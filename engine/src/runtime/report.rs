//! A job's figures as JSON, under Flink's names where Flink has one.

use serde_json::{Map, Value, json};

use super::{JobSnapshot, JobStatus};

/// A figure of a node: its name in reports, its unit, and what it says.
pub struct Metric {
    /// The name; Flink's where Flink has the figure.
    pub name: &'static str,
    /// What is counted or measured.
    pub unit: &'static str,
    /// What it says, in one sentence.
    pub doc: &'static str,
}

/// Every figure of a node, in the order in which reports have them.
pub const NODE_METRICS: [Metric; 16] = [
    Metric {
        name: "numRecordsIn",
        unit: "rows",
        doc: "Rows that entered; for a source, records that it read.",
    },
    Metric { name: "numRecordsOut", unit: "rows", doc: "Rows that left, by output port." },
    Metric { name: "numRecordsUsed", unit: "rows", doc: "Rows that had their effect on a result." },
    Metric {
        name: "numLateRecordsDropped",
        unit: "rows",
        doc: "Rows that came after their time; they leave by the late port.",
    },
    Metric {
        name: "numLateAssignments",
        unit: "windows",
        doc: "Windows missed by rows that were used for others.",
    },
    Metric { name: "numRecordsRejected", unit: "rows", doc: "Rows that could not be read or computed." },
    Metric { name: "numRecordsFiltered", unit: "rows", doc: "Rows for which a condition did not hold." },
    Metric { name: "numRecordsExpired", unit: "rows", doc: "Rows whose state ran out." },
    Metric { name: "numRecordsDiscarded", unit: "rows", doc: "Rows given up at the end of input." },
    Metric { name: "numRecordsBuffered", unit: "rows", doc: "Rows held back for later." },
    Metric {
        name: "numFutureTimestamps",
        unit: "rows",
        doc: "Timestamps too far in the future to move the watermark.",
    },
    Metric {
        name: "numRecordsPruned",
        unit: "rows",
        doc: "For a source, records of which only some columns were decoded, because statistics in the file show that the filter \
              behind it drops them.",
    },
    Metric { name: "numFiredTimers", unit: "timers", doc: "Windows that fired." },
    Metric {
        name: "currentInputWatermark",
        unit: "ms since the epoch",
        doc: "The watermark reached; null before the first and after the last.",
    },
    Metric { name: "busyTimeMs", unit: "ms", doc: "Time spent working, over all subtasks." },
    Metric {
        name: "backPressuredTimeMs",
        unit: "ms",
        doc: "Time spent waiting for credits downstream, over all subtasks.",
    },
];

impl JobSnapshot {
    /// The figures as a JSON object: the run, every node, every edge.
    pub fn to_json(&self) -> Value {
        let nodes = self.nodes.iter().map(|node| {
            let account = &node.account;
            let values = [
                json!(account.rows_in),
                json!(node.rows_out),
                json!(account.used),
                json!(account.late),
                json!(account.late_assignments),
                json!(account.rejected),
                json!(account.filtered),
                json!(account.expired),
                json!(account.discarded),
                json!(account.buffered),
                json!(account.future_skewed),
                json!(account.pruned),
                json!(account.fired_timers),
                json!(node.watermark.time()),
                json!(node.busy.as_millis() as u64),
                json!(node.backpressured.as_millis() as u64),
            ];
            let mut object = Map::new();
            object.insert("id".to_owned(), node.id.as_str().into());
            object.insert("parallelism".to_owned(), node.parallelism.into());
            object.extend(NODE_METRICS.iter().map(|metric| metric.name.to_owned()).zip(values));
            Value::Object(object)
        });
        let edges = self.edges.iter().map(|edge| {
            json!({
                "from": edge.id.from.to_string(),
                "to": edge.id.to.to_string(),
                "numRecords": edge.rows,
                "currentWatermark": edge.watermark.time(),
                "queueFill": edge.queue_fill,
            })
        });
        let status = match &self.status {
            JobStatus::Running => "running",
            JobStatus::Paused(_) => "paused",
            JobStatus::Finished => "finished",
            JobStatus::Stopped => "stopped",
            JobStatus::Failed(_) => "failed",
        };
        json!({
            "status": status,
            "elapsedMs": self.elapsed.as_millis() as u64,
            "clockMs": self.clock_millis,
            "nodes": nodes.collect::<Vec<_>>(),
            "edges": edges.collect::<Vec<_>>(),
        })
    }
}
