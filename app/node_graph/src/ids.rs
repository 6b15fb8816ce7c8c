//! What a caller names its nodes, ports, wires and backdrops with.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::Hash;

/// An identity that stays the same from frame to frame: a number, a short string, a newtype.
///
/// Implemented for everything that meets the bounds. It is cloned often, so prefer something small.
pub trait Key: Clone + Ord + Hash + Debug + 'static {}

impl<T: Clone + Ord + Hash + Debug + 'static> Key for T {}

/// The kinds of identity of one graph, bundled so that other types carry one parameter.
///
/// Write a tuple: `type Ids = (NodeId, PortName, WireId);`, or `type Ids = (NodeId, PortName, WireId, BackdropId);` for a graph
/// with frames or notes.
pub trait GraphIds: Clone + Debug + PartialEq + 'static {
    /// Names a node; unique in the graph.
    type Node: Key;
    /// Names a port; unique among the ports on one side of one node.
    type Port: Key;
    /// Names a wire; unique in the graph.
    type Wire: Key;
    /// Names a frame or a note; unique in the graph.
    type Backdrop: Key;
}

impl<N: Key, P: Key, W: Key> GraphIds for (N, P, W) {
    type Node = N;
    type Port = P;
    type Wire = W;
    type Backdrop = Infallible;
}

impl<N: Key, P: Key, W: Key, B: Key> GraphIds for (N, P, W, B) {
    type Node = N;
    type Port = P;
    type Wire = W;
    type Backdrop = B;
}

/// The side of a node a port sits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The left edge, where wires end.
    Input,
    /// The right edge, where wires start.
    Output,
}

impl Side {
    /// The other side, which a wire from here has to reach.
    pub fn opposite(self) -> Self {
        match self {
            Self::Input => Self::Output,
            Self::Output => Self::Input,
        }
    }
}

/// One port of one node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRef<I: GraphIds> {
    /// The node the port belongs to.
    pub node: I::Node,
    /// Which edge of the node it sits on.
    pub side: Side,
    /// The port among the ports of that edge.
    pub port: I::Port,
}

impl<I: GraphIds> PortRef<I> {
    /// An input port, on the left edge of `node`.
    pub fn input(node: I::Node, port: I::Port) -> Self {
        Self { node, side: Side::Input, port }
    }

    /// An output port, on the right edge of `node`.
    pub fn output(node: I::Node, port: I::Port) -> Self {
        Self { node, side: Side::Output, port }
    }
}
