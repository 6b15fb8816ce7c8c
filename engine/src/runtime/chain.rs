//! Operators that run fused in one task: an element is pushed in at the top and runs down every branch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::decode::panic_text;
use super::exchange::Exchange;
use super::lanes::WatermarkAssigner;
use super::metrics::{EdgeGauge, NodeGauge};
use super::physical::Half;
use crate::data::{Batch, EdgeType, Position, Progress, StreamElement, concat_batches};
use crate::error::{EngineError, Result};
use crate::ids::NodeId;
use crate::node::{Cuts, Firing, NodeCounters, Operator, Output, Segment, Sink, rejected_rows};
use crate::sync::Cancelled;
use crate::time::Watermark;

/// How many rows an operator gives out in one piece, about, where a watermark fires many timers, as the end of input does.
pub(super) const PIECE_ROWS: usize = 65_536;

/// The operators of one subtask of a task, as a tree: each gives its outputs to others of the chain or to exchanges.
pub(super) struct Chain {
    links: Vec<Link>,
    exchanges: Vec<Exchange>,
    subtask: usize,
}

/// One operator of a chain.
pub(super) struct Link {
    pub(super) node: NodeId,
    /// Halves count together what the whole would count: the first what comes in, and each what it gives out of the node.
    pub(super) half: Half,
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
        /// How many rows are given out in one piece, about; `usize::MAX` where every element must give exactly one.
        piece_rows: usize,
        /// How far the operator has said that it has come.
        reached: Position,
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
    pub(super) fn push(&mut self, link: usize, input: usize, element: &StreamElement) -> Result<(), Stop> {
        let is_end = matches!(element, StreamElement::End(_));
        let this = &self.links[link];
        if let Some(inlet) = &this.inlet {
            inlet.arrives(element);
        }
        if let StreamElement::Batch(batch) = element
            && this.half != Half::Final
        {
            NodeCounters::add(&this.gauge.counters.rows_in, batch.n_rows());
        }
        let mut walk = Walk::new(element);
        while !walk.is_over {
            let started = Instant::now();
            let this = &mut self.links[link];
            let outputs = catch_unwind(AssertUnwindSafe(|| this.run(input, element, &mut walk)))
                .unwrap_or_else(|panic| {
                    Err(EngineError::internal("the operator panicked").because(panic_text(&*panic)))
                })
                .map_err(|error| Stop::Failed(error.at(&this.node)))?;
            this.gauge.add_busy(started.elapsed());
            if let Some(output) = outputs.first()
                && this.half != Half::Local
            {
                this.gauge.set_watermark(self.subtask, output.progress().end());
            }
            for (port, output) in outputs.into_iter().enumerate() {
                // What fires at the end of input goes out before the end does.
                let end = (is_end && walk.is_over && !matches!(output, StreamElement::End(_))).then(|| {
                    StreamElement::End(Progress::flat(output.progress().end(), output.progress().frontier))
                });
                self.give_out(link, port, &output)?;
                if let Some(end) = end {
                    self.give_out(link, port, &end)?;
                }
            }
        }
        Ok(())
    }

    /// Sends an element out of port `port` of link `link`.
    pub(super) fn give_out(&mut self, link: usize, port: usize, element: &StreamElement) -> Result<(), Stop> {
        let leaves_node = self.links[link].half != Half::Local || port > 0;
        if let StreamElement::Batch(batch) = element
            && leaves_node
        {
            NodeCounters::add(&self.links[link].gauge.rows_out[port], batch.n_rows());
        }
        for route in 0..self.links[link].ports[port].routes.len() {
            let Route { target, gauge } = &self.links[link].ports[port].routes[route];
            gauge.passes(self.subtask, element);
            match *target {
                Target::Link { link, input } => self.push(link, input, element)?,
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
    /// Works on one element, or goes on with it, and answers with exactly one for every output port.
    fn run(&mut self, input: usize, element: &StreamElement, walk: &mut Walk) -> Result<Vec<StreamElement>> {
        match &mut self.body {
            Body::Source => Err(EngineError::internal("a source has no input")),
            Body::Sink(sink) => {
                if let StreamElement::Batch(batch) = element {
                    sink.write(batch)?;
                    NodeCounters::add(&self.gauge.counters.used, batch.n_rows());
                } else {
                    sink.progress(element.progress())?;
                }
                self.gauge.set_watermark(0, element.progress().end());
                walk.is_over = true;
                Ok(Vec::new())
            }
            Body::Watermarks(assigner) => {
                let assigned = assigner.assign(element.clone())?;
                self.gauge.set_lanes(assigner.gauges());
                walk.is_over = true;
                split_untimed(assigned.element, &assigned.untimed, &self.ports[1].edge, &self.gauge.counters)
            }
            Body::Operator { operator, cuts, piece_rows, reached } => {
                let mut out = Output::full_at(self.ports.len(), *piece_rows);
                let progress = match drive(&mut **operator, *cuts, input, element, walk, &mut out)? {
                    Pause::AfterRaise(raise) => walk.split(|rest| rest.split_at(raise)),
                    Pause::WithinRaise(raise) => walk.split(|rest| rest.split_before(raise, *reached)),
                    Pause::AtEnd => walk.rest.clone(),
                };
                *reached = progress.frontier;
                let outputs = self.ports.iter().enumerate().map(|(number, port)| {
                    let batches = out.take(number);
                    let progress = progress.clone();
                    Ok(match element {
                        _ if !batches.is_empty() => {
                            StreamElement::Batch(concat_batches(&port.edge, batches, progress)?)
                        }
                        StreamElement::End(_) if walk.is_over => StreamElement::End(progress),
                        _ => StreamElement::Progress(progress),
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

/// How far an operator has come with an element, so that it can go on after what it gave out has been sent.
struct Walk {
    row: usize,
    raise: usize,
    watermark: Watermark,
    // Not all timers of `raise` have fired.
    is_firing: bool,
    is_over: bool,
    // The part of the element's progress that has not been given out.
    rest: Progress,
}

impl Walk {
    fn new(element: &StreamElement) -> Walk {
        let rest = element.progress().clone();
        Walk { row: 0, raise: 0, watermark: rest.start, is_firing: false, is_over: false, rest }
    }

    /// Takes the first part off what has not been given out.
    fn split(&mut self, split: impl Fn(&Progress) -> (Progress, Progress)) -> Progress {
        let (before, after) = split(&self.rest);
        self.rest = after;
        before
    }
}

/// Where an operator stops for what it gave out to be sent.
enum Pause {
    /// It has done all that the raise at this position causes.
    AfterRaise(Position),
    /// It has done some of it.
    WithinRaise(Position),
    /// It has done everything.
    AtEnd,
}

/// Calls the operator for rows and watermarks in the order in which one thread would, until its output is full or `element` done.
fn drive(
    operator: &mut dyn Operator,
    cuts: Cuts,
    input: usize,
    element: &StreamElement,
    walk: &mut Walk,
    out: &mut Output,
) -> Result<Pause> {
    let progress = element.progress();
    let batch = match element {
        StreamElement::Batch(batch) if !batch.is_empty() => Some(batch),
        _ => None,
    };
    let n_rows = batch.map_or(0, Batch::n_rows);
    loop {
        if !walk.is_firing {
            // The next raise that the operator must see before it sees the rows after it.
            walk.raise = match cuts {
                Cuts::None => progress.n_raises(),
                Cuts::EveryRaise => walk.raise,
                Cuts::Grid(grid) => match grid.first_open(walk.watermark) {
                    Some(open) => progress.first_raise_at_least(open.saturating_sub(1)),
                    None => progress.n_raises(),
                },
            };
            let is_raise = walk.raise < progress.n_raises();
            let end = match batch {
                Some(batch) if is_raise => progress.n_rows_before(walk.raise, batch.positions()),
                _ => n_rows,
            };
            if let Some(batch) = batch
                && walk.row < end
            {
                let rows = walk.row..end;
                operator.process(Segment { input, batch, rows, watermark: walk.watermark }, out)?;
            }
            walk.row = end;
            if !is_raise {
                walk.is_over = true;
                return Ok(Pause::AtEnd);
            }
            walk.watermark = progress.raise_watermark(walk.raise);
        }
        let at = progress.raise_position(walk.raise);
        walk.is_firing = operator.on_watermark(at, walk.watermark, out)? == Firing::More;
        walk.raise += usize::from(!walk.is_firing);
        if out.is_full() {
            return Ok(if walk.is_firing { Pause::WithinRaise(at) } else { Pause::AfterRaise(at) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataType, Field, Origins, Positions, Progress, Raises, Schema};
    use crate::runtime::exchange::Routing;
    use crate::sync::{Capacity, mailbox};
    use crate::time::TumblingWindows;
    use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};

    /// Writes down what it is called with.
    struct Scribe(Vec<String>);

    impl Operator for Scribe {
        fn process(&mut self, rows: Segment<'_>, _: &mut Output) -> Result<()> {
            self.0.push(format!("rows {:?} under {}", rows.rows, rows.watermark.time().unwrap_or(-1)));
            Ok(())
        }
        fn on_watermark(&mut self, at: Position, watermark: Watermark, _: &mut Output) -> Result<Firing> {
            self.0.push(format!("watermark {} at {}", watermark.millis(), at.offset));
            Ok(Firing::Done)
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
        drive(&mut scribe, cuts, 0, &element, &mut Walk::new(&element), &mut Output::new(0))
            .expect("a scribe does not fail");
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

    /// Gives out three rows at every moment from 0 to 9 when the watermark rises, a moment at a time where there is no room.
    struct Clockwork {
        edge: Arc<EdgeType>,
        next: i64,
    }

    impl Operator for Clockwork {
        fn cuts(&self) -> Cuts {
            Cuts::EveryRaise
        }
        fn process(&mut self, _: Segment<'_>, _: &mut Output) -> Result<()> {
            Ok(())
        }
        fn on_watermark(&mut self, at: Position, watermark: Watermark, out: &mut Output) -> Result<Firing> {
            while self.next < 10 {
                if out.is_full() {
                    return Ok(Firing::More);
                }
                let column = Series::new("v".into(), [self.next; 3]).into_column();
                let positions = Positions::each(vec![at.caused_by_timer(self.next); 3]);
                let progress = Progress::flat(watermark, at);
                let frame = DataFrame::new(3, vec![column])?;
                out.emit(0, Batch::new(frame, Arc::clone(&self.edge), positions, progress));
                self.next += 1;
            }
            Ok(Firing::Done)
        }
    }

    /// What leaves a chain of one operator with two ports by its first, in pieces of about `piece_rows`, until the receiver cancels.
    fn pieces(piece_rows: usize, cancel_after: usize) -> (Result<(), Stop>, Vec<StreamElement>) {
        let edge = Arc::new(EdgeType::append(Schema::new(vec![Field::nullable("v", DataType::BigInt)])));
        let (mut senders, mut receiver) = mailbox(&[Capacity { items: 1, bytes: 1 }]);
        let sender = senders.remove(0);
        let operator = Clockwork { edge: Arc::clone(&edge), next: 0 };
        let gauge = Arc::new(EdgeGauge::new(Arc::clone(&edge), 1));
        let port = |routes| Port { edge: Arc::clone(&edge), routes };
        let link = Link {
            half: Half::Whole,
            node: NodeId::new("clockwork"),
            body: Body::Operator {
                operator: Box::new(operator),
                cuts: Cuts::EveryRaise,
                piece_rows,
                reached: Position::MIN,
            },
            gauge: Arc::new(NodeGauge::new(2, 1, 0)),
            inlet: None,
            ports: vec![port(vec![Route { target: Target::Exchange(0), gauge }]), port(Vec::new())],
        };
        let mut chain =
            Chain::new(vec![link], vec![Exchange::new(vec![sender.clone()], Routing::Forward)], 0);
        let at = Position { offset: 7, ..Position::MIN }.with_all_it_causes();
        let progress = Progress::from_steps(Watermark::new(3), at, &[(at, Watermark::END)]);
        let working = std::thread::spawn(move || chain.push(0, 0, &StreamElement::End(progress)));
        let mut elements = Vec::new();
        while elements.len() < cancel_after {
            let Ok((_, element)) = receiver.receive(|_| true) else { break };
            let is_end = matches!(element, StreamElement::End(_));
            elements.push(element);
            if is_end {
                break;
            }
        }
        sender.cancel();
        (working.join().expect("no panic"), elements)
    }

    #[test]
    fn what_one_watermark_fires_goes_out_in_pieces_of_which_only_the_last_claims_it() {
        let (result, elements) = pieces(6, usize::MAX);
        assert!(result.is_ok());
        let (end, batches) = elements.split_last().expect("some elements");
        assert!(matches!(end, StreamElement::End(_)));
        assert_eq!(batches.len(), 5);
        for (number, element) in batches.iter().enumerate() {
            let StreamElement::Batch(batch) = element else { panic!("rows fire: {element:?}") };
            let times: Vec<i64> = batch.positions().iter().map(|position| position.sub).collect();
            let first = number as i64 * 2;
            assert_eq!(times, [first, first, first, first + 1, first + 1, first + 1]);
            assert!(
                times.iter().enumerate().all(|(row, _)| batch.watermark_before(row) == Watermark::new(3))
            );
            let is_last = number == batches.len() - 1;
            let last = batch.positions().last().expect("six rows");
            assert_eq!(batch.progress().frontier >= last, is_last, "piece {number}");
            assert_eq!(batch.progress().end() == Watermark::END, is_last, "piece {number}");
        }
    }

    #[test]
    fn a_task_that_is_heard_in_turn_gives_one_element_for_one() {
        let (result, elements) = pieces(usize::MAX, usize::MAX);
        assert!(result.is_ok());
        assert_eq!(elements.len(), 2, "all rows, and the end");
    }

    #[test]
    fn a_stop_is_noticed_between_two_pieces() {
        let (result, elements) = pieces(3, 2);
        assert!(matches!(result, Err(Stop::Cancelled)));
        assert_eq!(elements.len(), 2);
    }
}
