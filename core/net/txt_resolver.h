// DNS TXT look-ups, for handles.
#pragma once

#include "core/base/result.h"
#include "core/base/stop.h"

#include <memory>
#include <string>
#include <vector>

namespace atb::net {

class TxtResolver {
 public:
  virtual ~TxtResolver() = default;
  // All TXT records of `name`, each with its strings joined. No record, or no such name: an empty list.
  // Errors: network "dns.failed", timeout "dns.timeout" (after 12 seconds at most), invalid_input "dns.name".
  // May be called from several threads.
  virtual Result<std::vector<std::string>> txt(const std::string& name, const StopToken& stop) = 0;
};

// c-ares. `server` is "IP:PORT" or empty for the system's servers. Id "option.dns_server".
Result<std::unique_ptr<TxtResolver>> make_cares_resolver(const std::string& server);

}  // namespace atb::net
