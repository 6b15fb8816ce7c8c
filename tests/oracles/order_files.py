#!/usr/bin/env python3
"""What the sample flow `order-files` must give, but for its Parquet.

    python tests/oracles/order_files.py           writes the golden files beside the flow
    python tests/oracles/order_files.py --check   compares them instead
    python tests/oracles/order_files.py --read OUTPUT
        reads what a run has put into the folder OUTPUT with three readers of other hands: DuckDB, Polars and PyArrow
        (`pip install duckdb polars pyarrow`), and compares that with the orders
"""

import csv
import json
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from tumble import DAY_MILLIS, MINUTE_MILLIS, SECOND_MILLIS, Watermark, millis_from_text, window_start

SAMPLE = Path(__file__).parents[2] / "sample-flows" / "order-files"
BOUND_MILLIS = 10 * SECOND_MILLIS


def number(text: str) -> str:
    """As a DOUBLE is written: without zeros behind the point."""
    return text.rstrip("0").rstrip(".")


def line(row: dict) -> str:
    """As an object in a line: times in ISO's form, numbers bare."""
    fields = {"order_id": row["order_id"], "at": json.dumps(row["at"].replace(" ", "T"))}
    fields |= {name: json.dumps(row[name]) for name in ("counter", "item")}
    fields["price"] = number(row["price"])
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}\n"


def minutes(rows: list[dict]) -> dict[str, str]:
    """The files of each counter and minute: rows in time in the first part, those that came after it in the second."""
    watermark = Watermark(BOUND_MILLIS, DAY_MILLIS)
    parts: dict[str, list[str]] = defaultdict(lambda: ["order_id,at,item,price\n"])
    for row in rows:
        at = millis_from_text(row["at"])
        now = watermark.value()
        is_late = now is not None and window_start(at, MINUTE_MILLIS) + MINUTE_MILLIS - 1 <= now
        day, clock = row["at"].split(" ")
        folder = f"minutes/counter={row['counter']}/dt={day}/hour={clock[:2]}/minute={clock[3:5]}"
        text = f"{row['order_id']},{row['at']},{row['item']},{number(row['price'])}\n"
        parts[f"{folder}/part-{int(is_late):05}.csv"].append(text)
        watermark.observe(at)
    files = {name: "".join(lines) for name, lines in parts.items()}
    return files | {f"{name.rsplit('/', 1)[0]}/_SUCCESS": "" for name in files}


def read_by_others(output: Path, rows: list[dict]) -> None:
    import duckdb
    import polars
    import pyarrow.dataset
    import pyarrow.parquet

    orders = [(int(row["order_id"]), datetime.fromisoformat(row["at"]), row["counter"], row["item"], float(row["price"])) for row in rows]
    names = ", ".join(f'"{name}"' for name in rows[0])
    parts = f"{output}/orders/*.parquet"
    by_arrow = pyarrow.parquet.read_table(output / "orders").to_pylist()
    assert [tuple(row.values()) for row in by_arrow] == orders, by_arrow
    assert polars.read_parquet(parts).rows() == orders
    for source in (
        f"'{parts}'",
        f"read_csv('{output}/minutes/**/*.csv', hive_partitioning = true)",
        f"(SELECT * REPLACE (\"at\"::TIMESTAMP AS \"at\") FROM read_ndjson('{output}/orders.ndjson'))",
    ):
        assert duckdb.sql(f"SELECT {names} FROM {source} ORDER BY order_id").fetchall() == orders, source
    by_folder = pyarrow.dataset.dataset(output / "minutes", format="csv", partitioning="hive").to_table()
    by_folder = by_folder.select(list(rows[0])).sort_by("order_id").to_pylist()
    assert [tuple(row.values()) for row in by_folder] == orders, by_folder
    assert polars.read_ndjson(output / "orders.ndjson").height == len(orders)
    print(f"{len(orders)} orders, read alike by all")


def main() -> None:
    with (SAMPLE / "orders.csv").open(newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    if "--read" in sys.argv:
        return read_by_others(Path(sys.argv[sys.argv.index("--read") + 1]), rows)
    expected = minutes(rows) | {"orders.ndjson": "".join(map(line, rows))}
    differing = []
    for name, text in expected.items():
        path = SAMPLE / "expected" / name
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        elif path.read_bytes() != text.encode():
            differing.append(name)
    sys.exit(f"differs: {', '.join(differing)}" if differing else None)


if __name__ == "__main__":
    main()
