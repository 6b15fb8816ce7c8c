//! The JSON schema of flow files, made from the node types: for editors that complete and check a flow while it is written by hand.

use serde_json::{Map, Value, json};

use super::document::FlowDocument;
use super::limits::{MAX_COORDINATE, MAX_EDGES, MAX_NODES};
use crate::node::{Catalog, NodeSpec};

/// The JSON schema (draft 2020-12) of a flow that uses the node types of `catalog`.
///
/// It is narrower than what can be opened: a node of an unknown kind is kept, but an editor should mark it. Where a parameter is no
/// text, `${name}` is allowed in its place.
pub fn flow_schema(catalog: &Catalog) -> Value {
    let kinds: Vec<_> = catalog.specs().map(|spec| spec.kind).collect();
    let by_kind: Vec<_> = catalog
        .specs()
        .map(|spec| {
            json!({
                "if": { "properties": { "kind": { "const": spec.kind } } },
                "then": { "properties": { "params": { "$ref": format!("#/$defs/{}", params_name(spec.kind)) } } },
            })
        })
        .collect();
    let mut definitions = Map::new();
    definitions.insert(
        "reference".to_owned(),
        json!({
            "description": "The value of a flow parameter.",
            "type": "string",
            "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$",
        }),
    );
    definitions.insert(
        "port".to_owned(),
        json!({
            "description": "A port: the node's id, a dot, the port's name.",
            "type": "string",
            "pattern": r"^.+\.[^.]+$",
        }),
    );
    let coordinate = json!({ "type": "number", "minimum": -MAX_COORDINATE, "maximum": MAX_COORDINATE });
    let places = |n: usize| json!({ "type": "array", "items": coordinate, "minItems": n, "maxItems": n });
    definitions.insert("place".to_owned(), places(2));
    definitions.insert("area".to_owned(), places(4));
    for spec in catalog.specs() {
        definitions.insert(params_name(spec.kind), params_schema(spec));
    }
    let node = record(
        json!({
            "id": { "description": "The node's identity, which never changes.", "type": "string", "pattern": "^[a-z0-9_-]{1,64}$" },
            "kind": { "description": "The node's type.", "enum": kinds },
            "title": { "description": "What people call it, where that is not its type's title.", "type": "string" },
            "params": { "type": "object" },
            "note": { "description": "A remark, in Markdown.", "type": "string" },
        }),
        &["id", "kind"],
    );
    let node = with(node, "allOf", by_kind.into());
    let map = |values: &str| json!({ "type": "object", "additionalProperties": { "$ref": format!("#/$defs/{values}") } });
    let drawn = |key: &str| {
        let mut fields = json!({ "id": { "type": "string" } });
        fields[key] = json!({ "type": "string" });
        fields["color"] = json!({ "description": "The name of a colour of the theme.", "type": "string" });
        json!({ "type": "array", "items": record(fields, &["id", key]) })
    };
    let parameter = record(
        json!({
            "default": { "description": "What holds unless a run sets it.", "type": ["string", "number", "boolean"] },
            "doc": { "description": "What it is for.", "type": "string" },
        }),
        &["default"],
    );
    let port = json!({ "$ref": "#/$defs/port" });
    let flow = record(
        json!({
            "version": { "description": "The version of the format.", "const": FlowDocument::VERSION },
            "name": { "type": "string" },
            "description": { "description": "What the flow is for, in Markdown.", "type": "string" },
            "session_zone": {
                "description": "The zone in which clock times are meant, an IANA name.",
                "type": "string",
                "default": FlowDocument::DEFAULT_ZONE,
            },
            "parameters": {
                "description": "Values that nodes name as ${name} and that a run may set.",
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$" },
                "additionalProperties": parameter,
            },
            "nodes": { "type": "array", "maxItems": MAX_NODES, "items": node },
            "edges": {
                "type": "array",
                "maxItems": MAX_EDGES,
                "uniqueItems": true,
                "items": record(json!({ "from": port, "to": port }), &["from", "to"]),
            },
            "notes": drawn("text"),
            "frames": drawn("title"),
            "layout": record(json!({ "nodes": map("place"), "notes": map("area"), "frames": map("area") }), &[]),
        }),
        &["version", "nodes", "edges"],
    );
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".to_owned(), "Tidemark flow".into());
    schema.extend(flow.as_object().cloned().unwrap_or_default());
    schema.insert("$defs".to_owned(), definitions.into());
    Value::Object(schema)
}

/// The schema as it is written to a file.
pub fn flow_schema_text(catalog: &Catalog) -> String {
    format!("{:#}\n", flow_schema(catalog))
}

fn params_name(kind: &str) -> String {
    format!("{kind}.params")
}

/// An object with these fields and no others.
#[expect(clippy::needless_pass_by_value, reason = "called with `json!`")]
fn record(fields: Value, required: &[&str]) -> Value {
    let record = json!({ "type": "object", "properties": fields, "additionalProperties": false });
    if required.is_empty() { record } else { with(record, "required", json!(required)) }
}

fn with(mut schema: Value, key: &str, value: Value) -> Value {
    schema[key] = value;
    schema
}

/// The schema of a kind's parameters as it stands in the schema of the flow.
fn params_schema(spec: &NodeSpec) -> Value {
    let mut schema = spec.params.clone().to_value();
    if let Some(fields) = schema.as_object_mut() {
        fields.shift_remove("$schema");
        fields.insert("title".to_owned(), spec.title.into());
        fields.insert("description".to_owned(), spec.summary.into());
    }
    embed(&mut schema, &format!("#/$defs/{}", params_name(spec.kind)));
    schema
}

/// Makes a schema's references start at `root`, and lets `${name}` stand where text could not.
fn embed(schema: &mut Value, root: &str) {
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(Value::String(reference)) = fields.get_mut("$ref")
        && let Some(inside) = reference.strip_prefix('#')
    {
        *reference = format!("{root}{inside}");
    }
    for (key, value) in fields.iter_mut() {
        match key.as_str() {
            "properties" | "$defs" | "patternProperties" => {
                value
                    .as_object_mut()
                    .into_iter()
                    .flat_map(Map::values_mut)
                    .for_each(|value| embed(value, root));
            }
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                value.as_array_mut().into_iter().flatten().for_each(|value| embed(value, root));
            }
            "items" | "additionalProperties" | "not" | "if" | "then" | "else" => embed(value, root),
            _ => {}
        }
    }
    let is = |name: &Value| matches!(name.as_str(), Some("integer" | "number" | "boolean"));
    let is_value = match fields.get("type") {
        Some(Value::Array(names)) => names.iter().any(is),
        Some(name) => is(name) || (name == "string" && fields.contains_key("enum")),
        None => false,
    };
    if is_value {
        let mut outer = Map::new();
        for key in ["title", "description", "default"] {
            if let Some(value) = fields.shift_remove(key) {
                outer.insert(key.to_owned(), value);
            }
        }
        outer.insert("anyOf".to_owned(), json!([fields, { "$ref": "#/$defs/reference" }]));
        *schema = Value::Object(outer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::catalog;
    use super::*;

    /// Every reference in a schema.
    fn references(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| references(value, into)),
            Value::Object(fields) => {
                into.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, into));
            }
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = flow_schema(&catalog());
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(
            found.iter().any(|reference| reference == "#/$defs/window.params/$defs/Aggregate"),
            "{found:?}"
        );
        for reference in found {
            assert!(schema.pointer(&reference[1..]).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_kind_is_offered_with_its_parameters() {
        let schema = flow_schema(&catalog());
        let node = &schema["properties"]["nodes"]["items"];
        assert_eq!(node["properties"]["kind"]["enum"][3], json!("window"));
        assert_eq!(node["allOf"][3]["then"]["properties"]["params"]["$ref"], json!("#/$defs/window.params"));
        let params = &schema["$defs"]["window.params"];
        assert_eq!(params["additionalProperties"], json!(false));
        assert_eq!(params["required"], json!(["key", "size"]));
    }

    #[test]
    fn a_number_may_be_a_reference_and_text_is_left_alone() {
        let schema = flow_schema(&catalog());
        let fields = &schema["$defs"]["window.params"]["properties"];
        assert_eq!(fields["size"]["anyOf"][0]["minimum"], json!(1));
        assert_eq!(fields["size"]["anyOf"][1], json!({ "$ref": "#/$defs/reference" }));
        assert_eq!(fields["size"]["description"], json!("How long a window is."));
        assert_eq!(fields["key"]["type"], json!("string"));
        assert_eq!(fields["empty"]["default"], json!(false));
    }

    #[test]
    fn the_fields_of_the_schema_are_those_that_are_read() {
        let schema = flow_schema(&catalog());
        let fields = schema["properties"].as_object().expect("fields");
        for field in fields.keys() {
            // Every field takes something else, or is there already: none is unknown.
            let text = format!("{{\"version\":1,\"nodes\":[],\"edges\":[],{field:?}:true}}");
            let error = FlowDocument::from_json(text.as_bytes()).expect_err("a failure").to_string();
            assert!(!error.contains("there is no field"), "{error}");
        }
        let error = FlowDocument::from_json(b"{\"version\":1,\"nodes\":[],\"edges\":[],\"layuot\":0}");
        assert!(error.expect_err("a failure").to_string().contains("did you mean `layout`?"));
        assert_eq!(fields.len(), 10);
    }
}
