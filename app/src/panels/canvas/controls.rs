//! The list of what can be done on the canvas: what it is, and how.

use egui::Context;
use egui_node_graph::Control;

use crate::command::{Action, keys_text};
use crate::ui_kit::t;

/// What can be done on the canvas besides the actions, which have a list of their own: what, and how.
pub fn controls(ctx: &Context) -> Vec<(&'static str, String)> {
    let is_action = |control: &Control| match control {
        // Its keys align nodes as well, but only while several are selected.
        Control::PreviousWire => false,
        control => {
            let mut shortcuts = Action::ALL.iter().filter_map(|action| action.shortcut());
            shortcuts.any(|shortcut| control.keys().contains(&shortcut))
        }
    };
    let of_canvas = Control::ALL.iter().copied().filter(|control| !is_action(control));
    of_canvas.map(|control| (name(control), way(control, ctx))).collect()
}

fn name(control: Control) -> &'static str {
    match control {
        Control::Next => t("control.next"),
        Control::Previous => t("control.previous"),
        Control::Step => t("control.step"),
        Control::StepOnly => t("control.step_only"),
        Control::Nudge => t("control.nudge"),
        Control::Toggle => t("control.toggle"),
        Control::NextPort => t("control.next_port"),
        Control::PreviousPort => t("control.previous_port"),
        Control::NextWire => t("control.next_wire"),
        Control::PreviousWire => t("control.previous_wire"),
        Control::Open => t("control.open"),
        Control::Add => t("control.add"),
        Control::FitSelection => Action::FitSelection.name(),
        Control::FitAll => Action::Fit.name(),
        Control::ZoomIn => Action::ZoomIn.name(),
        Control::ZoomOut => Action::ZoomOut.name(),
        Control::SelectAll => Action::SelectAll.name(),
        Control::Delete => Action::Delete.name(),
        Control::DeleteAndJoin => Action::DeleteKeepWire.name(),
        Control::Leave => t("control.leave"),
        Control::Pan => t("control.pan"),
        Control::Zoom => t("control.zoom"),
        Control::SelectInside => t("control.select_inside"),
        Control::AddToSelection => t("control.add_to_selection"),
        Control::MoveFreely => t("control.move_freely"),
        Control::MoveFrameAlone => t("control.move_frame_alone"),
        Control::Resize => t("control.resize"),
        Control::DrawWire => t("control.draw_wire"),
        Control::CarryWires => t("control.carry_wires"),
        Control::DeleteWire => t("control.delete_wire"),
        Control::CutWires => t("control.cut_wires"),
        Control::OpenOrAdd => t("control.open_or_add"),
    }
}

/// The keys, or in words what the pointer does.
fn way(control: Control, ctx: &Context) -> String {
    let words = match control {
        Control::Step => t("control.by_arrows"),
        Control::StepOnly => t("control.by_ctrl_arrows"),
        Control::Nudge => t("control.by_shift_arrows"),
        Control::Pan => t("control.by_middle_button"),
        Control::Zoom => t("control.by_wheel"),
        Control::SelectInside => t("control.by_drag"),
        Control::AddToSelection => t("control.by_shift_click"),
        Control::MoveFreely => t("control.by_alt_drag"),
        Control::MoveFrameAlone => t("control.by_alt_bar_drag"),
        Control::Resize => t("control.by_edge_drag"),
        Control::DrawWire => t("control.by_port_drag"),
        Control::CarryWires => t("control.by_ctrl_port_drag"),
        Control::DeleteWire => t("control.by_alt_click"),
        Control::CutWires => t("control.by_ctrl_right_drag"),
        Control::OpenOrAdd => t("control.by_double_click"),
        _ => {
            let keys = control.keys().iter().map(|shortcut| keys_text(shortcut, ctx));
            return keys.collect::<Vec<_>>().join(", ");
        }
    };
    words.to_owned()
}
