// Rows and sightings as a test page has them, for tests of what is made of them.
import { plan, untested } from "../static/test/rows.js";

export const SERVER = "203.0.113.10";
export const ICE = [
  {
    urls: [`turn:${SERVER}:3478?transport=udp`, `turn:${SERVER}:3478?transport=tcp`, "turns:turn.test:443?transport=tcp"],
    username: "1767225600:test-x7",
    credential: "kW0=",
  },
];
export const DISCOVERY = [`stun:${SERVER}:3478`, `stun:${SERVER}:3479`];
export const UP = { session: "up", address: "198.51.100.7", clock: 0, fresh: true };

const streamed = { sent: 300, received: 300, loss: 0, p50: 12, p95: 20, jitter: 1, points: [] };

/** The rows of a test in which nothing was answered yet. */
export function silent(ice = ICE, discovery = DISCOVERY) {
  return plan(ice, discovery).map((row) => ({ ...untested(row), done: true }));
}

/** The rows of a test in which everything worked. */
export function working(ice, discovery) {
  return silent(ice, discovery).map((row, i) => ({
    ...row,
    gathered: 40,
    address: `${SERVER}:${50000 + i}`,
    ice: true,
    opened: 80,
    stream: row.kind === "turn" ? { ...streamed } : null,
  }));
}

/** One row with other facts. */
export const of = (rows, id) => rows.find((row) => row.id === id);
export function without(rows, ...ids) {
  for (const id of ids) Object.assign(of(rows, id), { gathered: null, address: "", ice: false, opened: null, stream: null });
  return rows;
}

export const saw = (kind, more = {}) => ({ at: 1767182400000, kind, transport: "udp", port: 3478, client: "198.51.100.7:50412", ...more });
