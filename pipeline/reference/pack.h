/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reference pack: census tables in one memory-mapped, checksummed file, read by impute, normalize, synth.
 *
 * Counts, not shares: a share P(r|g) = N_gr / N_g, P(s|r) = N_sr / sum_s N_sr, and sums over areas are then exact. */
#ifndef RS_REFERENCE_PACK_H
#define RS_REFERENCE_PACK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/text.h"

/* The six groups of the census name tables: the first five not Hispanic and alone, Hispanic of any race. This order
 * everywhere: in the pack, in posterior, in estimates. */
enum rs_group { RS_WHITE, RS_BLACK, RS_AIAN, RS_API, RS_MULTI, RS_HISPANIC, RS_GROUPS };
extern const char *const rs_group_names[RS_GROUPS]; /* WHITE BLACK AIAN API MULTI HISPANIC */

enum rs_place_level { RS_NATION, RS_STATE, RS_COUNTY, RS_ZCTA, RS_TRACT, RS_BLOCK_GROUP, RS_PLACE_LEVELS };
extern const char *const rs_place_level_names[RS_PLACE_LEVELS]; /* nation state county zcta tract block_group */

struct rs_pack;
/* Maps and checks (magic, version, bounds, checksum). Threads share one pack: all look-ups are const. */
struct rs_pack *rs_pack_open(const char *path, struct rs_error *error);
void rs_pack_close(struct rs_pack *pack);
const char *rs_pack_id(const struct rs_pack *pack);   /* first 16 hex digits of its SHA-256: for provenance */
const struct rs_digest *rs_pack_digest(const struct rs_pack *pack); /* of the whole file, as sha256sum prints it */
/* JSON: what the pack was built from, with sources, vintages, universes and hashes. */
struct rs_view rs_pack_info(const struct rs_pack *pack);

/* Surnames as the census prints them (A-Z, no blanks or punctuation). counts: persons by group. */
bool rs_pack_surname(const struct rs_pack *pack, struct rs_view name, double counts[RS_GROUPS]);
void rs_pack_other_surnames(const struct rs_pack *pack, double counts[RS_GROUPS]);  /* ALL OTHER NAMES */
void rs_pack_surname_totals(const struct rs_pack *pack, double counts[RS_GROUPS]);  /* sums over all, other included */
size_t rs_pack_surnames(const struct rs_pack *pack); /* number of listed names, for synth */
struct rs_view rs_pack_surname_at(const struct rs_pack *pack, size_t i, double counts[RS_GROUPS]);

/* First names, folded (see first_name.h for the steps that find JO ANN or JEAN-PAUL). False where the pack has no such
 * table or not this name. counts: bearers by group. likelihood: P(f|r), weighted by bearers, given that the name is
 * listed, and smoothed: with E_fr = N_f N_r / N the bearers of group r if all groups used the name alike,
 *   P(f|r) = (N_fr + a_r) / (E_fr + a_r) * N_f / N
 * so that a cell's rate is drawn towards that of everybody, the more so the fewer bearers it could have. a_r is fitted
 * by the builder for each group (see pack_build.h). None is 0. A name that is not listed says nothing: leave the factor
 * out, and BIFSG is BISG. Unsmoothed: counts over totals. */
bool rs_pack_has_first_names(const struct rs_pack *pack);
bool rs_pack_first_name(const struct rs_pack *pack, struct rs_view name, double likelihood[RS_GROUPS]);
/* The same of what rs_pack_probed gave. */
bool rs_pack_first_name_of(const struct rs_pack *pack, const double counts[RS_GROUPS], double likelihood[RS_GROUPS]);
bool rs_pack_first_name_counts(const struct rs_pack *pack, struct rs_view name, double counts[RS_GROUPS]);
void rs_pack_first_name_totals(const struct rs_pack *pack, double counts[RS_GROUPS]); /* sums over all listed */
void rs_pack_first_name_smoothing(const struct rs_pack *pack, double a[RS_GROUPS]);
size_t rs_pack_first_names(const struct rs_pack *pack);
struct rs_view rs_pack_first_name_at(const struct rs_pack *pack, size_t i, double counts[RS_GROUPS]);

/* Middle names: the same as first names, of a table of its own. */
bool rs_pack_has_middle_names(const struct rs_pack *pack);
bool rs_pack_middle_name(const struct rs_pack *pack, struct rs_view name, double likelihood[RS_GROUPS]);
size_t rs_pack_middle_names(const struct rs_pack *pack);

/* Places. state: USPS abbreviation or two-digit FIPS; county 5, tract 11, block group 12 digits; ZCTA 5 digits.
 * false where the table has no such place. counts: persons by group (see rs_pack_info on which persons). */
bool rs_pack_place(const struct rs_pack *pack, enum rs_place_level level, struct rs_view id, double counts[RS_GROUPS]);
void rs_pack_nation(const struct rs_pack *pack, double counts[RS_GROUPS]);
size_t rs_pack_places(const struct rs_pack *pack, enum rs_place_level level);
struct rs_view rs_pack_place_at(const struct rs_pack *pack, enum rs_place_level level, size_t i,
                                double counts[RS_GROUPS]); /* id, in ascending order */

/* As rs_pack_place, in two steps, for callers that keep something of their own for each place. Not for RS_NATION. */
bool rs_pack_place_find(const struct rs_pack *pack, enum rs_place_level level, struct rs_view id, size_t *i);
/* What a probe that found this place has as its key: for callers who keep it beside their own. */
const unsigned char *rs_pack_place_key(const struct rs_pack *pack, enum rs_place_level level, size_t i);
const double *rs_pack_place_counts(const struct rs_pack *pack, enum rs_place_level level, size_t i);

/* Bands of age and sex that some places are counted by, beside everybody: the narrowest first, so that the first one that
 * a person falls into and that has the place is the one to use. None in the default pack. */
struct rs_band {
    int from, to; /* years, both ends counted; to 999: and over */
    char sex;     /* M, F; 0: both */
};
enum { RS_BANDS = 64 };
size_t rs_pack_bands(const struct rs_pack *pack);
struct rs_band rs_pack_band_at(const struct rs_pack *pack, size_t band);
/* "0-17", "65+ F"; the length. */
size_t rs_band_text(char out[24], struct rs_band band);
/* A place of rs_pack_place_at, by its number; NULL where the band lacks it. */
const double *rs_pack_band_counts(const struct rs_pack *pack, size_t band, enum rs_place_level level, size_t place);

/* For many look-ups one after the other: most of a look-up is waiting for memory, and probes let the waits overlap. Begin
 * those of some dozens of persons (rs_pack_probe_*), lead them on, and read them: each step asks for what the next one reads.
 * A probe that comes to nothing says nothing: the name may be listed, and is looked up as ever. */
struct rs_probe {
    const void *table; /* NULL: came to nothing */
    uint64_t key[2], hash;
    size_t number; /* of the record that it probably is, once led on */
};
void rs_pack_probe_surname(const struct rs_pack *pack, struct rs_view name, struct rs_probe *out);
void rs_pack_probe_first_name(const struct rs_pack *pack, struct rs_view name, struct rs_probe *out);
/* Not for RS_NATION. */
void rs_pack_probe_place(const struct rs_pack *pack, enum rs_place_level level, struct rs_view id, struct rs_probe *out);
/* Whether probe->number is something. `record`: rs_pack_probed will be asked. */
bool rs_pack_probe_on(struct rs_probe *probe, bool record);
const double *rs_pack_probed(const struct rs_probe *probe); /* counts by group of just this key; NULL: came to nothing */

/* Figures: one number for each place of a level, loaded beside the counts, such as `asian_of_api` (share of Asian among
 * Asian and NHPI), `mena_of_white` (share of Middle Eastern or North African among White), `spanish_limited_english`.
 * Missing is missing, never 0. A level's figure is found once; its number is then good for the pack's life. */
#define RS_FIGURE_ASIAN_OF_API "asian_of_api"
#define RS_FIGURE_MENA_OF_WHITE "mena_of_white"
struct rs_figure {
    const char *name;
    enum rs_place_level level;
    size_t places;
};
size_t rs_pack_figures(const struct rs_pack *pack);
struct rs_figure rs_pack_figure_at(const struct rs_pack *pack, size_t number);
bool rs_pack_figure_find(const struct rs_pack *pack, enum rs_place_level level, const char *name, size_t *number);
/* id as in rs_pack_place; of the nation, anything. */
bool rs_pack_figure(const struct rs_pack *pack, size_t number, struct rs_view id, double *value);
/* Figure `asian_of_api` of this very place; false where the pack has none, and a caller may go on to the parent. */
bool rs_pack_api_split(const struct rs_pack *pack, enum rs_place_level level, struct rs_view id, double *asian_share);
/* Whether the counts of this level are of residents of 18 and over only, as far as the pack says. */
bool rs_pack_adults_only(const struct rs_pack *pack, enum rs_place_level level);

/* Words that belong to the name after them (DE, LA, VAN): not family names of their own within a longer name. */
bool rs_pack_is_particle(const struct rs_pack *pack, struct rs_view word);

/* ZIP code to ZCTA: the crosswalk where the pack has one, else the ZIP itself where it is a ZCTA. Null otherwise. */
struct rs_view rs_pack_zcta_of_zip(const struct rs_pack *pack, struct rs_view zip5);
/* State FIPS of a USPS abbreviation ("NY" -> "36"), and back; null where unknown. Compiled in, 50 states, DC, PR and
 * island areas. */
struct rs_view rs_state_fips(struct rs_view usps);
struct rs_view rs_state_usps(struct rs_view fips);

#endif
