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
