/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "version.h"
#include "source_digest.h" /* made by source_digest.cmake */

#define TEXT RELSOGI_VERSION " (source " RELSOGI_SOURCE ")"

const char rs_version[] = TEXT;
const char rs_program[] = "relsogi " TEXT;
