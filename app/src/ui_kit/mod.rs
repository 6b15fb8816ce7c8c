//! What the interface is made of: tokens, text, icons, widgets and formatting for people.
//!
//! Nothing here knows a flow, the engine or the state of the app, so all of it can be looked at by itself.
//! At the start of the program: [`fonts::install`], then [`apply`].

pub mod design_tokens;
pub mod fonts;
pub mod format;
pub mod format_time;
pub mod icon;
pub mod local_time;
pub mod plot;
pub mod prose;
pub mod style;
pub mod text;
pub mod widgets;

pub use design_tokens::{Theme, Tokens};
pub use icon::Icon;
pub use style::apply;
pub use text::{t, t_args, t_count};

/// A window without a screen that shows `ui` in the dark theme, for tests.
#[cfg(test)]
pub(crate) fn test_harness<'a>(ui: impl FnMut(&mut egui::Ui) + 'a) -> egui_kittest::Harness<'a> {
    egui_kittest::Harness::builder()
        .with_context_setup(|ctx| {
            fonts::install(ctx);
            apply(ctx, Theme::Dark, 1.0);
        })
        .with_accessibility_check(true)
        .build_ui(ui)
}
