#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What persons said in an earlier run, where no source says it any more: from run to run, and into the estimates.
load common

# Three months of a plan: in the first, sources say race and ethnicity; in the second and third none does, and the EHR is away.
setup_file() {
    export work=$BATS_FILE_TMPDIR
    make_plan 600 "$work/march"
    mkdir "$work/april"
    cp "$work/march/measures.csv" "$work/march/site.key" "$work/april/"
    sed -E 's/^(DMG\*D8\*[0-9]*\*[A-Z]?)\*[^~]*~/\1~/' "$work/march/plan_834.edi" >"$work/april/plan_834.edi"
    python3 - "$work/march" "$work/april" <<'END'
import csv, sys
march, april = sys.argv[1:]
with open(march + "/clinic_roster.csv", encoding="cp1252", newline="") as i, open(april + "/clinic_roster.csv", "w", encoding="cp1252", newline="") as o:
    rows = csv.DictReader(i)
    to = csv.DictWriter(o, rows.fieldnames)
    to.writeheader()
    to.writerows({**r, "Race": "", "Ethnicity": ""} for r in rows)
lines = open(march + "/relsogi.yaml").read().split("  - profile: ")
open(april + "/relsogi.yaml", "w").write("  - profile: ".join(l for l in lines if not l.startswith("sample-plan-ehr")))
END
    month march 2026-06-30
    month april 2026-07-31 march
    month may 2026-08-31 april
}

# month NAME AS_OF [PRIOR]
month() {
    local plan=$work/april prior=()
    [ "$1" = march ] && plan=$work/march
    [ -n "${3:-}" ] && prior=(--prior "$work/runs/$3")
    "$bin/relsogi" run --config "$plan/relsogi.yaml" --as-of "$2" --run-id "$1" --output "$work/runs" --until impute "${prior[@]}" \
        >/dev/null 2>&1
}

@test "their word is in the next run and the one after that, with its date, and certain" {
    python3 - "$work/runs" <<'END'
import csv, sys
def table(run, layout):
    stage = "reconcile" if layout == "person" else "impute"
    with open(f"{sys.argv[1]}/{run}/{stage}/{layout}.tsv", newline="") as f:
        return {r["person_key"]: r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)}
march = table("march", "person")
whole = parts = 0
for run in ("april", "may"):
    person, posterior = table(run, "person"), table(run, "posterior")
    assert all(p["census6"] == "\\N" for p in person.values())
    for key, p in march.items():
        if key not in person:
            continue
        if p["missing_2024"] == "DECLINED":
            assert key not in posterior
            continue
        row = posterior[key]
        if p["census6"] != "\\N":
            whole += 1
            assert row["narrowed"] == p["census6"] and row["evidence"].startswith("earlier 2026-06-30"), row
            assert float(row["p_" + p["census6"].lower()]) == 1, row
        elif row["evidence"] != "\\N":
            parts += 1
            assert row["evidence"].startswith("earlier 2026-06-30 "), row
        else:
            assert row["narrowed"] == "\\N", row
assert whole > 400 and parts > 10, (whole, parts)
END
}

@test "estimates count them by what they said" {
    "$bin/relsogi" stratify --input "$work/runs/april/reconcile" --input "$work/runs/april/impute" --output "$work/estimated" \
        --as-of 2026-07-31 --minimum-cell 1 2>/dev/null
    python3 - "$work" <<'END'
import csv, sys
def table(path):
    return csv.DictReader(open(f"{sys.argv[1]}/{path}.tsv", newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
said = {r["person_key"]: r["census6"] for r in table("runs/march/reconcile/person") if r["census6"] != "\\N"}
groups = "WHITE BLACK AIAN API MULTI HISPANIC".split()
p = {r["person_key"]: [float(r["p_" + g.lower()]) for g in groups] for r in table("runs/april/impute/posterior")}
sums, told = {}, 0
for r in table("runs/april/reconcile/person_measure"):
    key = r["person_key"]
    if r["denominator"] != "1" or key not in p:
        continue
    q = p[key]
    if key in said: # their word of March, not what names and places say
        q = [float(g == said[key]) for g in groups]
        told += 1
    for g, x in zip(groups, q):
        s = sums.setdefault((r["measure"], g), [0, 0])
        s[0] += x
        s[1] += x * (r["numerator"] == "1")
seen = 0
for r in table("estimated/estimate"):
    if r["dimension"] == "race_ethnicity" and r["estimator"] == "weighted" and r["rate"] != "\\N" and r["stratum"] in groups:
        n, x = sums[r["measure"], r["stratum"]]
        assert abs(float(r["rate"]) - x / n) < 1e-9, (r, x / n)
        seen += 1
assert seen >= 10 and told > 200, (seen, told)
END
}

@test "it is their own word: direct, and among the self-reports" {
    python3 - "$work" <<'END'
import csv, sys
def table(path):
    return csv.DictReader(open(f"{sys.argv[1]}/{path}.tsv", newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
said = {r["person_key"]: r["census6"] for r in table("runs/march/reconcile/person") if r["census6"] != "\\N"}
cells = {}
for r in table("runs/april/reconcile/person_measure"):
    if r["denominator"] == "1" and r["person_key"] in said:
        c = cells.setdefault((r["measure"], said[r["person_key"]]), [0, 0])
        c[0] += 1
        c[1] += r["numerator"] == "1"
assert not any(r["census6"] != "\\N" for r in table("runs/april/reconcile/person"))
seen = direct = 0
for r in table("estimated/estimate"):
    if r["dimension"] != "race_ethnicity" or r["rate"] == "\\N" or (r["measure"], r["stratum"]) not in cells:
        continue
    n, x = cells[r["measure"], r["stratum"]]
    if r["estimator"] == "self_report":
        assert int(r["n"]) == n and abs(float(r["rate"]) - x / n) < 1e-12, (r, n, x)
        seen += 1
    elif r["estimator"] == "birdie" and r["direct_share"] != "\\N":
        assert float(r["direct_share"]) > 0, r
        direct += 1
assert seen >= 5 and direct >= 5, (seen, direct)
END
}
