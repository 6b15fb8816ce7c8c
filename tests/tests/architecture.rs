//! The direction of imports, read from the sources: who may name whom is a table here and nowhere else.

use std::path::{Path, PathBuf};

/// For each room of the engine, the rooms that it may name. `ids`, `error` and `diagnostic` may be named by all.
const ENGINE: [(&str, &[&str]); 12] = [
    ("sync", &[]),
    ("time", &[]),
    ("data", &["time"]),
    ("expr", &["data", "time"]),
    ("aggregate", &["data", "time"]),
    ("node", &["data", "time", "expr"]),
    ("graph", &["data", "time", "expr", "node"]),
    ("operator", &["data", "time", "expr", "aggregate", "node"]),
    ("connector", &["data", "time", "expr", "node"]),
    ("catalog", &["node", "operator", "connector"]),
    ("runtime", &["sync", "data", "time", "node", "graph"]),
    ("lib", &[]),
];

/// The files below the rooms, which everybody may name and which name nobody but each other.
const GROUND: [&str; 3] = ["ids", "error", "diagnostic"];

/// For each place of the app, what it must not name.
const APP: [(&str, &[&str]); 3] = [
    (
        "ui_kit",
        &["tidemark_engine", "crate::state", "crate::panels", "crate::app", "crate::dialogs", "crate::cli"],
    ),
    ("cli", &["egui", "eframe", "crate::panels", "crate::state"]),
    ("panels", &["std::fs", "std::thread", "JobHandle", "crate::dialogs"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The code of a file without comments and without tests, which stand last in it or in files of their own.
fn code(file: &Path) -> String {
    let is_test = |part: &std::ffi::OsStr| part == "tests" || part == "tests.rs" || part == "testing.rs";
    let relative = file.strip_prefix(root()).expect("below the workspace");
    if relative.components().any(|part| is_test(part.as_os_str())) {
        return String::new();
    }
    let text = std::fs::read_to_string(file).expect("readable");
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room_of<'a>(file: &'a Path, base: &Path) -> &'a str {
    let relative = file.strip_prefix(base).expect("below the base");
    let first = relative.components().next().expect("a file").as_os_str().to_str().expect("UTF-8");
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The rooms that a text names by `crate::`, also in a group `crate::{a, b::c}`.
fn named_rooms(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let word =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let Some(group) = rest.strip_prefix('{') else {
            rooms.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (idx, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && depth == 0 && !c.is_whitespace() => {
                    rooms.push(word(&group[idx..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    rooms
}

#[test]
fn every_room_of_the_engine_names_only_rooms_below_it() {
    let base = root().join("engine/src");
    let mut faults = Vec::new();
    let mut n_files = 0;
    for file in sources(&base) {
        let room = room_of(&file, &base);
        let allowed = match ENGINE.iter().find(|(name, _)| *name == room) {
            Some((_, allowed)) => allowed,
            None if GROUND.contains(&room) => &[][..],
            None => panic!("{} belongs to no room of the table", file.display()),
        };
        n_files += 1;
        for named in named_rooms(&code(&file)) {
            if named != room && !GROUND.contains(&named.as_str()) && !allowed.contains(&named.as_str()) {
                faults
                    .push(format!("{} names `{named}`", file.strip_prefix(&base).expect("below").display()));
            }
        }
    }
    assert!(n_files > 50, "the sources are where they are looked for");
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn operators_and_connectors_do_not_name_each_other() {
    let operators = root().join("engine/src/operator");
    for file in sources(&operators) {
        if file.ends_with("mod.rs") {
            continue;
        }
        let text = code(&file);
        assert!(!text.contains("super::"), "{} names another operator", file.display());
        assert!(!text.contains("crate::operator"), "{} names another operator", file.display());
    }
}

#[test]
fn the_engine_has_no_pixels_and_only_the_runtime_has_threads() {
    let base = root().join("engine/src");
    for file in sources(&base) {
        let text = code(&file);
        assert!(!text.contains("egui"), "{} draws", file.display());
        let has_threads =
            text.contains("thread::spawn") || text.contains("thread::Builder") || text.contains("rayon");
        assert!(!has_threads || room_of(&file, &base) == "runtime", "{} starts threads", file.display());
    }
}

#[test]
fn the_places_of_the_app_keep_apart() {
    let base = root().join("app/src");
    let mut faults = Vec::new();
    for file in sources(&base) {
        let place = room_of(&file, &base);
        let text = code(&file);
        if let Some((_, banned)) = APP.iter().find(|(name, _)| *name == place) {
            for name in banned.iter().filter(|name| text.contains(**name)) {
                faults.push(format!("{} names `{name}`", file.display()));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_node_graph_knows_no_flow() {
    for file in sources(&root().join("app/node_graph")) {
        let text = code(&file);
        assert!(!text.contains("tidemark"), "{} knows Tidemark", file.display());
    }
}

#[test]
fn a_group_of_imports_is_read_to_its_end() {
    let text = "use crate::{data::{Batch, Value}, node, time::Watermark};\nlet x = crate::expr::compile();";
    assert_eq!(named_rooms(text), ["data", "node", "time", "expr"]);
}
