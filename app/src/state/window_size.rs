//! How large the window is, for the next start.

use egui::{Context, Vec2};
use serde::{Deserialize, Serialize};

/// How large the window is. Where it stands is left to the desktop, which knows what screens there are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowSize {
    /// Its width, in logical points of the screen.
    width: f32,
    /// Its height.
    height: f32,
    /// Whether it fills the screen; the size is then the one that it had before.
    pub is_maximized: bool,
}

impl Default for WindowSize {
    fn default() -> WindowSize {
        WindowSize { width: 1440.0, height: 900.0, is_maximized: false }
    }
}

impl WindowSize {
    /// The least that everything has room in.
    pub const LEAST: Vec2 = Vec2::new(960.0, 600.0);
    /// More than screens have.
    const MOST: f32 = 16_384.0;

    /// The width and the height, within what is possible whatever a file says.
    pub fn size(&self) -> Vec2 {
        let within = |length: f32, least: f32| {
            if length.is_nan() { least } else { length.clamp(least, WindowSize::MOST) }
        };
        Vec2::new(within(self.width, WindowSize::LEAST.x), within(self.height, WindowSize::LEAST.y))
    }

    /// Takes over how large the window is now. Nothing while it is an icon or fills the screen without a frame.
    pub fn follow(&mut self, ctx: &Context) {
        let scale = ctx.zoom_factor();
        ctx.input(|input| {
            let viewport = input.viewport();
            if viewport.minimized == Some(true) || viewport.fullscreen == Some(true) {
                return;
            }
            self.is_maximized = viewport.maximized == Some(true);
            // A larger interface has fewer points in the same window.
            if let Some(rect) = viewport.inner_rect.filter(|_| !self.is_maximized) {
                (self.width, self.height) = (rect.width() * scale, rect.height() * scale);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use egui::{RawInput, Rect, ViewportId, pos2, vec2};

    use super::*;

    /// A window of this size in an interface of this scale.
    fn window(scale: f32, size: Vec2, is_maximized: bool) -> Context {
        let ctx = Context::default();
        ctx.set_zoom_factor(scale);
        // The scale holds from the second frame on.
        for _ in 0..2 {
            let mut input = RawInput::default();
            let viewport = input.viewports.entry(ViewportId::ROOT).or_default();
            viewport.inner_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), size / scale));
            viewport.maximized = Some(is_maximized);
            ctx.run_ui(input, |_| {}).textures_delta.clear();
        }
        ctx
    }

    #[test]
    fn a_size_is_that_of_the_screen_and_stays_while_the_window_fills_it() {
        let mut size = WindowSize::default();
        size.follow(&window(1.0, vec2(1280.0, 720.0), false));
        assert_eq!((size.size(), size.is_maximized), (vec2(1280.0, 720.0), false));
        size.follow(&window(2.0, vec2(1600.0, 1000.0), false));
        assert_eq!(size.size(), vec2(1600.0, 1000.0));
        size.follow(&window(1.0, vec2(3840.0, 2160.0), true));
        assert_eq!((size.size(), size.is_maximized), (vec2(1600.0, 1000.0), true));
    }

    #[test]
    fn what_a_file_says_is_brought_within_bounds() {
        let of = |width, height| WindowSize { width, height, is_maximized: false }.size();
        assert_eq!(of(1.0, -7.0), WindowSize::LEAST);
        assert_eq!(of(f32::INFINITY, f32::NAN), vec2(16_384.0, WindowSize::LEAST.y));
    }
}
