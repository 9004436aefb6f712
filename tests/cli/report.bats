#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The report: what is in its files, what must never be, and the pages as a browser shows them.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    "$bin/relsogi" report --help >/dev/null
    make_plan 4000 "$BATS_FILE_TMPDIR/plan"
    run_plan "$BATS_FILE_TMPDIR/plan/relsogi.yaml" "$BATS_FILE_TMPDIR/runs" >/dev/null 2>"$BATS_FILE_TMPDIR/log"
    "$bin/relsogi" report --run "$BATS_FILE_TMPDIR/runs/t" --output "$BATS_FILE_TMPDIR/out" >"$BATS_FILE_TMPDIR/said" 2>&1 || true
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    source "$BATS_TEST_DIRNAME/rows.bash"
    source "$BATS_TEST_DIRNAME/report.bash"
    plan=$BATS_FILE_TMPDIR/plan
    runs=$BATS_FILE_TMPDIR/runs
    out=$BATS_FILE_TMPDIR/out
    work=$BATS_TEST_TMPDIR
    hand=$work/hand
    ! grep -q 'built without the chart library' "$BATS_FILE_TMPDIR/said" || skip "built without the chart library (scripts/packages)"
}

report() { "$bin/relsogi" report --run "$1" --output "$work/out" "${@:2}"; }
need_browser() { browser >/dev/null || skip "no Chromium (scripts/packages --test)"; }

# ---- files ----

@test "two files, for their owner alone, whole, and nothing else" {
    [ "$(ls "$out")" = "$(printf 'audit.html\nexecutive.html')" ]
    [ -z "$(find "$out" -type f ! -perm 600)" ]
    for f in "$out"/*.html; do
        [ "$(head -n 1 "$f")" = '<!DOCTYPE html>' ]
        [ "$(tail -n 1 "$f")" = '</html>' ]
        [ "$(wc -c <"$f")" -lt 5000000 ]
    done
}

@test "the same run gives the same bytes" {
    report "$runs/t"
    cmp "$out/executive.html" "$work/out/executive.html"
    cmp "$out/audit.html" "$work/out/audit.html"
}

@test "a run is found by its id where the configuration puts runs" {
    sed "s,^output:.*,output: $runs," "$plan/relsogi.yaml" >"$work/relsogi.yaml"
    "$bin/relsogi" report --run t --config "$work/relsogi.yaml" --output "$work/out"
    cmp "$out/executive.html" "$work/out/executive.html"
}

@test "no run, a failed run, a changed file, wrong words: each says so" {
    run report "$work/nothing"
    [ "$status" = 66 ]
    run "$bin/relsogi" report --run "$runs/t"
    [ "$status" = 64 ]
    mkdir "$work/failed"
    echo '{"run_id": "f", "status": "failed", "stages": []}' >"$work/failed/results.json"
    run report "$work/failed"
    [ "$status" = 65 ]
    [[ "$output" == *"this run is failed"* ]]
    cp -r "$runs/t" "$work/changed"
    sed -i 's/\(\tall\tall\tobserved\t\)[0-9]*/\11234567/' "$work/changed/stratify/estimate.tsv"
    run report "$work/changed"
    [ "$status" = 65 ]
    [ ! -e "$work/out/executive.html" ]
}

@test "a file with another manifest than its stage wrote is refused" {
    cp -r "$runs/t" "$work/changed"
    sed -i 's/\tobserved\t/\tobserved2\t/' "$work/changed/stratify/estimate.tsv"
    sum=$(sha256sum "$work/changed/stratify/estimate.tsv" | cut -d' ' -f1)
    sed -i "s/\"sha256\": \"[0-9a-f]*\"/\"sha256\": \"$sum\"/" "$work/changed/stratify/estimate.json"
    run report "$work/changed"
    [ "$status" = 65 ]
    [[ "$output" == *vouches* ]]
}

# ---- what a page may do ----

@test "nothing is fetched, and only scripts and styles named by their digest may run" {
    for f in "$out"/*.html; do
        ! grep -qiE '<(link|img|iframe|object|embed|form|base)[ >]|<script[^>]*src|@import|url\(|XMLHttpRequest|fetch\(|sendBeacon|WebSocket|innerHTML|document\.write|eval\(' "$f"
        python3 - "$f" <<'PY'
import base64, hashlib, re, sys
t = open(sys.argv[1], "rb").read().decode()
policy = re.search(r'Content-Security-Policy" content="([^"]*)"', t).group(1)
assert policy.startswith("default-src 'none'"), policy
assert "unsafe" not in policy
digest = lambda s: "sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()
scripts = re.findall(r"<script>(.*?)</script>", t, re.S)
styles = re.findall(r"<style>(.*?)</style>", t, re.S)
assert len(scripts) == 2 and len(styles) == 1
for s in scripts: assert digest(s) in policy.split("script-src")[1]
for s in styles: assert digest(s) in policy.split("style-src")[1].split(";")[0]
PY
    done
}

@test "the chart library comes with its licence and versions" {
    grep -q 'Redistributions in binary form must reproduce' "$out/executive.html"
    grep -q 'd3-scale/ v' "$out/executive.html"
}

# ---- what must never be in a page ----

@test "no name, member id, key or value of a person without the steward; with, in the audit alone" {
    python3 - "$plan" "$runs/t" "$out" <<'PY'
import csv, re, sys
plan, run, out = sys.argv[1:4]
text = open(out + "/executive.html").read() + open(out + "/audit.html").read()
words = set(re.findall(r"[A-Za-z0-9_-]+", text))
keys = [l.split("\t")[:2] for l in open(run + "/reconcile/discrepancy.tsv").read().splitlines()[1:]]
assert len(keys) > 50
assert not any(k in words for pair in keys for k in pair)
people = [l.split("\t")[0] for l in open(run + "/reconcile/person.tsv").read().splitlines()[1:]]
assert not any(k in words for k in people)
ids = {l.split("\t")[5] for l in open(run + "/ingest/identifier.tsv").read().splitlines()[1:]}
assert len(ids) > 1000 and not any(i in words for i in ids if len(i) > 5)
zips = {l.split("\t")[11] for l in open(run + "/reconcile/person.tsv").read().splitlines()[1:]}
data = re.search(r'id="data">(.*?)</script>', open(out + "/audit.html").read(), re.S).group(1)
assert not any('"%s"' % z in data for z in zips if len(z) == 5)
PY
    report "$runs/t" --steward
    key=$(sed -n 2p "$runs/t/reconcile/discrepancy.tsv" | cut -f1)
    grep -q "$key" "$work/out/audit.html"
    grep -q "steward&#39;s copy" "$work/out/audit.html"
    cmp "$out/executive.html" "$work/out/executive.html"
}

# A run by hand: numbers stand in withheld rows, where the stage would have left none.
canary_run() {
    make_rows estimate "$hand/stratify" <<'ROWS'
estimate_key measure period dimension stratum estimator n x n_eff direct_share rate se lower upper interval_method reference difference difference_lower difference_upper ratio suppressed suppression_reason flags
00000000000000000000000000000001 CBP 2025 race_ethnicity WHITE birdie 1000 700 900 0.5 0.7 0.01 0.68 0.72 wilson_n_eff WHITE \N \N \N \N N \N \N
00000000000000000000000000000002 CBP 2025 race_ethnicity BLACK birdie 731391 7 731392 0.731393 0.731394 0.731395 0.731396 0.731397 wilson_n_eff WHITE 0.731398 0.731399 0.731401 0.731402 Y primary canary_flag
00000000000000000000000000000003 CBP 2025 race_ethnicity API birdie 731403 8 1 1 0.731404 0.1 0.1 0.1 wilson_n_eff WHITE 0.1 0.1 0.1 1 x primary \N
ROWS
    make_rows trend "$hand/stratify" <<'ROWS'
trend_key measure dimension stratum estimator point period runs_back reference rate gap gap_lower gap_upper change change_lower change_upper change_method verdict flags suppressed suppression_reason
00000000000000000000000000000001 CBP race_ethnicity BLACK birdie 1 2024 1 WHITE 0.731405 0.731406 0.731407 0.731408 \N \N \N \N canary_verdict \N Y primary
ROWS
    make_rows equity "$hand/stratify" <<'ROWS'
equity_key measure period provider_group dimension stratum reference estimator members gap reliability eligible verdict suppressed suppression_reason
00000000000000000000000000000001 CBP 2025 PG1 race_ethnicity BLACK WHITE birdie 731409 0.731411 0.731412 Y canary_verdict Y primary
ROWS
    make_rows disparity "$hand/stratify" <<'ROWS'
disparity_key measure period dimension estimator statistic stratum provider_group part reference unit value se lower upper n suppressed suppression_reason
00000000000000000000000000000001 CBP 2025 race_ethnicity birdie theil BLACK all all WHITE index 0.731413 0.731414 0.731415 0.731416 731417 Y group_withheld
ROWS
    make_rows tabulation "$hand/stratify" <<'ROWS'
approach category n share suppressed suppression_reason
multiracial MENA 731418 0.731419 Y primary
ROWS
    stage_of "$hand/stratify" stratify
    finished "$hand"
}

@test "numbers of withheld rows never enter a page, whatever stands in the file" {
    canary_run
    report "$hand" --steward
    for f in "$work"/out/*.html; do
        ! grep -qE '7314|7313|canary' "$f"
        grep -q '0.72' "$f"
        grep -q 'BLACK' "$f"
    done
}

@test "counts of persons from 1 to 10 that the report makes itself are withheld, and one more beside a single one" {
    make_rows discrepancy "$hand/reconcile" < <(
        echo discrepancy_key person_key element axis kind severity kept_value other_value kept_source other_source kept_record other_record rule
        for i in $(seq 1 4); do printf '%032x %032x race 1997 within_source note BLACK WHITE a a %032x %032x recency\n' $i $i $i $i; done
        for i in $(seq 5 34); do printf '%032x %032x race 1997 source_against_source note BLACK WHITE a b %032x %032x recency\n' $i $i $i $i; done
        for i in $(seq 35 94); do printf '%032x %032x language standard source_against_source note es en a b %032x %032x recency\n' $i $i $i $i; done
    )
    stage_of "$hand/reconcile" reconcile
    make_rows check_result "$hand/check" <<'ROWS'
check_id category scope scope_value element state severity denominator violations share threshold message
gender_identity_complete completeness all * gender_identity pass note 5000 4444 0.8888 \N m
gender_identity_complete completeness source a gender_identity pass note 2000 1993 0.9965 \N m
gender_identity_complete completeness source b gender_identity pass note 1500 1200 0.8 \N m
gender_identity_complete completeness source c gender_identity pass note 1500 1251 0.834 \N m
ledger_balances conformance all * ingest pass error 100 7 0.07 \N m
ROWS
    stage_of "$hand/check" check
    finished "$hand"
    report "$hand"
    { table audit discrepancy && table audit check_result; } >"$work/tables"
    ! grep -q person_key "$work/tables"
    python3 - "$work/tables" <<'PY'
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
found = {(r["element"], r["kind"]): r["n"] for r in rows if "kind" in r}
assert found == {("language", "source_against_source"): 60, ("race", "source_against_source"): None, ("race", "within_source"): None}, found
checks = {(r["check_id"], r["scope_value"]): r for r in rows if "check_id" in r}
a, b, whole = (checks["gender_identity_complete", s] for s in ("a", "b", "c"))
assert a["violations"] is None and a["share"] is None and a["withheld"] is True
assert abs(a["bound"] - (1 - 10 / 2000)) < 1e-9          # all but at most 10 of 2,000
assert whole["violations"] is None and whole["bound"] is None # 249 answered: the smallest beside it, withheld for its sake
assert b["violations"] == 1200
assert checks["ledger_balances", "*"]["violations"] == 7  # rows, not persons
PY
}

@test "a share by which a withheld self-reported count could be worked out is withheld with it" {
    make_rows estimate "$hand/stratify" <<'ROWS'
estimate_key measure period dimension stratum estimator n direct_share rate lower upper reference suppressed suppression_reason
00000000000000000000000000000001 CBP 2025 race_ethnicity BLACK self_report \N \N \N \N \N \N Y primary
00000000000000000000000000000002 CBP 2025 race_ethnicity BLACK birdie 100 0.0731399 0.7 0.68 0.72 WHITE N \N
00000000000000000000000000000003 CBP 2025 race_ethnicity WHITE birdie 100 0.5 0.7 0.68 0.72 WHITE N \N
ROWS
    stage_of "$hand/stratify" stratify
    finished "$hand"
    report "$hand"
    ! grep -q '0\.07313' "$work"/out/*.html
    table executive estimate | grep -q '"WHITE".*"direct_share": 0.5'
}

# ---- hostile words ----

hostile_run() {
    make_rows estimate "$hand/stratify" <<'ROWS'
estimate_key measure period dimension stratum estimator n x n_eff direct_share rate se lower upper interval_method reference difference difference_lower difference_upper ratio suppressed suppression_reason flags
00000000000000000000000000000001 CBP 2025 race_ethnicity WHITE birdie 1000 700 900 0.5 0.7 0.01 0.68 0.72 wilson_n_eff WHITE \N \N \N \N N \N \N
00000000000000000000000000000002 CBP 2025 race_ethnicity </script><script>document.title="pwned"</script> birdie 1000 600 900 0.5 0.6 0.01 0.58 0.62 wilson_n_eff WHITE -0.1 -0.12 -0.08 0.9 N \N \N
00000000000000000000000000000003 <img/src=x/onerror=document.title="pwned"> 2025 race_ethnicity WHITE birdie 1000 700 900 0.5 0.7 0.01 0.68 0.72 wilson_n_eff WHITE \N \N \N \N N \N \N
00000000000000000000000000000004 constructor 2025 race_ethnicity __proto__ birdie 1000 600 900 0.5 0.6 0.01 0.58 0.62 wilson_n_eff WHITE -0.1 -0.12 -0.08 0.9 N \N \N
ROWS
    stage_of "$hand/stratify" stratify
    finished "$hand"
    sed -i 's,"hand","</title><script>document.title=1</script>\&amp;",' "$hand/results.json"
}

@test "a group named as the end of a script is text" {
    hostile_run
    report "$hand"
    for f in "$work"/out/*.html; do
        [ "$(grep -o '</script>' "$f" | wc -l)" = 3 ]
        ! grep -q '<img' "$f"
        [ "$(grep -o '</title>' "$f" | wc -l)" = 1 ]
    done
    need_browser
    for page in executive audit; do
        dom "$work/out/$page.html" >"$work/dom"
        ! grep -q '<title>pwned' "$work/dom"
        ! grep -q '<img' "$work/dom"
        grep -q '&lt;/script&gt;&lt;script&gt;' "$work/dom"
        grep -q 'data-ready="yes"' "$work/dom"
        [ ! -s "$work/console" ]
    done
}

# ---- as a browser shows it ----

@test "the executives' page: headline, words and rates as in the run's files, no error" {
    need_browser
    dom "$out/executive.html" >"$work/dom"
    cat "$work/console"
    [ ! -s "$work/console" ]
    python3 - "$work/dom" "$runs/t" <<'PY'
import csv, html, re, sys
dom, run = html.unescape(open(sys.argv[1]).read()), sys.argv[2]
text = re.sub(r"<[^>]*>", " ", re.sub(r"<script.*?</script>", "", dom, flags=re.S))
rows = list(csv.DictReader(open(run + "/stratify/estimate.tsv"), delimiter="\t", quoting=csv.QUOTE_NONE))
shown = [r for r in rows if r["dimension"] == "race_ethnicity" and r["estimator"] == "birdie" and r["suppressed"] == "N"]
assert len(shown) > 8
for r in shown: assert f'{100 * float(r["rate"]):.1f}\u2009%' in text, r
n = sum(1 for _ in open(run + "/reconcile/person.tsv")) - 1
assert f"{n:,} members" in text
# the heat map: one body row a measure, one cell a group, each with a word
heat = re.search(r'<table class="heat"><caption>Gaps by race and ethnicity.*?</table>', dom, re.S).group(0)
body = re.findall(r"<tr>(.*?)</tr>", heat.split("<tbody>")[1], re.S)
assert len(body) == len({r["measure"] for r in shown})
words = re.findall(r'<td class="w-(\w+)"', heat)
assert set(words) <= {"worse", "better", "same", "unsure", "reference", "withheld", "none"} and words.count("reference") == len(body)
# worse means that the whole interval is below 0 and the stage has no doubts
for r in shown:
    if r["difference_upper"] != "\\N" and float(r["difference_upper"]) < 0: break
# every chart has a table behind it and words for who cannot see it
for f in re.findall(r"<figure>.*?</figure>", dom, re.S):
    if 'class="chart"' in f: assert "<table>" in f and 'role="img" aria-label="' in f and "<svg" in f, f[:200]
assert "undefined" not in text and "NaN" not in text and "[object" not in text
PY
}

@test "the auditors' page: tables filled, the ledger as in the files, labels for every control, no error" {
    need_browser
    dom "$out/audit.html" --window-size=1280,2000 >"$work/dom"
    cat "$work/console"
    [ ! -s "$work/console" ]
    python3 - "$work/dom" "$runs/t" <<'PY'
import glob, html, re, sys
dom, run = html.unescape(open(sys.argv[1]).read()), sys.argv[2]
text = re.sub(r"<[^>]*>", " ", re.sub(r"<script.*?</script>", "", dom, flags=re.S))
for caption in ("Quality checks", "Discrepancies by kind", "Accuracy by group", "Withheld results", "Ledger", "Input files, in canonical order",
                "Complete records, by source and element", "Members with an answer, by provider group and element", "Disparity statistics"):
    table = re.search(r"<caption>" + re.escape(caption) + r"</caption>.*?</table>", dom, re.S)
    assert table and table.group(0).count("<tr>") > 2, caption
lines = {tuple(l.split("\t")[:3]) for f in glob.glob(run + "/*/ledger.tsv") for l in open(f).read().splitlines()[1:]}
assert f"All {len(lines)} lines of the ledger balance" in re.sub(r"\s+", " ", text), len(lines)
for f in open(run + "/ingest/file.tsv").read().splitlines()[1:]: assert f.split("\t")[8] in text
for i in re.findall(r'<(?:select|input) id="(\w+)"', dom): assert f'<label for="{i}">' in dom
assert text.count("beyond the inner") == 1 and "<circle" in dom
assert "undefined" not in text and "NaN" not in text and "[object" not in text
PY
}

@test "tables sort by their heads and filter by word" {
    need_browser
    with_script "$out/audit.html" "$work/audit.html" '
        const table = [...document.querySelectorAll("caption")].find(c => c.textContent === "Discrepancies by kind").closest("table");
        const column = () => [...table.tBodies[0].rows].map(r => r.cells[6].textContent).filter(t => /^[0-9,]+$/.test(t)).map(t => Number(t.replace(",", "")));
        const button = table.tHead.rows[0].cells[6].querySelector("button");
        button.click(); const down = column(); button.click(); const up = column();
        const rising = list => list.every((v, i) => !i || list[i - 1] <= v);
        const all = table.tBodies[0].rows.length;
        const select = table.closest("div").parentNode.querySelector("select");
        select.value = select.options[1].value; select.dispatchEvent(new Event("change"));
        const first = [...table.tBodies[0].rows];
        document.title = ["T", down.length > 3, rising(down.slice().reverse()), rising(up), table.tHead.rows[0].cells[6].getAttribute("aria-sort"),
            first.length > 0 && first.length < all, first.every(r => r.cells[0].textContent === select.value)].join(" ");'
    dom "$work/audit.html" >"$work/dom"
    grep -o '<title>[^<]*' "$work/dom"
    grep -q '<title>T true true true ascending true true' "$work/dom"
}

@test "charts follow the width; nothing is wider than a phone" {
    need_browser
    for page in executive audit; do
        with_script "$out/$page.html" "$work/$page.html" 'const sizes = "W " + document.documentElement.scrollWidth + " " + innerWidth;
            document.title = sizes; parent.postMessage(sizes, "*");'
        echo "<script>onmessage = e => { document.title = e.data; }</script><iframe src='$page.html' style='width:390px;height:800px;border:0'></iframe>" >"$work/phone.html"
        for room in 600 1280 390; do # the browser's own window is no narrower than 500: a frame stands for the phone
            if [ $room = 390 ]; then dom "$work/phone.html" >"$work/dom"; else dom "$work/$page.html" --window-size=$room,900 >"$work/dom"; fi
            read -r _ wide inner < <(sed -n 's/.*<title>\(W [0-9]* [0-9]*\).*/\1/p' "$work/dom" | head -n 1)
            echo "$page $room: $wide of $inner"
            [ "$inner" = $room ] && [ "$wide" -le "$room" ]
        done
    done
}

@test "names of provider groups do not cover each other, nor a mark" {
    need_browser
    with_script "$out/audit.html" "$work/audit.html" '
        const holder = document.createElement("div"); document.body.append(holder);
        funnelChart(holder, 480, [["PG01", 3000, .7], ["PG02", 3010, .701], ["PG03", 3020, .3], ["PG04", 3030, .301], ["PG05", 1000, .5],
                ["PG06", 1000, .9], ["PG07", 1000, .1], ["PG08", 3500, .7]]
            .map(([name, n, rate]) => ({name, n, rate})), .5);
        const boxes = list => [...list].map(t => t.getBoundingClientRect());
        const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
        const names = [...holder.querySelectorAll("text.strong")], all = boxes(names).concat(boxes(holder.querySelectorAll("circle")));
        const met = boxes(names).filter((a, i) => all.some((b, j) => j > i && meet(a, b))).length;
        document.title = ["T", names.map(t => t.textContent).sort().join(","), met].join(" ");'
    dom "$work/audit.html" >"$work/dom"
    grep -o '<title>[^<]*' "$work/dom"
    grep -q '<title>T PG01,PG02,PG03,PG04,PG06,PG07,PG08 0' "$work/dom"
}

@test "a check says once what it looks at, not in each row" {
    need_browser
    with_script "$out/audit.html" "$work/audit.html" '
        const table = [...document.querySelectorAll("caption")].find(c => c.textContent === "Quality checks").closest("table");
        const rows = [...table.tBodies[0].rows], id = r => r.querySelector(".code").textContent;
        const again = rows.filter((r, i) => i && id(r) === id(rows[i - 1]) && r.querySelector(".under")).length;
        document.title = ["T", again, rows.filter((r, i) => !i || id(r) !== id(rows[i - 1])).every(r => r.querySelector(".under"))].join(" ");'
    dom "$work/audit.html" >"$work/dom"
    grep -o '<title>[^<]*' "$work/dom"
    grep -q '<title>T 0 true' "$work/dom"
}

@test "trend, improvement and reliability where the run has them" {
    need_browser
    canary_run
    make_rows estimate "$hand/stratify" <<'ROWS'
estimate_key measure period dimension stratum estimator n direct_share rate se lower upper reference difference difference_lower difference_upper suppressed
00000000000000000000000000000001 CBP 2025 race_ethnicity WHITE birdie 1000 0.5 0.7 0.01 0.68 0.72 WHITE \N \N \N N
00000000000000000000000000000002 CBP 2025 race_ethnicity BLACK birdie 500 0.5 0.6 0.01 0.58 0.62 WHITE -0.1 -0.12 -0.08 N
ROWS
    make_rows trend "$hand/stratify" <<'ROWS'
trend_key measure dimension stratum estimator point period runs_back reference rate gap gap_lower gap_upper change change_lower change_upper verdict suppressed
00000000000000000000000000000001 CBP race_ethnicity BLACK birdie 1 2024 1 WHITE 0.5 -0.20 -0.24 -0.16 \N \N \N \N N
00000000000000000000000000000002 CBP race_ethnicity BLACK birdie 2 2025 0 WHITE 0.6 -0.10 -0.12 -0.08 0.1 0.05 0.15 narrowed N
ROWS
    make_rows equity "$hand/stratify" <<'ROWS'
equity_key measure period provider_group dimension stratum reference estimator members gap gap_lower gap_upper reliability shrunk_gap eligible reasons verdict suppressed
00000000000000000000000000000001 CBP 2025 PG1 race_ethnicity BLACK WHITE birdie 12000 -0.1 -0.15 -0.05 0.83 -0.09 N few_members,low_reliability narrowed N
ROWS
    stage_of "$hand/stratify" stratify
    report "$hand"
    dom "$work/out/executive.html" >"$work/dom"
    grep -q 'Narrowed: Black\.' "$work/dom"
    grep -q 'Gap to White members, in percentage points: below 0 is behind\.' "$work/dom"
    grep -q 'class="soft unit"><tspan[^>]*>points<' "$work/dom"
    grep -q '<td>2024</td>' "$work/dom" # one run a period: the period says it all
    ! grep -q ' back<\| runs\? before<' "$work/dom"
    [ ! -s "$work/console" ]
    dom "$work/out/audit.html" >"$work/dom"
    grep -q 'No: few members, low reliability' "$work/dom"
    grep -q '>0\.83<' "$work/dom"
    [ ! -s "$work/console" ]
}

# trend_run ROWS: a run with one measure and the trend given (point period runs_back gap suppressed).
trend_run() {
    make_rows estimate "$hand/stratify" <<'ROWS'
estimate_key measure period dimension stratum estimator n direct_share rate se lower upper reference difference difference_lower difference_upper suppressed suppression_reason
00000000000000000000000000000001 CBP 2025 race_ethnicity WHITE birdie 1000 0.5 0.7 0.01 0.68 0.72 WHITE \N \N \N N \N
00000000000000000000000000000002 CBP 2025 race_ethnicity BLACK birdie \N \N \N \N \N \N WHITE \N \N \N Y differencing
00000000000000000000000000000003 CBP 2025 race_ethnicity API birdie \N \N \N \N \N \N WHITE \N \N \N Y primary
00000000000000000000000000000004 BCS 2025 race_ethnicity API birdie 500 0.5 0.7 0.01 0.68 0.72 WHITE -0.1 -0.2 0.1 N \N
00000000000000000000000000000005 BCS 2025 race_ethnicity BLACK birdie 500 0.5 0.7 0.01 0.68 0.72 WHITE -0.1 -0.2 0.1 N \N
ROWS
    {
        echo trend_key measure dimension stratum estimator point period runs_back reference rate gap gap_lower gap_upper verdict suppressed
        awk '{ g = $5 == "Y" ? "\\N \\N \\N \\N" : "0.5 " $4 " " $4 - .04 " " $4 + .04; printf "%032x CBP race_ethnicity BLACK birdie %s %s %s WHITE %s \\N %s\n", NR, $1, $2, $3, g, $5 }' <<<"$1"
    } | make_rows trend "$hand/stratify"
    stage_of "$hand/stratify" stratify
    finished "$hand"
    report "$hand"
    dom "$work/out/executive.html" >"$work/dom"
    [ ! -s "$work/console" ]
}

@test "several runs about one period are told apart, the oldest first" {
    need_browser
    trend_run $'1 2025 2 -0.3 N\n2 2025 1 -0.2 N\n3 2025 0 -0.1 N'
    python3 - "$work/dom" <<'PY'
import re, sys
dom = open(sys.argv[1]).read()
at = re.search(r'class="axis times">(.*?)</g>', dom, re.S).group(1)
assert re.findall(r"<tspan[^>]*>([^<]*)", at) == ["2025", "2 runs before", "2025", "the run before", "2025", "this run"], at
table = dom[dom.index('<caption>Controlling high blood pressure</caption>', dom.index('id="trend"')):]
assert re.findall(r"<td>(2025, [^<]*)", table)[:3] == ["2025, 2 runs before", "2025, the run before", "2025, this run"]
PY
}

@test "a trend whose numbers are all withheld is words, not an empty chart" {
    need_browser
    trend_run $'1 2024 1 0 Y\n2 2025 0 0 Y'
    python3 - "$work/dom" <<'PY'
import re, sys
part = open(sys.argv[1]).read().split('id="trend"')[1].split("</section>")[0]
assert "<svg" not in part and "every number withheld: " in part and "Controlling high blood pressure" in part, part[:500]
PY
}

@test "a cell says why it is withheld: few persons, or an earlier report" {
    need_browser
    trend_run $'1 2024 1 0 Y\n2 2025 0 0 Y'
    grep -o '<td class="w-withheld"[^>]*><b>[^<]*</b><small>[^<]*' "$work/dom" >"$work/cells"
    grep -q 'Too near to what was published before.*<small>shown before$' "$work/cells"
    grep -q 'A count from 1 to 10.*<small>small numbers$' "$work/cells"
}

@test "completeness: facilities by their source; checks of files and of profiles are not in the map" {
    need_browser
    make_rows check_result "$hand/check" <<'ROWS'
check_id category scope scope_value element state severity denominator violations share threshold message profile
race_complete completeness source ehr race pass note 2000 400 0.2 \N m \N
race_members completeness all * race pass note 2000 400 0.2 \N m \N
race_members completeness facility ehr:_North race pass note 900 90 0.1 \N m \N
race_members completeness facility ehr:_East race fail note 1100 660 0.6 0.5 m \N
ma_race completeness facility ehr:_East race pass note 1100 1045 0.95 \N m massachusetts
empty_files completeness source ehr rows pass note 4 0 0 \N m \N
ROWS
    stage_of "$hand/check" check
    finished "$hand"
    report "$hand"
    dom "$work/out/audit.html" >"$work/dom"
    [ ! -s "$work/console" ]
    python3 - "$work/dom" <<'PY'
import re, sys
dom = open(sys.argv[1]).read()
def rows(caption):
    table = re.search(r"<caption>" + caption + r"</caption>.*?</table>", dom, re.S).group(0)
    return {re.sub("<[^>]*>", "", r[0]): re.sub("<[^>]*>", " ", r[1]).split() for r in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table, re.S)}
facilities = rows("Members with an answer, by source, facility and element")
assert facilities["ehr:_North"] == ["90", "%", "of", "900"] and facilities["ehr:_East"][:2] == ["\u25bc", "40"], facilities
assert set(facilities) == {"All", "ehr:_North", "ehr:_East"}
assert rows("Complete records, by source and element") == {"ehr": ["80", "%", "of", "2,000"]}
PY
}

@test "on paper long tables are cut and say so, unless all is asked for; heads have no buttons there" {
    need_browser
    make_rows check_result "$hand/check" < <(
        echo check_id category scope scope_value element state severity denominator violations share threshold message
        for i in $(seq 300); do printf 'c%03d conformance all * x pass note 5000 100 0.02 \\N m\n' $i; done
    )
    stage_of "$hand/check" check
    finished "$hand"
    report "$hand"
    pages() {
        timeout 120 "$(browser)" --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir="$work/browser" \
            --virtual-time-budget=4000 --print-to-pdf="$work/page.pdf" "file://$work/out/audit.html$1" 2>/dev/null
        grep -ac '/Type /Page\b' "$work/page.pdf"
    }
    some=$(pages '')
    all=$(pages '#print=all')
    echo "$some pages, $all with all rows"
    [ "$some" -le 8 ]
    [ "$all" -ge $((some + 5)) ] # 275 rows more, of which no page has 50
    dom "$work/out/audit.html" >"$work/dom"
    [ ! -s "$work/console" ]
    grep -q '275 more rows are on the page as it is in a browser, and in check/check_result.tsv of the run' "$work/dom"
    # A head with a button in it is not repeated on the next sheet: its label stands beside the button, for paper.
    python3 - "$work/dom" <<'PY'
import re, sys
heads = re.findall(r'<th[^>]*><button', open(sys.argv[1]).read())
assert heads and all("data-label=" in h for h in heads), heads
PY
}

@test "completeness by source and provider group: one source at a time, small cells and what tells them withheld" {
    need_browser
    make_rows check_result "$hand/check" <<'ROWS'
check_id category scope scope_value element state severity denominator violations share threshold message
race_members completeness all * race pass note 800 190 0.2375 0.5 m
race_members completeness provider_group north race pass note 100 40 0.4 0.5 m
race_members completeness provider_group south race pass note 300 100 0.33333 0.5 m
race_members completeness provider_group east race pass note 400 50 0.125 0.5 m
race_members completeness source_provider_group clinic:_north race pass note 100 97 0.97 \N m
race_members completeness source_provider_group clinic:_south race pass note 300 250 0.83333 \N m
race_members completeness source_provider_group clinic:_east race pass note 400 250 0.625 \N m
race_members completeness source_provider_group payer:_north race pass note 100 43 0.43 \N m
race_members completeness source_provider_group payer:_south race pass note 300 150 0.5 \N m
race_members completeness source_provider_group payer:_east race pass note 400 200 0.5 \N m
ROWS
    sed -i 's/:_/: /' "$hand/check/check_result.tsv"
    sed -i "s/\"bytes\": [0-9]*/\"bytes\": $(wc -c <"$hand/check/check_result.tsv")/; s/\"sha256\": \"[0-9a-f]*/\"sha256\": \"$(sha256sum "$hand/check/check_result.tsv" | cut -d' ' -f1)/" "$hand/check/check_result.json"
    stage_of "$hand/check" check
    finished "$hand"
    report "$hand"
    table audit check_result >"$work/rows"
    python3 - "$work/rows" <<'PY'
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
hidden = {r["scope_value"] for r in rows if r["withheld"]}
assert all(r["violations"] is None and r["share"] is None for r in rows if r["withheld"]), rows
assert "clinic: north" in hidden # 3 of 100
def line(*names): # of what adds up, none is hidden alone
    n = sum(name in hidden for name in names)
    assert n != 1, (names, hidden)
for group in ("north", "south", "east"): line("clinic: " + group, "payer: " + group, group)
for source in ("clinic", "payer"): line(*(source + ": " + g for g in ("north", "south", "east")))
line("north", "south", "east", "*")
assert len(hidden) < 10, hidden
PY
    with_script "$work/out/audit.html" "$work/audit.html" 'for (const c of document.querySelectorAll("#complete input[value=clinic]")) c.click();'
    dom "$work/audit.html" >"$work/dom"
    [ ! -s "$work/console" ]
    python3 - "$work/dom" <<'PY'
import re, sys
dom = open(sys.argv[1]).read()
table = re.search(r"<caption>Members whose answer is from clinic, by provider group and element</caption>.*?</table>", dom, re.S).group(0)
rows = {re.sub("<[^>]*>", "", r[0]): re.sub("<[^>]*>", " ", r[1]).split() for r in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table, re.S)}
assert set(rows) == {"north", "south", "east"}, rows
assert rows["north"] == ["\u2264", "10", "%", "of", "100"], rows # 3 of 100, of which at most 10 is said
quality = re.search(r"<caption>Quality checks</caption>.*?</table>", dom, re.S).group(0)
assert "clinic" not in quality # told, and not judged
PY
}

@test "a measure that is no share keeps its own unit beside each estimator, and has no funnel" {
    need_browser
    awk '{ print } /^measures:/ { print "  - {id: LOS, name: Days in hospital, kind: mean, unit: days, direction: lower}" }' "$top/schemas/measures.yaml" >"$work/measures.yaml"
    mkdir "$work/schemas"
    cp -r "$top/schemas/." "$work/schemas"
    cp "$work/measures.yaml" "$work/schemas/measures.yaml"
    make_rows estimate "$hand/stratify" < <(
        echo estimate_key measure period dimension stratum estimator n rate lower upper reference difference difference_lower difference_upper suppressed
        printf '%032x LOS 2025 race_ethnicity WHITE ols 1000 4.5 4.25 4.75 WHITE \\N \\N \\N N\n' 1
        printf '%032x LOS 2025 race_ethnicity BLACK ols 1000 5.5 5.25 5.75 WHITE 1 .5 1.5 N\n' 2
        printf '%032x LOS 2025 all all observed 2000 5 4.5 5.5 \\N \\N \\N \\N N\n' 3
        for i in 4 5 6 7; do printf '%032x LOS 2025 provider_group PG%d observed 500 %d 1 9 \\N \\N \\N \\N N\n' $i $i $i; done
    )
    stage_of "$hand/stratify" stratify
    finished "$hand"
    RELSOGI_SCHEMAS=$work/schemas report "$hand"
    dom "$work/out/audit.html" >"$work/dom"
    [ ! -s "$work/console" ]
    grep -q '>4\.25 to 4\.75<' "$work/dom"
    grep -q 'Gap, days' "$work/dom"
    ! grep -q '450\.0\|550\.0\|NaN' "$work/dom"
    grep -q 'No results by provider group' "$work/dom"
}

@test "what a run has not made is said, not left blank" {
    need_browser
    mkdir -p "$hand"
    finished "$hand"
    report "$hand"
    dom "$work/out/executive.html" >"$work/dom"
    grep -q 'No measure results in this run' "$work/dom"
    [ ! -s "$work/console" ]
    dom "$work/out/audit.html" >"$work/dom"
    grep -q 'Not in this run: ' "$work/dom"
    grep -q 'the stage was not run, or did not finish' "$work/dom"
    [ ! -s "$work/console" ]
}

# ---- colours ----

@test "every text stands on its ground with a contrast of 4.5 or more, in light, dark and print" {
    python3 - "$top/pipeline/report/page/page.css" <<'PY'
import re, sys
css = open(sys.argv[1]).read()
blocks = re.findall(r"\{([^{}]*--ground:[^{}]*)\}", css)
assert len(blocks) == 4 # light, dark by the reader, dark by attribute, print
def rgb(h):
    h = h.lstrip("#")
    h = "".join(c * 2 for c in h) if len(h) == 3 else h
    return [int(h[i:i + 2], 16) / 255 for i in (0, 2, 4)]
def light(h):
    return sum(k * (c / 12.92 if c <= .03928 else ((c + .055) / 1.055) ** 2.4) for k, c in zip((.2126, .7152, .0722), rgb(h)))
def contrast(a, b):
    x, y = sorted((light(a), light(b)))
    return (y + .05) / (x + .05)
themes = [dict(re.findall(r"--([\w-]+): *(#[0-9a-f]+)", b)) for b in blocks]
assert themes[1] == themes[2]
pairs = [("ink", "ground"), ("ink", "panel"), ("soft", "ground"), ("soft", "panel"), ("accent", "ground"), ("accent", "panel"), ("ink", "accent-ground"),
         ("ground", "accent"), ("worse", "ground"), ("worse", "worse-ground"), ("better", "better-ground"), ("same", "same-ground"), ("unsure", "unsure-ground"),
         ("ink", "unsure-ground"), ("soft", "unsure-ground"), ("soft", "accent-ground")] + [(i, "panel") for i in ("one", "two", "three", "four", "five", "six")]
for t in themes:
    for a, b in pairs: assert contrast(t[a], t[b]) >= 4.5, (a, b, t[a], t[b], contrast(t[a], t[b]))
    # marks and bars against what lies beside them: 3
    for a in ("said", "worse", "better", "same", "soft"): assert contrast(t[a], t["panel"]) >= 3, (a, t)
PY
}
