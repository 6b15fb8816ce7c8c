//! Where a person has been: what was selected before, to go back to and forward from.

use tidemark_engine::graph::FlowDocument;

use super::Selection;

/// The selections of one open flow, oldest first. At most [`Trail::MAX_PLACES`] are kept.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    places: Vec<Selection>,
    /// The number of places up to and with the one that was gone to last.
    at: usize,
}

impl Trail {
    /// How many selections are kept.
    pub const MAX_PLACES: usize = 100;

    /// Something else is selected. Nothing is no place to go back to.
    pub fn note(&mut self, selection: &Selection) {
        let last = self.at.checked_sub(1).and_then(|idx| self.places.get(idx));
        if selection.is_empty() || last == Some(selection) {
            return;
        }
        self.places.truncate(self.at);
        if self.places.len() >= Trail::MAX_PLACES {
            self.places.remove(0);
        }
        self.places.push(selection.clone());
        self.at = self.places.len();
    }

    /// Whether there is a place before the one that is selected now.
    pub fn can_go_back(&self, now: &Selection) -> bool {
        self.before(now) > 0
    }

    /// Whether somebody has gone back from somewhere.
    pub fn can_go_forward(&self) -> bool {
        self.at < self.places.len()
    }

    /// Goes back to the nearest place of which anything is left in the flow.
    pub fn back(&mut self, now: &Selection, flow: &FlowDocument) -> Option<Selection> {
        let before = self.before(now);
        let (idx, place) = self.left(flow, (0..before).rev())?;
        self.at = idx + 1;
        Some(place)
    }

    /// Goes forward to the nearest place of which anything is left in the flow.
    pub fn forward(&mut self, flow: &FlowDocument) -> Option<Selection> {
        let (idx, place) = self.left(flow, self.at..self.places.len())?;
        self.at = idx + 1;
        Some(place)
    }

    /// How many places lie before what is selected now, which is none itself while nothing is selected.
    fn before(&self, now: &Selection) -> usize {
        let is_here = self.at.checked_sub(1).and_then(|idx| self.places.get(idx)) == Some(now);
        if is_here { self.at - 1 } else { self.at }
    }

    fn left(
        &mut self,
        flow: &FlowDocument,
        mut places: impl Iterator<Item = usize>,
    ) -> Option<(usize, Selection)> {
        places.find_map(|idx| {
            let place = self.places.get_mut(idx)?;
            let mut left = place.clone();
            left.retain_existing(flow);
            if left.is_empty() {
                return None;
            }
            place.clone_from(&left);
            Some((idx, left))
        })
    }
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph::FlowNode;
    use tidemark_engine::ids::NodeId;

    use super::*;

    fn of(node: &str) -> Selection {
        Selection { nodes: [NodeId::new(node)].into(), ..Selection::default() }
    }

    fn flow(nodes: &[&str]) -> FlowDocument {
        let mut flow = FlowDocument::default();
        for node in nodes {
            flow.nodes.insert(NodeId::new(node), FlowNode::new("union", serde_json::Map::new()));
        }
        flow
    }

    #[test]
    fn the_way_leads_back_and_forward_past_what_is_gone() {
        let mut trail = Trail::default();
        ["a", "b", "c", "c"].iter().for_each(|node| trail.note(&of(node)));
        let (all, some) = (flow(&["a", "b", "c"]), flow(&["a", "c"]));
        assert_eq!(trail.back(&of("c"), &all), Some(of("b")));
        assert_eq!(trail.forward(&all), Some(of("c")));
        assert_eq!(trail.back(&of("c"), &some), Some(of("a")));
        assert!(!trail.can_go_back(&of("a")) && trail.can_go_forward());
        assert_eq!(trail.back(&of("a"), &all), None);
        trail.note(&of("b"));
        assert!(!trail.can_go_forward(), "who turns off leaves the old way");
    }

    #[test]
    fn with_nothing_selected_back_leads_to_what_was_selected_last() {
        let mut trail = Trail::default();
        trail.note(&of("a"));
        trail.note(&Selection::default());
        assert_eq!(trail.back(&Selection::default(), &flow(&["a"])), Some(of("a")));
    }

    #[test]
    fn the_oldest_places_are_forgotten() {
        let mut trail = Trail::default();
        (0..250).for_each(|number| trail.note(&of(&format!("n{number}"))));
        assert_eq!(trail.places.len(), Trail::MAX_PLACES);
        assert_eq!(trail.places.last(), Some(&of("n249")));
    }
}
