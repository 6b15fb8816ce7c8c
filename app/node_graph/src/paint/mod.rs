//! Drawing: background, frames and notes, wires, nodes. Decides nothing and reads no input.

mod backdrop;
mod background;
mod label_room;
mod marks;
mod node;
mod overlay;
mod pen;
mod port;
mod wire;

pub(crate) use backdrop::{BackdropLook, paint_backdrop};
pub(crate) use background::background;
pub(crate) use label_room::LabelRoom;
pub(crate) use node::{NodeLook, nodes_as_blocks, paint_node};
pub(crate) use overlay::{
    cut_line, focused_port, ghost_tile, ghost_wire, guide_line, selection_rect, stub_end, wire_in_hand,
};
pub(crate) use pen::{Line, Pen, mix};
pub(crate) use port::{PortLook, paint_ports};
pub(crate) use wire::{WireLook, gauge_rect, paint_label, paint_wire, wires_as_lines};
