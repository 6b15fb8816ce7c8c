#!/usr/bin/env python3
"""The first events of `nexmark_source`, worked out from the description of Nexmark's generator.

    python tests/oracles/nexmark.py           writes tests/data/nexmark
    python tests/oracles/nexmark.py --check   compares it instead

It shares with the engine what has to be agreed on, which number decides what, and nothing else: prices are powers, texts are
strings, and rows are put in order by sorting. Needs the standard library alone.
"""

import csv
import io
import math
import sys
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "nexmark"

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15

COLUMNS = {
    "bid": ["auction", "bidder", "price", "channel", "url", "date_time", "extra"],
    "auction": ["id", "item_name", "description", "initial_bid", "reserve", "date_time", "expires", "seller", "category", "extra"],
    "person": ["id", "name", "email_address", "credit_card", "city", "state", "date_time", "extra"],
}

# The number of each stream of draws.
DELAYED, URLS, FILLING = 0, 1, 2
AUCTION, BIDDER, PRICE, CHANNEL, _, BID_EXTRA, _, ITEM_NAME, DESCRIPTION, INITIAL_BID, RESERVE, EXPIRES, SELLER, CATEGORY, \
    AUCTION_EXTRA, _, PERSON_NAME, EMAIL_ADDRESS, CREDIT_CARD, CITY, STATE, PERSON_EXTRA = range(16, 38)

STATES = "AZ,CA,ID,OR,WA,WY".split(",")
CITIES = "Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne".split(",")
FIRST_NAMES = "Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter".split(",")
LAST_NAMES = "Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris".split(",")
HOT_CHANNELS = "Google,Facebook,Baidu,Apple".split(",")


def mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def key_of(seed: int, stream: int) -> int:
    return mix((mix((seed + STEP) & MASK) + stream * STEP) & MASK)


def bits(key: int, index: int) -> int:
    return mix((key + (index + 1) * STEP) & MASK)


class Draw:
    """A fraction of 2^64 that is spent digit by digit."""

    def __init__(self, value: int):
        self.value = value

    def below(self, n: int) -> int:
        product = self.value * n
        self.value = product & MASK
        return product >> 64

    def unit(self) -> float:
        return (self.value >> 11) / 2.0**53


class Generator:
    def __init__(self, seed, mode, rate, base, group=1, delayed=0.0, delay_millis=3000, first=0, events=0):
        self.seed, self.mode, self.base = seed, mode, base
        self.interval = 1e6 / rate
        self.group, self.delayed = group, delayed
        self.delay = round(delay_millis * rate / 1000) if delayed else 0
        self.first, self.events = first, events

    def draw(self, stream: int, e: int) -> Draw:
        return Draw(bits(key_of(self.seed, stream), e))

    def arrivals(self) -> list[int]:
        """Events in the order in which they arrive: by turn, those that waited for it first."""
        order = []
        for turn in range(self.first, self.first + self.events):
            e = turn // self.group * self.group + turn * 953 % self.group
            waits = self.delayed and self.draw(DELAYED, e).unit() < self.delayed
            order.append((turn + self.delay if waits else turn, 0 if waits else 1, e))
        return [e for _, _, e in sorted(order)]

    def millis(self, e: int) -> int:
        return int(e * self.interval) // 1000

    def timestamp(self, millis: int) -> str:
        return (self.base + timedelta(milliseconds=millis)).isoformat(sep=" ", timespec="milliseconds")

    # Numbers of persons and auctions, from 0.

    @staticmethod
    def last_person(e: int) -> int:
        return e // 50

    @staticmethod
    def last_auction(e: int) -> int:
        epoch, place = divmod(e, 50)
        return {0: epoch * 3 - 1, 1: epoch * 3, 2: epoch * 3 + 1}.get(place, epoch * 3 + 2)

    def some_person(self, stream: int, e: int, hot: int) -> int:
        last, draw = self.last_person(e), self.draw(stream, e)
        if draw.below(4) > 0:
            return last // 100 * 100 + hot
        people = last + 1
        active = min(people, 1000)
        return people - active + draw.below(active + 10)

    def some_auction(self, e: int) -> int:
        last, draw = self.last_auction(e), self.draw(AUCTION, e)
        if draw.below(2) > 0:
            return last // 100 * 100
        least = max(last - 100, 0)
        return least + draw.below(last - least + 1 + 10)

    def price(self, stream: int, e: int) -> int:
        return math.floor(100.0 * 10.0 ** (6.0 * self.draw(stream, e).unit()) + 0.5)

    # Texts.

    @staticmethod
    def text(key: int, longest: int, special: str) -> str:
        n = 3 + Draw(bits(key, 0)).below(longest - 3)
        out = []
        for block in range((n + 3) // 4):
            draw = Draw(bits(key, 1 + block))
            for _ in range(4):
                out.append(special if draw.below(13) == 0 else chr(97 + draw.below(26)))
        return "".join(out[:n]).strip(" ")

    def text_of(self, stream: int, e: int, longest: int) -> str:
        return self.text(bits(key_of(self.seed, stream), e), longest, " ")

    @cache
    def filling(self) -> str:
        out = []
        for index in range((1 << 20) // 8):
            draw = self.draw(FILLING, index)
            out.extend(chr(97 + draw.below(26)) for _ in range(8))
        return "".join(out)

    def extra(self, stream: int, e: int, n: int, mean: int) -> str:
        if n > mean:
            return ""
        delta = math.floor((mean - n) * 0.2 + 0.5)
        draw = self.draw(stream, e)
        size = mean - n - delta + (draw.below(2 * delta) if delta else 0)
        start = draw.below((1 << 20) - size)
        return self.filling()[start : start + size]

    def channel(self, e: int) -> int:
        draw = self.draw(CHANNEL, e)
        return draw.below(4) if draw.below(2) > 0 else 4 + draw.below(10_000)

    @cache
    def url(self, channel: int) -> str:
        key = bits(key_of(self.seed, URLS), channel)
        dirs = [self.text(bits(key, i), 5, "_") for i in range(3)]
        url = "https://www.nexmark.com/" + "/".join(dirs) + "/item.htm?query=1"
        if channel >= 4 and Draw(bits(key, 3)).below(10) > 0:
            flipped = int(f"{channel - 4:032b}"[::-1], 2)
            signed = flipped - (1 << 32) if flipped >= 1 << 31 else flipped
            url += f"&channel_id={signed if signed == -(1 << 31) else abs(signed)}"
        return url

    # Rows.

    def row(self, e: int) -> tuple[str, dict]:
        place = e % 50
        return ("person", self.person(e)) if place == 0 else ("auction", self.auction(e)) if place < 4 else ("bid", self.bid(e))

    def person(self, e: int) -> dict:
        name = self.draw(PERSON_NAME, e)
        key = bits(key_of(self.seed, EMAIL_ADDRESS), e)
        card = self.draw(CREDIT_CARD, e)
        row = {
            "id": 1000 + self.last_person(e),
            "name": f"{FIRST_NAMES[name.below(11)]} {LAST_NAMES[name.below(9)]}",
            "email_address": f"{self.text(bits(key, 0), 7, ' ')}@{self.text(bits(key, 1), 5, ' ')}.com",
            "credit_card": " ".join(f"{card.below(10_000):04}" for _ in range(4)),
            "city": CITIES[self.draw(CITY, e).below(10)],
            "state": STATES[self.draw(STATE, e).below(6)],
            "date_time": self.timestamp(self.millis(e)),
        }
        n = 8 + sum(len(row[column]) for column in ("name", "email_address", "credit_card", "city", "state"))
        return row | {"extra": self.extra(PERSON_EXTRA, e, n, 200)}

    def auction(self, e: int) -> dict:
        now = self.millis(e)
        horizon = self.millis(e + 100 * 50 // 3) - now
        row = {
            "id": 1000 + self.last_auction(e),
            "item_name": self.text_of(ITEM_NAME, e, 20),
            "description": self.text_of(DESCRIPTION, e, 100),
            "initial_bid": self.price(INITIAL_BID, e),
            "reserve": self.price(INITIAL_BID, e) + self.price(RESERVE, e),
            "date_time": self.timestamp(now),
            "expires": self.timestamp(now + 1 + self.draw(EXPIRES, e).below(max(horizon * 2, 1))),
            "seller": 1000 + self.some_person(SELLER, e, 0),
            "category": 10 + self.draw(CATEGORY, e).below(5),
        }
        n = 8 + len(row["item_name"]) + len(row["description"]) + 8 + 8 + 8 + 8 + 8
        return row | {"extra": self.extra(AUCTION_EXTRA, e, n, 500)}

    def bid(self, e: int) -> dict:
        channel = self.channel(e)
        return {
            "auction": 1000 + self.some_auction(e),
            "bidder": 1000 + self.some_person(BIDDER, e, 1) + (1000 if self.mode == "compat" else 0),
            "price": self.price(PRICE, e),
            "channel": HOT_CHANNELS[channel] if channel < 4 else f"channel-{channel - 4}",
            "url": self.url(channel),
            "date_time": self.timestamp(self.millis(e)),
            "extra": self.extra(BID_EXTRA, e, 32, 100),
        }


CASES = {
    "ordered": Generator(seed=0, mode="compat", rate=10_000, base=datetime(2015, 7, 15), events=300),
    "shuffled": Generator(
        seed=7, mode="fixed", rate=3_000, base=datetime(1969, 12, 31, 23, 59, 30),
        group=20, delayed=0.3, delay_millis=25, first=123_460, events=300,
    ),
}


def files() -> dict[str, str]:
    out = {}
    for case, generator in CASES.items():
        rows = [generator.row(e) for e in generator.arrivals()]
        for table, columns in COLUMNS.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for of, row in rows if of == table)
            out[f"{table}-{case}.csv"] = text.getvalue()
    return out


def main() -> None:
    different = []
    for name, text in files().items():
        path = DATA / name
        if "--check" not in sys.argv:
            DATA.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            different.append(name)
    if different:
        sys.exit(f"not as they should be: {', '.join(different)}")


if __name__ == "__main__":
    main()
