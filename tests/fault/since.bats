#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Extracts for who keeps a copy: all rows, then what changed since the day of the last one.
# Run by tests/with_cluster, which gives it a server of its own.

bats_require_minimum_version 1.5.0

setup_file() {
    [ -n "${RELSOGI_STATE:-}" ] || { echo "run this as: tests/with_cluster bats tests/fault/since.bats" >&2; return 1; }
    export tree="$BATS_TEST_DIRNAME/../.."
    export bin="${RELSOGI_BIN:-$tree/build/bin}"
    source "$BATS_TEST_DIRNAME/load.bash"
    local jan=$BATS_FILE_TMPDIR/jan feb=$BATS_FILE_TMPDIR/feb
    "$BATS_TEST_DIRNAME/make_run" "$jan" 10
    # In February person 1 has moved, person 10 is gone, and person 11 has come.
    cp -r "$jan" "$feb"
    awk -F'\t' -v OFS='\t' '
        NR == 1 { for (c = 1; c <= NF; c++) if ($c == "county") county = c }
        NR == 2 { $county = "other" }
        NR == 11 { $1 = sprintf("%08x%024x", 11000, 11) }
        { print }' "$jan/reconcile/person.tsv" >"$feb/reconcile/person.tsv"
    vouch "$feb/reconcile/person"
    days jan 2026-01-31 "$jan"
    days feb 2026-02-28 "$feb"
}

setup() {
    source "$BATS_TEST_DIRNAME/load.bash"
    work=$BATS_TEST_TMPDIR
}

vouch() { # a row file's manifest, for what the file holds now
    local digest
    digest=$(sha256sum <"$1.tsv" | cut -d' ' -f1)
    sed -i "s/\"sha256\":\"[0-9a-f]*\"/\"sha256\":\"$digest\"/; s/\"file_sha256\":\"[0-9a-f]*\"/\"file_sha256\":\"$digest\"/
        s/\"bytes\":[0-9]*/\"bytes\":$(wc -c <"$1.tsv")/" "$1.json"
}
days() { # RUN_ID DAY DIR [OPTION...]
    "$bin/relsogi-load" --as-of "$2" $(inputs "$3") --run-id "$1" --output "$BATS_FILE_TMPDIR/out" --quiet "${@:4}"
}
export_it() { "$bin/relsogi" db export "$@" 2>"$work/log"; }
person() { printf '%08x-0000-0000-0000-%012x' $(($1 * 1000)) "$1"; }

@test "all rows are added; since a day, those that were added, changed and removed, and no other" {
    export_it persons --as-of 2026-01-31 >"$work/jan.csv"
    [ "$(wc -l <"$work/jan.csv")" -eq 11 ]
    [ "$(cut -d, -f 1-3 "$work/jan.csv" | sort -u)" = "$(printf 'added,2026-01-31,\nchange,as_of,since')" ]
    export_it persons --since 2026-01-31 --output "$work/feb.csv"
    [ "$(stat -c %a "$work/feb.csv")" = 600 ]
    cut -d, -f 1-4 "$work/feb.csv"
    [ "$(cut -d, -f 1-4 "$work/feb.csv")" = "change,as_of,since,person_key
changed,2026-02-28,2026-01-31,$(person 1)
removed,2026-02-28,2026-01-31,$(person 10)
added,2026-02-28,2026-01-31,$(person 11)" ]
    [ "$(grep -c ',other,' "$work/feb.csv")" -eq 1 ]
    # Nothing of the removed row but its key.
    grep '^removed' "$work/feb.csv" | cut -d, -f 5- | grep -qx ',*'
    grep -q 'from run jan, revision 1, as of 2026-01-31, to run feb, revision 1, as of 2026-02-28' "$work/log"
}

@test "a copy that is brought up to date is what a new one would be" {
    for what in persons values posteriors results links estimates tabulations; do
        export_it $what --as-of 2026-01-31 --output "$work/jan.csv"
        export_it $what --since 2026-01-31 --output "$work/changes.csv"
        export_it $what --output "$work/feb.csv"
        python3 - "$work" "$(sed -n 's/^KEY(\(.*\)).*/\1/p' "$tree/schemas/layouts/$(layout_of $what).def")" <<'PY'
import csv, sys
work, key = sys.argv[1], [k.strip() for k in sys.argv[2].split(",")]
rows = lambda name: list(csv.DictReader(open(f"{work}/{name}.csv")))
of = lambda r: tuple(r[k] for k in key)
strip = lambda r: {c: v for c, v in r.items() if c not in ("change", "as_of", "since")}
copy = {of(r): strip(r) for r in rows("jan")}
assert copy
for r in rows("changes"):
    assert (of(r) in copy) == (r["change"] != "added"), r
    copy.pop(of(r), None)
    if r["change"] != "removed": copy[of(r)] = strip(r)
assert copy == {of(r): strip(r) for r in rows("feb")}
PY
    done
}
layout_of() {
    case $1 in persons) echo person ;; values) echo person_value ;; posteriors) echo posterior ;; results) echo person_measure ;;
        links) echo link ;; estimates) echo estimate ;; tabulations) echo tabulation ;; esac
}

@test "since the day of the latest run, and a day between two: nothing, and what the earlier one makes" {
    [ "$(export_it persons --since 2026-02-28 | wc -l)" -eq 1 ]
    [ "$(export_it persons --since 2026-02-20 | wc -l)" -eq 4 ]
    # What auditors look at compares with the same run.
    [ "$(export_it changes --since 2026-02-28 | wc -l)" -eq 1 ]
    [ "$(export_it discrepancies --since 2026-02-28 | wc -l)" -eq 1 ]
    [ "$(export_it gone --since 2026-01-31 | wc -l)" -eq 1 ]
}

@test "a discrepancy that somebody decided about has changed" {
    key=$(ask 'select min(discrepancy_key::text) from relsogi.current_discrepancy')
    PGUSER=relsogi_auditor psql -XAtqc "select relsogi.set_discrepancy('$key', 'in_review', 'ann', 'asked the clinic')"
    export_it discrepancies --since 2026-02-28 >"$work/d.csv"
    [ "$(wc -l <"$work/d.csv")" -eq 2 ]
    grep -q "$key.*,in_review,ann," "$work/d.csv"
    export_it actions --since 2026-02-28 | grep -q ',discrepancy,'
    [ "$(export_it actions --since 2999-01-01 | wc -l)" -eq 1 ]
}

refused() { # STATUS WORDS ARGUMENT...: nothing is written
    run "$bin/relsogi" db export "${@:3}" --output "$work/refused.csv"
    echo "$output"
    [ "$status" -eq "$1" ]
    [[ "$output" == *"$2"* ]]
    [ ! -e "$work/refused.csv" ]
}

@test "no run of that day, a day after the run, no day, no before: each says so" {
    refused 66 'without --since' persons --since 2025-12-31
    refused 66 'no run' persons --as-of 2025-12-31
    refused 64 'after run jan' persons --as-of 2026-01-31 --since 2026-02-28
    refused 64 'YYYY-MM-DD' persons --since yesterday
    refused 64 'whole run' summary --since 2026-01-31
    refused 64 'persons' people --since 2026-01-31
}

@test "who may not read persons takes no extract of them, but of estimates" {
    refused 77 '' persons --since 2026-01-31 --user relsogi_analyst
    "$bin/relsogi" db export estimates --since 2026-01-31 --user relsogi_analyst --output "$work/e.csv"
    [ "$(head -c 22 "$work/e.csv")" = 'change,as_of,since,est' ]
}

@test "a run that lacks the layout, or whose rows are pruned, is nothing to compare with" {
    cp -r "$BATS_FILE_TMPDIR/feb" "$work/mar"
    rm "$work/mar/impute/posterior.json"
    days mar 2026-03-31 "$work/mar" --partial
    days apr 2026-04-30 "$BATS_FILE_TMPDIR/feb"
    refused 66 'run mar' posteriors --since 2026-03-31
    [ "$(export_it persons --since 2026-03-31 | wc -l)" -eq 1 ]
    [ "$(export_it persons --since 2026-02-28 --as-of 2026-03-31 | wc -l)" -eq 1 ]
    "$bin/relsogi" db prune --keep 2 --user relsogi
    refused 66 pruned persons --since 2026-02-28
}

@test "a day that was loaded anew after the copy was taken is refused where the copy's run is named" {
    days may 2026-05-31 "$BATS_FILE_TMPDIR/jan"
    export_it persons --output "$work/may.csv"
    said=$(grep -o -- '--since 2026-05-31 --since-run may/[0-9]*' "$work/log")
    refused 64 'goes with --since' persons --since-run may/1
    refused 64 'extracts of rows' changes --since 2026-05-31 --since-run may/1
    days june 2026-06-30 "$BATS_FILE_TMPDIR/feb"
    [ "$(export_it persons $said | wc -l)" -eq 4 ] # as from January to February
    days may 2026-05-31 "$BATS_FILE_TMPDIR/feb"
    # What the copy of May lacks is not what June adds to the May of now.
    [ "$(export_it persons --since 2026-05-31 | wc -l)" -eq 1 ]
    refused 66 'is may/2 by now, not may/1' persons $said
}
