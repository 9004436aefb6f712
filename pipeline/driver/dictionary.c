/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data dictionary: what every column of every row file means, from the layouts themselves. */
#include <stdio.h>
#include "driver.h"

static void put(const char *s) {
    for (; *s; s++) {
        if (*s == '|') putchar('\\');
        putchar(*s);
    }
}

int rs_dictionary_main(int argc, char **argv) {
    if (argc > 1) {
        bool asked = strcmp(argv[1], "--help") == 0;
        fputs("relsogi dictionary: prints the data dictionary of all row files, as Markdown. It takes no options.\n",
              asked ? stdout : stderr);
        return asked ? 0 : RS_USAGE;
    }
    puts("# Data dictionary\n");
    for (const struct rs_layout *const *l = rs_layouts; *l; l++) {
        printf("## %s (version %d)\n\n%s. Key: %s.\n\n| column | type | null | class | since | meaning |\n|---|---|---|---|---|---|\n",
               (*l)->name, (*l)->version, (*l)->meaning, (*l)->key);
        for (size_t i = 0; i < (*l)->n_columns; i++) {
            const struct rs_column *c = &(*l)->columns[i];
            printf("| %s | %s | %s | %s | %d | ", c->name, rs_type_name(c->type), c->nullable ? "yes" : "no",
                   rs_phi_name(c->phi), c->since);
            put(c->meaning);
            puts(" |");
        }
        puts("");
    }
    return fflush(stdout) == 0 ? 0 : RS_IO;
}
