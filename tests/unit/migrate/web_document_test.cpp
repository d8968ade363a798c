// Documents of did:web: what a move makes of them, and whether the public copy says so.
#include "core/migrate/web_document.h"

#include "core/data/json.h"
#include "tests/support/catch.h"
#include "tests/support/plc_fixture.h"

using namespace atb;
using namespace atb::test;
using migrate::changed_document;
using migrate::difference;
using migrate::domain_is_the_hosts;

namespace {

const syntax::Did& did() {
  static const syntax::Did kDid = *syntax::Did::parse("did:web:alice.example");
  return kDid;
}

did::Document document(std::string_view json) { return did::parse_document(json, did(), Limits{}).value(); }

did::Document reread(const data::Value& json) { return document(data::to_json(json)); }

constexpr const char* kPresent = R"({
  "@context": ["https://www.w3.org/ns/did/v1"],
  "id": "did:web:alice.example",
  "alsoKnownAs": ["https://alice.example/me", "at://alice.old.example"],
  "verificationMethod": [
    {"id": "did:web:alice.example#mine", "type": "Multikey", "controller": "did:web:alice.example",
     "publicKeyMultibase": "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc"},
    {"id": "did:web:alice.example#atproto", "type": "Multikey", "controller": "did:web:alice.example",
     "publicKeyMultibase": "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc"}],
  "service": [
    {"id": "#labels", "type": "AtprotoLabeler", "serviceEndpoint": "https://labels.example"},
    {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://old.example"}]
})";

}  // namespace

TEST_CASE("web document: a temporary key takes the place of the old one, and nothing else changes",
          "[migrate]") {
  const did::Document before = document(kPresent);
  const std::string key = plc_did_key(5);
  const did::Document after = reread(changed_document(before, {.signing_key = key}).value());
  CHECK(after.signing_key->did_key() == key);
  CHECK(after.host == before.host);
  CHECK(after.also_known_as == before.also_known_as);
  CHECK(after.json.find("verificationMethod")->array()->size() == 2);
  CHECK(*after.json.find("service") == *before.json.find("service"));
  CHECK(after.json.find("@context")->array()->size() == 2);
}

TEST_CASE("web document: host, key and handle are replaced where they stand, the rest stays", "[migrate]") {
  const did::Document before = document(kPresent);
  const did::Document after = reread(changed_document(before, {.signing_key = plc_did_key(5),
                                                               .service_type = "AtprotoPersonalDataServer",
                                                               .endpoint = "https://new.example",
                                                               .handle = "alice.new.example"})
                                         .value());
  CHECK(after.host == "https://new.example");
  CHECK(after.also_known_as ==
        std::vector<std::string>{"https://alice.example/me", "at://alice.new.example"});
  const data::Array& services = *after.json.find("service")->array();
  REQUIRE(services.size() == 2);
  CHECK(data::text_or(services[0], "serviceEndpoint", "") == "https://labels.example");
  CHECK(difference(after, after).empty());
  CHECK(difference(after, before).find("#atproto") != std::string::npos);
}

TEST_CASE("web document: what is absent is added", "[migrate]") {
  const did::Document before =
      document(R"({"id":"did:web:alice.example","@context":"https://www.w3.org/ns/did/v1"})");
  const did::Document after = reread(changed_document(before, {.signing_key = plc_did_key(5),
                                                               .service_type = "AtprotoPersonalDataServer",
                                                               .endpoint = "https://new.example",
                                                               .handle = "alice.new.example"})
                                         .value());
  CHECK(after.signing_key->did_key() == plc_did_key(5));
  CHECK(after.host == "https://new.example");
  CHECK(after.handle()->str() == "alice.new.example");
}

TEST_CASE("web document: each thing that differs is named", "[migrate]") {
  const did::Document before = document(kPresent);
  const migrate::WebChange change{.signing_key = before.signing_key->did_key(),
                                  .service_type = "AtprotoPersonalDataServer",
                                  .endpoint = "https://new.example",
                                  .handle = "alice.old.example"};
  const did::Document moved = reread(changed_document(before, change).value());
  CHECK(difference(moved, before) ==
        "its service \"#atproto_pds\" is https://old.example, not https://new.example");
  migrate::WebChange named = change;
  named.endpoint = "https://old.example";
  named.handle = "alice.example";
  const did::Document renamed = reread(changed_document(before, named).value());
  CHECK(difference(renamed, before) == "its handle is alice.old.example, not alice.example");
}

TEST_CASE("web document: a domain of the host's own is lost with the host", "[migrate]") {
  const auto web = [](std::string_view text) { return *syntax::Did::parse(text); };
  CHECK(domain_is_the_hosts(web("did:web:alice.pds.example"), "https://pds.example", {}));
  CHECK(domain_is_the_hosts(web("did:web:pds.example"), "https://pds.example", {}));
  CHECK(domain_is_the_hosts(web("did:web:localhost%3A2583"), "http://localhost:2583", {}));
  CHECK(domain_is_the_hosts(web("did:web:alice.users.example"), "https://pds.example", {".users.example"}));
  CHECK_FALSE(domain_is_the_hosts(web("did:web:alice.example"), "https://pds.example", {".users.example"}));
  CHECK_FALSE(domain_is_the_hosts(web("did:web:localhost%3A2584"), "http://localhost:2583", {}));
  CHECK_FALSE(domain_is_the_hosts(web("did:web:notpds.example"), "https://pds.example", {}));
}
