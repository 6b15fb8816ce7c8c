//! The order in which nodes are worked on: everything before what reads it, and by id where that leaves a choice.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The order of a graph of nodes `0..n`, and the edges that have no place in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// The nodes, each after those that it reads; the smallest first where there is a choice.
    pub nodes: Vec<usize>,
    /// For each edge that closes a cycle: its index, and the nodes of the cycle from the edge's end to its beginning.
    pub cycles: Vec<(usize, Vec<usize>)>,
}

/// Orders a graph of `n_nodes` nodes with these edges.
///
/// An edge that closes a cycle, as a walk from the smallest nodes onwards finds it, is left out of the order and reported.
pub(super) fn order(n_nodes: usize, edges: &[(usize, usize)]) -> Order {
    let mut leaving = vec![Vec::new(); n_nodes];
    for (idx, (from, to)) in edges.iter().enumerate() {
        leaving[*from].push((*to, idx));
    }
    leaving.iter_mut().for_each(|edges| edges.sort_unstable());
    let cycles = cycles(&leaving);
    let mut closes = vec![false; edges.len()];
    for (edge, _) in &cycles {
        closes[*edge] = true;
    }

    let mut n_waiting = vec![0_usize; n_nodes];
    for (idx, (_, to)) in edges.iter().enumerate() {
        n_waiting[*to] += usize::from(!closes[idx]);
    }
    let mut ready: BinaryHeap<_> = (0..n_nodes).filter(|node| n_waiting[*node] == 0).map(Reverse).collect();
    let mut nodes = Vec::with_capacity(n_nodes);
    while let Some(Reverse(node)) = ready.pop() {
        nodes.push(node);
        for (to, edge) in &leaving[node] {
            if closes[*edge] {
                continue;
            }
            n_waiting[*to] -= 1;
            if n_waiting[*to] == 0 {
                ready.push(Reverse(*to));
            }
        }
    }
    Order { nodes, cycles }
}

/// The edges that lead back to a node on the way to them. A walk by a list instead of calls: a chain may have 10,000 nodes.
fn cycles(leaving: &[Vec<(usize, usize)>]) -> Vec<(usize, Vec<usize>)> {
    /// How many cycles are spelled out; of the others, only the closing edge is reported.
    const MAX_SPELLED: usize = 20;
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Never,
        OnTheWay,
        Done,
    }
    let mut seen = vec![Seen::Never; leaving.len()];
    let mut cycles = Vec::new();
    for start in 0..leaving.len() {
        if seen[start] != Seen::Never {
            continue;
        }
        seen[start] = Seen::OnTheWay;
        let mut way = vec![(start, 0)];
        while let Some((node, next)) = way.last_mut() {
            let Some((to, edge)) = leaving[*node].get(*next) else {
                seen[*node] = Seen::Done;
                way.pop();
                continue;
            };
            *next += 1;
            match seen[*to] {
                Seen::Never => {
                    seen[*to] = Seen::OnTheWay;
                    way.push((*to, 0));
                }
                Seen::OnTheWay => {
                    // The search is bounded as well: there may be 50,000 of them in one long way.
                    let from = (cycles.len() < MAX_SPELLED)
                        .then(|| way.iter().rposition(|(node, _)| node == to))
                        .flatten()
                        .unwrap_or(way.len());
                    cycles.push((*edge, way[from..].iter().map(|(node, _)| *node).collect()));
                }
                Seen::Done => {}
            }
        }
    }
    cycles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nodes_follow_what_they_read_and_ties_go_to_the_smaller() {
        let order = order(5, &[(4, 0), (3, 0), (0, 1), (2, 1)]);
        assert_eq!(order, Order { nodes: vec![2, 3, 4, 0, 1], cycles: vec![] });
    }

    #[test]
    fn the_edge_that_closes_a_cycle_is_named_with_the_nodes_on_it() {
        let order = order(4, &[(0, 1), (1, 2), (2, 1), (2, 3), (3, 3)]);
        assert_eq!(order.nodes, [0, 1, 2, 3]);
        assert_eq!(order.cycles, [(2, vec![1, 2]), (4, vec![3])]);
    }

    #[test]
    fn a_long_chain_does_not_exhaust_the_stack() {
        let edges: Vec<_> = (0..100_000).map(|node| (node + 1, node)).collect();
        assert_eq!(order(100_001, &edges).nodes.first(), Some(&100_000));
    }

    proptest! {
        #[test]
        fn every_node_has_its_place_whatever_the_edges(
            edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..30),
        ) {
            let order = order(8, &edges);
            let place = |node| order.nodes.iter().position(|other| *other == node);
            for node in 0..8 {
                prop_assert!(place(node).is_some());
            }
            for (idx, (from, to)) in edges.iter().enumerate() {
                let closes = order.cycles.iter().any(|(edge, _)| *edge == idx);
                prop_assert!(closes || place(*from) < place(*to));
            }
        }
    }
}
