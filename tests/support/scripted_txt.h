// TXT records from a table.
#pragma once

#include "core/net/txt_resolver.h"

#include <map>
#include <mutex>
#include <utility>

namespace atb::test {

class ScriptedTxt final : public net::TxtResolver {
 public:
  ScriptedTxt() = default;
  explicit ScriptedTxt(std::map<std::string, std::vector<std::string>> records)
      : records_(std::move(records)) {}

  Result<std::vector<std::string>> txt(const std::string& name, const StopToken& stop) override {
    TRY(check_stop(stop));
    const std::scoped_lock lock(mutex_);
    asked_.push_back(name);
    if (const auto error = errors_.find(name); error != errors_.end()) return error->second;
    const auto found = records_.find(name);
    return found == records_.end() ? std::vector<std::string>{} : found->second;
  }

  void set(const std::string& name, std::vector<std::string> texts) {
    const std::scoped_lock lock(mutex_);
    records_[name] = std::move(texts);
  }
  void set_error(const std::string& name, Error error) {
    const std::scoped_lock lock(mutex_);
    errors_[name] = std::move(error);
  }
  std::vector<std::string> asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> records_;
  std::map<std::string, Error> errors_;
  std::vector<std::string> asked_;
};

}  // namespace atb::test
