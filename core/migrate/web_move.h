// Moving a did:web: steps in place of those that sign and publish operations. Private to this module.
//
// The user publishes the document, so the program writes it out, says where it belongs, and looks at the
// public copy until it says what it should. With the old host alive there is one publication, which names the
// new host and its key; without it two, of which the first names a temporary key.
#pragma once

#include "core/migrate/machine.h"
#include "core/migrate/plan.h"

#include <memory>
#include <string>

namespace atb::migrate {

bool is_web(const Journal& journal);

// What the public copy of the document shows of a move that is to be given up.
struct WebStanding {
  bool claimed = false;    // it names the temporary key of this move
  bool submitted = false;  // it names the new host
};
Result<WebStanding> standing_of_web(Move& move);

// "move.web_domain" (refused): the domain is the old host's own.
Status check_web(const Observed& observed);
// "move.did_web" (refused): a key is wished for, and there is no place for one.
Failure web_has_no_keys();
std::string describe_web(const Plan& plan, const Observed& observed);

std::unique_ptr<Step> write_first_document_step();  // "claim-sign"
std::unique_ptr<Step> first_publication_step();     // "claim"
std::unique_ptr<Step> write_document_step();        // "sign"
std::unique_ptr<Step> publication_step();           // "submit"

}  // namespace atb::migrate
