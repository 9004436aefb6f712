#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes columns.h (enums) and layouts.c (tables) from schemas/layouts/*.def. Usage: make_layouts.sh DEFS_DIR OUT_DIR
set -eu
defs=$1
out=$2
mkdir -p "$out"
cat "$defs"/*.def | awk -v header="$out/columns.h.new" -v tables="$out/layouts.c.new" '
BEGIN {
    print "/* Made from schemas/layouts: do not edit. */" > header
    print "/* Made from schemas/layouts: do not edit. */\n#include \"pipeline/rows/layout.h\"\n" > tables
}
function finish() {
    if (name == "") return
    printf "    %s_COLUMNS\n};\n", toupper(name) > header
    printf "};\nconst struct rs_layout rs_layout_%s = {\"%s\", %s, %s, \"%s\", columns_%s, %s_COLUMNS};\n\n",
        name, name, version, meaning, key, name, toupper(name) > tables
    all = all "    &rs_layout_" name ",\n"
}
/^LAYOUT\(/ {
    finish()
    match($0, /^LAYOUT\([a-z_0-9]+/); name = substr($0, 8, RLENGTH - 7)
    rest = substr($0, RLENGTH + 1); sub(/^, */, "", rest)
    version = rest; sub(/,.*/, "", version)
    meaning = rest; sub(/^[0-9]+, */, "", meaning); sub(/\) *$/, "", meaning)
    printf "extern const struct rs_layout rs_layout_%s;\nenum {\n", name > header
    next
}
/^KEY\(/ { key = $0; sub(/^KEY\(/, "", key); sub(/\) *$/, "", key)
    printf "static const struct rs_column columns_%s[] = {\n", name > tables; next }
/^COLUMN\(/ {
    line = $0; sub(/^COLUMN\(/, "", line); sub(/\) *$/, "", line)
    n = split(line, part, /, */)
    text = line; for (i = 0; i < 5; i++) sub(/^[^,]*, */, "", text)
    printf "    %s_%s,\n", toupper(name), part[1] > header
    printf "    {\"%s\", RS_%s, %s, RS_%s, %s, %s},\n", part[1], part[2],
        (part[3] == "NULL" ? "true" : "false"), part[4], part[5], text > tables
    next
}
/^[ \t]*$/ || /^\/\*.*\*\/[ \t]*$/ { next }
{ print "make_layouts: not understood: " $0 > "/dev/stderr"; bad = 1; exit 1 }
END {
    if (bad) exit 1
    finish()
    printf "const struct rs_layout *const rs_layouts[] = {\n%s    0,\n};\n", all > tables
}'
for f in columns.h layouts.c; do
    if cmp -s "$out/$f.new" "$out/$f"; then rm "$out/$f.new"; else mv "$out/$f.new" "$out/$f"; fi
    touch "$out/$f"
done
