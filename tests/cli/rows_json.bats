#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi rows: row files as JSON.

setup() {
    source "$BATS_TEST_DIRNAME/gaps.bash"
    work=$BATS_TEST_TMPDIR
    in=$work/in
    out=$work/run/stratify
    mkdir -p "$work/run"
    persons WHITE 40 30
    persons BLACK 30 12
    persons AIAN 5 3
    stratify
}

@test "every row, with the types of its layout" {
    "$bin/relsogi" rows "$work/run" estimate >"$work/rows"
    python3 - "$work/rows" "$out/estimate.tsv" <<'PY'
import csv, json, sys
with open(sys.argv[2]) as f:
    rows = list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))
texts = ('estimate_key', 'measure', 'period', 'dimension', 'stratum', 'estimator', 'interval_method', 'reference',
         'suppression_reason', 'flags')
made = [json.loads(line) for line in open(sys.argv[1])]
assert len(made) == len(rows) > 5
for a, b in zip(made, rows):
    assert list(a) == list(b)
    for name, text in b.items():
        value = a[name]
        if text == '\\N':
            assert value is None
        elif name == 'suppressed':
            assert value is (text == 'Y')
        elif name in texts:
            assert value == text
        else:
            assert isinstance(value, (int, float)) and value == float(text)
assert any(a['suppressed'] and a['n'] is None for a in made)
PY
}

@test "some rows, some columns" {
    [ "$("$bin/relsogi" rows "$out" estimate --where stratum=BLACK --where estimator=self_report --columns x,n,stratum)" = \
        '{"stratum": "BLACK", "n": 30, "x": 12}' ]
    [ -z "$("$bin/relsogi" rows "$out" estimate --where stratum=nobody)" ]
}

@test "texts are escaped" {
    python3 - "$in" <<'PY'
import hashlib, json, sys
manifest = json.load(open(sys.argv[1] + '/person.json'))
path = sys.argv[1] + '/' + manifest['file']
lines = open(path).read().split('\n')
at = lines[0].split('\t').index('census6')
fields = lines[1].split('\t')
fields[at] = 'q"\\\\b\\tc\u00e9'
lines[1] = '\t'.join(fields)
text = '\n'.join(lines).encode()
open(path, 'wb').write(text)
manifest.update(bytes=len(text), sha256=hashlib.sha256(text).hexdigest())
json.dump(manifest, open(sys.argv[1] + '/person.json', 'w'))
PY
    "$bin/relsogi" rows "$in" person --columns census6 | head -n 1 |
        python3 -c 'import json, sys; assert json.load(sys.stdin)["census6"] == "q\"\\b\tc\u00e9"'
}

@test "what is wrong is said, and a changed file is not passed over" {
    run "$bin/relsogi" rows "$out" nothing
    [ "$status" -eq 64 ]
    run "$bin/relsogi" rows "$out" estimate --where nothing=1
    [ "$status" -eq 64 ]
    run "$bin/relsogi" rows "$out" estimate --where stratum
    [ "$status" -eq 64 ]
    run "$bin/relsogi" rows "$work" estimate
    [ "$status" -eq 66 ]
    run "$bin/relsogi" rows "$out"
    [ "$status" -eq 64 ]
    sed -i '2s/self_report/self_repord/; 3s/self_report/self_repord/; 4s/self_report/self_repord/' "$out/estimate.tsv"
    run "$bin/relsogi" rows "$out" estimate
    [ "$status" -eq 65 ]
}
