-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout posterior: which fit of the learned layer made the probabilities. Null in runs loaded before, and without it.

alter table relsogi.posterior add column fit text;
