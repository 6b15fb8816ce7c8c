"""Builds the flight-delays sample from nothing by the keyboard alone.

`by_keyboard.py [WIDTHxHEIGHT [THEME [FOLDER]]]`: a picture of every step goes into the folder. At the end the saved flow and the
sample are run without a window, and have to give the same files.
"""

from pathlib import Path

from desk import Desk, main


def edit(desk: Desk, first: str):
    """Goes from a node on the canvas into the form of its parameters."""
    desk.keys("Return")
    desk.wait(f"the keyboard in `{first}`", lambda: desk.focused().startswith(first))


def leave(desk: Desk):
    """Goes back to the canvas from the field behind, for Escape takes back what was written in the field where it is pressed."""
    desk.keys("Tab", "Escape")
    if not desk.comes(desk.focused_on_canvas, 5.0):
        desk.fail("Escape does not lead back to the canvas", desk.focused())


def rename(desk: Desk, title: str):
    desk.keys("F2")
    desk.wait("the keyboard in the title", lambda: desk.focused() == "Title of the node")
    desk.fill(title)
    leave(desk)
    desk.wait("the title on the canvas", lambda: desk.find(title + ",", "list item"))


def chain(desk: Desk, *kinds: str):
    """Adds kinds one behind the other, each wired to the last."""
    for number, kind in enumerate(kinds):
        desk.wait("the finder", lambda: desk.focused() == "Search nodes")
        desk.write(kind)
        desk.keys("ctrl+Return" if number + 1 < len(kinds) else "Return")


def to_port(desk: Desk, port: str):
    """Goes through the ports of the node until this one has the keyboard."""
    for _ in range(8):
        desk.keys("p")
        if desk.comes(lambda: desk.focused().startswith(port), 1.0):
            return
    desk.fail(f"P never leads to `{port}`", desk.focused())


def list_of(desk: Desk, field: str, entries: list[list[tuple[str, str]]]):
    """Fills a list: for each entry what is written in its fields, by their names, or the arrows that choose."""
    for entry in entries:
        desk.tab_to(f"Add to {field}")
        desk.keys("Return")
        for number, (name, text) in enumerate(entry):
            if number > 0:
                desk.tab_to(name)
            else:
                desk.wait(f"the keyboard in `{name}`", lambda: desk.focused().startswith(name))
            if number == 0 and name == "Function":
                desk.keys(*text.split())
            else:
                desk.write(text)


def walk(desk: Desk, flow: Path):
    desk.step("the first sample plays")
    desk.keys("ctrl+n")
    desk.step("an empty flow")
    desk.keys("ctrl+shift+s")
    desk.wait("the dialog", lambda: desk.find("Save flow"))
    desk.fill(str(flow))
    desk.step("where to save it")
    desk.keys("Return")
    desk.wait("the file", flow.exists)

    desk.keys("a")
    chain(desk, "parquet")
    desk.step("a source")
    edit(desk, "Path")
    desk.write("flights.parquet")
    desk.tab_to("Event time")
    desk.write("sched_dep")
    desk.tab_to("Arrival time")
    desk.write("dep")
    desk.tab_to("Max rejected (%)")
    desk.fill("10")
    desk.step("its parameters")
    leave(desk)
    rename(desk, "Flights of 2013")

    desk.keys("a")
    chain(desk, "watermarks", "select", "tumbling", "select", "csv file")
    desk.step("five nodes behind it in one go")

    edit(desk, "Path")
    desk.write("hourly.csv")
    leave(desk)
    rename(desk, "Delays by the hour")
    desk.keys("Left", "Left", "Left")
    desk.step("back along the wires")
    edit(desk, "Add to Columns")
    desk.keys("Return")
    desk.wait("an entry", lambda: desk.focused().startswith("Expression"))
    desk.write("CAST(dep_delay AS DOUBLE)")
    desk.step("an expression on real rows")
    desk.tab_to("Name")
    desk.write("delay")
    desk.tab_to("Keep others")
    desk.keys("Return")
    leave(desk)
    rename(desk, "Delay as a double")

    desk.keys("Left")
    edit(desk, "Time column")
    desk.tab_to("Bound")
    desk.fill("2 h")
    desk.step("the bound of the watermarks")
    leave(desk)
    rename(desk, "Two hours behind")

    desk.keys("Right", "Right")
    edit(desk, "Size")
    desk.fill("1 h")
    list_of(desk, "Keys", [[("Keys 1", "origin")]])
    list_of(
        desk,
        "Aggregates",
        [
            [("Function", ""), ("Name", "n")],
            [("Function", "Down Down Down"), ("Column", "delay"), ("Name", "mean_delay")],
            [("Function", "Down Down Down Down Down"), ("Column", "dep_delay"), ("Name", "worst_delay")],
        ],
    )
    desk.step("a window by the hour and the airport")
    leave(desk)
    rename(desk, "Hour and airport")

    desk.keys("Right")
    edit(desk, "Add to Columns")
    columns = ["window_start", "window_end", "origin", "n", "mean_delay", "worst_delay"]
    for number, column in enumerate(columns):
        if number > 0:
            desk.tab_to("Add to Columns")
        desk.keys("Return")
        desk.wait("an entry", lambda: desk.focused().startswith("Expression"))
        desk.write(column)
    desk.step("the columns of the report")
    leave(desk)
    rename(desk, "Report")

    desk.keys("Left")
    to_port(desk, "late, output of Hour and airport")
    desk.step("at the port of late rows")
    desk.keys("a")
    chain(desk, "select", "csv file")
    edit(desk, "Path")
    desk.write("late.csv")
    leave(desk)
    rename(desk, "Too late")
    desk.keys("Left")
    edit(desk, "Add to Columns")
    desk.tab_to("Keep others")
    desk.keys("Return")
    list_of(desk, "Drop", [[("Drop 1", "delay")], [("Drop 2", "watermark_at_drop")], [("Drop 3", "lateness_millis")]])
    desk.step("late rows as they came")
    leave(desk)
    rename(desk, "The flight alone")

    desk.keys("Left", "Left", "Left", "Left")
    to_port(desk, "rejected, output of Flights of 2013")
    desk.keys("a")
    chain(desk, "csv file")
    edit(desk, "Path")
    desk.write("cancelled.csv")
    leave(desk)
    rename(desk, "Cancelled flights")
    desk.keys("ctrl+l", "shift+f")
    desk.step("arranged and all in sight")
    desk.keys("ctrl+r")
    desk.keys("bracketright")
    desk.step("it plays")
    desk.keys("ctrl+4")
    desk.step("its timeline")
    desk.keys("ctrl+1", "ctrl+s")
    desk.wait("that it is saved", lambda: desk.find("saved"))
    desk.step("saved")


if __name__ == "__main__":
    main(walk, "by-keyboard-")
