#!/usr/bin/env bash
# Installs the Debian packages of some groups of tools/packages.txt, where they are missing, and checks versions.
#   tools/install.sh build test
# Says nothing when all is there. On a system without dpkg it does nothing: there the compiler tells what it lacks.
set -euo pipefail

list=$(dirname "$0")/packages.txt
[ $# -gt 0 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
command -v dpkg-query >/dev/null || exit 0

# The lines of the groups asked for: "package version".
wanted() {
  local group name version
  while read -r group name version; do
    case " $* " in *" $group "*) echo "$name $version" ;; esac
  done < <(grep -Ev '^(#|$)' "$list")
}

# Upstream version of an installed package: without Debian's epoch and revision. Empty when it is not installed.
installed() {
  local version
  version=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null) || return 0
  [ "${version%% *}" = installed ] || return 0
  version=${version#* }; version=${version#*:}
  echo "${version%-*}"
}

groups=$*
for group in $groups; do
  [ -n "$(wanted "$group")" ] || { echo "install: no group '$group' in $list" >&2; exit 2; }
done

# apt-get takes one at a time, and make may run several of us.
exec 9<"$list"
flock 9

missing=()
while read -r name version; do
  [ -n "$(installed "$name")" ] || missing+=("$name")
done < <(wanted $groups)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    printf 'install: packages are missing. Run this, then try again:\n  sudo apt-get install %s\n' "${missing[*]}" >&2
    exit 1
  fi
  echo "install: apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  if ! { apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
fi

status=0
while read -r name version; do
  have=$(installed "$name")
  case $have in
    "$version"*) ;;
    *) echo "install: $name is $have here, the project is made with $version*" >&2; status=1 ;;
  esac
done < <(wanted $groups)
exit $status
