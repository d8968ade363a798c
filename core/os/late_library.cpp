#include "core/os/late_library.h"

#include <fmt/format.h>

#include <dlfcn.h>

namespace atb::os {

Result<LateLibrary> LateLibrary::load(std::string soname) {
  void* const handle = ::dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return LateLibrary(std::move(soname), handle);
  const char* const reason = ::dlerror();
  return fail(
      ErrorKind::unsupported, "library.missing",
      fmt::format("cannot load the library {}: {}", soname, reason == nullptr ? "no reason given" : reason),
      "install the package that holds it");
}

Result<void*> LateLibrary::address_of(const char* name) const {
  void* const address = ::dlsym(handle_, name);
  if (address != nullptr) return address;
  return fail(ErrorKind::unsupported, "library.function",
              fmt::format("the library {} has no function {}", soname_, name),
              "install a newer version of the package that holds it");
}

}  // namespace atb::os
