//! The conservation law at the end of a run: no row is lost in a node, and none between two.

use crate::error::{EngineError, Result};
use crate::ids::{EdgeId, NodeId};
use crate::node::RowAccount;

/// The rows of an edge, counted at both of its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EdgeAccount {
    /// Rows that the producer has given away, before they are spread over subtasks.
    pub(super) sent: u64,
    /// Rows that have come in at the consumer, before streams are merged.
    pub(super) received: u64,
}

/// Checks the books of a finished run.
///
/// Every node accounts for the rows that entered it ([`RowAccount::check`]); what was sent over an edge was received; and into a
/// node that is no source there went what its edges brought.
///
/// # Errors
/// The first law that does not hold, with its figures, at the node where the rows are missing.
pub(super) fn balance(nodes: &[(NodeId, RowAccount)], edges: &[(EdgeId, EdgeAccount)]) -> Result<()> {
    for (edge, EdgeAccount { sent, received }) in edges {
        if sent != received {
            let law = format!("{sent} rows sent by `{edge}`, but {received} received");
            return Err(unbalanced("rows were lost or doubled on the way to the node", law, &edge.to.node));
        }
    }
    for (node, account) in nodes {
        let mut brought = edges.iter().filter(|(edge, _)| edge.to.node == *node).peekable();
        if brought.peek().is_some() {
            let brought: u64 = brought.map(|(_, edge)| edge.received).sum();
            if brought != account.rows_in {
                let law = format!("{brought} rows received by all edges, but {} rows in", account.rows_in);
                return Err(unbalanced("rows were lost or doubled on entering the node", law, node));
            }
        }
        account.check().map_err(|law| unbalanced("the rows of the node do not add up", law, node))?;
    }
    Ok(())
}

/// Checks what went from the first halves of nodes to the second.
///
/// # Errors
/// The first node between whose halves rows were lost or doubled, with the figures.
pub(super) fn balance_halves(between: &[(NodeId, EdgeAccount)]) -> Result<()> {
    for (node, EdgeAccount { sent, received }) in between {
        if sent != received {
            let law = format!("{sent} partial rows sent, but {received} received");
            return Err(unbalanced("rows were lost or doubled between the halves of the node", law, node));
        }
    }
    Ok(())
}

fn unbalanced(what: &str, law: String, node: &NodeId) -> EngineError {
    EngineError::internal(what).because(law).at(node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PortRef;

    fn edge(from: &str, to: &str) -> EdgeId {
        EdgeId { from: PortRef::new(NodeId::new(from), "out"), to: PortRef::new(NodeId::new(to), "in") }
    }

    /// Two sources of 30 and 12 rows, and a union that has used `used` of the `rows_in` that entered; what its edges say.
    fn books(rows_in: u64, used: u64, edges: [EdgeAccount; 2]) -> Result<()> {
        let account = |rows_in, used| RowAccount { rows_in, used, ..RowAccount::default() };
        let nodes = [("a", account(30, 30)), ("b", account(12, 12)), ("both", account(rows_in, used))];
        let nodes = nodes.map(|(id, account)| (NodeId::new(id), account));
        let [a, b] = edges;
        balance(&nodes, &[(edge("a", "both"), a), (edge("b", "both"), b)])
    }

    fn passed(sent: u64, received: u64) -> EdgeAccount {
        EdgeAccount { sent, received }
    }

    #[test]
    fn books_that_balance_are_accepted() {
        assert!(books(42, 42, [passed(30, 30), passed(12, 12)]).is_ok());
    }

    #[test]
    fn what_is_lost_between_halves_is_said_with_its_figures() {
        let node = NodeId::new("window");
        assert!(balance_halves(&[(node.clone(), passed(7, 7))]).is_ok());
        let error = balance_halves(&[(node.clone(), passed(7, 6))]).expect_err("one is lost");
        assert_eq!(error.node(), Some(&node));
        assert!(error.to_string().contains("7 partial rows sent, but 6 received"), "{error}");
    }

    #[test]
    fn each_law_that_is_broken_says_so_with_its_figures() {
        for (broken, law) in [
            (
                books(41, 41, [passed(30, 30), passed(12, 11)]),
                "12 rows sent by `b.out -> both.in`, but 11 received",
            ),
            (
                books(43, 43, [passed(30, 31), passed(12, 12)]),
                "30 rows sent by `a.out -> both.in`, but 31 received",
            ),
            // One edge has one too many and the other one too few: their sum alone would say nothing.
            (
                books(42, 42, [passed(30, 29), passed(12, 13)]),
                "30 rows sent by `a.out -> both.in`, but 29 received",
            ),
            (
                books(41, 41, [passed(30, 30), passed(12, 12)]),
                "42 rows received by all edges, but 41 rows in",
            ),
            (books(42, 41, [passed(30, 30), passed(12, 12)]), "42 rows in, but 41 used"),
        ] {
            let error = broken.expect_err(law);
            assert_eq!(error.node(), Some(&NodeId::new("both")), "{law}");
            assert!(error.to_string().contains(law), "{error}");
        }
    }
}
