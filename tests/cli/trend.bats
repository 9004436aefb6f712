#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Gaps over time: this run beside those before it.

setup() {
    source "$BATS_TEST_DIRNAME/gaps.bash"
    top_work=$BATS_TEST_TMPDIR
}
# run_of NAME PERIOD BLACK_X [API_N API_X]: 400 White members, 300 of them in the numerator, and 300 Black members
run_of() {
    begin "$1"
    persons WHITE 400 300 PG1 1980-06-15 female "$2"
    persons BLACK 300 "$3" PG1 1980-06-15 female "$2"
    [ $# -lt 5 ] || persons API "$4" "$5" PG1 1980-06-15 female "$2"
    stratify --reference-group race_ethnicity=WHITE "${priors[@]}"
}
point() { column "$out/trend.tsv" "$1" dimension=race_ethnicity estimator=self_report stratum="${3:-BLACK}" point="$2"; }

@test "change from run to run, with an interval" {
    priors=()
    run_of a 2023 120
    [ "$(point verdict 1)" = 'first point' ]
    priors=(--prior "$top_work/a/out")
    run_of b 2024 180
    priors=(--prior "$top_work/b/out" --prior "$top_work/a/out")
    run_of c 2025 183
    near "$(point gap 1)" -0.35 1e-12
    near "$(point gap 2)" -0.15 1e-12
    near "$(point gap 3)" -0.14 1e-12
    [ "$(point period 1) $(point period 2) $(point period 3)" = '2023 2024 2025' ]
    [ "$(point runs_back 1) $(point runs_back 2) $(point runs_back 3)" = '2 1 0' ]
    near "$(point change 2)" 0.2 1e-12
    [ "$(point verdict 2)" = narrowed ]
    [ "$(point verdict 3)" = 'not distinguishable' ]
    # limits of the change from those of both gaps: Zou and Donner's, independent
    python3 - "$(point gap_lower 1)" "$(point gap_upper 1)" "$(point gap_lower 2)" "$(point gap_upper 2)" \
        "$(point change_lower 2)" "$(point change_upper 2)" <<'PY'
import sys
l1, u1, l2, u2, lower, upper = map(float, sys.argv[1:])
assert abs(lower - (.2 - ((-.15 - l2) ** 2 + (u1 + .35) ** 2) ** .5)) < 1e-12
assert abs(upper - (.2 + ((u2 + .15) ** 2 + (-.35 - l1) ** 2) ** .5)) < 1e-12
PY
}

@test "closed, widened, reversed" {
    priors=()
    run_of a 2024 180 # -.15
    priors=(--prior "$top_work/a/out")
    run_of b 2025 222 # -.01
    [ "$(point verdict 2)" = closed ]
    run_of c 2025 120 # -.35
    [ "$(point verdict 2)" = widened ]
    run_of d 2025 270 # +.15
    [ "$(point verdict 2)" = reversed ]
}

@test "the same period measured again, and another reference" {
    priors=(--differencing no) # of other readers
    run_of a 2025 180
    priors=(--differencing no --prior "$top_work/a/out")
    run_of b 2025 183
    [ "$(point runs_back 1) $(point runs_back 2)" = '1 0' ]
    priors=(--differencing no --prior "$top_work/b/out")
    run_of c 2025 183
    stratify --reference-group race_ethnicity=BLACK --differencing no --prior "$top_work/b/out"
    [ "$(column "$out/trend.tsv" point stratum=WHITE estimator=self_report dimension=race_ethnicity)" = 1 ]
    # a third group's gap is there in both, against another reference
    run_of d 2025 180 60 30
    priors=(--differencing no --prior "$top_work/d/out")
    run_of e 2026 180 60 30
    [ "$(point verdict 2 API)" = 'not distinguishable' ]
    stratify --reference-group race_ethnicity=BLACK --differencing no --prior "$top_work/d/out"
    [ "$(point verdict 2 API)" = 'reference changed' ]
    [ "$(point change 2 API)" = '\N' ]
}

@test "a withheld point has no numbers, nor a change on either side of it" {
    priors=()
    run_of a 2024 180 60 30
    priors=(--prior "$top_work/a/out")
    run_of b 2025 180 8 4
    [ "$(point suppressed 2 API)" = Y ]
    [ "$(point verdict 2 API)" = withheld ]
    [ "$(point gap 2 API)$(point change 2 API)$(point rate 2 API)" = '\N\N\N' ]
    priors=(--prior "$top_work/b/out")
    run_of c 2026 180 60 30
    [ "$(point suppressed 1 API)" = Y ]
    [ "$(point change 2 API)" = '\N' ]
    [ "$(point verdict 2 API)" = withheld ]
}

@test "how many members' care would have to change is said with an interval" {
    priors=()
    run_of a 2024 180
    near "$(said value members_to_close_gap stratum=BLACK estimator=self_report)" 45 1e-9 # .15 of 300
    low=$(said lower members_to_close_gap stratum=BLACK estimator=self_report)
    high=$(said upper members_to_close_gap stratum=BLACK estimator=self_report)
    awk -v l="$low" -v h="$high" 'BEGIN { exit !(l > 20 && l < 45 && h > 45 && h < 70) }'
}

@test "every earlier run is part of the stage's key" {
    priors=()
    run_of a 2023 120
    run_of b 2024 180
    run_of c 2025 183
    key_of() { stratify "$@" && sed -n 's/^  "key": "\([0-9a-f]*\)".*/\1/p' "$out/stage.json"; }
    one=$(key_of --prior "$top_work/b/out")
    two=$(key_of --prior "$top_work/b/out" --prior "$top_work/a/out")
    [ -n "$one" ] && [ "$one" != "$two" ]
    [ "$two" = "$(key_of --prior "$top_work/b/out" --prior "$top_work/a/out")" ]
}
