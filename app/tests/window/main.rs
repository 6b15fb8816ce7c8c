//! The window as a person uses it: opened on a flow, read by its labels, clicked and typed into. No display, no graphics card.

mod desk;
mod editing;
mod filing;
mod flows;
mod inspecting;
mod looking;
mod recovering;
mod rows;
mod running;
