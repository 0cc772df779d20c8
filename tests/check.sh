# Sourced by the shell checks: `check NAME COMMAND...` prints `ok NAME`, or `FAILED NAME` and what the command
# said, indented; it fails when the command does.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
jobs=${CRYPTOPERIOD_JOBS:-2}
! command -v ninja >/dev/null || export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
warnings=@$root/cmake/warnings.txt # a response file of the compilers

check() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "ok $name"
  else
    printf 'FAILED %s\n%s\n' "$name" "$(tail -n 30 <<<"$said" | sed 's/^/    /')"
    return 1
  fi
}

refused() { # refused REGEX COMMAND...: the command must fail and say so
  local regex=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "was accepted: $*"
    return 1
  fi
  tr '\n' ' ' <<<"$said" | tr -s ' ' | grep -Eq -- "$regex" && return
  printf 'does not say "%s":\n%s\n' "$regex" "$said"
  return 1
}

# Files of the tree, tracked or new; also where there is no repository.
files_of_tree() { # files_of_tree [PATTERN...], separated by NUL
  cd "$root"
  if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
    git -c safe.directory='*' ls-files -z --cached --others --exclude-standard --deduplicate -- "$@" |
      while IFS= read -r -d '' file; do [[ ! -f $file ]] || printf '%s\0' "$file"; done
  else
    local pattern names=()
    for pattern; do names+=(-o -name "$pattern"); done
    find . -path ./build -prune -o -type f ${names[0]:+\( "${names[@]:1}" \)} -printf '%P\0'
  fi
}
