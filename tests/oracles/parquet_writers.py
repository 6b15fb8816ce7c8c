#!/usr/bin/env python3
"""Parquet files of common writers, and what PyArrow reads in them.

    python tests/oracles/parquet_writers.py [--rows N]

writes small files into `tests/data/parquet`, each in another way: codecs, page versions, encodings, page index, legacy forms of lists,
and the writers PyArrow, DuckDB, Polars and fastparquet (`pip install pyarrow duckdb polars fastparquet pandas`). Beside them stands
`expected.json`: for each file its columns' types and its rows as PyArrow reads them, in the form in which Tidemark shows values.
"""

import argparse
import base64
import datetime as dt
import decimal
import json
import math
import random
from pathlib import Path

import duckdb
import fastparquet
import numpy as np
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

OUT = Path(__file__).parents[1] / "data" / "parquet"
FLAT_NAMES = {
    pa.bool_(): "BOOLEAN", pa.int8(): "TINYINT", pa.int16(): "SMALLINT", pa.int32(): "INT", pa.int64(): "BIGINT",
    pa.uint8(): "SMALLINT", pa.uint16(): "INT", pa.uint32(): "BIGINT", pa.uint64(): "DECIMAL(20, 0)",
    pa.float32(): "FLOAT", pa.float64(): "DOUBLE", pa.string(): "STRING", pa.large_string(): "STRING",
    pa.binary(): "BYTES", pa.large_binary(): "BYTES", pa.date32(): "DATE",
}  # fmt: skip
types = pa.types


# What Tidemark calls and shows what PyArrow reads.


def type_name(t: pa.DataType) -> str:
    if types.is_map(t):
        return f"ARRAY<ROW<key {type_name(t.key_type)}, value {type_name(t.item_type)}>>"
    if types.is_list(t) or types.is_large_list(t):
        return f"ARRAY<{type_name(t.value_type)}>"
    if types.is_struct(t):
        return "ROW<" + ", ".join(f"{f.name} {type_name(f.type)}" for f in t) + ">"
    if types.is_timestamp(t):
        return "TIMESTAMP_LTZ(3)" if t.tz else "TIMESTAMP(3)"
    if types.is_time(t):
        return "TIME"
    if types.is_decimal(t):
        return f"DECIMAL({t.precision}, {t.scale})"
    if types.is_fixed_size_binary(t):
        return "BYTES"
    if types.is_dictionary(t):
        return type_name(t.value_type)
    return FLAT_NAMES[t]


def clock(millis: int) -> str:
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}.{millis % 1000:03}"


def day(days: int) -> str:
    return str(dt.date(1970, 1, 1) + dt.timedelta(days=days))


PER_MILLI = {"s": 0.001, "ms": 1, "us": 1000, "ns": 1_000_000}


def millis(value: int, unit: str) -> int:
    return value * 1000 if unit == "s" else value // PER_MILLI[unit]


def show(scalar: pa.Scalar) -> str | None:
    """A flat value as it is shown; nothing for NULL."""
    t = scalar.type
    if not scalar.is_valid:
        return None
    if types.is_dictionary(t):
        return show(scalar.value)
    if types.is_timestamp(t):
        at = millis(scalar.value, t.unit)
        return f"{day(at // 86_400_000)} {clock(at % 86_400_000)}"
    if types.is_time(t):
        return clock(millis(scalar.value, t.unit))
    if types.is_date(t):
        return day(scalar.value)
    value = scalar.as_py()
    if types.is_boolean(t):
        return "true" if value else "false"
    if types.is_floating(t):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        number = np.float32(value) if types.is_float32(t) else np.float64(value)
        return np.format_float_positional(number, unique=True, trim="-")
    if types.is_decimal(t):
        return format(value, "f")
    return value.hex() if isinstance(value, bytes) else str(value)


def shown_json(scalar: pa.Scalar) -> str:
    """A value inside of another one."""
    t = scalar.type
    if not scalar.is_valid:
        return "null"
    if types.is_map(t):
        pairs = scalar.values if scalar.values is not None else []
        return "[" + ",".join(shown_json(pair) for pair in pairs) + "]"
    if types.is_list(t) or types.is_large_list(t):
        return "[" + ",".join(shown_json(value) for value in scalar.values) + "]"
    if types.is_struct(t):
        return "{" + ",".join(f"{json.dumps(name)}:{shown_json(value)}" for name, value in scalar.items()) + "}"
    text = show(scalar)
    bare = types.is_boolean(t) or types.is_integer(t) or types.is_decimal(t)
    bare = bare or (types.is_floating(t) and math.isfinite(scalar.as_py()))
    return text if bare else json.dumps(text, ensure_ascii=False)


def is_nested(t: pa.DataType) -> bool:
    return types.is_nested(t)


def rows_of(table: pa.Table) -> list[str]:
    columns = []
    for column in table.columns:
        shown = shown_json if is_nested(column.type) else show
        columns.append([None if not value.is_valid else shown(value) for value in column])
    return ["|".join("NULL" if value is None else value for value in row) for row in zip(*columns)]


# What is written.


def some(random_: random.Random, n: int, make) -> list:
    """`n` values, one in five NULL."""
    return [None if random_.random() < 0.2 else make(i) for i in range(n)]


def flat(n: int) -> pa.Table:
    r = random.Random(1)
    whole = lambda bits, signed=True: lambda i: r.choice([
        r.randrange(-(1 << bits - 1), 1 << bits - 1) if signed else r.randrange(1 << bits), i % 5, i % 5])  # fmt: skip
    words = ["", "a", "amber", "a much longer text than fits into a view", "ünïcode", 'quote " and \\'] + [f"word {i}" for i in range(9)]
    at = lambda per_second: lambda i: r.randrange(-10**9, 2 * 10**9) * per_second + r.randrange(per_second)
    number = lambda digits: lambda i: r.randrange(-(10**digits) + 1, 10**digits)
    dec = lambda p, s: pa.array([None if v is None else decimal.Decimal(v).scaleb(-s, decimal.Context(prec=60))
                                 for v in some(r, n, number(p))], pa.decimal128(p, s))  # fmt: skip
    real = lambda i: r.choice([r.randrange(-10**5, 10**5) / 8, i % 4 + 0.5])
    return pa.table({
        "flag": pa.array(some(r, n, lambda i: r.random() < 0.5), pa.bool_()),
        "i8": pa.array(some(r, n, whole(8)), pa.int8()),
        "i16": pa.array(some(r, n, whole(16)), pa.int16()),
        "i32": pa.array(some(r, n, whole(32)), pa.int32()),
        "i64": pa.array(some(r, n, whole(64)), pa.int64()),
        "u8": pa.array(some(r, n, whole(8, False)), pa.uint8()),
        "u16": pa.array(some(r, n, whole(16, False)), pa.uint16()),
        "u32": pa.array(some(r, n, whole(32, False)), pa.uint32()),
        "u64": pa.array(some(r, n, whole(64, False)), pa.uint64()),
        "f32": pa.array(some(r, n, real), pa.float32()),
        "f64": pa.array([math.nan, math.inf, -math.inf, -0.0] + some(r, n - 4, real), pa.float64()),
        "text": pa.array(some(r, n, lambda i: r.choice(words)), pa.string()),
        "bytes": pa.array(some(r, n, lambda i: r.randbytes(r.randrange(20))), pa.binary()),
        "fixed": pa.array(some(r, n, lambda i: r.randbytes(3)), pa.binary(3)),
        "day": pa.array(some(r, n, lambda i: r.randrange(-40_000, 40_000)), pa.date32()),
        "time_ms": pa.array(some(r, n, lambda i: r.randrange(86_400_000)), pa.time32("ms")),
        "time_us": pa.array(some(r, n, lambda i: r.randrange(86_400_000_000)), pa.time64("us")),
        "time_ns": pa.array(some(r, n, lambda i: r.randrange(86_400_000_000_000)), pa.time64("ns")),
        "ms": pa.array(some(r, n, at(1000)), pa.timestamp("ms")),
        "us": pa.array(some(r, n, at(10**6)), pa.timestamp("us")),
        "ns": pa.array(some(r, n, at(10**9)), pa.timestamp("ns")),
        "utc": pa.array(some(r, n, at(10**6)), pa.timestamp("us", "UTC")),
        "zone": pa.array(some(r, n, at(1000)), pa.timestamp("ms", "America/New_York")),
        "d5": dec(5, 2), "d15": dec(15, 4), "d38": dec(38, 10),
        "coded": pa.array(some(r, n, lambda i: r.choice(words)), pa.string()).dictionary_encode(),
        "id": pa.array(range(n), pa.int64()),
    }, schema=None)  # fmt: skip


POINT = pa.struct([("x", pa.int32()), ("name", pa.string()), ("at", pa.timestamp("us"))])


def nested(n: int) -> pa.Table:
    r = random.Random(2)
    word = lambda: r.choice(["a", "amber", "a much longer text than fits into a view", "", 'say "x"'])
    maybe = lambda make: None if r.random() < 0.2 else make()
    point = lambda: {"x": maybe(lambda: r.randrange(9)), "name": maybe(word), "at": maybe(lambda: r.randrange(-(10**12), 10**15))}
    many = lambda make: [make() for _ in range(r.choice([0, 0, 1, 2, 5]))]
    column = lambda make, t: pa.array([maybe(make) for _ in range(n)], t)
    deep = pa.struct([("points", pa.list_(POINT)), ("inner", pa.struct([("flag", pa.bool_()), ("v", pa.list_(pa.float64()))]))])
    cents = lambda: decimal.Decimal(r.randrange(-(10**8), 10**8)).scaleb(-2)
    return pa.table({
        "id": pa.array(range(n), pa.int64()),
        "point": column(point, POINT),
        "ints": column(lambda: many(lambda: maybe(lambda: r.randrange(-5, 1000))), pa.list_(pa.int64())),
        "texts": column(lambda: many(lambda: maybe(word)), pa.list_(pa.string())),
        "points": column(lambda: many(lambda: maybe(point)), pa.list_(POINT)),
        "lists": column(lambda: many(lambda: maybe(lambda: many(lambda: maybe(lambda: r.randrange(9))))), pa.list_(pa.list_(pa.int16()))),
        "deep": column(lambda: {"points": maybe(lambda: many(lambda: maybe(point))),
                                "inner": maybe(lambda: {"flag": maybe(lambda: r.random() < 0.5), "v": maybe(lambda: many(lambda: maybe(lambda: r.randrange(9) / 4)))})}, deep),
        "map": column(lambda: [(f"k{i}", maybe(lambda: r.randrange(9))) for i in range(r.randrange(4))], pa.map_(pa.string(), pa.int32())),
        "map_of_lists": column(lambda: [(i, maybe(lambda: many(word))) for i in range(r.randrange(3))], pa.map_(pa.int32(), pa.list_(pa.string()))),
        "kinds": column(lambda: many(lambda: {"u8": r.randrange(256), "u64": maybe(lambda: r.randrange(1 << 64)), "day": maybe(lambda: r.randrange(20_000)),
                                              "time": maybe(lambda: r.randrange(86_400_000_000)), "money": maybe(cents), "raw": maybe(lambda: r.randbytes(2)),
                                              "utc": maybe(lambda: r.randrange(10**15)), "f": maybe(lambda: r.randrange(64) / 8)}),
                        pa.list_(pa.struct([("u8", pa.uint8()), ("u64", pa.uint64()), ("day", pa.date32()), ("time", pa.time64("us")), ("money", pa.decimal128(12, 2)),
                                            ("raw", pa.binary(2)), ("utc", pa.timestamp("ns", "UTC")), ("f", pa.float32())]))),
    })  # fmt: skip


def required(n: int) -> pa.Table:
    """Nested columns that are never NULL where the levels say so."""
    r = random.Random(3)
    ints = pa.list_(pa.field("element", pa.int32(), nullable=False))
    inner = pa.struct([pa.field("a", pa.int32()), pa.field("b", pa.string(), nullable=False)])
    rows = pa.list_(pa.field("element", inner, nullable=False))
    schema = pa.schema([pa.field("xs", ints), pa.field("ys", ints, nullable=False), pa.field("rows", rows),
                        pa.field("one", inner, nullable=False)])  # fmt: skip
    number = lambda: r.randrange(100)
    row = lambda: {"a": None if r.random() < 0.3 else number(), "b": r.choice("abc")}
    many = lambda make: [make() for _ in range(r.randrange(4))]
    maybe = lambda make: None if r.random() < 0.3 else make()
    data = {"xs": [maybe(lambda: many(number)) for _ in range(n)], "ys": [many(number) for _ in range(n)],
            "rows": [maybe(lambda: many(row)) for _ in range(n)], "one": [row() for _ in range(n)]}  # fmt: skip
    return pa.Table.from_pydict(data, schema=schema)


# Thrift's compact protocol, as far as footers use it: a struct is a list of [id, type, value], a list is [type, values].


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def read_value(data: bytes, at: int, kind: int):
    if kind in (1, 2):
        return kind, at
    if kind == 3:
        return data[at], at + 1
    if kind in (4, 5, 6):
        return read_varint(data, at)
    if kind == 8:
        n, at = read_varint(data, at)
        return data[at : at + n], at + n
    if kind == 9:
        n, inner, at = data[at] >> 4, data[at] & 15, at + 1
        if n == 15:
            n, at = read_varint(data, at)
        values = []
        for _ in range(n):
            value, at = read_value(data, at, inner)
            values.append(value)
        return [inner, values], at
    assert kind == 12, kind
    fields, last = [], 0
    while data[at]:
        delta, inner, at = data[at] >> 4, data[at] & 15, at + 1
        assert delta, "fields of a footer follow closely"
        last += delta
        value, at = read_value(data, at, inner)
        fields.append([last, inner, value])
    return fields, at + 1


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def value_bytes(kind: int, value) -> bytes:
    if kind in (1, 2):
        return b""
    if kind == 3:
        return bytes([value])
    if kind in (4, 5, 6):
        return varint(value)
    if kind == 8:
        return varint(len(value)) + value
    if kind == 9:
        inner, values = value
        head = bytes([len(values) << 4 | inner]) if len(values) < 15 else bytes([0xF0 | inner]) + varint(len(values))
        return head + b"".join(value_bytes(inner, value) for value in values)
    out, last = b"", 0
    for number, inner, value in value:
        out += bytes([number - last << 4 | inner]) + value_bytes(inner, value)
        last = number
    return out + b"\0"


class Element:
    """An element of a schema."""

    def __init__(self, fields: list):
        self.fields = {number: [kind, value] for number, kind, value in fields}

    name = property(lambda self: self.fields[4][1].decode(), lambda self, name: self.fields[4].__setitem__(1, name.encode()))

    def repeat(self) -> None:
        self.fields[3] = [5, 4]

    def bytes_fields(self) -> list:
        return [[number, *self.fields[number]] for number in sorted(self.fields)]


def relabel(source: Path, target: Path, change) -> None:
    """Writes a file anew with another schema over the same pages: `change` takes and gives the elements of the schema."""
    data = source.read_bytes()
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer, _ = read_value(data, start, 12)
    schema = next(field for field in footer if field[0] == 2)
    elements = change([Element(fields) for fields in schema[2][1]])
    schema[2][1] = [element.bytes_fields() for element in elements]
    footer_bytes = value_bytes(12, footer)
    target.write_bytes(data[:start] + footer_bytes + len(footer_bytes).to_bytes(4, "little") + b"PAR1")


def legacy(schema: list) -> list:
    """`required`'s columns in old forms: `xs` of two levels, `ys` as protocol buffers have it, `rows` in a group called `array`."""
    root, xs, xs_list, xs_item, ys, ys_list, ys_item, rows, rows_list, rows_item, *rest = schema
    assert [e.name for e in (xs, ys, rows)] == ["xs", "ys", "rows"]
    xs_item.name, ys_item.name, rows_item.name = "array", "ys", "array"
    for element in (xs_item, ys_item, rows_item):
        element.repeat()
    return [root, xs, xs_item, ys_item, rows, rows_item, *rest]


def tuples(schema: list) -> list:
    """`required`'s columns with lists called as Hive and Thrift call them."""
    root, xs, xs_list, xs_item, ys, ys_list, ys_item, rows, rows_list, rows_item, *rest = schema
    xs_list.name, xs_item.name = "bag", "array_element"
    rows_item.name = "rows_tuple"
    rows_item.repeat()
    return [root, xs, xs_list, xs_item, ys, ys_list, ys_item, rows, rows_item, *rest]


def hive(schema: list) -> list:
    """Lists whose elements may be NULL, called as Hive calls them."""
    for element in schema:
        if element.name == "list":
            element.name = "bag"
        elif element.name == "element":
            element.name = "array_element"
    return schema


class PlainKms(pe.KmsClient):
    """Wraps keys by coding them: nothing is secret here."""

    def __init__(self, _config):
        super().__init__()

    def wrap_key(self, key_bytes, _master):
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped, _master):
        return base64.b64decode(wrapped)


def encrypted(table: pa.Table, path: Path, plaintext_footer: bool) -> None:
    config = pe.EncryptionConfiguration(footer_key="f", column_keys={"c": ["i64"]}, plaintext_footer=plaintext_footer)
    factory = pe.CryptoFactory(PlainKms)
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=24)
    n = parser.parse_args().rows
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.parquet"):
        old.unlink()
    path = lambda name: OUT / f"{name}.parquet"
    flat_, nested_, required_ = flat(n), nested(n), required(n)
    plain = {"store_schema": False, "write_page_index": False}
    write = lambda table, name, **options: pq.write_table(table, path(name), **{**plain, **options})

    few = flat_.select(["i32", "text", "f64", "ms", "d38"])
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        for version in ["1.0", "2.0"]:
            write(few, f"codec-{codec}-v{version[0]}", compression=codec, data_page_version=version)
    write(flat_, "flat-v1", store_schema=True)
    write(flat_, "flat-v2", data_page_version="2.0", compression="zstd")
    write(flat_.drop_columns(["ns", "time_ns"]), "flat-plain", use_dictionary=False, compression="none", version="1.0")
    write(flat_, "flat-tiny-pages", data_page_size=64, write_batch_size=5, row_group_size=11, write_page_index=True)
    write(flat_, "flat-integer-decimals", store_decimal_as_integer=True)
    whole = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "day", "us", "id"]
    encodings = {
        **{name: "DELTA_BINARY_PACKED" for name in whole},
        "text": "DELTA_BYTE_ARRAY", "bytes": "DELTA_LENGTH_BYTE_ARRAY",
        "f32": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT",
    }  # fmt: skip
    encoded = flat_.select(list(encodings))
    for version in ["1.0", "2.0"]:
        write(encoded, f"delta-v{version[0]}", use_dictionary=False, column_encoding=encodings, data_page_version=version)
    split = {name: "BYTE_STREAM_SPLIT" for name in ["i32", "i64", "f32", "f64"]}
    write(flat_.select(list(split)), "byte-stream-split", use_dictionary=False, column_encoding=split)
    write(flat_.select(["flag", "id"]), "boolean-rle", use_dictionary=False, column_encoding={"flag": "RLE", "id": "PLAIN"}, data_page_version="2.0")
    # INT96 cannot hold the zones, and PyArrow reads nanoseconds, which reach from 1677 to 2262.
    write(flat_.select(["ms", "us", "ns", "id"]), "int96", use_deprecated_int96_timestamps=True)
    write(few, "bloom-filters", bloom_filter_options={"i32": True, "text": True})

    write(nested_, "nested-v1", store_schema=True)
    write(nested_, "nested-v2", data_page_version="2.0", compression="zstd")
    write(nested_, "nested-tiny-pages", data_page_size=32, write_batch_size=3, row_group_size=13)
    write(nested_, "nested-plain-items", use_compliant_nested_type=False, use_dictionary=False, data_page_version="2.0", data_page_size=48, write_batch_size=4)
    write(required_, "nested-required")
    relabel(path("nested-required"), path("nested-two-levels"), legacy)
    relabel(path("nested-required"), path("nested-tuples"), tuples)
    write(nested_.select(["ints", "points", "lists"]), "nested-of-lists", compression="gzip")
    relabel(path("nested-of-lists"), path("nested-hive"), hive)

    # DuckDB has neither fixed bytes nor zones; Polars and fastparquet lack some kinds too.
    db = duckdb.connect()
    db.sql("SET TimeZone = 'UTC'")
    theirs = flat_.drop_columns(["fixed", "coded", "zone", "time_ns"])
    for codec in ["snappy", "lz4_raw", "brotli"]:
        db.sql(f"COPY theirs TO '{path(f'duckdb-{codec}')}' (FORMAT parquet, COMPRESSION {codec}, PARQUET_VERSION v1)")
    db.sql(f"COPY theirs TO '{path('duckdb-v2')}' (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd)")
    db.sql(f"COPY nested_ TO '{path('duckdb-nested')}' (FORMAT parquet)")
    in_polars = polars.from_arrow(flat_.drop_columns(["fixed", "coded"]))
    in_polars.write_parquet(path("polars"), compression="lz4", data_page_size=128)
    polars.from_arrow(nested_.drop_columns(["map", "map_of_lists"])).write_parquet(path("polars-nested"), row_group_size=10)
    pandas_ = flat_.select(["flag", "i32", "i64", "f32", "f64", "text", "bytes", "us", "utc"]).to_pandas(types_mapper={
        pa.int32(): pandas.Int32Dtype(), pa.int64(): pandas.Int64Dtype(), pa.bool_(): pandas.BooleanDtype()}.get)  # fmt: skip
    for codec in ["GZIP", "SNAPPY", "ZSTD"]:
        fastparquet.write(str(path(f"fastparquet-{codec.lower()}")), pandas_, compression=codec, object_encoding={"text": "utf8", "bytes": "bytes"}, row_group_offsets=max(n // 2, 1))

    expected = {}
    for file in sorted(OUT.glob("*.parquet")):
        # PyArrow 26 cannot read DuckDB's DELTA_BINARY_PACKED of 32 bits without sign.
        table = db.sql(f"FROM '{file}'").to_arrow_table() if file.stem == "duckdb-v2" else pq.read_table(file)
        schema = ", ".join(f"{field.name} {type_name(field.type)}" for field in table.schema)
        expected[file.name] = {"types": schema, "rows": rows_of(table)}
    # What Tidemark refuses.
    write(flat_.select(["id", "fixed"]), "fixed-delta", use_dictionary=False, column_encoding={"fixed": "DELTA_BYTE_ARRAY", "id": "PLAIN"})
    encrypted(few.append_column("i64", flat_["i64"]), path("encrypted"), False)
    encrypted(few.append_column("i64", flat_["i64"]), path("encrypted-column"), True)
    # Files of the same rows name the first of them.
    first: dict[str, str] = {}
    for name, file in expected.items():
        same = first.setdefault(json.dumps(file["rows"]), name)
        file["rows"] = file["rows"] if same == name else same
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
