#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Pay for equity: who qualifies, against what, and in what words.

setup() {
    source "$BATS_TEST_DIRNAME/gaps.bash"
    top_work=$BATS_TEST_TMPDIR
}
# year YEAR: what follows is of that year's run
year() {
    work=$top_work/$1
    in=$work/in
    out=$work/out
    period=$1
    key=0
    mkdir -p "$work"
}
# group PROVIDER BLACK_X: 2000 White members, 1600 of them in the numerator, and 1000 Black members
group() {
    persons WHITE 2000 1600 "$1" 1980-06-15 female "$period"
    persons BLACK 1000 "$2" "$1" 1980-06-15 female "$period"
}
small() {
    persons WHITE 300 240 "$1" 1980-06-15 female "$period"
    persons BLACK 150 "$2" "$1" 1980-06-15 female "$period"
}
rule=(--reference-group race_ethnicity=WHITE --equity-members 2500 --equity-reliability 0.1)
pay() { column "$out/equity.tsv" "$1" provider_group="$2" stratum="${3:-BLACK}"; }
first_year() {
    year 2024
    group PG1 600 # gap -.2
    group PG2 600
    group PG3 700
    group PG4 790 # -.01: could not be told from none
    small PG5 90
    stratify "${rule[@]}"
}

@test "eligible, and why not" {
    first_year
    [ "$(pay eligible PG1)" = Y ]
    [ "$(pay verdict PG1)" = baseline ]
    [ "$(pay reasons PG4)" = gap_not_detectable ]
    [ "$(pay verdict PG4)" = 'not eligible' ]
    [ "$(pay reasons PG5)" = few_members ]
    # se = sqrt(.24 / 1000 + .16 / 2000), 2.80 of it
    near "$(pay detectable_gap PG1)" 0.050088 2e-4
    near "$(pay gap PG1)" -0.2 1e-9
    # all gaps, by shares: a third of -.2
    near "$(pay gap PG1 all)" -0.0666666666666667 1e-9
    stratify "${rule[@]}" --equity-diversity 0.4
    [ "$(pay reasons PG1)" = little_diversity ] # a third is not White
    stratify --reference-group race_ethnicity=WHITE
    [ "$(pay reasons PG1)" = few_members ] # 3000, of 10000 that are wanted
    [ "$(cut -f 11 "$out/disparity.tsv" | grep -c rank)" = 0 ]
}

@test "improvement is from the provider group's own frozen baseline" {
    first_year
    baseline=$out
    year 2025
    group PG1 795
    group PG2 700
    group PG3 600
    group PG4 600
    small PG5 120
    group PG6 700 # was not there
    stratify "${rule[@]}" --baseline "$baseline"
    [ "$(pay verdict PG1)" = closed ]
    near "$(pay improvement PG1)" 0.195 1e-9
    [ "$(pay verdict PG2)" = narrowed ]
    near "$(pay improvement PG2)" 0.1 1e-9
    near "$(pay improvement_se PG2)" 0.02468 2e-4 # sqrt(.24/1000 + .16/2000 + .21/1000 + .16/2000)
    [ "$(pay verdict PG3)" = widened ]
    [ "$(pay baseline_period PG3)" = 2024 ]
    [ "$(pay improvement_method PG3)" = independent ]
    # judged on the baseline, in which the gap was too small
    [ "$(pay verdict PG4)" = 'not eligible' ]
    [ "$(pay verdict PG5)" = 'not eligible' ]
    [ "$(pay verdict PG6)" = baseline ]
    [ "$(pay baseline_gap PG6)" = '\N' ]
}

@test "a baseline of other probabilities is refused" {
    first_year
    baseline=$out
    year 2025
    group PG1 795
    first=$((key + 1))
    persons missing:UNKNOWN 500 300 PG1 1980-06-15 female 2025
    imputed "$first" "$key" 0.6 0.4 bisg aaaaaaaaaaaaaaaa
    run stratify "${rule[@]}" --baseline "$baseline"
    [ "$status" = 65 ]
    [[ "$output" == *"freeze a new baseline"* ]]
    [ ! -e "$out/stage.json" ]
    # who counts self-report alone does not mind
    stratify "${rule[@]}" --provider-estimator self_report
    baseline=$out
    year 2026
    group PG1 700
    stratify "${rule[@]}" --provider-estimator self_report --baseline "$baseline"
    [ "$(column "$baseline/baseline.tsv" imputation stratum=BLACK)" = '\N' ]
    run stratify --baseline "$top_work"
    [ "$status" = 66 ]
}

@test "a withheld cell pays nothing and says nothing" {
    year 2024
    group PG1 600
    group PG2 600
    group PG3 700
    persons API 6 3 PG1 1980-06-15 female 2024
    persons API 90 40 PG2 1980-06-15 female 2024
    persons API 80 40 PG3 1980-06-15 female 2024
    stratify "${rule[@]}"
    [ "$(pay verdict PG1 API)" = withheld ]
    for c in members gap gap_se reliability eligible stratum_share baseline_gap improvement reference; do
        [ "$(pay $c PG1 API)" = '\N' ]
    done
    [ "$(column "$out/baseline.tsv" gap provider_group=PG1 stratum=API)" = '\N' ]
}
