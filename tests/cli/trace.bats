#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# trace: a published number counted anew from the row files, and the bytes behind it in the sources.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    make_plan 3000 "$BATS_FILE_TMPDIR/plan"
    run_plan "$BATS_FILE_TMPDIR/plan/relsogi.yaml" "$BATS_FILE_TMPDIR/runs" >/dev/null 2>&1
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    plan=$BATS_FILE_TMPDIR/plan
    t=$BATS_FILE_TMPDIR/runs/t
}

# ids WORD...: keys of the estimates that are not withheld and whose line has each word as a field.
ids() {
    awk -F'\t' -v words="$*" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "suppressed") s = i; next }
        $s == "N" { n = split(words, w, " "); ok = 1
            for (j = 1; j <= n; j++) { hit = 0; for (i = 2; i <= 6; i++) if ($i == w[j]) hit = 1; ok = ok && hit }
            if (ok) print $1 }' "$t/stratify/estimate.tsv"
}

@test "numbers of every dimension and estimator are found again" {
    n=0
    for what in 'all observed' 'race_ethnicity observed' 'race_ethnicity self_report' 'race_ethnicity birdie' \
        'race_ethnicity weighted' 'language observed' 'sex observed' 'age_band observed' 'provider_group observed'; do
        for id in $(ids $what | head -n 4); do
            run "$bin/relsogi" trace "$id" --run "$t"
            [ "$status" = 0 ]
            [[ "$output" == *"n: published"*"the same"* ]] || { echo "$what: $output"; false; }
            [[ "$output" != *"NOT THE SAME"* ]] || { echo "$what: $output"; false; }
            n=$((n + 1))
        done
    done
    [ "$n" -ge 25 ]
}

# statement LAYOUT PATTERN: the key of the first row whose line matches.
statement() { awk -F'\t' -v p="$2" 'NR > 1 && $0 ~ p { print $1; exit }' "$t/stratify/$1.tsv"; }

@test "statements about gaps: the estimates they are made from, and one of them down to its persons" {
    for what in 'disparity CBP.*race_ethnicity\tbirdie\todds_ratio\tBLACK' 'disparity CBP.*race_ethnicity\tself_report\ttheil\tall' \
        'trend CBP\trace_ethnicity\tBLACK\tbirdie' 'equity CBP.*BLACK'; do
        id=$(statement ${what%% *} "${what#* }")
        [ -n "$id" ]
        run "$bin/relsogi" trace "$id" --run "$t"
        echo "$what $id: $output"
        [ "$status" = 0 ]
        [[ "$output" == *"${what%% *}_key "*"$id"*"Made from these estimates"*"n: published"*"the same"* ]]
        [[ "$output" != *"NOT THE SAME"* ]]
    done
    # Of an odds ratio the group's estimate and the reference's; each is a result itself.
    id=$(statement disparity 'CBP.*race_ethnicity\tbirdie\todds_ratio\tBLACK')
    "$bin/relsogi" trace "$id" --run "$t" | sed -n '/^Made from/,/^$/p' | grep -o '^  [0-9a-f]\{32\}' >"$BATS_TEST_TMPDIR/keys"
    [ "$(sort "$BATS_TEST_TMPDIR/keys")" = "$( (ids CBP race_ethnicity birdie BLACK; ids CBP race_ethnicity birdie "$(awk -F'\t' -v id="$id" '$1 == id { print $10 }' "$t/stratify/disparity.tsv")") | sort -u | sed 's/^/  /')" ]
}

@test "tabulations: every row that is not withheld is counted again" {
    n=0
    while IFS=$'\t' read -r approach category; do
        run "$bin/relsogi" trace "tabulation:$approach:$category" --run "$t"
        echo "$approach $category: $output"
        [ "$status" = 0 ]
        [[ "$output" == *"n: published"*"the same"* || "$category" == OTHER_COMBINATIONS ]]
        [[ "$output" == *"stratify version "* ]]
        n=$((n + 1))
    done < <(awk -F'\t' -v OFS='\t' 'NR > 1 && $5 == "N" { print $1, $2 }' "$t/stratify/tabulation.tsv")
    [ "$n" -ge 12 ]
    cp -r "$t" "$BATS_TEST_TMPDIR/t"
    awk -F'\t' -v OFS='\t' '$2 == "ALL" { $3++ } 1' "$t/stratify/tabulation.tsv" >"$BATS_TEST_TMPDIR/t/stratify/tabulation.tsv"
    run "$bin/relsogi" trace tabulation:population:ALL --run "$BATS_TEST_TMPDIR/t"
    [[ "$output" == *"NOT THE SAME"* || "$status" = 65 ]]
    # down to the byte
    run "$bin/relsogi" trace tabulation:population:ANSWERED --run "$t" --persons 3
    [ "$(grep -c '^  [0-9a-f]\{32\}  as said' <<<"$output")" -eq 3 ]
    grep -q '^    answer: race.*, byte [0-9]' <<<"$output"
}

@test "checks: the rows that break one, at their bytes; its stage, what that read, and the files" {
    IFS=$'\t' read -r check source element < <(awk -F'\t' -v OFS='\t' 'NR > 1 && $2 != "\\N" { print $1, $2, $3; exit }' "$t/check/check_evidence.tsv")
    id="check_result:$check:source:$source:$element"
    awk -F'\t' -v a="$check" -v b="$source" -v c="$element" '$1 == a && $2 == b && $3 == c { print $10 }' "$t/check/check_evidence.tsv" >"$BATS_TEST_TMPDIR/bytes"
    run "$bin/relsogi" trace "$id" --run "$t" --persons 1000
    echo "$output"
    [ "$status" = 0 ]
    [ "$(sed -n 's/.*, record.*, byte //p' <<<"$output")" = "$(cat "$BATS_TEST_TMPDIR/bytes")" ]
    [[ "$output" == *"Input files"*"sha256"*"check version"*"  read"* ]]
    run "$bin/relsogi" trace "$id" --run "$t" # where they stand is for auditors
    [[ "$output" != *", byte "* ]]
    run "$bin/relsogi" trace "check_result:race_members:provider_group:$(awk -F'\t' '$3 == "provider_group" { print $4; exit }' "$t/check/check_result.tsv"):race" --run "$t"
    [ "$status" = 0 ]
    crossed=$(awk -F'\t' '$1 == "race_members" && $3 == "source_provider_group" { print $4; exit }' "$t/check/check_result.tsv")
    [[ "$crossed" == *": "* ]]
    run "$bin/relsogi" trace "check_result:race_members:source_provider_group:$(sed 's/:/%3A/; s/ /%20/g' <<<"$crossed"):race" --run "$t"
    [ "$status" = 0 ]
    [[ "$output" == *"scope_value"*"$crossed"* ]]
}

@test "agreement: the persons of both sources, and their answers" {
    IFS=$'\t' read -r a b element < <(awk -F'\t' -v OFS='\t' '$4 == "kappa" && $3 ~ /race/ { print $1, $2, $3; exit }' "$t/reconcile/agreement.tsv")
    row=$(awk -F'\t' -v OFS=: -v a="$a" -v b="$b" -v e="$element" '$1 == a && $2 == b && $3 == e && $4 == "kappa" { print $1, $2, $3, $4, $5, $6; exit }' "$t/reconcile/agreement.tsv")
    both=$(awk -F'\t' -v a="$a" -v b="$b" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { if ($at["source"] == a) x[$at["person_key"]]; if ($at["source"] == b) y[$at["person_key"]] } END { for (p in x) n += p in y; print n }' "$t/reconcile/link.tsv")
    run "$bin/relsogi" trace "agreement:$row" --run "$t" --persons 2
    echo "$output"
    [ "$status" = 0 ]
    [[ "$output" == *"not: $both"* ]]
    [ "$(grep -c '^  [0-9a-f]\{32\}  as said' <<<"$output")" -eq 2 ]
    [[ "$output" == *"reconcile version"*"Persons"*"record "*" of $a"* ]]
    run "$bin/relsogi" trace agreement:nobody:"$b:$element:kappa:TOTAL:TOTAL" --run "$t"
    [ "$status" = 66 ]
    run "$bin/relsogi" trace "agreement:$a:$b" --run "$t"
    [ "$status" = 64 ]
}

@test "a number that was changed is not found again" {
    cp -r "$t" "$BATS_TEST_TMPDIR/t"
    id=$(ids race_ethnicity self_report CBP | head -n 1)
    awk -F'\t' -v OFS='\t' -v id="$id" '$1 == id { $7 = $7 + 1 } 1' "$t/stratify/estimate.tsv" >"$BATS_TEST_TMPDIR/t/stratify/estimate.tsv"
    run "$bin/relsogi" trace "$id" --run "$BATS_TEST_TMPDIR/t"
    [[ "$output" == *"NOT THE SAME"* || "$status" = 65 ]]
}

@test "code, options, reference pack, inputs" {
    id=$(ids race_ethnicity birdie CBP | head -n 1)
    run "$bin/relsogi" trace "$id" --run "$t"
    [[ "$output" == *"stratify version "[1-9]* ]]
    [[ "$output" == *"key $(sed -n 's/.*"key": "\([0-9a-f]*\)".*/\1/p' "$t/impute/stage.json" | head -n 1)"* ]]
    [[ "$output" == *"pack $(awk -F'\t' 'NR == 2 { print $11 }' "$t/impute/posterior.tsv")"* ]]
    [[ "$output" != *"Persons"* ]]
}

@test "answers are where it says: the raw text stands at that byte of that file" {
    id=$(ids race_ethnicity self_report CBP | head -n 1)
    run "$bin/relsogi" trace "${id:0:8}-${id:8}" --run "$t" --persons 40 --raw
    [ "$status" = 0 ]
    echo "$output" >"$BATS_TEST_TMPDIR/told"
    python3 - "$plan" "$BATS_TEST_TMPDIR/told" <<'PY'
import os, re, sys
plan, told = sys.argv[1:]
where = {f: os.path.join(d, f) for d, _, names in os.walk(plan) for f in names}
n = 0
for line in open(told):
    m = re.match(r'    answer: .*: (\S+)(?:, line \d+)?(?:, segment \d+)?, byte (\d+): "(.*)"$', line)
    if not m: continue
    data = open(where[m[1]], "rb").read()[int(m[2]):]
    row = data.split(b"\n", 1)[0]
    assert m[3].encode() in row, line
    n += 1
assert n >= 40, n
PY
    # Without --raw nothing of it is shown; without --persons no key.
    run "$bin/relsogi" trace "$id" --run "$t" --persons 5
    ! grep -q '^    answer: .*"' <<<"$output"
    [ "$(grep -c '^  [0-9a-f]\{32\}  numerator' <<<"$output")" -eq 5 ]
}

@test "a withheld number is not counted anew, but for auditors" {
    id=$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "suppressed") s = i } $s == "Y" { print $1; exit }' "$t/stratify/estimate.tsv")
    run "$bin/relsogi" trace "$id" --run "$t"
    [ "$status" = 0 ]
    [[ "$output" == *"withheld, as the result is"* ]]
    [[ "$output" != *"in the stratum"* ]]
}

@test "no such result: 66; no key, no run, too many persons: 64" {
    run "$bin/relsogi" trace 00000000000000000000000000000000 --run "$t"
    [ "$status" = 66 ]
    run "$bin/relsogi" trace 0000 --run "$t"
    [ "$status" = 64 ]
    run "$bin/relsogi" trace 00000000000000000000000000000000
    [ "$status" = 64 ]
    run "$bin/relsogi" trace 00000000000000000000000000000000 --run "$t" --persons 5000
    [ "$status" = 64 ]
    run "$bin/relsogi" trace 00000000000000000000000000000000 --run "$BATS_TEST_TMPDIR"
    [ "$status" = 66 ]
    run "$bin/relsogi" trace --help
    [ "$status" = 0 ]
}
