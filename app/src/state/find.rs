//! Searching the nodes of a flow: by words, and by facets such as `late:>0`, `busy:>80`, `type:window`, `problem`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use tidemark_engine::diagnostic::Severity;
use tidemark_engine::ids::NodeId;

use super::AppState;
use crate::engine_link::UiSnapshot;

/// A search and what it has found.
#[derive(Clone, Debug, Default)]
pub struct Find {
    /// What is searched for, as it was typed.
    pub query: String,
    /// The nodes that were found, from left to right.
    pub found: Vec<NodeId>,
    /// The one that was gone to last, by its place among them.
    pub current: Option<usize>,
    /// The same nodes, to be asked about one of them.
    is_found: BTreeSet<NodeId>,
    /// What was searched: the revision of the flow, that of its check, and the figures.
    searched: Option<(u64, u64, Arc<UiSnapshot>)>,
    n_searches: u64,
}

impl Find {
    /// A search for this, which has found nothing yet.
    pub fn of(query: String) -> Find {
        Find { query, ..Find::default() }
    }

    /// Whether a node is shown as one that was not found.
    pub fn hides(&self, node: &NodeId) -> bool {
        !self.query.trim().is_empty() && !self.is_found.contains(node)
    }

    /// How often this was searched for.
    pub fn n_searches(&self) -> u64 {
        self.n_searches
    }

    /// Whether the flow, or a figure that the search asks for, has changed since it was searched.
    pub fn is_outdated(&self, state: &AppState) -> bool {
        let Some((revision, checked, snapshot)) = &self.searched else { return true };
        let asks_for_figures = || Query::read(&self.query).asks_for_figures();
        *revision != state.open.document.revision()
            || *checked != state.open.checked_revision
            || (!Arc::ptr_eq(snapshot, &state.open.run.snapshot) && asks_for_figures())
    }

    /// Searches the flow as it stands.
    pub fn refresh(&mut self, state: &AppState) {
        let gone_to = self.current.and_then(|idx| self.found.get(idx)).cloned();
        let query = Query::read(&self.query);
        let flow = state.open.document.flow();
        let place = |node: &NodeId| flow.layout.nodes.get(node).map(|at| (at.x, at.y));
        let found = state.open.checked.diagnostics.iter().filter(|found| found.severity > Severity::Hint);
        let problems = found.filter_map(|found| found.place.node()).collect();
        self.found =
            flow.nodes.keys().filter(|node| query.matches(state, &problems, node)).cloned().collect();
        self.found.sort_by_key(place);
        self.is_found = self.found.iter().cloned().collect();
        let open = &state.open;
        let snapshot = Arc::clone(&open.run.snapshot);
        self.n_searches += 1;
        self.searched = Some((open.document.revision(), open.checked_revision, snapshot));
        self.current = gone_to.and_then(|node| self.found.iter().position(|found| *found == node));
    }

    /// Goes to the next one or the one before, around the end.
    pub fn go(&mut self, forward: bool) -> Option<&NodeId> {
        let last = self.found.len().checked_sub(1)?;
        let next = match (self.current, forward) {
            (None, true) => 0,
            (None, false) => last,
            (Some(now), true) => {
                if now >= last {
                    0
                } else {
                    now + 1
                }
            }
            (Some(now), false) => now.checked_sub(1).unwrap_or(last),
        };
        self.current = Some(next);
        self.found.get(next)
    }
}

/// What is searched for: a node is found if every term holds for it.
#[derive(Debug, PartialEq)]
struct Query {
    terms: Vec<Term>,
}

#[derive(Debug, PartialEq)]
enum Term {
    /// Title, kind or a parameter holds this, in small letters.
    Text(String),
    /// The kind or its title holds this, in small letters.
    Kind(String),
    /// Something is wrong with it.
    Problem,
    /// A figure compares so with a number.
    Figure(Figure, Comparison, f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Figure {
    Late,
    Rejected,
    /// In per cent.
    Busy,
    /// In per cent.
    Blocked,
    State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
}

impl Query {
    fn read(text: &str) -> Query {
        Query { terms: text.to_lowercase().split_whitespace().map(Term::read).collect() }
    }

    fn asks_for_figures(&self) -> bool {
        self.terms.iter().any(|term| matches!(term, Term::Figure(..)))
    }

    fn matches(&self, state: &AppState, problems: &BTreeSet<&NodeId>, node: &NodeId) -> bool {
        !self.terms.is_empty() && self.terms.iter().all(|term| term.holds(state, problems, node))
    }
}

impl Term {
    fn read(word: &str) -> Term {
        if word == "problem" {
            return Term::Problem;
        }
        let text = || Term::Text(word.to_owned());
        let Some((facet, wanted)) = word.split_once(':') else { return text() };
        let figure = match facet {
            "type" | "kind" => return Term::Kind(wanted.to_owned()),
            "late" => Figure::Late,
            "rejected" => Figure::Rejected,
            "busy" => Figure::Busy,
            "blocked" => Figure::Blocked,
            "state" => Figure::State,
            _ => return text(),
        };
        match comparison(wanted) {
            Some((comparison, number)) => Term::Figure(figure, comparison, number),
            None => text(),
        }
    }

    /// Whether it holds for a node; something is wrong with those that are `problems`.
    fn holds(&self, state: &AppState, problems: &BTreeSet<&NodeId>, node: &NodeId) -> bool {
        let Some(in_flow) = state.open.document.flow().nodes.get(node) else { return false };
        let kind_holds = |text: &str| {
            let title = state.catalog.spec(&in_flow.kind).map_or("", |spec| spec.title);
            in_flow.kind.contains(text) || title.to_lowercase().contains(text)
        };
        match self {
            Term::Text(text) => {
                state.title(node).to_lowercase().contains(&**text)
                    || kind_holds(text)
                    || in_flow.params.values().any(|value| value_holds(value, text))
            }
            Term::Kind(text) => kind_holds(text),
            Term::Problem => problems.contains(node),
            Term::Figure(figure, comparison, number) => {
                let Some(figures) = state.open.run.snapshot.nodes.get(node) else { return false };
                let value = match figure {
                    Figure::Late => figures.account.late as f64,
                    Figure::Rejected => figures.account.rejected as f64,
                    Figure::Busy => f64::from(figures.busy) * 100.0,
                    Figure::Blocked => f64::from(figures.blocked) * 100.0,
                    Figure::State => figures.account.state_entries as f64,
                };
                comparison.holds(value, *number)
            }
        }
    }
}

impl Comparison {
    fn holds(self, value: f64, number: f64) -> bool {
        match self {
            Comparison::More => value > number,
            Comparison::AtLeast => value >= number,
            Comparison::Less => value < number,
            Comparison::AtMost => value <= number,
            Comparison::Equal => (value - number).abs() < 0.5,
        }
    }
}

/// `>0`, `>=5`, `<80`, `<=1,000` or `3`.
fn comparison(text: &str) -> Option<(Comparison, f64)> {
    const SIGNS: [(&str, Comparison); 5] = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        (">", Comparison::More),
        ("<", Comparison::Less),
        ("=", Comparison::Equal),
    ];
    let found = SIGNS.iter().find_map(|(sign, comparison)| Some((*comparison, text.strip_prefix(sign)?)));
    let (comparison, number) = found.unwrap_or((Comparison::Equal, text));
    let number = number.trim_end_matches('%').replace(',', "").parse::<f64>().ok()?;
    number.is_finite().then_some((comparison, number))
}

/// Whether a text or a number in a parameter holds these small letters.
fn value_holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.to_lowercase().contains(text),
        Value::Number(number) => number.to_string().contains(text),
        Value::Array(items) => items.iter().any(|item| value_holds(item, text)),
        Value::Object(fields) => fields.values().any(|field| value_holds(field, text)),
        Value::Bool(_) | Value::Null => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_facets_are_told_apart() {
        let term = |text: &str| Query::read(text).terms.pop().expect("one term");
        assert_eq!(term("Late:>0"), Term::Figure(Figure::Late, Comparison::More, 0.0));
        assert_eq!(term("busy:>=80%"), Term::Figure(Figure::Busy, Comparison::AtLeast, 80.0));
        assert_eq!(term("state:<=1,000"), Term::Figure(Figure::State, Comparison::AtMost, 1_000.0));
        assert_eq!(term("rejected:3"), Term::Figure(Figure::Rejected, Comparison::Equal, 3.0));
        assert_eq!(term("type:Window"), Term::Kind("window".to_owned()));
        assert_eq!(term("problem"), Term::Problem);
        for word in ["late:many", "what:>0", "late:>inf", ":", "10:30"] {
            assert_eq!(term(word), Term::Text(word.to_owned()), "{word}");
        }
        assert_eq!(Query::read("  ").terms, []);
    }

    #[test]
    fn going_on_goes_around_both_ends() {
        let mut find = Find { found: ["a", "b"].map(NodeId::new).to_vec(), ..Find::default() };
        let forward: Vec<_> = (0..3).filter_map(|_| find.go(true).cloned()).collect();
        assert_eq!(forward, ["a", "b", "a"].map(NodeId::new));
        assert_eq!(find.go(false), Some(&NodeId::new("b")));
        assert_eq!(Find::default().go(true), None);
    }

    #[test]
    fn a_parameter_is_searched_however_deep_it_lies() {
        let params = serde_json::json!({ "aggregates": [{ "of": "Price", "n": 250 }], "on": true });
        assert!(value_holds(&params, "price") && value_holds(&params, "25") && !value_holds(&params, "true"));
    }
}
