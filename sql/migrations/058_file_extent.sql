-- SPDX-License-Identifier: GPL-3.0-or-later
-- Layout file, version 4: whether an 834 holds every member of its source, or only what changed. Null in runs loaded before.

alter table relsogi.file add column extent text;
