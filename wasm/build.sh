#!/usr/bin/env bash
# Builds dist/nghttp2.wasm: nghttp2 (the release pinned in nghttp2.lock) and the C of this folder.
#
#   wasm/build.sh           optimised, no names: dist/nghttp2.wasm
#   wasm/build.sh --debug   assertions, names, traps on undefined behaviour, allocations that fail on
#                           demand: dist/nghttp2.debug.wasm
#   --force                 build even though nothing has changed
#
# The same inputs give the same bytes, in whatever folder. Objects are kept in build/, so a change
# in this folder costs a link. NGHTTP2_TARBALL names a tarball to use instead of fetching it.
set -euo pipefail
export LC_ALL=C

# shellcheck source=wasm/toolchain.sh
. "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"

raw_budget=170000 # bytes, of the release build
gzip_budget=62000

flavor=release
force=
for argument in "$@"; do
  case $argument in
  --debug) flavor=debug ;;
  --force) force=yes ;;
  *) die "usage: wasm/build.sh [--debug] [--force]" ;;
  esac
done

library=build/nghttp2-$nghttp2_version
compile=(
  -I"$library/lib/includes" -I"$library/lib" -Iwasm/bridge
  -I"$library/third-party/llhttp/include"
  -std=gnu11 -Wall -Wextra -Werror=implicit-function-declaration
  -fno-exceptions -fvisibility=hidden "-ffile-prefix-map=$checkout=."
  -DNGHTTP2_STATICLIB -DHAVE_ARPA_INET_H -DHAVE_NETINET_IN_H
)
# bytes.c says why. Link-time optimisation would give memory.copy to every function.
compile_bytes=(-O3 -fno-lto -mbulk-memory -fno-builtin)
# Small, because the parser is one long table of states. __wasm__ asks for glue to a JavaScript host.
compile_llhttp=(-Os -U__wasm__ -Wno-unused-parameter)
# Small, because none of these has a loop that is worth the bytes.
small_library=("$library/lib/nghttp2_submit.c")
small=(wasm/http2/windows.c wasm/http1/target.c wasm/http2/submit.c wasm/http2/ends.c wasm/libc/format.c)
compile_small=()
link=(
  --no-entry -sSTANDALONE_WASM -sFILESYSTEM=0 -sSUPPORT_ERRNO=0
  # Memory starts small and grows up to a hard end; malloc answers NULL there.
  -sINITIAL_MEMORY=1MB -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=1GB
  -sMALLOC=dlmalloc -sABORTING_MALLOC=0
  "-Wl,--wrap=emscripten_resize_heap" # libc.c
  "-Wl,--wrap=nghttp2_frame_unpack_frame_hd" # http2/rules.c
  # The stack lies below the data: one that overflows traps instead of writing over it.
  -sTOTAL_STACK=128KB "-Wl,--stack-first"
)
if [ "$flavor" = release ]; then
  output=dist/nghttp2.wasm
  compile+=(-O3 -flto -DNDEBUG)
  compile_small=(-Os)
  # Half of the usual threshold for inlining: a sixth smaller, and no slower.
  link+=(-O3 -flto "-Wl,-mllvm,-inline-threshold=75")
else
  output=dist/nghttp2.debug.wasm
  compile+=(-O1 -g -fsanitize=undefined -fsanitize-trap=undefined)
  link+=(-O1 -g "-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free") # debug.c
fi

# Decides the bytes of an object of the library; with the C of this folder and the linker's flags
# it decides the output's.
toolchain_key() {
  printf '%s\n' "$emcc_version" "$nghttp2_sha256" "${compile[@]}" "${compile_bytes[@]}" "${compile_llhttp[@]}" \
    "${small_library[@]}" "${small[@]}" "${compile_small[@]}" | hash_of
}
inputs_key() {
  {
    toolchain_key
    printf '%s\n' "${link[@]}"
    (cd "$checkout" && sha256sum wasm/*/*.[ch])
  } | hash_of
}

# Prints what the module is made of and its size; stops when a promise of the release is broken.
report() {
  local raw gzipped interface
  raw=$(wc -c <"$output")
  gzipped=$(gzip -9 -n -c "$output" | wc -c)
  interface=$(interface_of "$output")
  say "$emcc_version"
  say "nghttp2 $nghttp2_version"
  say "$output: $((raw)) bytes, $((gzipped)) gzipped, $interface"
  [ "$flavor" = release ] || return 0
  if [ "$raw" -gt $raw_budget ] || [ "$gzipped" -gt $gzip_budget ]; then
    die "over the budget of $raw_budget bytes, $gzip_budget gzipped"
  fi
}

# "N imports, N exports". An import is an error: the host has nothing to give.
interface_of() {
  # shellcheck disable=SC2016 # those are JavaScript's
  node -e '
    const module = new WebAssembly.Module(require("fs").readFileSync(process.argv[1]))
    const imports = WebAssembly.Module.imports(module)
    for (const { module, name } of imports) console.error(`error: it imports ${module}.${name}`)
    console.log(`${imports.length} imports, ${WebAssembly.Module.exports(module).length} exports`)
    if (imports.length > 0) process.exit(1)
  ' "$1"
}

cd "$checkout" # relative paths from here on: nothing of where it stands gets into the objects
mkdir -p dist build/wasm
one_at_a_time
require_emcc
fetch_nghttp2
kept=build/wasm/$flavor
inputs=$(inputs_key)
built() { printf '%s %s\n' "$inputs" "$(hash_of <"$output")"; }
if [ -z "$force" ] && [ -f "$output" ] && [ "$(cat "$kept/built" 2>/dev/null)" = "$(built)" ]; then
  say "nothing has changed"
  report
  exit
fi

if [ -n "$force" ] || [ "$(cat "$kept/toolchain" 2>/dev/null)" != "$(toolchain_key)" ]; then
  rm -rf "$kept"
fi
mkdir -p "$kept/library"
toolchain_key >"$kept/toolchain"

# All of lib/ but the clock (time comes from the host, through nghttp2_time_now_sec() in wasm/) and
# the tables that huffman.c makes.
sources=()
objects=()
for source in "$library"/lib/*.c; do
  name=${source##*/}
  case $name in
  nghttp2_time.c | nghttp2_hd_huffman_data.c) ;;
  *)
    sources+=("$source")
    objects+=("$kept/library/${name%.c}.o")
    ;;
  esac
done
llhttp=()
for source in "$library"/third-party/llhttp/src/*.c; do
  name=${source##*/}
  llhttp+=("$source")
  objects+=("$kept/library/${name%.c}.o")
done
say "compiling ($flavor)"
rm -rf "$kept/bridge"
mkdir "$kept/bridge"
(
  compile+=("${compile_small[@]}")
  compile_all "$kept/library" "${small_library[@]}"
  compile_all "$kept/bridge" "${small[@]}"
)
compile_all "$kept/library" "${sources[@]}"
(
  compile+=("${compile_llhttp[@]}")
  compile_all "$kept/library" "${llhttp[@]}"
)
(
  compile+=("${compile_bytes[@]}")
  compile_all "$kept/bridge" wasm/libc/bytes.c
)
compile_all "$kept/bridge" wasm/*/*.c

say "linking"
part=$(mktemp -d "build/wasm/link.XXXXXX")
trap 'rm -rf "$part"' EXIT
emcc "${link[@]}" "$kept"/bridge/*.o "${objects[@]}" \
  -o "$part/nghttp2.wasm"
chmod 644 "$part/nghttp2.wasm"
mv "$part/nghttp2.wasm" "$output"
report
built >"$kept/built"
