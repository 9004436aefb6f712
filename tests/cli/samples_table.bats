#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Every real file through the stages, one by one: as many rows as Python finds, each with one fate, ledgers balanced. What
# became of them is the table of stages/ingest/SAMPLES.md: measured, not expected; the test says where it no longer tells
# the truth.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    [ -d "$shared/samples" ] || skip "no $shared/samples here"
    cd "$BATS_TEST_TMPDIR"
    head -c 32 /dev/urandom >site.key
}

# Profile of a file by its name; none for tables that hold no person's answers.
profile_of() {
    case $1 in
    nysdoh*) echo 834-ny-emedny ;;
    *.edi) echo 834-5010 ;;
    synthea*.ndjson) echo synthea-fhir ;;
    *.ndjson | *.json) echo us-core-fhir ;;
    *.hl7) echo hl7v2-adt ;;
    synthea_patients.csv) echo synthea-patients-csv ;;
    *_PERSON.csv) echo omop-person-csv ;;
    esac
}

# fates LAYOUT FATE LEDGER
fates() { awk -F'\t' -v l="$1" -v f="$2" '$2 == l && $4 == f { n += $6 } END { print n + 0 }' "$3"; }

# Runs one file and prints its line of the table.
line_of() {
    local f=$1 name profile format run read written values reasons aside
    name=$(basename "$f")
    profile=$(profile_of "$name")
    format=$(sed -n 's/^format: *//p' "$top/schemas/profiles/$profile.yaml")
    [ -n "$format" ] || format=$(sed -n 's/^format: *//p' "$top/schemas/profiles/$(sed -n 's/^base: *//p' "$top/schemas/profiles/$profile.yaml").yaml")
    printf 'name: t\nsite_key: site.key\nsources:\n  - {profile: %s, source: s, file_date: 2026-01-31, files: %s}\n' "$profile" "$f" >relsogi.yaml
    "$bin/relsogi" run --config relsogi.yaml --as-of $as_of --run-id t --output "runs/$name" --until stratify >said 2>log ||
        { cat log >&2; return 1; }
    run=runs/$name/t
    ledgers_balance "$run" || return 1
    read=$(fates "$format" read "$run/ingest/ledger.tsv")
    written=$(fates "$format" written "$run/ingest/ledger.tsv")
    values=$(($(wc -l <"$run/ingest/assertion.tsv") - 1))
    [ "$read" = "$(/usr/bin/python3 "$BATS_TEST_DIRNAME/sample_rows.py" "$format" "$f")" ] || { echo "$name: $read rows read" >&2; return 1; }
    [ "$format" = fhir ] || [ "$(($(wc -l <"$run/normalize/demographic.tsv") - 1))" = "$written" ] || { echo "$name: rows lost" >&2; return 1; }
    reasons=$(awk -F'\t' -v l="$format" '$2 == l && $4 != "read" && $4 != "written" && $4 != "made" { print $6 " " $4 ": " $5 }' "$run/ingest/ledger.tsv")
    aside=$(cat "$run"/*/quarantine.tsv | awk -F'\t' '$1 != "stage" { n[$8 " " $9]++ } END { for (k in n) print n[k] " " k }' | LC_ALL=C sort -k2)
    printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$name" "$profile" "$read" "$values" "$((read - written))" \
        "$(awk '{ n += $1 } END { print n + 0 }' <<<"$aside")" "$(printf '%s\n%s\n' "$reasons" "$aside" | grep . | paste -sd';' | sed 's/;/; /g')"
}

@test "every sample: its rows are those that Python finds, its ledgers balance, and the table of them holds" {
    n=0
    : >table
    for f in "$shared"/samples/*/*.*; do
        [ -n "$(profile_of "$(basename "$f")")" ] || continue
        line_of "$f" >>table
        n=$((n + 1))
    done
    cat table
    [ "$n" = "$(find "$shared/samples" -mindepth 2 -type f ! -name '*_LOCATION.csv' ! -name '*_DEATH.csv' ! -name '*_CDM_SOURCE.csv' | wc -l)" ]
    diff <(grep '^| .*\.[a-z0-9]* |' "$top/stages/ingest/SAMPLES.md") table
}
