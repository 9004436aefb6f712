# SPDX-License-Identifier: GPL-3.0-or-later
# Row files made by hand, for tests of one stage alone.

# make_rows LAYOUT DIR <TABLE: a header of some of the layout's columns and rows, blanks or tabs between, \N for null and
# for every column left out. Writes DIR/LAYOUT.tsv and its manifest.
make_rows() {
    local layout=$1 dir=$2 def=$top/schemas/layouts/$1.def
    mkdir -p "$dir"
    awk -v def="$def" '
        BEGIN {
            while ((getline line < def) > 0)
                if (line ~ /^COLUMN\(/) { split(substr(line, 8), part, ","); column[++n] = part[1] }
            for (i = 1; i <= n; i++) printf "%s%s", column[i], (i < n ? "\t" : "\n")
        }
        NF == 0 { next }
        !seen { for (i = 1; i <= NF; i++) at[$i] = i; seen = 1; next }
        { for (i = 1; i <= n; i++) printf "%s%s", (column[i] in at ? $at[column[i]] : "\\N"), (i < n ? "\t" : "\n") }
    ' >"$dir/$layout.tsv"
    printf '{"layout": "%s", "version": %s, "file": "%s.tsv", "compression": "none", "rows": %d, "bytes": %d, "sha256": "%s"}\n' \
        "$layout" "$(sed -n 's/^LAYOUT([a-z_]*, *\([0-9]*\).*/\1/p' "$def")" "$layout" \
        "$(($(wc -l <"$dir/$layout.tsv") - 1))" "$(wc -c <"$dir/$layout.tsv")" \
        "$(sha256sum "$dir/$layout.tsv" | cut -d' ' -f1)" >"$dir/$layout.json"
}

# column FILE NAME CONDITION...: values of a column in rows where each NAME=VALUE holds.
column() {
    local file=$1 name=$2
    shift 2
    awk -F'\t' -v name="$name" -v want="$*" '
        BEGIN { n = split(want, part, " ") }
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { for (i = 1; i <= n; i++) { split(part[i], kv, "="); if ($at[kv[1]] != kv[2]) next } print $at[name] }' "$file"
}
