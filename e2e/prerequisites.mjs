// What these tests need of the machine, and what becomes of them where it is missing.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

function which(...names) {
  for (const name of names) {
    for (const dir of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(dir, name)
      try { accessSync(path, constants.X_OK); return path } catch { /* not here */ }
    }
  }
}

export const executables = {
  chromium: () => which('chromium', 'chromium-browser', 'google-chrome'),
  firefox: () => which('firefox-esr', 'firefox'),
}

const tools = {
  ip: () => which('ip'),
  nft: () => which('nft'),
  conntrack: () => which('conntrack'),
  openssl: () => which('openssl'),
  certutil: () => which('certutil'),
  go: () => which('go'),
  turnserver: () => which('turnserver'),
  turnutils_uclient: () => which('turnutils_uclient'),
  turnutils_peer: () => which('turnutils_peer'),
  // Debian's modules belong to Debian's own interpreter.
  aioice: () => spawnSync('/usr/bin/python3', ['-c', 'import aioice']).status === 0,
  ...executables,
}

const packages = {
  ip: 'iproute2', nft: 'nftables', certutil: 'libnss3-tools', firefox: 'firefox-esr', aioice: 'python3-aioice', go: 'golang',
  turnserver: 'coturn', turnutils_uclient: 'coturn', turnutils_peer: 'coturn',
}

// missing says in one sentence why a suite in the lab that needs these cannot run here; undefined if it can.
export function missing(...needs) {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  return absent('ip', 'nft', 'conntrack', 'openssl', ...needs)
}

// absent says the same of these alone. With CI=true nothing may be missing: that throws.
export function absent(...needs) {
  const lacking = needs.filter((name) => !tools[name]())
  if (lacking.length === 0) return undefined
  const reason = `missing: ${lacking.map((name) => `${name} (package ${packages[name] ?? name})`).join(', ')}`
  if (process.env.CI === 'true') throw new Error(`${reason}; CI=true allows no skipping`)
  return reason
}
