# SPDX-License-Identifier: GPL-3.0-or-later
# Imputation on its own: a CSV file in, a file of probabilities out.
load common

setup_file() {
    export work=$BATS_FILE_TMPDIR
    printf '%s\n' 'id,surname,first_name,tract,zip,state' \
        '1,García,Maria,34021000100,,' "2,O'BRIEN,,,,MA" '3,SMITH JR,,,10001-1234,' '4,,,,,' '5,de la Cruz,José,,,TX' \
        '6,Unknown,X,,78207,' >"$work/people.csv"
    for i in $(seq 7 40000); do echo "$i,SMITH,John,01001020100,,"; done >>"$work/people.csv"
    "$bin/relsogi" impute --input "$work/people.csv" --output "$work/out.tsv"
}

@test "one line for each person, in order, and what matched" {
    [ "$(wc -l <"$work/out.tsv")" -eq 40001 ]
    cut -f 1 "$work/out.tsv" | tail -n +2 | cmp - <(seq 40000)
    head -n 1 "$work/out.tsv" | grep -q '^id	p_white	p_black	p_aian	p_api	p_multi	p_hispanic	p8_aian'
    col() { awk -F'\t' -v c="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) n = i; next } NR < 8 { printf "%s ", $n }' "$work/out.tsv"; }
    [ "$(col surname_match)" = "exact punctuation suffix none joined none " ]
    [ "$(col geography_level)" = "tract state zcta nation state zcta " ]
}

@test "probabilities add up to one, whatever is missing" {
    awk -F'\t' 'NR > 1 { d = $2 + $3 + $4 + $5 + $6 + $7 - 1; if (d > 1e-12 || d < -1e-12) exit 1 }' "$work/out.tsv"
}

@test "the same line in any batch, order and number of threads, gzipped or not" {
    "$bin/relsogi" impute --input "$work/people.csv" --output "$work/one.tsv" --threads 1
    cmp "$work/out.tsv" "$work/one.tsv"
    "$bin/relsogi" impute --input "$work/people.csv" --output "$work/three.tsv" --threads 3
    cmp "$work/out.tsv" "$work/three.tsv"
    { head -n 1 "$work/people.csv"; tail -n +2 "$work/people.csv" | tac; } | gzip >"$work/back.csv.gz"
    "$bin/relsogi" impute --input "$work/back.csv.gz" --output "$work/back.tsv"
    cmp <(tail -n +2 "$work/out.tsv" | sort) <(tail -n +2 "$work/back.tsv" | sort)
    head -n 4 "$work/people.csv" >"$work/few.csv"
    "$bin/relsogi" impute --input "$work/few.csv" --output "$work/few.tsv"
    cmp <(head -n 4 "$work/out.tsv") "$work/few.tsv"
}

@test "the stage gives a person the same probabilities" {
    make_plan 300 "$work/plan"
    run_plan "$work/plan/relsogi.yaml" "$work/runs" >/dev/null 2>&1
    person=$work/runs/t/reconcile/person.tsv posterior=$work/runs/t/impute/posterior.tsv
    awk -F'\t' -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i; print "id,surname,first_name,state,zip,zcta,county,tract,block_group"; next }
        { gsub(/\\N/, ""); print $1, $n["surname"], $n["first_name"], $n["state"], $n["zip5"], $n["zcta"], $n["county"], $n["tract"], $n["block_group"] }' \
        "$person" >"$work/persons.csv"
    "$bin/relsogi" impute --input "$work/persons.csv" --output "$work/persons.tsv" --columns six
    # Whoever said a part of an answer is narrowed by it, and left out here.
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i } NR > 1 && $n["narrowed"] !~ /\|/ { print $1 "\t" $3 "\t" $4 "\t" $5 "\t" $6 "\t" $7 "\t" $8 }' \
        "$posterior" | sort >"$work/staged"
    [ "$(wc -l <"$work/staged")" -gt 100 ]
    [ "$(comm -23 "$work/staged" <(sort "$work/persons.tsv") | wc -l)" -eq 0 ]
}

@test "methods and columns are chosen" {
    "$bin/relsogi" impute --input "$work/few.csv" --output "$work/s.tsv" --method surname --columns six
    [ "$(head -n 1 "$work/s.tsv" | wc -w)" -eq 7 ]
    "$bin/relsogi" impute --input "$work/few.csv" --output "$work/g.tsv" --method geography
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i; next } $n["model"] != "geography_only" { exit 1 }' "$work/g.tsv"
    run "$bin/relsogi" impute --input "$work/few.csv" --output "$work/x.tsv" --method magic
    [ "$status" -eq 64 ]
}

@test "what is wrong is said, with where, and nothing is left behind" {
    printf 'id,zip\n1,10001\n2\n' >"$work/bad.csv"
    run "$bin/relsogi" impute --input "$work/bad.csv" --output "$work/bad.tsv"
    [ "$status" -eq 65 ]
    [[ "$output" == *"byte 15"* ]]
    [ ! -e "$work/bad.tsv" ]
    [ -z "$(ls -a "$work" | grep 'bad.tsv.tmp' || true)" ]
    run "$bin/relsogi" impute --input "$work/none.csv" --output "$work/bad.tsv"
    [ "$status" -eq 66 ]
}

@test "fBISG: same bytes for any threads; a row tells its cohort, which others change" {
    persons=$work/runs/t/reconcile
    for t in 1 2; do
        "$bin/relsogi" impute --input "$persons" --output "$work/f$t" --method fbifsg --sweeps 60 --burn-in 20 --threads $t
    done
    cmp "$work/f1/posterior.tsv" "$work/f2/posterior.tsv"
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i; next }
        { s = 0; for (i = n["p_white"]; i <= n["p_hispanic"]; i++) s += $i; if (s < 1 - 1e-12 || s > 1 + 1e-12) exit 1
          if ($n["cohort"] !~ /^[0-9a-f]+$/) exit 1; fitted += $n["model"] ~ /^fb/ }
        END { exit fitted < 200 }' "$work/f1/posterior.tsv"
    cohort=$(sed -n 's/^ *"cohort": "\([0-9a-f]*\)".*/\1/p' "$work/f1/stage.json" | head -n 1)
    [ "$(tail -n 1 "$work/f1/posterior.tsv" | grep -c "$cohort")" -eq 1 ]
    # Those who declined join the cohort only where that is asked for.
    "$bin/relsogi" impute --input "$persons" --output "$work/f3" --method fbifsg --sweeps 60 --burn-in 20 --impute-declined
    ! grep -q "\"cohort\": \"$cohort\"" "$work/f3/stage.json"
    run "$bin/relsogi" impute --input "$work/few.csv" --output "$work/x.tsv" --method fbisg
    [ "$status" -eq 64 ]
    [ -z "$(ls -A "$work/f1" | grep -E 'fbisg|spill' || true)" ]
}
