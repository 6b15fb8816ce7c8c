#!/usr/bin/env python3
"""Makes `tests/data/disorder.csv`, 5,000 awkward rows for tests that vary the schedule, and deals the same rows out
into `disorder-0.csv` to `disorder-3.csv`.

    python tests/oracles/make_disorder.py           writes the files and says what is in them
    python tests/oracles/make_disorder.py --check   compares them instead

Only `random.Random.random` is used, because Python promises the same sequence for the same seed for it alone.
"""

import csv
import io
import math
import random
import sys
from collections import Counter
from pathlib import Path

from tumble import MINUTE_MILLIS, SECOND_MILLIS, Watermark, millis_from_text, text_from_millis, tumble

DATA = Path(__file__).parents[1] / "data"
SEED = 20_260_401
N_ROWS = 5_000
N_FILES = 4
SIZE_MILLIS = 10 * SECOND_MILLIS
BOUND_MILLIS = 5 * SECOND_MILLIS
START = millis_from_text("2026-04-01 06:00:00.000")
HEADER = ["id", "k", "v", "d", "ts"]

# A third of the rows are of one key, and the rarest key is absent from most windows.
KEYS = {"amber": 34, "birch": 24, "cedar": 17, "dune": 11, "elm": 8, "fjord": 4, "gorse": 1, "": 1}
NULL_KEY = ""

# Tenths and thirds of mixed size have no exact sum in binary, so the last digits show the order of summation;
# the large pair loses small neighbours altogether, and -0.0 and the tiniest double travel along.
AWKWARD = [0.1, 0.2, 0.3, -0.7, 1 / 3, 2 / 3, 1e-9, 1234567.891, -987654.321, 1e15, -1e15, -0.0, 5e-324]

BROKEN_V = ["twelve", "12.5", "9223372036854775808", "0x1F"]
BROKEN_TS = ["yesterday", "2026-02-30 06:10:00.000", "2026-04-01 25:00:00.000", ""]


class Dice:
    def __init__(self, seed: int):
        self.random = random.Random(seed).random

    def chance(self, p: float) -> bool:
        return self.random() < p

    def below(self, n: int) -> int:
        return int(self.random() * n)

    def pick(self, items):
        return items[self.below(len(items))]

    def weighted(self, weights: dict):
        x = self.random() * sum(weights.values())
        for item, weight in weights.items():
            x -= weight
            if x < 0:
                return item
        return item


def event_times(dice: Dice) -> list[int]:
    """Mostly forward in small steps; some rows straggle, some sit on a window edge or repeat the row before."""
    times, now, last = [], START, START
    for n in range(N_ROWS):
        if n in (1_500, 3_300):
            now += 3 * MINUTE_MILLIS  # a quiet stretch: windows without rows
        now += dice.below(260)
        roll = dice.random()
        if roll < 0.05:
            ts = last  # a tie with the row before it
        elif roll < 0.11:
            edge = now // SIZE_MILLIS * SIZE_MILLIS
            ts = edge + dice.pick([-1, 0, 1])  # often behind the front, up to a whole window
        elif roll < 0.154:
            ts = now - BOUND_MILLIS - dice.below(2 * SIZE_MILLIS)  # a straggler beyond the bound
        else:
            ts = now - dice.below(4_000)
        times.append(ts)
        last = ts
    return times


def make_rows() -> list[list[str]]:
    dice = Dice(SEED)
    rows = []
    for n, ts in enumerate(event_times(dice)):
        v = "" if dice.chance(0.06) else str(dice.below(2_001) - 1_000)
        if dice.chance(0.06):
            d = ""
        elif dice.chance(0.5):
            d = repr(dice.pick(AWKWARD))
        else:
            d = repr(round((dice.random() - 0.5) * 10 ** dice.below(7), 3))
        rows.append([str(n), dice.weighted(KEYS), v, d, text_from_millis(ts)])
    # One fault of each kind in turn, spread over the file and clear of its first rows.
    for i in range(12):
        row = rows[200 + i * 397 + dice.below(200)]
        if i % 3 == 0:
            row[2] = BROKEN_V[i // 3]
        elif i % 3 == 1:
            row[4] = BROKEN_TS[i // 3]
        else:
            del row[3]  # four fields where five belong: the time stands in the place of `d`
    return rows


def deal(rows: list[list[str]]) -> list[list[list[str]]]:
    """Each row goes to one file, and the files run at different event times.

    File 0 is the busiest and leads. File 1 takes most of the rows that come behind the front, so it trails.
    File 2 has its first row only after a fifth of the rows. File 3 falls silent after three fifths.
    """
    dice = Dice(SEED + 1)
    files = [[] for _ in range(N_FILES)]
    front = START
    for n, row in enumerate(rows):
        ts = time_of(row)
        behind = ts is not None and ts < front - 2 * SECOND_MILLIS
        weights = {0: 10, 1: 70, 2: 10, 3: 10} if behind else {0: 45, 1: 10, 2: 25, 3: 20}
        if n < N_ROWS // 5:
            weights[2] = 0
        if n >= N_ROWS * 3 // 5:
            weights[3] = 0
        files[dice.weighted(weights)].append(row)
        front = max(front, ts if ts is not None else front)
    return files


def time_of(row: list[str]) -> int | None:
    try:
        return millis_from_text(row[4])
    except (IndexError, ValueError):
        return None


def well_formed(row: list[str]) -> bool:
    return len(row) == len(HEADER) and time_of(row) is not None and row[2] not in BROKEN_V


def csv_text(rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return out.getvalue()


def describe(name: str, rows: list[list[str]]) -> str:
    good = [row for row in rows if well_formed(row)]
    windows, late, watermark = tumble(
        good, ts=time_of, key=lambda row: row[1], size_millis=SIZE_MILLIS, bound_millis=BOUND_MILLIS
    )
    behind = 0
    front = Watermark(0)
    seen = Counter(map(time_of, good))
    edges = sum(time_of(row) % SIZE_MILLIS in (0, 1, SIZE_MILLIS - 1) for row in good)
    for row in good:
        behind += front.value() is not None and time_of(row) < front.value()
        front.observe(time_of(row))
    ties = sum(count for count in seen.values() if count > 1)
    order_shows = 0
    for inside in windows.values():
        d = [float(row[3]) for row in inside if row[3]]
        order_shows += len({sum_in_order(d), sum_in_order(reversed(d)), sum_in_order(sorted(d)), math.fsum(d)}) > 1
    percent = lambda part: f"{100 * part / len(good):.1f} %"
    return (
        f"{name}: {len(rows)} rows, {len(rows) - len(good)} malformed, {len(csv_text(rows))} bytes, "
        f"{text_from_millis(min(map(time_of, good)))[11:]} to {text_from_millis(front.value())[11:]}, "
        f"{percent(behind)} out of order, {percent(len(late))} late, {percent(ties)} share their time, "
        f"{percent(edges)} within 1 ms of an edge, {len(windows)} windows, "
        f"in {order_shows} of them the order of summation shows"
    )


def sum_in_order(values) -> float:
    total = 0.0
    for value in values:  # not `sum`, which compensates since Python 3.12
        total += value
    return total


def main() -> None:
    rows = make_rows()
    parts = deal(rows)
    files = {"disorder.csv": rows} | {f"disorder-{n}.csv": part for n, part in enumerate(parts)}
    assert sorted(map(tuple, rows)) == sorted(tuple(row) for part in parts for row in part)
    differing = []
    for name, content in files.items():
        path = DATA / name
        if "--check" not in sys.argv:
            path.write_text(csv_text(content), encoding="utf-8", newline="")
            print(describe(name, content))
        elif path.read_bytes() != csv_text(content).encode():
            differing.append(name)
    sys.exit(f"differs: {', '.join(differing)}" if differing else None)


if __name__ == "__main__":
    main()
