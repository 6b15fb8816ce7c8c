//! Flow parameters: `${name}` in a node's parameters stands for a value that a run may set.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::FlowDocument;
use super::json::brief;
use super::limits::MAX_FILE_BYTES;
use crate::data::most_similar;
use crate::diagnostic::{Diagnostic, Place};
use crate::ids::NodeId;

/// How many references that name nothing are reported of one node.
const MAX_REPORTED: usize = 20;

/// The values of a flow's parameters in one run.
#[derive(Debug)]
pub(super) struct Settings {
    values: BTreeMap<String, Value>,
    /// How many more bytes may be put in the place of references: a long value that is named a million times would fill the memory.
    bytes_left: Cell<usize>,
}

impl Settings {
    /// The defaults of `doc`, replaced by what a run sets, and what is wrong with either.
    ///
    /// What is set is text; it is read by the type of the default. What cannot be read so leaves the default.
    pub fn new(doc: &FlowDocument, set: &BTreeMap<String, String>) -> (Settings, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut values = BTreeMap::new();
        for (name, parameter) in &doc.parameters {
            if !is_name(name) {
                let message = format!("`{}` cannot be the name of a flow parameter", brief(name));
                diagnostics.push(
                    Diagnostic::error("invalid-parameter-name", Place::Flow, message)
                        .fix("use letters, digits and `_`, with a letter first"),
                );
            }
            values.insert(name.clone(), parameter.default.clone());
        }
        for (name, text) in set {
            let Some(value) = values.get_mut(name) else {
                let message = format!("the flow has no parameter `{}` that could be set", brief(name));
                diagnostics.push(suggest(
                    Diagnostic::error("unknown-flow-parameter", Place::Flow, message),
                    name,
                    doc,
                ));
                continue;
            };
            match typed(text, value) {
                Some(new) => *value = new,
                None => {
                    let wanted = if value.is_boolean() { "`true` or `false`" } else { "a number" };
                    let message = format!(
                        "the flow parameter `{name}` is set to `{}`, which is not {wanted}",
                        brief(text)
                    );
                    diagnostics.push(
                        Diagnostic::error("bad-flow-parameter", Place::Flow, message)
                            .fix(format!("set it to a value such as {value}")),
                    );
                }
            }
        }
        (Settings { values, bytes_left: Cell::new(MAX_FILE_BYTES) }, diagnostics)
    }

    /// A node's parameters with values in the place of references, and the references that name nothing.
    pub fn resolve(
        &self,
        doc: &FlowDocument,
        node: &NodeId,
        params: &Map<String, Value>,
    ) -> (Map<String, Value>, Vec<Diagnostic>) {
        let mut unknown = Vec::new();
        let mut resolved = Value::Object(params.clone());
        self.replace(&mut resolved, &mut String::new(), &mut unknown);
        resolved.sort_all_objects();
        let diagnostics = unknown.into_iter().map(|(path, name)| {
            let place = Place::Param { node: node.clone(), path, span: None };
            if self.values.contains_key(&name) {
                let message = "the values of flow parameters make the flow too large";
                return Diagnostic::error("flow-too-large", place, message).fix("set them to shorter values");
            }
            let message = format!("the flow has no parameter `{name}`");
            suggest(Diagnostic::error("unknown-flow-parameter", place, message), &name, doc)
        });
        let diagnostics = diagnostics.collect();
        let Value::Object(resolved) = resolved else { return (Map::new(), diagnostics) };
        (resolved, diagnostics)
    }

    fn replace(&self, value: &mut Value, path: &mut String, unknown: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) if text.contains("${") => {
                let (replaced, missing) = self.replaced(text);
                let room = MAX_REPORTED.saturating_sub(unknown.len());
                unknown.extend(missing.into_iter().take(room).map(|name| (path.clone(), name)));
                *value = replaced;
            }
            Value::Array(values) => {
                for (idx, value) in values.iter_mut().enumerate() {
                    self.replace_at(&idx.to_string(), value, path, unknown);
                }
            }
            Value::Object(fields) => {
                for (key, value) in fields.iter_mut() {
                    self.replace_at(key, value, path, unknown);
                }
            }
            _ => {}
        }
    }

    fn replace_at(
        &self,
        step: &str,
        value: &mut Value,
        path: &mut String,
        unknown: &mut Vec<(String, String)>,
    ) {
        let length = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(step);
        self.replace(value, path, unknown);
        path.truncate(length);
    }

    /// Takes a value's length from what is left; whether there was enough.
    fn spend(&self, value: &Value) -> bool {
        let left = self.bytes_left.get().checked_sub(value.as_str().map_or(32, str::len).max(1));
        self.bytes_left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The text with values in it; a value alone if the text is nothing but one reference. And the names that nothing has, or of
    /// which there was too much.
    fn replaced(&self, text: &str) -> (Value, Vec<String>) {
        let (mut out, mut missing) = (String::new(), Vec::new());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, from_dollar) = rest.split_at(at);
            let name = from_dollar[2..].split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
            let Some(name) = name else {
                out.push_str(before);
                out.push_str("${");
                rest = &from_dollar[2..];
                continue;
            };
            rest = &from_dollar[name.len() + 3..];
            if let Some(before) = before.strip_suffix('$') {
                // `$${name}` stands for the text `${name}`.
                out.push_str(before);
                out.push_str(&from_dollar[..name.len() + 3]);
                continue;
            }
            out.push_str(before);
            let value = self.values.get(name).filter(|value| self.spend(value));
            match value {
                None => {
                    out.push_str(&from_dollar[..name.len() + 3]);
                    if missing.len() < MAX_REPORTED {
                        missing.push(name.to_owned());
                    }
                }
                Some(value) if out.is_empty() && rest.is_empty() => return (value.clone(), missing),
                Some(Value::String(value)) => out.push_str(value),
                Some(value) => out.push_str(&value.to_string()),
            }
        }
        out.push_str(rest);
        (Value::String(out), missing)
    }
}

fn suggest(diagnostic: Diagnostic, name: &str, doc: &FlowDocument) -> Diagnostic {
    // Comparing takes time, and nobody has named hundreds of parameters by hand.
    let known = doc.parameters.keys().map(String::as_str).filter(|known| known.len() <= 64).take(200);
    match (name.len() <= 64).then(|| most_similar(name, known)).flatten() {
        Some(known) => diagnostic.fix(format!("did you mean `{known}`?")),
        None => diagnostic.fix("add it to the flow's parameters"),
    }
}

/// The value that `text` stands for, if it has the type of `like`.
fn typed(text: &str, like: &Value) -> Option<Value> {
    match like {
        Value::Bool(_) => text.trim().parse().ok().map(Value::Bool),
        Value::Number(_) => serde_json::from_str(text.trim()).ok().map(Value::Number),
        _ => Some(Value::String(text.to_owned())),
    }
}

/// Whether a flow parameter may be called so: letters, digits and `_`, not a digit first, at most 64 of them.
fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::document::FlowParameter;
    use super::*;

    fn doc() -> FlowDocument {
        let mut doc = FlowDocument::default();
        for (name, default) in [("limit", json!(15)), ("airport", json!("JFK")), ("loud", json!(false))] {
            doc.parameters.insert(name.to_owned(), FlowParameter { default, doc: None });
        }
        doc
    }

    fn resolved(text: &str, set: &[(&str, &str)]) -> (Value, Vec<String>) {
        let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (settings, mut diagnostics) = Settings::new(&doc(), &set);
        let params = json!({ "a": [{ "b": text }] });
        let (resolved, more) =
            settings.resolve(&doc(), &NodeId::new("n"), params.as_object().expect("an object"));
        diagnostics.extend(more);
        (resolved["a"][0]["b"].clone(), diagnostics.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_reference_alone_takes_the_type_of_its_value() {
        assert_eq!(resolved("${limit}", &[]), (json!(15), vec![]));
        assert_eq!(resolved("${limit}", &[("limit", "2.5")]), (json!(2.5), vec![]));
        assert_eq!(resolved("${loud}", &[("loud", "true")]), (json!(true), vec![]));
        assert_eq!(resolved("${airport}", &[("airport", "7")]), (json!("7"), vec![]));
    }

    #[test]
    fn references_inside_of_text_become_part_of_it() {
        let (value, diagnostics) = resolved("origin = '${airport}' AND delay > ${limit}", &[]);
        assert_eq!(value, json!("origin = 'JFK' AND delay > 15"));
        assert_eq!(diagnostics, Vec::<String>::new());
    }

    #[test]
    fn what_is_no_reference_stays_as_it_is() {
        for text in ["$", "${", "${}", "a{2}$", "${a b}", "${limit", "ü${é}"] {
            assert_eq!(resolved(text, &[]), (json!(text), vec![]));
        }
        assert_eq!(resolved("$${limit} ${limit}", &[]).0, json!("${limit} 15"));
    }

    #[test]
    fn a_reference_to_nothing_is_reported_with_what_was_probably_meant() {
        assert_eq!(
            resolved("x ${limt}", &[]).1,
            [
                "error[unknown-flow-parameter] `n`, a.0.b: the flow has no parameter `limt`; did you mean `limit`?"
            ]
        );
    }

    #[test]
    fn what_a_run_sets_must_exist_and_have_the_type_of_the_default() {
        let (_, diagnostics) = resolved("", &[("limit", "many"), ("airprt", "LGA"), ("loud", "1")]);
        assert_eq!(
            diagnostics,
            [
                "error[unknown-flow-parameter] flow: the flow has no parameter `airprt` that could be set; did you mean `airport`?",
                "error[bad-flow-parameter] flow: the flow parameter `limit` is set to `many`, which is not a number; set it to a value such as 15",
                "error[bad-flow-parameter] flow: the flow parameter `loud` is set to `1`, which is not `true` or `false`; set it to a value such as false",
            ]
        );
    }

    #[test]
    fn a_long_value_named_often_does_not_fill_the_memory() {
        let mut doc = doc();
        doc.parameters
            .insert("x".to_owned(), FlowParameter { default: json!("x".repeat(1 << 20)), doc: None });
        let (settings, _) = Settings::new(&doc, &BTreeMap::new());
        let params = json!({ "a": "${x}".repeat(20) });
        let (resolved, found) =
            settings.resolve(&doc, &NodeId::new("n"), params.as_object().expect("an object"));
        assert!(resolved["a"].as_str().is_some_and(|text| text.len() < 17 << 20));
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|diagnostic| diagnostic.code == "flow-too-large"));
    }

    #[test]
    fn a_million_references_to_nothing_are_reported_a_few_times() {
        let (settings, _) = Settings::new(&doc(), &BTreeMap::new());
        let params = json!({ "a": "${q}".repeat(1_000_000), "b": vec!["${q}"; 1000] });
        let (_, found) = settings.resolve(&doc(), &NodeId::new("n"), params.as_object().expect("an object"));
        assert_eq!(found.len(), MAX_REPORTED);
    }

    #[test]
    fn a_value_that_looks_like_a_reference_is_not_replaced_again() {
        assert_eq!(resolved("<${airport}>", &[("airport", "${limit}")]).0, json!("<${limit}>"));
    }
}
