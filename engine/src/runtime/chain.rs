//! Operators that run fused in one task: an element is pushed in at the top and runs down every branch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::decode::panic_text;
use super::exchange::Exchange;
use super::lanes::WatermarkAssigner;
use super::metrics::{EdgeGauge, NodeGauge};
use crate::data::{Batch, EdgeType, Position, Progress, StreamElement, concat_batches};
use crate::error::{EngineError, Result};
use crate::ids::NodeId;
use crate::node::{Cuts, NodeCounters, Operator, Output, Segment, Sink, rejected_rows};
use crate::sync::Cancelled;

/// The operators of one subtask of a task, as a tree: each gives its outputs to others of the chain or to exchanges.
pub(super) struct Chain {
    links: Vec<Link>,
    exchanges: Vec<Exchange>,
    subtask: usize,
}

/// One operator of a chain.
pub(super) struct Link {
    pub(super) node: NodeId,
    pub(super) body: Body,
    pub(super) gauge: Arc<NodeGauge>,
    /// The edge that leads here from another link; what enters the chain is counted before.
    pub(super) inlet: Option<Arc<EdgeGauge>>,
    pub(super) ports: Vec<Port>,
}

/// What a link does with an element.
pub(super) enum Body {
    /// A source: what is pushed in is what it has read. Elements enter by [`Chain::give_out`].
    Source,
    Watermarks(WatermarkAssigner),
    Operator {
        operator: Box<dyn Operator>,
        cuts: Cuts,
    },
    Sink(Box<dyn Sink>),
}

/// An output port and where its rows go.
pub(super) struct Port {
    pub(super) edge: Arc<EdgeType>,
    pub(super) routes: Vec<Route>,
}

/// One edge that leaves a port.
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) gauge: Arc<EdgeGauge>,
}

/// Where an edge leads.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// To another link of the chain, by its number and input port.
    Link { link: usize, input: usize },
    /// Out of the task, by the number of the exchange.
    Exchange(usize),
}

/// Why a task stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The job was stopped, or has failed elsewhere.
    Cancelled,
    /// It failed here.
    Failed(EngineError),
}

impl From<Cancelled> for Stop {
    fn from(_: Cancelled) -> Stop {
        Stop::Cancelled
    }
}

impl Chain {
    pub(super) fn new(links: Vec<Link>, exchanges: Vec<Exchange>, subtask: usize) -> Chain {
        Chain { links, exchanges, subtask }
    }

    /// Pushes an element into link `link` by its input port `input`.
    pub(super) fn push(&mut self, link: usize, input: usize, element: StreamElement) -> Result<(), Stop> {
        let started = Instant::now();
        let is_end = matches!(element, StreamElement::End(_));
        let this = &mut self.links[link];
        if let Some(inlet) = &this.inlet {
            inlet.arrives(&element);
        }
        if let StreamElement::Batch(batch) = &element {
            NodeCounters::add(&this.gauge.counters.rows_in, batch.n_rows());
        }
        let outputs = catch_unwind(AssertUnwindSafe(|| this.run(input, element)))
            .unwrap_or_else(|panic| {
                Err(EngineError::internal("the operator panicked").because(panic_text(&*panic)))
            })
            .map_err(|error| Stop::Failed(error.at(&this.node)))?;
        this.gauge.add_busy(started.elapsed());
        if let Some(element) = outputs.first() {
            this.gauge.set_watermark(self.subtask, element.progress().end());
        }
        for (port, output) in outputs.into_iter().enumerate() {
            // What fires at the end of input goes out before the end does.
            let end = (is_end && !matches!(output, StreamElement::End(_))).then(|| {
                StreamElement::End(Progress::flat(output.progress().end(), output.progress().frontier))
            });
            self.give_out(link, port, &output)?;
            if let Some(end) = end {
                self.give_out(link, port, &end)?;
            }
        }
        Ok(())
    }

    /// Sends an element out of port `port` of link `link`.
    pub(super) fn give_out(&mut self, link: usize, port: usize, element: &StreamElement) -> Result<(), Stop> {
        if let StreamElement::Batch(batch) = element {
            NodeCounters::add(&self.links[link].gauge.rows_out[port], batch.n_rows());
        }
        for route in 0..self.links[link].ports[port].routes.len() {
            let Route { target, gauge } = &self.links[link].ports[port].routes[route];
            gauge.passes(self.subtask, element);
            match *target {
                Target::Link { link, input } => self.push(link, input, element.clone())?,
                Target::Exchange(exchange) => {
                    let sent = self.exchanges[exchange].send(element.clone())?;
                    let this = &self.links[link];
                    let waited = sent.map_err(|error| Stop::Failed(error.at(&this.node)))?;
                    this.gauge.add_backpressured(waited);
                }
            }
        }
        Ok(())
    }

    /// Tells every watermark strategy of the chain that `split` ends with the record at `last`.
    pub(super) fn split_ends(&mut self, last: Position, split: u32) {
        for link in &mut self.links {
            if let Body::Watermarks(assigner) = &mut link.body {
                assigner.split_ends(last, split);
            }
        }
    }

    /// The output port `port` of link `link`.
    pub(super) fn port(&self, link: usize, port: usize) -> &Port {
        &self.links[link].ports[port]
    }

    /// The gauge of link `link`.
    pub(super) fn gauge(&self, link: usize) -> &Arc<NodeGauge> {
        &self.links[link].gauge
    }

    /// Takes the sinks out, to be committed or aborted together with those of other tasks.
    pub(super) fn into_sinks(self) -> Vec<(NodeId, Box<dyn Sink>)> {
        self.links
            .into_iter()
            .filter_map(|link| match link.body {
                Body::Sink(sink) => Some((link.node, sink)),
                _ => None,
            })
            .collect()
    }
}

impl Link {
    /// Works on one element and answers with exactly one for every output port.
    fn run(&mut self, input: usize, element: StreamElement) -> Result<Vec<StreamElement>> {
        match &mut self.body {
            Body::Source => Err(EngineError::internal("a source has no input")),
            Body::Sink(sink) => {
                if let StreamElement::Batch(batch) = &element {
                    sink.write(batch)?;
                    NodeCounters::add(&self.gauge.counters.used, batch.n_rows());
                }
                self.gauge.set_watermark(0, element.progress().end());
                Ok(Vec::new())
            }
            Body::Watermarks(assigner) => {
                let assigned = assigner.assign(element)?;
                self.gauge.set_lanes(assigner.gauges());
                split_untimed(assigned.element, &assigned.untimed, &self.ports[1].edge, &self.gauge.counters)
            }
            Body::Operator { operator, cuts } => {
                let mut out = Output::new(self.ports.len());
                drive(&mut **operator, *cuts, input, &element, &mut out)?;
                let outputs = self.ports.iter().enumerate().map(|(number, port)| {
                    let batches = out.take(number);
                    let progress = element.progress().clone();
                    Ok(match &element {
                        StreamElement::End(_) if batches.is_empty() => StreamElement::End(progress),
                        StreamElement::Progress(_) | StreamElement::End(_) if batches.is_empty() => {
                            StreamElement::Progress(progress)
                        }
                        _ => StreamElement::Batch(concat_batches(&port.edge, batches, progress)?),
                    })
                });
                outputs.collect()
            }
        }
    }
}

/// Separates the rows that have no event time from those that do.
fn split_untimed(
    element: StreamElement,
    untimed: &[u32],
    rejected_edge: &Arc<EdgeType>,
    counters: &NodeCounters,
) -> Result<Vec<StreamElement>> {
    let StreamElement::Batch(batch) = element else { return Ok(vec![element.clone(), element]) };
    let progress = batch.progress().clone();
    if untimed.is_empty() {
        NodeCounters::add(&counters.used, batch.n_rows());
        return Ok(vec![StreamElement::Batch(batch), StreamElement::Progress(progress)]);
    }
    let reasons = vec!["it has no event time".to_owned(); untimed.len()];
    let rejected = rejected_rows(&batch, untimed, reasons, rejected_edge)?;
    let mut dropped = untimed.iter().peekable();
    let kept: Vec<u32> = (0..batch.n_rows() as u32)
        .filter(|row| dropped.next_if(|untimed| *untimed == row).is_none())
        .collect();
    let kept = batch.gather(&kept)?;
    NodeCounters::add(&counters.used, kept.n_rows());
    NodeCounters::add(&counters.rejected, rejected.n_rows());
    Ok(vec![StreamElement::Batch(kept), StreamElement::Batch(rejected)])
}

/// Calls the operator for rows and watermarks in the order in which one thread would.
fn drive(
    operator: &mut dyn Operator,
    cuts: Cuts,
    input: usize,
    element: &StreamElement,
    out: &mut Output,
) -> Result<()> {
    let progress = element.progress();
    let batch = match element {
        StreamElement::Batch(batch) if !batch.is_empty() => Some(batch),
        _ => None,
    };
    let n_rows = batch.map_or(0, Batch::n_rows);
    let mut watermark = progress.start;
    let (mut row, mut raise) = (0, 0);
    loop {
        // The next raise that the operator must see before it sees the rows after it.
        raise = match cuts {
            Cuts::None => progress.n_raises(),
            Cuts::EveryRaise => raise,
            Cuts::Grid(grid) => match grid.first_open(watermark) {
                Some(open) => progress.first_raise_at_least(open.saturating_sub(1)),
                None => progress.n_raises(),
            },
        };
        let is_raise = raise < progress.n_raises();
        let end = match batch {
            Some(batch) if is_raise => progress.n_rows_before(raise, batch.positions()),
            _ => n_rows,
        };
        if let Some(batch) = batch
            && row < end
        {
            operator.process(Segment { input, batch, rows: row..end, watermark }, out)?;
        }
        row = end;
        if !is_raise {
            return Ok(());
        }
        watermark = progress.raise_watermark(raise);
        operator.on_watermark(progress.raise_position(raise), watermark, out)?;
        raise += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataType, Field, Origins, Positions, Progress, Raises, Schema};
    use crate::time::{TumblingWindows, Watermark};
    use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};

    /// Writes down what it is called with.
    struct Scribe(Vec<String>);

    impl Operator for Scribe {
        fn process(&mut self, rows: Segment<'_>, _: &mut Output) -> Result<()> {
            self.0.push(format!("rows {:?} under {}", rows.rows, rows.watermark.time().unwrap_or(-1)));
            Ok(())
        }
        fn on_watermark(&mut self, at: Position, watermark: Watermark, _: &mut Output) -> Result<()> {
            self.0.push(format!("watermark {} at {}", watermark.millis(), at.offset));
            Ok(())
        }
    }

    fn story(cuts: Cuts, raises: Raises) -> Vec<String> {
        let edge = Arc::new(EdgeType::append(Schema::new(vec![Field::nullable("v", DataType::BigInt)])));
        let frame =
            DataFrame::new(6, vec![Series::new("v".into(), [0_i64; 6]).into_column()]).expect("one column");
        let origins = Origins::Run { source: 0, split: 0, first_offset: 0, arrivals: vec![0; 6].into() };
        let positions = Positions::all(origins.clone());
        let frontier = positions.at(5).with_all_it_causes();
        let progress = Progress::new(Watermark::new(3), frontier, origins, raises);
        let mut scribe = Scribe(Vec::new());
        let element = StreamElement::Batch(Batch::new(frame, edge, positions, progress));
        drive(&mut scribe, cuts, 0, &element, &mut Output::new(0)).expect("a scribe does not fail");
        scribe.0
    }

    #[test]
    fn rows_and_watermarks_come_in_the_order_of_one_thread() {
        let raises = Raises { rows: vec![0, 2, 3, 5], watermarks: vec![4, 9, 12, 40] };
        let grid = TumblingWindows::new(10, 0).grid();
        assert_eq!(
            story(Cuts::Grid(grid), raises.clone()),
            ["rows 0..3 under 3", "watermark 9 at 2", "rows 3..6 under 9", "watermark 40 at 5"]
        );
        assert_eq!(story(Cuts::None, raises.clone()), ["rows 0..6 under 3"]);
        assert_eq!(
            story(Cuts::EveryRaise, raises),
            [
                "rows 0..1 under 3",
                "watermark 4 at 0",
                "rows 1..3 under 4",
                "watermark 9 at 2",
                "rows 3..4 under 9",
                "watermark 12 at 3",
                "rows 4..6 under 12",
                "watermark 40 at 5"
            ]
        );
    }

    #[test]
    fn the_end_of_input_is_a_cut() {
        let raises = Raises { rows: vec![5], watermarks: vec![i64::MAX] };
        let grid = TumblingWindows::new(10, 0).grid();
        assert_eq!(
            story(Cuts::Grid(grid), raises),
            ["rows 0..6 under 3".to_owned(), format!("watermark {} at 5", i64::MAX)]
        );
    }
}
