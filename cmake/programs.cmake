# What the repository itself builds: the command, the tests, the examples, the benchmarks. Warnings are
# errors here, in a target that is never installed.
if(NOT (CRYPTOPERIOD_BUILD_SIMULATOR OR CRYPTOPERIOD_BUILD_TESTS
    OR CRYPTOPERIOD_BUILD_EXAMPLES OR CRYPTOPERIOD_BUILD_BENCHMARKS))
  return()
endif()
find_package(Threads REQUIRED)
file(STRINGS ${PROJECT_SOURCE_DIR}/cmake/warnings.txt warnings)
separate_arguments(warnings)
add_library(cryptoperiod_warnings INTERFACE)
# g++ 12 takes `"text" + std::string` for overlapping memory when it optimises (GCC bug 105651, mended in 13).
target_compile_options(cryptoperiod_warnings INTERFACE ${warnings}
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)

if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CRYPTOPERIOD_CCACHE ccache)
  mark_as_advanced(CRYPTOPERIOD_CCACHE)
  if(CRYPTOPERIOD_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CRYPTOPERIOD_CCACHE})
  endif()
endif()
if(NOT CMAKE_BUILD_TYPE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

# CMAKE_UNITY_BUILD is a wish that only the targets below grant: elsewhere sources may use one name twice.
set(cryptoperiod_unity ${CMAKE_UNITY_BUILD})
set(CMAKE_UNITY_BUILD OFF)
# What sources that were never meant to meet cannot be reproached with. Linked after the other warnings.
add_library(cryptoperiod_shared_unit_warnings INTERFACE)
target_compile_options(cryptoperiod_shared_unit_warnings INTERFACE
  -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
function(cryptoperiod_shared_units target) # a unit for each of two compilers; ALWAYS: also without the wish
  cmake_parse_arguments(arg "ALWAYS" "" "" ${ARGN})
  if(arg_ALWAYS)
    set(cryptoperiod_unity ON)
    set(ARGN ${arg_UNPARSED_ARGUMENTS})
  endif()
  list(LENGTH ARGN count)
  math(EXPR half "(${count} + 1) / 2")
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD "${cryptoperiod_unity}" UNITY_BUILD_BATCH_SIZE ${half})
  if(cryptoperiod_unity)
    target_link_libraries(${target} PRIVATE cryptoperiod_shared_unit_warnings)
  endif()
endfunction()

function(cryptoperiod_program target)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE
    cryptoperiod::cryptoperiod cryptoperiod_warnings Threads::Threads)
endfunction()

# The system's own Python has the packages that apt installs; another one may come first in PATH.
find_program(CRYPTOPERIOD_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(CRYPTOPERIOD_PYTHON python3)
mark_as_advanced(CRYPTOPERIOD_PYTHON)

# Without the header of PKCS#11 nothing over it can be built.
set(cryptoperiod_builds_pkcs11 OFF)
if(CRYPTOPERIOD_WITH_PKCS11)
  find_path(CRYPTOPERIOD_PKCS11_HEADER p11-kit/pkcs11.h PATH_SUFFIXES p11-kit-1)
  mark_as_advanced(CRYPTOPERIOD_PKCS11_HEADER)
  if(CRYPTOPERIOD_PKCS11_HEADER)
    set(cryptoperiod_builds_pkcs11 ON)
  else()
    message(STATUS "No tests and no example of PKCS#11: they need libp11-kit-dev, and softhsm2 to run")
  endif()
endif()

if(CRYPTOPERIOD_BUILD_TESTS OR CRYPTOPERIOD_BUILD_EXAMPLES)
  enable_testing()
endif()
if(CRYPTOPERIOD_BUILD_SIMULATOR AND EXISTS ${PROJECT_SOURCE_DIR}/simulator/main.cpp)
  include(cmake/simulator.cmake)
endif()
if(CRYPTOPERIOD_BUILD_TESTS)
  include(cmake/tests.cmake)
endif()
if(CRYPTOPERIOD_BUILD_EXAMPLES)
  include(cmake/examples.cmake)
endif()
if(CRYPTOPERIOD_BUILD_BENCHMARKS)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/bench/*.cpp)
  add_custom_target(benchmarks)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    cryptoperiod_program(bench_${name} ${source})
    target_compile_definitions(bench_${name} PRIVATE CRYPTOPERIOD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    add_dependencies(benchmarks bench_${name})
  endforeach()
  # What one benchmark compares with; nothing else knows it.
  find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
  target_link_libraries(bench_crypto PRIVATE OpenSSL::Crypto)
  target_link_libraries(bench_kms PRIVATE $<TARGET_NAME_IF_EXISTS:cryptoperiod::pkcs11>)
  target_link_libraries(bench_service PRIVATE cryptoperiod::sqlite)
endif()
