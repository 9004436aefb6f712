#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi explain: its numbers are those of imputation, and those of a calculation by hand.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_TEST_TMPDIR"
}

@test "by hand: a small pack, no smoothing" {
    printf 'name,white,black,aian,api,multi,hispanic\nSMITH,60,40,0,0,0,0\nALL OTHER NAMES,40,60,100,100,100,100\n' >names.csv
    printf 'id,white,black,aian,api,multi,hispanic\n34,10,30,10,10,10,30\n36,40,10,10,10,10,20\n' >states.csv
    "$bin/relsogi" reference build --no-defaults --surnames names.csv --geography state=states.csv --output a.pack
    "$bin/relsogi" explain --reference a.pack --surname 'Smith, Jr.' --state NJ --smoothing 0 --surname-smoothing 0 --json >e.json
    # P(s|White) .6, P(s|Black) .4; P(White|NJ) .1, P(Black|NJ) .3: .06 and .12
    python3 - <<'END'
import json
e = json.load(open("e.json"))
assert e["surname"]["match"] == "suffix" and e["surname"]["found_as"] == "SMITH", e["surname"]
near = lambda a, b: abs(a - b) < 1e-14
assert near(e["surname"]["likelihood"]["WHITE"], .6) and near(e["product"]["BLACK"], .12), e
assert near(e["posterior"]["WHITE"], 1 / 3) and near(e["posterior"]["BLACK"], 2 / 3), e["posterior"]
assert e["geography_level"] == "state" and e["places"][-1]["id"] == "34"
assert e["model"] == "bisg"
END
    # k = 100 from the nation (50 40 20 20 20 50 of 200): White (10 + 100 x .25) / 200
    "$bin/relsogi" explain --reference a.pack --state 34 --smoothing 100 --json >e.json
    python3 -c 'import json; e = json.load(open("e.json")); assert abs(e["posterior"]["WHITE"] - .175) < 1e-14, e'
}

# The same pack: P(Black|NJ) = P(Hispanic|NJ) = .3, and of 50,477,594 Hispanic residents 1,243,471 say Black.
@test "by hand: a part of an answer, fBISG, the categories of 2024" {
    printf 'name,white,black,aian,api,multi,hispanic\nSMITH,60,40,0,0,0,0\nALL OTHER NAMES,40,60,100,100,100,100\n' >names.csv
    printf 'id,white,black,aian,api,multi,hispanic\n34,10,30,10,10,10,30\n36,40,10,10,10,10,20\n' >states.csv
    "$bin/relsogi" reference build --no-defaults --surnames names.csv --geography state=states.csv --output a.pack
    explain() { "$bin/relsogi" explain --reference a.pack --smoothing 0 --surname-smoothing 0 --json "$@"; }
    explain --state NJ --race-said black >part.json
    explain --state NJ --race-said Black,white >two.json
    explain --state NJ --race-said asian-or-nhpi --ethnicity-said not-hispanic >whole.json
    explain --state NJ --race-said white --surname Smith --ethnicity-said not-hispanic --method fbisg >fbisg.json
    explain --surname Smith --method fbisg >nowhere.json
    python3 - <<'END'
import json
read = lambda name: json.load(open(name + ".json"))
near = lambda a, b: abs(a - b) < 1e-14
e, w = read("part"), 1243471 / 50477594
assert e["said"]["leaves"] == "BLACK|HISPANIC" and not e["said"]["whole"], e["said"]
assert near(e["said"]["weight"]["HISPANIC"], w) and e["said"]["weight"]["WHITE"] == 0, e["said"]
assert near(e["posterior"]["BLACK"], 1 / (1 + w)) and near(e["posterior"]["HISPANIC"], w / (1 + w)), e["posterior"]
assert near(e["categories_2024"]["eight"]["BLACK"], 1 / (1 + w)), e["categories_2024"]
e = read("two")
assert e["said"]["leaves"] == "MULTI|HISPANIC"
assert near(e["posterior"]["MULTI"], .1 / (.1 + .3 * 3042592 / 50477594)), e["posterior"]
assert near(e["categories_2024"]["any"]["BLACK"], e["posterior"]["MULTI"]), e["categories_2024"]
e = read("whole")
assert e["said"]["leaves"] == "API" and e["said"]["whole"] and near(e["posterior"]["BLACK"], .3), e["posterior"]
assert e["categories_2024"]["eight"]["ASIAN"] is None and e["categories_2024"]["api_split"] is None
e = read("fbisg")
p = [(n + 1) * (s + 1e-8) for n, s in zip([10, 30, 10, 10, 10, 30], [.6, .4, 0, 0, 0, 0])]
assert e["model"] == "fbisg" and e["fitted_to_place"] and near(e["posterior"]["BLACK"], p[1] / sum(p)), e["posterior"]
e = read("nowhere")
assert e["model"] == "surname_only" and not e["fitted_to_place"]
END
}

# What a run wrote of its members, whole and partial answers and none, with the learned layer and without.
@test "what impute wrote for the persons of a run, also learned and for those who said a part" {
    "$bin/relsogi" synth --members 4000 --seed 3 --output plan 2>log
    "$bin/relsogi" run --config plan/relsogi.yaml --as-of 2026-06-30 --run-id a --output runs --until reconcile 2>log
    person=$(dirname "$(find runs/a -name person.tsv)")
    for learn in no yes; do
        "$bin/relsogi" impute --input "$person" --output "$learn" --learn $learn 2>log
        python3 - "$bin/relsogi" "$person/person.tsv" $learn <<'END'
import csv, json, subprocess, sys
relsogi, persons, learn = sys.argv[1:]
csv.field_size_limit(1 << 24)
table = lambda path: csv.DictReader(open(path, encoding="utf-8", newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
person = {row["person_key"]: row for row in table(persons)}
options = dict(surname="surname", first_name="first", zip5="zip", zcta="zcta", county="county", tract="tract", state="state",
               block_group="block-group", birth_date="birth-date", sex="sex", language="language")
words = dict(white_1997="white", black_1997="black", aian_1997="aian", asian_1997="asian", nhopi_1997="nhpi", mena="mena",
             other_1997="other")
sets = {"ASIAN|NHOPI": "asian-or-nhpi", "TWO_OR_MORE": "two-or-more"}
seen = dict(part=0, reported=0, nothing=0)
for row in table(learn + "/posterior.tsv"):
    p = person[row["person_key"]]
    kind = "reported" if p["census6"] != "\\N" else "part" if row["narrowed"] != "\\N" else "nothing"
    # Who reports is given the model that has not seen them; "races ruled out" has no words on the command line.
    if seen[kind] == 12 or (kind == "reported" and learn == "yes") or p["hispanic_1997"] + p["hispanic"] != "\\N\\N":
        continue
    said = [words[c] for c in words if p[c] == "Y"] + [sets[s] for s in [p["unresolved_1997"]] if s in sets]
    if kind == "part" and not said:
        continue
    arguments = [f"--{o}={p[c]}" for c, o in options.items() if p[c] != "\\N"]
    if kind == "part":
        arguments.append("--race-said=" + ",".join(said))
    if learn == "yes":
        arguments.append("--fit=" + learn)
    e = json.loads(subprocess.run([relsogi, "explain", "--json", *arguments], check=True, capture_output=True).stdout)
    seen[kind] += 1
    assert row["model"] == e["model"], (row["model"], e["model"])
    for group in "white black aian api multi hispanic".split():
        assert abs(float(row["p_" + group]) - e["posterior"][group.upper()]) < 1e-9, (group, row, e["posterior"], said)
    for c in "aian asian black hispanic mena nhpi white".split():
        v = e["categories_2024"]["eight"][c.upper()], e["categories_2024"]["any"][c.upper()]
        for text, number in zip((row["p8_" + c], row["any_" + c]), v):
            assert (text == "\\N") == (number is None), (c, text, number)
            assert number is None or abs(float(text) - number) < 1e-9, (c, text, number)
assert seen["part"] == 12 and seen["nothing"] == 12, seen
END
    done
}

# id|surname|first name|option and id of the place
people() {
    cat <<'END'
a|GARCIA|MARIA|zcta|78207
b|O'Brien|Seán|tract|34021000100
c|de la Cruz|Jo Ann|county|36061
d|Zzyzxq|Lakisha|state|GA
e|Smith-Garcia|Wei|block-group|340210001001
f|Nguyen||zcta|95112
g||John|zcta|10001
h|UNKNOWN||state|TX
i|Washington|Tyrone|zcta|00000
j|VAN DER BERG|J. Paul||
END
}

@test "the posterior is the one that impute writes, by every method and form" {
    {
        echo 'id,surname,first_name,block_group,tract,county,zcta,state'
        people | while IFS='|' read -r id surname first level place; do
            declare -A at=([block-group]= [tract]= [county]= [zcta]= [state]=)
            [ -z "$level" ] || at[$level]=$place
            echo "$id,$surname,$first,${at[block-group]},${at[tract]},${at[county]},${at[zcta]},${at[state]}"
        done
    } >people.csv
    for options in '' '--method bisg' '--method surname' '--method geography' '--form textbook' \
        '--smoothing 0 --surname-smoothing 0' '--geography county'; do
        # shellcheck disable=SC2086
        "$bin/relsogi" impute --input people.csv --output posterior.tsv $options
        : >explained.txt
        people | while IFS='|' read -r id surname first level place; do
            args=()
            [ -z "$surname" ] || args+=(--surname "$surname")
            [ -z "$first" ] || args+=(--first "$first")
            [ -z "$level" ] || args+=("--$level" "$place")
            # shellcheck disable=SC2086
            "$bin/relsogi" explain "${args[@]}" $options --json >"$id.json"
        done
        python3 - <<'END'
import csv, json
rows = list(csv.DictReader(open("posterior.tsv"), delimiter="\t"))
assert len(rows) == 10
for row in rows:
    e = json.load(open(row["id"] + ".json"))
    for g in "white black aian api multi hispanic".split():
        assert abs(float(row["p_" + g]) - e["posterior"][g.upper()]) < 1e-12, (row, e["posterior"])
    assert row["model"] == e["model"] and row["geography_level"] == e["geography_level"], (row, e["model"])
    assert row["pack"] == e["pack"]
END
    done
}

@test "the text shows factors, places, posterior and tables" {
    "$bin/relsogi" explain --surname García --first MARIA --zcta 78207 >text
    grep -q '^surname     "García", folded GARCIA: exact, as GARCIA' text
    grep -q '^first name  "MARIA", folded MARIA: exact, as MARIA' text
    grep -q 'zcta 78207' text
    grep -q 'share, 20 from above' text
    grep -Eq '^  posterior +0\.' text
    grep -q 'surnames_2010.csv.gz, 2010 Census' text
    grep -Eq '^  ASIAN +0\.[0-9]+ +0\.[0-9]+$' text
    grep -q 'separated by: nation' text
    "$bin/relsogi" explain --surname García --tract 48029170101 --method fbisg --race-said white >text
    grep -q '^answer      leaves WHITE|HISPANIC$' text
    grep -q 'of Hispanic residents 52.97 % give a race that agrees' text
    grep -q 'residents of the place + 1' text
    grep -q 'the run.s numbers differ by what the' text
}

@test "every number follows from the counts that are shown" {
    for who in "GARCIA MARIA 78207" "LEE JOHN 10001" "MASR JEAN 08540"; do
        read -r surname first zcta <<<"$who"
        "$bin/relsogi" explain --surname $surname --first $first --zcta $zcta --json >e.json
        python3 - <<'END'
import json
e = json.load(open("e.json"))
groups = list(e["posterior"])
total = lambda v: sum(v.values())
s, f, options = e["surname"], e["first_name"], e["options"]
surname = {g: s["bearers"][g] / s["all_bearers"][g] + options["surname_smoothing"] / total(s["all_bearers"]) for g in groups}
c, n, a = f["bearers"], f["all_bearers"], f["smoothing"]
first = {g: (c[g] + a[g]) / (total(c) * n[g] / total(n) + a[g]) * total(c) / total(n) for g in groups}
share = None
for place in e["places"]:
    k = options["smoothing"] if share else 0
    share = {g: (place["residents"][g] + k * (share or place["share"])[g]) / (total(place["residents"]) + k) for g in groups}
product = {g: surname[g] * first[g] * share[g] for g in groups}
for g in groups:
    for mine, theirs in ((surname, s["likelihood"]), (first, f["likelihood"]), (share, e["place_factor"])):
        assert abs(mine[g] / theirs[g] - 1) < 1e-9, (g, mine[g], theirs[g])
    assert abs(product[g] / total(product) - e["posterior"][g]) < 1e-9, (g, e["posterior"])
END
    done
    "$bin/relsogi" explain --surname GARCIA --first MARIA >text
    grep -q '^  of all names, N ' text
    grep -q '^  smoothing a ' text
}

@test "exit codes" {
    run "$bin/relsogi" explain --method magic
    [ "$status" -eq 64 ]
    run "$bin/relsogi" explain --smoothing -1
    [ "$status" -eq 64 ]
    run "$bin/relsogi" explain --race-said purple
    [ "$status" -eq 64 ]
    run "$bin/relsogi" explain --ethnicity-said purple
    [ "$status" -eq 64 ]
    run "$bin/relsogi" explain --method fbisg --fit .
    [ "$status" -eq 64 ]
    run "$bin/relsogi" explain --surname X --fit .
    [ "$status" -eq 66 ]
    run "$bin/relsogi" explain --surname X --reference nowhere.pack
    [ "$status" -eq 66 ]
    "$bin/relsogi" explain --help | grep -q 'Usage: relsogi explain'
}
