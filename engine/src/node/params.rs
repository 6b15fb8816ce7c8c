//! Parameters with a meaning of their own: the form shows a duration, a column menu or an expression editor for them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Place};
use crate::ids::NodeId;

/// Defines a parameter type that is saved as one JSON value and marked by its `format` in the schema.
macro_rules! marked {
    ($(#[$doc:meta])* $name:ident($inner:ty), $json:literal, $format:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": $json, "format": $format })
            }
        }
    };
}

marked!(
    /// A column of the input, by name. The form offers the input's columns.
    ColumnName(String), "string", "column"
);
marked!(
    /// An expression in SQL over the input's columns. The form offers an expression editor.
    Expression(String), "string", "expression"
);
marked!(
    /// A condition: an expression in SQL over the input's columns that is true, false or NULL. The form says how many rows pass it.
    Condition(String), "string", "condition"
);
marked!(
    /// A duration in milliseconds. The form shows and takes units, for example `5 min`.
    Millis(i64), "integer", "duration-millis"
);
marked!(
    /// A path to a file or folder; relative paths start at the flow's folder for sources, at the output folder for sinks.
    PathText(String), "string", "path"
);

/// Reads a node's parameters into their type.
///
/// # Errors
/// A diagnostic that names the parameter, what was expected of it, and where it can be said the name that was probably meant.
pub fn read_params<P: DeserializeOwned>(
    node: &NodeId,
    params: &serde_json::Map<String, serde_json::Value>,
) -> Result<P, Box<Diagnostic>> {
    serde_json::from_value(serde_json::Value::Object(params.clone())).map_err(|error| {
        let message = error.to_string();
        let quoted = message.split('`').nth(1).unwrap_or_default().to_owned();
        let place = if params.contains_key(&quoted) || message.starts_with("missing field") {
            Place::Param { node: node.clone(), path: quoted.clone(), span: None }
        } else {
            Place::Node(node.clone())
        };
        if message.starts_with("unknown field") {
            let known = message.split('`').skip(3).step_by(2);
            let fix = crate::data::most_similar(&quoted, known)
                .map_or_else(|| "remove it".to_owned(), |name| format!("did you mean `{name}`?"));
            let message = format!("there is no parameter `{quoted}`");
            return Box::new(Diagnostic::error("unknown-parameter", place, message).fix(fix));
        }
        if message.starts_with("missing field") {
            let message = format!("the parameter `{quoted}` is not set");
            return Box::new(
                Diagnostic::error("missing-parameter", place, message).fix(format!("set `{quoted}`")),
            );
        }
        let message = format!("a parameter does not have the expected form: {message}");
        Box::new(Diagnostic::error("bad-parameter", place, message))
    })
}
