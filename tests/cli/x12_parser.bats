#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The same segments and elements as another reader: Debian's libx12-parser-perl.

setup() {
    source "$BATS_TEST_DIRNAME/common.bash"
    perl -MX12::Parser -e 1 2>/dev/null || skip "libx12-parser-perl is not installed"
    cd "$BATS_TEST_TMPDIR"
}

same() {
    "$bin/x12_segments" "$1" >ours
    perl "$top/tests/differential/x12_parser.pl" "$1" >theirs
    [ -s ours ]
    diff ours theirs
}

@test "an 834 of the sample plan" {
    "$bin/relsogi-synth" --members 500 --seed 3 --output plan 2>/dev/null >&2
    same plan/plan_834.edi
}

@test "every 834 sample" {
    [ -d "$shared/samples/x12_834" ] || skip "no $shared/samples/x12_834 here"
    for f in "$shared"/samples/x12_834/*.edi; do same "$f"; done
}
