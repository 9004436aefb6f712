#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Faults of the night: killed in the middle, disk full, input cut off. Nothing half-written, and a rerun completes.

setup_file() {
    source "$BATS_TEST_DIRNAME/../cli/common.bash"
    make_plan 20000 "$BATS_FILE_TMPDIR/plan"
    run_plan "$BATS_FILE_TMPDIR/plan/relsogi.yaml" "$BATS_FILE_TMPDIR/runs" >/dev/null 2>&1
}

setup() {
    source "$BATS_TEST_DIRNAME/../cli/common.bash"
    plan=$BATS_FILE_TMPDIR/plan
    whole=$BATS_FILE_TMPDIR/runs/t
    work=$BATS_TEST_TMPDIR
}

# Whatever stands under a final name is whole: its digest is its manifest's.
nothing_half_written() {
    local m f
    for m in "$1"/*/*.json; do
        case $m in */stage.json) continue ;; esac
        [ -e "$m" ] || continue
        f=${m%.json}.tsv
        [ "$(sha256sum <"$f" | cut -d' ' -f1)" = "$(sed -n 's/^  "sha256": "\([0-9a-f]*\)".*/\1/p' "$m" | head -n 1)" ] || { echo "$f"; return 1; }
    done
}

@test "killed at any moment: nothing half-written, and the rerun gives the same bytes" {
    for moment in 0.02 0.05 0.1 0.2 0.3 0.5 0.8; do
        run_plan "$plan/relsogi.yaml" "$work/runs" >/dev/null 2>&1 &
        pid=$!
        sleep $moment
        # the driver of this run, not bats' own subshell
        pkill -KILL -P $pid 2>/dev/null || true
        kill -KILL $pid 2>/dev/null || true
        wait $pid 2>/dev/null || true
        for s in "$work"/runs/t/*/stage.json; do
            [ -e "$s" ] || continue
            nothing_half_written "$(dirname "$(dirname "$s")")"
        done
    done
    flock -w 10 "$work/runs/.lock" true # a stage dies a moment after its driver, and holds the lock until then
    run_plan "$plan/relsogi.yaml" "$work/runs" >/dev/null 2>&1
    diff <(content_of "$whole") <(content_of "$work/runs/t")
    left=$(find "$work/runs" -name "*.tmp*")
    [ -z "$left" ] || { echo "$left"; false; }
}

@test "a full disk ends with 74, leaves no stage that looks done, and a rerun with room completes" {
    [ "$(id -u)" = 0 ] || skip "needs root to mount a small file system"
    mkdir "$work/small"
    mount -t tmpfs -o size=6m tmpfs "$work/small" || skip "cannot mount here"
    run run_plan "$plan/relsogi.yaml" "$work/small/runs"
    code=$status
    done_stages=$(ls "$work"/small/runs/t/*/stage.json 2>/dev/null | wc -l)
    left=$(find "$work/small" -name 'record.tsv' | wc -l)
    mount -o remount,size=400m "$work/small"
    run run_plan "$plan/relsogi.yaml" "$work/small/runs"
    again=$status
    content_of "$work/small/runs/t" >"$work/again"
    umount "$work/small"
    [ "$code" = 74 ]
    [ "$done_stages" = 0 ]
    [ "$left" = 0 ]
    [ "$again" = 0 ]
    diff <(content_of "$whole") "$work/again"
}

@test "a disk that fills in any stage: 74, the directory named, the results say failed" {
    [ "$(id -u)" = 0 ] || skip "needs root to mount a small file system"
    mkdir "$work/small"
    make_plan 2000 "$work/plan"
    named=
    # page by page where map's last files just do not fit, or just fit: nothing is left then for the results
    for size in 1500k 3000k 4988k 4992k 4996k 5000k 5004k 6500k; do
        mount -t tmpfs -o size=$size tmpfs "$work/small" || skip "cannot mount here"
        run run_plan "$work/plan/relsogi.yaml" "$work/small/runs"
        results=$(grep '^  "status"' "$work/small/runs/t/results.json" || true)
        left=$(find "$work/small" -name '*.tmp*')
        umount "$work/small"
        [ "$status" = 74 ]
        [[ "${lines[-1]}" == *"$work/small/runs/t/"* ]]
        [[ "$results" == *failed* ]]
        [ -z "$left" ]
        named="$named ${lines[-1]}"
    done
    [[ "$named" == *"/reconcile: writing a temporary file"* ]]
}

@test "a gzip file cut off ends with 65, names the file, and writes nothing" {
    cp -r "$plan" "$work/plan"
    gzip "$work/plan/plan_834.edi"
    size=$(stat -c %s "$work/plan/plan_834.edi.gz")
    truncate -s $((size / 2)) "$work/plan/plan_834.edi.gz"
    sed -i 's/plan_834\.edi/plan_834.edi.gz/' "$work/plan/relsogi.yaml"
    run run_plan "$work/plan/relsogi.yaml" "$work/runs"
    [ "$status" = 65 ]
    [[ "$output" == *"plan_834.edi.gz"*"truncated"* ]]
    [ ! -e "$work/runs/t/ingest/record.tsv" ]
}

@test "a missing input ends with 66 and names it" {
    cp -r "$plan" "$work/plan"
    rm "$work/plan/measures.csv"
    run run_plan "$work/plan/relsogi.yaml" "$work/runs"
    [ "$status" = 66 ]
    [[ "$output" == *"measures.csv"* ]]
}
