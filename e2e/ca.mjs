// A certificate authority of the lab's own, and the server's certificate under it.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

// makeCertificates writes into dir and says where: { ca, cert, key }. Subjects are DNS names and addresses.
export function makeCertificates(dir, subjects) {
  const at = (name) => join(dir, name)
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' })
  const names = subjects.map((name) => (/^[0-9.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',')

  openssl('req', '-x509', ...KEY, '-days', '2', '-subj', '/CN=turnpike lab CA', '-keyout', at('ca.key'), '-out', at('ca.crt'),
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
  openssl('req', ...KEY, '-subj', '/CN=turn.test', '-keyout', at('server.key'), '-out', at('server.csr'))
  writeFileSync(at('server.ext'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`)
  openssl('x509', '-req', '-in', at('server.csr'), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial',
    '-days', '2', '-extfile', at('server.ext'), '-out', at('server.crt'))
  return { ca: at('ca.crt'), cert: at('server.crt'), key: at('server.key') }
}
