#!/usr/bin/env bash
# Builds what a release consists of: .deb and .rpm for amd64 and arm64, for each
# the list of the modules in it (CycloneDX), and the checksums of all.
#
#   systemd/release.sh VERSION [DIRECTORY]    into dist, if no other is named
#
# The same commit gives the same files, byte for byte.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ ${1:-} =~ ^v?[0-9]+\.[0-9]+\.[0-9]+([-~+].*)?$ ]] || { echo "usage: systemd/release.sh VERSION [DIRECTORY], such as 1.2.3" >&2; exit 2; }

export VERSION=${1#v} CGO_ENABLED=0
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
mkdir -p "${2:-dist}"
dist=$(cd "${2:-dist}" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
umask 022

build() { go build -trimpath -ldflags "-s -w -X main.release=v$VERSION" -o "$1" ./cmd/turnpike; }
tool() { go build -C systemd/tools -o "$stage/tools/" "$@"; }

# Those of all that is linked into the program, as they ask for.
licences() {
  local path version dir
  printf '== the standard library of Go\n\n'
  cat "$(go env GOROOT)/LICENSE"
  go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/turnpike | sort -u |
    while read -r path version dir; do
      printf '\n== %s %s\n\n' "$path" "$version"
      find "$dir" -maxdepth 1 -type f \( -name 'LICENSE*' -o -name 'NOTICE*' \) -exec cat {} +
    done
}

tool ./manual ./sbom github.com/goreleaser/nfpm/v2/cmd/nfpm

# What is the same everywhere. The package has its program elsewhere than who builds it himself.
build "$stage/here"
"$stage/tools/manual" -program "$stage/here" -example config/example.yml -version "$VERSION" "$stage"
gzip -9n "$stage"/turnpike.1 "$stage"/turnpike.yml.5
cp -r systemd/package/* systemd/turnpike.sysusers LICENSE "$stage"
sed 's,/usr/local/bin/,/usr/bin/,' systemd/turnpike.service >"$stage/turnpike.service"
{
  cat systemd/package/copyright
  sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
  echo 'License: MIT'
  sed '1,4d; s/^$/./; s/^/ /' LICENSE
} >"$stage/copyright"
mkdir "$stage/doc"
cp -r README.md CHANGES.md docs config/example.yml "$stage/doc"
licences >"$stage/doc/LICENSES"
chmod -R u=rwX,go=rX "$stage/doc"

for ARCH in amd64 arm64; do
  export ARCH
  GOARCH=$ARCH build "$stage/turnpike"
  "$stage/tools/sbom" -version "$VERSION" "$stage/turnpike" >"$dist/turnpike_${VERSION}_linux_$ARCH.cdx.json"
  for kind in deb rpm; do
    (cd "$stage" && tools/nfpm package -f nfpm.yaml -p $kind -t "$dist/")
  done
done
cd "$dist"
sha256sum -- *.deb *.rpm *.cdx.json >SHA256SUMS
