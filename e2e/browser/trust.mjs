// Both browsers keep the authorities they trust in an NSS database.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

// trust makes a database in dir that trusts one authority.
export function trust(dir, ca) {
  mkdirSync(dir, { recursive: true })
  execFileSync('certutil', ['-N', '-d', `sql:${dir}`, '--empty-password'])
  execFileSync('certutil', ['-A', '-d', `sql:${dir}`, '-n', 'lab', '-t', 'C,,', '-i', ca])
}
