# A component is an INTERFACE target with its own header set, export set and dependencies. Everything the
# installed config file must know is gathered here, so that adding a component is one call.
include(GNUInstallDirs)
set(CRYPTOPERIOD_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/cryptoperiod)
set(CRYPTOPERIOD_COMPONENTS "")
set(CRYPTOPERIOD_COMPONENTS_ON_REQUEST "")
set(CRYPTOPERIOD_COMPONENT_TABLE "")

function(_cryptoperiod_header_target target export_name)
  cmake_parse_arguments(arg "" "" "HEADERS;FRAGMENTS;LINK" ${ARGN})
  add_library(${target} INTERFACE)
  add_library(cryptoperiod::${export_name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${export_name}
    VERIFY_INTERFACE_HEADER_SETS ON
    INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_link_libraries(${target} INTERFACE ${arg_LINK})
  target_sources(${target} INTERFACE
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${arg_HEADERS})
  # Fragments (*.ipp) are installed with the headers, but do not stand on their own.
  target_sources(${target} INTERFACE
    FILE_SET fragments TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${arg_FRAGMENTS})
  if(CRYPTOPERIOD_INSTALL)
    install(TARGETS ${target} EXPORT cryptoperiod-${export_name} FILE_SET HEADERS FILE_SET fragments)
    install(EXPORT cryptoperiod-${export_name} NAMESPACE cryptoperiod::
      DESTINATION ${CRYPTOPERIOD_CONFIG_DIR})
  endif()
endfunction()

# cryptoperiod_component(<name> [ROOMS <folder>...] [EXCEPT <header>...] [FILES <header>...]
#                        [FIND "<arguments of find_package>"...] [LINK <target>...] [NEEDS <component>...] [ON_REQUEST])
# EXCEPT: headers of its rooms that another component has among its FILES, because they need more packages.
# ON_REQUEST: not a part of cryptoperiod::cryptoperiod; who wants it names it, so that nobody else needs its packages.
macro(cryptoperiod_component name)
  cmake_parse_arguments(component "ON_REQUEST" "" "ROOMS;EXCEPT;FILES;FIND;LINK;NEEDS" ${ARGN})
  list(TRANSFORM component_FILES PREPEND ${PROJECT_SOURCE_DIR}/include/cryptoperiod/ OUTPUT_VARIABLE component_headers)
  set(component_fragments "")
  foreach(room IN LISTS component_ROOMS)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/cryptoperiod/${room}/*.hpp)
    list(APPEND component_headers ${found})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/cryptoperiod/${room}/*.ipp)
    list(APPEND component_fragments ${found})
  endforeach()
  list(TRANSFORM component_EXCEPT PREPEND ${PROJECT_SOURCE_DIR}/include/cryptoperiod/)
  if(component_EXCEPT)
    list(REMOVE_ITEM component_headers ${component_EXCEPT})
  endif()
  if("${name}" STREQUAL "core")
    list(PREPEND component_headers ${PROJECT_SOURCE_DIR}/include/cryptoperiod/version.hpp)
  endif()
  foreach(package IN LISTS component_FIND)
    separate_arguments(package)
    find_package(${package} REQUIRED)
  endforeach()
  list(TRANSFORM component_NEEDS PREPEND cryptoperiod_ OUTPUT_VARIABLE component_targets)
  _cryptoperiod_header_target(cryptoperiod_${name} ${name}
    HEADERS ${component_headers}
    FRAGMENTS ${component_fragments}
    LINK ${component_targets} ${component_LINK})

  if(component_ON_REQUEST)
    list(APPEND CRYPTOPERIOD_COMPONENTS_ON_REQUEST ${name})
  else()
    list(APPEND CRYPTOPERIOD_COMPONENTS ${name})
  endif()
  string(APPEND CRYPTOPERIOD_COMPONENT_TABLE
    "set(_cryptoperiod_needs_${name} \"${component_NEEDS}\")\n"
    "set(_cryptoperiod_find_${name} \"${component_FIND}\")\n")
endmacro()

# The umbrella: every component declared so far but those on request, and the header that includes them all.
macro(cryptoperiod_all_components)
  list(TRANSFORM CRYPTOPERIOD_COMPONENTS PREPEND cryptoperiod_ OUTPUT_VARIABLE component_targets)
  _cryptoperiod_header_target(cryptoperiod cryptoperiod
    HEADERS ${PROJECT_SOURCE_DIR}/include/cryptoperiod/cryptoperiod.hpp
    LINK ${component_targets})
endmacro()
