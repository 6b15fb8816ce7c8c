"""Answers one query in DuckDB or Polars, and prints what that took as JSON: the peers' side of `tidemark bench`.

Time and processor time count from the query on, the opening of its file included; imports, and bids that are to lie in memory, come
before. The result is read to its last row and added up inside the engine, so that no row has to become a Python object.
"""

import json
import os
import sys
import time
from decimal import Decimal

spec = json.loads(sys.argv[1])
path, columns, results = spec["path"], spec["columns"], spec["results"]
# Sums of times, where nothing is measured.
is_check = spec["check"]

TYPES = {
    "auction": "BIGINT",
    "bidder": "BIGINT",
    "price": "BIGINT",
    "channel": "VARCHAR",
    "url": "VARCHAR",
    "date_time": "TIMESTAMP",
    "extra": "VARCHAR",
}


def duckdb_query():
    import duckdb

    database = duckdb.connect()
    database.execute(f"set threads = {spec['threads']}")
    database.execute("set preserve_insertion_order = false")
    # It would be painted between what is printed.
    database.execute("set enable_progress_bar = false")
    name = "'" + path.replace("'", "''") + "'"
    if spec["from"] == "csv":
        types = ", ".join(f"'{column}': '{kind}'" for column, kind in TYPES.items())
        bid = (
            f"read_csv({name}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
            f"new_line = '\\n', columns = {{{types}}})"
        )
    else:
        bid = f"read_parquet({name})"
    if spec["from"] == "memory":
        database.execute(f"create table bid as select {', '.join(columns)} from {bid}")
        bid = "bid"
    folds = {
        "numbers": lambda column: f"sum({column})",
        "times": lambda column: f"sum(epoch_ms({column}))" if is_check else f"epoch_ms(max({column}))",
        "texts": lambda column: f"sum(strlen({column}))",
    }
    sums = ", ".join(folds[holds](column) for column, holds in results)
    sql = f"select count(*), {sums} from ({spec['sql'].replace('{bid}', bid)})"
    return lambda: database.execute(sql).fetchone()


def polars_query():
    os.environ["POLARS_MAX_THREADS"] = str(spec["threads"])
    import polars as pl

    # Starts the threads, which others have by now.
    pl.LazyFrame({"n": [1]}).select(pl.col("n").sum()).collect(engine="streaming")
    held = pl.read_parquet(path, columns=columns) if spec["from"] == "memory" else None

    def bids():
        if held is not None:
            return held.lazy()
        if spec["from"] == "parquet":
            return pl.scan_parquet(path)
        # Times are read as texts first: told their type, Polars takes four times as long.
        kinds = {"BIGINT": pl.Int64, "VARCHAR": pl.String, "TIMESTAMP": pl.String}
        texts = pl.scan_csv(path, schema={column: kinds[kind] for column, kind in TYPES.items()})
        return texts.with_columns(pl.col("date_time").str.to_datetime("%Y-%m-%d %H:%M:%S%.3f", time_unit="ms"))

    times = lambda column: column.dt.epoch("ms").sum() if is_check else column.max().dt.epoch("ms")
    folds = {"numbers": lambda column: column.sum(), "times": times, "texts": lambda column: column.str.len_bytes().sum()}

    def run():
        query = eval(spec["polars"], {"pl": pl, "c": pl.col, "bid": bids(), "Decimal": Decimal})
        sums = [folds[holds](pl.col(column)) for column, holds in results]
        return query.select(pl.len().alias("number of rows"), *sums).collect(engine="streaming").row(0)

    return run


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            lines = dict(line.split(":", 1) for line in status)
        return int(lines["VmHWM"].split()[0]) * 1024
    except (OSError, KeyError):
        return None


def whole(value):
    """A sum as a whole number: a decimal without its point, nothing as 0."""
    return "0" if value is None else str(value).replace(".", "")


query = {"duckdb": duckdb_query, "polars": polars_query}[spec["engine"]]()
wall, cpu = time.perf_counter(), time.process_time()
n_rows, *sums = query()
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({
    "wall_seconds": wall,
    "cpu_seconds": cpu,
    "peak_bytes": peak_bytes(),
    "rows": n_rows,
    "sums": [whole(value) for value in sums],
}))
