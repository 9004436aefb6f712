# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the rows that ingest made of HL7 v2 files with the fields that python3-hl7 finds. Usage: DIR FILE..."""
import csv
import os
import sys

import hl7


def rows(folder, layout):
    with open(os.path.join(folder, layout + ".tsv"), encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def part(pid, field, repetition=0, component=1):
    """A component's first subcomponent, as python3-hl7 splits it; blank where there is none."""
    try:
        value = pid(field)[repetition]
        value = value(component) if isinstance(value, hl7.Repetition) else value if component == 1 else ""
        while isinstance(value, hl7.Container):
            value = value[0]
        return str(value).strip()
    except (IndexError, KeyError):
        return ""


def repetitions(pid, field):
    try:
        return len(pid(field))
    except (IndexError, KeyError):
        return 0


def expected(pid):
    said = []
    for field, element in ((10, "race"), (15, "language_preferred"), (22, "ethnicity")):
        for r in range(repetitions(pid, field)):
            for component, representation in ((1, "code"), (2, "text"), (4, "alternate")):
                value = part(pid, field, r, component)
                if value:
                    said.append((element, representation, value))
    return said


def main():
    folder, paths = sys.argv[1], sys.argv[2:]
    files = {r["name"]: r["file_no"] for r in rows(folder, "file")}
    records, assertions = {}, {}
    for r in rows(folder, "record"):
        records.setdefault(r["file_no"], []).append(r)
    for a in rows(folder, "assertion"):
        assertions.setdefault((a["file_no"], a["record_no"]), []).append(a)
    compared = wrong = 0
    for path in paths:
        with open(path, encoding="utf-8-sig", newline="") as f:
            text = f.read().replace("\r\n", "\r").replace("\n", "\r")
        pids = [s for m in hl7.parse_batch(text) if m for s in m.segments("PID")] if text.startswith("BHS") else \
            hl7.parse(text.strip()).segments("PID")
        mine = records.get(files[os.path.basename(path)], [])
        if len(mine) != len(pids):
            sys.exit(f"{os.path.basename(path)}: {len(mine)} records, python3-hl7 finds {len(pids)}")
        for record, pid in zip(mine, pids):
            pairs = [("sex_raw", part(pid, 8)), ("birth_raw", part(pid, 7)[:8])]
            zips = [part(pid, 11, r, 5) for r in range(repetitions(pid, 11))]
            families = [part(pid, 5, r, 1) for r in range(repetitions(pid, 5))]
            for column, value in pairs:
                compared += 1
                if (record[column] if record[column] != "\\N" else "") != value:
                    wrong += 1
                    print(f"{os.path.basename(path)}: {column} differs")
            for column, values in (("zip_raw", zips), ("family_raw", families)):
                compared += 1
                if record[column] != "\\N" and record[column] not in values:
                    wrong += 1
                    print(f"{os.path.basename(path)}: {column} is in no repetition")
            got = [(a["element"], a["representation"], a["raw"])
                   for a in assertions.get((record["file_no"], record["record_no"]), [])]
            for one in expected(pid):
                compared += 1
                if one not in got:
                    wrong += 1
                    print(f"{os.path.basename(path)}: {one[0]} {one[1]} is missing")
    print(f"{compared} values compared, {wrong} differ")
    sys.exit(1 if wrong or not compared else 0)


main()
