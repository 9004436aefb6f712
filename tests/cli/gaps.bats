#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What stratify says about gaps: indices, sizes, families of tests; and that none of it gives away what was withheld.

setup() {
    source "$BATS_TEST_DIRNAME/gaps.bash"
    work=$BATS_TEST_TMPDIR
    in=$work/in
    out=$work/out
}

@test "56 of 70 against 48 of 80, in every unit" {
    persons WHITE 80 48
    persons BLACK 70 56
    stratify --reference-group race_ethnicity=WHITE
    of="estimator=self_report dimension=race_ethnicity"
    near "$(said value ratio_of_failures $of)" 0.5 1e-12
    near "$(said value odds_ratio $of)" 2.66666666666667 1e-12
    # 2 asin(sqrt .8) - 2 asin(sqrt .6), SE sqrt(1/70 + 1/80)
    near "$(said value cohen_h $of)" 0.442143188002954 1e-9
    near "$(said se cohen_h $of)" 0.163663417676994 1e-9
    # 2.801585 sqrt(p q (1/70 + 1/80)), p = 104/150
    near "$(said value minimum_detectable_difference $of)" 0.2114266749 1e-9
    # Newcombe's limits .0524 and .3339 of the difference, times 70
    near "$(said value members_to_close_gap $of)" -14 1e-9
    near "$(said lower members_to_close_gap $of)" -23.373 0.01
    near "$(said upper members_to_close_gap $of)" -3.668 0.01
    # z = .2 / sqrt(.8 .2 / 70 + .6 .4 / 80) = 2.7513
    near "$(said value p_value $of)" 0.0059427933 1e-9
    # two groups: P1 P2 d^2, P = 70/150, 80/150
    near "$(said value between_group_variance $of)" 0.00995555555555556 1e-14
    # E of the noise is P1 P2 (v1 + v2)
    near "$(said value between_group_variance_corrected $of)" 0.00864 1e-12
    near "$(said value attributable_risk $of)" -0.0933333333333333 1e-12
    near "$(said value excess_failures $of)" -14 1e-9
    # birdie knows everybody's group here: the same, with the prior's covariance
    near "$(said value between_group_variance estimator=birdie)" 0.00995555555555556 1e-12
    [ -z "$(said value rank)" ]
}

@test "the covariance of rates estimated together is carried" {
    persons WHITE 300 180
    persons BLACK 300 120
    first=$((key + 1))
    persons missing:UNKNOWN 2000 1000
    imputed "$first" $((first + 999)) 0.7 0.3
    imputed $((first + 1000)) "$key" 0.3 0.7
    stratify --reference-group race_ethnicity=WHITE
    # the test's own difference interval and the one of members_to_close_gap are the same one
    n=$(column "$out/estimate.tsv" n stratum=BLACK estimator=birdie)
    upper=$(column "$out/estimate.tsv" difference_upper stratum=BLACK estimator=birdie)
    near "$(said lower members_to_close_gap estimator=birdie)" "$(awk -v n="$n" -v u="$upper" 'BEGIN { printf "%.12g", -n * u }')" 1e-6
    # rates of imputed groups are negatively correlated: independent ones would give a smaller error
    se=$(said se members_to_close_gap estimator=birdie)
    a=$(column "$out/estimate.tsv" se stratum=BLACK estimator=birdie)
    b=$(column "$out/estimate.tsv" se stratum=WHITE estimator=birdie)
    awk -v s="$se" -v a="$a" -v b="$b" -v n="$n" 'BEGIN { exit !(s > n * sqrt(a * a + b * b) * 1.02) }'
}

@test "what is said of all groups is made from the shown ones, and says so" {
    persons WHITE 200 120
    persons BLACK 60 30
    persons HISPANIC 90 40
    persons API 50 25
    persons AIAN 5 3
    stratify
    [ "$(column "$out/estimate.tsv" suppressed stratum=API estimator=self_report)" = Y ]
    python3 - "$out" <<'PY'
import csv, math, sys
read = lambda name: list(csv.DictReader(open(f"{sys.argv[1]}/{name}.tsv"), delimiter="\t", quoting=csv.QUOTE_NONE))
shown = [e for e in read("estimate") if e["dimension"] == "race_ethnicity" and e["estimator"] == "self_report"
         and e["suppressed"] == "N"]
assert {e["stratum"] for e in shown} == {"WHITE", "BLACK", "HISPANIC"}
n = [float(e["n"]) for e in shown]; y = [float(e["rate"]) for e in shown]
share = [v / sum(n) for v in n]; mu = sum(p * r for p, r in zip(share, y))
said = {s["statistic"]: s for s in read("disparity") if s["dimension"] == "race_ethnicity"
        and s["estimator"] == "self_report" and s["stratum"] == "all"}
want = {"mean": mu, "between_group_variance": sum(p * (r - mu) ** 2 for p, r in zip(share, y)),
        "theil": sum(p * r / mu * math.log(r / mu) for p, r in zip(share, y)),
        "mean_log_deviation": -sum(p * math.log(r / mu) for p, r in zip(share, y)),
        "mean_deviation": sum(p * abs(r - mu) for p, r in zip(share, y))}
for statistic, value in want.items():
    s = said[statistic]
    assert abs(float(s["value"]) - value) < 1e-12, (statistic, s["value"], value)
    assert s["flags"].startswith("shown_groups_only") and s["groups"] == "3" and float(s["n"]) == sum(n), s
# no statement names a withheld group with a number
for s in read("disparity"):
    assert s["stratum"] not in ("API", "AIAN") or s["suppressed"] == "Y", s
    assert s["reference"] not in ("API", "AIAN"), s
PY
}

@test "one group shown: nothing is said of all" {
    persons WHITE 200 120
    persons BLACK 8 4
    persons API 30 15
    stratify
    [ "$(said suppression_reason between_group_variance dimension=race_ethnicity estimator=self_report)" = group_withheld ]
    [ "$(said value between_group_variance dimension=race_ethnicity estimator=self_report)" = '\N' ]
    [ -z "$(said value theil dimension=race_ethnicity estimator=self_report)" ]
}

@test "tests are adjusted over the family of a measure's gaps" {
    persons WHITE 400 240 PG1 1980-06-15 female
    persons BLACK 100 50 PG1 1980-06-15 male
    persons API 100 58 PG1 1950-06-15 female
    stratify --reference-group race_ethnicity=WHITE,sex=female,age_band=45-64
    python3 - "$out/disparity.tsv" <<'PY'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1]), delimiter="\t", quoting=csv.QUOTE_NONE))
first = lambda r: (r["estimator"] == "birdie") if r["dimension"] == "race_ethnicity" else r["dimension"] != "provider_group"
key = lambda r: (r["dimension"], r["stratum"])
p = {key(r): float(r["value"]) for r in rows if r["statistic"] == "p_value" and first(r)}
adjusted = {key(r): r for r in rows if r["statistic"] == "adjusted_p" and first(r)}
assert len(p) == 4 and set(p) == set(adjusted), p      # BLACK, API, male, 75+
order = sorted(p, key=p.get)
for i, k in enumerate(order):
    want = min(min(p[o] * len(p) / (j + 1) for j, o in enumerate(order) if j >= i), 1)
    assert abs(float(adjusted[k]["value"]) - want) < 1e-12 and adjusted[k]["groups"] == "4", (k, want)
PY
}

# Three gaps of race and ethnicity by sex, one of race and ethnicity and one of sex are one family by birdie and counts; each of
# the other estimators of an intersection is one of its own.
@test "other estimators of an intersection are families of their own" {
    for sex in female male; do
        persons WHITE 200 120 PG1 1980-06-15 $sex
        persons BLACK 100 40 PG1 1980-06-15 $sex
    done
    stratify --strata 'race_ethnicity,sex,race_ethnicity*sex' --reference-group race_ethnicity=WHITE
    [ "$(said groups adjusted_p dimension=race_ethnicity estimator=birdie)" = 5 ]
    [ "$(said groups adjusted_p dimension='race_ethnicity*sex' estimator=birdie | sort -u)" = 5 ]
    for e in self_report weighted ols mi; do
        [ "$(said groups adjusted_p dimension='race_ethnicity*sex' estimator=$e | sort -u)" = 3 ]
    done
}

@test "bands of an area index have an order, and so slope and concentration indices" {
    persons WHITE 1000 900
    persons WHITE 1000 700
    persons WHITE 1000 500
    awk '{ print $0, NR <= 1000 ? "48029110100" : NR <= 2000 ? "48029110200" : "48029110300" }' "$work/person" >"$work/p"
    mv "$work/p" "$work/person"
    person_columns=tract
    printf 'FIPS,RPL_THEMES\n48029110100,0.1\n48029110200,0.5\n48029110300,0.9\n' >"$work/svi.csv"
    stratify --strata race_ethnicity,svi_quintile,provider_group --svi "$work/svi.csv"
    of="dimension=svi_quintile estimator=observed"
    # the most vulnerable third first: .5 .7 .9 at the ridits 1/6, 1/2, 5/6
    near "$(said value slope_index_of_inequality $of)" 0.6 1e-12
    near "$(said value relative_index_of_inequality $of)" 2.5 1e-12 # from .4 to 1
    near "$(said value concentration_index $of)" 0.126984126984127 1e-12
    # slope = sum of share (b - 1/2) y / sum of share (b - 1/2)^2 = 1.5 (y5 - y1)
    near "$(said se slope_index_of_inequality $of)" "$(awk 'BEGIN { printf "%.12g", 1.5 * sqrt(.25 / 1000 + .09 / 1000) }')" 1e-9
    [ -z "$(said value slope_index_of_inequality dimension=provider_group)" ]
}

@test "provider groups by race are published once" {
    persons WHITE 100 90
    run stratify --strata 'race_ethnicity,provider_group,race_ethnicity*provider_group'
    [ "$status" = 64 ]
    [[ "$output" == *"leave this one out"* ]]
}

# 425 in all; 220 White and 100 Hispanic ones, which r(1 - r)/se^2 gives, would leave 105 Black, 100 of whom reported.
@test "persons counted whole in their likeliest group are withheld like others" {
    persons WHITE 100 60
    persons BLACK 100 40
    persons HISPANIC 100 50
    first=$((key + 1))
    persons missing:UNKNOWN 120 60
    imputed "$first" "$key" 0.8 0.2
    first=$((key + 1))
    persons missing:UNKNOWN 5 3
    imputed "$first" "$key" 0.1 0.9
    stratify --strata race_ethnicity
    of() { column "$out/estimate.tsv" "$1" dimension=race_ethnicity estimator=threshold stratum="$2"; }
    [ "$(column "$out/estimate.tsv" n dimension=race_ethnicity estimator=birdie stratum=BLACK)" != '\N' ]
    [ "$(of suppression_reason BLACK)" = primary ]
    [ "$(of rate BLACK)" = '\N' ]
    case "$(of rate WHITE) $(of rate HISPANIC)" in *'\N'*) ;; *) false ;; esac
}

# Black men who reported are few; their sum with the imputed ones may be shown, and n times the share would be the six.
@test "no share of an intersection gives a withheld count" {
    persons WHITE 300 150 PG1 1980-06-15 male
    persons WHITE 300 150
    persons BLACK 6 3 PG1 1980-06-15 male
    persons BLACK 300 150
    persons API 7 3 PG1 1980-06-15 male
    persons API 300 150
    persons missing:UNKNOWN 100 50 PG1 1980-06-15 male
    imputed 1214 1313 .05 .95
    persons missing:UNKNOWN 100 50 PG1 1980-06-15 male
    imputed 1314 1413 .95 .05
    persons missing:UNKNOWN 100 50
    imputed 1414 1513 .05 .95
    persons missing:UNKNOWN 100 50
    imputed 1514 1613 .95 .05
    persons missing:DECLINED 60 30 PG1 1980-06-15 male
    persons missing:DECLINED 60 30
    stratify --strata 'race_ethnicity,sex,race_ethnicity*sex'
    python3 - "$out/estimate.tsv" <<'PY'
import csv, sys
rows = [r for r in csv.DictReader(open(sys.argv[1]), delimiter="\t") if r["dimension"] == "race_ethnicity*sex"]
blank = {r["stratum"] for r in rows if r["estimator"] == "self_report" and r["suppressed"] == "Y"}
beside = [r for r in rows if r["stratum"] in blank and r["estimator"] in ("birdie", "weighted", "ols") and r["suppressed"] == "N"]
assert "BLACK*male" in {r["stratum"] for r in beside}, (blank, beside)
for r in beside:
    assert r["direct_share"] == r["indirect_share"] == "\\N", r
PY
}

# (z.975 + z.80) sqrt(p q (1/n1 + 1/n0)), where n is lambda times the sum of probabilities
@test "what could be detected in an intersection counts imputed members by what is known of them" {
    persons WHITE 200 120
    persons BLACK 100 40
    persons missing:UNKNOWN 100 60
    imputed 301 400 .8 .2
    persons missing:UNKNOWN 100 40
    imputed 401 500 .2 .8
    stratify --strata 'race_ethnicity,sex,race_ethnicity*sex'
    python3 - "$out" <<'PY'
import csv, math, sys
rows = lambda name: csv.DictReader(open(f"{sys.argv[1]}/{name}.tsv"), delimiter="\t")
e = {r["stratum"]: r for r in rows("estimate") if r["dimension"] == "race_ethnicity*sex" and r["estimator"] == "birdie"}
b, w = e["BLACK*female"], e["WHITE*female"]
assert float(b["lambda"]) < .9
n, x = (sum(float(r[c]) for r in (b, w)) for c in ("n", "x"))
p = x / n
want = 2.8015852 * math.sqrt(p * (1 - p) * sum(1 / (float(r["lambda"]) * float(r["n"])) for r in (b, w)))
(got,) = [float(r["value"]) for r in rows("disparity") if r["dimension"] == "race_ethnicity*sex" and r["estimator"] == "birdie"
          and r["statistic"] == "minimum_detectable_difference"]
assert abs(got - want) < 1e-6, (got, want)
PY
}
