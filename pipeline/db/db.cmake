# SPDX-License-Identifier: GPL-3.0-or-later
# relsogi-db; and the tests that need a server of their own (tests/with_cluster).
add_executable(relsogi-db ${CMAKE_CURRENT_LIST_DIR}/program/main.c)
target_link_libraries(relsogi-db PRIVATE relsogi_base)

# Each with a cluster of its own; 77 is a skip. For the plain build scripts/test runs them by themselves; here, so that
# they run under the sanitizers too.
if(NOT RELSOGI_SANITIZE)
  return()
endif()
find_program(BATS bats)
find_program(PG_PROVE pg_prove)
if(PG_PROVE)
  add_test(NAME sql COMMAND ${CMAKE_SOURCE_DIR}/sql/tests/run)
  list(APPEND db_tests sql)
endif()
if(BATS AND EXISTS ${CMAKE_SOURCE_DIR}/stages/load/load.c)
  add_test(NAME fault_load COMMAND ${CMAKE_SOURCE_DIR}/tests/with_cluster ${BATS} ${CMAKE_SOURCE_DIR}/tests/fault/load.bats)
  list(APPEND db_tests fault_load)
endif()
if(db_tests)
  set_tests_properties(${db_tests} PROPERTIES ENVIRONMENT RELSOGI_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
    SKIP_RETURN_CODE 77 TIMEOUT 600)
endif()
