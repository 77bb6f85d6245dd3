// Whose a namespace, a hosts file or a directory is: its name carries the pid of the run that made it.
// So two runs never meet, and what a dead run left behind is found.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAME = /^turnpike-(\d+)-/

export const label = (name) => `turnpike-${process.pid}-${name}`

function removeNamespace(id) {
  // Whatever still runs in here was started in here by the run that made it.
  for (const pid of execFileSync('ip', ['netns', 'pids', id], { encoding: 'utf8' }).split('\n').filter(Boolean)) {
    try { process.kill(Number(pid), 'SIGKILL') } catch (err) { if (err.code !== 'ESRCH') throw err }
  }
  execFileSync('ip', ['netns', 'del', id])
}

function removeFiles(dir, id) {
  // A browser that was just killed may still be writing.
  rmSync(join(dir, id), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

function clear(whose) {
  const marked = (dir) => {
    try {
      return readdirSync(dir).filter((id) => NAME.test(id) && whose(Number(NAME.exec(id)[1])))
    } catch (err) {
      if (err.code === 'ENOENT') return []
      throw err
    }
  }
  for (const id of marked('/run/netns')) removeNamespace(id)
  for (const dir of ['/etc/netns', tmpdir()]) for (const id of marked(dir)) removeFiles(dir, id)
}

// alive: a process that was killed and that nobody has waited for (Z) is not.
function alive(pid) {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

// removeOwn ends this run's namespaces with all that runs inside, and its files.
export const removeOwn = () => clear((pid) => pid === process.pid)

// removeStale clears what a run that was killed outright left behind.
export const removeStale = () => clear((pid) => !alive(pid))
