#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
bats_require_minimum_version 1.5.0
# Feeds that stopped: sources that fall or are gone against the prior run, and files that hold nothing.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    in=$BATS_TEST_TMPDIR/in
    prior=$BATS_TEST_TMPDIR/prior
    out=$BATS_TEST_TMPDIR/out
    f=$out/check_result.tsv
    # payer has two files; in the prior run one of them was carried from an earlier file
    make_rows file "$prior" <<'T'
file_no source profile profile_sha256 format name bytes sha256 encoding compression records carried
1 payer p 0 x12_834 a 10 0 utf-8 none 60 Y
2 payer p 0 x12_834 b 10 0 utf-8 none 40 N
3 clinic p 0 csv c 10 0 utf-8 none 100 N
4 measures m 0 measure_csv d 10 0 utf-8 none 50 N
5 small p 0 csv e 10 0 utf-8 none 19 N
6 halved p 0 csv e 10 0 utf-8 none 1001 N
T
    make_rows file "$in" <<'T'
file_no source profile profile_sha256 format name bytes sha256 encoding compression records carried
1 payer p 0 x12_834 a 10 0 utf-8 none 50 N
2 payer p 0 x12_834 b 0 0 utf-8 none 0 N
3 measures m 0 measure_csv d 10 0 utf-8 none 0 N
4 halved p 0 csv d 10 0 utf-8 none 500 N
5 fresh p 0 csv d 10 0 utf-8 none 1 N
T
    for l in record demographic assertion mapped; do echo record_key file_no record_no | make_rows $l "$in"; done
    make_rows ledger "$in" <<'T'
stage layout file_no fate reason rows
ingest record 1 read - 1
ingest record 1 written - 1
T
}

check() { "$bin/relsogi-check" --input "$in" --as-of 2026-01-01 --output "$out" "$@"; }

# result CHECK SCOPE_VALUE: state, severity, denominator and violations.
result() {
    for c in state severity denominator violations; do column "$f" $c check_id="$1" scope_value="$2"; done | paste -sd' '
}

@test "a source that falls by more than half, or is gone, is an error that stops the run" {
    run check --prior "$prior"
    [ "$status" = 65 ]
    [[ "$output" == *source_suddenly_empty* ]]
    [ "$(result source_suddenly_empty payer)" = "pass_with_violations error 100 50" ] # half is not more than half
    [ "$(result source_suddenly_empty halved)" = "fail error 1001 501" ]
    [ "$(result source_suddenly_empty clinic)" = "fail error 100 100" ] # no file of it is there
    [ "$(result source_suddenly_empty measures)" = "fail error 50 50" ]
    [ "$(result source_suddenly_empty small)" = "not_applicable error 19 19" ] # fewer than the check's minimum
    [ -z "$(result source_suddenly_empty fresh)" ]
    [ "$(result empty_files '*')" = "fail warning 5 2" ]
    [ "$(result empty_files payer)" = "fail warning 2 1" ]
    [ "$(result empty_files halved)" = "pass warning 1 0" ]
}

@test "without a prior run nothing can be said" {
    check
    [ "$(result source_suddenly_empty '*')" = "not_applicable error 0 0" ]
}

@test "an exception lets a feed end" {
    cat >"$BATS_TEST_TMPDIR/known.yaml" <<'YAML'
exceptions:
  - {check: source_suddenly_empty, scope: source, scope_value: clinic, owner: Quality, until: 2026-12-31, reason: "contract ended"}
  - {check: source_suddenly_empty, scope: source, scope_value: measures, owner: Quality, until: 2026-12-31, reason: "once a year"}
  - {check: source_suddenly_empty, scope: source, scope_value: halved, owner: Quality, until: 2026-12-31, reason: "split"}
YAML
    check --prior "$prior" --exceptions "$BATS_TEST_TMPDIR/known.yaml"
    [ "$(result source_suddenly_empty clinic)" = "pass_with_violations error 100 100" ]
}

@test "ingest says which file is empty, and which holds no row" {
    cd "$BATS_TEST_TMPDIR"
    : >empty.csv
    echo member_id,last_name >header.csv
    echo a key of more than 32 bytes, for tests only >site.key
    mkdir nothing
    echo 'site_key: site.key
sources: [{profile: roster-csv, source: clinic, files: [empty.csv, header.csv]}]' >plan.yaml
    run --separate-stderr "$bin/relsogi-ingest" --config plan.yaml --output ingested
    [ "$status" = 0 ]
    [[ "$stderr" == *"empty.csv: is empty (0 bytes)"*"source clinic"* ]]
    [[ "$stderr" == *"header.csv: holds no record"* ]]
    sed -i 's/files: .*/files: nothing}]/' plan.yaml
    run "$bin/relsogi-ingest" --config plan.yaml --output ingested
    [ "$status" = 66 ]
    [[ "$output" == *"nothing"* ]]
}
