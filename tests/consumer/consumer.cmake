# What every consumer does with the library once it has it.
add_executable(consumer ${CMAKE_CURRENT_LIST_DIR}/main.cpp)
target_link_libraries(consumer PRIVATE cryptoperiod::cryptoperiod)
target_compile_options(consumer PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

# Nothing of ours leaks into the consumer's build.
foreach(target cryptoperiod::cryptoperiod cryptoperiod::core cryptoperiod::crypto cryptoperiod::store
    cryptoperiod::vault cryptoperiod::service)
  foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS LINK_OPTIONS PRECOMPILE_HEADERS SOURCES)
    get_target_property(value ${target} INTERFACE_${property})
    if(value)
      message(FATAL_ERROR "${target} leaks ${property}: ${value}")
    endif()
  endforeach()
endforeach()
foreach(variable CMAKE_CXX_FLAGS CMAKE_CXX_STANDARD CMAKE_CXX_EXTENSIONS CMAKE_CXX_COMPILER_LAUNCHER
    CMAKE_BUILD_TYPE CMAKE_MODULE_PATH)
  if(NOT "${${variable}}" STREQUAL "")
    message(FATAL_ERROR "${variable} was set for the consumer: ${${variable}}")
  endif()
endforeach()
get_directory_property(targets BUILDSYSTEM_TARGETS)
if(NOT targets STREQUAL "consumer")
  message(FATAL_ERROR "targets were added to the consumer: ${targets}")
endif()
