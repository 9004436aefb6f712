#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Facilities, from the message to the check: who does not ask, and where staff fill in a default.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_FILE_TMPDIR"
    head -c 32 /dev/urandom >site.key
    # Six sites of 300 persons each whose surnames say much (Garcia, Nguyen, Washington, Yoder ...). Five record what a
    # person says; North fills in White for everybody. East asks two in five. One of each five surnames goes to another
    # answer, so that honest sites differ, too.
    awk 'BEGIN {
        split("GARCIA NGUYEN WASHINGTON YODER RODRIGUEZ KIM JEFFERSON SCHMIDT MARTINEZ PATEL", name, " ")
        split("H A B W H A B W H A", group, " ")
        split("Center North East South West Hill", site, " ")
        print "member_id,last_name,first_name,birth_date,zip,race,ethnicity,facility"
        for (s = 1; s <= 6; s++) for (i = 1; i <= 300; i++) {
            k = (i + s) % 10 + 1; g = group[k]
            if (i % 29 == s) g = "W"
            if (site[s] == "North") g = "W"
            if (site[s] == "East" && i % 5 > 1) g = "-"
            race = g == "A" ? "2028-9" : g == "B" ? "2054-5" : g == "W" ? "2106-3" : ""
            eth = g == "H" ? "2135-2" : g == "-" ? "" : "2186-5"
            printf "%s%d,%s,JAMES,19%02d-0%d-1%d,07102,%s,%s,%s\n", substr(site[s], 1, 1), s * 1000 + i, name[k], 30 + i % 70, i % 9 + 1, i % 10, race, eth, site[s]
        }
    }' >ehr.csv
    # another sender, of the same word for a site of its own
    printf 'member_id,last_name,race,ethnicity,facility\n1,SMITH,2106-3,2186-5,  North   \n2,JONES,,,\n' >plan.csv
    # and what a message, a resource and a member row say of theirs
    printf 'MSH|^~\\&|APP|SENDER|||20250101||ADT^A01|1|P|2.5\rPID|1||H1^^^C^MR||HSEVEN^JO||19800101|F||2106-3\rPV1|1|I|W^389^1^River Site\r' >adt.hl7
    printf '{"resourceType":"Patient","id":"F1","name":[{"family":"FHIR"}],"managingOrganization":{"display":"Hill Clinic"}}\n' >patient.ndjson
    printf '%s' 'ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*000000001*0*P*:~' \
        'GS*BE*PAYER*PLAN*20250131*0900*1*X*005010X220A1~ST*834*0001~INS*Y*18*030~REF*0F*X1~NM1*IL*1*XTWELVE*JO~' \
        'DMG*D8*19800229*F**C~HD*030**HLT~LX*1~NM1*FA*2*EAST HOSPITAL~SE*9*0001~GE*1*1~IEA*1*000000001~' >plan.834
    cat >relsogi.yaml <<'YAML'
name: facilities
site_key: site.key
sources:
  - {profile: roster-csv, source: ehr, file_date: 2026-01-31, files: ehr.csv}
  - {profile: roster-csv, source: plan, file_date: 2026-01-31, files: plan.csv}
  - {profile: hl7v2-adt, source: adt, files: adt.hl7}
  - {profile: us-core-fhir, source: fhir, file_date: 2026-01-31, files: patient.ndjson}
  - {profile: 834-5010, source: payer, files: plan.834}
YAML
    "$bin/relsogi" run --config relsogi.yaml --as-of $as_of --run-id t --output runs --until check >said 2>log
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    run=$BATS_FILE_TMPDIR/runs/t
    person=$run/reconcile/person.tsv
    f=$run/check/check_result.tsv
}

@test "each format's facility reaches the person, under its source" {
    facility() { paste -d: <(column "$person" facility_source surname="$1") <(column "$person" facility surname="$1"); }
    [ "$(facility HSEVEN)" = "adt:River Site" ]
    [ "$(facility FHIR)" = "fhir:Hill Clinic" ]
    [ "$(facility XTWELVE)" = "payer:EAST HOSPITAL" ]
    [ "$(facility SMITH)" = "plan:North" ] # blanks are no difference
    [ "$(facility JONES)" = '\N:\N' ]
    ledgers_balance "$run"
}

@test "completeness by facility: who does not ask" {
    # East: 300 persons, of whom three in five (180) were not asked; at the others all were (Hispanic alone is an answer)
    of() { awk -F'\t' -v id="$1" -v at="$2" '$1 == id && $3 == "facility" && $4 == at && $5 == "race" { print $6, $8, $9 }' "$f"; }
    [ "$(of race_members 'ehr: East')" = "fail 300 180" ]
    for site in Center North South West Hill; do [ "$(of race_members "ehr: $site")" = "pass 300 0" ]; done
    # the same word of another sender is another place
    [ "$(of race_members 'plan: North')" = "not_applicable 1 0" ]
}

@test "default filling by facility: North is found, and no other" {
    [ "$(grep -P '^default_filling\t' "$f" | grep -P '\tfacility\t' | grep -P '\trace_ethnicity\t' | grep $'\tfail\t' | grep -o 'ehr: [A-Za-z]*')" = "ehr: North" ]
}

@test "the same results for any threads" {
    inputs=(); for s in impute reconcile map normalize ingest; do inputs+=(--input "$run/$s"); done
    for threads in 1 2; do
        "$bin/relsogi-check" "${inputs[@]}" --as-of $as_of --output "$BATS_TEST_TMPDIR/$threads" --threads $threads 2>/dev/null
        cmp "$BATS_TEST_TMPDIR/$threads/check_result.tsv" "$f"
    done
}

@test "completeness of records by facility and element" {
    # East: 300 records, three in five without an ethnicity (a blank is none); a Hispanic record has no race of its own
    of() { awk -F'\t' -v id="$1" -v at="$2" -v e="$3" '$1 == id && $3 == "facility" && $4 == at && $5 == e { print $6, $8, $9 }' "$f"; }
    [ "$(of ethnicity_complete 'ehr: East' ethnicity)" = "fail 300 180" ]
    [ "$(of ethnicity_complete 'ehr: South' ethnicity)" = "pass 300 0" ]
    [ "$(of birth_date_complete 'ehr: East' birth_date)" = "pass 300 0" ]
    [ "$(of language_complete 'ehr: North' language)" = "fail 300 300" ]
    [ "$(of surname_complete 'payer: EAST HOSPITAL' surname)" = "not_applicable 1 0" ]
    # that of all, and of a source, is as before: a row without a facility counts there
    [ "$(awk -F'\t' '$1 == "surname_complete" && $3 == "source" && $4 == "plan" { print $8, $9 }' "$f")" = "2 0" ]
    [ -z "$(of surname_complete 'plan: JONES' surname)" ]
    # rows need not be traced for it
    inputs=(); for s in impute reconcile map normalize ingest; do inputs+=(--input "$run/$s"); done
    "$bin/relsogi-check" "${inputs[@]}" --as-of $as_of --output "$BATS_TEST_TMPDIR/untraced" --evidence 0 2>/dev/null
    cmp "$BATS_TEST_TMPDIR/untraced/check_result.tsv" "$f"
}

@test "every named profile counts each of its elements at every facility" {
    inputs=(); for s in impute reconcile map normalize ingest; do inputs+=(--input "$run/$s"); done
    "$bin/relsogi-check" "${inputs[@]}" --as-of $as_of --output "$BATS_TEST_TMPDIR/all" --fail-on never \
        --profile-checks massachusetts,oregon,ncqa,tmsis --jurisdiction oregon 2>/dev/null
    p=$BATS_TEST_TMPDIR/all/check_result.tsv
    # persons of East without an answer from themselves; the roster is administrative, so that Massachusetts counts none
    of() { awk -F'\t' -v id="$1" -v at="$2" '$1 == id && $3 == "facility" && $4 == at { print $5, $6, $8, $9 }' "$p"; }
    [ "$(of massachusetts_race 'ehr: East')" = "race fail 300 300" ]
    [ "$(of oregon_race 'ehr: East')" = "race fail 300 180" ]
    [ "$(of ncqa_race_unknown 'ehr: East')" = "race fail 300 180" ]
    [ "$(of tmsis_race_missing 'ehr: South')" = "race pass 300 0" ]
    for id in massachusetts_{race,ethnicity,language,language_written,sexual_orientation,gender_identity} \
        oregon_{race,ethnicity,language,language_written,interpreter,sexual_orientation,gender_identity} \
        ncqa_{race,ethnicity}_{unknown,direct} tmsis_{race,ethnicity,language}_missing; do
        [ "$(of $id 'ehr: West' | wc -l)" = 1 ] || { echo "$id"; return 1; }
    done
}
