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

# Two groups of two strata, by hand:
#   A: 30 of 100, 80 of 200; B: 100 of 400, 40 of 80. Everybody: 500 and 280 of 780, rates .26 and 120/280.
strata() { printf 'group,stratum,numerator,denominator\nA,y,30,100\nA,o,80,200\nB,y,100,400\nB,o,40,80\n'; }

@test "strata: groups are their sums, rates are standardised to everybody" {
    strata >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" >"$work/out"
    near "$(value_of "$work/out" A rate 3)" "$(python3 -c 'print(110/300)')" 1e-12
    near "$(value_of "$work/out" A standardised_rate 3)" "$(python3 -c 'print((500*.3+280*.4)/780)')" 1e-12
    near "$(value_of "$work/out" A standardised_rate 4)" \
        "$(python3 -c 'print((500**2*.3*.7/100+280**2*.4*.6/200)**.5/780)')" 1e-12
    near "$(value_of "$work/out" A standardised_difference 3)" "$(python3 -c 'print((500*.05-280*.1)/780)')" 1e-12
    near "$(value_of "$work/out" A observed_over_expected 3)" "$(python3 -c 'print(110/(100*.26+200*120/280))')" 1e-12
    near "$(value_of "$work/out" A observed_over_expected_at_reference 3)" "$(python3 -c 'print(110/(100*.25+200*.5))')" 1e-12
    # composition (1/3 - 5/6)(.3 + .25)/2 + (2/3 - 1/6)(.4 + .5)/2, rates .05 (1/3 + 5/6)/2 - .1 (2/3 + 1/6)/2
    near "$(value_of "$work/out" A kitagawa_composition 3)" 0.0875 1e-12
    near "$(value_of "$work/out" A kitagawa_rates 3)" -0.0125 1e-12
    # the difference of the raw rates is the sum of the two
    near "$(value_of "$work/out" A difference 3)" 0.075 1e-12
}

@test "the error of a decomposition is that of its rates and its composition" {
    strata >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" >"$work/out"
    # d rates / d r of A in a stratum is (c1 + c2)/2; d / d c1 is (r1 - r2)/2, and shares are multinomial
    near "$(value_of "$work/out" A kitagawa_rates 4)" "$(python3 - <<'PY'
r, n = [[.3, .4], [.25, .5]], [[100, 200], [400, 80]]
c = [[a / sum(m) for a in m] for m in n]
v = sum(((c[0][s] + c[1][s]) / 2) ** 2 * r[g][s] * (1 - r[g][s]) / n[g][s] for g in (0, 1) for s in (0, 1))
d = [(r[0][s] - r[1][s]) / 2 for s in (0, 1)]
for g in (0, 1):
    mean = sum(c[g][s] * d[s] for s in (0, 1))
    v += sum(c[g][s] * (d[s] - mean) ** 2 for s in (0, 1)) / sum(n[g])
print(v ** .5)
PY
)" 1e-6
}

@test "a standard population; Fay and Feuer's example comes out as published" {
    [ -d "$shared/golden" ] || skip "no $shared/golden here"
    awk -F'[",]+' 'NR == 1 { print "group,stratum,numerator,denominator,standard"; next }
        { gsub(/"/, ""); split($0, c, ","); print "downs," c[1] "," c[2] "," c[3] "," c[4]; print "same," c[1] "," c[2] "," c[3] "," c[4] }' \
        "$shared/golden/standardisation/fayfeuer_downs_input.csv" >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" --minimum-cell 1 >"$work/out"
    near "$(value_of "$work/out" downs standardised_rate 3)" 0.000755290074452568 1e-14
    near "$(value_of "$work/out" downs standardised_rate 5)" 0.000677021204176466 1e-13
    near "$(value_of "$work/out" downs standardised_rate 6)" 0.00188300172727776 1e-13
    near "$(value_of "$work/out" same standardised_difference 3)" 0 1e-15
}

@test "expected at the reference group's rates: the standardised ratio of a published test book" {
    [ -d "$shared/golden" ] || skip "no $shared/golden here"
    awk -F'"' 'NR == 1 { print "group,stratum,numerator,denominator"; next }
        $2 == "testdata_big" { print "big," $4 "," $6 "," $8; print "reference," $4 "," $10 "," $12 }' \
        "$shared/golden/standardisation/testdata_DSR_ISR__testdata_multiarea_isr.csv" >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" --minimum-cell 1 --reference-group reference >"$work/out"
    near "$(value_of "$work/out" big observed_over_expected_at_reference 3)" "$(python3 -c 'print(895/835.883561231174)')" 1e-12
    near "$(value_of "$work/out" big observed_over_expected_at_reference 5)" "$(python3 -c 'print(9365.91600297888/9349.88309221102)')" 1e-12
    near "$(value_of "$work/out" big observed_over_expected_at_reference 6)" "$(python3 -c 'print(10689.0975829106/9349.88309221102)')" 1e-12
}

@test "gaps of statin adherence taken apart by age as another implementation has them" {
    [ -d "$shared/golden" ] || skip "no $shared/golden here"
    awk -F'","|"' 'NR == 1 { print "group,stratum,numerator,denominator"; next } $2 != "Unknown" { print $2 "," $3 "," $4 "," $6 }' \
        "$shared/golden/disparity/statins-Race+Age_US.csv" >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" >"$work/out"
    near "$(value_of "$work/out" 'Black or African-American' kitagawa_composition 3)" -0.00805805562 1e-11
    near "$(value_of "$work/out" 'Black or African-American' kitagawa_rates 3)" -0.0891162051 1e-10
    near "$(value_of "$work/out" Hispanic kitagawa_rates 3)" -0.0730333033 5e-10
}

@test "as JSON: the same numbers, with persons and flags" {
    printf 'group,numerator,denominator\na "b",40,100\nc,0,200\n' >"$work/c.csv"
    "$bin/relsogi-stratify" --counts "$work/c.csv" >"$work/out"
    "$bin/relsogi-stratify" --counts "$work/c.csv" --format json >"$work/out.json"
    python3 - "$work/out" "$work/out.json" <<'PY'
import json, sys
rows = [l.rstrip("\n").split("\t") for l in open(sys.argv[1])]
objects = json.load(open(sys.argv[2]))
assert len(objects) == len(rows) - 1
for row, o in zip(rows[1:], objects):
    assert list(o) == rows[0], o
    for name, text in zip(rows[0], row):
        v = o[name]
        if name == "flags": assert v == ([text] if text else []), (row, o)
        elif name in ("group", "statistic", "method"): assert v == text, (row, o)
        else: assert (v is None and not text) or abs(v - float(text)) <= 1e-14 * abs(v), (row, o)
of = {(o["group"], o["statistic"]): o for o in objects}
assert of["c", "rate"]["flags"] == ["boundary"] and of["c", "rate"]["n"] == 200
assert of['a "b"', "rate"]["flags"] == []
other = next(g for g in ("c", 'a "b"') if (g, "odds_ratio") in of)
assert of[other, "difference"]["flags"] == ["boundary"] and of[other, "odds_ratio"]["lower"] is None
PY
    run "$bin/relsogi-stratify" --counts "$work/c.csv" --format xml
    [ "$status" = 64 ]
    printf 'group,numerator,denominator\na\377,40,100\nc,50,200\n' >"$work/c.csv"
    run "$bin/relsogi-stratify" --counts "$work/c.csv" --format json
    [ "$status" = 65 ]
}

@test "strata that do not fit together are refused with what to do" {
    refused() { printf '%s\n' "$1" >"$work/c.csv"; run "$bin/relsogi-stratify" --counts "$work/c.csv"; [ "$status" = 65 ] && [[ "$output" == *"$2"* ]]; }
    head='group,stratum,numerator,denominator'
    refused "$head"$'\nA,y,30,100\nA,o,80,200\nB,y,100,400' "group B has no stratum o"
    refused "$head"$'\nA,y,30,100\nA,y,80,200\nB,y,100,400' ":3: this stratum of this group stands twice"
    refused "$head"$'\nA,y,5,100\nA,o,80,200\nB,y,100,400\nB,o,40,80' "pool groups"
    refused "$head,standard"$'\nA,y,30,100,1\nB,y,80,200,2' ":3: another standard than in a row before"
    refused "$head,standard"$'\nA,y,30,100,0\nB,y,80,200,0' "all 0"
    refused "$head,se"$'\nA,y,30,100,.1\nB,y,80,200,.1' "leave out the column se"
    refused $'group,numerator,denominator,standard\nA,30,100,1\nB,80,200,2' "needs a column stratum"
}
