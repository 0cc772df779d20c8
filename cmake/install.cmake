# The CMake package (config, version, FindCryptoPP), the pkg-config file and the licence.
include(CMakePackageConfigHelpers)

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/cryptoperiod-config.cmake.in
  ${PROJECT_BINARY_DIR}/cryptoperiod-config.cmake
  INSTALL_DESTINATION ${CRYPTOPERIOD_CONFIG_DIR})
# While the major version is 0 every minor version may break; SameMajorVersion from 1.0 on.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cryptoperiod-config-version.cmake
  COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
install(FILES
  ${PROJECT_BINARY_DIR}/cryptoperiod-config.cmake
  ${PROJECT_BINARY_DIR}/cryptoperiod-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindCryptoPP.cmake
  DESTINATION ${CRYPTOPERIOD_CONFIG_DIR})

configure_file(${PROJECT_SOURCE_DIR}/cmake/cryptoperiod.pc.in ${PROJECT_BINARY_DIR}/cryptoperiod.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cryptoperiod.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
if(CRYPTOPERIOD_WITH_SQLITE)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/cryptoperiod-sqlite.pc.in
    ${PROJECT_BINARY_DIR}/cryptoperiod-sqlite.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/cryptoperiod-sqlite.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
