#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What published tables say of whole persons: the bridge from 1997 to 2024, rule by rule, and the three tabulations of
# SPD 15. Codes alone are compared in tests/unit/test_codes.c.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    [ -d "$shared/codes" ] || skip "no $shared/codes here"
    cd "$BATS_TEST_TMPDIR"
    head -c 32 /dev/urandom >site.key
}

go() {
    printf 'name: t\nsite_key: site.key\nsources:\n  - {profile: roster-csv, source: one, file_date: 2026-01-01, files: one.csv}\n' >relsogi.yaml
    [ ! -e two.csv ] || printf '  - {profile: roster-csv, source: two, file_date: 2026-02-01, files: two.csv}\n' >>relsogi.yaml
    "$bin/relsogi" run --config relsogi.yaml --as-of $as_of --run-id t --output runs --until "$1" >said 2>log
}

# flags BIRTH: the categories of 2024 that stand, the unresolved set, the missing reason, and whether Hispanic is open.
flags() {
    local c p=runs/t/reconcile/person.tsv all=""
    for c in aian asian black hispanic mena nhpi white; do
        [ "$(column $p $c birth_date="$1")" != Y ] || all="$all $c"
    done
    [ "$(column $p unresolved_2024 birth_date="$1")" = '\N' ] || all="$all {$(column $p unresolved_2024 birth_date="$1")}"
    [ "$(column $p missing_2024 birth_date="$1")" = '\N' ] || all="$all !$(column $p missing_2024 birth_date="$1")"
    [ "$(column $p hispanic birth_date="$1")" != '\N' ] || all="$all ?hispanic"
    echo "${all# }"
}

@test "every rule of the bridge from 1997 to 2024, as its row says" {
    # birth date, rule, race codes, race text, ethnicity, what stands. B1 has three reasons for a race that is not there.
    cat >cases <<'END'
1971-01-01|B1|||2135-2|hispanic
1971-01-02|B1|UNK||2135-2|hispanic
1971-01-03|B1||Declined|2135-2|hispanic
1972-01-01|B2|2131-1||2135-2|hispanic
1973-01-01|B3|2106-3;2028-9||2135-2|asian hispanic white
1974-01-01|B4|2054-5;1002-5||2186-5|aian black
1975-01-01|B5|||2186-5|!UNKNOWN
1976-01-01|B6|2131-1||2186-5|!OTHER
1977-01-01|B7|2028-9;2076-8|||asian nhpi ?hispanic
1978-01-01|B8|2123-8||2186-5|mena
1978-01-02|B8|2126-1||2186-5|asian
1979-01-01|B9|2106-3||2186-5|white
1980-01-01|B10||Asian or Pacific Islander|2186-5|{ASIAN|NHPI}
1981-01-01|B11||Two or more races|2186-5|{TWO_OR_MORE}
END
    {
        echo member_id,birth_date,race,race_text,ethnicity
        awk -F'|' '{ print NR "," $1 "," $3 "," $4 "," $5 }' cases
        echo 99,1992-01-01,2106-3,,2135-2
    } >one.csv
    printf 'member_id,birth_date,race,ethnicity\n99,1992-01-01,2106-3,2186-5\n' >two.csv
    go reconcile
    # no rule of the published table is left out,
    rules=$(cut -d, -f1 "$shared/codes/bridge_1997_to_2024.csv" | sed 1d)
    for rule in $rules; do
        [ "$rule" = B12 ] || grep -q "|$rule|" cases || { echo "$rule has no case"; false; }
        grep -q "^$rule," "$top/schemas/codes/bridge.csv" || { echo "$rule is none of ours"; false; }
    done
    while IFS= read -r line; do
        birth=${line%%|*} want=${line#*|*|*|*|*|}
        got=$(flags "$birth")
        echo "$line: $got"
        [ "$got" = "$want" ]
    done <cases
    # B12: said, and decided by survivorship, not by the bridge
    [ "$(column runs/t/reconcile/discrepancy.tsv kind element=ethnicity | sort -u)" != "" ]
    [ "$(column runs/t/reconcile/person.tsv records birth_date=1992-01-01)" = 2 ]
}

@test "the three tabulations of SPD 15: what counts once, what counts in each, which rows there are" {
    # 30 of each of the seven alone, 20 Asian and White, 20 Hispanic and Black
    awk 'BEGIN {
        print "member_id,race,ethnicity"
        split("1002-5 2028-9 2054-5 2118-8 2076-8 2106-3", code, " ")
        for (g = 1; g <= 6; g++) for (i = 0; i < 30; i++) print ++n "," code[g] ",2186-5"
        for (i = 0; i < 30; i++) print ++n ",,2135-2"
        for (i = 0; i < 20; i++) print ++n ",2028-9;2106-3,2186-5"
        for (i = 0; i < 20; i++) print ++n ",2054-5,2135-2"
    }' >one.csv
    go stratify
    n() { column runs/t/stratify/tabulation.tsv n approach="$1" category="$2"; }
    sum() { column runs/t/stratify/tabulation.tsv n approach="$1" | awk '{ n += $1 } END { print n }'; }
    rows() { column runs/t/stratify/tabulation.tsv n approach="$1" | wc -l; }
    [ "$(cut -d, -f1 "$shared/codes/omb2024_tabulation.csv" | sed 1d | paste -sd' ')" = "1 2 3 *" ]
    [ "$(n population ANSWERED)" = 250 ]
    # 1: seven rows, each person in every category: 250 and 40 again
    [ "$(rows alone_or_in_combination)" = 7 ]
    [ "$(sum alone_or_in_combination)" = 290 ]
    [ "$(n alone_or_in_combination ASIAN)" = 50 ]
    [ "$(n alone_or_in_combination HISPANIC)" = 50 ]
    # 2: the seven alone, the combinations, the rest: each once
    [ "$(sum most_frequent)" = 250 ]
    [ "$(n most_frequent ASIAN+WHITE)" = 20 ]
    [ "$(n most_frequent BLACK+HISPANIC)" = 20 ]
    [ "$(n most_frequent ASIAN)" = 30 ]
    # 3: eight rows and what is unresolved, each once
    [ "$(rows multiracial)" = 9 ]
    [ "$(sum multiracial)" = 250 ]
    [ "$(n multiracial MULTIRACIAL_OR_MULTIETHNIC)" = 40 ]
    [ "$(n multiracial UNRESOLVED)" = 0 ]
}
