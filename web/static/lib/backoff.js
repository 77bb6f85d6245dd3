// When to connect again, and how long to wait before.

const FIRST = 500;
const LONGEST = 15_000;

/**
 * The pause before reconnection number attempt (0 is the first): it doubles, has a ceiling, and is spread over its
 * upper half so that the clients of a restarted server do not come back all at once.
 * @param {number} attempt
 * @param {() => number} [random] 0 to 1
 * @returns {number} milliseconds
 */
export function pause(attempt, random = Math.random) {
  const whole = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 16));
  return Math.round(whole * (0.5 + random() / 2));
}

/**
 * Whether a connection that closed with this code is to be opened again. 4500 to 4599 say no; everything else that
 * is not our own clean close is a network or a server that comes back.
 * @param {number} code
 */
export function retries(code) {
  return code < 4500 || code > 4599;
}

/**
 * Whether the session outlives a connection that closed with this code, as far as the server says.
 * @param {number} code
 */
export function resumes(code) {
  return retries(code) && ![1000, 1001, 1009].includes(code);
}
