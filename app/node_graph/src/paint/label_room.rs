//! Finds room for the labels of wires.

use egui::{Pos2, Rect, Vec2};

use crate::curve::Curve;

/// What is in the way of labels: tiles, and the labels placed so far.
pub(crate) struct LabelRoom {
    taken: Vec<Rect>,
}

impl LabelRoom {
    /// Starts with the tiles on screen and whatever else labels must not cover.
    pub fn new(taken: impl Iterator<Item = Rect>) -> Self {
        Self { taken: taken.map(|rect| rect.expand(3.0)).collect() }
    }

    /// The free place nearest the middle of the curve for a label of this size, which it takes: on
    /// the line, else just above or below it. With `anyway`, the middle if there is none.
    pub fn place(&mut self, curve: &Curve, size: Vec2, anyway: bool) -> Option<Pos2> {
        const ALONG: [f32; 9] = [0.5, 0.44, 0.56, 0.38, 0.62, 0.3, 0.7, 0.22, 0.78];
        let beside = size.y * 1.1;
        let lifts = [0.0, -beside, beside].map(|y| Vec2::new(0.0, y));
        let candidates = lifts.iter().flat_map(|lift| ALONG.iter().map(|t| curve.at(*t) + *lift));
        let free = |at: &Pos2| {
            let label = Rect::from_center_size(*at, size);
            !self.taken.iter().any(|taken| taken.intersects(label))
        };
        let place = candidates.into_iter().find(free);
        let place = place.or_else(|| anyway.then(|| curve.at(0.5)))?;
        self.taken.push(Rect::from_center_size(place, size + Vec2::splat(4.0)));
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn label_moves_off_a_tile_and_off_other_labels() {
        let curve = Curve::between(pos2(0.0, 0.0), pos2(400.0, 0.0), 1.0);
        let tile = Rect::from_center_size(pos2(200.0, 0.0), Vec2::new(60.0, 60.0));
        let mut room = LabelRoom::new([tile].into_iter());
        let size = Vec2::new(50.0, 16.0);
        let first = room.place(&curve, size, false).expect("there is room");
        let second = room.place(&curve, size, false).expect("there is room on the other side");
        assert!(!tile.intersects(Rect::from_center_size(first, size)));
        assert!(!tile.intersects(Rect::from_center_size(second, size)));
        assert!(!Rect::from_center_size(first, size).intersects(Rect::from_center_size(second, size)));
    }

    #[test]
    fn label_without_room_is_left_out_unless_asked_for() {
        let curve = Curve::between(pos2(0.0, 0.0), pos2(100.0, 0.0), 1.0);
        let mut room = LabelRoom::new([Rect::EVERYTHING].into_iter());
        assert_eq!(room.place(&curve, Vec2::splat(10.0), false), None);
        assert!(room.place(&curve, Vec2::splat(10.0), true).is_some());
    }
}
