#include "core/rehearse/fetch_back.h"

#include "core/crypto/sha256.h"

#include <fmt/format.h>

namespace atb::rehearse {
namespace {

class HashingBody final : public net::BodySink {
 public:
  Status begin(const net::Response&) override {
    static_cast<void>(hash_.finish());
    bytes_ = 0;
    return {};
  }
  Status write(ByteView bytes) override {
    hash_.update(bytes);
    bytes_ += bytes.size();
    return {};
  }
  crypto::Digest digest() { return hash_.finish(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  crypto::Sha256 hash_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<FetchedBack> fetch_blobs_back(const xrpc::Client& server, const syntax::Did& did,
                                     const std::set<std::string>& allowed, const Limits& limits,
                                     Progress& progress, const StopToken& stop) {
  std::vector<ipld::Cid> listed = TRY(xrpc::list_blobs(server, did, stop));
  FetchedBack back;
  back.lost = std::erase_if(listed, [&](const ipld::Cid& cid) { return allowed.contains(cid.str()); });
  const auto tell = [&](bool done) {
    progress.report({.phase = "blobs back",
                     .bytes = back.bytes,
                     .items = back.blobs,
                     .items_total = listed.size(),
                     .done = done});
  };
  for (const ipld::Cid& cid : listed) {
    HashingBody body;
    TRY(xrpc::get_blob(server, did, cid, limits.blob_bytes, body, stop));
    if (body.digest() != cid.digest()) {
      return fail(ErrorKind::alarm, "rehearse.blob",
                  fmt::format("the server gives other bytes for blob {} than it was given", cid.str()),
                  "the backup is as it was; see whether another rehearsal says the same");
    }
    ++back.blobs;
    back.bytes += body.bytes();
    tell(false);
  }
  tell(true);
  return back;
}

}  // namespace atb::rehearse
