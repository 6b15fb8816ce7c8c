//! Sentences of the engine as people read them: begun with a capital, and names in backticks set as code.

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId};

/// The sentence as it begins.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The sentence where there is only one face of type: without the backticks around names.
pub fn spoken(text: &str) -> String {
    sentence(text).replace('`', "")
}

/// The sentence laid out at a size, with what stands in backticks in the face of code and in `code`.
pub fn prose(text: &str, size: f32, color: Color32, code: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (number, part) in sentence(text).split('`').enumerate() {
        let format = if number % 2 == 1 {
            // The face of code is larger than that of text at the same size.
            TextFormat::simple(FontId::monospace(size - 1.0), code)
        } else {
            TextFormat::simple(FontId::proportional(size), color)
        };
        job.append(part, 0.0, format);
    }
    job
}

#[cfg(test)]
mod tests {
    use egui::FontFamily;

    use super::*;

    #[test]
    fn what_stands_in_backticks_is_code_and_the_backticks_are_gone() {
        let job = prose("unknown column `dep_dely`, not `x`", 12.0, Color32::RED, Color32::BLUE);
        assert_eq!(job.text, "Unknown column dep_dely, not x");
        let code: Vec<_> = job
            .sections
            .iter()
            .filter(|section| section.format.font_id.family == FontFamily::Monospace)
            .map(|section| {
                (&job.text[section.byte_range.start.0..section.byte_range.end.0], section.format.color)
            })
            .collect();
        assert_eq!(code, [("dep_dely", Color32::BLUE), ("x", Color32::BLUE)]);
    }
}
