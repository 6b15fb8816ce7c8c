//! The files that a source's `path` and `paths` name: one file, a folder or a glob, each within what the flow may read.

use std::path::{Path, PathBuf};

use crate::data::most_similar;
use crate::diagnostic::{Diagnostic, Place};
use crate::node::{FileUse, PathText, PlanContext};

/// A file that a source reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// What people call it: its path from the flow's folder, where it lies below that.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// How the names of the files end that a source takes from a folder.
#[derive(Clone, Copy)]
pub(crate) struct Endings<'a> {
    /// Without the point, in lower case; the first is the usual one.
    pub(crate) names: &'a [&'a str],
    /// Whether one of [`COMPRESSED`] may stand behind it.
    pub(crate) compressed: bool,
}

/// The endings of files that are decompressed as they are read.
pub(crate) const COMPRESSED: [&str; 2] = [".gz", ".zst"];

/// The name of a file without what says that it is compressed.
pub(crate) fn without_compression(name: &str) -> &str {
    let ends = |ending: &&str| {
        let cut = name.len().checked_sub(ending.len())?;
        name.is_char_boundary(cut).then_some(cut).filter(|cut| name[*cut..].eq_ignore_ascii_case(ending))
    };
    COMPRESSED.iter().find_map(ends).map_or(name, |cut| &name[..cut])
}

impl Endings<'_> {
    fn fits(&self, name: &str) -> bool {
        // A flow's own file is no data of it.
        if name.ends_with(".flow.json") {
            return false;
        }
        let name = if self.compressed { without_compression(name) } else { name };
        let ending = Path::new(name).extension().unwrap_or_default().to_string_lossy().to_lowercase();
        self.names.contains(&&*ending)
    }

    /// The endings in words: `.csv` or `.tsv`.
    fn words(&self) -> String {
        let names = self.names.iter().map(|ending| format!("`.{ending}`")).collect::<Vec<_>>().join(" or ");
        let behind = COMPRESSED.map(|ending| format!("`{ending}`")).join(" or ");
        if self.compressed { format!("{names}, with or without {behind} behind it") } else { names }
    }
}

/// The files that `path` or `paths` name, those of a folder or glob by name. Files in a folder count if they end in one of
/// `endings`; hidden ones do not.
///
/// Findings are added to `diagnostics`; no file is returned then.
pub(crate) fn find_files(
    cx: &PlanContext<'_>,
    path: &PathText,
    paths: &[PathText],
    endings: Endings<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(SourceFile, Place)> {
    let asked: Vec<(&str, Place)> = match (path.0.is_empty(), paths.is_empty()) {
        (true, true) => {
            let message = "no file is named";
            let ending = endings.names.first().map_or(String::new(), |ending| format!(".{ending}"));
            diagnostics.push(
                Diagnostic::error("missing-parameter", cx.param("path"), message)
                    .fix(format!("set `path` to a file, a folder or a pattern such as `data/*{ending}`")),
            );
            return Vec::new();
        }
        (false, false) => {
            diagnostics.push(
                Diagnostic::error("bad-parameter", cx.param("paths"), "both `path` and `paths` are set")
                    .fix("keep one of them"),
            );
            return Vec::new();
        }
        (false, true) => vec![(&path.0, cx.param("path"))],
        (true, false) => {
            paths.iter().enumerate().map(|(i, path)| (&*path.0, cx.param(format!("paths.{i}")))).collect()
        }
    };
    let mut files: Vec<(SourceFile, Place)> = Vec::new();
    let mut failed = false;
    for (text, place) in asked {
        match expand(cx, text, endings) {
            Ok(found) => {
                for path in found {
                    let name = display_name(cx, &path);
                    if files.iter().any(|(file, _)| file.path == path) {
                        let message = format!("`{name}` is named twice and read once");
                        diagnostics.push(Diagnostic::warning("duplicate-file", place.clone(), message));
                    } else {
                        files.push((SourceFile { name, path }, place.clone()));
                    }
                }
            }
            Err((code, message, fix)) => {
                failed = true;
                let diagnostic = Diagnostic::error(code, place, message);
                diagnostics.push(match fix {
                    Some(fix) => diagnostic.fix(fix),
                    None => diagnostic,
                });
            }
        }
    }
    if failed { Vec::new() } else { files }
}

type Finding = (&'static str, String, Option<String>);

fn expand(cx: &PlanContext<'_>, text: &str, endings: Endings<'_>) -> Result<Vec<PathBuf>, Finding> {
    let resolve = |text: &str| {
        cx.files.resolve(text, FileUse::Read).map_err(|error| ("path-not-allowed", error.to_string(), None))
    };
    // A file may have such characters in its name; a file that exists is meant literally.
    let literal = resolve(text).ok().filter(|path| path.exists());
    let path = match (literal, split_pattern(text)) {
        (Some(path), _) => path,
        (None, (name, "")) => resolve(&name)?,
        (None, (folder, pattern)) => return expand_glob(cx, text, &folder, pattern),
    };
    if path.is_dir() {
        let listing = std::fs::read_dir(&path).map_err(|error| unreadable(cx, &path, &error))?;
        let mut found = Vec::new();
        for entry in listing {
            let path = entry.map_err(|error| unreadable(cx, &path, &error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with(['.', '_']) && endings.fits(&name) && path.is_file() {
                found.push(checked(cx, &path)?);
            }
        }
        if found.is_empty() {
            let message = format!(
                "the folder `{}` holds no file that ends in {}",
                display_name(cx, &path),
                endings.words()
            );
            return Err(("no-files", message, Some("name a file, or a pattern such as `data/*`".to_owned())));
        }
        found.sort();
        return Ok(found);
    }
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(vec![path]),
        // A pipe would be waited for, a device read without end.
        Ok(_) => {
            let message = format!("`{}` is not a plain file", display_name(cx, &path));
            Err(("not-a-file", message, Some("name a file or a folder".to_owned())))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let message = format!("there is no file `{}`", display_name(cx, &path));
            Err(("file-not-found", message, Some(similar_file(&path))))
        }
        Err(error) => Err(unreadable(cx, &path, &error)),
    }
}

/// What to do about a file that is not there.
fn similar_file(path: &Path) -> String {
    let names: Vec<String> = path
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .flatten()
        .take(10_000)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    most_similar(&name, names.iter().map(String::as_str)).map_or_else(
        || "check the path; a relative one starts at the flow's folder".to_owned(),
        |similar| format!("did you mean `{similar}`?"),
    )
}

/// The folder that a pattern begins with, by its name, and the rest of the pattern: nothing if all of `text` names a file or folder.
/// A special character in brackets, as [`escape_pattern`] writes it, is part of a name.
pub fn split_pattern(text: &str) -> (String, &str) {
    let (mut name, mut rest) = (String::new(), text);
    // How much of the name is the folder, and what stands behind it.
    let mut split = (0, text);
    while let Some(first) = rest.chars().next() {
        let (c, length) = match rest.as_bytes() {
            [b'[', c @ (b'*' | b'?' | b'[' | b']'), b']', ..] => (char::from(*c), 3),
            [b'*' | b'?' | b'[', ..] => {
                name.truncate(split.0);
                return (name, split.1);
            }
            _ => (first, first.len_utf8()),
        };
        name.push(c);
        rest = &rest[length..];
        if std::path::is_separator(c) {
            split = (name.len(), rest);
        }
    }
    (name, "")
}

/// The pattern that fits `name` and nothing else.
pub fn escape_pattern(name: &str) -> String {
    glob::Pattern::escape(name)
}

/// The files that fit `pattern` in `folder`, which are the parts of `text`.
fn expand_glob(
    cx: &PlanContext<'_>,
    text: &str,
    folder: &str,
    pattern: &str,
) -> Result<Vec<PathBuf>, Finding> {
    let folder = if folder.is_empty() { "." } else { folder };
    let folder = cx
        .files
        .resolve(folder, FileUse::Read)
        .map_err(|error| ("path-not-allowed", error.to_string(), None))?;
    let escaped = escape_pattern(&folder.to_string_lossy());
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let matches = glob::glob_with(&format!("{escaped}/{pattern}"), options).map_err(|error| {
        ("bad-pattern", format!("`{text}` is not a pattern of file names: {}", error.msg), None)
    })?;
    let mut found = Vec::new();
    for entry in matches {
        let path = entry.map_err(|error| unreadable(cx, error.path(), error.error()))?;
        if path.is_file() {
            found.push(checked(cx, &path)?);
        }
    }
    if found.is_empty() {
        let fix = "check the pattern; a relative one starts at the flow's folder".to_owned();
        return Err(("no-files", format!("no file matches `{text}`"), Some(fix)));
    }
    found.sort();
    Ok(found)
}

/// A file found in a folder, with links followed: they too must stay within what the flow may read.
fn checked(cx: &PlanContext<'_>, path: &Path) -> Result<PathBuf, Finding> {
    let Some(text) = path.to_str() else {
        let message = format!("the name of `{}` is not UTF-8", path.display());
        return Err(("bad-file-name", message, Some("rename the file".to_owned())));
    };
    cx.files.resolve(text, FileUse::Read).map_err(|error| ("path-not-allowed", error.to_string(), None))
}

fn unreadable(cx: &PlanContext<'_>, path: &Path, error: &std::io::Error) -> Finding {
    ("unreadable-file", format!("`{}` cannot be read: {error}", display_name(cx, path)), None)
}

fn display_name(cx: &PlanContext<'_>, path: &Path) -> String {
    let flow_dir = cx.files.flow_dir.canonicalize().unwrap_or_else(|_| cx.files.flow_dir.clone());
    path.strip_prefix(&flow_dir).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::testing::Flow;

    fn names(flow: &Flow, path: &str) -> Result<Vec<String>, String> {
        let mut diagnostics = Vec::new();
        let endings = Endings { names: &["csv", "tsv"], compressed: true };
        let path = PathText(path.to_owned());
        let files = flow.with(|cx| find_files(cx, &path, &[], endings, &mut diagnostics));
        match diagnostics.first() {
            Some(diagnostic) => Err(diagnostic.to_string()),
            None => Ok(files.into_iter().map(|(file, _)| file.name).collect()),
        }
    }

    #[test]
    fn a_folder_and_a_glob_are_sorted_by_name_and_leave_hidden_files_out() {
        let flow = Flow::new();
        for name in ["data/b.csv", "data/a.csv", "data/.c.csv", "data/d.txt", "data/e.TSV", "data/[x].csv"] {
            flow.file(name, "");
        }
        assert_eq!(
            names(&flow, "data").expect("files"),
            ["data/[x].csv", "data/a.csv", "data/b.csv", "data/e.TSV"]
        );
        assert_eq!(names(&flow, "data/?.csv").expect("files"), ["data/a.csv", "data/b.csv"]);
        assert_eq!(names(&flow, "data/[x].csv").expect("files"), ["data/[x].csv"]);
        assert_eq!(names(&flow, "d*/a.csv").expect("files"), ["data/a.csv"]);
    }

    #[test]
    fn compressed_files_of_a_folder_count_where_the_source_reads_them() {
        let flow = Flow::new();
        for name in [
            "d/a.csv.gz",
            "d/b.CSV.GZ",
            "d/c.tsv.zst",
            "d/d.gz",
            "d/e.json.gz",
            "d/f.gz.csv",
            "d/g.csv.gz.gz",
        ] {
            flow.file(name, "");
        }
        assert_eq!(
            names(&flow, "d").expect("files"),
            ["d/a.csv.gz", "d/b.CSV.GZ", "d/c.tsv.zst", "d/f.gz.csv"]
        );
        let plain = Endings { names: &["csv"], compressed: false };
        assert!(plain.fits("f.gz.csv") && !plain.fits("a.csv.gz"));
        flow.file("none/a.txt", "");
        let message = names(&flow, "none").expect_err("none fits");
        assert!(
            message.contains("ends in `.csv` or `.tsv`, with or without `.gz` or `.zst` behind it"),
            "{message}"
        );
        for (name, without) in [
            ("a.csv.gz", "a.csv"),
            ("a.ZST", "a"),
            ("ä.gz", "ä"),
            ("gz", "gz"),
            ("ä", "ä"),
            ("a.csv", "a.csv"),
        ] {
            assert_eq!(without_compression(name), without);
        }
    }

    #[test]
    fn a_pattern_begins_with_the_name_of_a_folder() {
        for (text, folder, pattern) in [
            ("a.csv", "a.csv", ""),
            ("data/*.csv", "data/", "*.csv"),
            ("*/a.csv", "", "*/a.csv"),
            ("ü/2024-[01]*.csv", "ü/", "2024-[01]*.csv"),
            ("/a[[]1[]]/b[*]c/[?]?.csv", "/a[1]/b*c/", "[?]?.csv"),
            ("a[[]1[]]/[*].csv", "a[1]/*.csv", ""),
        ] {
            assert_eq!(split_pattern(text), (folder.to_owned(), pattern), "{text}");
        }
        for name in ["a[1]", "*?", "[!a]", "]", "ü[["] {
            assert_eq!(split_pattern(&escape_pattern(name)), (name.to_owned(), ""));
        }
    }

    #[test]
    fn a_folder_with_special_characters_is_escaped_in_a_pattern() {
        let flow = Flow::new();
        for name in ["a[1]/x.csv", "a[1]/y.csv", "a1/z.csv"] {
            flow.file(name, "");
        }
        let folder = flow.dir().canonicalize().expect("a folder");
        for text in ["a[[]1[]]/?.csv".to_owned(), format!("{}/a[[]1[]]/*.csv", folder.display())] {
            assert_eq!(names(&flow, &text).expect("files"), ["a[1]/x.csv", "a[1]/y.csv"], "{text}");
        }
        assert_eq!(names(&flow, "a[[]1[]]/x.csv").expect("a file"), ["a[1]/x.csv"]);
        assert_eq!(names(&flow, "a[[]1[]]").expect("a folder"), ["a[1]/x.csv", "a[1]/y.csv"]);
        assert_eq!(names(&flow, "a[1]/*.csv").expect("files"), ["a1/z.csv"], "it is a pattern");
    }

    #[test]
    fn a_missing_file_is_named_with_the_one_that_was_probably_meant() {
        let flow = Flow::new();
        flow.file("orders.csv", "");
        let message = names(&flow, "order.csv").expect_err("missing");
        assert!(message.contains("file-not-found") && message.contains("`order.csv`"), "{message}");
        assert!(message.contains("did you mean `orders.csv`?"), "{message}");
        assert!(names(&flow, "*.parquet").expect_err("none").contains("no-files"));
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_or_pipe_is_not_opened() {
        let flow = Flow::new();
        let _socket = std::os::unix::net::UnixListener::bind(flow.dir().join("a.csv")).expect("a socket");
        assert!(names(&flow, "a.csv").expect_err("no file").contains("not-a-file"));
        assert!(names(&flow, "*.csv").expect_err("no file").contains("no-files"));
    }

    #[cfg(unix)]
    #[test]
    fn no_glob_or_link_leads_out_of_the_flow() {
        let flow = Flow::new();
        let outside = tempfile::tempdir().expect("a folder");
        std::fs::write(outside.path().join("secret.csv"), "a").expect("a file");
        std::os::unix::fs::symlink(outside.path().join("secret.csv"), flow.dir().join("link.csv"))
            .expect("a link");
        std::os::unix::fs::symlink(outside.path(), flow.dir().join("up")).expect("a link");
        for path in ["*.csv", "up/*.csv", "../*", "/etc/*", "link.csv", "up"] {
            let message = names(&flow, path).expect_err(path);
            assert!(message.contains("path-not-allowed"), "{path}: {message}");
        }
    }
}
