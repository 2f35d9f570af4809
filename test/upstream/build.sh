#!/usr/bin/env bash
# Builds nghttp2's own unit tests, from the pinned release, as two programs for a JavaScript runtime:
# build/upstream/main.cjs and build/upstream/failmalloc.cjs (every allocation fails once).
#
# Assertions are on and undefined behaviour traps, as in wasm/build.sh --debug.
set -euo pipefail
export LC_ALL=C

# shellcheck source=wasm/toolchain.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../wasm/toolchain.sh"

release=build/nghttp2-$nghttp2_version
output=build/upstream
compile=(
  -I"$release/lib/includes" -I"$release/lib" -I"$release/tests/munit"
  -O1 -g1 -fsanitize=undefined -fsanitize-trap=undefined -w
  -DNGHTTP2_STATICLIB -DBUILDING_NGHTTP2 -DHAVE_ARPA_INET_H -DHAVE_NETINET_IN_H
)
link=(
  -O1 -sSINGLE_FILE=1 -sTOTAL_STACK=1048576 -sALLOW_MEMORY_GROWTH
  -sEXIT_RUNTIME -sENVIRONMENT=node
)

cd "$checkout"
one_at_a_time
require_emcc
fetch_nghttp2

inputs=$(printf '%s\n' "$emcc_version" "$nghttp2_sha256" "${compile[@]}" "${link[@]}" | hash_of)
[ "$(cat "$output/built" 2>/dev/null)" = "$inputs" ] && exit
say "compiling nghttp2's tests"
rm -rf "$output"
mkdir -p "$output"/{library,tests}
compile_all "$output/library" "$release"/lib/*.c
compile_all "$output/tests" "$release"/tests/*.c "$release/tests/munit/munit.c"

# link_program <name> <object>...: CommonJS, also where package.json says "module".
link_program() {
  local name=$1
  shift
  emcc "${link[@]}" "$@" "$output"/library/*.o -o "$output/$name.js"
  mv "$output/$name.js" "$output/$name.cjs"
}

# The split of tests/Makefile.am.
main=()
failmalloc=("$output"/tests/{nghttp2_test_helper,munit}.o)
for object in "$output"/tests/*.o; do
  case ${object##*/} in
  failmalloc*.o | malloc_wrapper.o) failmalloc+=("$object") ;;
  *) main+=("$object") ;;
  esac
done
link_program main "${main[@]}"
link_program failmalloc "${failmalloc[@]}"
printf '%s\n' "$inputs" >"$output/built"
