// Commits that are none, and signatures that are not the account's, over a tree that is right.
#include "tests/support/hostile/maker.h"

#include <algorithm>

namespace atb::test {
namespace {

constexpr std::int64_t kDayUs = 24 * kPlcHourUs;

class Commits {
 public:
  HostileRepo& add(std::string name, std::vector<Expected> findings, RepoFixture bad) {
    all.push_back({.name = "commit_" + std::move(name),
                   .findings = std::move(findings),
                   .bad = std::move(bad),
                   .twin = small_repo()});
    return all.back();
  }
  // Changed before it is signed, and after.
  HostileRepo& change(std::string name, std::vector<Expected> findings, const CommitChange& before,
                      const CommitChange& after = {}) {
    return add(std::move(name), std::move(findings), again(small_repo(), before, after));
  }
  // Another block in the commit's place.
  HostileRepo& block(std::string name, std::string id, Bytes bytes) {
    return add(std::move(name), {damage(std::move(id))}, with_commit_block(small_repo(), std::move(bytes)));
  }
  std::vector<HostileRepo> all;

 private:
  static RepoFixture again(const RepoFixture& repo, const CommitChange& before, const CommitChange& after) {
    MemoryBlocks blocks;
    for (const auto& [cid, block] : repo.blocks) {
      if (cid != repo.commit) (void)blocks.put(cid, block);
    }
    return signed_tree(std::move(blocks), repo.data, before, after);
  }
};

void sign_with(repo::Commit& commit, const crypto::PrivateKey& key) { (void)repo::sign_commit(commit, key); }

void signatures(Commits& commits) {
  const auto spoilt = [&](const std::string& name, const std::function<void(Bytes&)>& change) {
    commits.change("signature_" + name, {forged("commit.signature")}, {},
                   [&change](repo::Commit& commit) { change(commit.signature); });
  };
  spoilt("zero", [](Bytes& signature) { signature.assign(64, 0); });
  spoilt("empty", [](Bytes& signature) { signature.clear(); });
  spoilt("of_63_bytes", [](Bytes& signature) { signature.pop_back(); });
  spoilt("of_65_bytes", [](Bytes& signature) { signature.push_back(0); });
  spoilt("r_zero", [](Bytes& signature) { std::fill_n(signature.begin(), 32, std::uint8_t{0}); });
  spoilt("s_zero", [](Bytes& signature) { std::fill_n(signature.begin() + 32, 32, std::uint8_t{0}); });
  spoilt("r_too_large", [](Bytes& signature) { std::fill_n(signature.begin(), 32, std::uint8_t{0xff}); });
  spoilt("high_s", [](Bytes& signature) { make_high_s(signature, crypto::Curve::k256); });
  spoilt("of_its_halves_swapped",
         [](Bytes& signature) { std::rotate(signature.begin(), signature.begin() + 32, signature.end()); });
  spoilt("der", [](Bytes& signature) {
    signature = joined({hex_of("30 44 02 20"), Bytes(signature.begin(), signature.begin() + 32),
                        hex_of("02 20"), Bytes(signature.begin() + 32, signature.end())});
  });
  commits.change("signature_by_another_key", {forged("commit.signature")}, {},
                 [](repo::Commit& commit) { sign_with(commit, plc_key(5)); });
  // The same number is a key on both curves.
  commits.change("signature_on_the_wrong_curve", {forged("commit.signature")}, {},
                 [](repo::Commit& commit) { sign_with(commit, hostile_key(crypto::Curve::p256)); });
  commits.change("signature_by_the_rotation_key", {forged("commit.signature")}, {},
                 [](repo::Commit& commit) { sign_with(commit, plc_key(1)); });
  commits.change("signed_before_it_was_changed", {forged("commit.signature")}, {},
                 [](repo::Commit& commit) { commit.rev = syntax::Tid::from(commit.rev->unix_us() + 1, 0); });
  commits.change("prev_put_in_after", {forged("commit.signature")}, {},
                 [](repo::Commit& commit) { commit.prev = some_record(); });
  commits.change("prev_taken_out_after", {forged("commit.signature"), info("commit.no_prev")}, {},
                 [](repo::Commit& commit) { commit.has_prev_field = false; });

  // An account whose key is on P-256.
  const auto p256 = hostile_key(crypto::Curve::p256);
  PlcLog log = hostile_plc_log();
  plc::State state = log.state();
  state.verification_methods = {{"atproto", p256.public_key().did_key()}};
  log.update(std::move(state), plc_key(1), kPlcEpochUs + kDayUs);
  HostileRepo& high =
      commits.change("signature_high_s_p256", {forged("commit.signature")}, {}, [&](repo::Commit& commit) {
        // Every second signature or so is made with a high S and turned over; this one is turned back.
        sign_with(commit, p256);
        make_high_s(commit.signature, crypto::Curve::p256);
      });
  high.log = log.audit_json();
}

void accounts(Commits& commits) {
  const std::string other = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  const auto move_to = [](const std::string& did) {
    return [did](repo::Commit& commit) { commit.did = syntax::Did::parse(did).value(); };
  };
  commits.change("of_another_did", {forged("log.wrong_did"), {"key.no_source", Severity::missing}},
                 move_to(other));
  commits
      .change("of_another_did_than_asked_for",
              {forged("commit.wrong_did"), forged("log.wrong_did"), {"key.no_source", Severity::missing}},
              move_to(other))
      .expected = hostile_did();
  commits.change("right_and_another_did_asked_for", {forged("commit.wrong_did")}, {}).expected = other;
  commits.change("of_another_did_signed_before",
                 {forged("log.wrong_did"), {"key.no_source", Severity::missing}}, {}, move_to(other));
}

// What the log says of keys that come and go.
void keys_in_force(Commits& commits) {
  const std::int64_t rev = small_repo().rev.unix_us();
  const auto rotated = [](std::int64_t at) {
    PlcLog log = hostile_plc_log();
    plc::State state = log.state();
    state.verification_methods = {{"atproto", plc_did_key(7)}};
    log.update(std::move(state), plc_key(1), at);
    return log.audit_json();
  };
  const Expected former{"commit.former_key", Severity::warning};
  commits.change("by_a_former_key", {former}, {}).log = rotated(rev + kPlcHourUs);
  commits.change("by_a_former_key_just_after", {former, {"commit.rev_outside_period", Severity::warning}}, {})
      .log = rotated(rev - 60'000'000);
  commits.change("by_a_stolen_former_key", {forged("commit.after_key")}, {}).log = rotated(rev - kPlcHourUs);

  // A thief with the second rotation key puts a signing key in; the owner strikes it out.
  PlcLog log = hostile_plc_log();
  plc::State owned = log.state();
  owned.rotation_keys = {plc_did_key(1), plc_did_key(2)};
  const auto base = log.update(owned, plc_key(1), kPlcEpochUs + kDayUs);
  plc::State stolen = owned;
  stolen.verification_methods = {{"atproto", plc_did_key(7)}};
  log.update(stolen, plc_key(2), kPlcEpochUs + 2 * kDayUs);
  log.fork(base, owned, plc_key(1), kPlcEpochUs + 3 * kDayUs);
  commits
      .change("by_a_nullified_key", {forged("commit.nullified_key")}, {},
              [](repo::Commit& commit) { sign_with(commit, plc_key(7)); })
      .log = log.audit_json();

  PlcLog ended = hostile_plc_log();
  ended.tombstone(plc_key(1), rev + kPlcHourUs);
  commits.change("of_an_account_given_up", {{"plc.tombstoned", Severity::warning}, former}, {}).log =
      ended.audit_json();

  std::string tampered = hostile_log();
  tampered.replace(tampered.find("alice.test"), 5, "malic");
  commits
      .change("with_a_log_that_was_altered", {forged("log.invalid"), {"key.no_source", Severity::missing}},
              {})
      .log = tampered;
}

void fields(Commits& commits) {
  const RepoFixture repo = small_repo();
  const Bytes did = joined({cbor_text("did"), cbor_text(hostile_did())}),
              rev = joined({cbor_text("rev"), cbor_text(repo.rev.str())}),
              sig = joined({cbor_text("sig"), cbor_bytes(Bytes(64, 1))}),
              data = joined({cbor_text("data"), cbor_link(repo.data)}),
              prev = joined({cbor_text("prev"), hex_of("f6")}),
              version = joined({cbor_text("version"), hex_of("03")});
  const auto map = [](std::initializer_list<Bytes> pairs) {
    return joined({Bytes{static_cast<std::uint8_t>(0xa0 + pairs.size())}, joined(pairs)});
  };
  const auto field = [](std::string_view name, std::string_view digits) {
    return joined({cbor_text(name), hex_of(digits)});
  };
  const auto number = [&](std::string_view digits) {
    return map({did, rev, sig, data, prev, field("version", digits)});
  };
  commits.block("of_version_1", "commit.version", number("01"));
  commits.block("of_version_4", "commit.version", number("04"));
  commits.block("of_version_minus_3", "commit.version", number("22"));
  commits.block("of_version_2_62", "commit.version", number("1b 40 00 00 00 00 00 00 00"));
  commits.block("version_a_text", "commit.field", number("61 33"));
  commits.block("version_not_minimal", "commit.malformed", number("18 03"));
  commits.block("version_a_float", "commit.malformed", number("f9 42 00"));
  commits.block("without_version", "commit.field", map({did, rev, sig, data, prev}));
  commits.block("without_did", "commit.field", map({rev, sig, data, prev, version}));
  commits.block("without_rev", "commit.field", map({did, sig, data, prev, version}));
  commits.block("without_signature", "commit.field", map({did, rev, data, prev, version}));
  commits.block("without_data", "commit.field", map({did, rev, sig, prev, version}));
  commits.block("with_another_field", "commit.field",
                map({field("zz", "00"), did, rev, sig, data, prev, version}));
  commits.block("did_a_number", "commit.field", map({field("did", "01"), rev, sig, data, prev, version}));
  commits.block("did_of_no_method", "commit.did",
                map({joined({cbor_text("did"), cbor_text("did:")}), rev, sig, data, prev, version}));
  commits.block("rev_no_tid", "commit.rev",
                map({did, joined({cbor_text("rev"), cbor_text("yesterday")}), sig, data, prev, version}));
  commits.block("rev_null", "commit.field", map({did, field("rev", "f6"), sig, data, prev, version}));
  commits.block("signature_a_text", "commit.field",
                map({did, rev, joined({cbor_text("sig"), cbor_text("me")}), data, prev, version}));
  commits.block("data_null", "commit.field", map({did, rev, sig, field("data", "f6"), prev, version}));
  commits.block("data_raw", "commit.data",
                map({did, rev, sig,
                     joined({cbor_text("data"), cbor_link(ipld::Cid(ipld::Codec::raw, repo.data.digest()))}),
                     prev, version}));
  commits.block("prev_a_text", "commit.field",
                map({did, rev, sig, data, joined({cbor_text("prev"), cbor_text("no")}), version}));
  commits.block("fields_unsorted", "commit.malformed", map({version, did, rev, sig, data, prev}));
  commits.block("field_twice", "commit.malformed", map({did, did, rev, sig, data, prev, version}));
  commits.block("with_bytes_after", "commit.malformed", joined({number("03"), hex_of("00")}));
  commits.block("cut", "commit.malformed", joined({Bytes{0xa6}, did, rev, sig, data}));
  commits.block("indefinite", "commit.malformed",
                joined({hex_of("bf"), did, rev, sig, data, prev, version, hex_of("ff")}));
  commits.block("a_list", "commit.malformed", hex_of("80"));
  commits.block("a_record", "commit.field", record_of("no commit"));
  commits.block("a_text", "commit.malformed", to_bytes(as_bytes("not a commit")));
  commits.block("nested_a_million", "commit.malformed", joined({Bytes(1'000'000, 0x81), hex_of("80")}));
  commits.block("claims_2_63_fields", "commit.malformed",
                joined({hex_of("bb 80 00 00 00 00 00 00 00"), did}));

  RepoFixture gone = small_repo();
  gone.blocks.erase(gone.blocks.begin());
  commits.add("missing", {damage("commit.missing")}, std::move(gone));
}

// Unusual, and no failure.
void unusual(Commits& commits) {
  commits.change("of_version_2", {info("commit.version_2")},
                 [](repo::Commit& commit) { commit.version = 2; });
  commits.change("of_version_2_without_rev", {info("commit.version_2")}, [](repo::Commit& commit) {
    commit.version = 2;
    commit.rev.reset();
  });
  commits.change("with_prev", {}, [](repo::Commit& commit) { commit.prev = some_record(); });
  commits.change("without_the_field_prev", {info("commit.no_prev")},
                 [](repo::Commit& commit) { commit.has_prev_field = false; });
  commits.change("of_the_future", {{"commit.future_rev", Severity::warning}}, [](repo::Commit& commit) {
    commit.rev = syntax::Tid::from(hostile_now_us() + kPlcHourUs, 0);
  });
}

}  // namespace

std::vector<HostileRepo> hostile_commits() {
  Commits commits;
  for (auto group : {signatures, accounts, keys_in_force, fields, unusual}) group(commits);
  return std::move(commits.all);
}

}  // namespace atb::test
