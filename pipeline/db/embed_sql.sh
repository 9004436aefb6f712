#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Turns SQL files into constants of a C file, so that an installed program needs no file of its source tree. Bytes, not
# string literals: compilers need not take literals over 4095 characters. Usage: embed_sql.sh OUT.c FILES...
set -eu
out=$1
shift
{
    printf '/* Made from sql/: do not edit. */\n#include "pipeline/db/sql.h"\n\n'
    i=0
    for file in "$@"; do
        printf 'static const unsigned char text_%d[] = {\n' $i
        od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
        printf '0};\n'
        i=$((i + 1))
    done
    printf 'const struct rs_sql_file rs_sql_files[] = {\n'
    i=0
    for file in "$@"; do
        name=$(basename "$file")
        case $file in */migrations/*) name=migrations/$name ;; */verify/*) name=verify/$name ;; esac
        printf '    {"%s", text_%d, sizeof text_%d - 1},\n' "$name" $i $i
        i=$((i + 1))
    done
    printf '    {0, 0, 0},\n};\n'
} >"$out.new"
mv "$out.new" "$out"
