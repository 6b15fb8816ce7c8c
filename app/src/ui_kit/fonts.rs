//! The typefaces: Inter to read, JetBrains Mono for code and columns, Phosphor for icons.
//!
//! Digits of Inter are as wide as each other, so a number that changes does not move what is beside it.
//! What these faces lack is taken from egui's own fonts.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily, FontId, FontTweak};

const REGULAR: &str = "Inter";
const SEMIBOLD: &str = "Inter semi-bold";
const MONO: &str = "JetBrains Mono";
const ICONS: &str = "Phosphor";
const ICONS_IN_TEXT: &str = "Phosphor in text";
const ICONS_FILLED: &str = "Phosphor filled";

/// Installs the typefaces. Call once, before the first frame: a family that is not there stops the program.
pub fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}

/// The reading face in semi-bold, for titles and values.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.into()))
}

/// The face of outlined or filled icons.
pub(super) fn icons(size: f32, filled: bool) -> FontId {
    FontId::new(size, FontFamily::Name(if filled { ICONS_FILLED } else { ICONS }.into()))
}

fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let mut add = |name: &str, face: &'static [u8], tweak: FontTweak| {
        let data = FontData::from_static(face).tweak(tweak);
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
    };
    let text = FontTweak { thin_space_width: 0.72, ..FontTweak::default() };
    add(REGULAR, include_bytes!("../../../assets/fonts/Inter-Regular.otf"), text.clone());
    add(SEMIBOLD, include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"), text.clone());
    add(MONO, include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"), text);
    let icons: &[u8] = include_bytes!("../../../assets/icons/Phosphor.ttf");
    add(ICONS, icons, FontTweak::default());
    // Among text an icon is a little larger than a letter and hangs a little lower.
    add(ICONS_IN_TEXT, icons, FontTweak { scale: 1.15, y_offset_factor: 0.06, ..FontTweak::default() });
    let filled = include_bytes!("../../../assets/icons/Phosphor-Fill.ttf");
    add(ICONS_FILLED, filled, FontTweak::default());

    let fallback = |family| fonts.families.get(&family).cloned().unwrap_or_default();
    let (reading, mono) = (fallback(FontFamily::Proportional), fallback(FontFamily::Monospace));
    let with_icons = |first: &str, rest: &[String]| {
        [first, ICONS_IN_TEXT].into_iter().map(str::to_owned).chain(rest.iter().cloned()).collect::<Vec<_>>()
    };
    fonts.families.insert(FontFamily::Proportional, with_icons(REGULAR, &reading));
    fonts.families.insert(FontFamily::Name(SEMIBOLD.into()), with_icons(SEMIBOLD, &reading));
    fonts.families.insert(FontFamily::Monospace, with_icons(MONO, &mono));
    fonts.families.insert(FontFamily::Name(ICONS.into()), vec![ICONS.to_owned()]);
    fonts.families.insert(FontFamily::Name(ICONS_FILLED.into()), vec![ICONS_FILLED.to_owned()]);
    fonts
}
