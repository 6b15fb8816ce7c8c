//! The panes of the window as tiles between the menu bar and the transport: where they stand, how they are dragged, and which has
//! the keyboard.
//!
//! `state/layout` says how they are arranged. The tiles are made from it; what a person drags is read back and asked for.

use std::collections::{BTreeSet, HashMap};

use egui::{
    Color32, Id, Rect, Response, Role, Sense, Stroke, Ui, Vec2, Visuals, WidgetInfo, WidgetText, vec2,
};
use egui_tiles::{
    Behavior, Container, EditAction, Linear, LinearDir, ResizeState, SimplificationOptions, TabState, Tabs,
    Tile, TileId, Tiles, Tree, UiResponse,
};

use super::canvas::Canvas;
use super::inspector::Inspector;
use super::{banner, dock, rail};
use crate::command::{Action, Command, Commands};
use crate::state::layout::{Layout, Pane, Part, Shape, Side};
use crate::state::{AppState, DockTab};
use crate::ui_kit::widgets::{IconButton, Tab, menu_item, movable_tab};
use crate::ui_kit::{Icon, Tokens, style, t, t_args};

const TAB_BAR_HEIGHT: f32 = 28.0;
const RAIL_WIDTH: f32 = 44.0;
/// Between two tiles.
const GAP: f32 = 1.0;
/// The canvas keeps this much, as long as what is beside it has [`LEAST`].
const LEAST_CANVAS: Vec2 = vec2(360.0, 288.0);
/// No pane gets smaller than this, as long as there is room.
const LEAST: f32 = 96.0;
/// Below this width the inspector takes room from the canvas only while there is something to inspect.
const NARROW_BELOW: f32 = 1200.0;
/// Below this height only the canvas is shown, unless a pane has all the room.
const LOW_BELOW: f32 = 240.0;
/// As wide as a tab is thought to be before it was shown.
const TAB_GUESS: f32 = 104.0;
/// Less room than this in a bar of tabs is none for what belongs to the pane.
const LEAST_BAR: f32 = 160.0;

const SIMPLIFICATION: SimplificationOptions = SimplificationOptions {
    prune_empty_tabs: true,
    prune_empty_containers: true,
    prune_single_child_tabs: false,
    prune_single_child_containers: true,
    all_panes_must_have_tabs: true,
    join_nested_linear_containers: true,
    flatten_tabs_in_tabs: true,
};

/// The tiles, and what is remembered of them between frames.
pub struct Workbench {
    tree: Tree<Pane>,
    /// What the tiles were made of.
    made_of: Option<Part>,
    /// How large the parts of rows and columns are meant to be.
    points: HashMap<TileId, u16>,
    /// How wide the tabs of a bar are.
    tab_widths: HashMap<TileId, f32>,
    edits: Edits,
    /// The panes that are seen, in the order in which the keyboard goes through them.
    order: Vec<Pane>,
    /// The panes that are painted: of those behind one another, the front one.
    painted: Vec<Pane>,
    has_keyboard: Option<Pane>,
    wants_keyboard: Option<Pane>,
}

/// What a person has done to the tiles since they were read last.
#[derive(Clone, Copy, Default)]
struct Edits {
    any: bool,
    resized: bool,
}

/// The panels that are shown in panes.
pub struct Contents<'a> {
    /// The graph.
    pub canvas: &'a mut Canvas,
    /// The inspector.
    pub inspector: &'a mut Inspector,
    /// The course of the run.
    pub timeline: &'a mut dock::Timeline,
    /// What happened.
    pub log: &'a mut dock::LogPanel,
}

impl Default for Workbench {
    fn default() -> Workbench {
        Workbench {
            tree: Tree::empty(Id::unique("workbench")),
            made_of: None,
            points: HashMap::new(),
            tab_widths: HashMap::new(),
            edits: Edits::default(),
            order: Vec::new(),
            painted: Vec::new(),
            has_keyboard: None,
            wants_keyboard: None,
        }
    }
}

impl Workbench {
    /// Gives the keyboard to the next pane, or to the one before.
    pub fn step(&mut self, forward: bool) {
        let n = self.order.len();
        let now = self.order.iter().position(|pane| Some(*pane) == self.has_keyboard);
        let next = match now {
            Some(now) => (now + if forward { 1 } else { n - 1 }) % n,
            None if forward => 0,
            None => n.saturating_sub(1),
        };
        self.wants_keyboard = self.order.get(next).copied();
    }

    /// The pane that has the keyboard; the canvas if none has.
    pub fn pane_with_keyboard(&self) -> Pane {
        self.has_keyboard.unwrap_or(Pane::Canvas)
    }

    /// Shows the panes, and returns where the canvas is if it is seen.
    pub fn ui(
        &mut self,
        contents: Contents<'_>,
        state: &AppState,
        ui: &mut Ui,
        commands: &mut Commands,
    ) -> Option<Rect> {
        let root = &state.workspace.layout.root;
        if self.made_of.as_ref() != Some(root) {
            self.make(root);
        }
        let room = ui.available_rect_before_wrap();
        let seen = seen(state, room.size());
        for (tile, pane) in (1..).zip(Pane::all()) {
            self.tree.set_visible(TileId::from_u64(tile), seen.contains(&pane));
        }
        self.tree.simplify(&SIMPLIFICATION);
        if let Some(root) = self.tree.root() {
            self.fit(root, room.size());
        }
        self.order = order(&state.workspace.layout, &seen);
        let focused = place_with_keyboard(ui.ctx());
        let mut shown = Shown {
            contents,
            state,
            commands,
            edits: &mut self.edits,
            tab_widths: &mut self.tab_widths,
            bar: TileId::from_u64(0),
            is_bar_narrow: false,
            wants_keyboard: &mut self.wants_keyboard,
            has_keyboard: None,
            focused,
            painted: Vec::new(),
            canvas: None,
        };
        self.tree.ui(&mut shown, ui);
        let canvas = shown.canvas;
        self.painted = std::mem::take(&mut shown.painted);
        self.has_keyboard = shown.has_keyboard;
        // What is being dragged is not finished.
        if self.edits.any && !ui.input(|input| input.pointer.any_down()) {
            self.read_back(state, commands);
        }
        canvas
    }

    /// Whether a pane was painted in the last frame.
    pub fn is_painted(&self, pane: Pane) -> bool {
        self.painted.contains(&pane)
    }

    /// Makes the tiles of a layout. A pane has the same tile in each, so that what egui knows of it stays.
    fn make(&mut self, root: &Part) {
        let mut tiles = Tiles::default();
        self.points.clear();
        let n_panes = Pane::all().count() as u64;
        let root_tile = make(root, &mut tiles, &mut self.points, &mut (n_panes + 1));
        // New tiles get numbers of their own, not one of a tile that is taken out for a moment while its children are looked at.
        tiles.recompute_next_tile_id();
        self.tree = Tree::new(self.tree.id(), root_tile, tiles);
        self.made_of = Some(root.clone());
        self.edits = Edits::default();
    }

    /// Gives each part its size: what is beside the canvas has the size that it is meant to have, and the canvas the rest.
    fn fit(&mut self, tile: TileId, room: Vec2) {
        let Some(Tile::Container(Container::Linear(linear))) = self.tree.tiles.get(tile) else { return };
        let is_row = linear.dir == LinearDir::Horizontal;
        let children: Vec<TileId> =
            linear.children.iter().copied().filter(|child| self.tree.is_visible_in_layout(*child)).collect();
        let along = |size: Vec2| if is_row { size.x } else { size.y };
        let gaps = GAP * children.len().saturating_sub(1) as f32;
        let all = (along(room) - gaps).max(0.0);
        let wishes: Vec<f32> =
            children.iter().map(|child| f32::from(self.points_of(*child, linear.dir))).collect();
        let canvas = children.iter().position(|child| has_canvas(&self.tree.tiles, *child));
        let sizes = share_out(all, &wishes, canvas, along(LEAST_CANVAS));
        for (child, size) in children.iter().zip(&sizes) {
            if let Some(Tile::Container(Container::Linear(linear))) = self.tree.tiles.get_mut(tile) {
                linear.shares.set_share(*child, size.max(1.0));
            }
            self.fit(*child, if is_row { vec2(*size, room.y) } else { vec2(room.x, *size) });
        }
    }

    /// How large a part is meant to be.
    fn points_of(&self, tile: TileId, dir: LinearDir) -> u16 {
        if has_canvas(&self.tree.tiles, tile) {
            return 0;
        }
        let usual = if dir == LinearDir::Horizontal { Layout::SIDE_POINTS } else { Layout::DOCK_POINTS };
        self.points.get(&tile).copied().unwrap_or(usual)
    }

    /// Asks for the layout that the tiles have been dragged to.
    fn read_back(&mut self, state: &AppState, commands: &mut Commands) {
        let resized = std::mem::take(&mut self.edits).resized;
        self.tree.simplify(&SIMPLIFICATION);
        let root = self.tree.root().and_then(|root| self.part(root, 0, resized));
        let layout = root.and_then(|root| Layout { root, ..state.workspace.layout.clone() }.mended());
        // In any case the tiles are made anew from what is then the layout.
        self.made_of = None;
        match layout {
            Some(layout) => commands.push(Command::Arrange(layout)),
            None => commands.push(Command::Refuse(t("layout.over_canvas").to_owned())),
        }
    }

    /// What a tile is in a layout.
    fn part(&self, tile: TileId, points: u16, resized: bool) -> Option<Part> {
        let shape = match self.tree.tiles.get(tile)? {
            Tile::Pane(pane) => Shape::Tabs { panes: vec![*pane], shown: *pane },
            Tile::Container(Container::Tabs(tabs)) => {
                let panes: Vec<Pane> = tabs
                    .children
                    .iter()
                    .filter_map(|child| self.tree.tiles.get_pane(child))
                    .copied()
                    .collect();
                let shown = tabs.active.and_then(|active| self.tree.tiles.get_pane(&active));
                let shown = shown.or(panes.first()).copied()?;
                Shape::Tabs { panes, shown }
            }
            Tile::Container(Container::Linear(linear)) => {
                let parts = linear.children.iter().filter_map(|child| {
                    let meant = self.points_of(*child, linear.dir);
                    let size = self.tree.tiles.rect(*child).filter(|_| resized && meant > 0);
                    let points = size.map_or(meant, |rect| match linear.dir {
                        LinearDir::Horizontal => rect.width().round() as u16,
                        LinearDir::Vertical => rect.height().round() as u16,
                    });
                    self.part(*child, points, resized)
                });
                let parts = parts.collect();
                if linear.dir == LinearDir::Horizontal { Shape::Row(parts) } else { Shape::Column(parts) }
            }
            // Nothing makes one here.
            Tile::Container(Container::Grid(_)) => return None,
        };
        Some(Part { points, shape })
    }
}

/// The tile of a part, made with all that is in it.
fn make(part: &Part, tiles: &mut Tiles<Pane>, points: &mut HashMap<TileId, u16>, next: &mut u64) -> TileId {
    let tile = TileId::from_u64(*next);
    *next += 1;
    let container = match &part.shape {
        Shape::Tabs { panes, shown } => {
            let children = panes.iter().map(|pane| {
                tiles.insert(tile_of(*pane), Tile::Pane(*pane));
                tile_of(*pane)
            });
            Container::Tabs(Tabs { children: children.collect(), active: Some(tile_of(*shown)) })
        }
        Shape::Row(parts) | Shape::Column(parts) => {
            let children = parts.iter().map(|part| make(part, tiles, points, next)).collect();
            let is_row = matches!(part.shape, Shape::Row(_));
            let dir = if is_row { LinearDir::Horizontal } else { LinearDir::Vertical };
            Container::Linear(Linear::new(dir, children))
        }
    };
    tiles.insert(tile, Tile::Container(container));
    points.insert(tile, part.points);
    tile
}

/// The tile that a pane has in every tree.
fn tile_of(pane: Pane) -> TileId {
    let place = Pane::all().position(|other| other == pane).unwrap_or_default();
    TileId::from_u64(place as u64 + 1)
}

fn pane_of(tile: TileId) -> Option<Pane> {
    Pane::all().nth(usize::try_from(tile.0.checked_sub(1)?).ok()?)
}

fn has_canvas(tiles: &Tiles<Pane>, tile: TileId) -> bool {
    match tiles.get(tile) {
        Some(Tile::Pane(pane)) => *pane == Pane::Canvas,
        Some(Tile::Container(container)) => container.children().any(|child| has_canvas(tiles, *child)),
        None => false,
    }
}

/// Shares a length out among parts that wish for some. The canvas has the rest, and others give way to it.
fn share_out(all: f32, wishes: &[f32], canvas: Option<usize>, least_canvas: f32) -> Vec<f32> {
    let wished: f32 = wishes.iter().sum();
    let Some(canvas) = canvas else {
        return wishes.iter().map(|wish| all * wish / wished.max(1.0)).collect();
    };
    let n_others = wishes.len().saturating_sub(1) as f32;
    // The canvas comes first, down to what the others cannot do without; where even that is too much, all are alike.
    let for_others = (all - least_canvas).max(LEAST * n_others).min(all * n_others / (n_others + 1.0));
    let part = if wished > for_others { for_others / wished } else { 1.0 };
    let mut sizes: Vec<f32> = wishes.iter().map(|wish| (wish * part).round()).collect();
    let others: f32 = sizes.iter().sum::<f32>() - sizes[canvas];
    sizes[canvas] = (all - others).max(0.0);
    sizes
}

/// The panes that are seen or stand behind one that is.
fn seen(state: &AppState, room: Vec2) -> BTreeSet<Pane> {
    let (view, layout) = (&state.view, &state.workspace.layout);
    if view.focus_mode {
        return BTreeSet::from([Pane::Canvas]);
    }
    let is_open = |pane: &Pane| match pane {
        Pane::Canvas => true,
        Pane::Inspector => view.inspector,
        Pane::Dock(tab) => view.dock && !layout.closed.contains(tab),
    };
    if let Some(pane) = view.maximized {
        let beside = layout.beside(pane).iter().copied().filter(is_open).collect::<BTreeSet<_>>();
        if beside.contains(&pane) {
            return beside;
        }
    }
    if room.y < LOW_BELOW {
        return BTreeSet::from([Pane::Canvas]);
    }
    let is_inspector_idle =
        room.x < NARROW_BELOW && state.open.selection.is_empty() && layout.beside(Pane::Inspector).len() == 1;
    Pane::all().filter(is_open).filter(|pane| *pane != Pane::Inspector || !is_inspector_idle).collect()
}

/// The panes through which the keyboard goes: of those that share a place the one that is before the others.
fn order(layout: &Layout, seen: &BTreeSet<Pane>) -> Vec<Pane> {
    let groups = layout.groups().into_iter();
    let before = groups.filter_map(|(panes, shown)| {
        let first = || panes.iter().copied().find(|pane| seen.contains(pane));
        Some(shown).filter(|shown| seen.contains(shown)).or_else(first)
    });
    before.collect()
}

/// What a pane is called.
pub fn title(pane: Pane) -> &'static str {
    match pane {
        Pane::Canvas => t("pane.canvas"),
        Pane::Inspector => t("view.inspector"),
        Pane::Dock(tab) => dock::title(tab).0,
    }
}

fn icon(pane: Pane) -> Icon {
    match pane {
        Pane::Canvas => Icon::Outline,
        Pane::Inspector => Icon::Sidebar,
        Pane::Dock(tab) => dock::title(tab).1,
    }
}

/// The middle of the widget that has the keyboard.
fn place_with_keyboard(ctx: &egui::Context) -> Option<egui::Pos2> {
    let id = ctx.memory(egui::Memory::focused)?;
    // Asking about a widget takes the keyboard from it if there was a click elsewhere, and whether that is so is not for us to say.
    let set =
        |on| ctx.options_mut(|options| std::mem::replace(&mut options.input_options.surrender_focus_on, on));
    let before = set(egui::SurrenderFocusOn::Never);
    let response = ctx.read_response(id);
    set(before);
    response.map(|response| response.rect.center())
}

/// The panes while they are shown.
struct Shown<'a> {
    contents: Contents<'a>,
    state: &'a AppState,
    commands: &'a mut Commands,
    edits: &'a mut Edits,
    tab_widths: &'a mut HashMap<TileId, f32>,
    /// The bar of tabs that is being shown.
    bar: TileId,
    /// Whether it has no room for the titles of its tabs.
    is_bar_narrow: bool,
    wants_keyboard: &'a mut Option<Pane>,
    has_keyboard: Option<Pane>,
    /// The middle of the widget that has the keyboard.
    focused: Option<egui::Pos2>,
    painted: Vec<Pane>,
    canvas: Option<Rect>,
}

impl Behavior<Pane> for Shown<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let tokens = Tokens::of(ui);
        let place = ui.max_rect();
        self.painted.push(*pane);
        if self.focused.is_some_and(|at| place.contains(at)) {
            self.has_keyboard = Some(*pane);
        }
        let wants_keyboard = self.wants_keyboard.take_if(|wanted| wanted == pane).is_some();
        if *pane == Pane::Canvas {
            if wants_keyboard {
                self.contents.canvas.view.focus_canvas();
            }
            self.canvas(ui);
            return UiResponse::None;
        }
        let Self { contents, state, commands, .. } = self;
        style::panel_frame(tokens).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            match pane {
                Pane::Canvas => {}
                Pane::Inspector => contents.inspector.ui(state, ui, commands),
                Pane::Dock(tab) => {
                    let mut parts = dock::Parts { timeline: contents.timeline, log: contents.log };
                    dock::ui(*tab, state, &mut parts, ui, commands);
                }
            }
        });
        // Below all that is in it: what has the keyboard when it comes to a pane, and from which it goes on inside.
        let whole = ui.interact(place, ui.scope_id().with("pane"), Sense::focusable_noninteractive());
        let name = t_args("pane.named", &[("name", &title(*pane))]);
        whole.widget_info(|| WidgetInfo::labeled(Role::Pane, true, &name));
        if wants_keyboard {
            whole.request_focus();
        }
        if whole.has_focus() {
            let line = Stroke::new(tokens.size.focus, tokens.colors.accent.line);
            ui.painter().rect_stroke(place.shrink(1.0), tokens.radius.sm, line, egui::StrokeKind::Inside);
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        title(*pane).into()
    }

    fn tab_title_for_tile(&mut self, tiles: &Tiles<Pane>, tile: TileId) -> WidgetText {
        let panes: Vec<TileId> = match tiles.get(tile) {
            Some(Tile::Container(container)) => container.children_vec(),
            _ => vec![tile],
        };
        let titles: Vec<&str> = panes.into_iter().filter_map(pane_of).map(title).collect();
        titles.join(" · ").into()
    }

    fn tab_ui(
        &mut self,
        tiles: &mut Tiles<Pane>,
        ui: &mut Ui,
        id: Id,
        tile: TileId,
        tab: &TabState,
    ) -> Response {
        let Some(pane) = tiles.get_pane(&tile).copied() else {
            return ui.interact(Rect::NOTHING, id, Sense::hover());
        };
        let count = if let Pane::Dock(tab) = pane { dock::count(tab, self.state) } else { 0 };
        let counts = pane == Pane::Dock(DockTab::Problems);
        let face = Tab::new(pane, title(pane)).icon(icon(pane)).count(count).keeps_room(counts);
        *self.tab_widths.entry(self.bar).or_default() += face.width(ui);
        let shown = movable_tab(ui, id, &face.compact(self.is_bar_narrow), tab.active);
        if shown.has_focus() {
            self.has_keyboard = Some(pane);
        }
        let is_maximized = self.state.view.maximized.is_some();
        if shown.double_clicked() {
            self.commands.push(Command::Maximize((!is_maximized).then_some(pane)));
        } else if shown.clicked()
            && let Pane::Dock(tab) = pane
        {
            self.commands.push(Command::SetDockTab(tab));
        }
        shown.context_menu(|ui| self.tab_menu(pane, ui));
        shown
    }

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<Pane>,
        ui: &mut Ui,
        tile: TileId,
        tabs: &Tabs,
        _scroll: &mut f32,
    ) {
        let tokens = Tokens::of(ui);
        let bar = ui.max_rect();
        let line = Stroke::new(tokens.size.stroke, tokens.colors.surface.border);
        ui.painter().hline(bar.x_range(), bar.bottom() - tokens.size.stroke / 2.0, line);
        let guess = tabs.children.iter().filter(|tab| tiles.is_visible_in_layout(**tab)).count() as f32;
        let width = self.tab_widths.insert(tile, 0.0).unwrap_or(guess * TAB_GUESS);
        self.bar = tile;
        self.is_bar_narrow = width > bar.width() - 2.0 * (tokens.size.hit + tokens.spacing.sm);
        let Some(pane) = tabs.active.and_then(|active| tiles.get_pane(&active)).copied() else { return };
        ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
        ui.add_space(tokens.spacing.sm);
        if let Pane::Dock(tab) = pane {
            let keys = Action::ToggleDock.keys_text(ui.ctx());
            if ui.add(IconButton::new(Icon::ChevronDown, t("dock.close")).shortcut(&keys)).clicked() {
                self.commands.push(Action::ToggleDock);
            }
            self.maximize_button(pane, ui);
            let room = ui.available_width() - width - tokens.spacing.lg;
            if room >= LEAST_BAR {
                let size = vec2(room, ui.available_height());
                let layout = egui::Layout::right_to_left(egui::Align::Center);
                let Shown { contents, state, commands, .. } = self;
                ui.allocate_ui_with_layout(size, layout, |ui| {
                    dock::bar(tab, state, contents.timeline, ui, commands);
                });
            }
        } else {
            self.maximize_button(pane, ui);
        }
    }

    fn tab_bar_left_ui(&mut self, _tiles: &Tiles<Pane>, ui: &mut Ui, _tile: TileId, _tabs: &Tabs) {
        ui.add_space(Tokens::of(ui).spacing.xs);
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        TAB_BAR_HEIGHT
    }

    /// Canvas and inspector need no name while they are alone.
    fn is_tab_bar_visible(&self, _tile: TileId, tabs: &Tabs) -> bool {
        tabs.children.iter().copied().filter_map(pane_of).any(|pane| matches!(pane, Pane::Dock(_)))
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        GAP
    }

    fn min_size(&self) -> f32 {
        LEAST
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SIMPLIFICATION
    }

    fn resize_stroke(&self, style: &egui::Style, resize: ResizeState) -> Stroke {
        let tokens = Tokens::for_theme(egui::Theme::from_dark_mode(style.visuals.dark_mode));
        let colors = &tokens.colors;
        match resize {
            ResizeState::Idle => Stroke::new(GAP, colors.surface.border),
            ResizeState::Hovering => Stroke::new(tokens.size.focus, colors.surface.border_strong),
            ResizeState::Dragging => Stroke::new(tokens.size.focus, colors.accent.line),
        }
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        visuals.panel_fill
    }

    fn drag_preview_stroke(&self, visuals: &Visuals) -> Stroke {
        let tokens = Tokens::for_theme(egui::Theme::from_dark_mode(visuals.dark_mode));
        Stroke::new(tokens.size.focus, tokens.colors.accent.line)
    }

    fn drag_preview_color(&self, visuals: &Visuals) -> Color32 {
        let tokens = Tokens::for_theme(egui::Theme::from_dark_mode(visuals.dark_mode));
        crate::ui_kit::design_tokens::tint(tokens.colors.accent.line)
    }

    fn is_tile_draggable(&self, tiles: &Tiles<Pane>, tile: TileId) -> bool {
        // A pane that has all the room has nowhere to go.
        self.state.view.maximized.is_none() && !has_canvas(tiles, tile)
    }

    fn on_edit(&mut self, edit: EditAction) {
        self.edits.any = true;
        self.edits.resized |= edit == EditAction::TileResized;
    }
}

impl Shown<'_> {
    /// The canvas with the rail at its left and the banner over it.
    fn canvas(&mut self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let Self { contents, state, commands, .. } = self;
        if !state.view.focus_mode {
            let rail = egui::Frame::new().fill(tokens.colors.surface.panel).inner_margin(tokens.spacing.sm);
            egui::Panel::left("rail")
                .exact_size(RAIL_WIDTH)
                .frame(rail)
                .show(ui, |ui| rail::ui(state, ui, commands));
        }
        let place = ui.available_rect_before_wrap();
        ui.painter().rect_filled(place, 0, tokens.colors.surface.canvas);
        contents.canvas.ui(state, ui, commands);
        banner::ui(state, place, ui, commands);
        self.canvas = Some(place);
    }

    fn maximize_button(&mut self, pane: Pane, ui: &mut Ui) {
        let is_maximized = self.state.view.maximized.is_some();
        let (icon, name) = if is_maximized {
            (Icon::Minimize, t("pane.restore"))
        } else {
            (Icon::Maximize, t("pane.maximize"))
        };
        let keys = Action::MaximizePane.keys_text(ui.ctx());
        if ui.add(IconButton::new(icon, name).shortcut(&keys)).clicked() {
            self.commands.push(Command::Maximize((!is_maximized).then_some(pane)));
        }
    }

    /// What can be done with a pane without dragging it.
    fn tab_menu(&mut self, pane: Pane, ui: &mut Ui) {
        for (side, text) in [
            (Side::Left, t("pane.to_left")),
            (Side::Right, t("pane.to_right")),
            (Side::Bottom, t("pane.to_bottom")),
        ] {
            if menu_item(ui, None, text, "").clicked() {
                self.commands.push(Command::MovePane(pane, side));
            }
        }
        ui.separator();
        let keys = Action::MaximizePane.keys_text(ui.ctx());
        if menu_item(ui, Some(Icon::Maximize), t("pane.maximize"), &keys).clicked() {
            self.commands.push(Command::Maximize(Some(pane)));
        }
        if menu_item(ui, Some(Icon::Close), t("pane.close"), "").clicked() {
            self.commands.push(Command::ClosePane(pane));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canvas_has_what_others_leave_and_they_give_way_to_it() {
        assert_eq!(share_out(1439.0, &[0.0, 320.0], Some(0), 360.0), [1119.0, 320.0]);
        assert_eq!(share_out(791.0, &[0.0, 264.0], Some(0), 288.0), [527.0, 264.0]);
        assert_eq!(share_out(491.0, &[0.0, 264.0], Some(0), 288.0), [288.0, 203.0]);
        assert_eq!(share_out(300.0, &[0.0, 264.0], Some(0), 288.0), [204.0, 96.0]);
        assert_eq!(share_out(100.0, &[0.0, 264.0], Some(0), 288.0), [50.0, 50.0]);
        assert_eq!(share_out(300.0, &[100.0, 200.0], None, 288.0), [100.0, 200.0]);
        assert_eq!(share_out(0.0, &[0.0], Some(0), 288.0), [0.0]);
    }
}
