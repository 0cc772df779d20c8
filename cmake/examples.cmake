# examples/NN_name/*.cpp -> example_NN_name, whose output must be that of expected.txt beside it (label example).
file(GLOB folders CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/[0-9]*)
foreach(folder IN LISTS folders)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  if(NOT sources)
    continue()
  endif()
  cmake_path(GET folder FILENAME name)
  cryptoperiod_program(example_${name} ${sources})
  add_test(NAME example_${name} WORKING_DIRECTORY ${folder}
    COMMAND bash -c "set -o pipefail; \"$0\" | diff -u expected.txt -" $<TARGET_FILE:example_${name}>)
  set_tests_properties(example_${name} PROPERTIES LABELS example TIMEOUT 600)
endforeach()
