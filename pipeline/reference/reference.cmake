# SPDX-License-Identifier: GPL-3.0-or-later
# build/bin/relsogi-reference, and the default pack made by it from schemas/reference: target default_pack.
# To be included from the top directory, after relsogi_base exists.
configure_file(${CMAKE_SOURCE_DIR}/pipeline/reference/reference_main.c.in
  ${CMAKE_BINARY_DIR}/reference_main.c COPYONLY)
add_executable(relsogi-reference ${CMAKE_BINARY_DIR}/reference_main.c)
target_link_libraries(relsogi-reference PRIVATE relsogi_base)

set(RELSOGI_DEFAULT_PACK ${CMAKE_BINARY_DIR}/share/relsogi/default.pack)
file(GLOB reference_tables CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/reference/*.csv
  ${CMAKE_SOURCE_DIR}/schemas/reference/*.csv.gz ${CMAKE_SOURCE_DIR}/schemas/reference/SOURCES.json)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share/relsogi)
add_custom_command(
  OUTPUT ${RELSOGI_DEFAULT_PACK}
  COMMAND relsogi-reference build --tables ${CMAKE_SOURCE_DIR}/schemas/reference --output ${RELSOGI_DEFAULT_PACK}
  DEPENDS relsogi-reference ${reference_tables}
  VERBATIM)
add_custom_target(default_pack ALL DEPENDS ${RELSOGI_DEFAULT_PACK})
