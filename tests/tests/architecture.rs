//! The direction of imports, read from the sources: who may name whom is a table here and nowhere else.

use std::path::{Path, PathBuf};

/// For each room of the engine, the rooms that it may name. `ids`, `error` and `diagnostic` may be named by all.
const ENGINE: [(&str, &[&str]); 13] = [
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
    // A file becomes a flow: what connectors say of its form, checked as a graph and surveyed by the runtime.
    ("probe", &["data", "time", "node", "graph", "connector", "runtime"]),
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
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room_of<'a>(file: &'a Path, base: &Path) -> &'a str {
    let relative = file.strip_prefix(base).expect("below the base");
    let first = relative.components().next().expect("a file").as_os_str().to_str().expect("UTF-8");
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The module that a file of the engine is, from the crate's root: `connector`, `csv_source`, `decode`.
fn module_of(file: &Path, base: &Path) -> Vec<String> {
    let relative = file.strip_prefix(base).expect("below the base").with_extension("");
    let mut module: Vec<String> =
        relative.iter().map(|part| part.to_str().expect("UTF-8").to_owned()).collect();
    module.pop_if(|last| *last == "mod" || *last == "lib");
    module
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What code of a module names from `crate` or `super` on, as paths from the crate's root.
fn named(module: &[String], code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for start in ["crate", "super"] {
        for (at, _) in code.match_indices(start) {
            let (before, behind) = (&code[..at], &code[at + start.len()..]);
            let is_inner = before.ends_with(is_of_name) || before.ends_with("super::");
            if !is_inner && (behind.starts_with("::") || behind.starts_with(" as ")) {
                paths_of(&code[at..], &[], &mut paths);
            }
        }
    }
    paths.iter().map(|path| resolved(module, path)).collect()
}

/// Adds the paths of a tree of names such as `a::{b, c::{d, e}}` below `above`; gives the text behind it.
fn paths_of<'a>(text: &'a str, above: &[String], paths: &mut Vec<Vec<String>>) -> &'a str {
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('}') {
                return rest.get(1..).unwrap_or_default();
            }
            // Behind a name may stand what it is called here.
            rest = paths_of(rest, above, paths).trim_start_matches(|c| c != ',' && c != '}');
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
    }
    let end = text.find(|c| !is_of_name(c) && c != '*').unwrap_or(text.len());
    let mut path = above.to_vec();
    path.push(text[..end].to_owned());
    match text[end..].strip_prefix("::") {
        Some(rest) => paths_of(rest, &path, paths),
        None => {
            paths.push(path);
            &text[end..]
        }
    }
}

/// A path as it is written in a module, from the crate's root.
fn resolved(module: &[String], path: &[String]) -> Vec<String> {
    let mut place = module.to_vec();
    for part in path {
        match part.as_str() {
            "crate" => place.clear(),
            "super" => drop(place.pop()),
            "self" => {}
            _ => place.push(part.clone()),
        }
    }
    place
}

/// What code of a module names outside the rooms that its own may name. The crate itself is no room.
fn names_beyond_rooms(module: &[String], code: &str) -> Vec<String> {
    let room = module.first().map_or("lib", String::as_str);
    let allowed = match ENGINE.iter().find(|(name, _)| *name == room) {
        Some((_, allowed)) => allowed,
        None if GROUND.contains(&room) => &[][..],
        None => panic!("`{room}` is no room of the table"),
    };
    let may_name = |named: &str| named == room || GROUND.contains(&named) || allowed.contains(&named);
    let beyond =
        named(module, code).into_iter().filter(|path| !path.first().is_some_and(|room| may_name(room)));
    beyond.map(|path| path.join("::")).collect()
}

/// What code of a module names in its own room besides its own file or folder and those that are `shared`. Their names among the room's
/// own, as which node types are given out, are named by no file.
fn names_beyond_shared(module: &[String], code: &str, shared: &[String]) -> Vec<String> {
    let may_name = |named: &String| *named == module[1] || shared.contains(named);
    let beyond = named(module, code)
        .into_iter()
        .filter(|path| path.first() == module.first() && !path.get(1).is_some_and(may_name));
    beyond.map(|path| path.join("::")).collect()
}

#[test]
fn every_room_of_the_engine_names_only_rooms_below_it() {
    let base = root().join("engine/src");
    let mut faults = Vec::new();
    let files = sources(&base);
    for file in &files {
        let module = module_of(file, &base);
        let beyond = names_beyond_rooms(&module, &code(file));
        faults.extend(beyond.iter().map(|named| format!("{} names `{named}`", module.join("::"))));
    }
    assert!(files.len() > 50, "the sources are where they are looked for");
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn node_types_do_not_name_each_other() {
    let base = root().join("engine/src");
    for room in ["operator", "connector"] {
        let files: Vec<(Vec<String>, String)> = sources(&base.join(room))
            .iter()
            .map(|file| (module_of(file, &base), code(file)))
            .filter(|(module, _)| module.len() > 1)
            .collect();
        let is_node_type = |name: &String| {
            files.iter().any(|(module, code)| module[1] == *name && code.contains("NodeType for "))
        };
        let names = files.iter().map(|(module, _)| module[1].clone());
        let (node_types, shared): (Vec<String>, Vec<String>) = names.partition(is_node_type);
        assert!(node_types.len() >= 5, "node types are recognized: {node_types:?}");
        let mut faults = Vec::new();
        for (module, code) in &files {
            let beyond = names_beyond_shared(module, code, &shared);
            faults.extend(beyond.iter().map(|named| format!("{} names `{named}`", module.join("::"))));
        }
        assert_eq!(faults, Vec::<String>::new());
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

fn module(path: &str) -> Vec<String> {
    path.split("::").map(str::to_owned).collect()
}

#[test]
fn names_are_followed_through_groups_and_upwards() {
    let code = "use crate::{data::{Batch, Value as V}, node, time::Watermark};\nlet x = crate::expr::compile::<T>();\n\
                use super::super::time_text::*;\npub(crate) use self::super::head;\nlet superb = krate::x;";
    let paths: Vec<String> =
        named(&module("connector::csv_source::decode"), code).iter().map(|path| path.join("::")).collect();
    let expected = [
        "data::Batch",
        "data::Value",
        "node",
        "time::Watermark",
        "expr::compile::",
        "connector::time_text::*",
        "connector::csv_source::head",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn there_is_no_way_round_the_rooms() {
    let sink = module("connector::csv_sink");
    for (code, beyond) in [
        ("use super::super::runtime::JobHandle;", "runtime::JobHandle"),
        ("let graph = super::super::graph::check();", "graph::check"),
        ("use super::super::{node::Sink, operator::{Filter}};", "operator::Filter"),
        ("use super::super::*;", "*"),
        ("use super::super as engine;", ""),
        ("use crate as engine;", ""),
        ("use crate::{self as engine};", ""),
    ] {
        assert_eq!(names_beyond_rooms(&sink, code), [beyond], "{code}");
    }
    let fine = "use super::super::node::Sink;\nuse crate::{data, error::Result};\nuse super::file_commit;";
    assert_eq!(names_beyond_rooms(&sink, fine), Vec::<String>::new());
}

#[test]
fn there_is_no_way_from_one_node_type_to_another() {
    let shared = ["file_commit".to_owned(), "paths".to_owned()];
    for (of, code, beyond) in [
        ("connector::csv_sink", "use super::csv_source::one_byte;", "connector::csv_source::one_byte"),
        ("connector::csv_sink", "use super::{paths, csv_source::{head}};", "connector::csv_source::head"),
        ("connector::csv_sink", "use crate::connector::CsvSource;", "connector::CsvSource"),
        ("connector::csv_sink", "use super::CsvSource;", "connector::CsvSource"),
        ("connector::csv_sink", "use super::*;", "connector::*"),
        ("connector::csv_sink", "use super as room;", "connector"),
        ("connector::csv_source::head", "use super::super::csv_sink::QUOTE;", "connector::csv_sink::QUOTE"),
        ("connector::paths", "use super::csv_source;", "connector::csv_source"),
    ] {
        assert_eq!(names_beyond_shared(&module(of), code, &shared), [beyond], "{code}");
    }
    let fine = "use super::super::paths;\nuse super::decode;\nuse crate::{connector::file_commit, data};";
    assert_eq!(
        names_beyond_shared(&module("connector::csv_source::head"), fine, &shared),
        Vec::<String>::new()
    );
}
