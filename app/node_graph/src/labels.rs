//! Every word the widget itself says, so that it can be translated.

/// Text that does not come with the graph. The default is English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Accessible name of the canvas.
    pub canvas: String,
    /// Between a port's name and its node's title, for an input without an accessible name.
    pub input_of: String,
    /// The same for an output.
    pub output_of: String,
    /// Before the titles of the two ends of a wire without an accessible name.
    pub wire_from: String,
    /// Between those titles.
    pub wire_to: String,
    /// Before the name of a node without an accessible name that shows an error.
    pub problem: String,
    /// Reason shown over a port on the same side as the one a wire is dragged from.
    pub same_side: String,
    /// Reason shown over a port of the node a wire is dragged from.
    pub same_node: String,
    /// Shown at a port from which a wire was taken by keyboard, if no port would take it.
    pub no_taker: String,
    /// Shown in the search field of the finder while it is empty.
    pub finder_hint: String,
    /// Shown by the finder when nothing matches.
    pub finder_empty: String,
    /// Shown by the finder below its rows when more items match than it shows.
    pub finder_more: String,
    /// Accessible name of the finder's search field.
    pub finder_search: String,
    /// Accessible name of the minimap.
    pub minimap: String,
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            canvas: "Graph".to_owned(),
            input_of: "input of".to_owned(),
            output_of: "output of".to_owned(),
            wire_from: "Wire from".to_owned(),
            wire_to: "to".to_owned(),
            problem: "problem:".to_owned(),
            same_side: "A wire goes from an output to an input".to_owned(),
            same_node: "A node cannot feed itself".to_owned(),
            no_taker: "No port takes this wire; A adds a node that does".to_owned(),
            finder_hint: "Search nodes…".to_owned(),
            finder_empty: "Nothing matches".to_owned(),
            finder_more: "There are more: type to narrow them down".to_owned(),
            finder_search: "Search nodes".to_owned(),
            minimap: "Minimap".to_owned(),
        }
    }
}
