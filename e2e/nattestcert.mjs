// Certificates that no browser should take.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

// selfSigned is nobody's but its own.
export function selfSigned(dir, name) {
  const [cert, key] = ['crt', 'key'].map((kind) => join(dir, `self.${kind}`))
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  return { cert, key }
}

// expired is of the lab's authority, and ended three days ago.
export function expired(dir, name) {
  const at = (file) => join(dir, file)
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' })
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]/g, '').slice(0, 14) + 'Z'
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`, '-keyout', at('old.key'), '-out', at('old.csr'))
  writeFileSync(at('old.index'), '')
  writeFileSync(at('old.serial'), '01')
  writeFileSync(at('old.cnf'), `[ca]
default_ca = lab
[lab]
database = ${at('old.index')}
serial = ${at('old.serial')}
new_certs_dir = ${dir}
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
subjectAltName = DNS:${name}
extendedKeyUsage = serverAuth
basicConstraints = CA:FALSE
`)
  openssl('ca', '-batch', '-notext', '-config', at('old.cnf'), '-cert', at('ca.crt'), '-keyfile', at('ca.key'), '-in', at('old.csr'), '-out', at('old.crt'),
    '-startdate', day(-30), '-enddate', day(-3))
  return { cert: at('old.crt'), key: at('old.key') }
}
