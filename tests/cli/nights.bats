#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A full file and three change files, a run a night or all in one: the same rows, with the same places in the files.
# NIGHTS="FROM TO" tries other seeds.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    cd "$BATS_TEST_TMPDIR"
    head -c 32 /dev/zero >site.key
}

# ingest OUTPUT PRIOR FILE...: PRIOR may be -
ingest() {
    local output=$1 prior=$2 files
    shift 2
    files=$(printf '%s, ' "$@")
    printf 'site_key: site.key\nsources:\n  - {profile: 834-5010, source: S, files: [%s]}\n' "${files%, }" >"$output.yaml"
    [ "$prior" = - ] && set -- || set -- --prior "$prior"
    "$bin/relsogi-ingest" --config "$output.yaml" --output "$output" --quiet "$@"
}

# tried SEED: in a folder of its own, so that nothing of another seed is read
tried() {
    mkdir "seed$1"
    cp site.key "seed$1"
    (
        cd "seed$1"
        python3 "$BATS_TEST_DIRNAME/nights.py" make "$1" .
        ingest night0 - full
        for i in 1 2 3; do ingest "night$i" "night$((i - 1))" "change$i"; done
        ingest once - full change1 change2 change3
        ingest rest night0 change1 change2 change3
        for run in night3 once rest; do python3 "$BATS_TEST_DIRNAME/nights.py" rows $run >$run.rows; done
        for run in once rest; do cmp night3.rows $run.rows || { echo "seed $1: $run"; exit 1; }; done
        [ "$(grep -c '^record' once.rows)" -gt 15 ]
        [ "$(wc -l <once/quarantine.tsv)" -gt 1 ]
    )
}

@test "a run a night, or one run over all files" {
    read -r from to <<<"${NIGHTS:-1 5}"
    for seed in $(seq "$from" "$to"); do tried "$seed" || return 1; done
    # the files are not so tame that nothing of this happens in any
    cat seed*/night*/quarantine.tsv >findings
    for rule in change_of_unknown correction_of_two member_by_name no_member_id; do grep -q "$rule" findings; done
    grep -q 'name or birth date corrected' seed*/night*/ledger.tsv
}
