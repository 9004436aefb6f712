#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What starts the night's run: scripts/nightly alone (the program is a stand-in that ends as told), and the units.

setup() {
    scripts=$BATS_TEST_DIRNAME/../../scripts
    work=$BATS_TEST_TMPDIR
    printf '#!/bin/sh\necho "$@" >%s/args\nexit "$(cat %s/status)"\n' "$work" "$work" >"$work/program"
    chmod 755 "$work/program"
    export RELSOGI=$work/program
}

night() {
    echo "$1" >"$work/status"
    run "$scripts/nightly" --config c.yaml --as-of 2026-01-31 -- --resume
    [ "$status" -eq "$1" ]
}

@test "the status is that of the run, and the last line says what happened" {
    night 0
    [[ "${lines[-1]}" == "relsogi nightly: as of 2026-01-31: done (status 0, "* ]]
    [ "$(cat "$work/args")" = "run --config c.yaml --as-of 2026-01-31 --resume" ]
    night 75
    [[ "${lines[-1]}" == *"try again (status 75, "* ]]
}

@test "a real night: metrics say what came out, and a failed one keeps the time of the last good one" {
    source "$BATS_TEST_DIRNAME/common.bash"
    export RELSOGI=$bin/relsogi
    "$RELSOGI" synth --members 300 --seed 3 --output "$work/plan" >/dev/null 2>&1
    real() { run "$scripts/nightly" --config "$work/plan/relsogi.yaml" --as-of 2026-06-30 --metrics "$work/m.prom" \
        -- --run-id night --output "$work/runs" --until "$@"; }
    real reconcile
    [ "$status" -eq 0 ]
    [[ "${lines[-1]}" == "relsogi nightly: as of 2026-06-30: done (status 0, "* ]]
    [ "$(stat -c %a "$work/m.prom")" = 644 ]
    said() { sed -n "s/^$1 //p" "$work/m.prom"; }
    [ "$(said relsogi_exit_status)" = 0 ]
    rows=$(($(wc -l <"$work/runs/night/reconcile/person.tsv") - 1))
    [ "$(said 'relsogi_stage_rows{stage="reconcile",layout="person"}')" = "$rows" ]
    [ "$(said relsogi_input_rows)" -gt 300 ]
    [ "$(grep -c '^relsogi_stage_seconds{' "$work/m.prom")" -eq 4 ]
    good=$(said relsogi_last_success_timestamp_seconds)
    sleep 1.1
    mv "$work/plan/plan_834.edi" "$work/plan/gone"
    real reconcile --force
    [ "$status" -ne 0 ]
    [ "$(said relsogi_exit_status)" = "$status" ]
    [ "$(said relsogi_last_success_timestamp_seconds)" = "$good" ]
    [ "$(said relsogi_last_run_timestamp_seconds)" -gt "$good" ]
}

@test "metrics that cannot be written: 73 or 74, although the run is good" {
    source "$BATS_TEST_DIRNAME/common.bash"
    "$bin/relsogi" synth --members 50 --seed 3 --output "$work/plan" >/dev/null 2>&1
    run "$bin/relsogi" run --config "$work/plan/relsogi.yaml" --as-of 2026-06-30 --run-id n --output "$work/runs" \
        --until ingest --metrics "$work/none/m.prom"
    [[ "$status" -eq 73 || "$status" -eq 74 ]]
    [[ "$output" == *--metrics* ]]
}

@test "systemd takes service and timer" {
    command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
    sed "s|=relsogi-nightly|=$(realpath "$scripts/nightly")|" "$scripts/relsogi.service" >"$work/relsogi.service"
    cp "$scripts/relsogi.timer" "$work"
    run systemd-analyze verify "$work/relsogi.service" "$work/relsogi.timer"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" != *relsogi.service:* && "$output" != *relsogi.timer:* ]]
}
