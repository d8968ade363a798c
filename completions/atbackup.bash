# bash completion for atbackup
_atbackup() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case "$path $word" in
      ' export') path='export' ;;
      ' verify') path='verify' ;;
      ' ls') path='ls' ;;
      ' cat') path='cat' ;;
      ' extract') path='extract' ;;
      ' migrate') path='migrate' ;;
      'migrate status') path='migrate status' ;;
      'migrate resume') path='migrate resume' ;;
      'migrate activate') path='migrate activate' ;;
      'migrate abort') path='migrate abort' ;;
      'migrate rehearse') path='migrate rehearse' ;;
      ' doctor') path='doctor' ;;
      ' key') path='key' ;;
      'key new') path='key new' ;;
      'key enroll') path='key enroll' ;;
      'key check') path='key check' ;;
      'key list') path='key list' ;;
      'key show') path='key show' ;;
      ' plc') path='plc' ;;
      'plc log') path='plc log' ;;
      'plc verify') path='plc verify' ;;
      'plc diff') path='plc diff' ;;
      'plc sign') path='plc sign' ;;
      'plc submit') path='plc submit' ;;
      'plc revert') path='plc revert' ;;
      ' login') path='login' ;;
      ' logout') path='logout' ;;
      ' whoami') path='whoami' ;;
      ' explain') path='explain' ;;
      ' completion') path='completion' ;;
    esac
  done
  case "$prev" in
    --color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;;
    --output|-o|--against-receipt|--plc-log|--receipt|--from|--blobs|--car|--records|--allow-missing-blobs|--auth-code-file|--new-password-file|--passphrase-file|--password-file|--plc-token-file|--recovery-key-out|--rotation-key|--signing-key-file|--server-dir|--signed-by|--signer-passphrase-file|--log|--unsigned-out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --allow-private-host|--color|--dns-server|--pds|--plc-url|--proxy|--jobs|--did|--key|--auth-code-command|--confirm|--email|--handle|--invite-code|--keep-key|--keep-operation|--new-password-command|--passphrase-command|--password-command|--plc-token-command|--remove-key|--to|--undo-operation|--rank|--signer-passphrase-command|--signer) return ;;
  esac
  case "$path" in
    '')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--allow-private-host --color --dns-server --help --json --json-progress --pds --plc-url --proxy --quiet --verbose --version --yes -h -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -W 'export verify ls cat extract migrate doctor key plc login logout whoami explain completion' -- "$cur")); fi ;;
    'export')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--accept-change --help --jobs --output -h -o --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'verify')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--against-receipt --did --force --help --key --plc-log --receipt -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'ls')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--from --help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'cat')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--from --help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'extract')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--blobs --car --force --from --help --records --salvage -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'migrate')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--allow-missing-blobs --auth-code-command --auth-code-file --confirm --dry-run --email --from --handle --help --hostile-host --invite-code --jobs --keep-key --keep-operation --new-password-command --new-password-file --no-recovery-key --passphrase-command --passphrase-file --password-command --password-file --plc-token-command --plc-token-file --recovery-key-out --remove-key --rotation-key --signing-key-file --to --undo-operation --wait -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -W 'status resume activate abort rehearse' -- "$cur")); fi ;;
    'migrate status')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'migrate resume')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--allow-missing-blobs --auth-code-command --auth-code-file --bring-late-posts --confirm --email --from --handle --help --hostile-host --invite-code --jobs --keep-key --keep-operation --new-password-command --new-password-file --no-recovery-key --passphrase-command --passphrase-file --password-command --password-file --plc-token-command --plc-token-file --recovery-key-out --remove-key --rotation-key --signing-key-file --undo-operation --wait -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'migrate activate')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--auth-code-command --auth-code-file --help --password-command --password-file -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'migrate abort')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--confirm --help --passphrase-command --passphrase-file --rotation-key -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'migrate rehearse')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--allow-missing-blobs --help --jobs --keep --passphrase-command --passphrase-file --rotation-key --server-dir -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'doctor')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--from --help --passphrase-command --passphrase-file --rotation-key --to -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'key')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -W 'new enroll check list show' -- "$cur")); fi ;;
    'key new')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help --passphrase-command --passphrase-file -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'key enroll')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--auth-code-command --auth-code-file --confirm --help --passphrase-command --passphrase-file --password-command --password-file --plc-token-command --plc-token-file --rank --rotation-key --signed-by --signer-passphrase-command --signer-passphrase-file -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'key check')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help --passphrase-command --passphrase-file -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'key list')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'key show')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help --passphrase-command --passphrase-file --sheet -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'plc')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -W 'log verify diff sign submit revert' -- "$cur")); fi ;;
    'plc log')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'plc verify')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--did --help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'plc diff')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'plc sign')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--confirm --help --log --output --passphrase-command --passphrase-file --rotation-key -h -o --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'plc submit')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--confirm --help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'plc revert')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--confirm --help --passphrase-command --passphrase-file --remove-key --rotation-key --signer --unsigned-out -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'login')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--allow-takendown --auth-code-command --auth-code-file --help --password-command --password-file -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'logout')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'whoami')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'explain')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
    'completion')
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help -h --allow-private-host --color --dns-server --json --json-progress --pds --plc-url --proxy --quiet --verbose --yes -q -v -y' -- "$cur"))
      else COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")); fi ;;
  esac
}
complete -o filenames -F _atbackup atbackup
