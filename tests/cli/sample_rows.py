# SPDX-License-Identifier: GPL-3.0-or-later
"""How many rows a file holds, as Python reads it: FORMAT FILE. Members of an 834, resources of FHIR, PIDs of HL7 v2, rows
of a CSV; for FHIR also lines that are JSON and no resource."""
import csv
import json
import sys


def x12(text):
    """INS segments, by the file's own separators: the fourth byte, and what stands behind the byte of ISA16."""
    element = text[3]
    terminator = text.split(element, 16)[16][1]
    return sum(s.strip().split(element)[0] == "INS" for s in text.split(terminator))


def fhir(text):
    """Whole documents one after the other, a line each or over many."""
    decoder, at, n = json.JSONDecoder(), 0, 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        _, at = decoder.raw_decode(text, at)
        n += 1
    return n


def hl7v2(text):
    return sum(s.startswith("PID|") for s in text.splitlines())


def rows(text):
    return sum(1 for r in csv.reader(text.splitlines(keepends=True)) if r) - 1


def main():
    with open(sys.argv[2], encoding="utf-8-sig", newline="") as f:
        text = f.read()
    print({"x12_834": x12, "fhir": fhir, "hl7v2": hl7v2, "csv": rows}[sys.argv[1]](text))


main()
