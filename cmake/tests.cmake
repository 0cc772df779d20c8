# tests/<room>/**_test.cpp -> test_<room> (label unit); tests/simulator/*.py -> checks of the command (label cli).
# Every Boost.Test program leaves its counts in <build>/junit/<program>.xml; tests/tally.py sums them.
find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS unit_test_framework)

file(GLOB_RECURSE sources RELATIVE ${PROJECT_SOURCE_DIR}/tests CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/tests/*_test.cpp)
if(NOT cryptoperiod_builds_pkcs11)
  list(FILTER sources EXCLUDE REGEX "^adapters/pkcs11_")
endif()
set(rooms ${sources})
list(TRANSFORM rooms REPLACE "/.*" "")
list(REMOVE_DUPLICATES rooms)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/junit)

# Only the tests that read files are told where they lie: the compiler cache then serves every clone.
set(reading_files ${PROJECT_SOURCE_DIR}/tests/fleet/replay_test.cpp)
set_source_files_properties(${reading_files} PROPERTIES
  COMPILE_DEFINITIONS CRYPTOPERIOD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

# Says what Boost.Test is to define before it includes it.
set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/main.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)

function(cryptoperiod_test_program target room)
  cryptoperiod_program(${target} ${ARGN} ${PROJECT_SOURCE_DIR}/tests/main.cpp)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE Boost::unit_test_framework)
  target_compile_definitions(${target} PRIVATE
    BOOST_TEST_DYN_LINK
    CRYPTOPERIOD_TEST_ROOM=${room})
  if(room STREQUAL "adapters")
    target_link_libraries(${target} PRIVATE cryptoperiod::sqlite $<TARGET_NAME_IF_EXISTS:cryptoperiod::pkcs11>)
  endif()
  if(room STREQUAL "service")
    # All headers: optimised fully, they take three times as long to compile, and run no shorter, for most of what
    # they do is in the library of ciphers.
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  if(room STREQUAL "simulator")
    target_link_libraries(${target} PRIVATE cryptoperiod_cli_parts)
    target_compile_definitions(${target} PRIVATE CRYPTOPERIOD_CLI="$<TARGET_FILE:cryptoperiod_cli>")
    add_dependencies(${target} cryptoperiod_cli)
  endif()
endfunction()

# Rooms whose tests all compile the same large headers share units when CMAKE_UNITY_BUILD asks for it; those of the
# service, which are all headers, always do.
set(rooms_of_large_units fleet iam kms vault)

foreach(room IN LISTS rooms)
  if(room STREQUAL "simulator" AND NOT TARGET cryptoperiod_cli_parts)
    continue()
  endif()
  if(room STREQUAL "adapters" AND NOT CRYPTOPERIOD_WITH_SQLITE)
    continue()
  endif()
  set(room_sources ${sources})
  list(FILTER room_sources INCLUDE REGEX "^${room}/")
  list(TRANSFORM room_sources PREPEND ${PROJECT_SOURCE_DIR}/tests/)
  cryptoperiod_test_program(test_${room} ${room} ${room_sources})
  if(room IN_LIST rooms_of_large_units)
    cryptoperiod_shared_units(test_${room} ${room_sources})
  elseif(room STREQUAL "service")
    cryptoperiod_shared_units(test_${room} ALWAYS ${room_sources})
  endif()
  add_test(NAME test_${room} COMMAND test_${room}
    --color_output=no --logger=HRF,error,stdout --logger=JUNIT,error,${PROJECT_BINARY_DIR}/junit/test_${room}.xml)
  set_tests_properties(test_${room} PROPERTIES LABELS unit TIMEOUT 1500)

  # tests/<room>/a/b_test.cpp alone is test_<room>.a.b_test: for quick work on one file; never built by default.
  foreach(source IN LISTS room_sources)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/${room} OUTPUT_VARIABLE name)
    string(REGEX REPLACE "/" "." name ${name})
    string(REGEX REPLACE "\\.cpp$" "" name ${name})
    cryptoperiod_test_program(test_${room}.${name} ${room} ${source})
    set_target_properties(test_${room}.${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endforeach()
endforeach()

# tests/vectors/*.cpp -> run_vectors, which judges the vectors below a folder (tests/run vectors DIR).
find_package(nlohmann_json 3.11 REQUIRED CONFIG)
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/vectors/*.cpp)
cryptoperiod_program(run_vectors ${sources})
target_link_libraries(run_vectors PRIVATE nlohmann_json::nlohmann_json)

if(TARGET cryptoperiod_cli)
  # A file whose name starts with _ is a helper of the others.
  file(GLOB checks CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/simulator/[!_]*.py)
  foreach(check IN LISTS checks)
    cmake_path(GET check STEM name)
    add_test(NAME cli_${name} COMMAND ${CRYPTOPERIOD_PYTHON} -B ${check})
    set_tests_properties(cli_${name} PROPERTIES LABELS cli TIMEOUT 1500
      ENVIRONMENT "CRYPTOPERIOD_CLI=$<TARGET_FILE:cryptoperiod_cli>;CRYPTOPERIOD_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
  endforeach()
endif()

# tests/fuzz/<name>.cpp -> fuzz_<name>, which replays tests/fuzz/corpus/<name> (label unit). The search for new inputs
# is tests/fuzz/run.
file(GLOB corpora CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/*)
foreach(corpus IN LISTS corpora)
  cmake_path(GET corpus FILENAME name)
  cryptoperiod_program(fuzz_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cpp ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cpp)
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${corpus})
  set_tests_properties(fuzz_${name} PROPERTIES LABELS unit TIMEOUT 600)
endforeach()
