#!/usr/bin/env python3
"""What the sample flow `flight-delays` must give, by two methods that share nothing with the engine.

The first walks the rows one by one in the order of the file (`tumble.py`). The second asks DuckDB for the same
answer in SQL. The golden files are written only when both agree.

    python tests/oracles/flight_delays.py           writes the golden files beside the flow
    python tests/oracles/flight_delays.py --check   compares them instead
    python tests/oracles/flight_delays.py --bounds  shows how many rows are late for several bounds

Needs duckdb.
"""

import csv
import io
import json
import sys
from fractions import Fraction
from pathlib import Path

import duckdb
from tumble import DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, text_from_millis, tumble

SAMPLE = Path(__file__).parents[2] / "sample-flows" / "flight-delays"
FLIGHTS = SAMPLE / "flights.parquet"

BOUND_MILLIS = 120 * MINUTE_MILLIS
SIZE_MILLIS = HOUR_MILLIS
SKEW_MILLIS = DAY_MILLIS

COLUMNS = ("sched_dep", "dep", "dep_delay", "carrier", "flight", "origin", "dest", "distance")
TIMES = ("sched_dep", "dep")
HOURLY = ("window_start", "window_end", "origin", "n", "mean_delay", "worst_delay")


def read_flights() -> list[dict]:
    """All rows in the order of the file, times in milliseconds."""
    fields = ", ".join(f"epoch_ms({c}) AS {c}" if c in TIMES else c for c in COLUMNS)
    cursor = duckdb.execute(f"SELECT {fields} FROM read_parquet(?, file_row_number = true) ORDER BY file_row_number", [str(FLIGHTS)])
    return [dict(zip(COLUMNS, row)) for row in cursor.fetchall()]


def accepted(rows: list[dict]) -> list[dict]:
    """The source rejects a row without arrival time: such a row enters no window and moves no watermark."""
    kept = [row for row in rows if row["dep"] is not None]
    assert all(a["dep"] <= b["dep"] for a, b in zip(kept, kept[1:])), "the file is not in order of arrival"
    assert all(row["dep_delay"] is not None for row in kept), "a flight left without a delay"
    return kept


def walk(rows: list[dict], bound_millis: int):
    return tumble(
        rows,
        ts=lambda row: row["sched_dep"],
        key=lambda row: row["origin"],
        size_millis=SIZE_MILLIS,
        bound_millis=bound_millis,
        skew_millis=SKEW_MILLIS,
    )


def hourly(windows: dict) -> list[tuple]:
    result = []
    for (start, origin), inside in sorted(windows.items()):
        delays = [row["dep_delay"] for row in inside]
        mean = float(Fraction(sum(delays), len(delays)))  # rounded once, so no order of summation shows
        result.append((start, start + SIZE_MILLIS, origin, len(delays), mean, max(delays)))
    return result


def by_sql() -> tuple[list[tuple], list[tuple]]:
    """The same windows and late rows in SQL; it knows no future-skew guard, so it agrees only where nothing is doubted."""
    duckdb.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE judged AS
        WITH accepted AS (
            SELECT *, epoch_ms(sched_dep) AS t, max(epoch_ms(sched_dep)) OVER before_it - {BOUND_MILLIS} AS watermark
            FROM read_parquet(?, file_row_number = true)
            WHERE dep IS NOT NULL
            WINDOW before_it AS (ORDER BY file_row_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ), placed AS (
            SELECT *, t // {SIZE_MILLIS} * {SIZE_MILLIS} AS start FROM accepted
        )
        SELECT *, coalesce(start + {SIZE_MILLIS} - 1 <= watermark, false) AS late FROM placed
        """,
        [str(FLIGHTS)],
    )
    windows = duckdb.execute(
        f"""
        SELECT start, start + {SIZE_MILLIS}, origin, count(*), avg(dep_delay::DOUBLE), max(dep_delay)
        FROM judged WHERE NOT late GROUP BY start, origin ORDER BY start, origin
        """
    ).fetchall()
    late = duckdb.execute(
        "SELECT t, epoch_ms(dep), dep_delay, carrier, flight, origin, dest, distance FROM judged WHERE late ORDER BY file_row_number"
    ).fetchall()
    return windows, late


def csv_text(header: tuple, rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)  # a float is written as its shortest text that reads back as the same float
    return out.getvalue()


def answers() -> dict[str, str]:
    rows = read_flights()
    kept = accepted(rows)
    windows, late, watermark = walk(kept, BOUND_MILLIS)
    windows, late = hourly(windows), [tuple(row.values()) for row, _ in late]

    assert watermark.n_doubted == 0, "the future-skew guard spoke up"
    sql_windows, sql_late = by_sql()
    assert windows == sql_windows, "the two methods give other windows"
    assert late == sql_late, "the two methods give other late rows"

    counts = {
        "rows": len(rows),
        "rejected": len(rows) - len(kept),
        "used": sum(window[3] for window in windows),
        "late": len(late),
        "hourly_rows": len(windows),
        "doubted_by_skew_guard": watermark.n_doubted,
        "bound_minutes": BOUND_MILLIS // MINUTE_MILLIS,
        "window_minutes": SIZE_MILLIS // MINUTE_MILLIS,
        "last_watermark": text_from_millis(watermark.value()),
    }
    assert counts["rows"] == counts["used"] + counts["late"] + counts["rejected"]

    times = lambda row: (text_from_millis(row[0]), text_from_millis(row[1]), *row[2:])
    return {
        "expected-hourly.csv": csv_text(HOURLY, map(times, windows)),
        "expected-late.csv": csv_text(COLUMNS, map(times, late)),
        "expected.json": json.dumps(counts, indent=2) + "\n",
    }


def show_bounds() -> None:
    kept = accepted(read_flights())
    for minutes in (15, 30, 60, 120, 180):
        _, late, _ = walk(kept, minutes * MINUTE_MILLIS)
        print(f"{minutes:>4} min: {len(late):>6} late, {100 * len(late) / len(kept):.2f} %")


def main() -> None:
    if "--bounds" in sys.argv:
        return show_bounds()
    differing = []
    for name, text in answers().items():
        path = SAMPLE / name
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8", newline="")
        elif path.read_bytes() != text.encode():
            differing.append(name)
    sys.exit(f"differs: {', '.join(differing)}" if differing else None)


if __name__ == "__main__":
    main()
