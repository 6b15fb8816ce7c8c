#!/usr/bin/env python3
"""Tumbling windows, watermark and late rows, row by row and as plainly as possible.

This is the reference for the engine, so it shares nothing with it and prefers being obvious to being quick.
The rules are Flink SQL's:

- The watermark is the highest event time so far minus a bound. A row is judged by the watermark that holds
  before it, and raises the watermark afterwards. Before the first row there is none.
- Windows are half-open and aligned to the epoch. A row is late iff `window_end - 1 ms <= watermark`.
- At the end of the input every window that is still open fires.

One rule is not Flink's, and is off unless asked for: the future-skew guard (see `Watermark`).

    python tests/oracles/tumble.py      compares these rules with Flink's answers in tests/data/golden
"""

import csv
import math
import re
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

SECOND_MILLIS = 1_000
MINUTE_MILLIS = 60 * SECOND_MILLIS
HOUR_MILLIS = 60 * MINUTE_MILLIS
DAY_MILLIS = 24 * HOUR_MILLIS

EPOCH = datetime(1970, 1, 1)
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")


def millis_from_text(text: str) -> int:
    """`YYYY-MM-DD HH:MM:SS.mmm`, UTC, in milliseconds since the epoch."""
    if not TIMESTAMP.fullmatch(text):
        raise ValueError(f"not a timestamp: {text!r}")
    return (datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f") - EPOCH) // timedelta(milliseconds=1)


def text_from_millis(millis: int) -> str:
    return (EPOCH + timedelta(milliseconds=millis)).isoformat(sep=" ", timespec="milliseconds")


class Watermark:
    """The watermark of one split.

    With `skew_millis`, a timestamp more than that ahead of the highest so far is doubted: it does not move the
    watermark, until three rows in a row are that far ahead and lie within `skew_millis` of each other.
    The third of them is believed, and so are the two before it. The first row of a split is never doubted.
    """

    def __init__(self, bound_millis: int, skew_millis: int | None = None):
        self.bound_millis = bound_millis
        self.skew_millis = skew_millis
        self.max_millis: int | None = None
        self.doubted: list[int] = []
        self.n_doubted = 0

    def value(self) -> int | None:
        return None if self.max_millis is None else self.max_millis - self.bound_millis

    def observe(self, ts: int) -> None:
        ahead = self.max_millis is not None and self.skew_millis is not None and ts > self.max_millis + self.skew_millis
        if not ahead:
            self.doubted.clear()
            self.max_millis = ts if self.max_millis is None else max(self.max_millis, ts)
            return
        self.doubted = [*self.doubted[-2:], ts]
        if len(self.doubted) == 3 and max(self.doubted) - min(self.doubted) <= self.skew_millis:
            self.max_millis = max(self.doubted)
            self.doubted.clear()
        else:
            self.n_doubted += 1


def window_start(ts: int, size_millis: int) -> int:
    return ts // size_millis * size_millis  # floors, also before 1970


def tumble(rows, *, ts, key, size_millis, bound_millis, skew_millis=None):
    """Deals `rows`, taken in order of arrival, out to tumbling windows per key.

    `ts` and `key` are functions of a row. Returns the windows as {(start, key): rows in order of arrival},
    the late rows with the watermark that made them late, and the watermark at the end of the input.
    """
    watermark = Watermark(bound_millis, skew_millis)
    windows: dict[tuple, list] = {}
    late = []
    for row in rows:
        start = window_start(ts(row), size_millis)
        before = watermark.value()
        if before is not None and start + size_millis - 1 <= before:
            late.append((row, before))
        else:
            windows.setdefault((start, key(row)), []).append(row)
        watermark.observe(ts(row))
    return windows, late, watermark


def behind_watermark(rows, *, ts, bound_millis):
    """The rows at or behind the watermark when they arrive: `ts <= CURRENT_WATERMARK(ts)`."""
    watermark = Watermark(bound_millis)
    behind = []
    for row in rows:
        before = watermark.value()
        if before is not None and ts(row) <= before:
            behind.append(row)
        watermark.observe(ts(row))
    return behind


# --- comparison with Flink's answers ---

GOLDEN = Path(__file__).parents[1] / "data" / "golden"


def read_events(path: Path) -> list[dict]:
    with path.open(newline="") as source:
        return [
            {
                "id": int(id_),
                "k": k or None,
                "v": int(v) if v else None,
                "d": float(d) if d else None,
                "ts": millis_from_text(ts),
            }
            for id_, k, v, d, ts in csv.reader(source)
        ]


def text(value) -> str:
    return "" if value is None else str(value)


def summarise(start: int, key, rows: list[dict]) -> dict:
    v = [row["v"] for row in rows if row["v"] is not None]
    d = [row["d"] for row in rows if row["d"] is not None]
    return {
        "k": text(key),
        "window_start": text_from_millis(start),
        "window_end": text_from_millis(start + 10 * SECOND_MILLIS),
        "n": text(len(rows)),
        "nv": text(len(v)),
        "s": text(sum(v) if v else None),
        "mn": text(min(v, default=None)),
        "mx": text(max(v, default=None)),
        "sd": text(math.fsum(d) if d else None),
        "ad": text(math.fsum(d) / len(d) if d else None),
    }


def read_expected(case: str) -> list[dict]:
    with (GOLDEN / case / "expected.csv").open(newline="") as source:
        return list(csv.DictReader(source))


def same_number(ours: str, theirs: str) -> bool:
    if not ours or not theirs:
        return ours == theirs
    return math.isclose(float(ours), float(theirs), rel_tol=1e-9, abs_tol=0.0)


def compare_windows(case: str, ours: list[dict]) -> list[str]:
    theirs = read_expected(case)
    place = lambda row: (row["k"], row["window_start"])  # one row per key and window
    by_place = {place(row): row for row in ours}
    problems = []
    if len(by_place) != len(ours) or len({place(row) for row in theirs}) != len(theirs):
        problems.append(f"{case}: a window came out twice")
    if by_place.keys() != {place(row) for row in theirs}:
        problems.append(f"{case}: other windows, {len(ours)} here and {len(theirs)} there")
    for row in theirs:
        mine = by_place.get(place(row), {})
        for column in row:
            equal = same_number if column in ("sd", "ad") else str.__eq__
            if mine and not equal(mine[column], row[column]):
                problems.append(f"{case}: {place(row)}: {column} is {mine[column]} here, {row[column]} there")
    return problems


def compare_behind(case: str, ours: list[dict]) -> list[str]:
    mine = Counter((text(row["id"]), text(row["k"]), text_from_millis(row["ts"])) for row in ours)
    theirs = Counter((row["id"], row["k"], row["ts"]) for row in read_expected(case))
    return [] if mine == theirs else [f"{case}: {(mine - theirs).total()} rows only here, {(theirs - mine).total()} only there"]


def main() -> None:
    problems = []
    for name, windows_case, behind_case in (
        ("events.csv", "tumble_late", "late_rows"),
        ("edges.csv", "edge_tumble_late", "edge_late_rows"),
    ):
        rows = read_events(GOLDEN / "input" / name)
        ts = lambda row: row["ts"]
        windows, late, _ = tumble(
            rows, ts=ts, key=lambda row: row["k"], size_millis=10 * SECOND_MILLIS, bound_millis=5 * SECOND_MILLIS
        )
        behind = behind_watermark(rows, ts=ts, bound_millis=5 * SECOND_MILLIS)
        problems += compare_windows(windows_case, [summarise(*place, inside) for place, inside in windows.items()])
        problems += compare_behind(behind_case, behind)
        print(f"{name}: {len(rows)} rows, {len(windows)} windows, {len(late)} late, {len(behind)} behind the watermark")
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    sys.exit(f"{len(problems)} differences from Flink" if problems else None)


if __name__ == "__main__":
    main()
