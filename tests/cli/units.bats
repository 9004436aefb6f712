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
    run "$scripts/nightly" --config c.yaml --as-of 2026-01-31 --metrics "$work/m.prom" -- --resume
    [ "$status" -eq "$1" ]
}

@test "the status is that of the run, and the last line says what happened" {
    night 0
    [[ "${lines[-1]}" == "relsogi nightly: as of 2026-01-31: done (status 0, "* ]]
    [ "$(cat "$work/args")" = "run --config c.yaml --as-of 2026-01-31 --resume" ]
    night 75
    [[ "${lines[-1]}" == *"try again (status 75, "* ]]
}

@test "metrics: a failed night keeps the time of the last good one, and leaves no temporary file" {
    night 0
    good=$(grep '^relsogi_last_success' "$work/m.prom")
    sleep 1.1
    night 65
    grep -qx 'relsogi_exit_status 65' "$work/m.prom"
    [ "$(grep '^relsogi_last_success' "$work/m.prom")" = "$good" ]
    [ -z "$(find "$work" -name '*.tmp')" ]
}

@test "metrics that cannot be written: 74" {
    echo 0 >"$work/status"
    run "$scripts/nightly" --metrics "$work/none/m.prom"
    [ "$status" -eq 74 ]
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
