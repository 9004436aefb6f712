#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What a night brings: a run told to end, a stage run alone, the run of the night before, names that are no names.

setup_file() {
    source "$BATS_TEST_DIRNAME/common.bash"
    make_plan 500 "$BATS_FILE_TMPDIR/plan"
    make_plan 60000 "$BATS_FILE_TMPDIR/large"
}

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    plan=$BATS_FILE_TMPDIR/plan
    large=$BATS_FILE_TMPDIR/large
    work=$BATS_TEST_TMPDIR
}

# ended SIGNAL SECONDS: starts a run, sends the signal, and looks at what it leaves.
ended() {
    rm -rf "$work/runs"
    python3 - "$1" "$2" "$bin/relsogi" run --config "$large/relsogi.yaml" --as-of $as_of --run-id t --output "$work/runs" --until stratify <<'PY'
import os, signal, subprocess, sys, time
number = getattr(signal, "SIG" + sys.argv[1])
back = lambda: signal.signal(number, signal.SIG_DFL)
p = subprocess.Popen(sys.argv[3:], preexec_fn=back, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while not os.path.exists(sys.argv[sys.argv.index("--output") + 1] + "/t/results.json"): time.sleep(0.001)
time.sleep(float(sys.argv[2]))
p.send_signal(number)
sys.exit(0 if p.wait() == 75 else f"status {p.returncode}")
PY
    grep -q '^  "status": "failed"' "$work/runs/t/results.json"
    grep -q '^  "exit_code": 75' "$work/runs/t/results.json"
    flock -n "$work/runs/.lock" true
}

@test "a run told to end does, whatever it is at, and its results say so" {
    for moment in 0 0.05 0.2 0.6; do
        for signal in TERM INT HUP; do ended $signal $moment; done
    done
    run_plan "$large/relsogi.yaml" "$work/runs" --resume >/dev/null 2>&1
    "$bin/relsogi" verify "$work/runs/t"
    [ -z "$(find "$work/runs" -name '*.tmp*')" ]
}

@test "a signal that the caller ignores stays ignored" {
    (trap '' HUP; exec "$bin/relsogi" run --config "$large/relsogi.yaml" --as-of $as_of --run-id t --output "$work/runs" --until normalize >/dev/null 2>&1) &
    pid=$!
    until [ -e "$work/runs/t/results.json" ]; do sleep 0.01; done
    kill -HUP $pid
    wait $pid
    grep -q '^  "status": "done"' "$work/runs/t/results.json"
}

@test "a stage run alone leaves the results of the others where they were" {
    run_plan "$plan/relsogi.yaml" "$work/runs" >/dev/null 2>&1
    "$bin/relsogi" run --config "$plan/relsogi.yaml" --as-of $as_of --run-id t --output "$work/runs" --only map --force >/dev/null 2>&1
    run "$bin/relsogi" summary "$work/runs/t"
    for s in ingest normalize reconcile impute check stratify; do [[ "$output" == *"$s "*kept* ]]; done
    [[ "$output" == *"Race and ethnicity of persons"* ]]
    "$bin/relsogi" verify "$work/runs/t"
}

@test "the latest prior run is the newest finished one that knows its persons" {
    go() { "$bin/relsogi" run --config "$plan/relsogi.yaml" --output "$work/runs" "$@" >/dev/null 2>&1; }
    go --as-of 2026-03-31 --run-id b --until reconcile
    go --as-of 2026-03-31 --run-id a --until reconcile # of the same day, ended later
    go --as-of 2026-05-31 --run-id torso --until map   # done, but knows no persons
    go --as-of 2026-07-31 --run-id later --until reconcile
    sed -i 's/^  "written": ".*"/  "written": "2026-01-01T00:00:00Z"/' "$work/runs/b/results.json"
    go --as-of 2026-06-30 --run-id t --until reconcile --prior latest
    link=$(sha256sum <"$work/runs/a/reconcile/link.tsv" | cut -d' ' -f1)
    grep -q "\"prior link\": \"$link\"" "$work/runs/t/reconcile/stage.json"
    cut -f 1,2 "$work/runs/t/reconcile/link.tsv" | cmp - <(cut -f 1,2 "$work/runs/a/reconcile/link.tsv")
}

@test "a run is not its own prior run" {
    run_plan "$plan/relsogi.yaml" "$work/runs" >/dev/null 2>&1
    run run_plan "$plan/relsogi.yaml" "$work/runs" --prior "$work/runs/../runs/t"
    [ "$status" = 64 ]
}

@test "names of runs that would leave the directory, hide, or look like an option are refused" {
    for id in .. . .hidden -x a/b '' 'a b' map Ä; do
        run "$bin/relsogi" run --config "$plan/relsogi.yaml" --as-of $as_of --output "$work/runs" --run-id="$id" --until ingest
        [ "$status" = 64 ]
    done
    [ ! -e "$work/runs" ]
    run run_plan "$plan/relsogi.yaml" "$work/runs" --log-format xml
    [ "$status" = 64 ]
}
