//! The design tokens: every colour, distance, radius and type size of the interface, read from `assets/theme.json`.

mod colors;

use std::sync::LazyLock;

use egui::{Color32, Context, Ui};
use serde::{Deserialize, Serialize};

pub use self::colors::{
    Accent, Category, Code, Colors, Grid, Load, ShadowColors, Status, Surface, Text, Wire, tint,
};

/// The theme a person has chosen. Default: as the system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the desktop says, and dark where it says nothing.
    #[default]
    System,
    /// Light text on dark surfaces.
    Dark,
    /// Dark text on light surfaces.
    Light,
}

impl From<Theme> for egui::ThemePreference {
    fn from(theme: Theme) -> Self {
        match theme {
            Theme::System => Self::System,
            Theme::Dark => Self::Dark,
            Theme::Light => Self::Light,
        }
    }
}

/// All tokens of one theme. The measures are the same in both themes.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Distances.
    pub spacing: Spacing,
    /// Corner radii.
    pub radius: Radius,
    /// Type sizes.
    pub type_scale: TypeScale,
    /// Sizes of controls, icons and strokes.
    pub size: Size,
    /// Shape of the shadows; their colours are in `colors.shadow`.
    pub shadow: Shadows,
    /// Colours.
    pub colors: Colors,
}

impl Tokens {
    /// The tokens of the theme that is shown in this `Ui`.
    pub fn of(ui: &Ui) -> &'static Self {
        Self::for_dark_mode(ui.visuals().dark_mode)
    }

    /// The tokens of the theme that is shown in this context.
    pub fn of_context(ctx: &Context) -> &'static Self {
        Self::for_theme(ctx.theme())
    }

    /// The tokens of a given egui theme.
    pub fn for_theme(theme: egui::Theme) -> &'static Self {
        Self::for_dark_mode(theme == egui::Theme::Dark)
    }

    fn for_dark_mode(dark: bool) -> &'static Self {
        if dark { &THEMES.dark } else { &THEMES.light }
    }
}

/// Declares a struct of numbers, all public, all required in the theme file.
macro_rules! measures {
    ($(#[$doc:meta])* $name:ident: $kind:ty { $($(#[$field_doc:meta])* $field:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)+
        }
    };
}

measures! {
    /// Distances between and inside things, in points.
    Spacing: f32 {
        /// Between an icon and its text.
        xs,
        /// Between controls that belong together.
        sm,
        /// Between controls.
        md,
        /// Inside panels and between groups.
        lg,
        /// Inside dialogs and between sections.
        xl,
        /// Around blocks that stand alone.
        xxl,
    }
}

measures! {
    /// Corner radii, in points.
    Radius: u8 {
        /// Badges, bars and cells.
        sm,
        /// Buttons and fields.
        md,
        /// Windows, popups, cards and nodes.
        lg,
    }
}

measures! {
    /// Type sizes, in points.
    TypeScale: f32 {
        /// Captions, badges and axis labels.
        small,
        /// Tables, code and numbers in columns.
        mono,
        /// Everything that is read.
        body,
        /// Titles of panels and dialogs.
        heading,
        /// Titles of pages.
        title,
    }
}

measures! {
    /// Sizes of controls, icons and strokes, in points.
    Size: f32 {
        /// The least width and height of anything that can be clicked.
        hit,
        /// Height of buttons and fields.
        control,
        /// An icon beside text.
        icon,
        /// An icon that stands alone.
        icon_large,
        /// Lines and borders.
        stroke,
        /// The outline of what has the keyboard.
        focus,
        /// Width of a scrollbar under the pointer.
        scrollbar,
    }
}

/// The shapes of the two shadows.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shadows {
    /// Under menus, tooltips and dragged things.
    pub popup: ShadowShape,
    /// Under dialogs.
    pub window: ShadowShape,
}

/// The shape of a shadow, in points.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShadowShape {
    offset: [i8; 2],
    blur: u8,
    spread: u8,
}

impl ShadowShape {
    /// This shadow in a colour of `colors.shadow`.
    pub fn with_color(self, color: Color32) -> egui::Shadow {
        let Self { offset, blur, spread } = self;
        egui::Shadow { offset, blur, spread, color }
    }
}

struct Themes {
    dark: Tokens,
    light: Tokens,
}

static THEMES: LazyLock<Themes> = LazyLock::new(|| {
    parse(include_str!("../../../assets/theme.json")).expect("assets/theme.json is checked by a test")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    spacing: Spacing,
    radius: Radius,
    r#type: TypeScale,
    size: Size,
    shadow: Shadows,
    themes: ThemeColors,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeColors {
    dark: Colors,
    light: Colors,
}

fn parse(json: &str) -> Result<Themes, serde_json::Error> {
    let ThemeFile { spacing, radius, r#type, size, shadow, themes } = serde_json::from_str(json)?;
    let tokens = |colors| Tokens { spacing, radius, type_scale: r#type, size, shadow, colors };
    Ok(Themes { dark: tokens(themes.dark), light: tokens(themes.light) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_without_a_token_is_refused() {
        let whole = include_str!("../../../assets/theme.json");
        assert!(parse(whole).is_ok());
        assert!(parse(&whole.replacen("\"playhead\"", "\"play_head\"", 1)).is_err());
        assert!(parse(&whole.replacen("\"#F3F5F7\"", "\"#F3F5F\"", 1)).is_err());
    }
}
