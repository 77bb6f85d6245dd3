// Time-limited credentials as every TURN server with a shared secret takes them.
import { createHmac } from 'node:crypto'

// credentials are valid for an hour.
export function credentials(secret, user) {
  const username = `${Math.floor(Date.now() / 1000) + 3600}:${user}`
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}
