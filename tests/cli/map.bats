#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi map on the command line: what it explains, and what it refuses.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_TEST_TMPDIR"
}

explain() { "$bin/relsogi" map --explain "$@"; }

@test "explain tells both axes, the rule, the row and the bridge in words" {
    run explain A --element race --system x12_1109
    [ "$status" = 0 ]
    grep -q '^  1997 *ASIAN|NHOPI$' <<<"$output"
    grep -q '^  2024 *ASIAN|NHPI$' <<<"$output"
    grep -q '^  rule *x12_1109:A/B10$' <<<"$output"
    grep -q '^  B10 ' <<<"$output"
    row=$(sed -n 's/.*race_ethnicity.csv, line \([0-9]*\).*/\1/p' <<<"$output")
    sed -n "${row}p" "$top/schemas/codes/race_ethnicity.csv" | grep -q ',x12_1109,A,'
}

@test "both programs explain alike" {
    explain Mandarin >one
    "$bin/relsogi-map" --explain Mandarin >two
    cmp one two
    grep -q '^  value *cmn$' one
}

@test "explain takes a source's overrides from the configuration" {
    cp "$top/schemas/profiles/sample-plan-roster.yaml" clinic.yaml
    printf 'sources:\n  - {profile: ./clinic.yaml, files: none.csv}\n' >plan.yaml
    run explain 3 --element race --system local --config plan.yaml
    [ "$status" = 0 ]
    grep -q 'from source clinic' <<<"$output"
    grep -q 'override:clinic:3' <<<"$output"
    run explain 3 --element race --system local
    ! grep -q override <<<"$output"
    grep -q UNMAPPED <<<"$output"
}

@test "a decline is told apart from unknown" {
    run explain Declined --element race
    grep -q '^  missing *DECLINED$' <<<"$output"
    run explain Unknown --element race
    grep -q '^  missing *UNKNOWN$' <<<"$output"
}

@test "an element that is none is refused" {
    run explain A --element raze
    [ "$status" = 64 ]
    run "$bin/relsogi" map --element race --input . --output out
    [ "$status" != 0 ]
    [ ! -e out/stage.json ]
}

@test "help and man page name it" {
    "$bin/relsogi" map --help | grep -q -- '--explain VALUE'
    "$bin/relsogi" map --man-source | grep -q -- '\*--explain\* _VALUE_'
}
