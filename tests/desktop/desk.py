"""A screen of its own with the window on it, driven by mouse and keyboard and read as a screen reader reads it.

Needs Xvfb, xdotool, ImageMagick and the accessibility bus (Debian: xvfb xdotool imagemagick libxkbcommon-x11-0 libgl1-mesa-dri
dbus at-spi2-core python3-gi gir1.2-atspi-2.0), and the program: `cargo build --release`. Run with the system's own Python.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TIDEMARK = ROOT / "target/release/tidemark"
# How long anything may take to be there, in seconds. The machine may be busy.
PATIENCE = 30
# After an action, before the next look.
REST = float(os.environ.get("REST", "0.25"))


class Desk:
    """A window of a size and a theme. Everything that it writes, and a picture of each step, goes into a folder."""

    def __init__(self, size: str, theme: str, folder: Path):
        self.size, self.folder, self.n_steps = size, folder, 0
        self.started = []
        (folder / "config/tidemark").mkdir(parents=True)
        (folder / "data").mkdir()
        (folder / "config/tidemark/settings.json").write_text(f'{{ "version": 1, "theme": "{theme}" }}\n')
        width, height = size.split("x")
        screen, said = os.pipe()
        self._start(["Xvfb", "-displayfd", str(said), "-screen", "0", f"{size}x24", "-nolisten", "tcp"], pass_fds=[said])
        os.close(said)
        os.environ["DISPLAY"] = ":" + os.read(screen, 16).decode().strip()
        bus = self._start(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True)
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        for name in ["IsEnabled", "ScreenReaderEnabled"]:
            subprocess.run(
                ["gdbus", "call", "--session", "--dest", "org.a11y.Bus", "--object-path", "/org/a11y/bus", "--method"]
                + ["org.freedesktop.DBus.Properties.Set", "org.a11y.Status", name, "<true>"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        os.environ.update(
            XDG_CONFIG_HOME=str(folder / "config"), XDG_DATA_HOME=str(folder / "data"), LIBGL_ALWAYS_SOFTWARE="1"
        )
        self.program = self._start([str(TIDEMARK)])
        window = subprocess.run(
            ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(self.program.pid)],
            check=True, capture_output=True, text=True, timeout=PATIENCE,
        ).stdout.split()[-1]
        self._do("windowmove", window, "0", "0", "windowsize", window, width, height, "windowfocus", "--sync", window)
        # The bus that it looks for is the one above.
        Atspi.init()
        self.wait("the window's menu", lambda: self.find("File"))

    def _start(self, call, **options):
        log = open(self.folder / (Path(call[0]).name + ".log"), "w")
        options.setdefault("stdout", log)
        process = subprocess.Popen(call, stderr=log, **options)
        self.started.append(process)
        return process

    def close(self):
        """Ends what was started here, the last first."""
        for process in reversed(self.started):
            process.terminate()
            process.wait(PATIENCE)

    # Reading

    def things(self):
        """Everything that the window tells of itself: role, name, states and place."""
        top = Atspi.get_desktop(0)
        top.clear_cache()
        waiting = [top.get_child_at_index(i) for i in range(top.get_child_count())]
        while waiting:
            thing = waiting.pop(0)
            if thing is None:
                continue
            try:
                waiting = [thing.get_child_at_index(i) for i in range(thing.get_child_count())] + waiting
                yield thing
            except GLib.Error:
                # It went away while it was read.
                continue

    def find(self, name: str, role: str | None = None, nth: int = 0, exact: bool = False):
        """The thing whose name begins so, or is so; of several the first one, or the last one for -1."""
        found = []
        for thing in self.things():
            try:
                called = thing.get_name() or ""
                fits = called == name if exact else called.startswith(name)
                if fits and role in (None, thing.get_role_name()):
                    found.append(thing)
            except GLib.Error:
                continue
        return found[nth] if -len(found) <= nth < len(found) else None

    def comes(self, is_there, seconds: float = PATIENCE):
        """Waits until something is there, and returns it; `None` if it does not come in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = is_there()
            if found:
                return found
            if self.program.poll() is not None:
                sys.exit(f"the program ended with {self.program.returncode}")
            time.sleep(0.1)
        return None

    def wait(self, what: str, is_there):
        """Waits until something is there, and returns it."""
        return self.comes(is_there) or self.fail(f"there is no {what}", self.focused())

    def fail(self, *words):
        """Takes a last picture and ends."""
        self.step("failed")
        sys.exit(" · ".join(map(str, words)))

    def box(self, name: str, role: str | None = None, nth: int = 0, exact: bool = False):
        """Where a thing is on the screen: left, top, right, bottom."""
        thing = self.wait(f"`{name}`", lambda: self.find(name, role, nth, exact))
        box = thing.get_extents(Atspi.CoordType.SCREEN)
        return box.x, box.y, box.x + box.width, box.y + box.height

    def place(self, name: str, role: str | None = None, nth: int = 0, exact: bool = False):
        """The middle of a thing on the screen."""
        left, top, right, bottom = self.box(name, role, nth, exact)
        return (left + right) // 2, (top + bottom) // 2

    def on_canvas(self, across: float, down: float):
        """A place on the canvas, by its parts of the width and the height."""
        left, top, right, bottom = self.box("Flow", "list")
        return round(left + (right - left) * across), round(top + (bottom - top) * down)

    def keyboard(self) -> tuple[str, str]:
        """Role and name of what has the keyboard."""
        found = ("", "")
        for thing in self.things():
            try:
                if thing.get_state_set().contains(Atspi.StateType.FOCUSED):
                    found = (thing.get_role_name(), thing.get_name() or "")
            except GLib.Error:
                continue
        return found

    def focused(self) -> str:
        """The name of what has the keyboard."""
        return self.keyboard()[1]

    def focused_on_canvas(self) -> bool:
        """Whether the canvas has the keyboard, or one of its nodes and wires."""
        role, name = self.keyboard()
        return role in ("list item", "link") or (role, name) == ("list", "Flow")

    # Acting

    def _do(self, *words):
        subprocess.run(["xdotool", *words], check=True)
        time.sleep(REST)

    def click(self, name: str, role: str | None = None, nth: int = 0, exact: bool = False):
        self.click_at(*self.place(name, role, nth, exact))

    def click_in_sight(self, name: str, nth: int = 0, role: str | None = None):
        """Clicks something in the inspector, and turns the wheel before if it is out of sight."""
        before = None
        for turn in range(120):
            x, y = self.place(name, role, nth, exact=True)
            # Between the tabs and what stays at the foot.
            left, bottom, right, _ = self.box("Below the fields")
            top = self.box("Schema", exact=True)[3]
            # What still moves would be missed.
            if (x, y) != before:
                before = (x, y)
                continue
            if top + 14 < y < bottom - 14:
                return self.click_at(x, y)
            # At changing places, for a list or a table under the pointer keeps the wheel for itself.
            part = (1, 5, 3)[turn % 3]
            self._do("mousemove", str((left + right) // 2), str(top + (bottom - top) * part // 6))
            self._do("click", "5" if y >= bottom - 14 else "4")
        self.fail(f"`{name}` never comes into sight")

    def click_at(self, x: int, y: int):
        self._do("mousemove", str(x), str(y))
        self._do("click", "1")

    def drag(self, start, end):
        """Presses at one place and lets go at the other."""
        self._do("mousemove", *map(str, start))
        self._do("mousedown", "1")
        for part in range(1, 7):
            at = [start[i] + (end[i] - start[i]) * part // 6 for i in range(2)]
            self._do("mousemove", *map(str, at))
        self._do("mouseup", "1")

    def keys(self, *keys: str):
        for key in keys:
            self._do("key", key)

    def write(self, text: str):
        self._do("type", "--delay", "25", "--", text)

    def fill(self, text: str):
        """Replaces what the field holds that has the keyboard."""
        self.keys("ctrl+a")
        self.write(text)

    def tab_to(self, name: str, back: bool = False):
        """Goes on with Tab until the thing of this name has the keyboard."""
        passed = []
        for _ in range(40):
            self.keys("shift+Tab" if back else "Tab")
            passed.append(self.focused())
            if passed[-1].startswith(name):
                return
        self.fail(f"Tab never leads to `{name}`", passed)

    # Showing

    def step(self, words: str):
        """Takes a picture, called after the words."""
        time.sleep(REST)
        self.n_steps += 1
        name = f"{self.n_steps:02}-{words.replace(' ', '-')}"
        subprocess.run(["import", "-window", "root", str(self.folder / f"{name}.png")], check=True)
        print(name, flush=True)


def is_equal(flow: Path, folder: Path) -> bool:
    """Whether a flow gives the same files as the sample that it was built after, both without a window."""
    out = {}
    for name, path in [("sample", ROOT / "sample-flows/flight-delays/flight-delays.flow.json"), ("built", flow)]:
        out[name] = folder / name
        subprocess.run([str(TIDEMARK), "run", str(path), "--output-dir", str(out[name])], check=True)
    files = sorted(file.name for file in out["sample"].glob("*.csv"))
    assert files, "the sample wrote nothing"
    same = True
    for file in files:
        built = out["built"] / file
        equal = built.is_file() and built.read_bytes() == (out["sample"] / file).read_bytes()
        print(f"{file}: {'the same bytes' if equal else 'DIFFERENT'}")
        same &= equal
    return same


def main(walk, prefix: str):
    """Takes a walk at the size, in the theme and with the folder that the call names; it has to end in the sample's own result."""
    size, theme, folder, *_ = [*sys.argv[1:], *["1440x900", "dark", ""][len(sys.argv) - 1 :]]
    folder = Path(folder or tempfile.mkdtemp(prefix=prefix)).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "sample-flows/flight-delays/flights.parquet", folder)
    flow = folder / "flight-delays.flow.json"
    desk = Desk(size, theme, folder)
    try:
        walk(desk, flow)
    finally:
        desk.close()
    sys.exit(0 if is_equal(flow, folder) else 1)
