#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Turns the pages' parts into constants of a C file, so that an installed program needs no file of its source tree nor of
# the chart library. Usage: embed.sh OUT.c PART... [-- D3_MODULE...]; the modules become one part d3.js, in that order.
set -eu
out=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
parts=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    parts="$parts $1"
    shift
done
if [ $# -gt 1 ]; then
    shift
    cat "$@" >"$work/d3.js"
    for module in "$@"; do sed -n '1s,^// https://d3js.org/\([^/ ]*\)/* v\([0-9.]*\).*,\1 \2,p' "$module"; done >"$work/d3-versions.txt"
    parts="$parts $work/d3.js $work/d3-versions.txt"
    ! grep -q '</script' "$work/d3.js"
fi
{
    printf '/* Made from pipeline/report/page: do not edit. */\n#include "pipeline/report/page.h"\n\n'
    i=0
    for file in $parts; do
        printf 'static const unsigned char part_%d[] = {\n' $i
        od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
        printf '0};\n'
        i=$((i + 1))
    done
    printf 'const struct rs_report_part rs_report_parts[] = {\n'
    i=0
    for file in $parts; do
        printf '    {"%s", part_%d, sizeof part_%d - 1},\n' "$(basename "$file")" $i $i
        i=$((i + 1))
    done
    printf '    {0, 0, 0},\n};\n'
} >"$out.new"
mv "$out.new" "$out"
