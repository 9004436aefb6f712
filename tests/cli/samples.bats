#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Real extracts through the whole pipeline: no crash, ledgers balanced, every row accounted for.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    [ -d "$shared/samples" ] || return 0
    cd "$BATS_FILE_TMPDIR"
    head -c 32 /dev/urandom >site.key
    cat >relsogi.yaml <<END
name: samples
site_key: site.key
sources:
  - profile: 834-ny-emedny
    files: $shared/samples/x12_834/nysdoh_emedny_2.edi
  - profile: synthea-fhir
    files: $shared/samples/fhir/synthea_1000_Patient.ndjson
  - profile: synthea-patients-csv
    files: $shared/samples/csv_omop/synthea_patients.csv
END
    "$bin/relsogi" run --config relsogi.yaml --as-of 2026-06-30 --run-id t --output runs --until stratify >said 2>log
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    [ -d "$shared/samples" ] || skip "no $shared/samples here"
    run=$BATS_FILE_TMPDIR/runs/t
}

@test "the three real files go through" {
    tail -n 1 "$BATS_FILE_TMPDIR/said" | grep -q ' done: 7 stages run'
}

@test "their ledgers balance" { ledgers_balance "$run"; }

@test "every input row is accounted for" {
    # 7 INS segments; 1,144 lines of JSON; the lines of the CSV but its header.
    read_of() { awk -F'\t' -v l="$1" '$2 == l && $4 == "read" { n += $6 } END { print n + 0 }' "$run/ingest/ledger.tsv"; }
    [ "$(read_of x12_834)" = "$(grep -c '^INS' "$shared/samples/x12_834/nysdoh_emedny_2.edi")" ]
    [ "$(read_of fhir)" = 1144 ]
    [ "$(read_of csv)" = "$(($(wc -l <"$shared/samples/csv_omop/synthea_patients.csv") - 1))" ]
}

@test "each person comes from records, and each record went to one person" {
    records=$(awk -F'\t' 'NR > 1 { print $1 }' "$run/ingest/record.tsv" | sort -u | wc -l)
    linked=$(awk -F'\t' 'NR > 1 { print $1 }' "$run/reconcile/link.tsv" | sort -u | wc -l)
    [ "$records" = "$linked" ]
}
