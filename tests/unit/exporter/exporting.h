// What the tests of whole exports share.
#pragma once

#include "core/base/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/export_world.h"

namespace atb::test::exporting {

inline constexpr const char* kFolder = "/backup";
inline constexpr const char* kCar = "/out/alice.car";

inline std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

inline Result<exporter::Exported> to_folder(test::ExportWorld& world, const exporter::Options& options = {}) {
  return exporter::export_folder(world.context(), world.who(), kFolder, options);
}
inline Result<exporter::Exported> to_car(test::ExportWorld& world, const exporter::Options& options = {}) {
  return exporter::export_car(world.context(), world.who(), kCar, options);
}
inline std::string file(std::string_view name) { return os::join(kFolder, std::string(name)); }

inline bool clean(const Report& report) {
  return !report.has(Severity::forged) && !report.has(Severity::damage) && !report.has(Severity::missing) &&
         !report.has(Severity::alarm);
}

// A token says by itself what it may do and until when.
inline std::string token(std::string_view scope) {
  const std::string claims = R"({"scope":"com.atproto.)" + std::string(scope) + R"(","exp":4102444800})";
  return base64url_encode(as_bytes("{}")) + "." + base64url_encode(as_bytes(claims)) + ".c2ln";
}

inline void log_in(test::ExportWorld& world, account::Scope scope) {
  const account::SavedSession session{
      .did = world.account.repo.did,
      .handle = "alice.test",
      .host = std::string(test::kTestHost),
      .access = Secret(token(scope == account::Scope::full ? "access" : "appPass")),
      .refresh = Secret("refresh"),
      .scope = scope,
      .saved_us = world.clock.wall_us()};
  REQUIRE(world.sessions.save(session));
}

// No spools, no temporary files, no locks of single CARs.
inline void check_no_leftovers(const test::MemFs& fs) {
  for (const std::string& path : fs.files()) {
    INFO(path);
    CHECK_FALSE(os::is_temporary_name(os::base_name(path)));
  }
}

}  // namespace atb::test::exporting
