#!/usr/bin/env bash
# Runs every test of turnpike. As root on Debian it installs what they need; elsewhere it
# does without, and says at the end what was skipped.
#
#   ./test.sh           all, some minutes; each fuzz target for 5 s
#   LONG=1 ./test.sh    the full lengths; each fuzz target for 60 s
set -uo pipefail
cd "$(dirname "$0")" || exit 1
exec </dev/null

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2
govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.3.0
platforms="linux/amd64 linux/arm64 darwin/arm64 windows/amd64"
fuzztime=5s timeout=15m
[[ ${LONG:-} ]] && fuzztime=60s timeout=60m

export PATH=$PATH:/usr/local/go/bin:/usr/sbin:/sbin
export GOFLAGS="${GOFLAGS:-} -buildvcs=false" LONG=${LONG:-}
work=$(mktemp -d)
trap 'rm -rf "$work"; [[ -e $work.policy ]] && rm -f "$work.policy" /usr/sbin/policy-rc.d' EXIT
skipped=() counts=()

# --- telling -----------------------------------------------------------------------------

skip() {
  skipped+=("$1: $2")
  printf '%-34s SKIPPED: %s\n' "$1" "$2"
}

now() { date +%s.%N; }

since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }

# step NAME COMMAND… runs it with its output in $log; if it fails, shows that and ends.
step() {
  local name=$1 start; start=$(now); shift
  log=$work/log
  printf '%-34s ' "$name"
  if ! "$@" >"$log" 2>&1; then
    printf 'FAILED after %s\n\n' "$(since "$start")"
    shown <"$log"
    printf '\n%s failed.\n' "$name"
    exit 1
  fi
  printf '%8s\n' "$(since "$start")"
}

# shown leaves out the packages that passed from the output of go test -v.
shown() {
  awk '/^(ok  |---.no test files|\?   )\t/ { n = 0; next } { line[n++] = $0 }
       /^FAIL\t/ { for (i = 0; i < n; i++) print line[i]; n = 0 }
       END { for (i = 0; i < n; i++) print line[i] }'
}

# --- what the tests need -----------------------------------------------------------------

root() { [[ $(id -u) == 0 ]]; }
have() { command -v "$1" >/dev/null; }

has_aioice() { /usr/bin/python3 -c 'import aioice' 2>/dev/null; }
has_race() { [[ $(go env CGO_ENABLED) == 1 ]] && have "$(go env CC)"; }

missing_packages() {
  local tool package
  while read -r tool package; do
    have "$tool" || echo "$package"
  done <<'END'
chromium chromium
firefox-esr firefox-esr
nft nftables
ip iproute2
conntrack conntrack
turnutils_uclient coturn
certutil libnss3-tools
openssl openssl
ps procps
debootstrap debootstrap
prosody prosody
janus janus
systemd-nspawn systemd-container
rpm rpm
man man-db
zsh zsh
fish fish
gcc gcc
node nodejs
npm npm
END
  has_aioice || echo python3-aioice
  [[ -e /usr/include/stdlib.h ]] || echo libc6-dev
  [[ -e /etc/ssl/certs/ca-certificates.crt ]] || echo ca-certificates
}

# Packages such as coturn start a service when they are installed; this forbids it.
no_services() {
  [[ -e /usr/sbin/policy-rc.d ]] && return
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  touch "$work.policy"
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local get="apt-get -q -y -o Dpkg::Use-Pty=0" p
  no_services
  $get update
  # All at once is faster; one by one, one that cannot be had does not keep out the others.
  # shellcheck disable=SC2086
  $get install --no-install-recommends $1 || for p in $1; do $get install --no-install-recommends "$p"; done
  [[ -e $work.policy ]] && rm -f "$work.policy" /usr/sbin/policy-rc.d
  true
}

# Debian 12 has node 18.
modern_node() {
  have npm && ! node_is 20 || return
  npm install --prefix "$work/node" --no-audit --no-fund node@20 >"$work/npm" 2>&1 &&
    PATH=$work/node/node_modules/.bin:$PATH
}

prepare() {
  local want; want=$(missing_packages | tr '\n' ' ')
  if [[ -z $want ]]; then
    :
  elif ! root; then
    skip "install" "not root; missing packages: $want"
  elif ! have apt-get; then
    skip "install" "not Debian; missing packages: $want"
  else
    step "install ${want% }" install_packages "$want"
    want=$(missing_packages | tr '\n' ' ')
    [[ $want ]] && skip "install" "could not be had: $want"
  fi
  modern_node
}

node_is() { have node && have npm && node -e "process.exit(parseInt(process.versions.node) < $1 ? 1 : 0)"; }

# modules DIR brings its node_modules up to date.
modules() {
  [[ -e $1/node_modules/.package-lock.json && ! $1/package-lock.json -nt $1/node_modules/.package-lock.json ]] ||
    (cd "$1" && npm ci --no-audit --no-fund)
}

# --- the tests ---------------------------------------------------------------------------

formatted() {
  local files; files=$(find . -name node_modules -prune -o -name '*.go' -exec gofmt -l {} +)
  [[ -z $files ]] || { printf 'gofmt would change:\n%s\n' "$files"; return 1; }
}

# tool PACKAGE@VERSION builds it to $work/bin.
tool() { GOBIN=$work/bin go install "$1" >"$work/tool" 2>&1; }

lint() {
  if tool "$staticcheck"; then
    step "staticcheck" "$work/bin/staticcheck" ./...
  else
    skip "staticcheck" "cannot be had: $(tail -1 "$work/tool")"
  fi
  if ! tool "$govulncheck"; then
    skip "govulncheck" "cannot be had: $(tail -1 "$work/tool")"
  elif "$work/bin/govulncheck" -version >"$work/tool" 2>&1 && ! grep -q 'DB updated' "$work/tool"; then
    skip "govulncheck" "its database cannot be reached"
  else
    step "govulncheck" "$work/bin/govulncheck" ./...
  fi
}

cross() {
  local p
  for p in $platforms; do
    echo "$p"
    CGO_ENABLED=0 GOOS=${p%/*} GOARCH=${p#*/} go build -o "$work/cross/" ./... || return
  done
}

fuzz_all() {
  local name pkg
  while read -r name pkg; do
    step "fuzz ${pkg#turnpike/} $name" fuzz "$name" "$pkg"
  done < <(go test -list '^Fuzz' ./... | awk '/^Fuzz/ { names[n++] = $1 } /^(ok|\?)/ { for (i = 0; i < n; i++) print names[i], $2; n = 0 }')
}

# fuzz goes by what was found: Go also fails when time is up at a bad moment.
fuzz() {
  go test -run '^$' -fuzz "^$1\$" -fuzztime "$fuzztime" -fuzzminimizetime 10x "$2" >"$work/fuzz" 2>&1 && return
  cat "$work/fuzz"
  grep -q 'context deadline exceeded' "$work/fuzz" && ! grep -q 'Failing input written' "$work/fuzz"
}

# gathered names the parts of a test once, with their number.
gathered() {
  awk '{ name = $1; if (!sub("/[^/]*$", "", name)) { print; next } n[name]++ }
       END { for (name in n) print name "/…, " n[name] }' | sort
}

counted() { counts+=("$1: $(grep -c '^--- PASS' "$log") passed, $(grep -c '^ *--- SKIP' "$log") skipped"); }

# node_counted NAME takes the figures that node --test ends with.
node_counted() {
  counts+=("$1: $(awk '/^(#|ℹ) (pass|fail|skipped) / { printf "%s%s %s", sep, $3, $2; sep = ", " }' "$log" | sed 's/pass/passed/; s/fail\b/failed/')")
  local line
  while read -r line; do skipped+=("$1: $line"); done < <(grep -E '# SKIP|^ *﹣' "$log" | sed 's/^ *﹣ *//')
}

go_tests() {
  step "go test" go test -v -count=1 -timeout "$timeout" ./...
  counted "go test"
  grep -E '^ok  ' "$log" >"$work/closing"
  local line
  while read -r line; do skipped+=("go test: $line"); done < <(grep -E '^ *--- SKIP' "$log" | awk '{ print $3 }' | gathered)
  if has_race; then
    step "go test -race" go test -race -count=1 -timeout "$timeout" ./...
  else
    skip "go test -race" "needs cgo and a C compiler"
  fi
}

web_tests() {
  if ! node_is 20; then
    skip "web" "needs node 20 and npm"
  elif ! modules web >"$work/npm" 2>&1; then
    skip "web" "npm ci: $(grep -m1 -i 'error' "$work/npm")"
  else
    step "web: types" npm --prefix web run check
    step "web: tests" npm --prefix web test
    node_counted "web"
  fi
}

# Tools of the packages have modules of their own. Installing takes a Debian, which is fetched.
package_tests() {
  step "packages: go vet" go -C systemd/tools vet ./...
  if [[ -x $work/bin/staticcheck ]]; then
    step "packages: staticcheck" env -C systemd/tools "$work/bin/staticcheck" ./...
  fi
  step "packages: install, boot, purge" go -C systemd/tools test -v -count=1 -timeout 15m ./...
  counted "packages"
  local line
  while read -r line; do skipped+=("packages: $line"); done < <(awk '/^ *--- SKIP/ { print $3 }' "$log")
}

namespaces() {
  local ns=turnpike-test-$$
  ip netns add $ns && ip netns exec $ns ip link set lo up
  local works=$?
  ip netns delete $ns
  return $works
}

e2e_tests() {
  if ! root; then
    skip "e2e" "network namespaces need root"
  elif ! have ip || ! namespaces 2>/dev/null; then
    skip "e2e" "this machine grants no network namespaces"
  elif ! node_is 20; then
    skip "e2e" "needs node 20 and npm"
  elif ! modules e2e >"$work/npm" 2>&1; then
    skip "e2e" "npm ci: $(grep -m1 -i 'error' "$work/npm")"
  else
    # With CI set the suites refuse to skip; they may where a package cannot be had.
    local ci=${CI:-}
    [[ $(missing_packages) ]] && ci=
    step "e2e: browsers behind NATs" env CI="$ci" npm --prefix e2e test
    node_counted "e2e"
  fi
}

start=$(now)
have go || { echo "go is missing; install Go 1.26 (https://go.dev/dl) and run this again"; exit 1; }
prepare
printf '%s, node %s, %s, %s cores\n\n' "$(go env GOVERSION)" "$(node --version 2>/dev/null || echo missing)" "$(id -un)" "$(nproc)"
step "gofmt" formatted
step "go vet" go vet ./...
lint
step "build ${platforms// /, }" cross
go_tests
fuzz_all
web_tests
package_tests
e2e_tests

printf '\nAll passed in %s.\n' "$(since "$start")"
printf '  %s\n' "${counts[@]}"
if ((${#skipped[@]})); then
  printf '\nSKIPPED:\n'
  printf '  %s\n' "${skipped[@]}"
fi
printf '\n'
cat "$work/closing"
