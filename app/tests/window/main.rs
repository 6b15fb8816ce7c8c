//! The window as a person uses it: opened on a flow, read by its labels, clicked and typed into. No display, no graphics card.

mod bringing;
mod canvas;
mod desk;
mod drawing;
mod editing;
mod expressions;
mod filing;
mod flows;
mod focusing;
mod handling;
mod inspecting;
mod layout;
mod looking;
mod noting;
mod peeking;
mod recovering;
mod rows;
mod running;
mod start;
mod timeline;
mod undoing;
