//! What sources of files share: their ports, and which columns of a file they give out, as event time, arrival time and partition.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::paths::SourceFile;
use super::text_input::damaged;
use crate::data::{DataType, EdgeType, Field, Schema};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{EngineError, Origin};
use crate::node::{ColumnName, NodePlan, OutputRole, OutputSpec, PlanContext, rejected_schema};

/// The columns that a source's parameters give a meaning to.
pub(crate) struct Roles<'a> {
    pub(crate) event_time: Option<&'a ColumnName>,
    pub(crate) arrival_time: Option<&'a ColumnName>,
    pub(crate) partition: Option<&'a ColumnName>,
}

/// Why a file cannot be read: a stable code, a sentence, and what to do about it.
#[derive(Debug)]
pub(crate) struct FileFault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) fix: Option<&'static str>,
}

/// The code of a file that the machine does not let be read; all others are of its content.
const UNREADABLE: &str = "unreadable-file";

impl FileFault {
    pub(crate) fn new(
        code: &'static str,
        message: String,
        fix: impl Into<Option<&'static str>>,
    ) -> FileFault {
        FileFault { code, message, fix: fix.into() }
    }

    /// The file `name` cannot be read, or not be decompressed.
    pub(crate) fn unreadable(name: &str, error: &std::io::Error) -> FileFault {
        match damaged(name, error) {
            Some(sentence) => FileFault::new("damaged-file", sentence, None),
            None => FileFault::new(UNREADABLE, format!("`{name}` cannot be read: {error}"), None),
        }
    }

    /// The fault as one that ends a run.
    pub(crate) fn into_error(self) -> EngineError {
        let origin = if self.code == UNREADABLE { Origin::Machine } else { Origin::Data };
        EngineError::new(origin, self.message)
    }

    /// The fault as one that keeps a flow from running.
    pub(crate) fn diagnose(self, place: Place) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.code, place, self.message);
        match self.fix {
            Some(fix) => diagnostic.fix(fix),
            None => diagnostic,
        }
    }
}

/// What a source decodes of its files' columns: first what it gives out, then what it only needs itself.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// What flows out.
    pub(crate) out: Arc<EdgeType>,
    /// The decoded columns.
    pub(crate) decoded: Arc<Schema>,
    /// Where each decoded column stands among the file's columns.
    pub(crate) file_columns: Vec<usize>,
    pub(crate) event_time: Option<usize>,
    pub(crate) arrival_time: Option<usize>,
    pub(crate) partition: Option<usize>,
}

/// Lays out the columns `fields`. A row without event or arrival time is rejected, so these columns are NOT NULL in the layout.
///
/// `fix_type` says what to do about a column of another type that should be a timestamp.
pub(crate) fn lay_out(
    cx: &PlanContext<'_>,
    mut fields: Vec<Field>,
    roles: &Roles<'_>,
    fix_type: impl Fn(&Field) -> String,
    diagnostics: &mut Vec<Diagnostic>,
) -> Layout {
    let event_time = find(cx, &fields, "event_time", roles.event_time, Some(&fix_type), diagnostics);
    let arrival_time = find(cx, &fields, "arrival_time", roles.arrival_time, Some(&fix_type), diagnostics);
    let partition = find(cx, &fields, "partition", roles.partition, None, diagnostics);
    for time in [event_time, arrival_time].into_iter().flatten() {
        fields[time].nullable = false;
    }

    let used =
        |idx: usize| cx.used_columns.is_none_or(|used: &BTreeSet<String>| used.contains(&*fields[idx].name));
    let mut file_columns: Vec<usize> = (0..fields.len()).filter(|idx| used(*idx)).collect();
    let n_out = file_columns.len();
    for helper in [event_time, arrival_time, partition].into_iter().flatten() {
        if !file_columns.contains(&helper) {
            file_columns.push(helper);
        }
    }
    let place =
        |role: Option<usize>| role.and_then(|idx| file_columns.iter().position(|column| *column == idx));
    let schema_of =
        |columns: &[usize]| Arc::new(Schema::new(columns.iter().map(|idx| fields[*idx].clone()).collect()));
    let mut out = EdgeType::append(Schema::default());
    out.schema = schema_of(&file_columns[..n_out]);
    out.event_time = place(event_time).filter(|idx| *idx < n_out);
    Layout {
        out: Arc::new(out),
        decoded: schema_of(&file_columns),
        event_time: place(event_time),
        arrival_time: place(arrival_time),
        partition: place(partition),
        file_columns,
    }
}

fn find(
    cx: &PlanContext<'_>,
    fields: &[Field],
    param: &'static str,
    name: Option<&ColumnName>,
    fix_type: Option<&dyn Fn(&Field) -> String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<usize> {
    let name = &name?.0;
    let Some(idx) = fields.iter().position(|field| &*field.name == name) else {
        let schema = Schema::new(fields.to_vec());
        diagnostics.push(unknown_column(cx, param, name, &schema));
        return None;
    };
    let field = &fields[idx];
    if let Some(fix_type) = fix_type
        && !field.data_type.is_timestamp()
    {
        let message = format!("`{name}` is {}, not a timestamp", with_article(&field.data_type));
        diagnostics.push(Diagnostic::error("not-a-timestamp", cx.param(param), message).fix(fix_type(field)));
        return None;
    }
    Some(idx)
}

/// The finding that no column has the name that parameter `param` gives.
pub(crate) fn unknown_column(
    cx: &PlanContext<'_>,
    param: impl Into<String>,
    name: &str,
    schema: &Schema,
) -> Diagnostic {
    let fix = schema.similar_to(name).map_or_else(
        || {
            let mut names: Vec<String> =
                schema.fields().iter().take(12).map(|field| format!("`{}`", field.name)).collect();
            if schema.n_columns() > names.len() {
                names.push("…".to_owned());
            }
            format!("the columns are {}", names.join(", "))
        },
        |similar| format!("did you mean `{similar}`?"),
    );
    Diagnostic::error("unknown-column", cx.param(param), format!("there is no column `{name}`")).fix(fix)
}

/// `a STRING`, `an INT`.
pub(crate) fn with_article(data_type: &DataType) -> String {
    let article = if matches!(data_type, DataType::Int | DataType::Array(_)) { "an" } else { "a" };
    format!("{article} {data_type}")
}

/// Whether `percent` can be a share; the finding where it cannot.
pub(crate) fn check_percent(cx: &PlanContext<'_>, percent: f64) -> Option<Diagnostic> {
    if (0.0..=100.0).contains(&percent) {
        return None;
    }
    let message = format!("{percent} is not a share in per cent");
    Some(
        Diagnostic::error("bad-parameter", cx.param("max_rejected_percent"), message)
            .fix("set it between 0 and 100"),
    )
}

/// The output ports of a source that reads files.
pub(crate) fn source_outputs() -> Vec<OutputSpec> {
    vec![
        OutputSpec { name: "out", doc: "The rows", role: OutputRole::Main },
        OutputSpec {
            name: "rejected",
            doc: "Records that could not be read: where they stand, why, and how they look",
            role: OutputRole::Rejected,
        },
    ]
}

/// A source whose columns are not known; what is rejected always has the same form.
pub(crate) fn failed(diagnostics: Vec<Diagnostic>) -> NodePlan {
    let mut plan = NodePlan::failed(2, diagnostics);
    plan.outputs[1] = Some(Arc::new(EdgeType::append(rejected_schema())));
    plan
}

/// A source's parameters in one line.
pub(crate) fn summary(files: &[SourceFile], n_columns: usize, event_time: Option<&ColumnName>) -> String {
    let files = match files {
        [file] => file.name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
        files => format!("{} files", files.len()),
    };
    let plural = if n_columns == 1 { "" } else { "s" };
    let time = event_time.map_or(String::new(), |name| format!(" · time `{}`", name.0));
    format!("{files} · {n_columns} column{plural}{time}")
}

/// The share of rejected records above which a run pauses, unless set.
pub(crate) fn one_percent() -> f64 {
    1.0
}
