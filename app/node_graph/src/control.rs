//! Everything that can be done on the canvas by hand or by key, for whoever lists it.

use egui::{Key, KeyboardShortcut, Modifiers};

/// Declares what can be done, with its keys while the canvas has the focus; none if it takes a pointer.
macro_rules! controls {
    ($($(#[$doc:meta])* $control:ident: [$($keys:expr),*];)+) => {
        /// Something that can be done on the canvas.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Control {
            $($(#[$doc])* $control,)+
        }

        impl Control {
            /// Everything, keys first.
            pub const ALL: &[Control] = &[$(Control::$control,)+];

            /// Its keys; empty if it takes a pointer.
            pub fn keys(self) -> &'static [KeyboardShortcut] {
                match self { $(Control::$control => const { &[$($keys),*] },)+ }
            }
        }
    };
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL: Modifiers = Modifiers::COMMAND;

const fn keys(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

controls! {
    /// Goes to the next node, or with a wire in hand to the next port that takes it.
    Next: [keys(NONE, Key::Tab)];
    /// Goes to the node before, or with a wire in hand to the port before that takes it.
    Previous: [keys(SHIFT, Key::Tab)];
    /// Goes along wires or to the neighbour.
    Step: [
        keys(NONE, Key::ArrowLeft), keys(NONE, Key::ArrowRight), keys(NONE, Key::ArrowUp), keys(NONE, Key::ArrowDown)
    ];
    /// The same without selecting.
    StepOnly: [
        keys(CTRL, Key::ArrowLeft), keys(CTRL, Key::ArrowRight), keys(CTRL, Key::ArrowUp), keys(CTRL, Key::ArrowDown)
    ];
    /// Moves the selection by one step of the grid.
    Nudge: [
        keys(SHIFT, Key::ArrowLeft), keys(SHIFT, Key::ArrowRight), keys(SHIFT, Key::ArrowUp), keys(SHIFT, Key::ArrowDown)
    ];
    /// Adds what has the focus to the selection, or takes it out.
    Toggle: [keys(SHIFT, Key::Enter)];
    /// Goes to the next port of the node.
    NextPort: [keys(NONE, Key::P)];
    /// Goes to the port before.
    PreviousPort: [keys(SHIFT, Key::P)];
    /// Goes to the next wire of the port or node.
    NextWire: [keys(NONE, Key::W)];
    /// Goes to the wire before.
    PreviousWire: [keys(SHIFT, Key::W)];
    /// Opens what has the focus; at a port takes a wire in hand, and joins it.
    Open: [keys(NONE, Key::Enter)];
    /// Asks for a node to add; at a port or with a wire in hand for one that fits there.
    Add: [keys(NONE, Key::A)];
    /// Shows what is selected.
    FitSelection: [keys(NONE, Key::F)];
    /// Shows everything.
    FitAll: [keys(SHIFT, Key::F)];
    /// Nearer.
    ZoomIn: [keys(NONE, Key::Plus), keys(NONE, Key::Equals)];
    /// Further away.
    ZoomOut: [keys(NONE, Key::Minus)];
    /// Selects everything.
    SelectAll: [keys(CTRL, Key::A)];
    /// Deletes what is selected.
    Delete: [keys(NONE, Key::Delete), keys(NONE, Key::Backspace)];
    /// Deletes it and joins what it connected.
    DeleteAndJoin: [keys(CTRL, Key::Delete)];
    /// Gives up what is under way, goes back to the node, selects nothing, leaves the canvas.
    Leave: [keys(NONE, Key::Escape)];
    /// Moves the view: by the middle or right button, with Space held, or by two fingers.
    Pan: [];
    /// Zooms at the pointer, by the wheel or by two fingers.
    Zoom: [];
    /// Selects what a rectangle touches.
    SelectInside: [];
    /// Adds what is clicked to the selection, or takes it out, with Shift or Ctrl held.
    AddToSelection: [];
    /// Moves nodes without snapping them, with Alt held.
    MoveFreely: [];
    /// Moves a frame without what lies in it, with Alt held.
    MoveFrameAlone: [];
    /// Resizes a frame or a note by its edges and corners.
    Resize: [];
    /// Draws a wire, from a port to another one by a drag or by two clicks.
    DrawWire: [];
    /// Carries all wires of a port to another one, with Ctrl held.
    CarryWires: [];
    /// Deletes a wire that is clicked with Alt held.
    DeleteWire: [];
    /// Deletes the wires that are cut across by the right button with Ctrl held.
    CutWires: [];
    /// Opens what is double-clicked, or adds a node there.
    OpenOrAdd: [];
}
