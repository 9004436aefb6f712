#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# stratify alone, on persons made by hand: what is counted, what is blank, what is refused.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    work=$BATS_TEST_TMPDIR
    in=$work/in
    out=$work/out
}

# persons GROUP N X: N persons who reported GROUP, X of them in the numerator; keys go on from the last call.
key=0
persons() {
    local i
    for ((i = 1; i <= $2; i++)); do
        key=$((key + 1))
        printf '%032x 1 1 1980-06-15 female %s en\n' "$key" "$1" >>"$work/person"
        printf '%032x CBP 2025 PG1 1 %d\n' "$key" "$((i <= $3))" >>"$work/measure"
    done
}

stratify() {
    { echo "person_key records sources birth_date sex census6 language missing_2024"
      sed 's/ missing:\([A-Z_]*\) en$/ \\N en \1/; t; s/$/ \\N/' "$work/person"; } | make_rows person "$in"
    { echo "person_key measure period provider_group denominator numerator"; cat "$work/measure"; } |
        make_rows person_measure "$in"
    { echo "person_key model p_white p_black p_aian p_api p_multi p_hispanic surname_match geography_level pack"
      cat "$work/posterior" 2>/dev/null || true; } | make_rows posterior "$in"
    "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" "$@"
}

one_small_group() {
    persons WHITE 200 120
    persons BLACK 60 30
    persons API 50 25
    persons AIAN 5 3
}

# 100 of each of two groups, and 200 who may be either.
half_imputed() {
    persons WHITE 100 60
    persons BLACK 100 40
    local first=$((key + 1))
    persons missing:UNKNOWN 200 100
    for ((i = first; i <= key; i++)); do
        printf '%032x bisg 0.5 0.5 0 0 0 0 exact tract 0000000000000000\n' "$i" >>"$work/posterior"
    done
}

@test "counts, Wilson's interval and Newcombe's difference" {
    persons WHITE 80 48
    persons BLACK 70 56
    stratify --reference-group race_ethnicity=WHITE --differencing no
    f=$out/estimate.tsv
    [ "$(column "$f" n stratum=all estimator=observed dimension=all)" = 150 ]
    [ "$(column "$f" x stratum=BLACK estimator=self_report)" = 56 ]
    # Newcombe (1998), 56/70 against 48/80: .2000 (.0524, .3339)
    column "$f" difference_lower stratum=BLACK estimator=self_report | grep -q '^0\.05243'
    column "$f" difference_upper stratum=BLACK estimator=self_report | grep -q '^0\.33387'
    # everyone reported: the combined estimate is the same rate
    [ "$(column "$f" rate stratum=BLACK estimator=birdie)" = 0.8 ]
    [ "$(column "$f" stratum dimension=age_band)" = 45-64 ] # born 1980, as of 2026
    ledgers_balance "$work"
}

@test "a small group is blank, and so is the next smallest" {
    one_small_group
    stratify
    f=$out/estimate.tsv
    for e in self_report birdie weighted; do
        [ "$(column "$f" suppression_reason stratum=AIAN estimator=$e)" = primary ]
        [ "$(column "$f" suppression_reason stratum=API estimator=$e)" = complementary ]
        [ "$(column "$f" suppressed stratum=BLACK estimator=$e)" = N ]
        for c in n x n_eff direct_share rate se lower upper difference ratio flags; do
            [ "$(column "$f" $c stratum=AIAN estimator=$e)" = '\N' ]
            [ "$(column "$f" $c stratum=API estimator=$e)" = '\N' ]
        done
    done
    ! grep -q 'AIAN\|"API"' "$out/stage.json"
}

@test "a blank reference leaves no comparison" {
    persons WHITE 200 120
    persons BLACK 60 30
    persons AIAN 5 3
    stratify --reference-group race_ethnicity=AIAN
    [ -z "$(column "$out/estimate.tsv" difference | grep -v '\\N')" ]
}

@test "who declined is counted and not imputed" {
    persons WHITE 100 60
    persons BLACK 100 40
    persons missing:DECLINED 30 15
    stratify
    f=$out/estimate.tsv
    [ "$(column "$f" n stratum=DECLINED estimator=observed)" = 30 ]
    [ "$(column "$f" n stratum=WHITE estimator=birdie)" = 100 ]
}

@test "imputed persons count by their probabilities" {
    half_imputed
    stratify
    f=$out/estimate.tsv
    [ "$(column "$f" n stratum=WHITE estimator=birdie)" = 200 ]
    [ "$(column "$f" direct_share stratum=WHITE estimator=birdie)" = 0.5 ]
    # weighted: (60 + 50) / 200; those imputed pull it to the middle
    [ "$(column "$f" rate stratum=WHITE estimator=weighted)" = 0.55 ]
    # birdie: p = .5 for all says nothing of one group against the other beyond what was reported
    column "$f" rate stratum=WHITE estimator=birdie | awk '{ exit !($1 > 0.595 && $1 < 0.605) }'
}

@test "estimators stand beside each other, with bounds and with what is known" {
    half_imputed
    stratify --reference-group race_ethnicity=WHITE --differencing no
    f=$out/estimate.tsv
    near() { awk -v x="$1" -v to="$2" -v by="$3" 'BEGIN { exit !(x - to <= by && to - x <= by) }'; }
    of() { column "$f" "$1" "stratum=$2" "estimator=$3"; }
    # least squares: sum p p' = (150 50; 50 150), sum p y = (110, 90), so .6 and .4
    near "$(of rate WHITE ols)" 0.6 1e-12
    near "$(of rate BLACK ols)" 0.4 1e-12
    # counted whole, ties in the first group: (60 + 100) / 300
    near "$(of rate WHITE threshold)" 0.533333333333333 1e-12
    [ "$(of n WHITE threshold)" = '\N' ]
    # bounds: of the 200, from none to a hundred of each group are in the numerator; the rule looks at others' y
    near "$(of bound_lower WHITE birdie)" 0.3 0.03
    near "$(of bound_upper WHITE birdie)" 0.8 0.03
    near "$(of difference_bound_lower BLACK birdie)" -0.6 0.06
    near "$(of difference_bound_upper BLACK birdie)" 0.4 0.06
    # variance of p .125 over .25
    near "$(of lambda WHITE birdie)" 0.5 1e-12
    [ "$(of indirect_share WHITE birdie)" = 0.5 ]
    column "$f" direct_share dimension=all | grep -qx 0.5
    column "$f" indirect_share dimension=all | grep -qx 0.5
    column "$f" unknown_share dimension=all | grep -qx 0
    of information WHITE birdie | awk '{ exit !($1 > 0.3 && $1 < 0.7) }' # half are known, the others say little
    of information WHITE mi | awk '{ exit !($1 > 0.3 && $1 < 0.7) }'
    near "$(of rate WHITE mi)" 0.6 0.03
    near "$(of se WHITE mi)" "$(of se WHITE birdie)" 0.012
    sha256sum <"$f" >"$work/one"
    # neither threads nor the clock change what is drawn; it is the person's own: somebody before them who is in no measure
    # changes nothing either
    stratify --reference-group race_ethnicity=WHITE --differencing no --threads 1
    sha256sum <"$f" | diff - "$work/one"
    { printf '%032x 1 1 1980-06-15 female WHITE en\n' 0; cat "$work/person"; } >"$work/more"
    mv "$work/more" "$work/person"
    stratify --reference-group race_ethnicity=WHITE --differencing no
    sha256sum <"$f" | diff - "$work/one"
    stratify --reference-group race_ethnicity=WHITE --replicates 0
    [ -z "$(of rate WHITE mi)" ]
    run stratify --replicates 1
    [ "$status" -eq 64 ]
}

@test "an intersection has all estimators, and those of everybody where its other part has one stratum" {
    half_imputed # all of them female
    stratify --reference-group race_ethnicity=WHITE,race_ethnicity*sex=WHITE*female --differencing no \
        --strata 'race_ethnicity,sex,race_ethnicity*sex'
    numbers='n x rate se lower upper lambda information bound_lower bound_upper difference difference_lower difference_upper'
    for e in self_report birdie weighted ols threshold mi; do
        for c in $numbers; do
            one=$(column "$out/estimate.tsv" $c dimension=race_ethnicity stratum=BLACK estimator=$e)
            [ -n "$one" ]
            [ "$one" = "$(column "$out/estimate.tsv" $c 'dimension=race_ethnicity*sex' 'stratum=BLACK*female' estimator=$e)" ]
        done
    done
}

@test "who is withheld has no share, bound or lambda" {
    one_small_group
    stratify
    f=$out/estimate.tsv
    for e in birdie weighted ols threshold mi; do
        for c in n rate indirect_share lambda information bound_lower difference_bound_upper; do
            column "$f" $c stratum=AIAN estimator=$e | { ! grep -v '\\N'; }
        done
    done
    # the sum of those who reported would give them away
    for c in direct_share indirect_share unknown_share; do [ "$(column "$f" $c dimension=all)" = '\N' ]; done
}

@test "a numerator outside the denominator is set aside" {
    persons WHITE 40 20
    key=$((key + 1))
    printf '%032x 1 1 1980-06-15 male WHITE en\n' "$key" >>"$work/person"
    printf '%032x CBP 2025 PG1 0 1\n%032x HBD 2025 PG1 0 0\n' "$key" "$key" >>"$work/measure"
    stratify --differencing no # one person of the tabulation is in no denominator
    [ "$(column "$out/quarantine.tsv" rule)" = numerator_without_denominator ]
    [ "$(column "$out/ledger.tsv" rows reason=not_in_denominator)" = 1 ]
    [ "$(column "$out/estimate.tsv" n dimension=all)" = 40 ]
    [ -z "$(column "$out/estimate.tsv" n measure=HBD)" ]
}

@test "files of different runs are refused" {
    persons WHITE 20 10
    printf '%032x CBP 2025 PG1 1 1\n' 999999 >>"$work/measure"
    run stratify
    [ "$status" = 65 ]
    [[ "$output" == *"person_measure: a row is of a person who is not in person"* ]]
    [ ! -e "$out/stage.json" ]
}

@test "unsorted rows and rows counted twice are refused" {
    persons WHITE 20 10
    head -n 1 "$work/measure" >"$work/again"
    { cat "$work/again"; cat "$work/measure"; } >"$work/both" && mv "$work/both" "$work/measure"
    run stratify
    [ "$status" = 65 ]
    [[ "$output" == *"second one of the same person"* ]]
    sort -r "$work/again" "$work/measure" | sort -r -u >"$work/both" && mv "$work/both" "$work/measure"
    run stratify
    [ "$status" = 65 ]
    [[ "$output" == *"not in the order of person_key"* ]]
}

@test "languages beyond the named ones are pooled, regions are not told apart" {
    persons WHITE 90 30
    awk '{ $7 = NR <= 30 ? "en-US" : NR <= 50 ? "en" : NR <= 70 ? "es" : NR <= 80 ? "fr" : "zh"; print }' "$work/person" >"$work/p"
    mv "$work/p" "$work/person"
    echo 'measures: []' >"$work/measures.yaml" # no floor
    stratify --languages 2 --minimum-cell 1 --measures "$work/measures.yaml"
    f=$out/estimate.tsv
    [ "$(column "$f" n dimension=language stratum=en)" = 50 ]
    [ "$(column "$f" n dimension=language stratum=other)" = 20 ]
    [ "$(column "$f" n dimension=language | wc -l)" = 3 ]
}

@test "the widest gaps are in the results, blank cells are not" {
    persons WHITE 300 240
    persons BLACK 100 50
    persons API 60 42
    persons AIAN 8 4
    stratify
    grep -o '"group": "[A-Z]*"' "$out/stage.json" | tr -d '"' >"$work/groups"
    [ "$(cat "$work/groups")" = "group: BLACK" ] # API went with AIAN; the reference has no gap
    # .5 - .8
    python3 - "$out/stage.json" <<'PY'
import json, sys
gap = json.load(open(sys.argv[1]))["results"]["widest_gaps"][0]
assert abs(gap["difference"] + 0.3) < 1e-12 and gap["lower"] < -0.3 < gap["upper"] < 0, gap
assert (gap["reference"], gap["estimator"], gap["dimension"]) == ("WHITE", "birdie", "race_ethnicity"), gap
PY
}

@test "any number of threads gives the same bytes" {
    persons WHITE 100 60
    persons BLACK 100 40
    first=$((key + 1))
    persons missing:UNKNOWN 2500 1300
    for ((i = first; i <= key; i++)); do
        a=$((i * 7919 % 97))
        printf '%032x bisg 0.%02d 0.%02d 0 0 0 0 exact tract 0000000000000000\n' "$i" "$((a + 1))" "$((99 - a))"
    done >"$work/posterior"
    stratify --threads 1
    sha256sum <"$out/estimate.tsv" >"$work/one"
    "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" --threads 3
    sha256sum <"$out/estimate.tsv" | diff - "$work/one"
}

# many N: N persons with rows so wide that a block of the file does not hold them all, half of them imputed.
many() {
    awk -v n="$1" -v dir="$work" 'BEGIN {
        wide = sprintf("%200s", ""); gsub(/ /, "W", wide)
        for (i = 1; i <= n; i++) {
            key = sprintf("%032x", i * 16)
            said = i % 2 ? (i % 4 == 1 ? "WHITE" : "BLACK") : "\\N"
            print key, 1, 1, wide, said, i % 2 ? "\\N" : "UNKNOWN" >(dir "/person")
            print key, (i % 7 ? "CBP" : "BCS"), 2025, "PG" i % 5, 1, (i % 3 == 0) >(dir "/measure")
            print key, "bisg", (i % 10) / 10, 1 - (i % 10) / 10, 0, 0, 0, 0, "exact", "tract", "0000000000000000" >(dir "/posterior")
        }
    }'
}
many_rows() {
    { echo "person_key records sources surname census6 missing_2024"; cat "$work/person"; } | make_rows person "$in"
    { echo "person_key measure period provider_group denominator numerator"; cat "$work/measure"; } |
        make_rows person_measure "$in"
    { echo "person_key model p_white p_black p_aian p_api p_multi p_hispanic surname_match geography_level pack"
      cat "$work/posterior"; } | make_rows posterior "$in"
}

@test "persons are cut into blocks, and nobody is lost between two of them" {
    many 9001
    many_rows
    for t in 1 2 5; do
        "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" --threads $t
        f=$out/estimate.tsv
        [ "$(column "$f" n dimension=all measure=BCS)" = 1285 ] # 9001 / 7
        [ "$(column "$f" n dimension=all measure=CBP)" = 7716 ]
        [ "$(column "$f" x dimension=all measure=CBP)" = 2572 ] # 3000 thirds less 428 of both
        [ "$(column "$f" n stratum=UNKNOWN measure=CBP)" = 3858 ] # 4500 even less 642
        sha256sum <"$f" >>"$work/sums"
    done
    [ "$(sort -u "$work/sums" | wc -l)" = 1 ]
    ledgers_balance "$work"
}

@test "a row of nobody is found wherever it stands" {
    many 9001
    cp "$work/measure" "$work/whole"
    for at in 8 72009 144017; do # before the first, in the middle, behind the last; persons have multiples of 16
        { cat "$work/whole"; printf '%032x CBP 2025 PG1 1 1\n' "$at"; } | sort >"$work/measure"
        many_rows
        run "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" --threads 2
        [ "$status" = 65 ]
        [[ "$output" == *"person_measure: a row is of a person who is not in person"* ]]
    done
}

@test "an order broken between two blocks is found" {
    many 9001
    { tail -n 4000 "$work/person"; head -n 5001 "$work/person"; } >"$work/turned"
    mv "$work/turned" "$work/person"
    many_rows
    run "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" --threads 2
    [ "$status" = 65 ]
}

@test "an intersection hangs together with its margins" {
    persons WHITE 300 180
    persons BLACK 200 80
    awk '{ $5 = NR % 3 ? "female" : "male"; print }' "$work/person" >"$work/p" && mv "$work/p" "$work/person"
    stratify --strata 'race_ethnicity*sex'
    f=$out/estimate.tsv
    # 300 WHITE, then 200 BLACK; every third is male
    [ "$(column "$f" n dimension=race_ethnicity*sex stratum=WHITE*male estimator=self_report)" = 100 ]
    [ "$(column "$f" n dimension=race_ethnicity*sex stratum=WHITE*female estimator=birdie)" = 200 ]
    [ "$(column "$f" n dimension=race_ethnicity*sex stratum=BLACK*male estimator=self_report)" = 66 ]
    [ "$(column "$f" n dimension=sex stratum=male)" = 166 ]
}

@test "a small cell of an intersection cannot be subtracted out of a margin" {
    persons WHITE 300 150
    persons BLACK 200 100
    awk '{ $5 = NR == 302 || NR % 2 && NR < 310 ? "male" : "female"; print }' "$work/person" >"$work/p"
    mv "$work/p" "$work/person"
    stratify --strata 'race_ethnicity*sex' # men: 150 white; few black
    f=$out/estimate.tsv
    blanks=$(column "$f" stratum dimension=race_ethnicity*sex suppressed=Y estimator=self_report | sort | tr '\n' ' ')
    [[ "$blanks" == *"BLACK*male"* ]]
    # each line of the table, and each margin, has none blank or two at least (a margin may be one of them)
    black=$(column "$f" n dimension=race_ethnicity stratum=BLACK estimator=self_report)
    other=$(column "$f" n dimension=race_ethnicity*sex stratum=BLACK*female estimator=self_report)
    [ "$black" = '\N' ] || [ "$other" = '\N' ]
}

@test "what is not a dimension is refused with the list of those that are" {
    persons WHITE 30 15
    run stratify --strata race_ethnicity,shoe_size
    [ "$status" = 64 ]
    [[ "$output" == *"no dimension shoe_size"*"sexual_orientation"*"svi_quintile"* ]]
    run stratify --strata 'race_2024_any*sex'
    [ "$status" = 64 ]
    [[ "$output" == *overlaps* ]]
}

@test "rates over member time and means have intervals of their own" {
    printf 'measures:\n  - {id: AMB, kind: rate, direction: lower}\n  - {id: COST, kind: mean}\n' >"$work/measures.yaml"
    for i in $(seq 1 40); do
        printf '%032x 1 1 1980-06-15 female WHITE en \\N\n' "$i"
    done >"$work/p"
    # 40 persons, one visit each but 10 with none, 6 months each: 30 / 240; costs 1 to 40
    for i in $(seq 1 40); do
        printf '%032x AMB 2025 PG1 1 %d %d 6 \\N\n' "$i" "$((i > 10))" "$((i > 10))"
        printf '%032x COST 2025 PG1 1 0 %d \\N \\N\n' "$i" "$i"
        printf '%032x CBP 2025 PG1 1 1 \\N \\N %s\n' "$i" "$( [ $i -le 5 ] && echo hospice || echo '\N')"
    done >"$work/m"
    { echo "person_key records sources birth_date sex census6 language missing_2024"; cat "$work/p"; } | make_rows person "$in"
    { echo "person_key measure period provider_group denominator numerator amount exposure excluded"; cat "$work/m"; } |
        make_rows person_measure "$in"
    echo "person_key model p_white p_black p_aian p_api p_multi p_hispanic surname_match geography_level pack" |
        make_rows posterior "$in"
    "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" --measures "$work/measures.yaml" --minimum-cell 1
    f=$out/estimate.tsv
    [ "$(column "$f" rate measure=AMB dimension=all)" = 0.125 ]
    [ "$(column "$f" interval_method measure=AMB dimension=all)" = byar ]
    # Byar for 30: 20.2369, 42.8284 (Breslow and Day's formula by hand), over 240
    column "$f" lower measure=AMB dimension=all | awk '{ exit !($1 > 20.236 / 240 && $1 < 20.238 / 240) }'
    column "$f" upper measure=AMB dimension=all | awk '{ exit !($1 > 42.827 / 240 && $1 < 42.830 / 240) }'
    # 1 to 40: mean 20.5, variance 41 * 40 / 12 = 136.667, t(39) = 2.022691
    [ "$(column "$f" rate measure=COST dimension=all)" = 20.5 ]
    column "$f" upper measure=COST dimension=all | awk '{ want = 20.5 + 2.022691 * sqrt(136.6666667 / 40); exit !($1 > want - 1e-4 && $1 < want + 1e-4) }'
    column "$f" flags measure=COST stratum=WHITE estimator=ols | grep -q not_categorical
    [ "$(column "$f" rate measure=COST stratum=WHITE estimator=ols)" = 20.5 ]
    [ "$(column "$f" n measure=CBP dimension=all)" = 35 ]
    [ "$(column "$out/ledger.tsv" rows reason=excluded)" = 5 ]
    ledgers_balance "$work"
}

@test "of what was not said about orientation, nothing is written of a person" {
    many 2000
    many_rows
    awk '{ print $1, "sexual_orientation", "standard", 1, (NR % 3 == 0 ? "straight" : NR % 3 == 1 ? "bisexual" : "\\N"),
           (NR % 3 == 2 ? "NOT_ASKED" : "\\N"), "self", "ehr", $1, "only_answer", 0 }' "$work/person" >"$work/values"
    { echo "person_key element axis seq value missing collection source record_key rule losers"; cat "$work/values"; } |
        make_rows person_value "$in"
    # every byte that is written, temporary files too
    command -v strace >/dev/null && trace=(strace -f -s 1000000 -e trace=write,pwrite64 -o "$work/written") || trace=()
    "${trace[@]}" "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" --threads 2 \
        --strata sexual_orientation,sex,age_band,race_ethnicity --missing-answers
    f=$out/estimate.tsv
    for e in complete_case response_weighted mi_population bounds; do
        [ "$(column "$f" stratum dimension=sexual_orientation measure=CBP estimator=$e | sort | tr '\n' ' ')" = "bisexual straight " ]
    done
    column "$f" direct_share dimension=sexual_orientation measure=CBP estimator=complete_case | head -n 1 | awk '{ exit !($1 > 0.66 && $1 < 0.67) }'
    # no key of a person in any file that is left
    for i in 2 5 8 1000; do
        key=$(printf '%032x' $((i * 16)))
        [ -z "$(grep -rl "$key" "$out")" ]
    done
    # and a value of it only in rows of strata
    [ -z "$(grep -rlE 'straight|bisexual' "$out" | grep -vE '/(estimate|disparity|trend|suppression|published)\.tsv$|/stage\.json$')" ]
    if [ -e "$work/written" ]; then
        grep -q 'mi_population' "$work/written" # it was traced
        [ -z "$(grep -E 'straight|bisexual' "$work/written" | grep -E '0000000000000000000[0-9a-f]{13}\\t')" ]
    fi
    sha256sum <"$f" >"$work/one"
    "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" --threads 1 \
        --strata sexual_orientation,sex,age_band,race_ethnicity --missing-answers
    sha256sum <"$f" | diff - "$work/one"
}

@test "the suppression log says why each row is blank, and what can be known of it" {
    one_small_group
    stratify
    s=$out/suppression.tsv
    [ "$(column "$s" rule stratum=AIAN estimator=self_report)" = small_denominator ]
    [ "$(column "$s" rule stratum=API estimator=self_report)" = complementary ]
    [ "$(column "$s" protects_stratum stratum=API estimator=self_report)" = AIAN ]
    # together they are 55; which is which cannot be told
    [ "$(column "$s" least stratum=AIAN estimator=self_report)" = 0 ]
    [ "$(column "$s" most stratum=AIAN estimator=self_report)" = 55 ]
    # one row for each blank one
    [ "$(column "$s" estimate_key | sort)" = "$(column "$out/estimate.tsv" estimate_key suppressed=Y | sort)" ]
}

@test "a measure's floor blanks rates of few, and costs no other row" {
    persons WHITE 200 120
    persons BLACK 60 30
    persons API 25 12
    printf 'measures:\n  - {id: CBP, floor: 30}\n' >"$work/measures.yaml"
    stratify --measures "$work/measures.yaml"
    f=$out/estimate.tsv
    [ "$(column "$f" suppression_reason stratum=API estimator=self_report)" = below_floor ]
    [ "$(column "$f" rate stratum=API estimator=self_report)" = '\N' ]
    [ "$(column "$f" suppressed stratum=BLACK estimator=self_report)" = N ]
    [ "$(column "$out/suppression.tsv" minimum stratum=API estimator=self_report)" = 30 ]
}
