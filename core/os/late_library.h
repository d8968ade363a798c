// A shared library that is loaded when it is first needed, not when the program starts. For what only some
// commands use, and what all others would wait for.
#pragma once

#include "core/base/result.h"

#include <string>

namespace atb::os {

class LateLibrary {
 public:
  // By its soname, such as "libcurl.so.4", where the system's loader finds it. It is never unloaded.
  // "library.missing" (unsupported) where it is not, or is broken.
  static Result<LateLibrary> load(std::string soname);

  // `function` becomes the library's function of that name. "library.function" (unsupported): it has none.
  template <class Function>
  Status find(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(TRY(address_of(name)));
    return {};
  }

 private:
  LateLibrary(std::string soname, void* handle) : soname_(std::move(soname)), handle_(handle) {}
  Result<void*> address_of(const char* name) const;

  std::string soname_;
  void* handle_;
};

// A table of a library's functions, as Table::find() fills it: when it is first asked for, and from then on
// the same answer.
template <class Table>
const Result<Table>& late() {
  static const Result<Table> table = Table::find();
  return table;
}

}  // namespace atb::os
