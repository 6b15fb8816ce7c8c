//! What went wrong while a flow ran and nothing in the flow takes care of: rows that got lost, a run that failed or paused itself.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

use tidemark_engine::diagnostic::Severity;
use tidemark_engine::ids::{NodeId, PortRef};
use tidemark_engine::node::{Catalog, OutputRole};

use super::OpenFlow;
use crate::engine_link::{Metric, NodeFigures, RunStatus, UiSnapshot};

/// Something that went wrong while a flow ran, however often.
#[derive(Clone, Debug, PartialEq)]
pub struct RuntimeProblem {
    /// What.
    pub kind: RuntimeKind,
    /// At which node, if at one.
    pub node: Option<NodeId>,
}

/// What went wrong while a flow ran.
#[derive(Clone, Debug, PartialEq)]
pub enum RuntimeKind {
    /// Rows that came after their time and went nowhere.
    Late(Lost),
    /// Rows that could not be read or computed and went nowhere.
    Rejected(Lost),
    /// The run failed, for this reason.
    Failed(String),
    /// The run paused itself, for this reason.
    Paused(String),
}

/// Rows that went nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// How many.
    pub n_rows: u64,
    /// How many a second, over the last stretch that was noted.
    pub per_sec: f64,
    /// The port that they would leave by, if the node has one.
    pub port: Option<PortRef>,
}

impl RuntimeProblem {
    /// How serious it is.
    pub fn severity(&self) -> Severity {
        match &self.kind {
            RuntimeKind::Failed(_) => Severity::Error,
            RuntimeKind::Late(_) | RuntimeKind::Rejected(_) | RuntimeKind::Paused(_) => Severity::Warning,
        }
    }
}

/// The problems of a run, found again only when the run or the flow has gone on.
#[derive(Debug, Default)]
pub struct RuntimeProblems {
    of: Option<(Arc<UiSnapshot>, u64)>,
    found: Vec<RuntimeProblem>,
}

impl RuntimeProblems {
    /// What was found.
    pub fn found(&self) -> &[RuntimeProblem] {
        &self.found
    }
}

impl OpenFlow {
    /// Looks again for what went wrong in the run, if something can have changed.
    pub fn find_runtime_problems(&mut self, catalog: &Catalog) {
        let (snapshot, revision) = (&self.run.snapshot, self.document.meaning_revision());
        let is_known = |(seen, at): &(Arc<UiSnapshot>, u64)| Arc::ptr_eq(seen, snapshot) && *at == revision;
        if self.runtime.of.as_ref().is_some_and(is_known) {
            return;
        }
        let found = found(self, catalog);
        self.runtime = RuntimeProblems { of: Some((Arc::clone(&self.run.snapshot), revision)), found };
    }
}

fn found(open: &OpenFlow, catalog: &Catalog) -> Vec<RuntimeProblem> {
    let (snapshot, flow) = (&open.run.snapshot, open.document.flow());
    let mut found = Vec::new();
    match &snapshot.status {
        RunStatus::Failed(failure) => {
            let kind = RuntimeKind::Failed(failure.message.clone());
            found.push(RuntimeProblem { kind, node: failure.node.clone() });
        }
        RunStatus::Paused(Some(reason)) => {
            found.push(RuntimeProblem { kind: RuntimeKind::Paused(reason.clone()), node: None });
        }
        _ => {}
    }
    // The ports that rows leave by, sought only if rows went somewhere they may leave by.
    let joined = OnceCell::new();
    let is_joined = |port: &PortRef| {
        let edges = || snapshot.edges.keys().chain(flow.edges.iter());
        joined.get_or_init(|| edges().map(|edge| &edge.from).collect::<HashSet<_>>()).contains(port)
    };
    let has_lost = |figures: &NodeFigures| figures.account.late + figures.account.rejected > 0;
    for (id, figures) in snapshot.nodes.iter().filter(|(_, figures)| has_lost(figures)) {
        let Some(spec) = flow.nodes.get(id).and_then(|node| catalog.spec(&node.kind)) else { continue };
        for (role, n_rows, metric) in [
            (OutputRole::Late, figures.account.late, Metric::Late),
            (OutputRole::Rejected, figures.account.rejected, Metric::Rejected),
        ] {
            if n_rows == 0 {
                continue;
            }
            let port = spec.outputs.iter().find(|output| output.role == role);
            let port = port.map(|output| PortRef::new(id.clone(), output.name));
            if port.as_ref().is_some_and(is_joined) {
                continue;
            }
            let last = snapshot.history.node(id).and_then(|series| series.last(metric));
            let last = last.filter(|sample| sample.value.is_finite() && snapshot.is_going());
            let per_sec = last.map_or(0.0, |sample| sample.value);
            let lost = Lost { n_rows, per_sec, port };
            let kind =
                if metric == Metric::Late { RuntimeKind::Late(lost) } else { RuntimeKind::Rejected(lost) };
            found.push(RuntimeProblem { kind, node: Some(id.clone()) });
        }
    }
    found
}
