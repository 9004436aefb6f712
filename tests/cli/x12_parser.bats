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

# All loops that are read or stepped over, several groups and sets, surplus elements, both guides' dates; a segment a line.
segments() {
    cat <<'END'
GS*BE*PAYER*PLAN*20250131*0900*1*X*005010X220A1
ST*834*1*005010X220A1
BGN*00*1*20250131*0900****4
REF*38*POL-77
DTP*007*D8*20250131
QTY*TO*2
N1*P5*SPONSOR CO*FI*999888777
ACT*1**1*1
INS*Y*18*030*XN*A***FT**N*D8*20250110****1
REF*0F*F1
REF*1L*G1
DTP*357*RD8*20240101-20241231
NM1*IL*1*DOE*JANE*Q*DR*JR*34*111223333
PER*IP**HP*5185550100*EM*a@b.c*CP*5185550199
N3*1 MAIN ST*APT 2*SURPLUS
N4*ALBANY*NY*122031234*US*CY*001
DMG*D8*19800229*F*M*C:RET:2106-3^:RET:2135-2*1*US**1*REC*A1*SURPLUS
LUI*LE*SPA* SPANISH *7
NM1*31*1
N3*PO BOX 1
DSB*1****ZZ*1
HD*030**HLT*GOLD*FAM
DTP*348*D8*20240101
AMT*P3*45.34
IDC*X*H
LX*1
NM1*FA*2*CLINIC*****SV*1
COB*P*890111*5
REF*60*1
NM1*IN*2*OTHER
LS*2700
LX*1
N1*75*REGION
REF*17*R1
LE*2700
INS*N*19*021*28
REF*0F*F1***
NM1*74*1*DOE*KIDD
DMG*D8*20150102*M**7
NM1*70*1*DOE*KID
DMG*D8*20150101*M
HD*021**DEN
SE*42*1
ST*834*2*005010X220A1
BGN*00*2*20250131*0900****4
INS*Y*18*024*07*A
REF*0F*F2
NM1*IL*1*ROE*JO
SE*6*2
GE*2*1
GS*BE*PAYER*PLAN*20250201*0900*2*X*005010X220A1
ST*834*3*005010X220A1
INS*Y*18*021
REF*0F*F3
NM1*IL*1*POE*AL
SE*5*3
GE*1*2
IEA*2*000000001
END
}

# interchange TERMINATOR [SED...]: the ISA and the segments, each with this behind it.
interchange() {
    local behind=$1
    shift
    { printf 'ISA*00*          *00*          *ZZ*PAYER          *ZZ*PLAN           *250131*0900*^*00501*000000001*0*P*:\n'
      segments; } | sed -z "s/\n/$behind/g" | sed -z "$@"
}

@test "every loop, several groups and sets, surplus elements" {
    interchange '~' '' >one
    same one
    [ "$(wc -l <ours)" = 59 ]
    grep -qx 'LUI|LE|SPA|SPANISH|7' ours
    grep -qx 'N3|1 MAIN ST|APT 2|SURPLUS' ours
}

@test "line breaks behind terminators, and other separators" {
    interchange '~\r\n' '' >one
    same one
    cp ours first
    interchange '~\n' '' >two
    same two
    cmp ours first
    # a bar between what they print is the bar of the file here
    interchange '\n' 's/\*/|/g; s/:/>/g' >three
    same three
    diff <(tr ':' '>' <first) ours
}
