#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check alone, on row files made by hand: every state, and the gate.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
    f=$out/check_result.tsv
    cat >"$BATS_TEST_TMPDIR/checks.yaml" <<'YAML'
answers: [DECLINED, OTHER]
checks:
  - {id: race, category: completeness, kind: complete, element: race, scope: "all, source", threshold: 0.4, severity: error, message: "Race."}
  - {id: ethnicity, category: completeness, kind: complete, element: ethnicity, scope: all, threshold: 0.9, severity: warning, message: "Ethnicity."}
  - {id: identity, category: completeness, kind: complete, element: gender_identity, severity: note, message: "Counted."}
  - {id: zip, category: completeness, kind: complete, element: zip, threshold: 0.1, minimum: 100, severity: error, message: "ZIP."}
  - {id: birth, category: completeness, kind: complete, element: birth_date, threshold: 0, severity: error, message: "Birth."}
  - {id: unmapped, category: conformance, kind: unmapped, scope: source, threshold: 0.5, severity: warning, message: "Codes."}
  - {id: aside, category: conformance, kind: quarantined, scope: "all, source", threshold: 0.5, severity: warning, message: "Set aside."}
  - {id: future, category: plausibility, kind: implausible, element: birth_in_future, threshold: 0.1, severity: warning, message: "Future."}
  - {id: agree, category: plausibility, kind: disagree, threshold: 0.5, severity: warning, message: "Agree."}
  - {id: rows, category: conformance, kind: parity, element: record, threshold: 0, severity: error, message: "Rows."}
  - {id: ledger, category: conformance, kind: ledger, threshold: 0, severity: error, message: "Ledger."}
  - {id: multi, category: plausibility, kind: share, element: two_or_more, threshold: 0.5, severity: warning, message: "Multi."}
  - {id: calibration, category: plausibility, kind: calibration, element: race_ethnicity, threshold: 0, points: 0.1, severity: warning, message: "Calibration."}
YAML
    make_rows file "$in" <<'T'
file_no source profile profile_sha256 format name bytes sha256 encoding compression records
1 payer p 0 csv a 10 0 utf-8 none 3
2 clinic p 0 csv b 10 0 utf-8 none 2
T
    make_rows record "$in" <<'T'
record_key file_no record_no offset source
k1 1 1 0 payer
k2 1 2 1 payer
k3 1 3 2 payer
k4 2 1 0 clinic
k5 2 2 1 clinic
T
    make_rows demographic "$in" <<'T'
record_key file_no record_no source surname birth_date sex zip5
k1 1 1 payer SMITH 1970-01-01 female 10001
k2 1 2 payer JONES 2031-01-01 unknown \N
k3 1 3 payer \N 1970-01-01 male 10001
k4 2 1 clinic SMITH 1970-01-01 female 10001
k5 2 2 clinic SMITH 1970-01-01 female 10001
T
    # payer: a race by code and text, a decline, nothing; clinic: an unmapped code, Hispanic of the combined question
    for l in assertion mapped; do
        make_rows $l "$in" <<'T'
record_key file_no record_no answer_no seq source element representation collection omb1997 omb2024 missing rule system raw offset
k1 1 1 1 1 payer race code self WHITE WHITE \N r \N x 0
k1 1 1 1 2 payer race text self WHITE WHITE \N r \N x 0
k1 1 1 2 1 payer ethnicity code self NOT_HISPANIC \N \N r \N x 0
k2 1 2 1 1 payer race code self \N \N DECLINED r \N x 0
k3 1 3 1 1 payer race code self \N \N NOT_PROVIDED r \N x 0
k4 2 1 1 1 clinic race code self \N \N UNMAPPED r \N x 0
k5 2 2 1 1 clinic race_ethnicity code self HISPANIC HISPANIC \N r \N x 0
T
    done
    make_rows person "$in" <<'T'
person_key records sources census6
00000000000000000000000000000001 2 2 WHITE
00000000000000000000000000000002 2 2 MULTI
00000000000000000000000000000003 1 1 \N
T
    make_rows posterior "$in" <<'T'
person_key model p_white p_black p_aian p_api p_multi p_hispanic surname_match geography_level pack
00000000000000000000000000000001 bisg 0.5 0.05 0 0 0.45 0 exact tract 0
00000000000000000000000000000002 bisg 0.45 0.35 0 0 0.2 0 exact tract 0
00000000000000000000000000000003 bisg 0 1 0 0 0 0 exact tract 0
T
    make_rows discrepancy "$in" <<'T'
discrepancy_key person_key element axis kind severity kept_source other_source kept_record other_record rule
0000000000000000000000000000000a 00000000000000000000000000000001 race 1997 source_against_source error a b k1 k4 r
0000000000000000000000000000000b 00000000000000000000000000000002 sex standard source_against_source error a b k1 k4 r
0000000000000000000000000000000c 00000000000000000000000000000001 race 2024 source_against_source error a b k1 k4 r
T
    make_rows quarantine "$in" <<'T'
stage scope file_no field rule message
normalize value 1 zip bad_zip m
normalize value 1 zip bad_zip m
normalize value 2 birth bad_date m
T
    make_rows ledger "$in" <<'T'
stage layout file_no fate reason rows
ingest record 1 read - 3
ingest record 1 written - 2
ingest record 1 rejected no_id 1
ingest file 0 made - 2
T
}

check() { "$bin/relsogi-check" --input "$in" --as-of 2026-01-01 --output "$out" --checks "$BATS_TEST_TMPDIR/checks.yaml" "$@"; }

# result CHECK [NAME=VALUE...]: state, denominator and violations.
result() {
    local id=$1
    shift
    paste -d' ' <(column "$f" state check_id="$id" "$@") <(column "$f" denominator check_id="$id" "$@") \
        <(column "$f" violations check_id="$id" "$@")
}

@test "every check counts what it says" {
    check --fail-on never
    # payer 1 of 3 without race (the decline is an answer), clinic 1 of 2 (the code is not known)
    [ "$(result race scope_value=*)" = "pass_with_violations 5 2" ]
    [ "$(result race scope_value=payer)" = "pass_with_violations 3 1" ]
    [ "$(result race scope_value=clinic)" = "fail 2 1" ]
    [ "$(result ethnicity)" = "pass_with_violations 5 3" ]
    [ "$(result identity)" = "pass_with_violations 5 5" ]
    [ "$(result zip)" = "not_applicable 5 1" ]
    [ "$(result birth)" = "pass 5 0" ]
    [ "$(result unmapped element=race scope_value=payer)" = "pass 4 0" ]
    [ "$(result unmapped element=race scope_value=clinic)" = "fail 1 1" ]
    [ "$(result aside element=bad_zip scope_value=payer)" = "fail 3 2" ]
    [ "$(result aside element=bad_zip scope_value=*)" = "pass_with_violations 5 2" ]
    [ "$(result aside element=bad_date scope_value=clinic)" = "pass_with_violations 2 1" ]
    [ "$(result future)" = "fail 5 1" ]
    [ "$(result agree element=race)" = "pass_with_violations 3 1" ]
    [ "$(result agree element=sex)" = "pass_with_violations 3 1" ]
    [ "$(result rows)" = "pass 5 0" ]
    [ "$(result ledger)" = "pass 3 0" ]
    [ "$(result multi)" = "pass_with_violations 3 1" ]
    # of the two who reported: means .475 .2 0 0 .325 0, shares .5 0 0 0 .5 0: Black and two or more are off
    [ "$(result calibration)" = "fail 6 2" ]
    ledgers_balance "$BATS_TEST_TMPDIR"
}

@test "the gate fails after the results are written" {
    run check
    [ "$status" = 65 ]
    [[ "$output" == *"race"*"--fail-on"* ]]
    [ "$(result race scope_value=clinic)" = "fail 2 1" ]
    [ ! -e "$out/stage.json" ]
    run check --fail-on sometimes
    [ "$status" = 64 ]
}

@test "a record that reaches over a block is one record" {
    # 40,000 records of two rows each: several blocks, whose ends fall anywhere
    awk 'BEGIN { print "record_key file_no record_no source surname"; for (i = 1; i <= 40000; i++) print "k" i, 1, i, "payer", "S" }' |
        make_rows demographic "$in"
    awk 'BEGIN { print "record_key file_no record_no answer_no seq source element representation collection omb1997 rule"
        for (i = 1; i <= 40000; i++) for (s = 1; s <= 2; s++)
            print "k" i, 1, i, 1, s, "payer", "race", "code", "self", (s == 1 || i % 4 ? "WHITE" : "\\N"), "rule_of_some_length_to_fill_the_block" }' |
        make_rows mapped "$in"
    [ "$(wc -c <"$in/mapped.tsv")" -gt 4300000 ]
    for threads in 1 2; do
        check --fail-on never --threads $threads
        [ "$(result race scope_value=*)" = "pass 40000 0" ]
        sha256sum "$f" | cut -d' ' -f1
    done | tail -n 2 | uniq | wc -l | grep -qx 1
}

@test "rows lost, a ledger out of balance, a missing ledger" {
    sed -i '$d' "$in/ledger.tsv"
    make_rows ledger "$in" <<'T'
stage layout file_no fate reason rows
ingest record 1 read - 3
ingest record 1 written - 2
T
    make_rows record "$in" <<'T'
record_key file_no record_no offset source
k1 1 1 0 payer
T
    mkdir "$BATS_TEST_TMPDIR/empty"
    check --fail-on never --input "$BATS_TEST_TMPDIR/empty"
    [ "$(result ledger element=ingest)" = "fail 3 1" ]
    [ "$(result ledger element=missing)" = "error 1 1" ]
    [ "$(result rows)" = "fail 5 4" ]
}

@test "a mistake in the checks is refused, with its place" {
    sed -i 's/kind: parity/kind: party/' "$BATS_TEST_TMPDIR/checks.yaml"
    run check
    [ "$status" = 78 ]
    [[ "$output" == *"checks[9]"*"party"* ]]
}

@test "the checks of the project are read" {
    "$bin/relsogi-check" --input "$in" --as-of 2026-01-01 --output "$out" --fail-on never
    [ "$(result sexual_orientation_complete scope=all)" = "pass_with_violations 5 5" ]
    [ "$(result race_complete scope=all)" = "not_applicable 5 2" ] # fewer than its minimum
}
