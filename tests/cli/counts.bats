#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Disparities from a table of counts alone. The figures are those of Newcombe 1998, table II (a), and of the statin
# example that other software published.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    work=$BATS_TEST_TMPDIR
}

value_of() { awk -F'\t' -v g="$2" -v s="$3" -v c="$4" '$1 == g && $2 == s { print $c }' "$1"; }
near() { awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN { d = a - b; exit !(d < t && -d < t) }' || { echo "$1, not $2"; return 1; }; }

@test "Newcombe's example: 56 of 70 against 48 of 80" {
    printf 'group,numerator,denominator\nnew,56,70\nold,48,80\n' >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" --reference-group old >"$work/out"
    near "$(value_of "$work/out" new difference 3)" 0.2 1e-12
    near "$(value_of "$work/out" new difference 5)" 0.0524 5e-5
    near "$(value_of "$work/out" new difference 6)" 0.3339 5e-5
}

@test "what could have been found, and what it would take" {
    printf 'group,numerator,denominator\nnew,56,70\nold,48,80\n' >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" --reference-group old >"$work/out"
    # 2.801585 sqrt(p q (1/70 + 1/80)), p = 104/150; z = .2 / sqrt(.16/70 + .24/80)
    near "$(value_of "$work/out" new minimum_detectable_difference 3)" 0.2114266749 1e-9
    near "$(value_of "$work/out" new p_value 3)" 0.0059427933 1e-9
    near "$(value_of "$work/out" new members_to_close_gap 3)" -14 1e-9
    # with the errors of an estimate the effective number counts: .8 .2 / .1^2 = 16, .6 .4 / .1^2 = 24
    printf 'group,numerator,denominator,se\nnew,56,70,.1\nold,48,80,.1\n' >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" --reference-group old >"$work/out"
    near "$(value_of "$work/out" new minimum_detectable_difference 3)" 0.416939 1e-6
}

@test "rates of many groups, drawn to their mean by what of them is noise" {
    printf 'group,numerator,denominator\na,40,100\nb,120,200\nc,90,300\n' >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" >"$work/out"
    python3 - "$(value_of "$work/out" a shrunk_rate 3)" "$(value_of "$work/out" a reliability 3)" \
        "$(value_of "$work/out" '*' variance_beyond_chance 3)" <<'PY'
import sys
y, n = [.4, .6, .3], [100, 200, 300]
v = [a * (1 - a) / b for a, b in zip(y, n)]; w = [1 / a for a in v]
m = sum(a * b for a, b in zip(w, y)) / sum(w); q = sum(a * (b - m) ** 2 for a, b in zip(w, y))
tau2 = (q - 2) / (sum(w) - sum(a * a for a in w) / sum(w)); u = [1 / (tau2 + a) for a in v]
mean = sum(a * b for a, b in zip(u, y)) / sum(u); r = tau2 / (tau2 + v[0])
for got, want in zip(sys.argv[1:], (mean + r * (.4 - mean), r, tau2)):
    assert abs(float(got) - want) < 1e-12, (got, want)
PY
    near "$(value_of "$work/out" a funnel_limits_95 5)" 0.320039 1e-6 # 250/600 - 1.96 sqrt(p q / 100)
}

@test "statin adherence: what was published comes out" {
    [ -d "$shared/golden" ] || skip "no $shared/golden here"
    awk -F'","|"' 'NR == 1 { print "group,numerator,denominator"; next } $2 != "Unknown" { print $2 "," $3 "," $5 }' \
        "$shared/golden/disparity/statins-Race_US.csv" >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" >"$work/out"
    near "$(value_of "$work/out" '*' between_group_variance 3)" 0.00117219445049167 1e-14
    near "$(value_of "$work/out" '*' theil 3)" 0.000865030577572373 1e-14
    near "$(value_of "$work/out" 'Black or African-American' odds_ratio 3)" 0.537273221493722 1e-12
    near "$(value_of "$work/out" 'Black or African-American' ratio 5)" 0.884820345536033 1e-12
}

@test "an order gives slope and concentration indices; without one there are none" {
    printf 'group,numerator,denominator,order\nrich,900,1000,3\npoor,500,1000,1\nmiddle,700,1000,2\n' >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" >"$work/out"
    # Three equal groups, .5 .7 .9: the line through the ridits 1/6, 1/2, 5/6 has the slope .6.
    near "$(value_of "$work/out" '*' slope_index_of_inequality 3)" 0.6 1e-12
    # C = 2 / .7 * (.5/6 + .7/2 + .9*5/6) / 3 - 1 = .126984...
    near "$(value_of "$work/out" '*' concentration_index 3)" 0.126984126984127 1e-12
    cut -d, -f1-3 "$work/c.csv" >"$work/d.csv"
    "$bin/relsogi-stratify" --counts "$work/d.csv" >"$work/out"
    ! grep -q slope "$work/out"
}

@test "a small count is refused, unless asked for in words" {
    printf 'group,numerator,denominator\na,5,70\nb,48,80\n' >"$work/c.csv"
    run "$bin/relsogi-stratify" --counts "$work/c.csv"
    [ "$status" = 65 ]
    [[ "$output" == *"c.csv:2"*"pool groups"* ]]
    run "$bin/relsogi-stratify" --counts "$work/c.csv" --minimum-cell 1
    [ "$status" = 0 ]
}

@test "a group twice, a missing column, a numerator too large: refused with the line" {
    printf 'group,numerator,denominator\na,50,70\na,48,80\n' >"$work/c.csv"
    run "$bin/relsogi-stratify" --counts "$work/c.csv"
    [ "$status" = 65 ]
    printf 'group,numerator,denominator\na,80,70\nb,48,80\n' >"$work/c.csv"
    run "$bin/relsogi-stratify" --counts "$work/c.csv"
    [ "$status" = 65 ]
    [[ "$output" == *":2:"* ]]
    printf 'group,numerator\na,80\n' >"$work/c.csv"
    run "$bin/relsogi-stratify" --counts "$work/c.csv"
    [ "$status" = 65 ]
}
