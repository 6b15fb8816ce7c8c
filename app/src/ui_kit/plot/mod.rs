//! Plots over time: series reduced to a minimum and a maximum per pixel column, painted as line and band, with axes that stay readable.

mod paint;
mod reduce;
mod ticks;

pub use self::paint::{PlotStyle, paint_bars, paint_between, paint_series};
pub use self::reduce::{Columns, Extremes, Stretch, reduce};
pub use self::ticks::{Tick, nice_ceiling, time_ticks};
