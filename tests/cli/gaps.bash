# SPDX-License-Identifier: GPL-3.0-or-later
# Persons made by hand for tests of what stratify says about gaps.
source "$BATS_TEST_DIRNAME/common.bash"
source "$BATS_TEST_DIRNAME/rows.bash"

# begin NAME: a run of its own within $top_work
begin() {
    work=$top_work/$1
    in=$work/in
    out=$work/out
    key=0
    mkdir -p "$work"
}

# persons GROUP N X [PROVIDER BIRTH SEX PERIOD FIRST]: N persons who reported GROUP (missing:REASON for who did not), X of
# them in the numerator. Keys go on from the last call, or from FIRST.
key=0
persons() {
    local first=${8:-$((key + 1))}
    awk -v g="$1" -v n="$2" -v x="$3" -v pg="${4:-PG1}" -v born="${5:-1980-06-15}" -v sex="${6:-female}" \
        -v period="${7:-2025}" -v first="$first" -v work="$work" 'BEGIN {
            missing = "\\N"
            if (g ~ /^missing:/) { missing = substr(g, 9); g = "\\N" }
            for (i = 0; i < n; i++) {
                key = sprintf("%032x", first + i)
                print key, 1, 1, born, sex, g, "en", missing >>(work "/person")
                print key, "CBP", period, pg, 1, (i < x) >>(work "/measure")
            } }'
    [ $((first + $2 - 1)) -le "$key" ] || key=$((first + $2 - 1))
}
# imputed FIRST LAST P_WHITE P_BLACK [MODEL PACK]
imputed() {
    awk -v a="$1" -v b="$2" -v w="$3" -v k="$4" -v m="${5:-bisg}" -v pack="${6:-0000000000000000}" 'BEGIN {
        for (i = a; i <= b; i++) printf "%032x %s %s %s 0 0 0 0 exact tract %s\n", i, m, w, k, pack }' >>"$work/posterior"
}
make_input() {
    { echo "person_key records sources birth_date sex census6 language missing_2024 ${person_columns:-}"; sort -u -k 1,1 "$work/person"; } |
        make_rows person "$1"
    { echo "person_key measure period provider_group denominator numerator"; sort -s -k 1,1 "$work/measure"; } |
        make_rows person_measure "$1"
    { echo "person_key model p_white p_black p_aian p_api p_multi p_hispanic surname_match geography_level pack"
      cat "$work/posterior" 2>/dev/null || true; } | make_rows posterior "$1"
}
stratify() {
    make_input "$in"
    "$bin/relsogi-stratify" --input "$in" --as-of 2026-01-01 --output "$out" "$@"
}
near() { awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN { d = a - b; exit !(a != "" && a != "\\N" && d < t && -d < t) }' || { echo "$1, not $2"; return 1; }; }
# said COLUMN STATISTIC [CONDITION...]: of layout disparity, by self_report in race_ethnicity unless conditions say else.
said() { column "$out/disparity.tsv" "$1" statistic="$2" "${@:3}"; }
