# Finds Crypto++, for which Debian ships a pkg-config file but no CMake package. Installed next to the config file.
# Result: target CryptoPP::CryptoPP, variables CryptoPP_FOUND and CryptoPP_VERSION (from cryptopp/config_ver.h).
find_path(CryptoPP_INCLUDE_DIR cryptopp/config_ver.h)
find_library(CryptoPP_LIBRARY NAMES cryptopp crypto++)
mark_as_advanced(CryptoPP_INCLUDE_DIR CryptoPP_LIBRARY)
if(CryptoPP_INCLUDE_DIR)
  file(STRINGS "${CryptoPP_INCLUDE_DIR}/cryptopp/config_ver.h" _cryptopp_lines
    REGEX "define CRYPTOPP_(MAJOR|MINOR|REVISION) +[0-9]+")
  string(REGEX REPLACE ".*MAJOR +([0-9]+).*MINOR +([0-9]+).*REVISION +([0-9]+).*" "\\1.\\2.\\3"
    CryptoPP_VERSION "${_cryptopp_lines}")
  unset(_cryptopp_lines)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CryptoPP
  REQUIRED_VARS CryptoPP_LIBRARY CryptoPP_INCLUDE_DIR
  VERSION_VAR CryptoPP_VERSION)
if(CryptoPP_FOUND AND NOT TARGET CryptoPP::CryptoPP)
  add_library(CryptoPP::CryptoPP UNKNOWN IMPORTED)
  set_target_properties(CryptoPP::CryptoPP PROPERTIES
    IMPORTED_LOCATION "${CryptoPP_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CryptoPP_INCLUDE_DIR}")
endif()
