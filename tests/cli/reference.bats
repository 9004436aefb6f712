#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi reference: packs from the default tables and from one's own, and what it says when it cannot.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    work=$BATS_TEST_TMPDIR
    cd "$work"
}

own_tables() {
    printf 'name,white,black,aian,api,multi,hispanic\nSMITH,70,20,1,1,3,5\nALL OTHER NAMES,10,10,10,10,10,10\n' >names.csv
    printf 'id,white,black,aian,api,multi,hispanic,some_other\n34021000100,10,20,0,10,0,5,4\n34003000100,1,1,1,1,1,1,0\n' |
        gzip >tracts.csv.gz
}

@test "the default tables give the same pack again" {
    "$bin/relsogi-reference" build --output a.pack
    "$bin/relsogi-reference" build --output b.pack
    cmp a.pack b.pack
    [ "$(stat -c %a a.pack)" = 600 ]
}

@test "info names the sources and the file's own digest" {
    "$bin/relsogi-reference" build --output a.pack
    "$bin/relsogi-reference" info --json a.pack >info.json
    grep -q "\"sha256\": \"$(sha256sum a.pack | cut -d' ' -f1)\"" info.json
    grep -q '"vintage": "2010 Census"' info.json
    grep -q '"universe": "residents of 18 and over, 50 states, DC and Puerto Rico"' info.json
    grep -q '"licence": "Public domain' info.json
    grep -q '"tract": 85395' info.json
}

@test "own tables, plain and gzip, make a pack" {
    own_tables
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography tract=tracts.csv.gz --output own.pack
    "$bin/relsogi-reference" info --json own.pack >info.json
    grep -q '"county": 2' info.json
    # some other race is spread over the non-Hispanic groups: 20 x 44/40, and 1
    grep -q '"BLACK": 23.0' info.json
}

@test "exit codes: 64 usage, 65 data, 66 no input" {
    own_tables
    run "$bin/relsogi-reference" build --geography village=tracts.csv.gz
    [ "$status" -eq 64 ]
    run "$bin/relsogi-reference" frobnicate
    [ "$status" -eq 64 ]
    run "$bin/relsogi-reference" build --surnames nowhere.csv --output x.pack
    [ "$status" -eq 66 ]
    run "$bin/relsogi-reference" build --surnames tracts.csv.gz --output x.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"no column \`name\`"* ]]
    run "$bin/relsogi-reference" info names.csv
    [ "$status" -eq 65 ]
    [ ! -e x.pack ]
}

@test "a table that is not the one described is refused" {
    cp "$top"/schemas/reference/* .
    gzip -dc zcta_2020.csv.gz | sed '2s/,/,1/' | gzip >changed && mv changed zcta_2020.csv.gz
    run "$bin/relsogi-reference" build --tables . --output x.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"zcta_2020.csv.gz"*"SHA-256 differs"* ]]
}

@test "the script that makes the tables knows its options" {
    "$top/scripts/reference" --help | grep -q -- --block-groups
    run "$top/scripts/reference" --frobnicate
    [ "$status" -eq 64 ]
}

# ---- official layouts: small files in the Bureau's own form, with counts of our own --------------------------------

names() {
    printf 'name,white,black,aian,api,multi,hispanic\nSMITH,70,20,1,1,3,5\nALL OTHER NAMES,10,10,10,10,10,10\n' >names.csv
}

# "nation" of a pack as one line of whole numbers: WHITE BLACK AIAN API MULTI HISPANIC
nation() {
    "$bin/relsogi-reference" info --json "$1" |
        python3 -c 'import json,sys; n=json.load(sys.stdin)["nation"]; print(*(round(n[g],6) for g in "WHITE BLACK AIAN API MULTI HISPANIC".split()))'
}

@test "the 2010 list of surnames, with (S)" {
    cat >names2010.csv <<'END'
name,rank,count,prop100k,cum_prop100k,pctwhite,pctblack,pctapi,pctaian,pct2prace,pcthispanic
SMITH,1,2442977,828.19,828.19,70.9,23.11,0.5,0.89,2.19,2.4
RARE,2,200,.07,828.26,(S),90.5,(S),(S),0,0
ALL OTHER NAMES,0,29312001,9936.97,9936.97,66.65,8.53,7.97,.86,2.32,13.67
END
    printf 'id,white,black,aian,api,multi,hispanic\n36,1,1,1,1,1,1\n' >state.csv
    "$bin/relsogi-reference" build --surnames names2010.csv --geography state=state.csv --output a.pack
    "$bin/relsogi-reference" info --json a.pack | grep -q '"layout": "names 2010"'
}

@test "P2 as a download of data.census.gov: two header lines, some other race by CFPB's rule" {
    names
    {
        printf 'GEO_ID,NAME'
        for i in $(seq -w 1 73); do printf ',P2_0%sN' "$i"; done
        printf ',\nGeography,Geographic Area Name'
        for i in $(seq 1 73); do printf ', !!Total:'; done
        printf ',\n1400000US34021000100,"Census Tract 1; Mercer County; New Jersey"'
        # white 100 black 50 aian 3 asian 20 nhpi 2 other 10 two-or-more 30 hispanic 40; white+other 6 (17), black+other 4
        # (21), aian+other 1 (24), asian+nhpi 2 (25), asian+other 3 (26), nhpi+other 1 (27), asian+nhpi+other 1 (48)
        for i in $(seq 1 73); do
            case $i in
                1) n=255 ;; 2) n=40 ;; 3) n=215 ;; 4) n=185 ;; 5) n=100 ;; 6) n=50 ;; 7) n=3 ;; 8) n=20 ;; 9) n=2 ;;
                10) n=10 ;; 11) n=30 ;; 17) n=6 ;; 21) n=4 ;; 24) n=1 ;; 25) n=2 ;; 26) n=3 ;; 27) n=1 ;; 48) n=1 ;; *) n=0 ;;
            esac
            printf ',%s' "$n"
        done
        printf ',\n'
    } >DECENNIALPL2020.P2-Data.csv
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv \
        --geography tract=DECENNIALPL2020.P2-Data.csv --output a.pack
    # by hand: 106 54 4 29 12 before other; 205 in all, times 215/205
    [ "$(nation a.pack)" = "111.170732 56.634146 4.195122 30.414634 12.585366 40.0" ]
    "$bin/relsogi-reference" info --json a.pack | grep -q '"ages": "all"'
    "$bin/relsogi-reference" info a.pack | grep -q 'figure asian_of_api of 1 tract'
}

@test "P11 as JSON of the API, block groups by columns, in two files; adults" {
    names
    row() { printf '["%s","%s","%s","%s","%s","%s","%s","%s","34","021","000100","%s"]' "$@"; }
    head='["P11_002N","P11_005N","P11_006N","P11_007N","P11_008N","P11_009N","P11_010N","P11_011N","state","county","tract","block group"]'
    printf '[%s,\n%s]' "$head" "$(row 5 10 20 1 6 4 0 2 1)" >a.json
    printf '[%s,\n%s]' "$head" "$(row 1 1 1 1 1 1 4 1 2)" >b.json
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography block_group=a.json \
        --geography block_group=b.json --output a.pack
    # b: 1 1 1 2 1 and 4 others: times 10/6
    [ "$(nation a.pack)" = "11.666667 21.666667 2.666667 13.333333 3.666667 6.0" ]
    "$bin/relsogi-reference" info --json a.pack | grep -q '"adults_only": true'
    run "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography block_group=a.json \
        --geography block_group=a.json --output b.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"340210001001 is there twice"* ]]
    run "$bin/relsogi-reference" build --no-defaults --surnames names.csv --ages 0-17 --geography block_group=a.json \
        --output b.pack
    [ "$status" -eq 64 ]
    [[ "$output" == *"18 and over"* ]]
}

@test "P5 of 2010 and of 2020, where Hispanic stands last" {
    names
    printf '[["P005003","P005004","P005005","P005006","P005007","P005008","P005009","P005010","state","county"],
["10","20","3","4","1","0","5","6","34","021"]]' >p5.json
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography county=p5.json --output a.pack
    [ "$(nation a.pack)" = "10.0 20.0 3.0 5.0 5.0 6.0" ]
    sed 's/P0050\(..\)/P5_0\1N/g' p5.json >p5_2020.json
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography county=p5_2020.json --output b.pack
    [ "$(nation b.pack)" = "10.0 20.0 3.0 5.0 5.0 6.0" ]
    sed -i 's/"P005008",//; s/"0",//' p5.json
    run "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography county=p5.json --output c.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"no count of some other race"* ]]
}

@test "P12H to P12O: ages and sexes are summed as asked" {
    names
    files=()
    for t in H I J K L M N O; do
        { # men 1 in each age, women 2; other race none
            printf 'GEO_ID,NAME'
            for i in $(seq -w 1 49); do printf ',P12%s_0%sN' $t "$i"; done
            printf '\n860Z200US08536,ZCTA5 08536'
            for i in $(seq 1 49); do
                if [ $t = N ]; then n=0; elif [ "$i" -lt 27 ]; then n=1; else n=2; fi
                printf ',%s' "$n"
            done
            printf '\n'
        } >p12$t.csv
        files+=(--geography zcta=p12$t.csv)
    done
    build() { "$bin/relsogi-reference" build --no-defaults --surnames names.csv "${files[@]}" --output a.pack "$@"; }
    build
    [ "$(nation a.pack)" = "69.0 69.0 69.0 138.0 69.0 69.0" ] # 23 ages, 1 + 2
    build --ages 0-17
    [ "$(nation a.pack)" = "12.0 12.0 12.0 24.0 12.0 12.0" ]
    "$bin/relsogi-reference" info --json a.pack | grep -q '"adults_only": false'
    build --ages 65+ --sex F
    [ "$(nation a.pack)" = "12.0 12.0 12.0 24.0 12.0 12.0" ]
    "$bin/relsogi-reference" info --json a.pack | grep -q '"ages": "65+, women"'
    run build --ages 18-63
    [ "$status" -eq 64 ]
    [[ "$output" == *"60-61 62-64"* ]]
    unset 'files[0]' 'files[1]'
    run build
    [ "$status" -eq 65 ]
    [[ "$output" == *"no count of Hispanic"* ]]
}

# A workbook as spreadsheet programs write it: deflated, shared strings, numbers as numbers.
workbook() { # FILE, rows on stdin, fields separated by |
    python3 -c '
import sys, zipfile
from xml.sax.saxutils import escape
strings, rows = [], []
for n, line in enumerate(sys.stdin, 1):
    cells = []
    for i, v in enumerate(line.rstrip("\n").split("|")):
        if v == "": continue
        at = "ABCDEFGHIJ"[i] + str(n)
        if v.replace(".", "").isdigit(): cells.append(f"<c r=\"{at}\"><v>{v}</v></c>")
        else:
            strings.append(v)
            cells.append(f"<c r=\"{at}\" t=\"s\"><v>{len(strings) - 1}</v></c>")
    rows.append(f"<row r=\"{n}\">" + "".join(cells) + "</row>")
ns = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("xl/workbook.xml", f"<workbook {ns}/>")
    z.writestr("xl/worksheets/sheet1.xml", f"<worksheet {ns}><sheetData>" + "".join(rows) + "</sheetData></worksheet>")
    z.writestr("xl/sharedStrings.xml", f"<sst {ns}>" + "".join("<si><t>" + escape(s) + "</t></si>" for s in strings) + "</sst>")
' "$1"
}

@test "the 2020 lists of names are workbooks: title lines, six counts last, notes" {
    workbook surnames.xlsx <<'END'
Table 1. Surnames & more||||||||
NAME|RANK|FREQUENCY|White alone, not Hispanic|Black alone|American Indian|Asian or Pacific Islander|Two or more races|Hispanic
SMITH|1|100|70|20|1|1|3|5
TRUE|2|10|5|1|1|1|1|1
ALL OTHER NAMES||60|10|10|10|10|10|10

Source: U.S. Census Bureau
END
    workbook first.xlsx <<'END'
Table 2||||||
NAME|White alone, not Hispanic|Black alone|American Indian|Asian or Pacific Islander|Two or more races|Hispanic
MARIA|10|2|1|5|1|90
JOHN|90|30|2|3|2|10
END
    printf 'id,white,black,aian,api,multi,hispanic\n36,1,1,1,1,1,1\n' >state.csv
    "$bin/relsogi-reference" build --no-defaults --surnames surnames.xlsx --first-names first.xlsx \
        --geography state=state.csv --output a.pack
    "$bin/relsogi-reference" info --json a.pack >info.json
    grep -q '"layout": "names 2020"' info.json
    python3 - <<'END'
import json
i = json.load(open("info.json"))
assert i["surname_bearers"] == dict(WHITE=85, BLACK=31, AIAN=12, API=12, MULTI=14, HISPANIC=16), i["surname_bearers"]
assert i["first_name_bearers"] == dict(WHITE=100, BLACK=32, AIAN=3, API=8, MULTI=3, HISPANIC=100), i
assert i["entries"]["surnames"] == 2
END
    # groups in another order are refused, and so is a workbook that was cut off
    workbook wrong.xlsx <<'END'
NAME|Black|White|American Indian|Asian|Two or more|Hispanic
SMITH|20|70|1|1|3|5
ALL OTHER NAMES|10|10|10|10|10|10
END
    run "$bin/relsogi-reference" build --surnames wrong.xlsx --output b.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"in this order"* ]]
    head -c 300 surnames.xlsx >cut.xlsx
    run "$bin/relsogi-reference" build --surnames cut.xlsx --output b.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"end of its archive"* ]]
}

@test "figures: languages, ancestry, Detailed DHC-A, SVI, ADI, the split of API" {
    names
    printf 'id,white,black,aian,api,multi,hispanic\n34021000100,60,20,1,10,1,8\n' >tract.csv
    {
        printf 'GEO_ID,NAME'; for i in $(seq -w 1 38); do printf ',C16001_0%sE,C16001_0%sM' "$i" "$i"; done
        printf '\nGeography,Name'; for i in $(seq 76); do printf ',x'; done
        printf '\n1400000US34021000100,T'
        for i in $(seq 38); do
            case $i in 1) n=200 ;; 2) n=100 ;; 3) n=60 ;; 5) n=20 ;; 23) n=10 ;; *) n=0 ;; esac
            printf ',%s,9' "$n"
        done
        printf '\n'
    } >c16001.csv
    cat >b04006.csv <<'END'
GEO_ID,NAME,B04006_001E,B04006_006E,B04006_007E,B04006_017E,B04006_049E,B04006_051E,B04006_051M
Geography,Geographic Area Name,Estimate!!Total:,Estimate!!Total:!!Arab:,Estimate!!Total:!!Arab:!!Egyptian,Estimate!!Total:!!Assyrian/Chaldean/Syriac,Estimate!!Total:!!Iranian,Estimate!!Total:!!Israeli,Margin of Error!!Total:!!Israeli
1400000US34021000100,T,1000,20,15,4,3,3,5
END
    printf '"","GISJOIN","ADI_NATRANK","ADI_STATERNK","FIPS"\n"1","G34","37","4","340210001001"\n"2","G34","GQ","GQ","340210001002"\n' >adi.csv
    printf 'ST,STATE,FIPS,RPL_THEMES,RPL_THEME1,RPL_THEME2,RPL_THEME3,RPL_THEME4\n34,New Jersey,34021000100,0.5,0.25,-999,1,0\n' >svi.csv
    printf 'id,asian,nhpi\n34,90,10\n' >split.csv
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography tract=tract.csv \
        --figures tract=c16001.csv --figures tract=b04006.csv --figures tract=svi.csv --figures block_group=adi.csv \
        --api-split state=split.csv --output a.pack
    "$bin/relsogi-reference" info a.pack >info.txt
    for f in english_only spanish spanish_limited_english limited_english svi svi_housing_transport mena_of_white; do
        grep -q "^figure $f of 1 tract" info.txt
    done
    grep -q '^figure adi_national of 1 block_group' info.txt
    ! grep -q '^figure svi_household' info.txt # -999 is no value
    grep -q '^figure asian_of_api of 1 state' info.txt
    cat >ddhca.json <<'END'
[["GEO_ID","NAME","T01001_001N","POPGROUP","POPGROUP_LABEL"],
["1400000US34021000100","T","50","1002","White alone"],
["1400000US34021000100","T","9","1105","Middle Eastern or North African alone or in any combination"],
["1400000US34021000100","T","5","1106","Middle Eastern or North African alone"]]
END
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography tract=tract.csv \
        --figures tract=ddhca.json --output b.pack
    "$bin/relsogi-reference" info b.pack | grep -q '^figure mena_of_white of 1 tract'
    # White alone before its place's row, behind it among others, and not there: 5 of 50, 6 of 40, 8 of the pack's 80
    printf '%s\n' 'id,white,black,aian,api,multi,hispanic' 34021000100,60,20,1,10,1,8 34021000200,70,10,1,10,1,8 \
        34021000300,80,0,1,10,1,8 >three.csv
    cat >groups.json <<'END'
[["GEO_ID","NAME","T01001_001N","POPGROUP","POPGROUP_LABEL"],
["1400000US34021000300","T","8","1106","Middle Eastern or North African alone"],
["1400000US34021000100","T","50","1002","White alone"],
["1400000US34021000200","T","6","1106","Middle Eastern or North African alone"],
["1400000US34021000100","T","5","1106","Middle Eastern or North African alone"],
["1400000US34021000200","T","40","1002","White alone"]]
END
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography tract=three.csv \
        --figures tract=groups.json --output groups.pack
    printf 'id,surname,tract\n1,SMITH,34021000100\n2,SMITH,34021000200\n3,SMITH,34021000300\n' >three_people.csv
    "$bin/relsogi" impute --input three_people.csv --output three.tsv --reference groups.pack
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i; next } { printf "%.6f ", $n["p8_mena"] / $n["p_white"] }' three.tsv >shares
    [ "$(cat shares)" = "0.100000 0.150000 0.100000 " ]
    # one place twice
    run "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography tract=tract.csv \
        --figures tract=ddhca.json --figures tract=b04006.csv --output c.pack
    [ "$status" -eq 65 ]
    # ancestry without its labels
    sed 2d b04006.csv >bare.csv
    run "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography tract=tract.csv \
        --figures tract=bare.csv --output c.pack
    [ "$status" -eq 65 ]
    [[ "$output" == *"data.census.gov"* ]]
}

@test "diff: names added and gone, and what moves" {
    names
    printf 'id,white,black,aian,api,multi,hispanic\n36,10,10,10,10,10,50\n' >a.csv
    printf 'id,white,black,aian,api,multi,hispanic\n36,60,10,10,10,10,0\n34,1,1,1,1,1,1\n' >b.csv
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography state=a.csv --output a.pack
    sed -i 's/SMITH/JONES/' names.csv
    "$bin/relsogi-reference" build --no-defaults --surnames names.csv --geography state=b.csv --output b.pack
    "$bin/relsogi-reference" diff a.pack b.pack >diff.txt
    grep -q '^surnames: 0 the same, 0 moved, 1 added, 1 gone' diff.txt
    grep -q '^state: 0 the same, 1 moved, 1 added, 0 gone; a person.s probabilities move by 0.500000' diff.txt
    grep -Eq '36 +100 persons  moves 0.5000  (WHITE 0.1000 -> 0.6000|HISPANIC 0.5000 -> 0.0000)' diff.txt
    "$bin/relsogi-reference" diff --json a.pack a.pack | grep -q '"moved": 0'
    run "$bin/relsogi-reference" diff a.pack
    [ "$status" -eq 64 ]
}

@test "tables of names call their column name, or what names they are" {
    local groups=white,black,aian,api,multi,hispanic
    for column in name surname; do
        printf '%s\n' "$column,$groups" GARCIA,10,1,1,2,1,200 "ALL OTHER NAMES,1000,300,20,80,30,150" >"$work/s_$column.csv"
    done
    for column in name first_name; do
        printf '%s\n' "$column,$groups" MARIA,10,1,1,2,1,200 ANN,1000,300,20,80,30,150 >"$work/f_$column.csv"
    done
    "$bin/relsogi" reference build --surnames "$work/s_name.csv" --first-names "$work/f_name.csv" --output "$work/a.pack"
    "$bin/relsogi" reference build --surnames "$work/s_surname.csv" --first-names "$work/f_first_name.csv" --output "$work/b.pack"
    "$bin/relsogi" reference info "$work/a.pack" | grep -q 'surnames 1, first names 2,'
    "$bin/relsogi" reference diff "$work/a.pack" "$work/b.pack" | grep -q 'surnames: 1 the same, 0 moved'
    printf '%s\n' "who,$groups" MARIA,10,1,1,2,1,200 >"$work/f_who.csv"
    run "$bin/relsogi" reference build --surnames "$work/s_name.csv" --first-names "$work/f_who.csv" --output "$work/c.pack"
    [ "$status" -eq 65 ]
    [[ "$output" == *'no column `name`'* ]]
}
