//! Where a card lies: beside what it is of, whole within the window, and not under the pointer. Pure.

use egui::{Pos2, Rect, Vec2, pos2};

/// How near the pointer may come to a card before it makes way, in points.
const NEAR: f32 = 6.0;
/// What arithmetic may be off by, in points.
const ROUNDING: f32 = 0.5;

/// The place of a card of this size beside `around`: below it if there is room, else above it, else at its side.
///
/// A card that is no higher than the window and no wider than half of it always finds room.
pub(super) fn place(size: Vec2, around: Rect, pointer: Option<Pos2>, window: Rect) -> Rect {
    let xs = [around.left(), around.right() - size.x];
    let ys = [around.top(), around.bottom() - size.y];
    let below = xs.map(|x| pos2(x, around.bottom()));
    let above = xs.map(|x| pos2(x, around.top() - size.y));
    let right = ys.map(|y| pos2(around.right(), y));
    let left = ys.map(|y| pos2(around.left() - size.x, y));
    // What stands above or below may be moved sideways, and what stands at a side up or down.
    let last = window.max - size;
    let across = |at: Pos2| pos2(at.x.clamp(window.left(), last.x.max(window.left())), at.y);
    let along = |at: Pos2| pos2(at.x, at.y.clamp(window.top(), last.y.max(window.top())));
    let places = below.into_iter().chain(above).map(across).chain(right.into_iter().chain(left).map(along));
    let mut rects = places.map(|at| Rect::from_min_size(at, size));
    rects
        .find(|rect| is_free(*rect, pointer, window))
        .unwrap_or_else(|| Rect::from_min_size(across(along(below[0])), size))
}

/// The place of before with a new size, if it can stay there.
pub(super) fn stays(before: Rect, size: Vec2, pointer: Option<Pos2>, window: Rect) -> Option<Rect> {
    let rect = Rect::from_min_size(before.min, size);
    is_free(rect, pointer, window).then_some(rect)
}

fn is_free(rect: Rect, pointer: Option<Pos2>, window: Rect) -> bool {
    window.expand(ROUNDING).contains_rect(rect)
        && !pointer.is_some_and(|pointer| rect.expand(NEAR).contains(pointer))
}

#[cfg(test)]
mod tests {
    use egui::vec2;
    use proptest::prelude::*;

    use super::*;

    fn around(at: Pos2) -> Rect {
        Rect::from_center_size(at, Vec2::splat(28.0))
    }

    #[test]
    fn a_card_hangs_below_the_pointer_and_turns_at_the_edges() {
        let window = Rect::from_min_size(Pos2::ZERO, vec2(1_000.0, 600.0));
        let size = vec2(300.0, 200.0);
        let at = |x, y| place(size, around(pos2(x, y)), Some(pos2(x, y)), window).min;
        assert_eq!(at(400.0, 100.0), pos2(386.0, 114.0));
        assert_eq!(at(900.0, 100.0), pos2(700.0, 114.0));
        assert_eq!(at(400.0, 500.0), pos2(386.0, 286.0));
    }

    #[test]
    fn it_stays_until_the_pointer_comes_to_it() {
        let window = Rect::from_min_size(Pos2::ZERO, vec2(1_000.0, 600.0));
        let (before, size) =
            (Rect::from_min_size(pos2(386.0, 114.0), vec2(300.0, 200.0)), vec2(300.0, 220.0));
        let stayed = |pointer| stays(before, size, Some(pointer), window).map(|rect| rect.min);
        assert_eq!(stayed(pos2(380.0, 90.0)), Some(before.min));
        assert_eq!(stayed(pos2(400.0, 110.0)), None);
        assert_eq!(stays(before, vec2(300.0, 500.0), None, window), None);
    }

    proptest! {
        #[test]
        fn wherever_the_pointer_is_the_card_is_whole_and_not_under_it(
            x in 0.0_f32..1.0, y in 0.0_f32..1.0, width in 0.1_f32..1.0, height in 0.1_f32..1.0,
        ) {
            let window = Rect::from_min_size(pos2(4.0, 4.0), vec2(952.0, 592.0));
            let size = vec2((window.width() / 2.0 - 14.0) * width, window.height() * height);
            let pointer = window.min + window.size() * vec2(x, y);
            let rect = place(size, around(pointer), Some(pointer), window);
            prop_assert!(window.expand(ROUNDING).contains_rect(rect), "{rect:?} is not within {window:?}");
            prop_assert!(!rect.contains(pointer), "{rect:?} lies under {pointer:?}");
        }
    }
}
