#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# verify against everything somebody could change in a run's directory, one thing at a time.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    make_plan 500 "$BATS_FILE_TMPDIR/plan"
    run_plan "$BATS_FILE_TMPDIR/plan/relsogi.yaml" "$BATS_FILE_TMPDIR/runs" >/dev/null 2>&1
    run_plan "$BATS_FILE_TMPDIR/plan/relsogi.yaml" "$BATS_FILE_TMPDIR/packed" --compress >/dev/null 2>&1
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    plan=$BATS_FILE_TMPDIR/plan
    cp -r "$BATS_FILE_TMPDIR/runs" "$BATS_TEST_TMPDIR/runs"
    t=$BATS_TEST_TMPDIR/runs/t
}

# found FILE: verify ends with 65 and names the file.
found() {
    run "$bin/relsogi" verify "$t"
    [ "$status" = 65 ]
    [[ "$output" == *"CHANGED  $t/$1"* ]]
}

set_digest() { # MANIFEST FILE
    sed -i "s/\"\(file_\)\?sha256\": \"[0-9a-f]*\"/\"\1sha256\": \"$(sha256sum <"$2" | cut -d' ' -f1)\"/" "$1"
}

@test "a run as it was made has no fault, plain or compressed" {
    run "$bin/relsogi" verify "$t"
    [ "$status" = 0 ]
    [[ "$output" == *" 0 faults" ]]
    run "$bin/relsogi" verify "$BATS_FILE_TMPDIR/packed/t"
    [ "$status" = 0 ]
}

@test "a row added, its manifest made to agree" {
    tail -n 1 "$t/stratify/estimate.tsv" >>"$t/stratify/estimate.tsv"
    set_digest "$t/stratify/estimate.json" "$t/stratify/estimate.tsv"
    found stratify/estimate.tsv
}

@test "a manifest's number of rows" {
    sed -i 's/"rows": [0-9]*/"rows": 3/' "$t/stratify/estimate.json"
    found stratify/estimate.json
}

@test "a manifest's provenance" {
    sed -i 's/"program": "[^"]*"/"program": "another"/' "$t/stratify/estimate.json"
    found stratify/estimate.json
}

@test "a compressed file packed anew with the same rows" {
    rm -rf "$t"
    cp -r "$BATS_FILE_TMPDIR/packed/t" "$t"
    gzip -dc "$BATS_FILE_TMPDIR/packed/t/map/mapped.tsv.gz" | gzip -1 >"$t/map/mapped.tsv.gz"
    found map/mapped.tsv.gz
}

@test "a file beside those the stage made, which a later stage might read" {
    cp "$t/stratify/estimate.tsv" "$t/stratify/estimate.json" "$t/check/"
    found check/estimate.json
    rm "$t"/check/estimate.*
    gzip -c "$t/map/mapped.tsv" >"$t/map/mapped.tsv.gz"
    found map/mapped.tsv.gz
}

@test "a file, its manifest, stage.json or a whole stage gone" {
    rm "$t/check/check_result.tsv"
    found check/check_result
    rm "$t/check/check_result.json"
    found check/check_result
    rm "$t/check/stage.json"
    found check/stage.json
    rm -r "$t/check"
    found check/stage.json
}

@test "two stages' directories in each other's place" {
    mv "$t/check" "$t/x"
    mv "$t/map" "$t/check"
    mv "$t/x" "$t/map"
    found map/stage.json
}

@test "a number in the results" {
    sed -i 's/"said_nothing": [0-9]*/"said_nothing": 7/' "$t/results.json"
    found results.json
    found impute/stage.json
}

@test "the results' date, status, or all of them" {
    sed -i 's/^  "as_of": "2026-06-30"/  "as_of": "2025-06-30"/' "$t/results.json"
    found results.json
    found ingest/stage.json
    cp "$BATS_FILE_TMPDIR/runs/t/results.json" "$t/"
    sed -i 's/^  "status": "done"/  "status": "failed"/' "$t/results.json"
    found results.json
    echo '{}' >"$t/results.json"
    found results.json
}

@test "a stage made again alone, whose files a later one has read" {
    cp -r "$plan" "$BATS_TEST_TMPDIR/plan"
    echo 'M999999999,CBP,1,1,PG01,2025' >>"$BATS_TEST_TMPDIR/plan/measures.csv"
    run "$bin/relsogi" run --config "$BATS_TEST_TMPDIR/plan/relsogi.yaml" --as-of $as_of --run-id t --output "$BATS_TEST_TMPDIR/runs" --only ingest
    [ "$status" = 0 ]
    found ingest/measure_event
}
