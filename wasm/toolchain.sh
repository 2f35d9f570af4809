# shellcheck shell=bash disable=SC2016,SC2034 # text for others to expand, variables for others
# What builds share: nghttp2's pinned sources, emcc, and the way from sources to objects.
# To be sourced; sets checkout (the folder above), nghttp2_version and nghttp2_sha256.
#
#   fetch_nghttp2   unpacks the release into build/nghttp2-<version>
#   require_emcc    sets emcc_version; installs Debian's emscripten where it may
#   compile_all     compiles in parallel
#   one_at_a_time   waits for the build that is under way
#
# The tarball comes from $NGHTTP2_TARBALL, or else from the cache, upstream's release page or the
# machine's Debian mirror, in that order. Only bytes with the sha256 of nghttp2.lock are used.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

version=
sha256=
# shellcheck source=wasm/nghttp2.lock
. "$checkout/wasm/nghttp2.lock"
nghttp2_version=$version
nghttp2_sha256=$sha256
nghttp2_cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/nghttp2-wasm

say() { printf '%s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

hash_of() { sha256sum | cut -d ' ' -f 1; }

fetch_nghttp2() {
  local tarball=${NGHTTP2_TARBALL:-}
  if [ -n "$tarball" ]; then
    [ -f "$tarball" ] || die "NGHTTP2_TARBALL: no such file: $tarball"
    _is_pinned "$tarball" || die "NGHTTP2_TARBALL: $(_mismatch "$tarball")"
  fi

  local unpacked=$checkout/build/nghttp2-$nghttp2_version part
  if [ "$(cat "$unpacked/.sha256" 2>/dev/null)" = "$nghttp2_sha256" ]; then return; fi
  if [ -z "$tarball" ]; then
    tarball=$nghttp2_cache/nghttp2-$nghttp2_version.tar.gz
    _fill_cache "$tarball"
  fi

  mkdir -p "$checkout/build"
  part=$(mktemp -d "$checkout/build/unpack.XXXXXX")
  tar -xzf "$tarball" -C "$part" --strip-components=1 --no-same-owner
  printf '%s\n' "$nghttp2_sha256" >"$part/.sha256"
  rm -rf "$unpacked"
  mv "$part" "$unpacked"
}

_fill_cache() {
  local tarball=$1 fetched source
  if [ -f "$tarball" ]; then
    if _is_pinned "$tarball"; then return; fi
    say "the cached tarball is not the pinned one, fetching it again: $(_mismatch "$tarball")"
    rm -f "$tarball"
  fi

  mkdir -p "$nghttp2_cache"
  fetched=$(mktemp -d "$nghttp2_cache/fetch.XXXXXX")
  for source in _from_upstream _from_debian; do
    if ! "$source" "$fetched" || [ ! -f "$fetched/tarball" ]; then continue; fi
    if _is_pinned "$fetched/tarball"; then
      mv "$fetched/tarball" "$tarball"
      rm -rf "$fetched"
      return
    fi
    say "$(_mismatch "$fetched/tarball")"
    rm -rf "$fetched"
    die "what was served is not the release pinned in wasm/nghttp2.lock"
  done
  rm -rf "$fetched"
  die "nghttp2 $nghttp2_version could not be fetched. Download nghttp2-$nghttp2_version.tar.gz from" \
    "https://github.com/nghttp2/nghttp2/releases and set NGHTTP2_TARBALL to its path."
}

_from_upstream() {
  local name=nghttp2-$nghttp2_version.tar.gz
  local url=https://github.com/nghttp2/nghttp2/releases/download/v$nghttp2_version/$name
  say "fetching $url"
  if command -v curl >/dev/null; then
    curl -fsSL --connect-timeout 5 --max-time 60 -o "$1/tarball" "$url"
  elif command -v wget >/dev/null; then
    wget -q --tries=1 --connect-timeout=5 --read-timeout=20 -O "$1/tarball" "$url"
  else
    say "neither curl nor wget is here"
    return 1
  fi
}

# The source package's .orig.tar.gz is upstream's tarball, byte for byte. apt gets package lists and
# a source line of its own; the machine's are read, not touched.
_from_debian() {
  local apt=$1/apt private site sites suite package
  command -v apt-get >/dev/null || return 1
  say "fetching nghttp2 from the machine's Debian mirror"
  mkdir -p "$apt/lists/partial" "$apt/files"
  private=(
    -qq -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt" -o Debug::NoLocking=true
    -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=1
  )
  sites=$(_debian_sites)
  if [ -z "$sites" ]; then # a machine whose package lists were never fetched, or deleted
    apt-get "${private[@]}" update >&2 || return 1
    sites=$(_debian_sites "${private[@]}")
  fi

  private+=(-o Dir::Etc::sourcelist="$apt/source.list" -o Dir::Etc::sourceparts=/dev/null)
  for site in $sites; do
    for suite in sid testing; do
      printf 'deb-src [signed-by=%s] %s %s main\n' \
        /usr/share/keyrings/debian-archive-keyring.gpg "$site" "$suite" >"$apt/source.list"
      apt-get "${private[@]}" update >&2 || continue
      package=$(apt-cache "${private[@]}" showsrc --only-source nghttp2 |
        sed -n "s/^Version: \(${nghttp2_version//./\\.}-.*\)/\1/p" | sort -u | tail -n 1)
      [ -n "$package" ] || continue
      (
        cd "$apt/files" &&
          apt-get "${private[@]}" source --download-only --tar-only "nghttp2=$package" >&2
      ) || continue
      mv "$apt/files/nghttp2_$nghttp2_version.orig.tar.gz" "$1/tarball"
      return
    done
  done
  return 1
}

_debian_sites() {
  apt-get "$@" indextargets --format '$(SITE)' 'Created-By: Packages' |
    { grep -v -e '-security' || true; } | sort -u
}

_is_pinned() { [ "$(hash_of <"$1")" = "$nghttp2_sha256" ]; }
_mismatch() { printf '%s has sha256 %s, want %s' "$1" "$(hash_of <"$1")" "$nghttp2_sha256"; }

require_emcc() {
  if ! command -v emcc >/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
      die "emcc is not here. Install Emscripten: as root 'apt-get install emscripten' on Debian and" \
        "Ubuntu, 'brew install emscripten' on macOS, or see https://emscripten.org/docs."
    fi
    say "installing emscripten"
    {
      apt-get update -qq
      DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends emscripten
    } >&2
  fi
  emcc_version=$(emcc --version)
  emcc_version=${emcc_version%%$'\n'*} # not `| head`: a closed pipe would fail it
}

# compile_all <folder for the objects> <source>...: those that have no object there yet, with the
# flags in the array `compile`.
# shellcheck disable=SC2154
compile_all() {
  local objects=$1 source object
  shift
  for source in "$@"; do
    object=$objects/$(basename "$source" .c).o
    [ -f "$object" ] || printf '%s\0%s\0' "$source" "$object"
  done | xargs -0 -r -n 2 -P "$(nproc)" "$BASH" -c '
    flags=("${@:1:$#-2}") source=${*: -2:1} object=${*: -1}
    emcc "${flags[@]}" -c "$source" -o "$object.part.o" && mv "$object.part.o" "$object"
  ' compile "${compile[@]}"
}

# A build that had to wait then finds what the other has made. Without flock, both build.
one_at_a_time() {
  if command -v flock >/dev/null; then
    mkdir -p "$checkout/build"
    exec 9>"$checkout/build/wasm.lock"
    flock 9
  fi
}
