# The `cryptoperiod` command. Everything but main.cpp is an object library, so that tests can link it.
find_package(tomlplusplus 3.3 REQUIRED CONFIG)
find_package(CLI11 2.1 REQUIRED CONFIG)
find_package(fmt 9 REQUIRED CONFIG)
find_package(nlohmann_json 3.11 REQUIRED CONFIG)

file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/simulator/*.cpp)
list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/simulator/main.cpp)
add_library(cryptoperiod_cli_parts OBJECT ${sources})
target_include_directories(cryptoperiod_cli_parts PUBLIC ${PROJECT_SOURCE_DIR}/simulator)
target_link_libraries(cryptoperiod_cli_parts
  PUBLIC cryptoperiod::cryptoperiod tomlplusplus::tomlplusplus CLI11::CLI11 fmt::fmt
    nlohmann_json::nlohmann_json Threads::Threads
  PRIVATE cryptoperiod_warnings)
cryptoperiod_shared_units(cryptoperiod_cli_parts ${sources})

cryptoperiod_program(cryptoperiod_cli ${PROJECT_SOURCE_DIR}/simulator/main.cpp)
target_link_libraries(cryptoperiod_cli PRIVATE cryptoperiod_cli_parts)
set_target_properties(cryptoperiod_cli PROPERTIES OUTPUT_NAME cryptoperiod)

if(CRYPTOPERIOD_INSTALL)
  install(TARGETS cryptoperiod_cli RUNTIME)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/simulator/scenarios
    DESTINATION ${CMAKE_INSTALL_DATADIR}/cryptoperiod)
endif()
