#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Gaps within and rates across provider groups.

setup() {
    source "$BATS_TEST_DIRNAME/gaps.bash"
    work=$BATS_TEST_TMPDIR
    in=$work/in
    out=$work/out
    persons WHITE 200 120 PG1
    persons BLACK 100 40 PG1
    persons WHITE 300 210 PG2
    persons BLACK 150 90 PG2
    persons WHITE 400 200 PG3
    persons BLACK 80 20 PG3
}

@test "within: each provider group's own gap, shrunk to their mean" {
    stratify --reference-group race_ethnicity=WHITE
    near "$(said value within_provider_difference provider_group=PG1)" -0.2 1e-9
    near "$(said value within_provider_difference provider_group=PG2)" -0.1 1e-9
    near "$(said value within_provider_difference provider_group=PG3)" -0.25 1e-9
    python3 - "$out/disparity.tsv" <<'PY'
import csv, math, sys
rows = list(csv.DictReader(open(sys.argv[1]), delimiter="\t", quoting=csv.QUOTE_NONE))
def check(raw, gap, expected):
    r = {x["provider_group"]: x for x in rows if x["statistic"] == raw and x["stratum"] == "BLACK"}
    y = [expected[p][0] for p in sorted(expected)]; v = [expected[p][1] for p in sorted(expected)]
    w = [1 / a for a in v]; m = sum(a * b for a, b in zip(w, y)) / sum(w)
    q = sum(a * (b - m) ** 2 for a, b in zip(w, y))
    tau2 = max(0, (q - 2) / (sum(w) - sum(a * a for a in w) / sum(w)))
    u = [1 / (tau2 + a) for a in v]; mean = sum(a * b for a, b in zip(u, y)) / sum(u)
    for p, a, b in zip(sorted(expected), y, v):
        assert abs(float(r[p]["value"]) - a) < 1e-9 and abs(float(r[p]["se"]) - math.sqrt(b)) < 1e-2 * math.sqrt(b), r[p]  # birdie's prior is one person
        s = [x for x in rows if x["statistic"] == raw + "_shrunk" and x["stratum"] == "BLACK" and x["provider_group"] == p][0]
        want = mean + tau2 / (tau2 + b) * (a - mean)
        assert abs(float(s["value"]) - want) < 2e-3, (s, want)
    t = [x for x in rows if x["statistic"] == gap and x["stratum"] == "BLACK" and x["provider_group"] == "all"][0]
    assert abs(float(t["value"]) - tau2) < 0.05 * tau2 and t["groups"] == "3", (t, tau2)
var = lambda p, n: p * (1 - p) / n
check("within_provider_difference", "within_provider_variance",
      {"PG1": (-.2, var(.4, 100) + var(.6, 200)), "PG2": (-.1, var(.6, 150) + var(.7, 300)), "PG3": (-.25, var(.25, 80) + var(.5, 400))})
check("across_provider_rate", "across_provider_variance",
      {"PG1": (.4, var(.4, 100)), "PG2": (.6, var(.6, 150)), "PG3": (.25, var(.25, 80))})
PY
    # 680 of 1230 in all; 1.96 sqrt(p q / 300)
    near "$(said value funnel_limits_95 provider_group=PG1)" 0.552845528455285 1e-12
    near "$(said upper funnel_limits_95 provider_group=PG1)" 0.609107 1e-5
}

@test "nothing ranks provider groups unless asked" {
    stratify --reference-group race_ethnicity=WHITE
    [ "$(cut -f 11 "$out/disparity.tsv" | grep -c '^rank$')" = 0 ]
    stratify --reference-group race_ethnicity=WHITE --rank-providers
    [ "$(said value across_provider_rank provider_group=PG2 stratum=BLACK)" = 1 ]
    [ "$(said value across_provider_rank provider_group=PG3 stratum=BLACK)" = 3 ]
    [ "$(said value within_provider_rank provider_group=PG2 stratum=BLACK)" = 1 ]
}

@test "a small cell, and what it could be worked out from, is blank" {
    persons API 6 3 PG1
    persons API 60 30 PG2
    persons API 90 45 PG3
    stratify --reference-group race_ethnicity=WHITE
    [ "$(column "$out/estimate.tsv" suppressed stratum=API estimator=birdie)" = N ]
    [ "$(said suppression_reason across_provider_rate provider_group=PG1 stratum=API)" = primary ]
    [ "$(said value across_provider_rate provider_group=PG1 stratum=API)" = '\N' ]
    python3 - "$out" <<'PY'
import csv, sys
read = lambda name: list(csv.DictReader(open(f"{sys.argv[1]}/{name}.tsv"), delimiter="\t", quoting=csv.QUOTE_NONE))
cell = {(s["provider_group"], s["stratum"]): s["n"] for s in read("disparity")
        if s["statistic"] == "across_provider_rate" and s["suppressed"] == "N"}
row = {e["stratum"]: e for e in read("estimate") if e["dimension"] == "provider_group"}
column = {e["stratum"]: e for e in read("estimate") if e["dimension"] == "race_ethnicity" and e["estimator"] == "birdie"}
providers, groups = ["PG1", "PG2", "PG3"], ["WHITE", "BLACK", "API"]
for p in providers:        # a line with one blank alone would give it away
    blank = [g for g in groups if (p, g) not in cell]
    assert len(blank) != 1 or row[p]["suppressed"] == "Y", (p, blank)
for g in groups:
    blank = [p for p in providers if (p, g) not in cell]
    assert len(blank) != 1 or column[g]["suppressed"] == "Y", (g, blank)
assert ("PG1", "API") not in cell and len(cell) >= 5, cell
# gaps are shown only where both rates are
for s in read("disparity"):
    if s["statistic"].startswith("within_provider_difference") and s["suppressed"] == "N":
        assert (s["provider_group"], s["stratum"]) in cell and (s["provider_group"], s["reference"]) in cell, s
PY
}

@test "who declined in a provider group is not counted by subtraction" {
    persons missing:DECLINED 3 1 PG1
    persons missing:DECLINED 20 10 PG2
    persons missing:DECLINED 30 10 PG3
    stratify --reference-group race_ethnicity=WHITE
    # 303 in PG1: its two groups cannot both be shown
    shown=$(column "$out/disparity.tsv" suppressed statistic=across_provider_rate provider_group=PG1 | grep -c N)
    [ "$shown" -lt 2 ]
}

@test "imputed persons count within their provider group" {
    first=$((key + 1))
    persons missing:UNKNOWN 400 200 PG1
    imputed "$first" $((first + 199)) 0.8 0.2
    imputed $((first + 200)) "$key" 0.2 0.8
    stratify --reference-group race_ethnicity=WHITE
    near "$(said n across_provider_rate provider_group=PG1 stratum=WHITE)" 400 1e-9
    near "$(said n across_provider_rate provider_group=PG2 stratum=WHITE)" 300 1e-9
    [ "$(said estimator across_provider_rate provider_group=PG1 stratum=WHITE)" = birdie ]
    stratify --provider-estimator self_report
    near "$(said n across_provider_rate provider_group=PG1 stratum=WHITE)" 200 1e-9
    [ "$(said estimator across_provider_rate provider_group=PG1 stratum=WHITE)" = self_report ]
}

# None of 200, all reported: by hand z^2/(n + z^2) = .018845.
@test "near 0 a provider group's rate has an interval by score, and its gap too" {
    persons WHITE 200 0 PG4
    persons BLACK 100 12 PG4
    stratify --reference-group race_ethnicity=WHITE
    [ "$(said flags across_provider_rate provider_group=PG4 stratum=WHITE)" = boundary ]
    [ "$(said method across_provider_rate provider_group=PG4 stratum=WHITE)" = score ]
    near "$(said lower across_provider_rate provider_group=PG4 stratum=WHITE)" 0 1e-9
    near "$(said upper across_provider_rate provider_group=PG4 stratum=WHITE)" 0.018845 1e-4
    # Newcombe's method 10 of 12 of 100 (.069994, .198121) and 0 of 200: .12 - sqrt(.050006^2 + .018845^2); the first
    # rate's error has the prior's pseudo-person in it, hence 101 persons
    near "$(said lower within_provider_difference provider_group=PG4 stratum=BLACK)" 0.066561 1e-3
    near "$(said upper within_provider_difference provider_group=PG4 stratum=BLACK)" 0.198121 1e-3
    [ "$(said method across_provider_rate provider_group=PG1 stratum=WHITE)" = wilson ]
}
