"""Makes the typefaces of assets/fonts and assets/icons from their published packages.

Usage: python3 assets/make_faces.py <folder>, with fonttools installed and the packages unpacked in the folder:
  apt-get download fonts-inter fonts-jetbrains-mono && for d in *.deb; do dpkg -x $d .; done
  npm pack @phosphor-icons/web && tar xzf phosphor-icons-web-*.tgz

Inter and JetBrains Mono keep Latin, Greek, Cyrillic, punctuation, arrows, mathematics and boxes, without ligatures.
The digits of Inter are the tabular ones. Phosphor keeps the icons that app/src/ui_kit/icon.rs names.
"""

import pathlib
import re
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

ASSETS = pathlib.Path(__file__).parent
ICONS = ASSETS.parent / "app/src/ui_kit/icon.rs"
KEPT = """0020-007E 00A0-017F 0192 0218-021B 02C6-02DD 0300-0304 0306-030C 0327-0328 0370-03FF 0400-045F 1E9E 2000-206F
2070-209F 20A0-20BF 2100-214F 2150-215F 2190-21FF 2200-22FF 2300-233F 23CE-23CF 2460-2473 2500-25FF 2605-2606 2713
2717 27E8-27E9"""


def kept_characters():
    for part in KEPT.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def use_tabular_digits(font):
    table = font["GSUB"].table
    records = [r for r in table.FeatureList.FeatureRecord if r.FeatureTag == "tnum"]
    tabular = {}
    for index in {i for record in records for i in record.Feature.LookupListIndex}:
        for subtable in table.LookupList.Lookup[index].SubTable:
            tabular.update(getattr(getattr(subtable, "ExtSubTable", subtable), "mapping", {}))
    for characters in font["cmap"].tables:
        characters.cmap.update({c: tabular[g] for c, g in characters.cmap.items() if g in tabular})


def make(source, target, characters, features=(), tabular=False):
    font = TTFont(source)
    if tabular:
        use_tabular_digits(font)
    options = subset.Options(layout_features=list(features), name_IDs=["*"], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.save(target)


def main(packages):
    characters = list(kept_characters())
    for weight in ["Regular", "SemiBold"]:
        source = packages / f"usr/share/fonts/opentype/inter/Inter-{weight}.otf"
        features = ["kern", "mark", "mkmk", "ccmp", "locl"]
        make(source, ASSETS / f"fonts/Inter-{weight}.otf", characters, features, tabular=True)
    mono = "JetBrainsMono-Regular.ttf"
    source = packages / "usr/share/fonts/truetype/jetbrains-mono" / mono
    make(source, ASSETS / "fonts" / mono, characters, ["mark", "mkmk", "ccmp", "locl"])
    icons = [int(code, 16) for code in re.findall(r"'\\u\{(\w+)\}',", ICONS.read_text())]
    for source in ["regular/Phosphor.ttf", "fill/Phosphor-Fill.ttf"]:
        make(packages / "package/src" / source, ASSETS / "icons" / pathlib.Path(source).name, icons)


main(pathlib.Path(sys.argv[1]))
