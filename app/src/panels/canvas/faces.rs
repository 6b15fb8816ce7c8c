//! What nodes, ports and wires look like: the flow, what was found about it, and what the engine says of it now.

use std::sync::Arc;

use egui::{Color32, pos2};
use egui_node_graph::{
    Badge, Fill, Graph, Load, Mark, Node, NodeFace, PortFace, PortRef as GraphPort, StateMark, Wire, WireFace,
};
use tidemark_engine::data::{ChangeMode, EdgeType};
use tidemark_engine::diagnostic::Severity;
use tidemark_engine::graph::LogicalNode;
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::node::{NodeSpec, OutputRole};

use super::Ids;
use super::finder::{category_color, kind_icon};
use crate::engine_link::{EdgeFigures, NodeFigures, RunStatus};
use crate::panels::dock::message;
use crate::state::{AppState, Lens};
use crate::ui_kit::format::{count, percent, short_count, short_rate};
use crate::ui_kit::format_time::{lag, short_lag, short_timestamp};
use crate::ui_kit::prose::{sentence, spoken};
use crate::ui_kit::{Icon, Tokens, t, t_args, t_count};

/// At this share of late rows a node is as hot as can be shown.
const HOT_LATE_SHARE: f64 = 0.05;

pub(super) struct Faces<'a> {
    pub(super) state: &'a AppState,
    pub(super) tokens: &'a Tokens,
    /// Whether a wire is in the hand, so that every port says its name.
    pub(super) dragging: bool,
}

impl Faces<'_> {
    /// The whole graph.
    pub(super) fn graph(&self) -> Graph<Ids> {
        let flow = self.state.open.document.flow();
        let nodes = flow.nodes.keys().map(|id| {
            let at = flow.layout.nodes.get(id).copied().unwrap_or_default();
            let mut node = Node::<Ids>::new(id.clone(), pos2(at.x as f32, at.y as f32), self.node(id));
            for (port, face) in self.inputs(id) {
                node = node.with_input(port, face);
            }
            for (port, face) in self.outputs(id) {
                node = node.with_output(port, face);
            }
            node
        });
        let wires = flow.edges.iter().map(|edge| Wire {
            id: edge.clone(),
            from: GraphPort::output(edge.from.node.clone(), Arc::clone(&edge.from.port)),
            to: GraphPort::input(edge.to.node.clone(), Arc::clone(&edge.to.port)),
            face: self.wire(edge),
        });
        Graph::new(nodes.collect(), wires.collect())
    }

    /// Paints every face of a graph of the same flow anew.
    pub(super) fn update(&self, graph: &mut Graph<Ids>) {
        let flow = self.state.open.document.flow();
        for id in flow.nodes.keys() {
            if let Some(face) = graph.node_face_mut(id) {
                *face = self.node(id);
            }
            let ports =
                self.inputs(id).into_iter().map(|(port, face)| (GraphPort::input(id.clone(), port), face));
            let outputs =
                self.outputs(id).into_iter().map(|(port, face)| (GraphPort::output(id.clone(), port), face));
            for (port, new) in ports.chain(outputs) {
                if let Some(face) = graph.port_face_mut(&port) {
                    *face = new;
                }
            }
        }
        for edge in &flow.edges {
            if let Some(face) = graph.wire_face_mut(edge) {
                *face = self.wire(edge);
            }
        }
    }

    fn node(&self, id: &NodeId) -> NodeFace {
        let state = self.state;
        let spec = state.spec(id);
        let logical = state.open.checked.graph.node(id);
        let figures = state.open.run.snapshot.nodes.get(id);
        let title = state.title(id);
        let error = state.open.diagnostics_of(id).find(|diagnostic| diagnostic.severity == Severity::Error);
        let unknown = spec.is_none().then(|| t("node.unknown_kind").to_owned());
        let error = error.map(|diagnostic| spoken(message(diagnostic))).or(unknown);
        let rates = figures.map(|figures| self.rates(spec.map(Arc::as_ref), figures));
        let mut summary = summary_line(spec.map(Arc::as_ref), logical, error.is_some());
        summary.extend(rates.clone());
        summary.extend(figures.and_then(losses));
        NodeFace {
            accessible_name: self.node_name(&title, spec.map(Arc::as_ref), rates.as_deref()),
            title,
            icon: self.icon(id).glyph().to_string(),
            accent: spec
                .map_or(self.tokens.colors.category.side, |spec| category_color(spec.category, self.tokens)),
            lens: figures.and_then(|figures| self.node_lens(id, figures)),
            headline: rates.unwrap_or_default(),
            // The badge of an unfinished node says more than a mark could.
            state: self.state_mark(id).filter(|_| error.is_none()),
            badge: self.badge(id, figures),
            load: figures.filter(|_| state.open.run.snapshot.is_going()).map(|figures| Load {
                busy: figures.busy,
                blocked: figures.blocked.min(1.0 - figures.busy),
                idle: (1.0 - figures.busy - figures.blocked).max(0.0),
            }),
            tooltip: self.tooltip(id, spec.map(Arc::as_ref)),
            summary,
            error,
            ..NodeFace::default()
        }
    }

    /// What the kind does, and what a person has remarked on the node.
    fn tooltip(&self, id: &NodeId, spec: Option<&NodeSpec>) -> String {
        let summary = spec.map(|spec| sentence(spec.summary));
        let remark = self.state.open.document.flow().nodes.get(id).and_then(|node| node.note.clone());
        summary.into_iter().chain(remark).collect::<Vec<_>>().join("\n\n")
    }

    fn icon(&self, id: &NodeId) -> Icon {
        self.state.spec(id).map_or(Icon::Help, |spec| kind_icon(spec.kind, spec.category))
    }

    fn node_name(&self, title: &str, spec: Option<&NodeSpec>, rates: Option<&str>) -> String {
        let Some(spec) = spec else { return title.to_owned() };
        let ports = [
            (!spec.inputs.is_empty()).then(|| t_count("node.inputs", spec.inputs.len() as u64)),
            (!spec.outputs.is_empty()).then(|| t_count("node.outputs", spec.outputs.len() as u64)),
        ];
        let parts = std::iter::once(title.to_owned()).chain(ports.into_iter().flatten());
        parts.chain(rates.map(str::to_owned)).collect::<Vec<_>>().join(", ")
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

    fn node_lens(&self, id: &NodeId, figures: &NodeFigures) -> Option<Color32> {
        let heat = |part: f64| Some(self.tokens.colors.heat(part as f32));
        match self.state.view.lens {
            Lens::Rate => None,
            Lens::Queue => {
                let entering = self.state.open.document.flow().edges_into(id);
                let fills =
                    entering.filter_map(|edge| self.state.open.run.snapshot.edges.get(edge)?.queue_fill);
                fills.reduce(f32::max).and_then(|fill| heat(f64::from(fill)))
            }
            Lens::Watermark => {
                let behind = self.state.open.run.snapshot.clock_millis?.checked_sub(figures.watermark?)?;
                // What is as far as everything else is cool: what holds the others back is hot.
                let (least, most) = self.behind();
                heat((behind - least) as f64 / most.max(1) as f64)
            }
            Lens::Late => {
                let share = figures.account.late as f64 / figures.account.rows_in.max(1) as f64;
                (figures.account.late > 0).then(|| heat(share / HOT_LATE_SHARE)).flatten()
            }
        }
    }

    /// How far the nearest and the furthest node are behind the replay clock, in milliseconds.
    fn behind(&self) -> (i64, i64) {
        let snapshot = &self.state.open.run.snapshot;
        let behind = |figures: &NodeFigures| snapshot.clock_millis?.checked_sub(figures.watermark?);
        let all = || snapshot.nodes.values().filter_map(behind);
        (all().min().unwrap_or(0), all().max().unwrap_or(0))
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

    fn badge(&self, id: &NodeId, figures: Option<&NodeFigures>) -> Option<Badge> {
        let colors = &self.tokens.colors.status;
        let n_errors =
            self.state.open.diagnostics_of(id).filter(|found| found.severity == Severity::Error).count();
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

    /// The input ports that the kind has, or those that edges name where the kind is not known.
    fn inputs(&self, id: &NodeId) -> Vec<(Arc<str>, PortFace)> {
        let colors = &self.tokens.colors.wire;
        let face = |name: &str, doc: &str| PortFace {
            name: name.to_owned(),
            mark: Mark::Disc,
            color: colors.append,
            tooltip: doc.to_owned(),
            accessible_name: t_args("node.input_named", &[("port", &name), ("node", &self.state.title(id))]),
        };
        match self.state.spec(id) {
            Some(spec) => {
                spec.inputs.iter().map(|input| (Arc::from(input.name), face(input.name, input.doc))).collect()
            }
            None => {
                let edges = self.state.open.document.flow().edges.iter().filter(|edge| edge.to.node == *id);
                let mut ports: Vec<_> = edges.map(|edge| Arc::clone(&edge.to.port)).collect();
                ports.dedup();
                ports.into_iter().map(|port| (Arc::clone(&port), face(&port, ""))).collect()
            }
        }
    }

    fn outputs(&self, id: &NodeId) -> Vec<(Arc<str>, PortFace)> {
        let logical = self.state.open.checked.graph.node(id);
        let face = |name: &str, doc: &str, role: OutputRole, edge_type: Option<&Arc<EdgeType>>| {
            let (mark, color) = self.port_look(role);
            let columns =
                edge_type.map(|edge_type| format!("\n\n{}", columns_text(edge_type))).unwrap_or_default();
            PortFace {
                // At rest the mark says it, and the wire's label stands where the name would.
                name: if self.dragging { name.to_owned() } else { String::new() },
                mark,
                color,
                tooltip: format!("{name}\n{doc}{columns}"),
                accessible_name: t_args(
                    "node.output_named",
                    &[("port", &name), ("node", &self.state.title(id))],
                ),
            }
        };
        match self.state.spec(id) {
            Some(spec) => {
                let outputs = spec.outputs.iter().enumerate().map(|(idx, output)| {
                    let edge_type = logical.and_then(|node| node.full_outputs.get(idx)?.as_ref());
                    (Arc::from(output.name), face(output.name, output.doc, output.role, edge_type))
                });
                outputs.collect()
            }
            None => {
                let edges = self.state.open.document.flow().edges.iter().filter(|edge| edge.from.node == *id);
                let mut ports: Vec<_> = edges.map(|edge| Arc::clone(&edge.from.port)).collect();
                ports.dedup();
                ports
                    .into_iter()
                    .map(|port| (Arc::clone(&port), face(&port, "", OutputRole::Main, None)))
                    .collect()
            }
        }
    }

    fn port_look(&self, role: OutputRole) -> (Mark, Color32) {
        let colors = &self.tokens.colors.wire;
        match role {
            OutputRole::Main => (Mark::Disc, colors.append),
            OutputRole::Late => (Mark::Diamond, colors.late),
            OutputRole::Rejected => (Mark::Square, colors.rejected),
        }
    }

    fn wire(&self, edge: &EdgeId) -> WireFace {
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
            tooltip: figures
                .map(|figures| wire_tooltip(figures, self.state.open.run.snapshot.clock_millis))
                .unwrap_or_default(),
            accessible_name: name,
            ..WireFace::default()
        }
    }

    fn wire_label(&self, edge: &EdgeId, figures: &EdgeFigures) -> String {
        match self.state.view.lens {
            Lens::Rate => self.wire_rate(edge, figures),
            Lens::Queue => figures.queue_fill.map(|fill| percent(f64::from(fill))).unwrap_or_default(),
            Lens::Watermark => self.wire_watermark(figures, ""),
            Lens::Late => {
                let is_late = self.role_of(&edge.from) == Some(OutputRole::Late);
                if is_late { short_count(figures.rows as f64) } else { Default::default() }
            }
        }
    }

    /// Rate and watermark of a wire, but for what its label says already. `mark` tells what is a watermark.
    fn wire_note(&self, edge: &EdgeId, figures: &EdgeFigures, mark: &str) -> String {
        let (rate, watermark) = (self.wire_rate(edge, figures), self.wire_watermark(figures, mark));
        match self.state.view.lens {
            Lens::Rate => watermark,
            Lens::Watermark => rate,
            Lens::Queue | Lens::Late => format!("{rate} · {watermark}"),
        }
    }

    fn wire_rate(&self, edge: &EdgeId, figures: &EdgeFigures) -> String {
        let amount = self.amount(figures.per_sec, figures.rows);
        match self.role_of(&edge.from) {
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

    fn wire_color(&self, edge: &EdgeId) -> Color32 {
        let colors = &self.tokens.colors.wire;
        let logical = self.state.open.checked.graph.edge(edge);
        match self.role_of(&edge.from) {
            Some(OutputRole::Late) => colors.late,
            Some(OutputRole::Rejected) => colors.rejected,
            _ => match logical.and_then(|edge| edge.full_type.as_ref()).map(|edge_type| &edge_type.changes) {
                Some(ChangeMode::Retract | ChangeMode::Upsert(_)) => colors.changelog,
                _ => colors.append,
            },
        }
    }

    fn role_of(&self, output: &PortRef) -> Option<OutputRole> {
        let spec = self.state.spec(&output.node)?;
        spec.outputs.iter().find(|found| *output.port == *found.name).map(|found| found.role)
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

fn wire_tooltip(figures: &EdgeFigures, clock: Option<i64>) -> String {
    let mut lines = vec![t_count("data.rows", figures.rows)];
    if figures.per_sec > 0.0 {
        lines.push(crate::ui_kit::format::rate(figures.per_sec));
    }
    if let Some(watermark) = figures.watermark {
        let behind =
            clock.map(|clock| format!(" ({})", lag(watermark.saturating_sub(clock)))).unwrap_or_default();
        lines.push(format!("{} {}{behind}", t("metric.watermark"), short_timestamp(watermark)));
    }
    if let Some(fill) = figures.queue_fill {
        lines.push(format!("{} {}", t("metric.queue"), percent(f64::from(fill))));
    }
    lines.push(t("node.click_for_rows").to_owned());
    lines.join("\n")
}

/// The columns of an edge, one to a line, the event time marked.
fn columns_text(edge_type: &EdgeType) -> String {
    let fields = edge_type.schema.fields().iter().enumerate();
    let lines = fields.map(|(idx, field)| {
        let mark = if edge_type.event_time == Some(idx) { " ⏱" } else { "" };
        format!("{}  {}{mark}", field.name, field.data_type)
    });
    lines.collect::<Vec<_>>().join("\n")
}
