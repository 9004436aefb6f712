#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The run as its users see it: what it leaves, what it reuses, what it refuses, and the bytes it must always give.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    make_plan 3000 "$BATS_FILE_TMPDIR/plan"
    run_plan "$BATS_FILE_TMPDIR/plan/relsogi.yaml" "$BATS_FILE_TMPDIR/runs" --threads 2 >"$BATS_FILE_TMPDIR/said" 2>"$BATS_FILE_TMPDIR/log"
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    plan=$BATS_FILE_TMPDIR/plan
    runs=$BATS_FILE_TMPDIR/runs
    work=$BATS_TEST_TMPDIR
}

@test "a run ends well and says so in its last line and its results" {
    tail -n 1 "$BATS_FILE_TMPDIR/said" | grep -q '^run t done: 7 stages run, 0 reused'
    grep -q '"status": "done"' "$runs/t/results.json"
}

@test "every ledger balances" { ledgers_balance "$runs/t"; }

@test "every row file has the rows its manifest says" {
    for f in "$runs"/t/*/*.tsv; do
        said=$(sed -n 's/^  "rows": \([0-9]*\).*/\1/p' "${f%.tsv}.json")
        [ "$(($(wc -l <"$f") - 1))" = "$said" ]
    done
}

@test "nothing is readable by others" {
    [ -z "$(find "$runs" "$plan" -perm /077)" ]
}

@test "no temporary file stays behind" {
    [ -z "$(find "$runs" -name '*.tmp*' -o -name '.spill*')" ]
}

@test "the log is JSON lines, with no name or member id in it" {
    python3 - "$BATS_FILE_TMPDIR/log" "$plan" <<'PY'
import json, sys
text = open(sys.argv[1]).read()
for line in text.splitlines():
    assert {"time", "level", "stage", "message"} <= set(json.loads(line))
ids = {l.split("\t")[0] for l in open(sys.argv[2] + "/truth/truth.tsv").read().splitlines()[1:]}
assert ids and not any(i in text for i in ids if len(i) > 5)
PY
}

@test "a second run reuses everything" {
    cp -r "$runs" "$work/runs"
    run run_plan "$plan/relsogi.yaml" "$work/runs"
    [ "$status" = 0 ]
    [[ "${lines[-1]}" == "run t done: 0 stages run, 7 reused"* ]]
}

@test "one thread gives the same bytes as two" {
    run_plan "$plan/relsogi.yaml" "$work/runs" --threads 1 2>/dev/null
    diff <(content_of "$runs/t") <(content_of "$work/runs/t")
}

@test "three threads give the same bytes as two" {
    run_plan "$plan/relsogi.yaml" "$work/runs" --threads 3 2>/dev/null
    diff <(content_of "$runs/t") <(content_of "$work/runs/t")
}

@test "input files in another order give the same bytes" {
    cp -r "$plan" "$work/plan"
    python3 - "$work/plan/relsogi.yaml" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
head, rest = text.split("sources:\n", 1)
items, tail = [], []
for line in rest.splitlines(keepends=True):
    if line.startswith("  - "): items.append([line])
    elif line.startswith("   ") and items and not tail: items[-1].append(line)
    else: tail.append(line)
assert len(items) > 2, items
open(sys.argv[1], "w").write(head + "sources:\n" + "".join("".join(i) for i in reversed(items)) + "".join(tail))
PY
    run_plan "$work/plan/relsogi.yaml" "$work/runs" 2>/dev/null
    diff <(content_of "$runs/t") <(content_of "$work/runs/t")
}

@test "compressed row files hold the same bytes, and gunzip reads them" {
    run_plan "$plan/relsogi.yaml" "$work/runs" --compress 2>/dev/null
    diff <(content_of "$runs/t") <(content_of "$work/runs/t")
    for f in "$work"/runs/t/*/*.tsv.gz; do
        stage=$(basename "$(dirname "$f")")
        gzip -dc "$f" | cmp - "$runs/t/$stage/$(basename "${f%.gz}")"
    done
}

@test "gzipped inputs give the same persons and estimates" {
    cp -r "$plan" "$work/plan"
    gzip "$work/plan/plan_834.edi" "$work/plan/ehr_patients.ndjson"
    sed -i 's/plan_834\.edi/plan_834.edi.gz/; s/ehr_patients\.ndjson/ehr_patients.ndjson.gz/' "$work/plan/relsogi.yaml"
    run_plan "$work/plan/relsogi.yaml" "$work/runs" 2>/dev/null
    for f in reconcile/person impute/posterior stratify/estimate; do cmp "$runs/t/$f.tsv" "$work/runs/t/$f.tsv"; done
}

@test "a stage run alone gives the bytes of the run" {
    "$bin/relsogi-map" --config "$plan/relsogi.yaml" --as-of $as_of --input "$runs/t/ingest" --output "$work/map" 2>/dev/null
    cmp "$work/map/mapped.tsv" "$runs/t/map/mapped.tsv"
}

@test "a dry run says what it would do and writes nothing" {
    run run_plan "$plan/relsogi.yaml" "$work/none" --dry-run
    [ "$status" = 0 ]
    [[ "$output" == *"ingest"*"run"* ]]
    [ ! -e "$work/none" ]
    run run_plan "$plan/relsogi.yaml" "$runs" --dry-run
    [ "$(grep -c reuse <<<"$output")" = 7 ]
}

@test "--only, --from and --until choose stages; --force runs them again" {
    cp -r "$runs" "$work/runs"
    run "$bin/relsogi" run --config "$plan/relsogi.yaml" --as-of $as_of --run-id t --output "$work/runs" --only map --force
    [ "$status" = 0 ]
    [[ "${lines[-1]}" == "run t done: 1 stages run, 0 reused"* ]]
    run run_plan "$plan/relsogi.yaml" "$work/runs" --from map
    [[ "${lines[-1]}" == "run t done: 0 stages run, 5 reused"* ]]
}

@test "a changed option runs its stage and what follows, no more" {
    cp -r "$runs" "$work/runs"
    cp -r "$plan" "$work/plan"
    printf '\nstages:\n  stratify:\n    minimum-cell: 20\n' >>"$work/plan/relsogi.yaml"
    run run_plan "$work/plan/relsogi.yaml" "$work/runs"
    [ "$status" = 0 ]
    [[ "${lines[-1]}" == "run t done: 1 stages run, 6 reused"* ]]
}

@test "a second run on the same output finds the lock, says who holds it, and ends with 75" {
    cp -r "$runs" "$work/runs"
    exec 9<>"$work/runs/.lock"
    flock -x 9
    echo "run other, pid 42 on here, since now, now map" >&9
    run run_plan "$plan/relsogi.yaml" "$work/runs"
    [ "$status" = 75 ]
    [[ "$output" == *"pid 42"* ]]
}

@test "verify finds nothing wrong, then one flipped byte, then a changed manifest" {
    cp -r "$runs" "$work/runs"
    run "$bin/relsogi" verify "$work/runs/t"
    [ "$status" = 0 ]
    f=$work/runs/t/impute/posterior.tsv
    printf '9' | dd of="$f" bs=1 seek=200 conv=notrunc 2>/dev/null
    run "$bin/relsogi" verify "$work/runs/t"
    [ "$status" = 65 ]
    [[ "$output" == *"impute/posterior.tsv"* ]]
    cp "$runs/t/impute/posterior.tsv" "$f"
    sed -i 's/"rows": [0-9]*/"rows": 1/' "$work/runs/t/map/stage.json"
    run "$bin/relsogi" verify "$work/runs/t"
    [ "$status" = 65 ]
    [[ "$output" == *"map/stage.json"* ]]
}

@test "a changed intermediate file stops the stage that reads it" {
    cp -r "$runs" "$work/runs"
    printf 'X' | dd of="$work/runs/t/ingest/assertion.tsv" bs=1 seek=5000 conv=notrunc 2>/dev/null
    run "$bin/relsogi-map" --config "$plan/relsogi.yaml" --as-of $as_of --input "$work/runs/t/ingest" --output "$work/map"
    [ "$status" = 65 ]
    [ ! -e "$work/map/stage.json" ]
    [ ! -e "$work/map/mapped.tsv" ]
}

@test "exit codes: usage 64, no input 66, configuration 78, permission 77" {
    run "$bin/relsogi" frobnicate
    [ "$status" = 64 ]
    run "$bin/relsogi" run --config "$work/nowhere.yaml"
    [ "$status" = 66 ]
    echo 'sources: [' >"$work/bad.yaml"
    run "$bin/relsogi" run --config "$work/bad.yaml" --as-of $as_of
    [ "$status" = 78 ]
    run "$bin/relsogi" run --config "$plan/relsogi.yaml" --as-of 2026-02-30
    [ "$status" = 64 ]
    cp -r "$plan" "$work/plan"
    chmod 644 "$work/plan/site.key"
    run run_plan "$work/plan/relsogi.yaml" "$work/runs"
    [ "$status" = 77 ]
    [[ "$output" == *"chmod 600"* ]]
    grep -q '"status": "failed"' "$work/runs/t/results.json"
}

@test "an unknown key or option is refused with the known ones" {
    sed 's/^sources:/sourcs:/' "$plan/relsogi.yaml" >"$plan/typo.yaml"
    run run_plan "$plan/typo.yaml" "$work/runs"
    [ "$status" = 78 ]
    [[ "$output" == *'"sourcs"'* ]]
    run "$bin/relsogi-map" --frob
    [ "$status" = 64 ]
}

@test "every command has help, and every stage a man page" {
    for c in run verify summary reference db synth dictionary ingest normalize map reconcile impute check stratify load; do
        run "$bin/relsogi" $c --help
        [ "$status" = 0 ]
        [ -n "$output" ]
    done
    for s in ingest normalize map reconcile impute check stratify load; do
        "$bin/relsogi-$s" --man-source | scdoc | grep -q '^.SH DESCRIPTION'
    done
    "$bin/relsogi" --man-source | scdoc | grep -q '^.SH STAGES'
}

@test "the data dictionary has every column of every row file" {
    "$bin/relsogi" dictionary >"$work/dictionary"
    for f in "$runs"/t/*/*.tsv; do
        for column in $(head -n 1 "$f"); do grep -q "^| $column |" "$work/dictionary"; done
    done
}

@test "a person's own answer is never changed by imputation" {
    # Self-reported groups come out of reconcile; nothing after it writes a person file.
    [ "$(find "$runs/t" -name person.tsv)" = "$runs/t/reconcile/person.tsv" ]
    head -n 1 "$runs/t/impute/posterior.tsv" | grep -qv census6
}

@test "no posterior for those who declined" {
    python3 - "$runs/t" <<'PY'
import csv, sys
csv.field_size_limit(1 << 24)
def rows(path):
    with open(path) as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f: yield dict(zip(head, line.rstrip("\n").split("\t")))
declined = {r["person_key"] for r in rows(sys.argv[1] + "/reconcile/person.tsv") if r["missing_2024"] == "DECLINED"}
imputed = {r["person_key"] for r in rows(sys.argv[1] + "/impute/posterior.tsv")}
assert declined, "the plan has nobody who declined: the test shows nothing"
assert not declined & imputed
PY
}

@test "probabilities of a person add up to one" {
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /^p_/) p[i] = 1; next }
        { s = 0; for (i in p) s += $i; if (s < 1 - 1e-12 || s > 1 + 1e-12) { print $1, s; bad = 1 } } END { exit bad }' "$runs/t/impute/posterior.tsv"
}

@test "no small cell is shown" {
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
        $c["suppressed"] == "Y" { if ($c["n"] != "\\N" || $c["x"] != "\\N" || $c["rate"] != "\\N" || $c["se"] != "\\N" || $c["lower"] != "\\N") bad = 1; next }
        { n = $c["n"]; x = $c["x"]; if ((n > 0 && n < 11) || (x > 0 && x < 11) || (n - x > 0 && n - x < 11)) { print; bad = 1 } } END { exit bad }' "$runs/t/stratify/estimate.tsv"
    grep -q primary "$runs/t/stratify/estimate.tsv"
}
