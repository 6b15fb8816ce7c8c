//! The columns of all files together: their fields by name, types widened until every file's values fit.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::super::paths::SourceFile;
use super::super::text_columns::{Given, TextColumn};
use super::super::time_text::TimeFormat;
use super::columns::ColumnReader;
use super::head::{FieldPath, Guess, Head, INFER_RECORDS, MAX_COLUMNS};
use crate::data::Field;
use crate::diagnostic::{Diagnostic, Place};
use crate::node::PlanContext;

/// A column, and where its values stand in a record.
#[derive(Clone, Debug)]
pub(super) struct KnownColumn {
    /// More than one where a key has a point in it and an object stands there too.
    pub(super) paths: Vec<FieldPath>,
    pub(super) reader: ColumnReader,
}

/// What is known of a name.
struct Found {
    name: String,
    paths: Vec<FieldPath>,
    guess: Guess,
    /// The file that had a value for it first.
    file: usize,
    given: Option<usize>,
}

/// Takes the name of a column that does not fit together, and two files with what it is in each, the one to complain of first.
type OnConflict<'a> = dyn FnMut(&str, (usize, String), (usize, String)) + 'a;

/// What a flow says of columns.
pub(super) struct Wanted<'a> {
    pub(super) schema: &'a [TextColumn],
    pub(super) given: &'a [Given],
    pub(super) flatten: bool,
    pub(super) zone: Tz,
}

/// The columns of `files`, those of the first file first. `None`, with findings, if they do not fit together.
pub(super) fn merge(
    cx: &PlanContext<'_>,
    files: &[(SourceFile, Place)],
    heads: &[Head],
    wanted: &Wanted<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<KnownColumn>> {
    let mut found: Vec<Found> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let is_typed = |idx: Option<usize>| idx.is_some_and(|idx| wanted.given[idx].data_type.is_some());
    let mut conflicts: Vec<(usize, Diagnostic)> = Vec::new();
    let mut conflict = |name: &str, (file, is): (usize, String), (other, was): (usize, String)| {
        if conflicts.iter().all(|(earlier, _)| *earlier != file) {
            let (names, place) = ([&files[file].0.name, &files[other].0.name], files[file].1.clone());
            let message = format!("`{name}` is {is} in `{}` and {was} in `{}`", names[0], names[1]);
            let fix =
                format!("give `{name}` a type in `schema` (a STRING takes both), or leave the file out");
            conflicts.push((file, Diagnostic::error("columns-differ", place, message).fix(fix)));
        }
    };
    for (file, head) in heads.iter().enumerate() {
        for (path, guess) in &head.fields {
            let name = path.join(".");
            let place = *places.entry(name.clone()).or_insert(found.len());
            if place == found.len() {
                let given = wanted.schema.iter().position(|column| column.name.0 == name);
                let paths = Vec::new();
                found.push(Found { name: name.clone(), paths, guess: Guess::default(), file, given });
            }
            let known = &mut found[place];
            if !known.guess.has_seen_any() {
                known.file = file;
            }
            if !known.paths.contains(path) {
                known.paths.push(path.clone());
            }
            let both = known.guess.and(*guess);
            let may_differ = is_typed(known.given) || known.file == file;
            let agree = both.is_of_one_kind() || !guess.is_of_one_kind() || !known.guess.is_of_one_kind();
            if !may_differ && !agree {
                conflict(&name, (file, guess.words()), (known.file, known.guess.words()));
            }
            known.guess = both;
        }
    }
    for (idx, column) in wanted.schema.iter().enumerate() {
        let name = &column.name.0;
        if found.iter().all(|known| known.name != *name) {
            let mut paths = vec![vec![name.clone()]];
            if wanted.flatten && name.contains('.') {
                paths.push(name.split('.').map(str::to_owned).collect());
            }
            found.push(Found {
                name: name.clone(),
                paths,
                guess: Guess::default(),
                file: 0,
                given: Some(idx),
            });
        }
    }
    settle(&mut found, &is_typed, &mut conflict);
    let is_refused = !conflicts.is_empty();
    diagnostics.extend(conflicts.into_iter().map(|(_, diagnostic)| diagnostic));
    if is_refused {
        return None;
    }
    if found.is_empty() {
        let (file, place) = files.first()?;
        let message =
            format!("`{}` has no field in its first lines, so its columns are not known", file.name);
        let fix = "name the columns in `schema`, or leave the file out";
        diagnostics.push(Diagnostic::error("empty-file", place.clone(), message).fix(fix));
        return None;
    }
    if found.len() > MAX_COLUMNS {
        let message = format!("the files have {} fields; at most {MAX_COLUMNS} can be read", found.len());
        let fix = "set `flatten` to false if objects hold keys that are values, or leave files out";
        diagnostics.push(Diagnostic::error("too-many-columns", cx.param("flatten"), message).fix(fix));
        return None;
    }
    remark(cx, files, &found, &is_typed, diagnostics);
    Some(
        found
            .into_iter()
            .map(|known| {
                let given = known.given.map(|idx| &wanted.given[idx]);
                let data_type = given.and_then(|given| given.data_type.clone());
                let field = Field {
                    name: known.name.as_str().into(),
                    data_type: data_type.unwrap_or_else(|| known.guess.data_type()),
                    nullable: given.is_none_or(|given| given.nullable),
                };
                let format = given.map_or(TimeFormat::Auto, |given| given.format.clone());
                KnownColumn { paths: known.paths, reader: ColumnReader { field, format, zone: wanted.zone } }
            })
            .collect(),
    )
}

/// Sees that no column lies within another, unless both have their type in `schema`: a column with a given type is kept whole, one
/// that is an object or NULL is none, and one that is an object in one file and a value in another is a conflict.
fn settle(found: &mut Vec<Found>, is_typed: &dyn Fn(Option<usize>) -> bool, conflict: &mut OnConflict<'_>) {
    let mut by_path: BTreeMap<&FieldPath, usize> = BTreeMap::new();
    for (idx, known) in found.iter().enumerate() {
        by_path.extend(known.paths.iter().map(|path| (path, idx)));
    }
    let mut dropped = vec![false; found.len()];
    let mut above: Vec<(&FieldPath, usize)> = Vec::new();
    for (path, idx) in &by_path {
        above.retain(|(outer, _)| path.starts_with(outer));
        let known = &found[*idx];
        for (_, outer) in &above {
            let outer_known = &found[*outer];
            if is_typed(outer_known.given) {
                dropped[*idx] |= known.given.is_none();
            } else if !outer_known.guess.has_seen_any() {
                dropped[*outer] = true;
            } else if known.guess.has_seen_any() {
                let (first, last) = (known.file.min(outer_known.file), known.file.max(outer_known.file));
                let words = |file| {
                    if file == known.file { "an object".to_owned() } else { outer_known.guess.words() }
                };
                conflict(&outer_known.name, (last, words(last)), (first, words(first)));
            }
        }
        above.push((path, *idx));
    }
    let mut dropped = dropped.into_iter();
    found.retain(|_| !dropped.next().unwrap_or_default());
}

/// Says which columns are texts because nothing better is known of them.
fn remark(
    cx: &PlanContext<'_>,
    files: &[(SourceFile, Place)],
    found: &[Found],
    is_typed: &dyn Fn(Option<usize>) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let untyped = || found.iter().filter(|known| !is_typed(known.given));
    for known in untyped().filter(|known| !known.guess.is_of_one_kind()).take(8) {
        let (file, place) = &files[known.file];
        let message = format!(
            "`{}` is not always of the same type in `{}`, so it is a STRING with the JSON as it stands",
            known.name, file.name
        );
        let fix = format!("give `{}` a type in `schema`; records with others are rejected", known.name);
        diagnostics.push(Diagnostic::warning("mixed-types", place.clone(), message).fix(fix));
    }
    let empty: Vec<String> = untyped()
        .filter(|known| !known.guess.has_seen_any())
        .map(|known| format!("`{}`", known.name))
        .collect();
    if !empty.is_empty() {
        let more = if empty.len() > 8 { " and others" } else { "" };
        let message = format!(
            "nothing but NULL stands for {}{more} in the first {INFER_RECORDS} records of any file, so STRING is assumed",
            empty[..empty.len().min(8)].join(", ")
        );
        let fix = "give the columns their types in `schema`";
        diagnostics.push(Diagnostic::hint("types-unknown", cx.param("schema"), message).fix(fix));
    }
}
