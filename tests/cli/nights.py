#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random 834 files of four days for tests/cli/nights.bats, and what stands of them.

    nights.py make SEED DIR     full, change1, change2, change3: a full file, then changes of every kind, many of them odd
    nights.py rows INGEST_DIR   every row of record, identifier, coverage and assertion, in order of text, with the names
                                of files in the place of their numbers, which a run gives as it reads them

Few names and birth dates, so that dependents of one subscriber are often mistaken for each other."""
import os, random, sys

DAYS = ["20250131", "20250228", "20250331", "20250430"]
GIVEN = ["KIM", "LEE", "MAX", "NOA"]
BORN = ["20100101", "20120202", "20140303"]


def interchange(day, purpose, segments):
    head = [f"ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *{day[2:]}*0900*^*00501*000000001*0*P*:",
            f"GS*BE*PAYER*PLAN*{day}*0900*1*X*005010X220A1"]
    body = ["ST*834*0001*005010X220A1", f"BGN*00*1*{day}*0900****{purpose}"] + segments
    return "".join(s + "~" for s in head + body + [f"SE*{len(body) + 1}*0001", "GE*1*1", "IEA*1*000000001"])


def some_day(r):
    return f"202{r.randint(3, 5)}{r.randint(1, 12):02d}{r.choice(['01', '15', '28'])}"


def coverage(r, maintenance):
    out = []
    for product in r.sample(["HLT**GOLD", "HLT**TIN", "DEN"], r.randint(0, 2)):
        kind, _, plan = product.partition("**")
        out.append(f"HD*{maintenance}**{kind}" + (f"*{plan}" if plan else ""))
        if r.random() < .7:
            out.append(f"DTP*348*D8*{some_day(r)}")
        if r.random() < .3:
            out.append(f"DTP*349*D8*{some_day(r)}")
    return out


def member(r, maintenance, number, dependent, given, born, full=False):
    said = lambda p: full or r.random() < p
    out = [f"INS*{'N*19' if dependent else 'Y*18'}*{maintenance}", f"REF*0F*M{number}"]
    if not full and r.random() < .2:
        out.append(f"DTP*303*D8*{some_day(r)}")
    if maintenance == "024" and r.random() < .7:
        out.append(f"DTP*357*D8*{some_day(r)}")
    if maintenance in ("021", "025") and r.random() < .4:
        out.append(f"DTP*356*D8*{some_day(r)}")
    corrected = dependent and not full and r.random() < .4
    out.append(f"NM1*{'74' if corrected else 'IL'}*1*DOE{number}*{given}")
    if said(.4):
        out += [f"N3*{r.randint(1, 99)} OAK" + r.choice(["", "*APT 2"]), f"N4*BEND*OR*9770{r.randint(0, 9)}"]
    if said(.8 if dependent else .5):
        out.append(f"DMG*D8*{born}*{r.choice('FM')}**{r.choice(['', 'C', 'B', 'A^B', ':RET:2106-3'])}".rstrip("*"))
    for _ in range(r.choice([0, 0, 1, 2])):
        out.append(f"LUI*LE*{r.choice(['ENG', 'SPA', 'VIE'])}**{r.choice('67')}")
    if corrected:
        out.append(f"NM1*70*1*DOE{number}" + r.choice(["", "*" + r.choice(GIVEN)]))
        if r.random() < .6:
            out.append(f"DMG*D8*{r.choice(BORN)}")
    change = maintenance if full else r.choice([maintenance, maintenance, "001", "002", "021", "024", "025", "030"])
    return out + coverage(r, change)


def make(seed, folder):
    r = random.Random(seed)
    segments = []
    for number in range(1, 9):
        segments += member(r, "030", number, False, f"G{number}", f"19800{number}01", True)
        for given, born in r.sample([(g, b) for g in GIVEN for b in BORN], r.randint(0, 3)):
            segments += member(r, "030", number, True, given, born, True)
    files = [("full", interchange(DAYS[0], "4", segments))]
    for day in DAYS[1:]:
        segments = []
        for _ in range(25):
            number, dependent = r.randint(1, 10), r.random() < .6
            given, born = (r.choice(GIVEN), r.choice(BORN)) if dependent else (f"G{number}", f"19800{number % 10}01")
            segments += member(r, r.choice(["001", "001", "001", "021", "024", "024", "025", "030"]), number, dependent, given, born)
        files.append((f"change{DAYS.index(day)}", interchange(day, "2", segments)))
    for name, text in files:
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)


def table(folder, layout):
    with open(os.path.join(folder, layout + ".tsv"), encoding="utf-8") as f:
        columns = f.readline().rstrip("\n").split("\t")
        return [dict(zip(columns, line.rstrip("\n").split("\t"))) for line in f]


def rows(folder):
    names = {row["file_no"]: row["name"] for row in table(folder, "file")}
    out = []
    for layout in ("record", "identifier", "coverage", "assertion"):
        for row in table(folder, layout):
            row["file_no"] = names[row["file_no"]]
            if row.get("kept", "\\N") != "\\N":
                row["kept"] = ";".join(names[n] + "/" + rest for n, _, rest in (k.partition("/") for k in row["kept"].split(";")))
            out.append(layout + "\t" + "\t".join(f"{k}={v}" for k, v in row.items()))
    print("\n".join(sorted(out)))


if __name__ == "__main__":
    make(int(sys.argv[2]), sys.argv[3]) if sys.argv[1] == "make" else rows(sys.argv[2])
