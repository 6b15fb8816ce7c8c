"""Builds the flight-delays sample from nothing with the mouse, and with keys only where a text is written.

`by_mouse.py [WIDTHxHEIGHT [THEME [FOLDER]]]`: a picture of every step goes into the folder. At the end the saved flow and the sample
are run without a window, and have to give the same files.
"""

import time
from pathlib import Path

from desk import Desk, main


def rename(desk: Desk, title: str):
    desk.click("Title of the node", "entry")
    desk.fill(title)
    desk.keys("Return")
    desk.wait("the title on the canvas", lambda: desk.find(title + ",", "list item"))


def write(desk: Desk, field: str, text: str, nth: int = 0):
    desk.click_in_sight(field, nth, "entry")
    desk.fill(text)


def choose(desk: Desk, button: str, item: str, nth: int = 0, role: str = "push button"):
    """Opens a list and clicks one of its items."""
    desk.click_in_sight(button, nth, role)
    desk.click(item, exact=True, nth=-1)


def add(desk: Desk, port: str, kind: str, at: tuple[float, float], title: str):
    """Draws a wire from a port into the open, and takes what comes there from what fits."""
    left, top, right, bottom = desk.box("Flow", "list")
    x, y = desk.place(port)
    if not (left < x < right and top < y < bottom):
        desk.click("Arrange nodes")
        desk.click("Fit all")
        time.sleep(1)
    desk.drag(desk.place(port), desk.on_canvas(*at))
    desk.wait("the finder", lambda: desk.find("Search nodes"))
    desk.write(kind)
    desk.click(kind, exact=True)
    desk.wait("its form", lambda: desk.find("Title of the node"))
    rename(desk, title)


def walk(desk: Desk, flow: Path):
    desk.step("the first sample plays")
    desk.click("New flow")
    desk.step("an empty flow")
    desk.click("File", exact=True)
    desk.step("the menu of files")
    desk.click("Save as")
    desk.wait("the dialog", lambda: desk.find("Save flow"))
    desk.fill(str(flow))
    desk.click("Save", exact=True)
    desk.wait("the file", flow.exists)

    desk.click("Palette", exact=True)
    desk.step("the palette")
    desk.drag(desk.place("Parquet source"), desk.on_canvas(0.4, 0.05))
    desk.click("Palette", exact=True)
    write(desk, "Path", "flights.parquet")
    choose(desk, "Columns for Event time", "sched_dep")
    choose(desk, "Columns for Arrival time", "dep")
    write(desk, "Max rejected (%)", "10")
    desk.step("a source from the palette")
    rename(desk, "Flights of 2013")
    for _ in range(3):
        desk.click("Zoom out")
    desk.drag(desk.place("Flights of 2013,"), desk.on_canvas(0.1, 0.1))
    desk.step("room for more")

    add(desk, "out, output of Flights of 2013", "Watermarks", (0.28, 0.06), "Two hours behind")
    write(desk, "Bound", "2 h")
    desk.step("watermarks drawn out of the port")
    add(desk, "out, output of Two hours behind", "Select", (0.5, 0.06), "Delay as a double")
    desk.click_in_sight("Add to Columns")
    write(desk, "Expression", "CAST(dep_delay AS DOUBLE)")
    desk.step("an expression on real rows")
    write(desk, "Name", "delay")
    desk.click_in_sight("Keep others")
    add(desk, "out, output of Delay as a double", "Tumbling window", (0.72, 0.06), "Hour and airport")
    write(desk, "Size", "1 h")
    desk.click_in_sight("Add to Keys")
    write(desk, "Keys 1", "origin")
    for nth, (function, column, name) in enumerate(
        [("Count", "", "n"), ("Avg", "delay", "mean_delay"), ("Max", "dep_delay", "worst_delay")]
    ):
        desk.click_in_sight("Add to Aggregates")
        choose(desk, "Function", function, nth, "combo box")
        if column:
            write(desk, "Column", column, nth)
        write(desk, "Name", name, nth)
    desk.step("a window by the hour and the airport")

    add(desk, "out, output of Hour and airport", "Select", (0.5, 0.4), "Report")
    for nth, column in enumerate(["window_start", "window_end", "origin", "n", "mean_delay", "worst_delay"]):
        desk.click_in_sight("Add to Columns")
        write(desk, "Expression", column, nth)
    desk.step("the columns of the report")
    add(desk, "out, output of Report", "CSV file", (0.72, 0.4), "Delays by the hour")
    write(desk, "Path", "hourly.csv")
    add(desk, "late, output of Hour and airport", "Select", (0.5, 0.7), "The flight alone")
    desk.click_in_sight("Keep others")
    for nth, column in enumerate(["delay", "watermark_at_drop", "lateness_millis"]):
        desk.click_in_sight("Add to Drop")
        write(desk, f"Drop {nth + 1}", column)
    add(desk, "out, output of The flight alone", "CSV file", (0.72, 0.7), "Too late")
    write(desk, "Path", "late.csv")
    add(desk, "rejected, output of Flights of 2013", "CSV file", (0.2, 0.6), "Cancelled flights")
    write(desk, "Path", "cancelled.csv")
    desk.step("everything is wired")

    desk.click("Arrange nodes")
    desk.click("Fit all")
    desk.step("arranged and all in sight")
    desk.click("Restart from the beginning")
    desk.click("Watermark", exact=True)
    desk.step("it plays")
    desk.click("Wire from Two hours behind")
    desk.step("rows on a wire")
    desk.click("Timeline", exact=True)
    desk.step("its timeline")
    desk.click("Theme", exact=True)
    desk.step("the other theme")
    desk.click("File", exact=True)
    desk.click("Save", exact=True)
    desk.wait("that it is saved", lambda: desk.find("saved"))
    desk.step("saved")


if __name__ == "__main__":
    main(walk, "by-mouse-")
