#include "tests/opinion/changes.h"

namespace atb::test {

std::string_view name_of(Expect expect) {
  switch (expect) {
    case Expect::clean:
      return "clean";
    case Expect::told:
      return "told";
    case Expect::fails:
      return "fails";
    case Expect::any:
      return "any";
  }
  return "";
}

Subject::Subject(const Base& base) : draft(base), did(base.repo.did.str()), log(base.log) {}

void spoil(Bytes& bytes, Dice& dice) {
  if (bytes.empty()) {
    bytes.push_back(dice.byte());
    return;
  }
  const std::size_t at = dice.below(bytes.size());
  const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  switch (dice.below(6)) {
    case 0:
      *place = dice.byte();
      break;
    case 1:
      bytes.insert(place, dice.byte());
      break;
    case 2:
      bytes.erase(place);
      break;
    case 3:
      bytes.resize(at);
      break;
    default:
      *place = static_cast<std::uint8_t>(*place ^ (1U << dice.below(8)));
  }
}

}  // namespace atb::test
