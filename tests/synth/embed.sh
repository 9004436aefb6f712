#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Turns the data files into C constants, line by line (a longer string literal than 4095 bytes is not portable C), so
# that the program runs without them. Usage: embed.sh OUT.c FILE.csv ...
set -eu
out=$1
shift
{
    echo '/* Made from tests/synth/data by embed.sh. */'
    echo '#include "tests/synth/tables.h"'
    for file; do
        name=$(basename "$file" .csv)
        echo "const char *const rs_synth_data_$name[] = {"
        grep -v '^#' "$file" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/    "&",/'
        echo '    0};'
    done
} > "$out.new"
mv "$out.new" "$out"
