# Warnings and hardening for our own code. Linked PRIVATE by every target of ours, never by third-party code.
add_library(atb_settings INTERFACE)
target_compile_options(atb_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -Werror
  -fstack-protector-strong -fstack-clash-protection -fcf-protection
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_include_directories(atb_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(atb_settings INTERFACE _GLIBCXX_ASSERTIONS ATB_VERSION="${PROJECT_VERSION}")
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT ATB_SANITIZE)  # sanitizers do not see into the checked functions
  target_compile_definitions(atb_settings INTERFACE _FORTIFY_SOURCE=3)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees ghosts in std::string and std::variant at -O2 (GCC bugs 105329, 105593).
  target_compile_options(atb_settings INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang sees into libstdc++ 12, whose std::stable_sort calls what C++17 deprecates. g++ keeps the warning for our code.
  target_compile_options(atb_settings INTERFACE -Wno-deprecated-declarations)
endif()
target_link_options(atb_settings INTERFACE -Wl,-z,relro,-z,now)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(ATB_SANITIZE)
  add_compile_options(-fsanitize=${ATB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ATB_SANITIZE})
endif()
if(ATB_BUILD_FUZZ)
  # Coverage, which libFuzzer steers by; its main() comes with -fsanitize=fuzzer, in fuzz/CMakeLists.txt.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
