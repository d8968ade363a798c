#include "tests/support/move/other_hosts.h"

#include "tests/support/repo_fixture.h"

namespace atb::test {

void make_cocoon(FakePds& host) {
  host.ways.unknown_account_500 = true;
  host.ways.no_status_before_import = true;
  host.ways.no_blocks = true;
  host.ways.signs_anew = true;
  host.ways.active_from_the_start = true;
  host.ways.unknown_record_500 = true;
  host.ways.preferences_object = true;
  host.ways.refreshes_once = true;
}

void make_rsky(FakePds& host) {
  host.ways.unknown_account_500 = true;
  host.ways.describe_repo_500 = true;
  host.ways.bare_operation = true;
  host.ways.submit_wants_signing_key = true;
  host.ways.own_handles_only = true;
  host.ways.too_large_name = "InvalidRequest";
  host.ways.too_large_words = " is greater than maximum of 100.00MB";
}

void make_tranquil(FakePds& host) {
  host.ways.signs_anew = true;
  host.ways.hides_while_inactive = true;
  host.ways.leaves_out_legacy_blobs = true;
  host.ways.whole_imports_only = true;
  host.ways.login_after_verification = true;
  host.ways.too_large_name = "InvalidRequest";
  host.ways.too_large_words = " exceeds maximum of 10000 bytes";
}

void make_cirrus(FakePds& host) {
  host.ways.host_of_one = true;
  host.ways.null_counts = true;
  host.ways.imports_while_inactive = true;
  host.ways.too_large_name = "RepoTooLarge";
  host.ways.too_large_words = " exceeds maximum of 104857600 bytes";
}

void settle_on_cirrus(MoveBench& bench) {
  constexpr const char* kHandle = "alice.net";
  FakePds& host = bench.network.new_host;
  make_cirrus(host);
  FakeAccount& account = host.add_account(bench.network.did, test_key(crypto::Curve::k256, 9), kHandle, "",
                                          FakeNetwork::kNewPassword);
  account.active = false;
  bench.network.dns.set(std::string("_atproto.") + kHandle, {"did=" + bench.network.did.str()});
  bench.options.handle = kHandle;
  bench.accounts = 0;
}

}  // namespace atb::test
