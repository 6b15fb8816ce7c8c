#!/usr/bin/env python3
"""What the sample flows `nexmark-bids` and `generated-sensors` must give.

    python tests/oracles/generated_samples.py           writes the golden files beside the flows
    python tests/oracles/generated_samples.py --check   compares them instead

The rows are made anew from the description of the two sources, and dealt out to windows by `tumble.py`. Needs the standard library
alone.
"""

import csv
import io
import json
import math
import sys
from datetime import datetime
from pathlib import Path

import nexmark
from nexmark import Draw, bits, key_of
from tumble import DAY_MILLIS, millis_from_text, text_from_millis, tumble

SAMPLES = Path(__file__).parents[2] / "sample-flows"


def params_of(sample: str) -> dict[str, dict]:
    """The parameters of each node, as the flow has them."""
    flow = json.loads((SAMPLES / sample / f"{sample}.flow.json").read_text())
    return {node["id"]: node["params"] for node in flow["nodes"]}


def csv_text(header, rows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


# --- nexmark-bids ---


def nexmark_bids() -> dict[str, str]:
    params = params_of("nexmark-bids")
    made = params["bids"]
    generator = nexmark.Generator(
        seed=made["seed"], mode="fixed", rate=made["rate"], base=datetime(2015, 7, 15),
        delayed=made["delayed_probability"], delay_millis=3000, events=made["events"],
    )
    # The rows of the bids alone, without the texts, which nobody reads.
    bids = [
        {
            "auction": 1000 + generator.some_auction(e),
            "bidder": 1000 + generator.some_person(nexmark.BIDDER, e, 1),
            "price": generator.price(nexmark.PRICE, e),
            "date_time": generator.timestamp(generator.millis(e)),
        }
        for e in generator.arrivals()
        if e % 50 > 3
    ]
    size = params["two_seconds"]["size_millis"]
    windows, late, _ = tumble(
        bids, ts=lambda row: millis_from_text(row["date_time"]), key=lambda _: 0, size_millis=size,
        bound_millis=params["watermark"]["bound_millis"], skew_millis=DAY_MILLIS,
    )
    summary = [
        (text_from_millis(start), text_from_millis(start + size), len(rows), max(row["price"] for row in rows), sum(row["price"] for row in rows))
        for (start, _), rows in sorted(windows.items())
    ]
    return {
        "expected.csv": csv_text(("window_start", "window_end", "bids", "highest", "total"), summary),
        "expected-late.csv": csv_text(("auction", "bidder", "price", "date_time"), (row.values() for row, _ in late)),
    }


# --- generated-sensors ---


def named(seed: int, name: str) -> int:
    """The key of the stream of a name: FNV-1a."""
    digest = 0xCBF29CE484222325
    for byte in name.encode():
        digest = (digest ^ byte) * 0x100000001B3 & nexmark.MASK
    return key_of(seed, digest)


def zipf(draw: Draw, n: int, skew: float) -> int:
    weights = [k**-skew for k in range(1, n + 1)]
    at = draw.unit() * sum(weights)
    for place, weight in enumerate(weights):
        if at < weight:
            return place
        at -= weight
    return n - 1


def arrivals(made: dict):
    """Milliseconds from the start to each row, by going through time: where a burst or gap begins, the pace changes."""
    rate = made["rate"] / 1000
    per_period = rate * (made["burst_millis"] * 10 + made["burst_every_millis"] - made["burst_millis"])
    for n in range(made["rows"]):
        active, left = 0.0, float(n)
        while left >= per_period:
            active, left = active + made["burst_every_millis"], left - per_period
        in_burst = min(left, rate * 10 * made["burst_millis"])
        active += in_burst / (rate * 10) + (left - in_burst) / rate
        n_gaps = int(active // (made["gap_every_millis"] - made["gap_millis"]))
        yield int(active + n_gaps * made["gap_millis"])


def generated_sensors() -> dict[str, str]:
    params = params_of("generated-sensors")
    made = params["reports"]
    start = millis_from_text(made["start_time"] + ".000")
    columns = {column["name"]: column for column in made["columns"]}
    words = columns["state"]["words"]
    keys = {name: named(made["seed"], name) for name in (*columns, "event_time")}
    draw = lambda name, part, n: Draw(bits(bits(keys[name], part), n))  # 0 makes values, 1 decides about NULL

    reports = []
    for n, arrival in enumerate(arrivals(made)):
        delay = int(-math.log(1.0 - draw("event_time", 0, n).unit()) * 1000)
        late = 60_000 if draw("event_time", 1, n).unit() < made["late_probability"] else 0
        at = draw("state", 0, n).unit() * sum(word.get("weight", 1.0) for word in words)
        state = "ok" if at < 8 else "weak" if at < 9 else "lost"
        null = draw("pulse", 1, n).unit() < columns["pulse"]["null_share"]
        reports.append({
            "number": n,
            "sensor": f"sensor-{zipf(draw('sensor', 0, n), 20, 1.2)}",
            "pulse": "" if null else 40 + draw("pulse", 0, n).below(141),
            "state": state,
            "event_time": text_from_millis(start + arrival - delay - late),
        })
    size = params["window"]["size_millis"]
    windows, late, _ = tumble(
        reports, ts=lambda row: millis_from_text(row["event_time"]), key=lambda row: row["sensor"], size_millis=size,
        bound_millis=params["watermark"]["bound_millis"], skew_millis=DAY_MILLIS,
    )
    summary = []
    for (begin, sensor), rows in sorted(windows.items()):
        pulses = [row["pulse"] for row in rows if row["pulse"] != ""]
        summary.append((
            text_from_millis(begin), text_from_millis(begin + size), sensor, len(rows), len(pulses), max(pulses, default=""), rows[-1]["state"],
        ))
    header = ("window_start", "window_end", "sensor", "reports", "measured", "fastest", "last_state")
    return {
        "expected.csv": csv_text(header, summary),
        "expected-late.csv": csv_text(reports[0].keys(), (row.values() for row, _ in late)),
    }


def main() -> None:
    different = []
    for sample, made in (("nexmark-bids", nexmark_bids()), ("generated-sensors", generated_sensors())):
        for name, text in made.items():
            path = SAMPLES / sample / name
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8", newline="")
            elif not path.exists() or path.read_bytes() != text.encode():
                different.append(f"{sample}/{name}")
    sys.exit(f"not as they should be: {', '.join(different)}" if different else None)


if __name__ == "__main__":
    main()
