# Sourced by simulator/run and tests/run: packages, configuring, building. Says what it does on stderr, and
# nothing when there is nothing to do. CRYPTOPERIOD_JOBS bounds the compilers that run at once (2).
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
{ : <&0; } 2>/dev/null || exec </dev/null # a closed standard input would lend its number to the next file

jobs=$(nproc 2>/dev/null || echo 1)
jobs=$((jobs < ${CRYPTOPERIOD_JOBS:-2} ? jobs : ${CRYPTOPERIOD_JOBS:-2}))

[[ -w ${HOME:-} ]] || export CCACHE_DIR=$root/build/.ccache
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 # another clone of the same sources finds them compiled

packages_to_build=(g++ cmake ninja-build ccache pkg-config libboost1.81-dev libtomlplusplus-dev
  libcli11-dev libfmt-dev nlohmann-json3-dev libcrypto++-dev libcereal-dev libsqlite3-dev)

say() { echo "$*" >&2; }
fail_setup() { # fail_setup LINE...: what is wrong and the remedy
  printf '%s\n' "$@" >&2
  exit 3
}

declare -A held
lock() { # lock NAME: until unlock, or the end of the script, the only one in this tree that holds it
  mkdir -p "$root/build"
  exec {held[$1]}>"$root/build/.$1.lock"
  flock -n "${held[$1]}" || { say "waiting for another run in $root/build" && flock "${held[$1]}"; }
}
unlock() { exec {held[$1]}>&-; } # unlock NAME

missing_packages() { # missing_packages PACKAGE...
  local package
  for package; do
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
      ?i*) ;;
      *) echo "$package" ;;
    esac
  done
}

need_packages() { # need_packages PACKAGE...: installs what is missing, or exits with 3
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: expecting the equivalents of $*"
    return
  fi
  local missing as_root=(env DEBIAN_FRONTEND=noninteractive)
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  local remedy="as root: apt-get update && apt-get install ${missing[*]}"
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || fail_setup "missing: ${missing[*]}; neither root nor sudo" "remedy, $remedy"
    as_root=(sudo DEBIAN_FRONTEND=noninteractive)
  fi
  say "installing ${missing[*]}"
  local log=$root/build/apt.log
  {
    "${as_root[@]}" apt-get -q update
    "${as_root[@]}" apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends --no-remove \
      install "${missing[@]}"
  } </dev/null >"$log" 2>&1 || true
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  tail -n 5 "$log" >&2
  fail_setup "could not install: ${missing[*]} (whole output: $log)" "remedy, $remedy"
}

configure() { # configure PRESET [-DNAME=VALUE...]: a build folder that was made elsewhere is made anew
  ! command -v ninja >/dev/null || export CMAKE_GENERATOR=Ninja
  local folder=$root/build/$1 log=$root/build/configure-$1.log
  if [[ -f $folder/CMakeCache.txt ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    rm -rf "$folder"
  fi
  if [[ ! -f $folder/CMakeCache.txt ]]; then
    say "configuring build/$1"
  fi
  if ! cmake -S "$root" --preset "$@" </dev/null >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    fail_setup "could not configure build/$1 (whole output: $log)"
  fi
}

is_configured() { # is_configured PRESET
  local folder=$root/build/$1
  grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt" &&
    [[ -f $folder/build.ninja || -f $folder/Makefile ]]
}

keep_going= # `build` goes on with what does not depend on a failure
build() { # build PRESET [TARGET...]
  local folder=$root/build/$1 idle='Re-checking globbed|no work to do|Built target|onsolidate compiler generated'
  local options=()
  if [[ -n $keep_going ]]; then
    options=(-- -k)
    [[ ! -f $folder/build.ninja ]] || options+=(0)
  fi
  cmake --build "$folder" --parallel "$jobs" ${2:+--target "${@:2}"} "${options[@]}" </dev/null 2>&1 |
    { grep -Ev --line-buffered "$idle" || true; } >&2
}
