#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Rates adjusted for age and sex, and gaps taken apart. The figures are worked out by hand beside them.

setup() {
    source "$BATS_TEST_DIRNAME/gaps.bash"
    work=$BATS_TEST_TMPDIR
    in=$work/in
    out=$work/out
    # WHITE: young .6 of 100, old .8 of 300; BLACK: young .4 of 200, old .7 of 100. Rates .75 and .5.
    persons WHITE 100 60 PG1 1990-06-15
    persons WHITE 300 240 PG1 1970-06-15
    persons BLACK 200 80 PG1 1990-06-15
    persons BLACK 100 70 PG1 1970-06-15
}
of() { said "$1" "$2" dimension=race_ethnicity estimator=self_report stratum="$3" part="${4:-age_band}"; }

@test "directly and indirectly standardised" {
    stratify --standardise age_band
    # weights 300 and 400 of 700
    near "$(of value standardised_rate WHITE)" 0.714285714285714 1e-12
    near "$(of value standardised_rate BLACK)" 0.571428571428571 1e-12
    # of the sum of Poisson counts that the interval is of: sqrt((3/7)^2 60/100^2 + (4/7)^2 240/300^2)
    near "$(of se standardised_rate WHITE)" 0.0444161 1e-6
    # binomial: that with .24/100 and .16/300, and for BLACK .24/200 and .21/100
    near "$(of se standardised_difference BLACK)" 0.0390011 1e-6
    near "$(of value standardised_difference BLACK)" -0.142857142857143 1e-12
    near "$(of value standardised_ratio BLACK)" 0.8 1e-12
    # 150 observed; 200 * 140/300 + 100 * 310/400 = 170.83 expected
    near "$(of value observed_over_expected BLACK)" 0.878048780487805 1e-12
    near "$(of se observed_over_expected BLACK)" 0.0716924 1e-6 # sqrt(150) / 170.8333
    # Byar: (150 (1 - 1/1350 - z/(3 sqrt 150))^3) / 170.8333
    near "$(of lower observed_over_expected BLACK)" 0.7431 1e-4
    # everybody's group is known: birdie stays within what one pseudo-person a cell can move
    near "$(said value standardised_difference estimator=birdie stratum=BLACK)" -0.142857142857143 1e-9
}

@test "a standard population from a file" {
    printf 'age_band,weight\n18-44,3\n45-64,1\n65-74,9\n' >"$work/standard.csv"
    stratify --standardise age_band --standard "$work/standard.csv"
    near "$(of value standardised_rate WHITE)" 0.65 1e-12 # nobody is 65-74
    near "$(of value standardised_rate BLACK)" 0.475 1e-12
    printf 'age_band,weight\n18 to 44,3\n' >"$work/standard.csv"
    run stratify --standardise age_band --standard "$work/standard.csv"
    [ "$status" = 65 ]
    [[ "$output" == *"standard.csv has no weight for any combination of age_band"* ]]
    run stratify --standardise provider_group
    [ "$status" = 64 ]
}

@test "Kitagawa's terms, with errors" {
    stratify --standardise age_band
    near "$(of value kitagawa BLACK composition:age_band)" -0.104166666666667 1e-12
    near "$(of value kitagawa BLACK rates:age_band)" -0.145833333333333 1e-12
    python3 - "$(of se kitagawa BLACK composition:age_band)" "$(of se kitagawa BLACK rates:age_band)" <<'PY'
import math, sys
n1, r1, n2, r2 = [200, 100], [.4, .7], [100, 300], [.6, .8]
c1, c2 = [n / 300 for n in n1], [n / 400 for n in n2]
v1, v2 = [r * (1 - r) / n for r, n in zip(r1, n1)], [r * (1 - r) / n for r, n in zip(r2, n2)]
spread = lambda c, g, n: (sum(a * b * b for a, b in zip(c, g)) - sum(a * b for a, b in zip(c, g)) ** 2) / n
half = [(a + b) / 2 for a, b in zip(r1, r2)]
composition = sum(((a - b) / 2) ** 2 * (v + w) for a, b, v, w in zip(c1, c2, v1, v2)) \
    + spread(c1, half, 300) + spread(c2, half, 400)
gap = [(a - b) / 2 for a, b in zip(r1, r2)]
rates = sum(((a + b) / 2) ** 2 * (v + w) for a, b, v, w in zip(c1, c2, v1, v2)) + spread(c1, gap, 300) + spread(c2, gap, 400)
for got, want in zip(sys.argv[1:], (composition, rates)):
    assert abs(float(got) - math.sqrt(want)) < 1e-7, (got, math.sqrt(want))
PY
}

@test "Oaxaca's terms" {
    stratify --standardise age_band
    # (1/3 - 3/4)(.8 - .6); (.4 - .6) + 3/4 (.3 - .2); (1/3 - 3/4)(.3 - .2)
    near "$(of value oaxaca_threefold BLACK endowments:age_band)" -0.0833333333333333 1e-12
    near "$(of value oaxaca_threefold BLACK coefficients:age_band)" -0.125 1e-12
    near "$(of value oaxaca_threefold BLACK interaction:age_band)" -0.0416666666666667 1e-12
    # (1/3 - 3/4) times the mean of the two slopes, .25
    near "$(of value oaxaca_twofold_reimers BLACK explained:age_band)" -0.104166666666667 1e-12
    near "$(of value oaxaca_twofold_reimers BLACK unexplained:age_band)" -0.145833333333333 1e-12
    [ -n "$(of lower oaxaca_twofold_neumark BLACK explained:age_band)" ]
}

@test "a group too small for all dimensions is adjusted for fewer, or not at all" {
    persons API 40 20 PG1 1990-06-15 male
    persons API 40 20 PG1 1970-06-15
    persons HISPANIC 90 40 PG1 1990-06-15
    persons HISPANIC 13 6 PG1 1970-06-15
    awk '$5 == "female" && $6 ~ /WHITE|BLACK/ && NR % 2 { $5 = "male" } { print }' "$work/person" >"$work/p" && mv "$work/p" "$work/person"
    stratify --standardise age_band,sex
    [ -n "$(of value standardised_rate BLACK age_band,sex)" ]
    [ -z "$(of value standardised_rate API age_band,sex)" ] # no young women
    [ -n "$(of value standardised_rate API age_band)" ]
    [ -n "$(of value standardised_rate WHITE age_band)" ] # the reference at the same level
    [ -z "$(of value standardised_rate HISPANIC age_band,sex)" ]
    [ "$(of suppression_reason standardised_rate HISPANIC)" = primary ] # 6 of 13
    [ "$(of value standardised_rate HISPANIC)" = '\N' ]
    [ -z "$(of value standardised_difference HISPANIC)" ]
    awk -F'\t' '$6 == "oaxaca_threefold" && $7 == "BLACK" && $5 == "self_report" {
            if ($9 ~ /^endowments of .*:age_band,sex$/) { parts += $12; n++ } else if ($9 == "endowments:age_band,sex") whole = $12 }
        END { exit !(n == 2 && whole != 0 && whole - parts < 1e-12 && parts - whole < 1e-12) }' "$out/disparity.tsv"
}

@test "who misses an age is left out, and cannot be counted by subtraction" {
    persons BLACK 3 2 PG1 '\N'
    stratify --standardise age_band
    near "$(of value standardised_rate BLACK)" 0.571428571428571 1e-12
    [ "$(of n standardised_rate BLACK)" = '\N' ]
    # the terms would sum to 150/300 - .75, and 152/303 is published
    [ -z "$(of value kitagawa BLACK composition:age_band)" ]
    [ "$(of suppression_reason kitagawa BLACK)" = complementary ]
    [ -z "$(of value oaxaca_threefold BLACK endowments:age_band)" ]
    # Byar's lower limit over its value is that of 150 observed, and 152 is published
    [ "$(of suppression_reason observed_over_expected BLACK)" = complementary ]
    [ "$(of lower observed_over_expected BLACK)" = '\N' ]
    [ "$(of suppression_reason observed_over_expected WHITE)" = '\N' ]
}

@test "so many who miss an age that they may be counted are no reason to withhold" {
    persons BLACK 22 11 PG1 '\N'
    stratify --standardise age_band
    near "$(of value observed_over_expected BLACK)" 0.878048780487805 1e-12
    [ -n "$(of value kitagawa BLACK composition:age_band)" ]
}

# y = x / n, and Fay and Feuer's variance is x / n^2
@test "of a single cell, rate and error would be counts" {
    rm "$work/person" "$work/measure"
    key=0
    persons WHITE 300 240 PG1 1970-06-15
    persons BLACK 100 70 PG1 1970-06-15
    stratify --standardise age_band
    near "$(of value standardised_rate BLACK)" 0.7 1e-12
    persons BLACK 3 2 PG1 '\N'
    stratify --standardise age_band
    [ -z "$(of value standardised_difference BLACK)" ]
    [ "$(of value standardised_rate BLACK)" = '\N' ]
    [ "$(of suppression_reason standardised_rate BLACK)" = complementary ]
}

# The same persons, 5 of the young White ones men without the outcome: too few for cells of age and sex. By age alone the error
# is that of 60 of 100, not of 60 of 95 and 0 of 5.
@test "where a dimension is dropped, rates and errors are those of the cells that are left" {
    rm "$work/person" "$work/measure"
    key=0
    persons WHITE 95 60 PG1 1990-06-15 female
    persons WHITE 5 0 PG1 1990-06-15 male
    persons WHITE 300 240 PG1 1970-06-15
    persons BLACK 200 80 PG1 1990-06-15
    persons BLACK 100 70 PG1 1970-06-15
    stratify --standardise age_band,sex
    near "$(of value standardised_rate WHITE)" 0.714285714285714 1e-12
    # of the sum of Poisson counts that the interval is of: sqrt((3/7)^2 60/100^2 + (4/7)^2 240/300^2)
    near "$(of se standardised_rate WHITE)" 0.0444161 1e-6
    # binomial: that with .24/100 and .16/300, and for BLACK .24/200 and .21/100
    near "$(of se standardised_difference BLACK)" 0.0390011 1e-6
}

# Weights are everybody's: 400 young and 500 old. WHITE*en .6 and .8, BLACK*en .4 and .7, BLACK*es .3 of 100 and .6 of 100.
@test "race crossed with language is adjusted in each language, for the same persons" {
    first=$((key + 1))
    persons BLACK 100 30 PG1 1990-06-15
    persons BLACK 100 60 PG1 1970-06-15
    awk -v first="$first" 'NR >= first { $7 = "es" } { print }' "$work/person" >"$work/p" && mv "$work/p" "$work/person"
    stratify --strata 'race_ethnicity,sex,language,race_ethnicity*language,race_ethnicity*sex' --standardise age_band,sex
    crossed() { said "$1" "$2" 'dimension=race_ethnicity*language' estimator="$3" stratum="$4" part=age_band,sex; }
    near "$(crossed value standardised_rate self_report 'WHITE*en')" 0.711111111111111 1e-12
    near "$(crossed value standardised_rate self_report 'BLACK*en')" 0.566666666666667 1e-12
    near "$(crossed value standardised_rate self_report 'BLACK*es')" 0.466666666666667 1e-12
    near "$(crossed value standardised_difference self_report 'BLACK*es')" -0.244444444444444 1e-12
    # sqrt((4/9)^2 (.21/100 + .24/100) + (5/9)^2 (.24/100 + .16/300)): different persons
    near "$(crossed se standardised_difference self_report 'BLACK*es')" 0.0423585 1e-6
    near "$(crossed value observed_over_expected self_report 'BLACK*es')" 0.772532188841202 1e-12 # 90 of 42.5 + 74
    near "$(crossed value standardised_difference birdie 'BLACK*es')" -0.244444444444444 1e-9
    # composition: (1/2 - 1/4)(.45 - .7); rates: (.3 - .6)(3/8) + (.6 - .8)(5/8)
    [ "$(said reference kitagawa 'dimension=race_ethnicity*language' estimator=self_report stratum='BLACK*es' part=rates:age_band,sex)" = 'WHITE*en' ]
    near "$(said value kitagawa 'dimension=race_ethnicity*language' estimator=self_report stratum='BLACK*es' part=composition:age_band,sex)" -0.0625 1e-12
    near "$(said value kitagawa 'dimension=race_ethnicity*language' estimator=self_report stratum='BLACK*es' part=rates:age_band,sex)" -0.2375 1e-12
    # women cannot be adjusted for being women
    near "$(said value standardised_rate 'dimension=race_ethnicity*sex' estimator=self_report stratum='WHITE*female' part=age_band)" 0.711111111111111 1e-12
    [ -z "$(said value standardised_rate 'dimension=race_ethnicity*sex' estimator=self_report part=age_band,sex)" ]
}

@test "a cell of an intersection that is too small is not adjusted for" {
    first=$((key + 1))
    persons BLACK 100 30 PG1 1990-06-15
    persons BLACK 14 7 PG1 1970-06-15
    persons API 100 40 PG1 1990-06-15
    persons API 100 40 PG1 1970-06-15
    awk -v first="$first" 'NR >= first { $7 = "es" } { print }' "$work/person" >"$work/p" && mv "$work/p" "$work/person"
    stratify --strata 'race_ethnicity,language,race_ethnicity*language' --standardise age_band
    [ "$(said suppression_reason standardised_rate 'dimension=race_ethnicity*language' estimator=self_report stratum='BLACK*es' part=age_band)" = primary ]
    [ "$(said value standardised_rate 'dimension=race_ethnicity*language' estimator=self_report stratum='BLACK*es' part=age_band)" = '\N' ]
    [ -n "$(said value standardised_rate 'dimension=race_ethnicity*language' estimator=self_report stratum='API*es' part=age_band)" ]
}
