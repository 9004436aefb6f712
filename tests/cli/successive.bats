#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Two publications of nearly the same persons: what a reader may not get by subtracting one from the other.

setup() {
    source "$BATS_TEST_DIRNAME/gaps.bash"
    top_work=$BATS_TEST_TMPDIR
}
# groups WHITE_N WHITE_X BLACK_N BLACK_X API_N API_X
groups() {
    persons WHITE "$1" "$2"
    persons BLACK "$3" "$4"
    persons API "$5" "$6"
}
first_of_year() {
    begin then
    groups 400 300 300 120 100 50
    stratify
}
reason() { column "$out/estimate.tsv" suppression_reason dimension=race_ethnicity stratum="$1" estimator=self_report; }

# small PRIOR NOW: differences from 1 to 10 of any count shown in both
small() {
    python3 - "$1/estimate.tsv" "$2/estimate.tsv" <<'PY'
import csv, sys
def rows(path):
    with open(path) as f:
        return {r['estimate_key']: r for r in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)}
then, now = rows(sys.argv[1]), rows(sys.argv[2])
for key, r in now.items():
    if key not in then or '\\N' in (r['n'], r['x'], then[key]['n'], then[key]['x']):
        continue
    a, b = [[float(t['n']), float(t['x']), float(t['n']) - float(t['x'])] for t in (then[key], r)]
    if any(1e-9 < abs(p - q) < 11 - 1e-9 for p, q in zip(a, b)):
        print(r['dimension'], r['stratum'], r['estimator'])
PY
}

@test "a group that lost two members is withheld, and so is what would give it away" {
    first_of_year
    begin now
    groups 400 300 298 119 100 50
    stratify
    [ -n "$(small "$top_work/then/out" "$out")" ] # without --prior nobody looks
    stratify --prior "$top_work/then/out"
    [ -z "$(small "$top_work/then/out" "$out")" ]
    [ "$(reason BLACK)" = differencing ]
    [ "$(reason WHITE)$(reason API)" = '\N\N' ]
    [ "$(column "$out/estimate.tsv" suppression_reason dimension=all)" = differencing ]
    [ "$(column "$out/suppression.tsv" rule dimension=race_ethnicity stratum=BLACK estimator=self_report)" = differencing ]
    # nothing is said of its gap either
    [ -z "$(column "$out/disparity.tsv" value stratum=BLACK suppressed=N)" ]
}

@test "nothing changed, or much: all is shown" {
    first_of_year
    begin same
    groups 400 300 300 120 100 50
    stratify --prior "$top_work/then/out"
    [ "$(reason WHITE)$(reason BLACK)$(reason API)" = '\N\N\N' ]
    begin more
    groups 460 330 340 140 140 70
    stratify --prior "$top_work/then/out"
    [ "$(reason WHITE)$(reason BLACK)$(reason API)" = '\N\N\N' ]
    [ "$(column "$out/estimate.tsv" n dimension=all)" = 940 ]
}

@test "another period is of other persons, and --differencing no looks at nothing" {
    first_of_year
    begin now
    groups 400 300 298 119 100 50
    sed -i 's/ 2025 / 2026 /' "$work/measure"
    stratify --prior "$top_work/then/out"
    [ "$(reason BLACK)" = '\N' ]
    sed -i 's/ 2026 / 2025 /' "$work/measure"
    stratify --prior "$top_work/then/out" --differencing no
    [ "$(reason BLACK)" = '\N' ]
    run stratify --differencing maybe
    [ "$status" -eq 64 ]
}

publications() { cut -f1 "$1/published.tsv" | tail -n +2 | sort -u | wc -l; }

# A night after the other, each with the one before as --prior: what was withheld in between is not forgotten.
@test "what was published once is handed on from run to run" {
    first_of_year
    last=$out
    for night in 1 2 3; do
        begin "night$night"
        groups 400 300 298 119 100 50
        stratify --prior "$last"
        [ "$(reason BLACK)" = differencing ]
        [ "$(publications "$out")" = 1 ] # nothing new was said
        last=$out
    done
    begin later # enough came: all is said anew
    groups 440 320 340 140 140 70
    stratify --prior "$last"
    [ "$(reason BLACK)" = '\N' ]
    [ "$(publications "$out")" = 2 ]
    last=$out
    begin back # two less than in the first of all publications, three runs ago and more
    groups 440 320 298 119 140 70
    stratify --prior "$last"
    [ "$(reason BLACK)" = differencing ]
    # not of interest to whoever looks at nothing, but handed on all the same
    stratify --prior "$last" --differencing no
    [ "$(reason BLACK)" = '\N' ]
    [ "$(publications "$out")" = 3 ]
}

@test "a run that hands nothing on is known by its estimates and its tabulation" {
    first_of_year
    rm "$out/published.json" "$out/published.tsv"
    begin now
    groups 400 300 298 119 100 50
    stratify --prior "$top_work/then/out"
    [ "$(reason BLACK)" = differencing ]
    [ "$(column "$out/tabulation.tsv" n approach=population category=ALL)" = '\N' ]
    [ "$(publications "$out")" = 1 ]
}

# All lost 52: 50 API members, who are all there were, and two Black ones. White beside all would say two.
@test "a group that is gone is reckoned with" {
    begin then
    groups 400 300 300 120 50 25
    stratify
    begin now
    persons WHITE 400 300
    persons BLACK 298 119
    stratify --prior "$top_work/then/out"
    [ "$(reason BLACK)" = differencing ]
    shown=$(column "$out/estimate.tsv" n dimension=all)$(column "$out/estimate.tsv" n dimension=race_ethnicity stratum=WHITE estimator=self_report)
    case $shown in *'\N'*) ;; *) false ;; esac
}

n_of() { column "$out/estimate.tsv" n dimension="$1" stratum="$2" ${3:+estimator=$3}; }

# The same with sixty who did not answer: their row stands in the same sum. What did not change hides
# nothing, and stays.
@test "a group that is gone is reckoned with beside those who did not answer" {
    for run in then now; do
        begin $run
        persons WHITE 400 300
        [ $run = then ] && persons BLACK 300 120 || persons BLACK 298 119
        [ $run = now ] || persons API 50 25
        persons HISPANIC 200 100
        persons missing:UNKNOWN 60 30
        stratify --strata race_ethnicity $([ $run = then ] || echo --prior "$top_work/then/out")
    done
    [ "$(n_of all all) $(n_of race_ethnicity BLACK self_report)" = '\N \N' ]
    [ "$(n_of race_ethnicity WHITE self_report) $(n_of race_ethnicity HISPANIC self_report)" = "400 200" ]
}

# Of 50 API men and two Black ones who are gone, men lost 52; White men are withheld already, for the Black men's sake.
@test "a row of an intersection that is gone is reckoned with" {
    begin then
    persons WHITE 200 100 PG1 1980-06-15 female
    persons WHITE 200 100 PG1 1980-06-15 male
    persons BLACK 200 100 PG1 1980-06-15 female
    persons BLACK 150 75 PG1 1980-06-15 male
    persons API 100 50 PG1 1980-06-15 female
    persons API 50 25 PG1 1980-06-15 male
    stratify --strata 'race_ethnicity,sex,race_ethnicity*sex'
    begin now
    persons WHITE 200 100 PG1 1980-06-15 female
    persons WHITE 200 100 PG1 1980-06-15 male
    persons BLACK 200 100 PG1 1980-06-15 female
    persons BLACK 148 74 PG1 1980-06-15 male
    persons API 100 50 PG1 1980-06-15 female
    stratify --strata 'race_ethnicity,sex,race_ethnicity*sex' --prior "$top_work/then/out"
    [ "$(n_of 'race_ethnicity*sex' 'BLACK*male' self_report)" = '\N' ]
    [ "$(n_of 'race_ethnicity*sex' 'WHITE*male' self_report)" = '\N' ]
    [ "$(n_of sex male)" = '\N' ] # 348 after 400, and 50 of them known: two of White and Black men
}

# The same by the categories of 2024 alone, where rows hang together by combinations that have none. Who said what goes by the
# year of birth here.
@test "a category of 2024 that is gone is reckoned with" {
    for run in then now; do
        begin $run
        persons missing:UNKNOWN 400 300 PG1 1980-06-15
        [ $run = then ] && persons missing:UNKNOWN 300 150 PG1 1981-06-15 || persons missing:UNKNOWN 298 149 PG1 1981-06-15
        [ $run = now ] || persons missing:UNKNOWN 50 25 PG1 1982-06-15
        persons missing:UNKNOWN 200 100 PG1 1983-06-15
        awk '{ $8 = "\\N"; print $0, ($4 ~ /1982/ ? "Y" : "N"), ($4 ~ /1981/ ? "Y" : "N"), ($4 ~ /1980/ ? "Y" : "N"), ($4 ~ /1983/ ? "Y" : "N") }' "$work/person" >"$work/p"
        mv "$work/p" "$work/person"
        person_columns="asian black white hispanic"
        stratify --strata race_2024 $([ $run = then ] || echo --prior "$top_work/then/out")
    done
    [ "$(n_of race_2024 BLACK)" = '\N' ]
    [ "$(n_of race_2024 WHITE)" = 400 ]
    [ "$(n_of all all)" = '\N' ] # -52, and -50 known
}

# Two changed places: no margin did, and each cell of provider group by race differs by two.
@test "provider groups by race are held against what was published of them" {
    for run in then now; do
        begin $run
        [ $run = then ] && moved=0 || moved=2
        persons WHITE $((100 + moved)) 50 PG1
        persons BLACK $((100 - moved)) 50 PG1
        persons WHITE $((100 - moved)) 50 PG2
        persons BLACK $((100 + moved)) 50 PG2
        persons WHITE 100 50 PG3
        persons BLACK 100 50 PG3
        stratify --strata race_ethnicity,provider_group $([ $run = then ] || echo --prior "$top_work/then/out")
    done
    of() { column "$out/disparity.tsv" "$1" statistic=across_provider_rate provider_group="$2" stratum="$3"; }
    [ "$(of suppression_reason PG1 BLACK) $(of suppression_reason PG2 WHITE)" = "differencing differencing" ]
    [ "$(of n PG3 WHITE) $(of n PG3 BLACK)" = "100 100" ]
    [ "$(column "$out/disparity.tsv" suppressed statistic=within_provider_difference provider_group=PG1)" = Y ]
    stratify --strata race_ethnicity,provider_group --prior "$top_work/then/out" --differencing no
    [ "$(of n PG1 BLACK)" = 98 ]
}

# Two of PG1 are White where two were Black, 100 Black members came to PG2, PG3 is gone with 40. PG1's and PG4's cells being
# withheld, 58 more Black members, 100 of PG2 and the 40 that were published would say the two.
@test "a provider group that is gone is reckoned with" {
    for run in then now; do
        begin $run
        [ $run = then ] && less=0 more=0 || less=2 more=100
        persons WHITE $((200 + less)) $((100 + less / 2)) PG1
        persons BLACK $((100 - less)) $((50 - less / 2)) PG1
        persons WHITE 200 100 PG2
        persons BLACK $((100 + more)) $((50 + more / 2)) PG2
        [ $run = now ] || persons WHITE 60 30 PG3
        [ $run = now ] || persons BLACK 40 20 PG3
        persons WHITE 50 25 PG4
        persons BLACK 50 25 PG4
        stratify --strata race_ethnicity,provider_group $([ $run = then ] || echo --prior "$top_work/then/out")
    done
    of() { column "$out/disparity.tsv" suppression_reason statistic=across_provider_rate provider_group="$1" stratum="$2"; }
    [ "$(column "$out/estimate.tsv" n dimension=race_ethnicity stratum=BLACK estimator=birdie)" = 348 ]
    [ "$(of PG2 BLACK)" = differencing ]
}

# 300 Black persons, 296 of them in the denominator: the tabulation has the former.
@test "the tabulation counts all persons, and what is not in the denominator is few" {
    begin now
    groups 400 300 300 120 100 50
    person_columns=
    awk '$6 == "BLACK"' "$work/person" | head -4 | cut -d' ' -f1 >"$work/out_of_it"
    grep -vFf "$work/out_of_it" "$work/measure" >"$work/less"
    mv "$work/less" "$work/measure"
    stratify
    [ "$(column "$out/tabulation.tsv" n approach=population category=ALL)" = 800 ]
    [ "$(column "$out/estimate.tsv" n dimension=all)" = '\N' ]
    [ "$(column "$out/estimate.tsv" suppression_reason dimension=all)" = differencing ]
    stratify --differencing no
    [ "$(column "$out/estimate.tsv" n dimension=all)" = 796 ]
}
