//! The shape of a wire: one cubic curve that leaves an output to the right and enters an input from the left.

use egui::{Pos2, Rect, Vec2};

/// A cubic Bézier curve in screen points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Curve {
    points: [Pos2; 4],
}

impl Curve {
    /// The wire between two screen positions. Its handles are longer for wires that run backwards,
    /// so that they swing around their nodes.
    pub fn between(from: Pos2, to: Pos2, zoom: f32) -> Self {
        let dx = to.x - from.x;
        let dy = (to.y - from.y).abs();
        let handle = if dx >= 0.0 {
            (dx * 0.5).max((dy * 0.35).min(60.0 * zoom)).max(12.0 * zoom)
        } else {
            (-dx * 0.55 + dy * 0.2).clamp(70.0 * zoom, 260.0 * zoom)
        };
        let reach = Vec2::new(handle, 0.0);
        Self { points: [from, from + reach, to - reach, to] }
    }

    /// The position at `t` from 0 (output) to 1 (input).
    pub fn at(&self, t: f32) -> Pos2 {
        let [a, b, c, d] = self.points;
        let s = 1.0 - t;
        let v = a.to_vec2() * (s * s * s)
            + b.to_vec2() * (3.0 * s * s * t)
            + c.to_vec2() * (3.0 * s * t * t)
            + d.to_vec2() * (t * t * t);
        v.to_pos2()
    }

    /// A rectangle that contains the curve, quick to compute and somewhat too large.
    pub fn bounds(&self) -> Rect {
        Rect::from_points(&self.points)
    }

    /// The curve as straight pieces of about 12 points, 2 to 48 of them, appended to `points`.
    pub fn flatten_into(&self, points: &mut Vec<Pos2>) {
        let [a, b, c, d] = self.points;
        let flat = (a.y - d.y).abs() < 0.5 && d.x > a.x;
        let length = (b - a).length() + (c - b).length() + (d - c).length();
        let n_pieces = if flat { 1 } else { ((length / 12.0) as usize).clamp(8, 48) };
        points.extend((0..=n_pieces).map(|i| self.at(i as f32 / n_pieces as f32)));
    }
}

/// The distance from `at` to a line of straight pieces, infinite for fewer than two points.
pub(crate) fn distance_to_line(points: &[Pos2], at: Pos2) -> f32 {
    let pieces = points.iter().zip(points.iter().skip(1));
    pieces.map(|(a, b)| distance_to_piece(*a, *b, at)).fold(f32::INFINITY, f32::min)
}

fn distance_to_piece(a: Pos2, b: Pos2, at: Pos2) -> f32 {
    let along = b - a;
    let t = ((at - a).dot(along) / along.length_sq().max(1e-6)).clamp(0.0, 1.0);
    (at - (a + along * t)).length()
}

/// Whether a line of straight pieces crosses the straight line from `a` to `b`.
pub(crate) fn crosses(points: &[Pos2], a: Pos2, b: Pos2) -> bool {
    let side = |p: Pos2, q: Pos2, r: Pos2| (q - p).rot90().dot(r - p) > 0.0;
    let pieces = points.iter().zip(points.iter().skip(1));
    pieces.into_iter().any(|(c, d)| side(a, b, *c) != side(a, b, *d) && side(*c, *d, a) != side(*c, *d, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn curve_starts_and_ends_at_its_ports() {
        let curve = Curve::between(pos2(0.0, 0.0), pos2(200.0, 80.0), 1.0);
        assert_eq!(curve.at(0.0), pos2(0.0, 0.0));
        assert_eq!(curve.at(1.0), pos2(200.0, 80.0));
        let mut line = Vec::new();
        curve.flatten_into(&mut line);
        assert!(line.iter().all(|p| curve.bounds().expand(0.01).contains(*p)));
    }

    #[test]
    fn distance_is_measured_to_the_nearest_piece() {
        let line = [pos2(0.0, 0.0), pos2(100.0, 0.0), pos2(100.0, 50.0)];
        assert_eq!(distance_to_line(&line, pos2(50.0, 7.0)), 7.0);
        assert_eq!(distance_to_line(&line, pos2(103.0, 60.0)), 109.0_f32.sqrt());
        assert_eq!(distance_to_line(&[], pos2(0.0, 0.0)), f32::INFINITY);
    }

    #[test]
    fn only_a_cut_across_crosses() {
        let line = [pos2(0.0, 0.0), pos2(100.0, 0.0)];
        assert!(crosses(&line, pos2(50.0, -10.0), pos2(50.0, 10.0)));
        assert!(!crosses(&line, pos2(50.0, -10.0), pos2(60.0, -1.0)));
        assert!(!crosses(&line, pos2(150.0, -10.0), pos2(150.0, 10.0)));
    }
}
