//! The colours of a theme, in groups by what they are for.

use egui::Color32;
use serde::{Deserialize, Deserializer, de::Error as _};

/// All colours of one theme.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colors {
    /// What things lie on.
    pub surface: Surface,
    /// What is read.
    pub text: Text,
    /// Selection and the one main button.
    pub accent: Accent,
    /// The playhead, and nothing else.
    #[serde(deserialize_with = "hex_color")]
    pub playhead: Color32,
    /// How a thing is; always shown together with an icon.
    pub status: Status,
    /// The parts of a load bar.
    pub load: Load,
    /// The accent of each kind of node.
    pub category: Category,
    /// Wires by what travels in them.
    pub wire: Wire,
    /// The pieces of an expression.
    pub code: Code,
    /// The grid of the canvas.
    pub grid: Grid,
    /// From cool to hot, see [`Colors::heat`].
    #[serde(deserialize_with = "hex_colors")]
    heat: [Color32; 5],
    /// Lines of charts, see [`Colors::series`].
    #[serde(deserialize_with = "hex_colors")]
    series: [Color32; 8],
    /// Colours of the shadows.
    pub shadow: ShadowColors,
}

impl Colors {
    /// The heat colour for a load between 0 (cool) and 1 (hot); values outside are clamped, NaN is cool.
    ///
    /// Lightness and hue both change, so the ramp reads without colour vision.
    pub fn heat(&self, load: f32) -> Color32 {
        let steps = self.heat.len() - 1;
        let position = if load.is_nan() { 0.0 } else { load.clamp(0.0, 1.0) * steps as f32 };
        let low = (position as usize).min(steps - 1);
        self.heat[low].lerp_to_gamma(self.heat[low + 1], position - low as f32)
    }

    /// The colour of the `index`-th series of a chart; repeats after the last.
    pub fn series(&self, index: usize) -> Color32 {
        self.series[index % self.series.len()]
    }
}

/// A colour as a wash behind text: rows that are late, rejected or selected.
pub fn tint(color: Color32) -> Color32 {
    color.gamma_multiply(0.12)
}

/// Declares a struct of colours, all public, all required in each theme, with a list of them by name.
macro_rules! colors {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* #[serde(deserialize_with = "hex_color")] pub $field: Color32,)+
        }

        impl $name {
            /// Every colour of this group with its name in the theme file.
            pub fn named(&self) -> Vec<(&'static str, Color32)> {
                vec![$((stringify!($field), self.$field),)+]
            }
        }
    };
}

colors! {
    /// What things lie on, from far to near.
    Surface {
        /// Behind the graph.
        canvas,
        /// Side panels, docks and bars.
        panel,
        /// Buttons, cards, nodes, popups and dialogs.
        raised,
        /// Fields and tables.
        input,
        /// Under the pointer.
        hover,
        /// Under a pressed button, and switched-on toggles.
        pressed,
        /// Lines between areas.
        border,
        /// Around controls, cards and nodes.
        outline,
        /// The same under the pointer.
        border_strong,
        /// Over everything behind a dialog.
        scrim,
    }
}

colors! {
    /// What is read.
    Text {
        /// Titles and values.
        strong,
        /// Body text.
        normal,
        /// Labels and units.
        dim,
        /// Hints and things switched off; never the only carrier of a fact.
        faint,
    }
}

colors! {
    /// Selection and the one main button.
    Accent {
        /// The main button and switched-on toggles.
        fill,
        /// The same under the pointer.
        hover,
        /// Text on `fill`.
        on_fill,
        /// Links and selected text on a surface.
        text,
        /// Behind selected rows and text.
        soft,
        /// Around what is selected or has the keyboard.
        line,
    }
}

colors! {
    /// How a thing is.
    Status {
        /// At work.
        running,
        /// Finished or healthy.
        ok,
        /// Needs a look.
        warning,
        /// Rows behind the watermark.
        late,
        /// Failed, or rejected rows.
        error,
        /// Stopped by a person.
        paused,
        /// Nothing to do.
        idle,
    }
}

colors! {
    /// The parts of a load bar.
    Load {
        /// Working.
        busy,
        /// Waiting for input.
        idle,
        /// Waiting for the output to make room.
        blocked,
    }
}

colors! {
    /// The accent of each kind of node.
    Category {
        /// Where rows come from.
        source,
        /// One row in, any number out, nothing remembered.
        stateless,
        /// Timestamps and watermarks.
        time,
        /// Windows.
        window,
        /// Two inputs brought together.
        join,
        /// State by key.
        aggregate,
        /// Where rows leave.
        sink,
        /// Probes, notes and everything else.
        side,
    }
}

colors! {
    /// Wires by what travels in them.
    Wire {
        /// Rows that are only added.
        append,
        /// Rows that can be updated and retracted.
        changelog,
        /// Rows that go to every worker.
        broadcast,
        /// Rows behind the watermark.
        late,
        /// Rows that could not be read.
        rejected,
        /// The wire that is selected.
        selected,
        /// The dashes that travel on a wire.
        flow,
        /// A wire in the hand that does not fit.
        refused,
    }
}

colors! {
    /// The pieces of an expression, as they are read in a field or a list.
    Code {
        /// Words of the grammar, types and units.
        keyword,
        /// Names of functions.
        function,
        /// Names of columns.
        column,
        /// Text in quotes.
        text,
        /// Numbers.
        number,
        /// Signs, and what is not known.
        sign,
        /// What is not read.
        comment,
    }
}

colors! {
    /// The grid of the canvas.
    Grid {
        /// Every cell.
        minor,
        /// Every fourth cell.
        major,
    }
}

colors! {
    /// Colours of the shadows.
    ShadowColors {
        /// Under menus, tooltips and dragged things.
        popup,
        /// Under dialogs.
        window,
    }
}

fn hex_color<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Color32, D::Error> {
    let text = String::deserialize(deserializer)?;
    Color32::from_hex(&text).map_err(|_| D::Error::custom(format!("not a colour: {text}")))
}

fn hex_colors<'de, const N: usize, D: Deserializer<'de>>(deserializer: D) -> Result<[Color32; N], D::Error> {
    let colors = Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| Color32::from_hex(text).map_err(|_| D::Error::custom(format!("not a colour: {text}"))))
        .collect::<Result<Vec<_>, _>>()?;
    colors
        .try_into()
        .map_err(|found: Vec<_>| D::Error::invalid_length(found.len(), &"the full list of colours"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui_kit::Tokens;

    fn both() -> [(&'static str, &'static Tokens); 2] {
        [("dark", Tokens::for_theme(egui::Theme::Dark)), ("light", Tokens::for_theme(egui::Theme::Light))]
    }

    /// Contrast ratio after WCAG 2.2, between 1 and 21.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |color: Color32| {
            let [r, g, b, _] = egui::Rgba::from(color).to_array();
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn assert_contrast(theme: &str, least: f32, front: &[(&str, Color32)], back: &[(&str, Color32)]) {
        for (name, color) in front {
            for (surface, below) in back {
                let ratio = contrast(*color, *below);
                assert!(ratio >= least, "{theme}: {name} on {surface} is {ratio:.2}, less than {least}");
            }
        }
    }

    fn text_surfaces(colors: &Colors) -> [(&'static str, Color32); 5] {
        let s = &colors.surface;
        [
            ("canvas", s.canvas),
            ("panel", s.panel),
            ("raised", s.raised),
            ("input", s.input),
            ("hover", s.hover),
        ]
    }

    #[test]
    fn contrast_of_black_and_white_is_21() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
    }

    #[test]
    fn text_is_readable_on_every_surface() {
        for (theme, tokens) in both() {
            let colors = &tokens.colors;
            let surfaces = text_surfaces(colors);
            let text = colors.text;
            assert_contrast(
                theme,
                4.5,
                &[("strong", text.strong), ("normal", text.normal), ("dim", text.dim)],
                &surfaces,
            );
            assert_contrast(theme, 4.5, &[("accent text", colors.accent.text)], &surfaces);
            assert_contrast(theme, 4.5, &colors.code.named(), &surfaces);
            assert_contrast(
                theme,
                4.5,
                &[("on accent", colors.accent.on_fill)],
                &[("accent", colors.accent.fill), ("accent hover", colors.accent.hover)],
            );
            assert_contrast(
                theme,
                4.5,
                &[("normal", text.normal), ("strong", text.strong)],
                &[("accent soft", colors.accent.soft)],
            );
            let status = colors.status;
            let read = [
                ("running", status.running),
                ("ok", status.ok),
                ("warning", status.warning),
                ("late", status.late),
                ("error", status.error),
                ("paused", status.paused),
            ];
            assert_contrast(theme, 4.5, &read, &surfaces[..4]);
            for (name, color) in read {
                let washed =
                    [colors.surface.panel, colors.surface.raised].map(|below| below.blend(tint(color)));
                assert_contrast(theme, 4.5, &[(name, color)], &washed.map(|wash| ("its own wash", wash)));
            }
        }
    }

    #[test]
    fn marks_stand_out_from_what_they_lie_on() {
        for (theme, tokens) in both() {
            let colors = &tokens.colors;
            let surfaces = text_surfaces(colors);
            assert_contrast(
                theme,
                3.0,
                &[
                    ("faint", colors.text.faint),
                    ("playhead", colors.playhead),
                    ("accent line", colors.accent.line),
                ],
                &surfaces[..4],
            );
            assert_contrast(theme, 3.0, &colors.category.named(), &surfaces[..4]);
            assert_contrast(theme, 3.0, &colors.wire.named(), &surfaces[..1]);
        }
    }

    #[test]
    fn status_colours_differ_for_people_who_see_fewer_colours() {
        // Machado, Oliveira and Fernandes (2009), severity 1.0: protanopia, deuteranopia, tritanopia.
        let kinds: [[[f32; 3]; 3]; 3] = [
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ];
        for (theme, tokens) in both() {
            let status = tokens.colors.status;
            let told_apart = [
                ("running", status.running),
                ("ok", status.ok),
                ("warning", status.warning),
                ("error", status.error),
            ];
            for (kind, matrix) in kinds.iter().enumerate() {
                for (i, (name, color)) in told_apart.iter().enumerate() {
                    for (other_name, other) in &told_apart[i + 1..] {
                        let distance = oklab_distance(seen(matrix, *color), seen(matrix, *other));
                        assert!(
                            distance > 0.05,
                            "{theme}, kind {kind}: {name} and {other_name} are {distance:.3} apart"
                        );
                    }
                }
            }
        }
    }

    fn seen(matrix: &[[f32; 3]; 3], color: Color32) -> [f32; 3] {
        let [r, g, b, _] = egui::Rgba::from(color).to_array();
        matrix.map(|row| (row[0] * r + row[1] * g + row[2] * b).clamp(0.0, 1.0))
    }

    fn oklab_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
        let lab = |[r, g, b]: [f32; 3]| {
            let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
            let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
            let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
            [
                0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
                1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
                0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
            ]
        };
        let (a, b) = (lab(a), lab(b));
        ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt()
    }

    #[test]
    fn heat_runs_from_the_first_to_the_last_colour() {
        let colors = &Tokens::for_theme(egui::Theme::Dark).colors;
        assert_eq!(colors.heat(-1.0), colors.heat[0]);
        assert_eq!(colors.heat(f32::NAN), colors.heat[0]);
        assert_eq!(colors.heat(0.5), colors.heat[2]);
        assert_eq!(colors.heat(2.0), colors.heat[4]);
    }
}
