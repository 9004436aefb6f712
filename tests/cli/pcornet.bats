#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# PCORnet's DEMOGRAPHIC through ingest, normalize, map and reconcile: each field's missing reasons are kept apart to the end.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    cd "$BATS_TEST_TMPDIR"
    (umask 077 && head -c 32 /dev/zero | tr '\0' k >site.key)
    printf 'name: pcornet\nsite_key: site.key\nsources:\n  - {profile: pcornet-demographic-csv, file_date: 2026-01-31, files: d.csv}\n' >relsogi.yaml
}

through() { "$bin/relsogi" run --config relsogi.yaml --as-of $as_of --run-id t --output runs --until reconcile >/dev/null; }
person() { column runs/t/reconcile/person.tsv "$1" "${@:2}"; }

@test "version 6.1: race and Hispanic apart, reasons kept" {
    cat >d.csv <<'END'
PATID,BIRTH_DATE,SEX,SEXUAL_ORIENTATION,GENDER_IDENTITY,HISPANIC,RACE,BIOBANK_FLAG,PAT_PREF_LANGUAGE_SPOKEN
a,1961-01-01,F,ST,F,N,05,N,ENG
b,1962-01-01,M,DC,NI,R,07,N,UN
c,1963-01-01,F,UN,OT,UN,OT,N,OT
d,1964-01-01,UN,MU,GQ,Y,NI,N,SPA
e,1965-01-01,NI,NI,TM,NI,6,N,NI
END
    through
    [ "$(person white birth_date=1961-01-01)/$(person hispanic_1997 birth_date=1961-01-01)/$(person language birth_date=1961-01-01)" = Y/N/en ]
    reasons() { echo "$(person missing_race_1997 birth_date="$1") $(person missing_ethnicity_1997 birth_date="$1") $(person missing_language birth_date="$1")"; }
    [ "$(reasons 1962-01-01)" = "DECLINED DECLINED UNKNOWN" ]
    [ "$(reasons 1963-01-01)" = "\\N UNKNOWN OTHER" ]       # other race is an answer of 1997
    [ "$(reasons 1964-01-01)" = "NOT_PROVIDED \\N \\N" ]    # Hispanic, Spanish
    [ "$(reasons 1965-01-01)" = "\\N NOT_PROVIDED NOT_PROVIDED" ]
    [ "$(person unresolved_1997 birth_date=1965-01-01)" = TWO_OR_MORE ] # 6 for 06: a spreadsheet took the zero
    said() { column runs/t/reconcile/person_value.tsv "$2" element="$1" person_key="$(person person_key birth_date="$3")"; }
    [ "$(said sexual_orientation missing 1962-01-01)" = DECLINED ]
    [ "$(said gender_identity missing 1962-01-01)" = NOT_PROVIDED ]
    [ "$(said sexual_orientation missing 1963-01-01)" = UNKNOWN ]
    [ "$(said gender_identity value 1963-01-01)" = other ]
    [ "$(said gender_identity value 1964-01-01)" = nonconforming ]
    [ "$(said gender_identity value 1965-01-01)" = transgender_man ]
    [ "$(said administrative_sex missing 1964-01-01)" = UNKNOWN ]
    [ "$(said administrative_sex missing 1965-01-01)" = NOT_PROVIDED ]
    [ "$(column runs/t/map/mapped.tsv missing missing=UNMAPPED | wc -l)" = 0 ]
    ledgers_balance runs/t
}

@test "version 7.0: seven flags are one answer to one question" {
    cat >d.csv <<'END'
PATID,BIRTH_DATE,SEX,HISPANIC,RACE,RACE_ETH_AI_AN,RACE_ETH_ASIAN,RACE_ETH_BLACK,RACE_ETH_HISPANIC,RACE_ETH_ME_NA,RACE_ETH_NH_PI,RACE_ETH_WHITE,RACE_ETH_MISSING
a,1961-01-01,F,,,N,Y,,Y,,,N,
b,1962-01-01,F,,,,,,,Y,,,
c,1963-01-01,F,,,,,,,,,,R
d,1964-01-01,F,,,,,,,,,,NI
e,1965-01-01,F,,,,,,,,,,UN
f,1966-01-01,F,,,,,,,,,,OT
END
    through
    flags() { for c in aian asian black hispanic mena nhpi white; do printf '%s' "$(person $c birth_date="$1")"; done; }
    [ "$(flags 1961-01-01)" = NYNYNNN ]
    [ "$(flags 1962-01-01)" = NNNNYNN ]
    [ "$(person missing_2024 birth_date=1963-01-01)" = DECLINED ]
    [ "$(person missing_2024 birth_date=1964-01-01)" = NOT_PROVIDED ]
    [ "$(person missing_2024 birth_date=1965-01-01)" = UNKNOWN ]
    [ "$(person missing_2024 birth_date=1966-01-01)" = OTHER ]
    ledgers_balance runs/t
}
