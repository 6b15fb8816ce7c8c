//! Surveying the sources of the flow that is shown, so that the transport shows the whole recording: asked for here, done elsewhere.
//!
//! There is one survey at a time; one that is not wanted any more is cancelled. What was surveyed is remembered as long as the files
//! are the same, so that a new run or another flow costs a look at their lengths.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value as Json};
use tidemark_engine::error::Result;
use tidemark_engine::graph::{Checked, LogicalGraph};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{Runs, SourcePlan};
use tidemark_engine::runtime::{Disorder, Survey, SurveyLimits, survey};

use super::App;
use super::background::Outcome;
use crate::state::{FlowNumber, Recording};
use crate::ui_kit::t;

/// How much of a source is read: of a file that is longer than this, the strip shows the first part and says so.
const LIMITS: SurveyLimits =
    SurveyLimits { max_records: Some(8_000_000), max_duration: Some(Duration::from_secs(10)) };
/// How many sources are remembered, those that were wanted last.
const MAX_REMEMBERED: usize = 32;

/// What was asked for last.
#[derive(Default)]
pub(super) struct Surveyor {
    asked: Option<Asked>,
    /// Cancels what is under way.
    under_way: Option<Arc<AtomicBool>>,
    n_asked: u64,
}

struct Asked {
    flow: FlowNumber,
    run: u64,
    checked: Arc<Checked>,
    sources: Vec<(NodeId, Identity)>,
}

/// What a source gives out depends on this and on its files.
#[derive(Clone, Debug, PartialEq)]
struct Identity {
    kind: String,
    params: Map<String, Json>,
    session_zone: String,
    /// The column by whose event time rows arrive, and how far ahead it may be.
    progress: Option<(String, i64)>,
}

/// Sources to survey.
pub(super) struct SurveyWork {
    number: u64,
    flow: FlowNumber,
    checked: Arc<Checked>,
    sources: Vec<(NodeId, Identity)>,
    cancelled: Arc<AtomicBool>,
}

/// What came of a survey.
pub(super) struct Surveyed {
    number: u64,
    flow: FlowNumber,
    /// What the sources hold; `None` if there are none, or it was not wanted any more.
    recording: Option<Recording>,
}

impl Surveyor {
    fn cancel(&mut self) {
        if let Some(cancelled) = self.under_way.take() {
            cancelled.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Surveyor {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl App {
    /// Has the sources surveyed that the flow has now, if they are others than before or a new run may find other files.
    pub(super) fn survey_if_changed(&mut self) {
        let open = &self.state.open;
        let (flow, run, checked) = (open.number, open.run.asked, &open.checked);
        let asked = self.surveyor.asked.as_mut().filter(|asked| asked.flow == flow);
        let is_known = |asked: &&mut Asked| asked.run == run && Arc::ptr_eq(&asked.checked, checked);
        if !open.is_checked() || asked.as_ref().is_some_and(is_known) {
            return;
        }
        let sources = sources_of(&checked.graph);
        let has_same_sources = match asked {
            Some(asked) if asked.sources == sources => {
                if self.surveyor.under_way.is_some() || asked.run == run {
                    (asked.run, asked.checked) = (run, Arc::clone(checked));
                    return;
                }
                true
            }
            Some(_) => false,
            // Another flow was shown meanwhile, and this one has what it had.
            None => true,
        };
        self.surveyor.cancel();
        self.surveyor.n_asked += 1;
        let cancelled = Arc::new(AtomicBool::new(false));
        let work = SurveyWork {
            number: self.surveyor.n_asked,
            flow,
            checked: Arc::clone(checked),
            sources: sources.clone(),
            cancelled: Arc::clone(&cancelled),
        };
        let checked = Arc::clone(checked);
        // What cannot be taken now is asked for again in the next frame.
        if !self.background.survey(work) {
            return;
        }
        let asked = Asked { flow, run, checked, sources };
        if let Some(before) = self.surveyor.asked.replace(asked)
            && let Some(other) = self.state.flow_mut(before.flow)
        {
            other.is_surveying = false;
        }
        self.surveyor.under_way = Some(cancelled);
        self.state.open.is_surveying = true;
        if !has_same_sources {
            self.state.open.recording = None;
        }
    }

    /// Shows what came of a survey.
    pub(super) fn show_surveyed(&mut self, surveyed: Surveyed) {
        let Surveyed { number, flow, recording } = surveyed;
        // What was not wanted any more has been asked for anew.
        if number != self.surveyor.n_asked {
            return;
        }
        self.surveyor.under_way = None;
        if let Some(flow) = self.state.flow_mut(flow) {
            flow.is_surveying = false;
            flow.recording = recording.map(Arc::new);
        }
    }
}

fn sources_of(graph: &LogicalGraph) -> Vec<(NodeId, Identity)> {
    let sources = graph.nodes.iter().filter_map(|node| {
        let Some(Runs::Source(plan)) = &node.plan.runs else { return None };
        let column = |idx: usize| plan.decoded.fields().get(idx).map(|field| field.name.to_string());
        let progress = plan.progress.and_then(|by| Some((column(by.column)?, by.max_future_skew_millis)));
        let identity = Identity {
            kind: node.kind.clone(),
            params: node.params.clone(),
            session_zone: graph.session_zone.clone(),
            progress,
        };
        Some((node.id.clone(), identity))
    });
    sources.collect()
}

/// A file as it was when it was read.
#[derive(Clone, Debug, PartialEq)]
struct FileState {
    path: PathBuf,
    n_bytes: u64,
    modified: Option<SystemTime>,
}

/// By what a source is known again, and its files as they were.
type Key = (Identity, Vec<FileState>);

/// What was surveyed before, the latest last.
#[derive(Default)]
pub(super) struct Remembered(Vec<(Key, Arc<Survey>)>);

impl Remembered {
    /// Surveys sources. A fault of ours is an answer too, so that the next one is surveyed.
    pub(super) fn work(&mut self, work: &SurveyWork) -> Outcome {
        let recording = catch_unwind(AssertUnwindSafe(|| self.recording(work)));
        let fault = || Recording { failure: Some(t("error.fault").to_owned()), ..Recording::default() };
        let recording = recording.unwrap_or_else(|_| Some(fault()));
        Outcome::Surveyed(Surveyed { number: work.number, flow: work.flow, recording })
    }

    fn recording(&mut self, work: &SurveyWork) -> Option<Recording> {
        if work.sources.is_empty() {
            return None;
        }
        let (mut surveys, mut failure) = (Vec::new(), None);
        for (node, identity) in &work.sources {
            match self.survey(&work.checked.graph, node, identity, &work.cancelled) {
                Ok(survey) => surveys.push(survey),
                Err(error) => failure = failure.or(Some(error.to_string())),
            }
            if work.cancelled.load(Ordering::Relaxed) {
                return None;
            }
        }
        let recording = Recording::of(surveys.iter().map(Arc::as_ref));
        Some(Recording { failure, ..recording })
    }

    fn survey(
        &mut self,
        graph: &LogicalGraph,
        node: &NodeId,
        identity: &Identity,
        cancelled: &AtomicBool,
    ) -> Result<Arc<Survey>> {
        let files = match graph.node(node).map(|node| &node.plan.runs) {
            Some(Some(Runs::Source(plan))) => files_of(plan)?,
            _ => Vec::new(),
        };
        let key = (identity.clone(), files);
        if let Some(idx) = self.0.iter().position(|(known, _)| *known == key) {
            let known = self.0.remove(idx);
            let survey = Arc::clone(&known.1);
            self.0.push(known);
            return Ok(survey);
        }
        let surveyed = survey(graph, node, &LIMITS, cancelled, &mut |_| ())?;
        // How far out of order rows are is the largest part of a survey, and nobody asks for it here.
        let survey = Arc::new(Survey { disorder: Disorder::default(), ..surveyed });
        if !cancelled.load(Ordering::Relaxed) {
            if self.0.len() == MAX_REMEMBERED {
                self.0.remove(0);
            }
            self.0.push((key, Arc::clone(&survey)));
        }
        Ok(survey)
    }
}

/// The files of a source as they are now; none where its rows are made. One that cannot be looked at is said to be empty; reading it says why.
fn files_of(plan: &SourcePlan) -> Result<Vec<FileState>> {
    let state = |path: PathBuf| {
        let metadata = std::fs::metadata(&path).ok();
        FileState {
            n_bytes: metadata.as_ref().map_or(0, std::fs::Metadata::len),
            modified: metadata.and_then(|metadata| metadata.modified().ok()),
            path,
        }
    };
    Ok(plan.source.splits()?.into_iter().filter_map(|split| split.path.map(state)).collect())
}
