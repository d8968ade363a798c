#include "core/crypto/multi_buffer.h"

#if ATB_MULTI_BUFFER

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>

#define NO_COMPAT_IMB_API_053  // the library's old names collide with OpenSSL's
#include <intel-ipsec-mb.h>

namespace atb::crypto {
namespace {

struct FreeManager {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

// What the library says of the processor. Some engines may then still be lacking in the library as built.
std::uint64_t features() {
  const Manager manager(alloc_mb_mgr(0));
  return manager == nullptr ? 0 : manager->features;
}

void init(IMB_MGR* manager, Sha256Engine engine) {
  switch (engine) {
    case Sha256Engine::sha_ni:
      // Of the library's variants this one has the SHA extensions in its job manager.
      init_mb_mgr_sse(manager);
      break;
    case Sha256Engine::avx2:
      init_mb_mgr_avx2(manager);
      break;
    case Sha256Engine::avx512:
      init_mb_mgr_avx512(manager);
      break;
    case Sha256Engine::openssl:
      break;
  }
}

Manager new_manager(Sha256Engine engine) {
  Manager manager(alloc_mb_mgr(engine == Sha256Engine::sha_ni ? 0 : IMB_FLAG_SHANI_OFF));
  if (manager == nullptr) return manager;
  init(manager.get(), engine);
  if (imb_get_errno(manager.get()) != 0) manager.reset();
  return manager;
}

bool works(Sha256Engine engine) { return new_manager(engine) != nullptr; }

IMB_MGR& manager_of(Sha256Engine engine) {
  thread_local std::array<Manager, 4> managers;
  Manager& manager = managers[static_cast<std::size_t>(engine)];
  if (manager == nullptr) manager = new_manager(engine);
  if (manager == nullptr) {
    // It worked when the engines were looked up: there is no memory left to hash with.
    static_cast<void>(std::fputs("atbackup: out of memory\n", stderr));
    std::abort();
  }
  return *manager;
}

// Sixteen lanes stop together when one of them is through: best, all of them are. So in the order of how many
// blocks of SHA-256 the messages have; where there are more of them than lanes.
constexpr std::size_t kMostLanes = 16;

std::span<const std::uint32_t> by_length(std::span<const ByteView> messages) {
  constexpr std::size_t kBins = 64;
  thread_local std::vector<std::uint32_t> order;
  order.resize(messages.size());
  // With the nine bytes of padding and length, at least.
  const auto bin = [](ByteView message) { return std::min((message.size() + 8) / 64, kBins - 1); };
  std::array<std::uint32_t, kBins + 1> starts{};
  for (const ByteView message : messages) ++starts[bin(message) + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  for (std::size_t i = 0; i < messages.size(); ++i)
    order[starts[bin(messages[i])]++] = static_cast<std::uint32_t>(i);
  return order;
}

}  // namespace

std::vector<Sha256Engine> multi_buffer_engines() {
  const std::uint64_t found = features();
  std::vector<Sha256Engine> engines;
  const auto offer = [&](Sha256Engine engine, std::uint64_t wanted) {
    if ((found & wanted) == wanted && works(engine)) engines.push_back(engine);
  };
  offer(Sha256Engine::sha_ni, IMB_FEATURE_SHANI | IMB_FEATURE_SSE4_2);
  offer(Sha256Engine::avx512, IMB_FEATURE_AVX512_SKX);
  offer(Sha256Engine::avx2, IMB_FEATURE_AVX2);
  return engines;
}

void multi_buffer_sha256(Sha256Engine engine, std::span<const ByteView> messages, std::span<Digest> digests) {
  IMB_MGR& manager = manager_of(engine);
  const auto submit = [&](std::size_t i) {
    IMB_JOB* job = IMB_GET_NEXT_JOB(&manager);
    job->cipher_mode = IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->hash_alg = IMB_AUTH_SHA_256;
    job->src = messages[i].data();
    job->hash_start_src_offset_in_bytes = 0;
    job->msg_len_to_hash_in_bytes = messages[i].size();
    job->auth_tag_output = digests[i].data();
    job->auth_tag_output_len_in_bytes = digests[i].size();
    static_cast<void>(IMB_SUBMIT_JOB_NOCHECK(&manager));
  };
  if (engine == Sha256Engine::avx512 && messages.size() > kMostLanes) {
    for (const std::uint32_t i : by_length(messages)) submit(i);
  } else {
    for (std::size_t i = 0; i < messages.size(); ++i) submit(i);
  }
  while (IMB_FLUSH_JOB(&manager) != nullptr) {
  }
}

}  // namespace atb::crypto

#else

#include <cstdlib>

namespace atb::crypto {

std::vector<Sha256Engine> multi_buffer_engines() { return {}; }

void multi_buffer_sha256(Sha256Engine, std::span<const ByteView>, std::span<Digest>) { std::abort(); }

}  // namespace atb::crypto

#endif
