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


def text(message, segment, field, component):
    """Text of the first repetition's component, escapes resolved; blank where there is none."""
    try:
        value = segment(field)[0]
        value = value(component) if isinstance(value, hl7.Repetition) else value if component == 1 else ""
        while isinstance(value, hl7.Container):
            value = value[0]
        return message.unescape(str(value)).strip()
    except (IndexError, KeyError):
        return ""


OBSERVED = {"76690-7": "sexual_orientation", "76691-5": "gender_identity"}


def observed(obx):
    """What an OBX says: code and text of a coded value, else the text as it is."""
    element = OBSERVED.get(part(obx, 3))
    if not element or part(obx, 11) in ("D", "W", "X"):
        return []
    said = []
    for r in range(repetitions(obx, 5)):
        if part(obx, 2) in ("CWE", "CE"):
            said += [(element, name, part(obx, 5, r, c)) for c, name in ((1, "code"), (2, "text"), (4, "alternate"))]
        else:
            said.append((element, "text", part(obx, 5, r)))
    return [one for one in said if one[2]]


def persons(message):
    """Each PID of a message with the segments up to the next."""
    found = []
    for segment in message:
        name = str(segment[0])
        if name == "PID":
            found.append((segment, []))
        elif found:
            found[-1][1].append(segment)
    return found


def facility(message, others):
    for name, field, component in (("PV1", 3, 4), ("PD1", 3, 1)):
        for s in others:
            if str(s[0]) == name and text(message, s, field, component):
                return text(message, s, field, component)
    return text(message, message.segment("MSH"), 4, 1)


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
    records, assertions, numbers = {}, {}, {}
    for i in rows(folder, "identifier"):
        numbers.setdefault((i["file_no"], i["record_no"]), []).append(i["value"])
    for r in rows(folder, "record"):
        records.setdefault(r["file_no"], []).append(r)
    for a in rows(folder, "assertion"):
        assertions.setdefault((a["file_no"], a["record_no"]), []).append(a)
    compared = wrong = 0
    for path in paths:
        with open(path, encoding="utf-8-sig", newline="") as f:
            content = f.read().replace("\r\n", "\r").replace("\n", "\r")
        messages = [m for m in hl7.parse_batch(content) if m] if content.startswith("BHS") else [hl7.parse(content.strip())]
        pids = [(m, pid, others) for m in messages for pid, others in persons(m)]
        mine = records.get(files[os.path.basename(path)], [])
        if len(mine) != len(pids):
            sys.exit(f"{os.path.basename(path)}: {len(mine)} records, python3-hl7 finds {len(pids)}")
        for record, (message, pid, others) in zip(mine, pids):
            pairs = [("sex_raw", part(pid, 8)), ("birth_raw", part(pid, 7)[:8]), ("facility", facility(message, others))]
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
            merged = part(message.segment("MSH"), 9, 0, 2) == "A40"  # other events' MRG name accounts and visits
            for merge in (s for s in others if merged and str(s[0]) == "MRG"):
                for r in range(repetitions(merge, 1)):
                    compared += 1
                    if part(merge, 1, r) not in numbers.get((record["file_no"], record["record_no"]), []):
                        wrong += 1
                        print(f"{os.path.basename(path)}: an earlier number is missing")
            for one in expected(pid) + [said for s in others if str(s[0]) == "OBX" for said in observed(s)]:
                compared += 1
                if one not in got:
                    wrong += 1
                    print(f"{os.path.basename(path)}: {one[0]} {one[1]} is missing")
    print(f"{compared} values compared, {wrong} differ")
    sys.exit(1 if wrong or not compared else 0)


main()
