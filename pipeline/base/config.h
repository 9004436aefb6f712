/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML (configuration, source profiles, checks) as a jansson tree in which every scalar is a string: YAML's own guesses
 * would turn the state code NO into false and the ZIP code 02155 into a number. Anchors and tags are refused. */
#ifndef RS_BASE_CONFIG_H
#define RS_BASE_CONFIG_H
#include "error.h"
#include "hash.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* One document; an empty scalar is the empty string. Caller owns (json_decref). sha may be NULL. RS_CONFIG names the
 * line of a fault. */
json_t *rs_yaml_read(const char *path, struct rs_digest *sha, struct rs_error *error);

/* Each names the place (`where`, such as "plan.yaml: sources[1]") in its error. */
bool rs_config_keys(const json_t *map, const char *where, const char *const *allowed, struct rs_error *error);
const char *rs_config_text(const json_t *map, const char *key, const char *otherwise); /* borrowed */
bool rs_config_need(const json_t *map, const char *where, const char *key, const char **out, struct rs_error *error);
bool rs_config_long(const json_t *map, const char *where, const char *key, int64_t otherwise, int64_t least,
                    int64_t most, int64_t *out, struct rs_error *error);
bool rs_config_real(const json_t *map, const char *where, const char *key, double otherwise, double least, double most,
                    double *out, struct rs_error *error);
bool rs_config_flag(const json_t *map, const char *where, const char *key, bool otherwise, bool *out,
                    struct rs_error *error); /* yes/no, true/false, on/off */
/* A path in a configuration is relative to the file it stands in. */
bool rs_config_path(char *out, size_t room, const char *config_file, const char *path, struct rs_error *error);
/* Where the project's data (schemas/...) is: $RELSOGI_SCHEMAS, else beside the installed or built program, else the
 * source tree it was built from. */
const char *rs_schemas_dir(void);
/* The default reference pack: $RELSOGI_REFERENCE, else share/relsogi/default.pack beside the program. */
const char *rs_default_pack(void);

#endif
