// Hosts of other makes, as their sources read: see core/migrate/host_ways.h and docs/hosts.md.
#pragma once

#include "tests/support/move/move_bench.h"

namespace atb::test {

void make_cocoon(FakePds& host);
void make_rsky(FakePds& host);
void make_tranquil(FakePds& host);
// A host for one account, that of the bench's network, set up there by whoever runs it; with a domain of the
// user's own as its handle. Its repository is empty, or that which `settled` says.
void make_cirrus(FakePds& host);
void settle_on_cirrus(MoveBench& bench);

}  // namespace atb::test
