//! The canvas as a user meets it: by pointer, by key, by accessible name.

mod access;
mod arranging;
mod backdrops;
mod desk;
mod drawing;
mod finder;
mod inserting;
mod keyboard;
mod moving;
mod navigating;
mod wiring;
