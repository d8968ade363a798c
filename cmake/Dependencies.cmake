# All from Debian 12. Each is linked by the one module that wraps it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SECP256K1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET libcrypto)

# Loaded by the program when it first needs them, not linked (docs/decisions/0023): they bring thirty others.
pkg_check_modules(CURL REQUIRED libcurl)
pkg_check_modules(MICROHTTPD REQUIRED libmicrohttpd)
foreach(late CURL MICROHTTPD)
  add_library(atb_headers_of_${late} INTERFACE)
  target_include_directories(atb_headers_of_${late} SYSTEM INTERFACE ${${late}_INCLUDE_DIRS})
endforeach()

# Multi-buffer hashing, on x86-64 only; without it OpenSSL hashes alone.
find_library(ATB_MULTI_BUFFER_LIBRARY IPSec_MB)
find_path(ATB_MULTI_BUFFER_HEADERS intel-ipsec-mb.h)
if(NOT ATB_MULTI_BUFFER_LIBRARY OR NOT ATB_MULTI_BUFFER_HEADERS)
  message(STATUS "libipsec-mb not found: hashing with OpenSSL alone, several times slower on many machines")
  set(ATB_MULTI_BUFFER_LIBRARY "")
endif()
