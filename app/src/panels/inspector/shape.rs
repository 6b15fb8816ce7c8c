//! The shape of a form, read from the JSON schema of a node's parameters.

use serde_json::{Map, Value};

/// A field of the form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// The parameter's name.
    pub name: String,
    /// The name as people read it: without its unit, words apart.
    pub label: String,
    /// What it is, from the schema.
    pub doc: String,
    /// What can be written in it.
    pub kind: Kind,
    /// Whether it may be left out.
    pub optional: bool,
    /// What holds while it is left out.
    pub default: Option<Value>,
    /// Whether to write nothing is something else than to leave it out.
    pub may_be_empty: bool,
}

/// What can be written in a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A line of text.
    Text,
    /// A path, with a button to choose a file.
    Path,
    /// A column of the input.
    Column,
    /// An expression over the columns of the input.
    Expression,
    /// An expression that is true of the rows that pass.
    Condition,
    /// A duration in milliseconds.
    Duration,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// One of a few: the value, its name, what it means.
    Choice(Vec<Choice>),
    /// Any number of one kind.
    List(Box<Field>),
    /// Several fields together.
    Group(Vec<Field>),
    /// Something for which there is no field: JSON as text.
    Json,
}

impl Kind {
    /// Whether it is an expression over the columns of the input.
    pub(super) fn is_expression(&self) -> bool {
        matches!(self, Kind::Expression | Kind::Condition)
    }
}

/// One of a few values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub value: Value,
    pub text: String,
    pub doc: String,
}

/// The fields of an object schema, in the order of the schema.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    Reader { root: schema }.object(schema)
}

/// How deep a schema is followed before the rest is shown as JSON.
const MAX_DEPTH: usize = 6;

struct Reader<'a> {
    root: &'a Value,
}

impl<'a> Reader<'a> {
    fn object(&self, schema: &'a Value) -> Vec<Field> {
        self.object_at(schema, 0)
    }

    fn object_at(&self, schema: &'a Value, depth: usize) -> Vec<Field> {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        properties
            .iter()
            .map(|(name, property)| {
                let optional = !required.contains(&name.as_str());
                self.field(name, property, optional, depth)
            })
            .collect()
    }

    fn field(&self, name: &str, property: &'a Value, optional: bool, depth: usize) -> Field {
        let resolved = self.resolved(property);
        let text = |of: &Value| of.get("description").and_then(Value::as_str).map(one_line);
        let kind = self.kind(property, resolved, depth);
        let default = property.get("default").or_else(|| resolved.get("default"));
        let is_written = default.and_then(Value::as_str).is_some_and(|default| !default.is_empty());
        let min_length = resolved.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        Field {
            name: name.to_owned(),
            label: label(name),
            doc: text(property).or_else(|| text(resolved)).unwrap_or_default(),
            may_be_empty: kind == Kind::Text && is_written && min_length == 0,
            kind,
            optional,
            default: default.cloned(),
        }
    }

    fn kind(&self, property: &'a Value, resolved: &'a Value, depth: usize) -> Kind {
        if depth > MAX_DEPTH {
            return Kind::Json;
        }
        if let Some(choices) = choices(resolved) {
            return Kind::Choice(choices);
        }
        let format = [property, resolved].into_iter().find_map(|schema| schema.get("format")?.as_str());
        match format {
            Some("column") => return Kind::Column,
            Some("expression") => return Kind::Expression,
            Some("condition") => return Kind::Condition,
            Some("duration-millis") => return Kind::Duration,
            Some("path") => return Kind::Path,
            _ => {}
        }
        match type_of(resolved) {
            Some("string") => Kind::Text,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("boolean") => Kind::Boolean,
            Some("array") => match resolved.get("items") {
                Some(items) => Kind::List(Box::new(self.field("", items, false, depth + 1))),
                None => Kind::Json,
            },
            Some("object") if resolved.get("properties").is_some() => {
                Kind::Group(self.object_at(resolved, depth + 1))
            }
            _ => Kind::Json,
        }
    }

    /// The schema behind references, and behind "this or null".
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..MAX_DEPTH {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let found = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
                let Some(found) = found else { return schema };
                schema = found;
                continue;
            }
            let is_null = |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("null");
            let any = schema.get("anyOf").and_then(Value::as_array);
            match any.map(|any| any.iter().filter(|schema| !is_null(schema)).collect::<Vec<_>>()) {
                Some(any) if any.len() == 1 => schema = any[0],
                _ => return schema,
            }
        }
        schema
    }
}

/// The type of a schema; of "this or null", this.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    }
}

/// The values of an enumeration, whether or not they are described.
fn choices(schema: &Value) -> Option<Vec<Choice>> {
    let choice = |value: &Value, doc: &str| Choice {
        text: value.as_str().map_or_else(|| value.to_string(), label),
        value: value.clone(),
        doc: one_line(doc),
    };
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values = values.iter().filter(|value| !value.is_null());
        return Some(values.map(|value| choice(value, "")).collect());
    }
    let mut all = Vec::new();
    for one in schema.get("oneOf")?.as_array()? {
        let doc = one.get("description").and_then(Value::as_str).unwrap_or_default();
        match (one.get("const"), one.get("enum").and_then(Value::as_array)) {
            (Some(value), _) => all.push(choice(value, doc)),
            (None, Some(values)) => all.extend(values.iter().map(|value| choice(value, doc))),
            (None, None) => return None,
        }
    }
    Some(all)
}

/// A name as people read it: `max_future_skew_millis` is "Max future skew".
pub(in crate::panels) fn label(name: &str) -> String {
    let name = name.strip_suffix("_millis").unwrap_or(name);
    let (name, unit) = name.strip_suffix("_percent").map_or((name, ""), |name| (name, " (%)"));
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}{unit}", chars.as_str())
}

/// A description without its line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value that a new row of a list begins with.
pub(super) fn blank(field: &Field) -> Value {
    match &field.kind {
        Kind::Text | Kind::Path | Kind::Column | Kind::Expression | Kind::Condition => {
            Value::String(String::new())
        }
        Kind::Duration | Kind::Integer => Value::from(0),
        Kind::Number => Value::from(0.0),
        Kind::Boolean => Value::Bool(false),
        Kind::Choice(choices) => choices.first().map_or(Value::Null, |choice| choice.value.clone()),
        Kind::List(_) => Value::Array(Vec::new()),
        Kind::Group(fields) => {
            let needed = fields.iter().filter(|field| !field.optional);
            Value::Object(needed.map(|field| (field.name.clone(), blank(field))).collect::<Map<_, _>>())
        }
        Kind::Json => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_parameter_of_every_node_has_a_field_of_its_own_kind() {
        for spec in tidemark_engine::catalog::standard().specs() {
            let schema = spec.params.as_value();
            let fields = fields(schema);
            let n_properties = schema.get("properties").and_then(Value::as_object).map_or(0, Map::len);
            assert_eq!(fields.len(), n_properties, "{}", spec.kind);
            for field in fields {
                assert_ne!(field.kind, Kind::Json, "{}.{} has no field", spec.kind, field.name);
                assert!(!field.doc.is_empty(), "{}.{} is not described", spec.kind, field.name);
            }
        }
    }

    #[test]
    fn references_options_and_enumerations_are_followed() {
        let schema = json!({
            "properties": {
                "size_millis": { "type": "integer", "format": "duration-millis" },
                "by": { "anyOf": [{ "type": "string", "format": "column" }, { "type": "null" }] },
                "zone": { "type": ["string", "null"], "description": "a\nzone" },
                "mode": { "$ref": "#/$defs/Mode", "default": "b_c" },
                "rows": { "type": "array", "items": { "$ref": "#/$defs/Row" } }
            },
            "required": ["size_millis"],
            "$defs": {
                "Mode": { "oneOf": [{ "const": "a", "description": "First." }, { "const": "b_c" }] },
                "Row": { "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] }
            }
        });
        let fields = fields(&schema);
        let field = |name: &str| fields.iter().find(|field| field.name == name).expect("there");
        assert_eq!((&*field("size_millis").label, field("size_millis").optional), ("Size", false));
        assert_eq!(field("by").kind, Kind::Column);
        assert_eq!((&field("zone").kind, &*field("zone").doc), (&Kind::Text, "a zone"));
        let Kind::Choice(choices) = &field("mode").kind else { panic!("no choice") };
        assert_eq!((&*choices[1].text, &*choices[0].doc), ("B c", "First."));
        let Kind::List(row) = &field("rows").kind else { panic!("no list") };
        assert_eq!(blank(row), json!({ "n": 0 }));
    }
}
