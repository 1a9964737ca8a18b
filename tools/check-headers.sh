#!/usr/bin/env bash
# Each public header compiles alone, strictly, as C11 (gcc and clang) and as C++11; each internal one alone as C11.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob globstar

strict=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror -fsyntax-only -Iinclude)
compile() { # HEADER COMPILER OPTION...
  local header=$1
  shift
  printf '#include "%s"\n' "$header" | "$@" "${strict[@]}" - || { echo "$header does not compile alone: $*"; exit 1; }
}

for header in include/*.h; do
  name=${header#include/}
  compile "$name" gcc -std=c11 -Wstrict-prototypes -x c
  compile "$name" clang-14 -std=c11 -Wstrict-prototypes -x c
  compile "$name" clang-14 -std=c++11 -x c++
done
for header in src/**/*.h; do
  case $header in
    src/port/wasm/*) continue ;;
    src/net/*) system=-D_GNU_SOURCE ;;
    *) system=-D_POSIX_C_SOURCE=200809L ;;
  esac
  compile "${header#src/}" gcc -std=c11 $system -x c -Isrc -isystem build/deps -DSQLITE_ENABLE_PREUPDATE_HOOK
done
for header in server/*.h; do
  compile "$header" gcc -std=c11 -D_GNU_SOURCE -x c -Isrc -I. -isystem build/deps
done
