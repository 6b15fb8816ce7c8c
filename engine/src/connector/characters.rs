//! Parameters that are one character: delimiter and quote.

use crate::diagnostic::Diagnostic;
use crate::node::PlanContext;

/// The delimiter unless set.
pub(crate) fn comma() -> String {
    ",".to_owned()
}

/// The one ASCII character that a parameter says.
pub(crate) fn one_byte(
    cx: &PlanContext<'_>,
    param: &'static str,
    text: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Some(*byte),
        b"\\t" => Some(b'\t'),
        _ => {
            let message = format!("`{}` is not one ASCII character", text.escape_debug());
            diagnostics.push(
                Diagnostic::error("bad-parameter", cx.param(param), message)
                    .fix("set a single character such as `,` `;` `|` or `\\t`"),
            );
            None
        }
    }
}
