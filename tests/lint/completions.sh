#!/bin/bash
# The committed completion scripts complete: bash and fish are asked, zsh reads its script.
set -euo pipefail
for shell in zsh fish; do
  command -v $shell >/dev/null || { echo "$shell is missing: run './dev setup'" >&2; exit 1; }
done
failed=0
expect() {  # WHAT WANTED GOT: every word wanted is among those got
  local word
  for word in $2; do
    grep -qxF -e "$word" <<<"$3" || { echo "$1: lacks '$word', gives: ${3//$'\n'/ }"; failed=1; }
  done
}
refuse() {  # WHAT UNWANTED GOT
  ! grep -qxF -e "$2" <<<"$3" || { echo "$1: gives '$2'"; failed=1; }
}

source completions/atbackup.bash
in_bash() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _atbackup
  printf '%s\n' "${COMPREPLY[@]}"
}
in_fish() { fish --no-config -c 'source completions/atbackup.fish; complete -C "$argv"' -- "$1" | cut -f1; }

expect 'bash: a command' 'export verify migrate login logout whoami completion' "$(in_bash atbackup '')"
expect 'bash: the start of a command' 'migrate' "$(in_bash atbackup mi)"
refuse 'bash: the start of a command' export "$(in_bash atbackup mi)"
expect 'bash: options of a command' '--output --jobs --json --plc-url' "$(in_bash atbackup export --)"
refuse 'bash: options of another command' --to "$(in_bash atbackup export --)"
expect 'bash: inner commands' 'status resume' "$(in_bash atbackup migrate '')"
expect 'bash: options of an inner command' '--plc-token-file' "$(in_bash atbackup migrate resume --plc)"
expect 'bash: fixed words' 'auto always never' "$(in_bash atbackup verify --color '')"
expect 'bash: shells' 'bash zsh fish' "$(in_bash atbackup completion '')"
expect 'bash: files' 'README.md' "$(in_bash atbackup verify READ)"
expect 'bash: a command after options' 'verify' "$(in_bash atbackup --json ver)"

zsh -n completions/_atbackup || failed=1

fish --no-execute completions/atbackup.fish || failed=1
expect 'fish: a command' 'export verify migrate' "$(in_fish 'atbackup ')"
expect 'fish: options of a command' '--output --jobs' "$(in_fish 'atbackup export --')"
expect 'fish: inner commands' 'status resume' "$(in_fish 'atbackup migrate ')"
expect 'fish: shells' 'bash zsh fish' "$(in_fish 'atbackup completion ')"
[ $failed -eq 0 ] && echo 'completions: bash and fish complete, zsh reads its script'
exit $failed
