#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# OMOP PERSON through ingest, normalize, map and reconcile: concept 0 means look at the source value.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    cd "$BATS_TEST_TMPDIR"
    (umask 077 && head -c 32 /dev/zero | tr '\0' k >site.key)
}

# through FILE: all stages to reconcile.
through() {
    printf 'name: omop\nsite_key: site.key\nsources:\n  - {profile: omop-person-csv, files: %s}\n' "$1" >relsogi.yaml
    "$bin/relsogi" run --config relsogi.yaml --as-of $as_of --run-id t --output runs --until reconcile >/dev/null
}

@test "concept 0 gives way to the source value, and birth comes from three columns" {
    cat >person.csv <<'END'
person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,race_concept_id,ethnicity_concept_id,location_id,person_source_value,gender_source_value,race_source_value,ethnicity_source_value
1,8532,1998,4,9,,0,38003563,,a,F,hawaiian,hispanic
2,8507,1960,12,31,,8527,38003564,,b,M,white,nonhispanic
3,8507,1970,,,,0,0,,c,M,,
4,0,1971,2,30,,44814659,38003564,,d,X,Chinese,nonhispanic
5,8532,1972,1,1,,8515,38003564,,e,F,white,nonhispanic
END
    through person.csv
    person() { column runs/t/reconcile/person.tsv "$1" "${@:2}"; }
    [ "$(person birth_date nhpi=Y)" = 1998-04-09 ]
    [ "$(person hispanic nhpi=Y)" = Y ]
    [ "$(person sex birth_date=1960-12-31)" = male ]
    [ "$(person white birth_date=1960-12-31)" = Y ]
    # Chinese is one of the several: it says which, and not that there were two
    [ "$(person asian_1997 sex=unknown)" = Y ]
    # a year alone and a day that is none are no dates
    [ "$(column runs/t/normalize/quarantine.tsv rule field=birth_raw | sort | uniq -c | tr -s ' ')" = ' 2 birth_not_a_date' ]
    # concept Asian, source value white
    [ "$(column runs/t/reconcile/discrepancy.tsv other_value kind=code_against_text | paste -sd' ')" = WHITE ]
    ledgers_balance runs/t
}

@test "the Synthea person table of Eunomia: every word and concept is understood" {
    file=$shared/samples/csv_omop/eunomia_synthea27nj_PERSON.csv
    [ -e "$file" ] || skip "no $file here"
    through "$(realpath "$file")"
    [ "$(($(wc -l <runs/t/reconcile/person.tsv) - 1))" = "$(($(wc -l <"$file") - 1))" ]
    # 23 white, 3 black, 1 asian, 2 hawaiian, 2 other; of these 7 hispanic, counted in the file
    for pair in white:white_1997 black:black_1997 asian:asian_1997 hawaiian:nhopi_1997 other:other_1997; do
        want=$(cut -d, -f15 "$file" | grep -cx "${pair%%:*}")
        [ "$(column runs/t/reconcile/person.tsv "${pair##*:}" "${pair##*:}=Y" | wc -l)" = "$want" ]
    done
    [ "$(column runs/t/reconcile/person.tsv hispanic hispanic=Y | wc -l)" = "$(cut -d, -f17 "$file" | grep -cx hispanic)" ]
    [ "$(column runs/t/reconcile/person.tsv birth_date | sort | head -n 1)" = "$(cut -d, -f6 "$file" | sed 1d | cut -c1-10 | sort | head -n 1)" ]
    # nothing quarantined but what has no name or address
    ! grep -q unmapped runs/t/map/quarantine.tsv
}

@test "OBSERVATION: the races of one person, a row each, are one answer" {
    cat >person.csv <<'END'
person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,race_concept_id,ethnicity_concept_id
1,8532,1981,1,1,44814659,38003564
2,8507,1982,1,1,44814659,38003564
3,8507,1983,1,1,8527,0
4,8507,1984,1,1,1546847,0
END
    # 1: Asian and White on one day; 2: Black and White, of which only White again later; 3: ethnicity; heart rate is not read
    cat >observation.csv <<'END'
observation_id,person_id,observation_concept_id,observation_date,value_as_concept_id,value_as_string
1,1,4013886,2024-05-01,8515,
2,2,4013886,2024-05-01,8516,
3,3,4271761,2024-05-01,38003563,
4,1,4013886,2024-05-01,8527,
5,2,4013886,2024-05-01,8527,
6,1,3027018,2024-05-02,,80
7,2,4013886,2023-01-01,8527,
8,4,4013886,2024-05-01,,Samoan
9,4,4013886,2024-05-01,,Navajo
END
    cat >relsogi.yaml <<'YAML'
name: omop
site_key: site.key
sources:
  - {profile: omop-person-csv, files: person.csv}
  - {profile: omop-observation-csv, files: observation.csv}
YAML
    "$bin/relsogi" run --config relsogi.yaml --as-of $as_of --run-id t --output runs --until reconcile >/dev/null
    races() {
        for c in white black asian_1997 nhpi aian; do column runs/t/reconcile/person.tsv $c birth_date="$1"; done | paste -sd' '
    }
    [ "$(races 1981-01-01)" = "Y N Y N N" ]
    [ "$(races 1982-01-01)" = "Y Y N N N" ]
    [ "$(races 1984-01-01)" = "N N N Y Y" ]
    [ "$(column runs/t/reconcile/person.tsv hispanic birth_date=1983-01-01)" = Y ]
    [ "$(column runs/t/reconcile/person.tsv white birth_date=1983-01-01)" = Y ]
    [ "$(($(wc -l <runs/t/reconcile/person.tsv) - 1))" = 4 ]
    [ "$(column runs/t/ingest/ledger.tsv rows fate=ignored layout=csv)" = 1 ]
    [ "$(column runs/t/ingest/ledger.tsv reason fate=ignored layout=csv)" = "not selected by the profile" ]
    ledgers_balance runs/t
}

@test "a filter on a column that is not there is refused" {
    printf 'person_id,value_as_string\n1,Asian\n' >observation.csv
    printf 'name: omop\nsite_key: site.key\nsources:\n  - {profile: omop-observation-csv, files: observation.csv}\n' >relsogi.yaml
    run "$bin/relsogi-ingest" --config relsogi.yaml --output out
    [ "$status" = 65 ]
    [[ "$output" == *observation_concept_id* ]]
}

@test "columns of LOCATION, DEATH and CARE_SITE beside those of PERSON" {
    cat >person.csv <<'END'
person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,race_concept_id,ethnicity_concept_id,location_id,address_1,address_2,city,state,zip,county,death_date,care_site_name
1,8532,1941,1,1,8527,38003564,7,12 Elm St,Apt 4,Albany,NY,12203,Albany,2024-05-06,North Clinic
2,8507,1942,1,1,8516,38003564,,,,,,,,,
END
    cat >relsogi.yaml <<'YAML'
name: omop
site_key: site.key
sources:
  - {profile: omop-person-csv, files: person.csv, file_date: 2025-01-31}
YAML
    "$bin/relsogi" run --config relsogi.yaml --as-of $as_of --run-id t --output runs --until reconcile >/dev/null
    one() { column runs/t/reconcile/person.tsv "$1" birth_date=1941-01-01; }
    [ "$(($(wc -l <runs/t/reconcile/person.tsv) - 1))" = 2 ]
    [ "$(one death_date)" = 2024-05-06 ]
    [ "$(one zip5)" = 12203 ]
    [ "$(one state)" = NY ]
    [ "$(one white)" = Y ]
    [ "$(column runs/t/reconcile/person.tsv death_date birth_date=1942-01-01)" = '\N' ]
    [ "$(column runs/t/ingest/record.tsv street_raw city_raw=Albany)" = "12 Elm St, Apt 4" ]
    [ "$(column runs/t/ingest/record.tsv facility city_raw=Albany)" = "North Clinic" ]
    [ "$(column runs/t/ingest/file.tsv file_date name=person.csv)" = 2025-01-31 ]
    ledgers_balance runs/t
}
