// `doctor ACCOUNT…`: looks at host, directory, backup, key, name and target of each account. Reads only.
#pragma once

#include "core/migrate/diagnosis.h"
#include "core/migrate/migrate.h"

#include <string>
#include <vector>

namespace atb::migrate {

struct DoctorOptions {
  std::vector<std::string> backups;        // absolute paths; each is of the account that it says
  std::vector<std::string> rotation_keys;  // absolute paths
  std::string to;                          // the host one would go to; may be empty
  std::string from_host;                   // --pds
};

struct Examined {
  Symptoms symptoms;
  Diagnosis diagnosis;
};

// In the order of `accounts`. What does not answer, open or prove is a symptom; errors are only being
// stopped, and arguments that make no sense.
Result<std::vector<Examined>> examine(const World& world, const std::vector<syntax::AtIdentifier>& accounts,
                                      const DoctorOptions& options, const SecretSources& secrets);

}  // namespace atb::migrate
