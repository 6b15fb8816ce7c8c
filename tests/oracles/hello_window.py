#!/usr/bin/env python3
"""What the sample flow `hello-window` must give.

    python tests/oracles/hello_window.py           writes the golden files beside the flow
    python tests/oracles/hello_window.py --check   compares them instead
    python tests/oracles/hello_window.py --story   tells what happens, row by row
"""

import csv
import io
import sys
from decimal import Decimal
from pathlib import Path

from tumble import DAY_MILLIS, MINUTE_MILLIS, SECOND_MILLIS, Watermark, millis_from_text, text_from_millis, tumble

SAMPLE = Path(__file__).parents[2] / "sample-flows" / "hello-window"

SIZE_MILLIS = MINUTE_MILLIS
BOUND_MILLIS = 10 * SECOND_MILLIS

WINDOWS = ("window_start", "window_end", "counter", "orders", "total", "cheapest", "dearest", "first_item", "last_item", "mean_price")


def read_orders() -> list[dict]:
    with (SAMPLE / "orders.csv").open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def at(row: dict) -> int:
    return millis_from_text(row["at"])


def summarise(start: int, counter: str, inside: list[dict]) -> tuple:
    prices = [Decimal(row["price"]) for row in inside]
    total = sum(prices)
    return (
        text_from_millis(start),
        text_from_millis(start + SIZE_MILLIS),
        counter,
        len(inside),
        float(total),
        float(min(prices)),
        float(max(prices)),
        inside[0]["item"],  # first and last in order of arrival, not of event time
        inside[-1]["item"],
        float(total) / len(inside),  # the total is exact: every price is a multiple of 0.25
    )


def csv_text(header, rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def answers(rows: list[dict]) -> dict[str, str]:
    windows, late, _ = tumble(
        rows,
        ts=at,
        key=lambda row: row["counter"],
        size_millis=SIZE_MILLIS,
        bound_millis=BOUND_MILLIS,
        skew_millis=DAY_MILLIS,
    )
    assert len(rows) == len(late) + sum(map(len, windows.values()))
    return {
        "expected.csv": csv_text(WINDOWS, (summarise(*place, inside) for place, inside in sorted(windows.items()))),
        "expected-late.csv": csv_text(rows[0].keys(), (row.values() for row, _ in late)),
    }


def tell(rows: list[dict]) -> None:
    watermark = Watermark(BOUND_MILLIS, DAY_MILLIS)
    for row in rows:
        before = watermark.value()
        watermark.observe(at(row))
        stands = "none yet" if before is None else text_from_millis(before)[11:]
        print(f"{row['order_id']:>2}  {row['at'][11:]}  {row['counter']:<6}  watermark before {stands:<12}  after {text_from_millis(watermark.value())[11:]}")


def main() -> None:
    rows = read_orders()
    if "--story" in sys.argv:
        return tell(rows)
    differing = []
    for name, text in answers(rows).items():
        path = SAMPLE / name
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8", newline="")
        elif path.read_bytes() != text.encode():
            differing.append(name)
    sys.exit(f"differs: {', '.join(differing)}" if differing else None)


if __name__ == "__main__":
    main()
