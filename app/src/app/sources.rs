//! Keeps sources on their files when a flow is saved into another folder, at which relative paths start from then on.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tidemark_engine::connector::{escape_pattern, split_pattern};
use tidemark_engine::graph::{Edit, FlowDocument};
use tidemark_engine::node::{Catalog, Category, FileAccess, FileUse};

/// How a parameter of the flow begins in a text.
const PARAMETER: &str = "${";

/// What a flow needs in another folder to read what it read before.
#[derive(Debug, PartialEq)]
pub(super) struct Moved {
    /// The change of the paths; `None` if all of them lead to the same place as they are.
    pub(super) edit: Option<Edit>,
    /// What was in reach before and lies outside of the new folder.
    pub(super) files: Vec<PathBuf>,
}

/// What `flow`, which was allowed `files` so far, needs in the folder `to`. Paths that begin with a parameter of the flow are left.
///
/// # Errors
/// The path that no text in a flow names, because a folder is called like a parameter.
pub(super) fn moved(
    flow: &FlowDocument,
    catalog: &Catalog,
    files: &FileAccess,
    to: &Path,
) -> Result<Moved, String> {
    let mut moved = Moved { edit: None, files: Vec::new() };
    let from = std::path::absolute(&files.flow_dir).unwrap_or_else(|_| files.flow_dir.clone());
    if from == to {
        return Ok(moved);
    }
    let mut edits = Vec::new();
    for (id, node) in &flow.nodes {
        let Some(spec) = catalog.spec(&node.kind).filter(|spec| spec.category == Category::Source) else {
            continue;
        };
        for (name, value) in &node.params {
            let schema = &spec.params.as_value()["properties"][name];
            if schema["format"] != "path" && schema["items"]["format"] != "path" {
                continue;
            }
            let mut led = value.clone();
            let texts = match &mut led {
                Value::Array(texts) => texts.iter_mut().collect(),
                text => vec![text],
            };
            for text in texts {
                let Value::String(text) = text else { continue };
                let is_new = |file: &PathBuf| !file.starts_with(to) && !moved.files.contains(file);
                let file = in_reach(text, files).filter(is_new);
                moved.files.extend(file);
                if let Some(same) = from_folder(text, &from, to) {
                    if same.matches(PARAMETER).count() > text.matches(PARAMETER).count() {
                        return Err(same);
                    }
                    *text = same;
                }
            }
            if led != *value {
                edits.push(Edit::SetParam { node: id.clone(), name: name.clone(), value: Some(led) });
            }
        }
    }
    if !edits.is_empty() {
        moved.edit = Some(Edit::Batch { name: "save_as".to_owned(), edits });
    }
    Ok(moved)
}

/// The path that leads from `to` to where `text` leads from `from`, if it is another.
fn from_folder(text: &str, from: &Path, to: &Path) -> Option<String> {
    if text.trim().is_empty() || text.starts_with(PARAMETER) || Path::new(text).is_absolute() {
        return None;
    }
    // Of what holds a parameter, nobody knows yet whether it is a pattern. What exists is meant literally.
    let may_be_pattern = text.contains(['*', '?', '[']) || text.contains(PARAMETER);
    let is_pattern = may_be_pattern && !from.join(text).exists();
    let name = |folder: &Path| {
        let name = folder.to_str()?;
        Some(PathBuf::from(if is_pattern { escape_pattern(name) } else { name.to_owned() }))
    };
    let path: PathBuf = name(from)?.join(text).components().collect();
    let path = path.strip_prefix(name(to)?).unwrap_or(&path);
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.to_str().map(str::to_owned)
}

/// The file or folder that `text` leads to, if the flow may read it. Of a pattern, or what holds a parameter of the flow, that is the
/// folder that it begins with.
fn in_reach(text: &str, files: &FileAccess) -> Option<PathBuf> {
    if text.trim().is_empty() || text.starts_with(PARAMETER) {
        return None;
    }
    let literal = files.resolve(text, FileUse::Read).ok().filter(|path| path.exists());
    literal.or_else(|| {
        // A parameter stands for anything, as `*` does.
        let text = text.replace(PARAMETER, "*");
        let (folder, _) = split_pattern(&text);
        files.resolve(if folder.is_empty() { "." } else { &folder }, FileUse::Read).ok()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidemark_engine::catalog;
    use tidemark_engine::graph::{CheckContext, FlowNode, check};
    use tidemark_engine::ids::NodeId;

    use super::*;

    #[test]
    fn paths_lead_to_the_same_files_and_consent_goes_no_further_than_before() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("a folder");
        let (old, new) = (root.join("old"), root.join("new"));
        std::fs::create_dir_all(old.join("days")).expect("a folder");
        std::fs::create_dir_all(&new).expect("a folder");
        let mut flow = FlowDocument::default();
        let mut add = |id: &str, kind: &str, params: Value| {
            let Value::Object(params) = params else { panic!("parameters") };
            flow.nodes.insert(NodeId::new(id), FlowNode::new(kind, params));
        };
        add("one", "csv_source", json!({"path": "./a.csv", "event_time": "path.csv"}));
        add("many", "csv_source", json!({"paths": ["days/${day}-*.csv", "../new/b.csv", "../secret.csv"]}));
        add("near", "csv_source", json!({"path": "a.csv"}));
        add("set", "csv_source", json!({"path": "${file}"}));
        add("out", "csv_sink", json!({"path": "a.csv"}));
        let mut files = FileAccess::new(&old, "out");
        files.allowed = vec![new.join("b.csv")];

        let catalog = catalog::standard();
        let moved_there = moved(&flow, &catalog, &files, &new).expect("names");
        moved_there.edit.expect("paths change").apply(&mut flow).expect("it fits");
        let params = |id: &str| Value::Object(flow.nodes[&NodeId::new(id)].params.clone());
        let at = |path: &str| old.join(path).to_str().expect("UTF-8").to_owned();
        assert_eq!(params("one"), json!({"path": at("a.csv"), "event_time": "path.csv"}));
        assert_eq!(
            params("many"),
            json!({"paths": [at("days/${day}-*.csv"), at("../new/b.csv"), at("../secret.csv")]})
        );
        assert_eq!((params("set"), params("out")), (json!({"path": "${file}"}), json!({"path": "a.csv"})));
        assert_eq!(moved_there.files, [old.join("days"), old.join("a.csv")], "and no secret");
        assert_eq!(moved(&flow, &catalog, &files, &old), Ok(Moved { edit: None, files: Vec::new() }));
    }

    #[test]
    fn patterns_fit_the_same_files_whatever_the_old_folder_is_called() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("a folder");
        let catalog = catalog::standard();
        let moved_from = |old: &Path, new: &Path, path: &str| {
            std::fs::create_dir_all(old.join("days")).expect("a folder");
            std::fs::create_dir_all(new).expect("a folder");
            for name in ["days/1.csv", "[1].csv"] {
                std::fs::write(old.join(name), "at\n2024-01-01T00:00:00Z\n").expect("a file");
            }
            let Value::Object(params) = json!({"path": path, "event_time": "at"}) else { unreachable!() };
            let mut flow = FlowDocument::default();
            flow.nodes.insert(NodeId::new("one"), FlowNode::new("csv_source", params));
            let mut files = FileAccess::new(old, "out");
            // Further and further away from its files.
            for to in [new.to_owned(), root.join("third")] {
                let moved = moved(&flow, &catalog, &files, &to)?;
                files = FileAccess { allowed: moved.files, ..FileAccess::new(&to, "out") };
                moved.edit.map_or(Ok(()), |edit| edit.apply(&mut flow).map(drop)).expect("it fits");
            }
            let checked = check(&flow, &catalog, &CheckContext::new(&files));
            assert!(checked.is_runnable(), "{path} from {}: {:?}", old.display(), checked.diagnostics);
            Ok::<_, String>(())
        };
        for old in ["a[1]", "a*", "wh?t", "]$x$", "$"] {
            let old = root.join(old);
            for path in ["days/*.csv", "days/?.csv", "days/1.csv", "days", "[1].csv", "days/[0-9].csv"] {
                for new in [root.join("new"), root.join("a[1]"), old.join("[sub]"), old.join("days")] {
                    if new != old {
                        moved_from(&old, &new, path).expect("a name");
                    }
                }
            }
        }
        let old = root.join("${x}");
        assert!(moved_from(&old, &root.join("new"), "days/*.csv").is_err());
    }
}
