#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Agreement between sources: counted anew from the row files, the same in any order, and on the auditors' page.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    make_plan 3000 "$BATS_FILE_TMPDIR/plan"
    "$bin/relsogi" run --config "$BATS_FILE_TMPDIR/plan/relsogi.yaml" --as-of $as_of --run-id t \
        --output "$BATS_FILE_TMPDIR/runs" --until reconcile >/dev/null 2>&1
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/report.bash"
    plan=$BATS_FILE_TMPDIR/plan
    t=$BATS_FILE_TMPDIR/runs/t
    work=$BATS_TEST_TMPDIR
}

@test "counts are those of the row files, none is from 1 to 10, statistics are those of the counts" {
    python3 - "$t" <<'PY'
import collections, csv, math, sys
def rows(path):
    return list(csv.DictReader(open(sys.argv[1] + path), delimiter="\t", quoting=csv.QUOTE_NONE))
person = {r["record_key"]: r["person_key"] for r in rows("/reconcile/link.tsv")}
said = {}
for r in sorted(rows("/normalize/demographic.tsv"), key=lambda r: (r["record_date"] if r["record_date"] != "\\N" else "", [-ord(c) for c in r["sex"]])):
    if r["sex"] not in ("\\N", "unknown"):
        said[person[r["record_key"]], r["source"]] = r["sex"] # the newest last
by = collections.defaultdict(dict)
for (p, s), sex in said.items():
    by[p][s] = sex
want = collections.Counter()
for answers in by.values():
    for a in answers:
        for b in answers:
            if a < b:
                want[a, b, answers[a], answers[b]] += 1
                want[a, b, answers[a], "TOTAL"] += 1
                want[a, b, "TOTAL", answers[b]] += 1
                want[a, b, "TOTAL", "TOTAL"] += 1
all = rows("/reconcile/agreement.tsv")
keys = [[r[k] for k in ("source_a", "source_b", "element", "kind", "category_a", "category_b")] for r in all]
assert keys == sorted(keys) and all
shown = {tuple(k): float(r["value"]) for k, r in zip(keys, all) if r["suppressed"] == "N" and r["value"] != "\\N"}
checked = 0
for (a, b, element, kind, ca, cb), v in shown.items():
    count = lambda x, y: shown[a, b, element, "count", x, y]
    if kind == "count":
        assert v == 0 or v >= 11, (a, b, element, ca, cb, v)
        if element == "sex" and "REST" not in (ca, cb):
            assert v == want[a, b, ca, cb], (a, b, ca, cb, v, want[a, b, ca, cb])
            checked += v > 0
    if kind == "sensitivity": assert math.isclose(v, count(ca, ca) / count(ca, "TOTAL"))
    if kind == "ppv": assert math.isclose(v, count(ca, ca) / count("TOTAL", ca))
    if kind == "npv":
        away = count("TOTAL", "TOTAL") - count("TOTAL", ca)
        assert math.isclose(v, (away - count(ca, "TOTAL") + count(ca, ca)) / away)
assert checked >= 6, checked
for r in all: # nothing is left beside a withheld row
    assert r["suppressed"] == "N" or {r[c] for c in ("value", "lower", "upper", "n")} == {"\\N"}
assert {k[2] for k in keys} == {"ethnicity_1997", "language", "race_1997", "race_ethnicity_2024", "sex"}, {k[2] for k in keys}
PY
}

@test "the same bytes with one thread and with four, and inputs in any order" {
    for n in 1 4; do
        "$bin/relsogi" reconcile --config "$plan/relsogi.yaml" --input "$t/map" --input "$t/normalize" --input "$t/ingest" \
            --threads $n --output "$work/r$n" >/dev/null 2>&1
        cmp "$t/reconcile/agreement.tsv" "$work/r$n/agreement.tsv"
    done
}

@test "the auditors' page has agreement and the tables behind it, the executives' nothing of it" {
    "$bin/relsogi" report --run "$t" --output "$work/out" >"$work/said" 2>&1 || true
    ! grep -q 'built without the chart library' "$work/said" || skip "built without the chart library (scripts/packages)"
    [ "$(table audit agreement | wc -l)" = "$(tail -n +2 "$t/reconcile/agreement.tsv" | wc -l)" ]
    ! grep -q 'fleiss_cohen' "$work/out/executive.html"
    browser >/dev/null || skip "no Chromium (scripts/packages --test)"
    dom "$work/out/audit.html" >"$work/dom"
    [ ! -s "$work/console" ]
    grep -q 'Agreement between sources' "$work/dom"
    grep -q 'as the standard' "$work/dom"
    grep -q 'Sensitivity' "$work/dom"
}
