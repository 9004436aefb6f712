#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
bats_require_minimum_version 1.5.0
# Checks of persons, provider groups and the prior run; profiles, jurisdictions, exceptions; evidence and the gate.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    make_plan 3000 "$BATS_FILE_TMPDIR/plan"
    run_plan "$BATS_FILE_TMPDIR/plan/relsogi.yaml" "$BATS_FILE_TMPDIR/runs" 2>/dev/null >/dev/null
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
    f=$out/check_result.tsv
    run=$BATS_FILE_TMPDIR/runs/t
    cat >"$BATS_TEST_TMPDIR/checks.yaml" <<'YAML'
answers: [DECLINED, OTHER]
profiles: {state: "A state", strict: "Stricter"}
checks:
  - {id: race, category: completeness, kind: members_complete, element: race, scope: "all, provider_group, facility", threshold: 0.3, severity: error, message: "Race.", bands: [0.1, 0.2, 0.5]}
  - {id: race_no_decline, category: completeness, kind: members_complete, element: race, answers: [], threshold: 0.9, rise: 0.1, severity: warning, message: "Values."}
  - {id: race_self, category: completeness, kind: members_complete, element: race, collection: [self], profiles: [strict, state], severity: note, message: "Direct."}
  - {id: who, category: conformance, kind: members_collected, element: race, collection: [self, related_person], profiles: [state], threshold: 0.1, severity: warning, message: "Who."}
  - {id: orientation, category: completeness, kind: members_complete, element: sexual_orientation, jurisdiction: [here], threshold: 0, severity: warning, message: "Asked here."}
  - {id: area, category: plausibility, context: validation, kind: area_mix, element: race_ethnicity, threshold: 0.2, severity: warning, message: "Area."}
  - {id: drift, category: plausibility, kind: drift, element: race_ethnicity, threshold: 0.2, points: 0.2, severity: warning, message: "Drift."}
  - {id: rows, category: conformance, kind: parity, element: record, threshold: 0, severity: error, message: "Rows."}
YAML
    make_rows file "$in" <<'T'
file_no source profile profile_sha256 format name bytes sha256 encoding compression records
1 payer p 0 csv a 10 0 utf-8 none 1
T
    make_rows record "$in" <<'T'
record_key file_no record_no offset source
k1 1 1 0 payer
T
    make_rows demographic "$in" <<'T'
record_key file_no record_no source
k1 1 1 payer
T
    for l in assertion mapped; do
        make_rows $l "$in" <<'T'
record_key file_no record_no answer_no seq source element representation collection rule system offset
T
    done
    # of five: a value of their own, one given by staff, a decline, not asked, nothing at all
    make_rows person "$in" <<'T'
person_key records sources census6 zcta
00000000000000000000000000000001 1 1 WHITE 00602
00000000000000000000000000000002 1 1 BLACK 00602
00000000000000000000000000000003 1 1 \N 00602
00000000000000000000000000000004 1 1 \N \N
00000000000000000000000000000005 1 1 HISPANIC \N
T
    make_rows person_value "$in" <<'T'
person_key element axis seq value missing collection source record_key rule losers
00000000000000000000000000000001 race 1997 1 WHITE \N self payer k1 only_answer 0
00000000000000000000000000000002 race 1997 1 BLACK \N observed payer k1 only_answer 0
00000000000000000000000000000002 race 1997 2 ASIAN \N observed payer k1 only_answer 0
00000000000000000000000000000003 race 1997 1 \N DECLINED self payer k1 only_answer 0
00000000000000000000000000000004 race 1997 1 \N NOT_ASKED administrative payer k1 only_answer 0
00000000000000000000000000000004 sexual_orientation standard 1 \N DECLINED self payer k1 only_answer 0
T
    make_rows person_measure "$in" <<'T'
person_key measure period provider_group denominator numerator
00000000000000000000000000000001 A 2025 north 1 1
00000000000000000000000000000001 B 2025 north 1 0
00000000000000000000000000000004 A 2025 north 1 0
00000000000000000000000000000005 A 2025 south 1 0
00000000000000000000000000000005 B 2025 north 1 0
T
    make_rows ledger "$in" <<'T'
stage layout file_no fate reason rows
ingest record 1 read - 1
ingest record 1 written - 1
T
}

check() { "$bin/relsogi-check" --input "$in" --as-of 2026-01-01 --output "$out" --checks "$BATS_TEST_TMPDIR/checks.yaml" --fail-on never "$@"; }

# result CHECK [NAME=VALUE...]: state, denominator and violations.
result() {
    local id=$1
    shift
    paste -d' ' <(column "$f" state check_id="$id" "$@") <(column "$f" denominator check_id="$id" "$@") \
        <(column "$f" violations check_id="$id" "$@")
}

@test "persons are counted once in each of their provider groups" {
    check
    [ "$(result race scope=all)" = "fail 5 2" ] # not asked, nothing
    [ "$(column "$f" band check_id=race scope=all)" = high ] # 40 %
    [ "$(result race scope_value=north)" = "fail 3 2" ]
    [ "$(column "$f" band check_id=race scope_value=north)" = unusable ]
    [ "$(result race scope_value=south)" = "fail 1 1" ]
    [ "$(result race scope=facility)" = "not_applicable 0 0" ]
    [ "$(result race_no_decline)" = "pass_with_violations 5 3" ]
    ledgers_balance "$BATS_TEST_TMPDIR"
}

@test "whose answers a provider group has: by source, also one that gives none, smaller groups together, nothing judged" {
    cat >"$BATS_TEST_TMPDIR/checks.yaml" <<'YAML'
answers: [DECLINED, OTHER]
checks:
  - {id: race, category: completeness, kind: members_complete, element: race, scope: "all, provider_group, source_provider_group", minimum: 2, threshold: 0.1, rise: 0, severity: error, message: "Race."}
YAML
    make_rows file "$in" <<'T'
file_no source profile profile_sha256 format name bytes sha256 encoding compression records
1 payer p 0 csv a 10 0 utf-8 none 1
2 clinic p 0 csv b 10 0 utf-8 none 1
3 lab p 0 csv c 10 0 utf-8 none 0
T
    make_rows record "$in" <<'T'
record_key file_no record_no offset source
k1 1 1 0 payer
k2 2 1 0 clinic
T
    make_rows demographic "$in" <<'T'
record_key file_no record_no source
k1 1 1 payer
k2 2 1 clinic
T
    make_rows ledger "$in" <<'T'
stage layout file_no fate reason rows
ingest record 1 read - 1
ingest record 1 written - 1
ingest record 2 read - 1
ingest record 2 written - 1
T
    # a value, a value of two races, a decline; not asked is no answer; of the fifth nobody knows anything
    make_rows person_value "$in" <<'T'
person_key element axis seq value missing collection source record_key rule losers
00000000000000000000000000000001 race 1997 1 WHITE \N self payer k1 only_answer 0
00000000000000000000000000000002 race 1997 1 BLACK \N observed clinic k2 only_answer 0
00000000000000000000000000000002 race 1997 2 ASIAN \N observed clinic k2 only_answer 0
00000000000000000000000000000003 race 1997 1 \N DECLINED self clinic k2 only_answer 0
00000000000000000000000000000004 race 1997 1 \N NOT_ASKED administrative payer k1 only_answer 0
T
    make_rows person_measure "$in" <<'T'
person_key measure period provider_group denominator numerator
00000000000000000000000000000001 A 2025 north 1 1
00000000000000000000000000000002 A 2025 north 1 1
00000000000000000000000000000003 A 2025 south 1 1
00000000000000000000000000000004 A 2025 north 1 0
00000000000000000000000000000005 A 2025 tiny 1 0
00000000000000000000000000000005 B 2025 south 1 0
T
    check
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["scope"] == "source_provider_group" { print $at["scope_value"] "|" $at["state"], $at["denominator"], $at["violations"], $at["threshold"] $at["rise"] }' "$f" >"$BATS_TEST_TMPDIR/told"
    diff "$BATS_TEST_TMPDIR/told" - <<'T'
clinic: (others)|pass_with_violations 1 1 \N\N
clinic: north|pass_with_violations 3 2 \N\N
clinic: south|pass_with_violations 2 1 \N\N
lab: (others)|pass_with_violations 1 1 \N\N
lab: north|pass_with_violations 3 3 \N\N
lab: south|pass_with_violations 2 2 \N\N
payer: (others)|pass_with_violations 1 1 \N\N
payer: north|pass_with_violations 3 2 \N\N
payer: south|pass_with_violations 2 2 \N\N
T
    [ "$(result race scope_value=north)" = "fail 3 1" ] # one of each source, and one not asked
    ledgers_balance "$BATS_TEST_TMPDIR"
    sed -i 's/kind: members_complete, element: race/kind: members_complete, element: zip/' "$BATS_TEST_TMPDIR/checks.yaml"
    run check
    [ "$status" = 78 ]
    [[ "$output" == *source_provider_group* ]]
}

@test "there are no more of them than fit: the largest groups are told one by one" {
    sed -i 's/element: race, scope: "all, provider_group, facility"/element: race, scope: "provider_group, source_provider_group"/' "$BATS_TEST_TMPDIR/checks.yaml"
    # 3,000 groups of one person each, and one of two of them
    make_rows person_measure "$in" < <(
        echo person_key measure period provider_group denominator numerator
        for i in $(seq 2); do printf '%032x A 2025 g%d 1 1\n%032x A 2025 large 1 1\n' $i $i $i; done
        for i in $(seq 3 3000); do printf '%032x A 2025 g%d 1 1\n' $i $i; done
    )
    make_rows person "$in" < <(
        echo person_key records sources census6
        for i in $(seq 3000); do printf '%032x 1 1 WHITE\n' $i; done
    )
    check
    told=$(column "$f" scope_value scope=source_provider_group check_id=race | wc -l)
    [ "$told" -le 2000 ]
    [ "$told" -ge 20 ]
    awk -F'\t' '$1 == "race" && $4 == "payer: large" { print $8, $9 }' "$f" >"$BATS_TEST_TMPDIR/large"
    [ "$(cat "$BATS_TEST_TMPDIR/large")" = "2 0" ]
    # groups told alone and those together are all there are
    [ "$(awk -F'\t' '$1 == "race" && $3 == "source_provider_group" { n += $8 } END { print n }' "$f")" = 3002 ]
}

@test "profiles: who answered, and how" {
    check
    [ -z "$(result who)$(result race_self)" ]
    check --profile-checks "state"
    [ "$(result race_self)" = "pass_with_violations 5 3" ] # value and decline of their own
    [ "$(column "$f" profile check_id=race_self)" = state ]
    [ "$(result who)" = "fail 3 1" ] # of two values and a decline, one came from staff
    run check --profile-checks nobody
    [ "$status" = 78 ]
    [[ "$output" == *nobody* ]]
}

@test "what another jurisdiction asks is no failure here" {
    check
    [ "$(result orientation)" = "not_applicable 0 0" ]
    check --jurisdiction here
    [ "$(result orientation)" = "fail 5 4" ]
}

@test "who is too young for a question is not among those without an answer" {
    # at the as-of date: 55, 15, 18 to the day, 40 (declined), and one nobody knows the age of
    make_rows person "$in" <<'T'
person_key records sources census6 birth_date
00000000000000000000000000000001 1 1 WHITE 1970-06-01
00000000000000000000000000000002 1 1 BLACK 2010-06-01
00000000000000000000000000000003 1 1 \N 2008-01-01
00000000000000000000000000000004 1 1 \N 1985-06-01
00000000000000000000000000000005 1 1 HISPANIC \N
T
    echo 'jurisdiction: {name: here, drop: [], minors: {under: 18, drop: [sexual_orientation]}}' >"$BATS_TEST_TMPDIR/here.yaml"
    check --config "$BATS_TEST_TMPDIR/here.yaml"
    [ "$(result orientation)" = "fail 3 2" ] # of three adults one declined
    [ "$(result race scope=all)" = "fail 5 2" ]
    echo 'jurisdiction: {name: here, drop: [], minors: {under: 0, drop: [sexual_orientation]}}' >"$BATS_TEST_TMPDIR/here.yaml"
    run check --config "$BATS_TEST_TMPDIR/here.yaml"
    [ "$status" = 78 ]
    [[ "$output" == *minors*under* ]]
}

@test "what is known of a person, whoever gave it, by provider group" {
    make_rows person "$in" <<'T'
person_key records sources census6 birth_date sex zip5
00000000000000000000000000000001 1 1 WHITE 1970-06-01 female 02118
00000000000000000000000000000002 1 1 BLACK \N male 02118
00000000000000000000000000000003 1 1 \N 2008-01-01 unknown \N
00000000000000000000000000000004 1 1 \N \N \N \N
00000000000000000000000000000005 1 1 HISPANIC 1980-01-01 male 02118
T
    cat >"$BATS_TEST_TMPDIR/checks.yaml" <<'YAML'
checks:
  - {id: born, category: completeness, kind: members_complete, element: birth_date, scope: "all, provider_group", threshold: 0.4, severity: warning, message: "Born."}
  - {id: sex, category: completeness, kind: members_complete, element: sex, scope: "all, provider_group", threshold: 0.3, severity: warning, message: "Sex."}
  - {id: zip, category: completeness, kind: members_complete, element: zip, scope: "all, provider_group", severity: note, message: "ZIP."}
  - {id: who, category: conformance, kind: members_collected, element: zip, collection: [self], severity: note, message: "Nobody knows who said it."}
YAML
    check
    [ "$(result born scope=all)" = "pass_with_violations 5 2" ]
    [ "$(result sex scope=all)" = "fail 5 2" ] # unknown is none
    [ "$(result zip scope=all)" = "pass_with_violations 5 2" ]
    # north has the persons 1, 4 and 5, south the fifth
    [ "$(result born scope_value=north)" = "pass_with_violations 3 1" ]
    [ "$(result sex scope_value=south)" = "pass 1 0" ]
    [ "$(result who)" = "error 0 0" ]
}

@test "the mix of the areas where members live" {
    check
    # ZCTA 00602 of the table in schemas/reference: both who reported and are placed live there; "some other race" is
    # spread over the five groups that are not Hispanic
    read -r white black hispanic < <(gzip -dc "$top/schemas/reference/zcta_2020.csv.gz" | awk -F, '$1 == "00602" {
        five = $2 + $3 + $4 + $5 + $6; n = five + $7 + $8; f = (five + $8) / five / n; print $2 * f, $3 * f, $7 / n }')
    [ "$(column "$f" denominator check_id=area element=WHITE)" = 2 ]
    awk -v e="$(column "$f" expected check_id=area element=WHITE)" -v w="$white" 'BEGIN { exit !(e - w < 1e-6 && w - e < 1e-6) }'
    awk -v e="$(column "$f" expected check_id=area element=BLACK)" -v w="$black" 'BEGIN { exit !(e - w < 1e-6 && w - e < 1e-6) }'
    awk -v e="$(column "$f" expected check_id=area element=HISPANIC)" -v w="$hispanic" 'BEGIN { exit !(e - w < 1e-6 && w - e < 1e-6) }'
    [ "$(column "$f" observed check_id=area element=WHITE)" = 0.5 ]
    # two persons, d = 1 - w and -w: sd of the mean = 1/2; interval = (.5 - w) -+ 1.959964 / 2
    awk -v l="$(column "$f" low check_id=area element=WHITE)" -v w="$white" 'BEGIN { d = l - (.5 - w - .979982); exit !(d < 1e-5 && d > -1e-5) }'
    # White and Black are off by more than ten points and not by more than chance; of Hispanic nobody reported
    [ "$(result area element=race_ethnicity)" = "pass_with_violations 6 1" ]
}

@test "drift, a share that rose, and thresholds that were changed" {
    check
    prior=$BATS_TEST_TMPDIR/prior
    mkdir "$prior"
    cp "$out"/check_result.* "$prior"
    # before: 2 White, 2 Black, 1 Hispanic; now 1, 1, 1 and two without
    make_rows person "$prior" <<'T'
person_key records sources census6
00000000000000000000000000000001 1 1 WHITE
00000000000000000000000000000002 1 1 BLACK
00000000000000000000000000000003 1 1 BLACK
00000000000000000000000000000004 1 1 WHITE
00000000000000000000000000000005 1 1 HISPANIC
T
    sed -i 's/threshold: 0.3, severity: error/threshold: 0.6, severity: error/' "$BATS_TEST_TMPDIR/checks.yaml"
    check --prior "$prior"
    [ "$(result drift element=race_ethnicity)" = "fail 5 2" ] # two of five moved
    # by hand: with half a person more in each of seven, over 8.5: p = 1.5 1.5 .5 .5 .5 1.5 2.5, q = 2.5 2.5 .5 .5 .5 1.5 .5
    # PSI = 2 (-1/8.5) ln(1.5/2.5) + (2/8.5) ln(2.5/.5) = 0.120194 + 0.378691
    awk -v s="$(column "$f" statistic check_id=drift element=race_ethnicity)" 'BEGIN { exit !(s > 0.498884 && s < 0.498887) }'
    # chi-square: 1/3 + 1/3 + 0 + 2 = 2.666667, 3 degrees of freedom: p = 0.445886
    awk -v p="$(column "$f" p_value check_id=drift element=race_ethnicity)" 'BEGIN { exit !(p > 0.4458 && p < 0.4460) }'
    [ "$(column "$f" prior_share check_id=race scope=all)" = 0.4 ]
    [ "$(column "$f" prior_denominator check_id=race scope=all)" = 5 ]
    [ "$(result race scope=all)" = "pass_with_violations 5 2" ]
    python3 - "$out/stage.json" <<'PY'
import json, sys
told = json.load(open(sys.argv[1]))["results"]
assert told["thresholds_changed"] == [{"check": "race", "what": "threshold", "was": "0.3", "now": "0.6"}], told
assert len(told["checks_sha256"]) == 64
PY
}

@test "a share that rose fails, although within its threshold" {
    # 1,000 persons; of the prior run 10 %, of this 30 % without a value
    for d in prior in; do
        awk -v n=$([ $d = in ] && echo 300 || echo 100) 'BEGIN { print "person_key element axis seq value missing collection source record_key rule losers"
            for (i = n; i < 1000; i++) printf "%032x race 1997 1 WHITE \\N self payer k1 r 0\n", i }' | make_rows person_value "$BATS_TEST_TMPDIR/$d"
        awk 'BEGIN { print "person_key records sources"; for (i = 0; i < 1000; i++) printf "%032x 1 1\n", i }' |
            make_rows person "$BATS_TEST_TMPDIR/$d"
    done
    rm "$in"/person_measure.*
    mv "$in" "$BATS_TEST_TMPDIR/now"
    cp -r "$BATS_TEST_TMPDIR/now" "$in"
    cp "$BATS_TEST_TMPDIR/prior"/* "$in"
    check
    [ "$(result race_no_decline)" = "pass_with_violations 1000 100" ]
    cp "$out"/check_result.* "$BATS_TEST_TMPDIR/prior"
    rm -r "$in"
    mv "$BATS_TEST_TMPDIR/now" "$in"
    check --prior "$BATS_TEST_TMPDIR/prior"
    [ "$(result race_no_decline)" = "fail 1000 300" ]
    [ "$(column "$f" prior_share check_id=race_no_decline)" = 0.1 ]
    [ "$(result race scope=provider_group)" = "not_applicable 0 0" ]
}

@test "an exception stands until its day, with its owner and reason" {
    cat >"$BATS_TEST_TMPDIR/known.yaml" <<'YAML'
exceptions:
  - {check: race, scope: provider_group, scope_value: north, owner: Quality, until: 2026-01-01, reason: "asks from May on"}
  - {check: race, scope_value: south, owner: Quality, until: 2025-12-31, reason: "was to ask from May on"}
YAML
    check --exceptions "$BATS_TEST_TMPDIR/known.yaml" 2>"$BATS_TEST_TMPDIR/said"
    grep -q 'exception to check race (south) of Quality ended on 2025-12-31' "$BATS_TEST_TMPDIR/said"
    grep -q 'exception to check race (north) of Quality ends on 2026-01-01' "$BATS_TEST_TMPDIR/said"
    ! grep -q 'asks from May\|was to ask' "$BATS_TEST_TMPDIR/said" # a reason may say anything
    [ "$(result race scope_value=north)" = "pass_with_violations 3 2" ]
    grep -q $'\tQuality until 2026-01-01: asks from May on$' "$f"
    [ "$(result race scope_value=south)" = "fail 1 1" ]
    grep -q '"expired": true' "$out/stage.json"
    sed -i 's/2026-01-01/2028-01-03/' "$BATS_TEST_TMPDIR/known.yaml"
    check --exceptions "$BATS_TEST_TMPDIR/known.yaml" 2>&1 | grep -q 'race (north) of Quality stands until 2028-01-03, more than two years'
    sed -i 's/owner: Quality, //' "$BATS_TEST_TMPDIR/known.yaml"
    run check --exceptions "$BATS_TEST_TMPDIR/known.yaml"
    [ "$status" = 78 ]
    [[ "$output" == *"exceptions[0]"*owner* ]]
}

@test "JSON says what the rows say" {
    check --json "$BATS_TEST_TMPDIR/r.json"
    python3 - "$BATS_TEST_TMPDIR/r.json" "$f" <<'PY'
import json, sys
rows = [l.rstrip("\n").split("\t") for l in open(sys.argv[2])]
told = json.load(open(sys.argv[1]))["results"]
assert len(told) == len(rows) - 1 and list(told[0]) == rows[0]
for one, row in zip(told, rows[1:]):
    for (name, value), text in zip(one.items(), row):
        assert (text == "\\N") if value is None else (float(text) == value if isinstance(value, (int, float)) else text == value), name
PY
}

@test "evidence leads to the byte, and is cut off while counts are whole" {
    e=$run/check/check_evidence.tsv
    n=0
    while IFS=$'\t' read -r _ source _ _ _ _ _ line segment offset; do
        [ "$source" = plan ] || continue
        [ "$(tail -c +$((offset + 1)) "$BATS_FILE_TMPDIR/plan/plan_834.edi" | head -c 4)" = "INS*" ]
        [ "$segment" != '\N' ]
        n=$((n + 1))
    done < <(grep '^birth_date_complete' "$e" | head -n 5)
    [ "$n" -ge 3 ]
    # a record said to be without a race has none in mapped, whatever its other rows are
    read -r file record < <(awk -F'\t' '$1 == "race_complete" { print $6, $7; exit }' "$e")
    ! awk -F'\t' -v f="$file" -v r="$record" '$2 == f && $3 == r && ($7 == "race" || $7 == "race_ethnicity") && ($11 != "\\N" || $12 != "\\N")' \
        "$run/map/mapped.tsv" | grep -q .
    [ "$(awk -F'\t' '$1 == "race_complete" && $2 == "plan"' "$e" | wc -l)" = 20 ]
    inputs=(); for s in impute reconcile map normalize ingest; do inputs+=(--input "$run/$s"); done
    "$bin/relsogi-check" "${inputs[@]}" --as-of $as_of --output "$out" --evidence 3 2>/dev/null
    [ "$(awk -F'\t' '$1 == "race_complete" && $2 == "plan"' "$out/check_evidence.tsv" | wc -l)" = 3 ]
    cmp "$f" "$run/check/check_result.tsv"
    for threads in 1 2; do
        "$bin/relsogi-check" "${inputs[@]}" --as-of $as_of --output "$out.$threads" --threads $threads 2>/dev/null
        cmp "$out.$threads/check_result.tsv" "$run/check/check_result.tsv"
        cmp "$out.$threads/check_evidence.tsv" "$e"
    done
}

@test "a provider group that fills in a default is found, the others are not" {
    inputs=(); for s in impute reconcile map normalize ingest; do inputs+=(--input "$run/$s"); done
    sed 's/minimum: 50/minimum: 20/' "$top/schemas/checks.yaml" >"$BATS_TEST_TMPDIR/checks.yaml"
    options=(--as-of $as_of --checks "$BATS_TEST_TMPDIR/checks.yaml" --output "$out")
    "$bin/relsogi-check" "${inputs[@]}" "${options[@]}" 2>/dev/null
    [ -z "$(column "$f" scope_value check_id=default_filling state=fail)" ]
    # all persons of PG07 are recorded White
    awk -F'\t' 'NR == FNR { if ($4 == "PG07") filled[$1] = 1; next }
        FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "census6") c = i } FNR > 1 && $1 in filled && $c != "\\N" { $c = "WHITE" } { OFS = "\t"; $1 = $1; print }' \
        "$run/reconcile/person_measure.tsv" "$run/reconcile/person.tsv" >"$BATS_TEST_TMPDIR/person"
    mkdir "$BATS_TEST_TMPDIR/filled"
    cp "$BATS_TEST_TMPDIR/person" "$BATS_TEST_TMPDIR/filled/person.tsv"
    sed -e "s/\"sha256\": \"[0-9a-f]*\"/\"sha256\": \"$(sha256sum <"$BATS_TEST_TMPDIR/person" | cut -d' ' -f1)\"/" \
        -e "s/\"bytes\": [0-9]*/\"bytes\": $(wc -c <"$BATS_TEST_TMPDIR/person")/" "$run/reconcile/person.json" >"$BATS_TEST_TMPDIR/filled/person.json"
    cp "$run"/reconcile/ledger.* "$BATS_TEST_TMPDIR/filled" # every directory has one
    "$bin/relsogi-check" --input "$BATS_TEST_TMPDIR/filled" "${inputs[@]}" "${options[@]}" 2>/dev/null
    [ "$(column "$f" scope_value check_id=default_filling element=race_ethnicity state=fail)" = PG07 ]
    awk -v p="$(column "$f" p_value check_id=default_filling element=race_ethnicity scope_value=PG07)" 'BEGIN { exit !(p < 1e-6) }'
    awk -v o="$(column "$f" observed check_id=default_filling element=WHITE scope_value=PG07)" 'BEGIN { exit !(o == 1) }'
}

@test "the gate: nothing is loaded, and the last line says which checks" {
    plan=$BATS_TEST_TMPDIR/plan
    cp -r "$BATS_FILE_TMPDIR/plan" "$plan"
    printf 'answers: [DECLINED]\nchecks:\n  - {id: all_have_a_race, category: completeness, kind: members_complete, element: race, threshold: 0.01, severity: error, message: "Race."}\n' >"$plan/strict.yaml"
    printf 'stages:\n  check:\n    checks: strict.yaml\n    fail-on: error\n' >>"$plan/relsogi.yaml"
    run --separate-stderr "$bin/relsogi" run --config "$plan/relsogi.yaml" --as-of $as_of --run-id gate --output "$plan/runs"
    [ "$status" = 65 ]
    [[ "$(tail -n 1 <<<"$stderr")" == *"of checks all_have_a_race"* ]]
    [ -s "$plan/runs/gate/check/check_result.tsv" ]
    [ ! -e "$plan/runs/gate/load/stage.json" ]
    grep -q '"status": "failed"' "$plan/runs/gate/results.json"
}
