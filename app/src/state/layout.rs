//! How the panes of the window are arranged: what stands beside what, how large it is, and which panes are closed.
//!
//! A layout is data alone. `panels/workbench` shows it as tiles and asks for the layout that a person has dragged.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::DockTab;

/// A part of the window that can be moved about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// The graph. It is always there, and nothing lies over it.
    Canvas,
    /// What is selected.
    Inspector,
    /// A tab of the dock, wherever it was moved to.
    #[serde(untagged)]
    Dock(DockTab),
}

/// Where a pane is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Left of the canvas.
    Left,
    /// Right of the canvas.
    Right,
    /// Into the group at the bottom.
    Bottom,
}

/// What stands where. Every pane is in it once, closed ones at the place to which they come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The whole room between the menu bar and the transport.
    pub root: Part,
    /// Tabs of the dock that are closed.
    pub closed: BTreeSet<DockTab>,
    /// Whether the inspector is open.
    pub inspector: bool,
    /// Whether the dock is open.
    pub dock: bool,
}

/// A part of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its width in a row, its height in a column, in points. Without meaning for what holds the canvas: that takes what is left.
    pub points: u16,
    /// What is in it.
    #[serde(flatten)]
    pub shape: Shape,
}

/// What is in a part of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Panes of which one is seen.
    Tabs {
        /// The panes, in order.
        panes: Vec<Pane>,
        /// The one that is seen.
        shown: Pane,
    },
    /// Parts from left to right.
    Row(Vec<Part>),
    /// Parts from top to bottom.
    Column(Vec<Part>),
}

impl Pane {
    /// Every pane.
    pub fn all() -> impl Iterator<Item = Pane> {
        [Pane::Canvas].into_iter().chain(DockTab::ALL.map(Pane::Dock)).chain([Pane::Inspector])
    }
}

impl Default for Layout {
    /// The dock below the canvas, and the inspector at the right of both: what is written needs the height.
    fn default() -> Layout {
        let dock = Shape::tabs(DockTab::ALL.map(Pane::Dock).to_vec());
        let left = Shape::Column(vec![
            Part::new(0, Shape::tabs(vec![Pane::Canvas])),
            Part::new(Layout::DOCK_POINTS, dock),
        ]);
        let inspector = Part::new(Layout::SIDE_POINTS, Shape::tabs(vec![Pane::Inspector]));
        let root = Shape::Row(vec![Part::new(0, left), inspector]);
        Layout { root: Part::new(0, root), closed: BTreeSet::new(), inspector: true, dock: true }
    }
}

impl Layout {
    /// How wide what stands beside the canvas is, unless a person has made it wider.
    pub const SIDE_POINTS: u16 = 320;
    /// How high what stands below the canvas is, unless a person has made it higher.
    pub const DOCK_POINTS: u16 = 264;
    const MOST_POINTS: u16 = 8_192;

    /// The layout as it can be shown, or `None` if something in it cannot be true: a pane that is there twice, a canvas that is
    /// missing or has others over it. Panes that are missing, for they are newer than the layout, join the dock.
    pub fn mended(mut self) -> Option<Layout> {
        let mut seen = BTreeSet::new();
        mend(&mut self.root, &mut seen)?;
        if !seen.contains(&Pane::Canvas) {
            return None;
        }
        for pane in Pane::all().filter(|pane| !seen.contains(pane)) {
            self.add_to_dock(pane);
        }
        self.root = self.root.simplified()?;
        Some(self)
    }

    /// The groups of tabs, from the top left to the bottom right.
    pub fn groups(&self) -> Vec<(&[Pane], Pane)> {
        let mut groups = Vec::new();
        collect(&self.root, &mut groups);
        groups
    }

    /// The panes that share the place of this one, itself among them.
    pub fn beside(&self, pane: Pane) -> &[Pane] {
        let groups = self.groups();
        groups.into_iter().map(|(panes, _)| panes).find(|panes| panes.contains(&pane)).unwrap_or_default()
    }

    /// Whether a tab of the dock is open and before those that share its place: the one that was shown last, or if that is closed
    /// the first that is open.
    pub fn is_in_front(&self, tab: DockTab) -> bool {
        let is_open = |pane: &Pane| !matches!(pane, Pane::Dock(tab) if self.closed.contains(tab));
        self.groups().into_iter().any(|(panes, shown)| {
            let first = || panes.iter().copied().find(is_open);
            Some(shown).filter(is_open).or_else(first) == Some(Pane::Dock(tab))
        })
    }

    /// Whether nothing but the tabs that are seen differs.
    pub fn is_arranged_as(&self, other: &Layout) -> bool {
        let place = |layout: &Layout| {
            let mut root = layout.root.clone();
            each_group(&mut root, &mut |panes, shown| *shown = panes[0]);
            (root, layout.closed.clone())
        };
        place(self) == place(other)
    }

    /// Brings a pane before those that share its place, and opens it if it is a closed tab of the dock.
    pub fn show(&mut self, pane: Pane) {
        if let Pane::Dock(tab) = pane {
            self.closed.remove(&tab);
        }
        each_group(&mut self.root, &mut |panes, shown| {
            if panes.contains(&pane) {
                *shown = pane;
            }
        });
    }

    /// Puts a pane elsewhere. The canvas stays where it is.
    pub fn move_to(&mut self, pane: Pane, side: Side) {
        if pane == Pane::Canvas {
            return;
        }
        each_group(&mut self.root, &mut |panes, _| panes.retain(|other| *other != pane));
        let part = Part::new(Layout::SIDE_POINTS, Shape::tabs(vec![pane]));
        match side {
            Side::Left | Side::Right => put_beside_canvas(&mut self.root, &part, side),
            Side::Bottom => self.add_to_dock(pane),
        }
        if let Some(root) = self.root.clone().simplified() {
            self.root = root;
        }
    }

    /// Adds a pane to the group that holds the dock's first tab, or makes one at the bottom.
    fn add_to_dock(&mut self, pane: Pane) {
        let mut is_added = false;
        each_group(&mut self.root, &mut |panes, shown| {
            if !is_added && panes.iter().any(|other| matches!(other, Pane::Dock(_))) {
                panes.push(pane);
                *shown = pane;
                is_added = true;
            }
        });
        if !is_added {
            let above = std::mem::replace(&mut self.root, Part::new(0, Shape::Row(Vec::new())));
            let below = Part::new(Layout::DOCK_POINTS, Shape::tabs(vec![pane]));
            self.root = Part::new(0, Shape::Column(vec![above, below]));
        }
    }
}

impl Part {
    /// A part of this size.
    pub fn new(points: u16, shape: Shape) -> Part {
        Part { points, shape }
    }

    /// Whether the canvas is in it.
    pub fn has_canvas(&self) -> bool {
        match &self.shape {
            Shape::Tabs { panes, .. } => panes.contains(&Pane::Canvas),
            Shape::Row(parts) | Shape::Column(parts) => parts.iter().any(Part::has_canvas),
        }
    }

    /// The same without empty parts, rows in rows and columns in columns; `None` if nothing is left.
    fn simplified(self) -> Option<Part> {
        let points = self.points;
        let parts_of = |parts: Vec<Part>| parts.into_iter().filter_map(Part::simplified).collect::<Vec<_>>();
        let (mut parts, is_row) = match self.shape {
            Shape::Tabs { panes, .. } if panes.is_empty() => return None,
            Shape::Tabs { panes, shown } => {
                let shown = if panes.contains(&shown) { shown } else { panes[0] };
                return Some(Part::new(points, Shape::Tabs { panes, shown }));
            }
            Shape::Row(parts) => {
                let flat = parts_of(parts).into_iter().flat_map(|part| match part.shape {
                    Shape::Row(inner) => inner,
                    _ => vec![part],
                });
                (flat.collect::<Vec<_>>(), true)
            }
            Shape::Column(parts) => {
                let flat = parts_of(parts).into_iter().flat_map(|part| match part.shape {
                    Shape::Column(inner) => inner,
                    _ => vec![part],
                });
                (flat.collect::<Vec<_>>(), false)
            }
        };
        match parts.len() {
            0 => None,
            1 => parts.pop().map(|part| Part::new(points, part.shape)),
            _ if is_row => Some(Part::new(points, Shape::Row(parts))),
            _ => Some(Part::new(points, Shape::Column(parts))),
        }
    }
}

impl Shape {
    /// Panes of which the first is seen.
    fn tabs(panes: Vec<Pane>) -> Shape {
        let shown = panes.first().copied().unwrap_or(Pane::Canvas);
        Shape::Tabs { panes, shown }
    }
}

/// Notes the panes of a part and brings its sizes and shown tabs into range; `None` if it cannot be true.
fn mend(part: &mut Part, seen: &mut BTreeSet<Pane>) -> Option<()> {
    part.points = part.points.min(Layout::MOST_POINTS);
    match &mut part.shape {
        Shape::Tabs { panes, shown } => {
            let is_alone = !panes.contains(&Pane::Canvas) || panes.len() == 1;
            let is_new = panes.iter().all(|pane| seen.insert(*pane));
            *shown = panes.iter().copied().find(|pane| pane == shown).or(panes.first().copied())?;
            (is_alone && is_new).then_some(())
        }
        Shape::Row(parts) | Shape::Column(parts) => {
            (!parts.is_empty()).then_some(())?;
            parts.iter_mut().try_for_each(|part| mend(part, seen))
        }
    }
}

fn collect<'a>(part: &'a Part, groups: &mut Vec<(&'a [Pane], Pane)>) {
    match &part.shape {
        Shape::Tabs { panes, shown } => groups.push((panes, *shown)),
        Shape::Row(parts) | Shape::Column(parts) => parts.iter().for_each(|part| collect(part, groups)),
    }
}

fn each_group(part: &mut Part, change: &mut impl FnMut(&mut Vec<Pane>, &mut Pane)) {
    match &mut part.shape {
        Shape::Tabs { panes, shown } => change(panes, shown),
        Shape::Row(parts) | Shape::Column(parts) => {
            parts.iter_mut().for_each(|part| each_group(part, change));
        }
    }
}

/// Puts a part left or right of the group that is the canvas.
fn put_beside_canvas(part: &mut Part, new: &Part, side: Side) {
    match &mut part.shape {
        Shape::Tabs { panes, .. } if panes.contains(&Pane::Canvas) => {
            let canvas = part.clone();
            let both = if side == Side::Left { vec![new.clone(), canvas] } else { vec![canvas, new.clone()] };
            *part = Part::new(part.points, Shape::Row(both));
        }
        Shape::Tabs { .. } => {}
        Shape::Row(parts) | Shape::Column(parts) => {
            parts.iter_mut().for_each(|part| put_beside_canvas(part, new, side));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: Pane = Pane::Dock(DockTab::Data);
    const LOG: Pane = Pane::Dock(DockTab::Log);

    #[test]
    fn the_default_layout_holds_every_pane_once_and_comes_back_from_text() {
        let layout = Layout::default();
        let panes: Vec<Pane> =
            layout.groups().into_iter().flat_map(|(panes, _)| panes.iter().copied()).collect();
        assert_eq!(panes, Pane::all().collect::<Vec<_>>());
        let text = serde_json::to_string(&layout).expect("it is plain data");
        assert_eq!(serde_json::from_str::<Layout>(&text).expect("it reads").mended(), Some(layout));
    }

    #[test]
    fn what_cannot_be_true_is_refused() {
        let with = |shape| Layout { root: Part::new(0, shape), ..Layout::default() }.mended();
        assert_eq!(with(Shape::tabs(vec![DATA])), None, "there is no canvas");
        assert_eq!(with(Shape::tabs(vec![Pane::Canvas, DATA])), None, "something lies over the canvas");
        assert_eq!(with(Shape::Row(Vec::new())), None, "there is nothing");
        let canvas = Part::new(0, Shape::tabs(vec![Pane::Canvas]));
        assert_eq!(with(Shape::Row(vec![canvas.clone(), canvas])), None, "there are two");
    }

    #[test]
    fn panes_that_a_layout_does_not_know_join_the_dock() {
        let canvas = Part::new(0, Shape::tabs(vec![Pane::Canvas]));
        let dock = Part::new(200, Shape::tabs(vec![DATA]));
        let old = Layout { root: Part::new(0, Shape::Column(vec![canvas, dock])), ..Layout::default() };
        let mended = old.mended().expect("it can be shown");
        assert_eq!(mended.beside(LOG), mended.beside(DATA));
        assert_eq!(mended.groups().len(), 2);
    }

    #[test]
    fn one_tab_of_each_place_is_in_front() {
        let mut layout = Layout::default();
        let in_front = |layout: &Layout| DockTab::ALL.map(|tab| layout.is_in_front(tab));
        assert_eq!(in_front(&layout), [true, false, false, false]);
        layout.show(LOG);
        assert_eq!(in_front(&layout), [false, false, false, true]);
        layout.closed.insert(DockTab::Log);
        assert_eq!(in_front(&layout), [true, false, false, false]);
        layout.show(LOG);
        layout.move_to(LOG, Side::Left);
        assert_eq!(in_front(&layout), [true, false, false, true]);
    }

    #[test]
    fn a_pane_is_moved_to_a_side_and_back() {
        let mut layout = Layout::default();
        layout.move_to(LOG, Side::Left);
        assert_eq!(layout.groups()[0].0, [LOG]);
        assert_eq!(layout.groups()[1].0, [Pane::Canvas]);
        assert_eq!(layout.clone().mended(), Some(layout.clone()), "it stays in order");
        layout.move_to(LOG, Side::Bottom);
        assert!(layout.beside(DATA).contains(&LOG));
        assert!(layout.is_arranged_as(&Layout::default()), "{layout:?}");
        layout.move_to(Pane::Canvas, Side::Bottom);
        assert!(layout.is_arranged_as(&Layout::default()), "the canvas was moved");
    }
}
