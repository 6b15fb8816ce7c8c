//! What nodes, ports and wires look like: the flow, what was found about it, and what the engine says of it now.

use std::sync::Arc;

use egui::{Color32, pos2};
use egui_node_graph::{
    Badge, Fill, Graph, Load, Mark, Node, NodeFace, PortFace, PortRef as GraphPort, StateMark, Wire, WireFace,
};
use tidemark_engine::data::ChangeMode;
use tidemark_engine::graph::LogicalNode;
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::node::{NodeSpec, OutputRole};

use super::Ids;
use super::facts::{Facts, Range};
use super::finder::{category_color, kind_icon};
use crate::engine_link::{EdgeFigures, NodeFigures, RunStatus};
use crate::panels::dock::message;
use crate::state::{AppState, Lens};
use crate::ui_kit::format::{count, percent, short_count, short_rate};
use crate::ui_kit::format_time::{short_lag, short_timestamp};
use crate::ui_kit::prose::{sentence, spoken};
use crate::ui_kit::{Icon, Tokens, t, t_args, t_count};

/// At this share of late or rejected rows a node is as hot as can be shown.
pub(super) const HOT_SHARE: f64 = 0.05;

/// Makes faces. Those of the whole flow are made once and say little; the rest is filled in for what is in sight.
pub(super) struct Faces<'a> {
    pub(super) state: &'a AppState,
    pub(super) tokens: &'a Tokens,
    /// What does not change with the figures.
    pub(super) facts: &'a Facts,
    /// Whether a wire is in the hand, so that every port says its name.
    pub(super) dragging: bool,
    /// How hot a node can be in this lens.
    pub(super) range: Range,
}

impl Faces<'_> {
    /// The graph with faces that say no more than what it takes to tell nodes apart.
    pub(super) fn graph(state: &AppState, tokens: &Tokens) -> Graph<Ids> {
        let flow = state.open.document.flow();
        let colors = &tokens.colors;
        let nodes = flow.nodes.iter().map(|(id, in_flow)| {
            let spec = state.catalog.spec(&in_flow.kind);
            let at = flow.layout.nodes.get(id).copied().unwrap_or_default();
            let title = in_flow.title.as_deref().or(spec.map(|spec| spec.title)).unwrap_or(&in_flow.kind);
            let accent = spec.map_or(colors.category.side, |spec| category_color(spec.category, tokens));
            let face = NodeFace { title: title.to_owned(), accent, ..NodeFace::default() };
            let mut node = Node::<Ids>::new(id.clone(), pos2(at.x as f32, at.y as f32), face);
            for port in inputs(state, id, spec) {
                node = node.with_input(port, PortFace { color: colors.wire.append, ..PortFace::default() });
            }
            for (port, role) in outputs(state, id, spec) {
                let (mark, color) = port_look(role, tokens);
                node = node.with_output(port, PortFace { mark, color, ..PortFace::default() });
            }
            node
        });
        let wires = flow.edges.iter().map(|edge| Wire {
            id: edge.clone(),
            from: GraphPort::output(edge.from.node.clone(), Arc::clone(&edge.from.port)),
            to: GraphPort::input(edge.to.node.clone(), Arc::clone(&edge.to.port)),
            face: WireFace::default(),
        });
        Graph::new(nodes.collect(), wires.collect())
    }

    /// Says of a node what is seen from afar and on the map: its colour, and what is wrong with it.
    pub(super) fn outline(
        &self,
        face: &mut NodeFace,
        idx: usize,
        id: &NodeId,
        figures: Option<&NodeFigures>,
    ) {
        face.accent = self.accent(idx);
        face.lens = figures.and_then(|figures| self.node_lens(idx, figures));
        face.badge = self.badge(idx, figures);
        face.dimmed = self.state.view.find.as_ref().is_some_and(|find| find.hides(id));
    }

    /// The faces of the ports of a node.
    pub(super) fn ports(&self, idx: usize, id: &NodeId) -> Vec<(GraphPort<Ids>, PortFace)> {
        let (spec, title) = (self.facts.spec(idx), self.state.title(id));
        let ins = inputs(self.state, id, spec).into_iter().map(|port| {
            let face = PortFace {
                name: port.to_string(),
                mark: Mark::Disc,
                color: self.tokens.colors.wire.append,
                accessible_name: t_args("node.input_named", &[("port", &port), ("node", &title)]),
                ..PortFace::default()
            };
            (GraphPort::input(id.clone(), port), face)
        });
        let outs = outputs(self.state, id, spec).into_iter().map(|(port, role)| {
            let (mark, color) = port_look(role, self.tokens);
            let face = PortFace {
                // At rest the mark says it, and the wire's label stands where the name would.
                name: if self.dragging { port.to_string() } else { String::new() },
                mark,
                color,
                accessible_name: t_args("node.output_named", &[("port", &port), ("node", &title)]),
                ..PortFace::default()
            };
            (GraphPort::output(id.clone(), port), face)
        });
        ins.chain(outs).collect()
    }

    /// The colour of what kind of node it is.
    fn accent(&self, idx: usize) -> Color32 {
        let side = self.tokens.colors.category.side;
        self.facts.spec(idx).map_or(side, |spec| category_color(spec.category, self.tokens))
    }

    fn logical(&self, idx: usize) -> Option<&LogicalNode> {
        self.state.open.checked.graph.nodes.get(self.facts.nodes.get(idx)?.logical?)
    }

    /// Everything that is shown of a node.
    pub(super) fn node(&self, idx: usize, id: &NodeId, figures: Option<&NodeFigures>) -> NodeFace {
        let state = self.state;
        let spec = self.facts.spec(idx).map(Arc::as_ref);
        let title = state.title(id);
        let first = self.facts.nodes.get(idx).and_then(|node| node.first_error);
        let error = first.and_then(|first| state.open.checked.diagnostics.get(first));
        let unknown = spec.is_none().then(|| t("node.unknown_kind").to_owned());
        let error = error.map(|diagnostic| spoken(message(diagnostic))).or(unknown);
        let rates = figures.map(|figures| self.rates(spec, figures));
        let value = figures.and_then(|figures| self.lens_value(figures));
        let mut summary = summary_line(spec, self.logical(idx), error.is_some());
        // What was lost has a line of its own in every lens.
        let is_lost = matches!(state.view.lens, Lens::Late | Lens::Errors);
        summary.extend(value.clone().filter(|_| !is_lost).or_else(|| rates.clone()));
        summary.extend(figures.and_then(losses));
        let load = figures.filter(|_| state.open.run.snapshot.is_going()).map(|figures| Load {
            busy: figures.busy,
            blocked: figures.blocked.min(1.0 - figures.busy),
            idle: (1.0 - figures.busy - figures.blocked).max(0.0),
        });
        let said_load = load.map(load_text);
        let mut face = NodeFace {
            accessible_description: summary.iter().cloned().chain(said_load).collect::<Vec<_>>().join(", "),
            accessible_name: self.node_name(&title, spec, value.as_deref(), rates.as_deref()),
            title,
            icon: spec.map_or(Icon::Help, |spec| kind_icon(spec.kind, spec.category)).glyph().to_string(),
            headline: value.or(rates).unwrap_or_default(),
            // The badge of an unfinished node says more than a mark could.
            state: self.state_mark(id).filter(|_| error.is_none()),
            load,
            tooltip: self.tooltip(id, spec),
            summary,
            error,
            ..NodeFace::default()
        };
        self.outline(&mut face, idx, id, figures);
        face
    }

    /// What the kind does, and what a person has remarked on the node.
    fn tooltip(&self, id: &NodeId, spec: Option<&NodeSpec>) -> String {
        let summary = spec.map(|spec| sentence(spec.summary));
        let remark = self.state.open.document.flow().nodes.get(id).and_then(|node| node.note.clone());
        summary.into_iter().chain(remark).collect::<Vec<_>>().join("\n\n")
    }

    fn node_name(
        &self,
        title: &str,
        spec: Option<&NodeSpec>,
        value: Option<&str>,
        rates: Option<&str>,
    ) -> String {
        let Some(spec) = spec else { return title.to_owned() };
        let ports = [
            (!spec.inputs.is_empty()).then(|| t_count("node.inputs", spec.inputs.len() as u64)),
            (!spec.outputs.is_empty()).then(|| t_count("node.outputs", spec.outputs.len() as u64)),
        ];
        let parts = std::iter::once(title.to_owned()).chain(ports.into_iter().flatten());
        parts.chain([rates, value].into_iter().flatten().map(str::to_owned)).collect::<Vec<_>>().join(", ")
    }

    /// How many rows come and go: a second while there is a run, in all once it is over.
    fn rates(&self, spec: Option<&NodeSpec>, figures: &NodeFigures) -> String {
        let (n_in, n_out) = (figures.account.rows_in, figures.rows_out.iter().sum());
        let into = self.amount(figures.in_per_sec, n_in);
        let out = self.amount(figures.out_per_sec, n_out);
        match spec {
            Some(spec) if spec.outputs.is_empty() => t_args("node.takes", &[("rows", &into)]),
            Some(spec) if spec.inputs.is_empty() => t_args("node.gives", &[("rows", &out)]),
            // Both are rows, so that the unit is said once.
            _ if self.is_over() => format!("{} → {out}", count(n_in)),
            _ => format!("{into} → {out}"),
        }
    }

    /// How much passes: a second while there is a run, be it nothing, and in all once it is over. Each has its unit.
    fn amount(&self, per_sec: f64, n_rows: u64) -> String {
        if self.is_over() { t_count("data.rows", n_rows) } else { short_rate(per_sec) }
    }

    fn is_over(&self) -> bool {
        self.state.open.run.snapshot.status.is_over()
    }

    fn node_lens(&self, idx: usize, figures: &NodeFigures) -> Option<Color32> {
        let heat = |part: f64| Some(self.tokens.colors.heat(part as f32));
        match self.state.view.lens {
            Lens::Rate => None,
            Lens::Busy => heat(f64::from(figures.busy)),
            Lens::Queue => {
                let snapshot = &self.state.open.run.snapshot;
                let entering = self.facts.nodes.get(idx).map_or(&[][..], |node| &node.entering);
                let fills = entering.iter().filter_map(|edge| snapshot.edges.get(edge)?.queue_fill);
                fills.reduce(f32::max).and_then(|fill| heat(f64::from(fill)))
            }
            Lens::Watermark => {
                let clock = self.state.open.run.snapshot.clock_millis?;
                let behind = clock.checked_sub(figures.watermark?)?;
                // What is as far as everything else is cool: what holds the others back is hot.
                heat((behind - self.range.least) as f64 / self.range.most.max(1) as f64)
            }
            Lens::State => {
                let entries = figures.account.state_entries;
                // Each tenfold is a step, or the largest would make all others look alike.
                let part = |entries: i64| (1.0 + entries.max(0) as f64).log10();
                (entries > 0).then(|| heat(part(entries) / part(self.range.most).max(1.0))).flatten()
            }
            Lens::Late => {
                let share = figures.account.late as f64 / figures.account.rows_in.max(1) as f64;
                (figures.account.late > 0).then(|| heat(share / HOT_SHARE)).flatten()
            }
            Lens::Errors => {
                let n_errors = self.facts.nodes.get(idx).map_or(0, |node| node.n_errors);
                let share = figures.account.rejected as f64 / figures.account.rows_in.max(1) as f64;
                let part = if n_errors > 0 { 1.0 } else { share / HOT_SHARE };
                (part > 0.0).then(|| heat(part)).flatten()
            }
        }
    }

    /// What the lens is about, in figures: a colour alone says too little.
    fn lens_value(&self, figures: &NodeFigures) -> Option<String> {
        let account = figures.account;
        let said = |key, n: u64| (n > 0).then(|| t_args(key, &[("n", &short_count(n as f64))]));
        match self.state.view.lens {
            Lens::Rate | Lens::Queue | Lens::Watermark => None,
            Lens::Busy => Some(t_args("node.busy", &[("share", &percent(f64::from(figures.busy)))])),
            Lens::State => said("node.state", u64::try_from(account.state_entries).unwrap_or(0)),
            Lens::Late => said("node.late", account.late),
            Lens::Errors => said("node.rejected", account.rejected),
        }
    }

    fn state_mark(&self, id: &NodeId) -> Option<StateMark> {
        let (status, colors) = (&self.state.open.run.snapshot.status, &self.tokens.colors.status);
        let (mark, color) = match status {
            RunStatus::None => return None,
            RunStatus::Running => (Mark::Play, colors.running),
            RunStatus::Paused(_) => (Mark::Pause, colors.paused),
            RunStatus::Finished => (Mark::Check, colors.ok),
            RunStatus::Stopped => (Mark::Square, colors.paused),
            RunStatus::Failed(failure) if failure.node.as_ref() == Some(id) => (Mark::Cross, colors.error),
            RunStatus::Failed(_) => (Mark::Ring, colors.idle),
        };
        Some(StateMark { mark, color })
    }

    fn badge(&self, idx: usize, figures: Option<&NodeFigures>) -> Option<Badge> {
        let colors = &self.tokens.colors.status;
        let n_errors = self.facts.nodes.get(idx).map_or(0, |node| node.n_errors);
        let badge = |mark, color, text| Some(Badge { mark, color, text });
        if n_errors > 0 {
            return badge(Mark::Warning, colors.error, n_errors.to_string());
        }
        let account = figures?.account;
        if account.late > 0 {
            return badge(Mark::Diamond, colors.late, short_count(account.late as f64));
        }
        (account.rejected > 0)
            .then(|| badge(Mark::Cross, colors.error, short_count(account.rejected as f64)))
            .flatten()
    }

    /// Everything that is shown of a wire.
    pub(super) fn wire(&self, edge: &EdgeId) -> WireFace {
        let figures = self.state.open.run.snapshot.edges.get(edge);
        let label = figures.map(|figures| self.wire_label(edge, figures)).unwrap_or_default();
        let mark = Icon::Watermark.glyph().to_string();
        let [note, said_note] = [&mark, t("metric.watermark")]
            .map(|mark| figures.map(|figures| self.wire_note(edge, figures, mark)).unwrap_or_default());
        let per_sec = figures.map_or(0.0, |figures| figures.per_sec);
        let ends = [self.state.title(&edge.from.node), self.state.title(&edge.to.node)];
        let name = t_args("node.wire", &[("from", &ends[0]), ("to", &ends[1])]);
        let said = [&name, &label, &said_note].into_iter().filter(|part| !part.is_empty());
        let name = said.map(String::as_str).collect::<Vec<_>>().join(", ");
        WireFace {
            label,
            note,
            color: self.wire_color(edge),
            width: (1.5 + 0.9 * (1.0 + per_sec).log10() as f32).min(6.0),
            fill: figures
                .and_then(|figures| figures.queue_fill)
                .filter(|_| self.state.open.run.snapshot.is_going())
                .map(|level| Fill { level, color: self.tokens.colors.heat(level) }),
            dimmed: figures.is_some_and(|figures| figures.rows == 0) && self.is_over(),
            highlighted: self.state.open.watched == Some(crate::engine_link::Watch::Edge(edge.clone())),
            accessible_name: name,
            ..WireFace::default()
        }
    }

    fn wire_label(&self, edge: &EdgeId, figures: &EdgeFigures) -> String {
        match self.state.view.lens {
            Lens::Rate => self.wire_rate(edge, figures),
            Lens::Queue => figures.queue_fill.map(|fill| percent(f64::from(fill))).unwrap_or_default(),
            Lens::Watermark => self.wire_watermark(figures, ""),
            Lens::Busy | Lens::State => String::new(),
            Lens::Late => self.rows_of(edge, OutputRole::Late, figures),
            Lens::Errors => self.rows_of(edge, OutputRole::Rejected, figures),
        }
    }

    /// How many rows have passed, on wires from an output of this role.
    fn rows_of(&self, edge: &EdgeId, role: OutputRole, figures: &EdgeFigures) -> String {
        let is_of_role = role_of(self.state, &edge.from) == Some(role);
        if is_of_role { short_count(figures.rows as f64) } else { String::new() }
    }

    /// Rate and watermark of a wire, but for what its label says already. `mark` tells what is a watermark.
    fn wire_note(&self, edge: &EdgeId, figures: &EdgeFigures, mark: &str) -> String {
        let (rate, watermark) = (self.wire_rate(edge, figures), self.wire_watermark(figures, mark));
        match self.state.view.lens {
            Lens::Rate => watermark,
            Lens::Watermark => rate,
            Lens::Busy | Lens::Queue | Lens::State | Lens::Late | Lens::Errors => {
                format!("{rate} · {watermark}")
            }
        }
    }

    fn wire_rate(&self, edge: &EdgeId, figures: &EdgeFigures) -> String {
        let amount = self.amount(figures.per_sec, figures.rows);
        match role_of(self.state, &edge.from) {
            Some(OutputRole::Late) => t_args("node.late", &[("n", &amount)]),
            Some(OutputRole::Rejected) => t_args("node.rejected", &[("n", &amount)]),
            _ => amount,
        }
    }

    /// How far the watermark is from the replay clock, behind a mark; or that there is none.
    fn wire_watermark(&self, figures: &EdgeFigures, mark: &str) -> String {
        let time = match (figures.watermark, self.state.open.run.snapshot.clock_millis) {
            _ if figures.ended => return t("node.ended").to_owned(),
            (None, _) => return t("node.no_watermark").to_owned(),
            (Some(watermark), Some(clock)) => short_lag(watermark.saturating_sub(clock)),
            (Some(watermark), None) => short_timestamp(watermark),
        };
        format!("{mark} {time}").trim_start().to_owned()
    }

    /// The colour of a wire: what kind of rows pass.
    pub(super) fn wire_color(&self, edge: &EdgeId) -> Color32 {
        let colors = &self.tokens.colors.wire;
        let logical = self.state.open.checked.graph.edge(edge);
        match role_of(self.state, &edge.from) {
            Some(OutputRole::Late) => colors.late,
            Some(OutputRole::Rejected) => colors.rejected,
            _ => match logical.and_then(|edge| edge.full_type.as_ref()).map(|edge_type| &edge_type.changes) {
                Some(ChangeMode::Retract | ChangeMode::Upsert(_)) => colors.changelog,
                _ => colors.append,
            },
        }
    }
}

/// What kind of rows leave by an output.
pub(super) fn role_of(state: &AppState, output: &PortRef) -> Option<OutputRole> {
    let spec = state.spec(&output.node)?;
    spec.outputs.iter().find(|found| *output.port == *found.name).map(|found| found.role)
}

/// The input ports of a node: those that its kind has, or those that edges name where the kind is not known.
fn inputs(state: &AppState, id: &NodeId, spec: Option<&Arc<NodeSpec>>) -> Vec<Arc<str>> {
    match spec {
        Some(spec) => spec.inputs.iter().map(|input| Arc::from(input.name)).collect(),
        None => named(state.open.document.flow().edges.iter().map(|edge| &edge.to), id),
    }
}

/// The output ports of a node with what kind of rows leave by them, as [`inputs`].
fn outputs(state: &AppState, id: &NodeId, spec: Option<&Arc<NodeSpec>>) -> Vec<(Arc<str>, OutputRole)> {
    match spec {
        Some(spec) => spec.outputs.iter().map(|output| (Arc::from(output.name), output.role)).collect(),
        None => {
            let names = named(state.open.document.flow().edges.iter().map(|edge| &edge.from), id);
            names.into_iter().map(|name| (name, OutputRole::Main)).collect()
        }
    }
}

/// The ports of a node that edges name.
fn named<'a>(ends: impl Iterator<Item = &'a PortRef>, id: &NodeId) -> Vec<Arc<str>> {
    let mut ports: Vec<_> = ends.filter(|end| end.node == *id).map(|end| Arc::clone(&end.port)).collect();
    ports.sort();
    ports.dedup();
    ports
}

fn port_look(role: OutputRole, tokens: &Tokens) -> (Mark, Color32) {
    let colors = &tokens.colors.wire;
    match role {
        OutputRole::Main => (Mark::Disc, colors.append),
        OutputRole::Late => (Mark::Diamond, colors.late),
        OutputRole::Rejected => (Mark::Square, colors.rejected),
    }
}

/// The parameters in a line, or what the kind does while they say nothing yet and no error needs the room.
fn summary_line(spec: Option<&NodeSpec>, logical: Option<&LogicalNode>, has_error: bool) -> Vec<String> {
    let planned = logical.map(|node| node.plan.summary.clone()).filter(|summary| !summary.is_empty());
    let kind = || spec.filter(|_| !has_error).map(|spec| spec.summary.to_owned());
    planned.or_else(kind).into_iter().collect()
}

/// What was lost on the way, if anything.
fn losses(figures: &NodeFigures) -> Option<String> {
    let account = figures.account;
    let part = |key: &'static str, n: u64| (n > 0).then(|| t_args(key, &[("n", &short_count(n as f64))]));
    let parts = [part("node.late", account.late), part("node.rejected", account.rejected)];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    (!text.is_empty()).then_some(text)
}

/// How a node spends its time, as its bar shows it.
fn load_text(load: Load) -> String {
    let [busy, idle, blocked] = [load.busy, load.idle, load.blocked].map(|part| percent(f64::from(part)));
    t_args("node.load", &[("busy", &busy), ("idle", &idle), ("blocked", &blocked)])
}
