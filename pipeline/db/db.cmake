# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi-db; and the tests that need a server, which say so and skip where none can be started.
add_executable(relsogi-db ${CMAKE_CURRENT_LIST_DIR}/program/main.c)
target_link_libraries(relsogi-db PRIVATE relsogi_base)
