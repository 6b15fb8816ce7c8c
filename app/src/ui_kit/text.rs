//! The text catalogue: every word of the interface, by key, in one file.
//!
//! The file is a tree of texts; a key is the path to one, such as `transport.play`. A text may hold places to fill,
//! such as `{name}`. A text that depends on a number has the two forms `one` and `other` below its key.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::format::count;

type Catalogue = BTreeMap<String, String>;

static TEXTS: LazyLock<Catalogue> = LazyLock::new(|| catalogue(include_str!("../../../assets/i18n/en.json")));

/// The text at `key`. A key that is not there is shown itself.
pub fn t(key: &'static str) -> &'static str {
    lookup(key).unwrap_or(key)
}

/// The text at `key` with its places filled: `t_args("file.saved", &[("name", &name)])`.
pub fn t_args(key: &'static str, args: &[(&str, &dyn std::fmt::Display)]) -> String {
    fill(t(key), args)
}

/// The text at `key` for a number of things: the form `one` or `other` with `{n}` filled by the grouped number.
pub fn t_count(key: &'static str, n: u64) -> String {
    let form = if n == 1 { "one" } else { "other" };
    lookup(&format!("{key}.{form}")).map_or_else(|| key.to_owned(), |text| fill(text, &[("n", &count(n))]))
}

fn lookup(key: &str) -> Option<&'static str> {
    TEXTS.get(key).map(String::as_str)
}

fn fill(text: &str, args: &[(&str, &dyn std::fmt::Display)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            rest = &rest[before.len()..];
            break;
        };
        match args.iter().find(|(arg, _)| *arg == name) {
            Some((_, value)) => filled.push_str(&value.to_string()),
            None => filled.push_str(&rest[before.len()..before.len() + name.len() + 2]),
        }
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

fn catalogue(json: &str) -> Catalogue {
    let tree = serde_json::from_str(json).expect("the file is checked by a test");
    let mut texts = Catalogue::new();
    flatten("", &tree, &mut texts);
    texts
}

fn flatten(path: &str, value: &Value, texts: &mut Catalogue) {
    match value {
        Value::Object(children) => {
            for (name, child) in children {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, child, texts);
            }
        }
        Value::String(text) => {
            texts.insert(path.to_owned(), text.clone());
        }
        other => panic!("the file holds only texts, but {path} is {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    #[test]
    fn places_are_filled_by_name() {
        assert_eq!(fill("{a} of {b}", &[("b", &7), ("a", &"3")]), "3 of 7");
        assert_eq!(fill("{unknown} stays", &[]), "{unknown} stays");
        assert_eq!(fill("open { brace", &[("x", &1)]), "open { brace");
        assert_eq!(fill("no place", &[("x", &1)]), "no place");
    }

    #[test]
    fn a_missing_key_is_shown_itself() {
        assert_eq!(t(concat!("no.such", ".key")), "no.such.key");
        assert_eq!(t_count(concat!("no.such", ".number"), 2), "no.such.number");
    }

    #[test]
    fn texts_keep_to_the_rules_of_the_interface() {
        for (key, text) in &*TEXTS {
            assert_eq!(text.trim(), text, "{key} has space around it");
            assert!(!text.is_empty(), "{key} is empty");
            assert!(!text.ends_with(':'), "{key} ends with a colon");
            assert!(!text.contains("..."), "{key} has three points instead of …");
            let one_sentence = text.matches(". ").count() == 0;
            assert!(!(one_sentence && text.ends_with('.')), "{key} is one sentence and ends with a period");
        }
    }

    #[test]
    fn every_key_in_the_code_exists() {
        let missing: Vec<_> = calls()
            .into_iter()
            .flat_map(|(function, key)| match function {
                "t_count" => vec![format!("{key}.one"), format!("{key}.other")],
                _ => vec![key],
            })
            .filter(|key| !TEXTS.contains_key(key))
            .collect();
        assert!(missing.is_empty(), "not in en.json: {missing:#?}");
    }

    #[test]
    fn no_text_is_left_over() {
        let sources = sources();
        let quoted = |key: &str| sources.iter().any(|source| source.contains(&format!("\"{key}\"")));
        let unused: Vec<_> = TEXTS
            .keys()
            .filter(|key| {
                let number = key.strip_suffix(".one").or_else(|| key.strip_suffix(".other"));
                !quoted(key) && !number.is_some_and(quoted)
            })
            .collect();
        assert!(unused.is_empty(), "shown nowhere: {unused:#?}");
    }

    /// Every call of `t`, `t_args` and `t_count` with a literal key in the source of the app.
    fn calls() -> Vec<(&'static str, String)> {
        let mut calls = Vec::new();
        for source in sources() {
            for function in ["t", "t_args", "t_count"] {
                for (at, opening) in source.match_indices(&format!("{function}(")) {
                    let is_whole_name =
                        !source[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
                    let argument = source[at + opening.len()..].trim_start().strip_prefix('"');
                    if let Some((key, _)) =
                        argument.filter(|_| is_whole_name).and_then(|rest| rest.split_once('"'))
                    {
                        calls.push((function, key.to_owned()));
                    }
                }
            }
        }
        calls
    }

    /// The Rust source of the app without comments.
    fn sources() -> Vec<String> {
        let mut files = Vec::new();
        collect_rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        assert!(!files.is_empty(), "no source found to compare the texts with");
        files
            .iter()
            .map(|file| {
                let source = fs::read_to_string(file).expect("source can be read");
                source
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .collect::<Vec<_>>()
                    .join("\n")
            })
            .collect()
    }

    fn collect_rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("source folder can be read") {
            let path = entry.expect("source folder can be read").path();
            if path.is_dir() {
                collect_rust_files(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
}
