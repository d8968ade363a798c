#!/usr/bin/env python3
"""TRY leaves the function from the middle of an expression, and g++ then does not destroy what that expression had
made so far: it leaks, and a secret in it is not wiped. So TRY never stands in a braced initializer, nor beside another
TRY in one list of arguments.

  try.py FOLDER...
"""
import pathlib
import re
import sys

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|\w+|->|::|[^\s\w]', re.S)
TRY = {"TRY", "TRY_CONTEXT"}
# What stands before the brace of a block; other braces hold initializers.
BEFORE_BLOCK = {")", ";", "{", "}", ":", "]", "else", "do", "try", "const", "noexcept", "override", "mutable"}


def tokens_of(text):
    for match in TOKEN.finditer(text):
        word = match.group()
        if not word.startswith(("//", "/*")):
            yield word, text.count("\n", 0, match.start()) + 1


def opens_block(words, at):
    """words[at] is a brace."""
    before = words[at - 1] if at else ";"
    if before in BEFORE_BLOCK:
        return True
    # A lambda or function with a trailing return type: "-> Result<Bytes> {".
    back = at - 1
    while back >= 0 and re.fullmatch(r"\w+|::|<|>|,|\*|&", words[back]):
        back -= 1
    if back >= 0 and words[back] == "->":
        return True
    # "namespace a::b {", "class X final : public Y {", "struct X {", "enum class X : T {"
    while back >= 0 and words[back] not in (";", "}", "{", ")"):
        back -= 1
    return any(word in ("namespace", "class", "struct", "enum", "union", "extern") for word in words[back + 1:at])


def check(path):
    pairs = list(tokens_of(path.read_text()))
    words = [word for word, _ in pairs]
    found, open_brackets = [], []  # (bracket, is a block, has a TRY of its own)
    for at, word in enumerate(words):
        if word in ("(", "[", "{"):
            open_brackets.append([word, word == "{" and opens_block(words, at), 0])
        elif word in (")", "]", "}") and open_brackets:
            open_brackets.pop()
        elif word == ";" and open_brackets:
            open_brackets[-1][2] = 0
        elif word in TRY and at + 1 < len(words) and words[at + 1] == "(" and open_brackets:
            if words[at - 1] == "define":
                continue
            inside = open_brackets[-1]
            in_braces = False
            for bracket, is_block, _ in reversed(open_brackets):
                if bracket == "{":
                    in_braces = not is_block
                    break
            beside = inside[0] == "(" and inside[2] > 0
            if in_braces:
                found.append((pairs[at][1], "TRY in a braced initializer"))
            elif beside:
                found.append((pairs[at][1], "two TRYs in one list"))
            inside[2] += 1
    return found


def main():
    breaches = 0
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix not in (".cpp", ".h"):
                continue
            for line, what in check(path):
                print(f"{path}:{line}: {what}")
                breaches += 1
    print(f"try: {breaches} breaches")
    sys.exit(bool(breaches))


main()
