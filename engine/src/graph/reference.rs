//! The node reference, made from the node types: one page of Markdown with a chapter for each kind.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::node::{Arity, Catalog, Category, NodeSpec, OutputRole, SqlForm};

/// The node reference in Markdown: for every kind its purpose, ports, parameters and form in Flink SQL.
pub fn node_reference(catalog: &Catalog) -> String {
    let mut out = String::from("# Nodes\n\nMade from the node types themselves; do not edit.\n");
    let mut specs: Vec<_> = catalog.specs().collect();
    specs.sort_by_key(|spec| spec.category);
    out.push_str("\n| Kind | Title | What it does |\n|---|---|---|\n");
    for spec in &specs {
        row(&mut out, &[&format!("[`{0}`](#{0})", spec.kind), spec.title, spec.summary]);
    }
    let mut category = None;
    for spec in specs {
        if category != Some(spec.category) {
            category = Some(spec.category);
            put(&mut out, format_args!("\n## {}\n", category_title(spec.category)));
        }
        chapter(&mut out, spec);
    }
    out
}

fn chapter(out: &mut String, spec: &NodeSpec) {
    put(out, format_args!("\n### {}\n\n{}: {}.\n", spec.kind, spec.title, spec.summary));
    if !spec.doc.trim().is_empty() {
        put(out, format_args!("\n{}\n", spec.doc.trim()));
    }
    out.push_str("\n| Port | Direction | Edges | What passes |\n|---|---|---|---|\n");
    for port in &spec.inputs {
        let edges = match port.arity {
            Arity::One => "one",
            Arity::Many => "one or more",
        };
        row(out, &[&format!("`{}`", port.name), "in", edges, port.doc]);
    }
    for port in &spec.outputs {
        let direction = match port.role {
            OutputRole::Main => "out",
            OutputRole::Late => "out, late rows",
            OutputRole::Rejected => "out, rejected rows",
        };
        row(out, &[&format!("`{}`", port.name), direction, "any", port.doc]);
    }
    let schema = spec.params.as_value();
    table(out, schema, schema, "This kind has no parameters.");
    let definitions = schema.get("$defs").and_then(Value::as_object);
    for (name, definition) in definitions.into_iter().flatten() {
        if definition.get("properties").is_some() {
            put(out, format_args!("\n#### {name} (in {})\n", spec.kind));
            if let Some(text) = text(definition, "description") {
                put(out, format_args!("\n{text}\n"));
            }
            table(out, definition, schema, "It has no fields.");
        }
    }
    let sql = match spec.sql {
        SqlForm::Exact => "can be written exactly".to_owned(),
        SqlForm::Partial(how) => format!("in part: {how}"),
        SqlForm::None(why) => format!("cannot be written: {why}"),
    };
    put(out, format_args!("\nFlink SQL: {sql}.\n"));
}

/// A table of the properties of `schema`, whose references lead into `root`.
fn table(out: &mut String, schema: &Value, root: &Value, otherwise: &str) {
    let fields = schema.get("properties").and_then(Value::as_object);
    let Some(fields) = fields.filter(|fields| !fields.is_empty()) else {
        put(out, format_args!("\n{otherwise}\n"));
        return;
    };
    let required = schema.get("required").and_then(Value::as_array);
    out.push_str("\n| Parameter | Type | Default | Range | Meaning |\n|---|---|---|---|---|\n");
    for (name, field) in fields {
        let is_required = required.is_some_and(|names| names.iter().any(|other| other == name));
        let default = match field.get("default") {
            Some(Value::Null) | None if is_required => "required".to_owned(),
            Some(Value::Null) | None => "none".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        let target = resolve(field, root);
        let meaning = text(field, "description").or_else(|| text(target, "description")).unwrap_or_default();
        row(
            out,
            &[&format!("`{name}`"), &type_name(field, root, 0), &default, &range(field, target), &meaning],
        );
    }
}

/// What a schema's type is called in the table.
fn type_name(schema: &Value, root: &Value, depth: usize) -> String {
    if depth > 8 {
        return "…".to_owned();
    }
    let inner = |schema: &Value| type_name(schema, root, depth + 1);
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = resolve(schema, root);
        let name = reference.rsplit('/').next().unwrap_or_default();
        return if target.get("properties").is_some() { name.to_owned() } else { inner(target) };
    }
    if let Some(constant) = schema.get("const") {
        return format!("`{constant}`");
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> =
            values.iter().filter(|value| !value.is_null()).map(|value| format!("`{value}`")).collect();
        return values.join(" or ");
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema.get(key).and_then(Value::as_array) {
            let is_null = |choice: &Value| choice.get("type").is_some_and(|name| name == "null");
            let names: Vec<_> = choices.iter().filter(|choice| !is_null(choice)).map(inner).collect();
            return names.join(" or ");
        }
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        match format {
            "column" => return "column".to_owned(),
            "expression" => return "expression".to_owned(),
            "condition" => return "condition".to_owned(),
            "duration-millis" => return "duration in milliseconds".to_owned(),
            "path" => return "path".to_owned(),
            _ => {}
        }
    }
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect()
        }
        _ => vec!["any"],
    };
    let names = names.into_iter().map(|name| match name {
        "array" => match schema.get("items") {
            Some(items) => format!("list of {}", inner(items)),
            None => "list".to_owned(),
        },
        "string" => "text".to_owned(),
        "boolean" => "true or false".to_owned(),
        "object" => match schema.get("additionalProperties").filter(|values| values.is_object()) {
            Some(values) => format!("object of {}", inner(values)),
            None if schema.get("properties").is_some_and(is_filled) => {
                let fields = schema.get("properties").and_then(Value::as_object);
                fields
                    .into_iter()
                    .flat_map(Map::keys)
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            None => "object".to_owned(),
        },
        other => other.to_owned(),
    });
    names.collect::<Vec<_>>().join(" or ")
}

fn is_filled(fields: &Value) -> bool {
    fields.as_object().is_some_and(|fields| !fields.is_empty())
}

fn range(field: &Value, target: &Value) -> String {
    let limit = |key: &str| field.get(key).or_else(|| target.get(key)).filter(|value| value.is_number());
    let limits = [
        ("minimum", "at least"),
        ("exclusiveMinimum", "more than"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "less than"),
        ("minItems", "entries: at least"),
        ("maxItems", "entries: at most"),
        ("minLength", "characters: at least"),
        ("maxLength", "characters: at most"),
    ];
    let said: Vec<_> = limits
        .iter()
        .filter_map(|(key, words)| {
            let value = limit(key)?;
            // What follows from the width of an integer tells nobody anything.
            let n = value.as_f64().unwrap_or(0.0);
            let is_width =
                n.abs() >= f64::from(u32::MAX) || (field.get("format").is_some_and(is_unsigned) && n == 0.0);
            (!is_width).then(|| format!("{words} {value}"))
        })
        .collect();
    said.join(", ")
}

fn is_unsigned(format: &Value) -> bool {
    format.as_str().is_some_and(|format| format.starts_with("uint"))
}

/// What a schema's reference leads to; the schema itself where it has none.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").and_then(Value::as_str);
    reference.and_then(|path| root.pointer(path.strip_prefix('#')?)).unwrap_or(schema)
}

fn text(schema: &Value, key: &str) -> Option<String> {
    schema.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn row(out: &mut String, cells: &[&str]) {
    out.push('|');
    for cell in cells {
        let cell = cell.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ");
        put(out, format_args!(" {cell} |"));
    }
    out.push('\n');
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("text can be added to text");
}

fn category_title(category: Category) -> &'static str {
    match category {
        Category::Source => "Sources",
        Category::Transform => "Row by row",
        Category::Time => "Time",
        Category::Window => "Windows",
        Category::Sink => "Sinks",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::catalog;
    use super::*;

    #[test]
    fn a_node_is_described_by_ports_parameters_and_sql_form() {
        let text = node_reference(&catalog());
        let chapter =
            text.split("\n### ").find(|chapter| chapter.starts_with("window\n")).expect("a chapter");
        let chapter = chapter.split("\n## ").next().expect("a chapter");
        let expected = r#"window

Window: For tests.

It is made for tests.

| Port | Direction | Edges | What passes |
|---|---|---|---|
| `in` | in | one | rows |
| `out` | out | any | rows |
| `late` | out, late rows | any | late rows |

| Parameter | Type | Default | Range | Meaning |
|---|---|---|---|---|
| `key` | column | required |  | What rows are grouped by. |
| `size` | duration in milliseconds | required | at least 1 | How long a window is. |
| `aggregates` | list of Aggregate | none |  | What is counted. |
| `empty` | true or false | `false` |  | Whether windows without rows are given out. |

#### Aggregate (in window)

A figure of a window.

| Parameter | Type | Default | Range | Meaning |
|---|---|---|---|---|
| `function` | `"count"` or `"sum"` | required |  | Which figure it is. |
| `column` | column | none |  | Of which column. |

Flink SQL: can be written exactly.
"#;
        assert_eq!(chapter, expected);
    }

    #[test]
    fn every_kind_has_a_chapter_and_bars_do_not_break_tables() {
        let text = node_reference(&catalog());
        for spec in catalog().specs() {
            assert!(text.contains(&format!("\n### {}\n", spec.kind)), "{}", spec.kind);
        }
        assert!(text.contains("The column that must be true \\| or not."));
        assert!(text.contains("\nThis kind has no parameters.\n"));
        assert!(text.find("## Sources") < text.find("## Row by row"));
        assert!(text.find("## Row by row") < text.find("## Windows"));
    }
}
