//! Which columns of each source are used by anything that stands behind it.

use std::collections::BTreeSet;

use super::wiring::Wired;
use crate::node::{ColumnNeeds, NodePlan, OutputRole};

/// A set of columns, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Used {
    All,
    Some(BTreeSet<String>),
}

impl Used {
    fn add(&mut self, other: &Used) {
        match (&mut *self, other) {
            (Used::All, _) => {}
            (_, Used::All) => *self = Used::All,
            (Used::Some(columns), Used::Some(more)) => columns.extend(more.iter().cloned()),
        }
    }
}

/// For every node that is a source and of whose columns some are not used: those that are. `plans` are made with all columns.
///
/// An edge's event time is always used, as rows are never without the time that watermarks speak of. Of a source only the main
/// outputs count: connecting its rejected rows must not change which rows are rejected.
pub(super) fn used_columns(wired: &Wired<'_>, plans: &[NodePlan]) -> Vec<Option<BTreeSet<String>>> {
    let mut needs: Vec<Used> = vec![Used::All; wired.nodes.len()];
    let mut of_sources = vec![None; wired.nodes.len()];
    for node in (0..wired.nodes.len()).rev() {
        let spec = wired.nodes[node].spec;
        let of_port = |port: usize| {
            let mut used = Used::Some(BTreeSet::new());
            for edge in &wired.nodes[node].outputs[port] {
                used.add(&needs[wired.edges[*edge].to.node]);
            }
            let edge_type = plans[node].outputs.get(port).and_then(Option::as_ref);
            if let Some(event_time) = edge_type.and_then(|edge_type| edge_type.event_time_field()) {
                used.add(&Used::Some(BTreeSet::from([event_time.name.to_string()])));
            }
            used
        };
        if spec.inputs.is_empty() {
            let mut used = Used::Some(BTreeSet::new());
            let (mut connected, mut leaves_some_out) = (false, false);
            for (port, output) in spec.outputs.iter().enumerate() {
                if output.role == OutputRole::Main && !wired.nodes[node].outputs[port].is_empty() {
                    connected = true;
                    used.add(&of_port(port));
                }
            }
            if let Used::Some(columns) = used {
                for (output, edge_type) in spec.outputs.iter().zip(&plans[node].outputs) {
                    let fields = edge_type.iter().flat_map(|edge_type| edge_type.schema.fields());
                    leaves_some_out |= output.role == OutputRole::Main
                        && fields.into_iter().any(|field| !columns.contains(&*field.name));
                }
                of_sources[node] = (connected && leaves_some_out).then_some(columns);
            }
        }
        needs[node] = match &plans[node].needs {
            ColumnNeeds::All => Used::All,
            ColumnNeeds::Some { own, passes } => {
                let mut used = Used::Some(own.clone());
                for (port, output) in spec.outputs.iter().enumerate() {
                    if passes.contains(&output.name) && !wired.nodes[node].outputs[port].is_empty() {
                        used.add(&of_port(port));
                    }
                }
                used
            }
        };
    }
    of_sources
}
