# SPDX-License-Identifier: GPL-3.0-or-later
# Imputation on its own: a CSV file in, a file of probabilities out.
load common

setup_file() {
    export work=$BATS_FILE_TMPDIR
    printf '%s\n' 'id,surname,first_name,tract,zip,state' \
        '1,García,Maria,34021000100,,' "2,O'BRIEN,,,,MA" '3,SMITH JR,,,10001-1234,' '4,,,,,' '5,de la Cruz,José,,,TX' \
        '6,Unknown,X,,78207,' >"$work/people.csv"
    for i in $(seq 7 40000); do echo "$i,SMITH,John,01001020100,,"; done >>"$work/people.csv"
    "$bin/relsogi" impute --input "$work/people.csv" --output "$work/out.tsv"
}

# A sample plan as reconcile leaves it, made by whichever test needs it first; its directory.
reconciled() {
    if [ ! -e "$work/runs/t/results.json" ]; then
        make_plan 300 "$work/plan"
        run_plan "$work/plan/relsogi.yaml" "$work/runs" >/dev/null 2>&1
    fi
    echo "$work/runs/t/reconcile"
}

# A few of those people.
few() {
    head -n 4 "$work/people.csv" >"$work/few.csv"
    echo "$work/few.csv"
}

@test "one line for each person, in order, and what matched" {
    [ "$(wc -l <"$work/out.tsv")" -eq 40001 ]
    cut -f 1 "$work/out.tsv" | tail -n +2 | cmp - <(seq 40000)
    head -n 1 "$work/out.tsv" | grep -q '^id	p_white	p_black	p_aian	p_api	p_multi	p_hispanic	p8_aian'
    col() { awk -F'\t' -v c="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) n = i; next } NR < 8 { printf "%s ", $n }' "$work/out.tsv"; }
    [ "$(col surname_match)" = "exact punctuation suffix none joined none " ]
    [ "$(col geography_level)" = "tract state zcta nation state zcta " ]
}

@test "probabilities add up to one, whatever is missing" {
    awk -F'\t' 'NR > 1 { d = $2 + $3 + $4 + $5 + $6 + $7 - 1; if (d > 1e-12 || d < -1e-12) exit 1 }' "$work/out.tsv"
}

@test "the same line in any batch, order and number of threads, gzipped or not" {
    "$bin/relsogi" impute --input "$work/people.csv" --output "$work/one.tsv" --threads 1
    cmp "$work/out.tsv" "$work/one.tsv"
    "$bin/relsogi" impute --input "$work/people.csv" --output "$work/three.tsv" --threads 3
    cmp "$work/out.tsv" "$work/three.tsv"
    { head -n 1 "$work/people.csv"; tail -n +2 "$work/people.csv" | tac; } | gzip >"$work/back.csv.gz"
    "$bin/relsogi" impute --input "$work/back.csv.gz" --output "$work/back.tsv"
    cmp <(tail -n +2 "$work/out.tsv" | sort) <(tail -n +2 "$work/back.tsv" | sort)
    "$bin/relsogi" impute --input "$(few)" --output "$work/few.tsv"
    cmp <(head -n 4 "$work/out.tsv") "$work/few.tsv"
}

@test "the stage gives a person the same probabilities" {
    person=$(reconciled)/person.tsv posterior=$work/runs/t/impute/posterior.tsv
    awk -F'\t' -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i; print "id,surname,first_name,state,zip,zcta,county,tract,block_group"; next }
        { gsub(/\\N/, ""); print $1, $n["surname"], $n["first_name"], $n["state"], $n["zip5"], $n["zcta"], $n["county"], $n["tract"], $n["block_group"] }' \
        "$person" >"$work/persons.csv"
    "$bin/relsogi" impute --input "$work/persons.csv" --output "$work/persons.tsv" --columns six
    # Whoever said a part of an answer is narrowed by it, and left out here.
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i } NR > 1 && $n["narrowed"] !~ /\|/ { print $1 "\t" $3 "\t" $4 "\t" $5 "\t" $6 "\t" $7 "\t" $8 }' \
        "$posterior" | sort >"$work/staged"
    [ "$(wc -l <"$work/staged")" -gt 100 ]
    [ "$(comm -23 "$work/staged" <(sort "$work/persons.tsv") | wc -l)" -eq 0 ]
}

@test "methods and columns are chosen" {
    "$bin/relsogi" impute --input "$(few)" --output "$work/s.tsv" --method surname --columns six
    [ "$(head -n 1 "$work/s.tsv" | wc -w)" -eq 7 ]
    "$bin/relsogi" impute --input "$(few)" --output "$work/g.tsv" --method geography
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i; next } $n["model"] != "geography_only" { exit 1 }' "$work/g.tsv"
    run "$bin/relsogi" impute --input "$(few)" --output "$work/x.tsv" --method magic
    [ "$status" -eq 64 ]
}

@test "what is wrong is said, with where, and nothing is left behind" {
    printf 'id,zip\n1,10001\n2\n' >"$work/bad.csv"
    run "$bin/relsogi" impute --input "$work/bad.csv" --output "$work/bad.tsv"
    [ "$status" -eq 65 ]
    [[ "$output" == *"byte 15"* ]]
    [ ! -e "$work/bad.tsv" ]
    [ -z "$(ls -a "$work" | grep 'bad.tsv.tmp' || true)" ]
    run "$bin/relsogi" impute --input "$work/none.csv" --output "$work/bad.tsv"
    [ "$status" -eq 66 ]
}

@test "fBISG: same bytes for any threads; a row tells its cohort, which others change" {
    persons=$(reconciled)
    for t in 1 2; do
        "$bin/relsogi" impute --input "$persons" --output "$work/f$t" --method fbifsg --sweeps 60 --burn-in 20 --threads $t
    done
    cmp "$work/f1/posterior.tsv" "$work/f2/posterior.tsv"
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i; next }
        { s = 0; for (i = n["p_white"]; i <= n["p_hispanic"]; i++) s += $i; if (s < 1 - 1e-12 || s > 1 + 1e-12) exit 1
          if ($n["cohort"] !~ /^[0-9a-f]+$/) exit 1; fitted += $n["model"] ~ /^fb/ }
        END { exit fitted < 200 }' "$work/f1/posterior.tsv"
    cohort=$(sed -n 's/^ *"cohort": "\([0-9a-f]*\)".*/\1/p' "$work/f1/stage.json" | head -n 1)
    [ "$(tail -n 1 "$work/f1/posterior.tsv" | grep -c "$cohort")" -eq 1 ]
    # Those who declined join the cohort only where that is asked for.
    "$bin/relsogi" impute --input "$persons" --output "$work/f3" --method fbifsg --sweeps 60 --burn-in 20 --impute-declined
    ! grep -q "\"cohort\": \"$cohort\"" "$work/f3/stage.json"
    [ -z "$(ls -A "$work/f1" | grep -E 'fbisg|spill' || true)" ]
}

# The stage and the tool alone order the people of a place by other keys, so that their draws differ, and nothing else does.
@test "fBISG of a CSV: what the stage gives, within the error of its draws; any order and threads" {
    persons=$(reconciled)
    mkdir -p "$work/alone"
    python3 - "$persons/person.tsv" "$work/alone" <<'END'
import csv, random, sys
table = csv.DictReader(open(sys.argv[1], encoding="utf-8", newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
names = "surname first_name middle_name block_group tract county zcta zip5 state sex".split()
rows = [[p["person_key"]] + ["" if p[n] == "\\N" else p[n] for n in names] for p in table if p["missing_2024"] != "DECLINED"]
for name, some in (("given", rows), ("mixed", random.Random(1).sample(rows, len(rows)))):
    with open(f"{sys.argv[2]}/{name}.csv", "w", newline="", encoding="utf-8") as f:
        csv.writer(f, lineterminator="\n").writerows([["id"] + [n.replace("zip5", "zip") for n in names]] + some)
END
    "$bin/relsogi" impute --input "$persons" --output "$work/alone/stage" --method fbifsg
    "$bin/relsogi" impute --input "$work/alone/given.csv" --output "$work/alone/1.tsv" --method fbifsg --threads 1
    "$bin/relsogi" impute --input "$work/alone/given.csv" --output "$work/alone/4.tsv" --method fbifsg --threads 4
    "$bin/relsogi" impute --input "$work/alone/mixed.csv" --output "$work/alone/mixed.tsv" --method fbifsg
    cmp "$work/alone/1.tsv" "$work/alone/4.tsv"
    cmp <(sort "$work/alone/1.tsv") <(sort "$work/alone/mixed.tsv")
    [ -z "$(ls -A "$work/alone" | grep -E 'fbisg|spill|tmp' || true)" ]
    python3 - "$work/alone" <<'END'
import csv, sys
table = lambda path: list(csv.DictReader(open(f"{sys.argv[1]}/{path}", newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
groups = ["p_" + g for g in "white black aian api multi hispanic".split()]
alone, open_, most, sum_ = {r["id"]: r for r in table("1.tsv")}, 0, 0, 0
for r in table("stage/posterior.tsv"):
    a = alone[r["person_key"]]
    assert abs(sum(float(a[g]) for g in groups) - 1) < 1e-12
    if "|" in r["narrowed"]:
        continue # a part of an answer, which the file does not hold
    assert a["model"] == r["model"] and a["geography_level"] == r["geography_level"], (a, r)
    off = max(abs(float(a[g]) - float(r[g])) for g in groups)
    most, sum_, open_ = max(most, off), sum_ + off, open_ + 1
assert open_ > 200 and most < .02 and sum_ / open_ < .002, (open_, most, sum_)
assert len({r["cohort"] for r in alone.values()}) == 1
END
}

@test "fBISG reads twice: a pipe is refused at once" {
    mkfifo "$work/pipe.csv"
    run timeout 20 "$bin/relsogi" impute --input "$work/pipe.csv" --output "$work/pipe.tsv" --method fbisg
    [ "$status" -eq 64 ]
    [[ "$output" == *"write a file first"* ]]
    [ ! -e "$work/pipe.tsv" ]
}

# A pack that counts ZCTAs by age, too; the bands are made of the adults' counts in another order of groups.
@test "children: told where they stand against adults, and held against children where the pack has them" {
    persons=$(reconciled)
    python3 - "$BATS_TEST_DIRNAME/../../schemas/reference/zcta_2020.csv.gz" >"$work/bands.csv" <<'END'
import csv, gzip, sys
groups = "white black aian api multi hispanic".split()
print("id,ages,sex," + ",".join(groups))
for row in csv.DictReader(gzip.open(sys.argv[1], "rt")):
    print(row["id"] + ",0-17,," + ",".join(row[g] for g in reversed(groups)))
END
    "$bin/relsogi" reference build --geography-ages "zcta=$work/bands.csv" --output "$work/bands.pack"
    "$bin/relsogi" reference info "$work/bands.pack" | grep -q 'also counted by: 0-17'
    "$bin/relsogi" impute --input "$persons" --output "$work/adults" --as-of 2026-06-30 2>"$work/adults.log"
    "$bin/relsogi" impute --input "$persons" --output "$work/banded" --as-of 2026-06-30 --reference "$work/bands.pack"
    "$bin/relsogi" impute --input "$persons" --output "$work/undated"
    [ "$(grep -c 'persons under 18 stand against places that count adults' "$work/adults.log")" -eq 1 ]
    python3 - "$work" "$persons/person.tsv" <<'END'
import csv, json, sys
work, persons = sys.argv[1:]
table = lambda path: csv.DictReader(open(path, encoding="utf-8", newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
child = {p["person_key"]: p["birth_date"] != "\\N" and "2008-06-30" < p["birth_date"] <= "2026-06-30" for p in table(persons)}
said = lambda run: json.load(open(f"{work}/{run}/stage.json"))["results"]["children"]
banded, groups = 0, ["p_" + g for g in "white black aian api multi hispanic".split()]
for a, b, u in zip(*(table(f"{work}/{run}/posterior.tsv") for run in ("adults", "banded", "undated"))):
    one, level = child[b["person_key"]], b["geography_level"]
    want = "0-17" if one and level == "zcta" else "\\N"
    assert b["geography_band"] == want and a["geography_band"] == u["geography_band"] == "\\N", (b, one)
    assert a["middle_name_match"] == b["middle_name_match"] == "\\N"
    same = all(a[g] == b[g] for g in groups)
    assert same == (want == "\\N"), (a, b)
    assert all(a[g] == u[g] for g in groups)
    banded += want != "\\N"
children = sum(child[a["person_key"]] for a in table(f"{work}/adults/posterior.tsv"))
assert banded > 10 and children > banded, (banded, children)
assert said("adults") == {"under_18": children, "held_against_adults": children}, (said("adults"), children)
assert said("banded") == {"under_18": children, "held_against_adults": children - banded}, (said("banded"), children, banded)
assert said("undated") is None
END
    # The tool alone: by columns age and sex.
    printf 'id,surname,zcta,age,sex\n1,SMITH,10001,7,F\n2,SMITH,10001,70,\n3,SMITH,10001,,\n' >"$work/ages.csv"
    "$bin/relsogi" impute --input "$work/ages.csv" --output "$work/few.tsv" --columns six 2>"$work/ages.log"
    grep -q '1 people under 18 stand against places that count adults alone' "$work/ages.log"
    "$bin/relsogi" impute --input "$work/ages.csv" --output "$work/ages.tsv" --reference "$work/bands.pack" 2>"$work/ages.log"
    [ "$(grep -c 'under 18' "$work/ages.log")" -eq 0 ]
    [ "$(tail -n +2 "$work/ages.tsv" | sed 's/.*\t//' | tr '\n' ' ')" = '0-17 \N \N ' ]
    # And explain shows the band as a place of its own, with its counts.
    "$bin/relsogi" explain --surname Smith --zcta 10001 --age 7 --reference "$work/bands.pack" --json >"$work/e.json"
    python3 -c 'import csv, json, sys
e, row = json.load(open(sys.argv[1])), next(csv.DictReader(open(sys.argv[2]), delimiter="\t"))
assert e["geography_band"] == "0-17" == e["places"][-1]["level"], e["places"]
assert abs(float(row["p_black"]) - e["posterior"]["BLACK"]) < 1e-12, (row, e["posterior"])' "$work/e.json" "$work/ages.tsv"
}

# Odds of HISPANIC are a quarter where Hispanic persons leave ethnicity open a quarter as often; nobody else changes.
@test "--silent-hispanic weighs what those who left ethnicity open are" {
    persons=$(reconciled)
    for ratio in 1 0.25; do
        "$bin/relsogi" impute --input "$persons" --output "$work/silent$ratio" --silent-hispanic $ratio
    done
    python3 - "$work" <<'END'
import csv, sys
rows = [list(csv.DictReader(open(f"{sys.argv[1]}/silent{r}/posterior.tsv", newline=""), delimiter="\t")) for r in ("1", "0.25")]
seen = 0
for a, b in zip(*rows):
    if "|HISPANIC" not in a["narrowed"]:
        assert a == b
        continue
    p, q = float(a["p_hispanic"]), float(b["p_hispanic"])
    assert abs(q - .25 * p / (.25 * p + 1 - p)) < 1e-11, (p, q)
    seen += 1
assert seen > 3, seen
END
    run "$bin/relsogi" impute --input "$persons" --output "$work/x" --silent-hispanic 0
    [ "$status" -eq 64 ]
}

@test "a draw of the tables: rows say so, each person's is their own, and no draw is the tables as they are" {
    "$bin/relsogi" impute --input "$(few)" --output "$work/none.tsv" --table-draw 0
    "$bin/relsogi" impute --input "$(few)" --output "$work/three.tsv" --table-draw 3
    head -n 4 "$work/out.tsv" | cmp - "$work/none.tsv"
    ! cmp -s "$work/none.tsv" "$work/three.tsv"
    grep -q '~3	' "$work/three.tsv"
    { head -n 1 "$work/few.csv"; tail -n 1 "$work/few.csv"; } >"$work/last.csv"
    "$bin/relsogi" impute --input "$work/last.csv" --output "$work/last.tsv" --table-draw 3
    tail -n 1 "$work/three.tsv" | cmp - <(tail -n 1 "$work/last.tsv")
}

@test "a draw of the fit's members: rows name its fit, and no later run takes it for the fit itself" {
    make_plan 2500 "$work/larger"
    run_plan "$work/larger/relsogi.yaml" "$work/larger-runs" --until reconcile >/dev/null 2>&1
    persons=$work/larger-runs/t/reconcile
    for how in "fit 0 1" "one 1 1" "again 1 2" "two 2 1"; do
        read -r name draw threads <<<"$how"
        "$bin/relsogi" impute --input "$persons" --output "$work/draw-$name" --learn yes --fit-draw "$draw" --threads "$threads"
    done
    cmp "$work/draw-one/posterior.tsv" "$work/draw-again/posterior.tsv"
    fits() { awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) n[$i] = i; next } { print $n["draw"], $n["cohort"], $n["members"] }' "$work/draw-$1/fit.tsv"; }
    [ "$(fits one)" = "$(fits fit | sed 's/^\\N/1/')" ]
    [ "$(fits two)" = "$(fits fit | sed 's/^\\N/2/')" ]
    for other in fit two; do ! cmp -s "$work/draw-one/posterior.tsv" "$work/draw-$other/posterior.tsv"; done
    for how in --prior --fit; do
        run "$bin/relsogi" impute --input "$persons" --output "$work/x" --learn yes $how "$work/draw-one"
        [ "$status" -eq 78 ]
        [[ "$output" == *"--fit-draw"* ]]
    done
    run "$bin/relsogi" impute --input "$persons" --output "$work/x" --fit-draw 1
    [ "$status" -eq 64 ]
    run "$bin/relsogi" impute --input "$(few)" --output "$work/x.tsv" --fit-draw 1 # nobody to learn from
    [ "$status" -eq 64 ]
    # A draw is never a fit used again, though one is there.
    "$bin/relsogi" impute --input "$persons" --output "$work/x" --learn yes --fit-draw 1 --prior "$work/draw-fit"
    cmp "$work/x/posterior.tsv" "$work/draw-one/posterior.tsv"
}
