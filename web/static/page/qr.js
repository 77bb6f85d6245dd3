// A QR code encoder (ISO/IEC 18004) for what invitations need: bytes, error correction level M, versions 1 to 40.

// Per version: error correction codewords of a block, and the number of blocks, at level M.
const EC_PER_BLOCK = [
  10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
];
const BLOCKS = [
  1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37,
  38, 40, 43, 45, 47, 49,
];
const LEVEL_M = 0;

/**
 * Encodes text as UTF-8.
 * @param {string} text
 * @param {number} [mask] 0 to 7; the one that reads best if left out
 * @returns {boolean[][]} rows of modules, true is dark; without the quiet zone
 */
export function qr(text, mask) {
  const bytes = new TextEncoder().encode(text);
  const version = smallest(bytes.length);
  const words = interleave(dataWords(bytes, version), version);
  const symbol = new Symbol(version);
  symbol.fill(words);
  return symbol.finish(mask);
}

/** @param {number} bytes */
function smallest(bytes) {
  for (let version = 1; version <= 40; version++) {
    if (4 + countBits(version) + 8 * bytes <= 8 * dataCapacity(version)) return version;
  }
  throw new RangeError("too long for a QR code");
}

/** @param {number} version */
function countBits(version) {
  return version < 10 ? 8 : 16;
}

/** Codewords of a version, data and error correction together. @param {number} version */
function capacity(version) {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const n = Math.floor(version / 7) + 2;
    modules -= (25 * n - 10) * n - 55;
    if (version >= 7) modules -= 36;
  }
  return Math.floor(modules / 8);
}

/** @param {number} version */
function dataCapacity(version) {
  return capacity(version) - EC_PER_BLOCK[version - 1] * BLOCKS[version - 1];
}

/**
 * Mode, length, bytes, terminator and padding.
 * @param {Uint8Array} bytes
 * @param {number} version
 * @returns {number[]}
 */
function dataWords(bytes, version) {
  /** @type {number[]} */
  const bits = [];
  const put = (/** @type {number} */ value, /** @type {number} */ length) => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  put(0b0100, 4);
  put(bytes.length, countBits(version));
  for (const byte of bytes) put(byte, 8);
  const room = dataCapacity(version) * 8;
  put(0, Math.min(4, room - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) put(pad, 8);
  const words = [];
  for (let i = 0; i < bits.length; i += 8) words.push(parseInt(bits.slice(i, i + 8).join(""), 2));
  return words;
}

/**
 * Splits into blocks, adds error correction to each, and takes words from all in turn.
 * @param {number[]} data
 * @param {number} version
 * @returns {number[]}
 */
function interleave(data, version) {
  const blocks = BLOCKS[version - 1];
  const ec = EC_PER_BLOCK[version - 1];
  const short = blocks - (capacity(version) % blocks); // this many blocks have one word less
  const length = Math.floor(capacity(version) / blocks) - ec;
  const generator = generatorPolynomial(ec);
  const parts = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const words = data.slice(at, (at += length + (i < short ? 0 : 1)));
    parts.push({ words, check: remainder(words, generator) });
  }
  const all = [];
  for (let i = 0; i <= length; i++) for (const { words } of parts) if (i < words.length) all.push(words[i]);
  for (let i = 0; i < ec; i++) for (const { check } of parts) all.push(check[i]);
  return all;
}

/** Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. @param {number} x @param {number} y */
function multiply(x, y) {
  let z = 0;
  for (let i = 7; i >= 0; i--) z = (z << 1) ^ ((z >> 7) * 0x11d) ^ (((y >> i) & 1) * x);
  return z;
}

/** @param {number} degree */
function generatorPolynomial(degree) {
  const result = new Array(degree).fill(0);
  result[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; i++, root = multiply(root, 2)) {
    for (let j = 0; j < degree; j++) result[j] = multiply(result[j], root) ^ (result[j + 1] ?? 0);
  }
  return result;
}

/** @param {number[]} data @param {number[]} generator */
function remainder(data, generator) {
  const result = generator.map(() => 0);
  for (const word of data) {
    const factor = word ^ /** @type {number} */ (result.shift());
    result.push(0);
    generator.forEach((g, i) => (result[i] ^= multiply(g, factor)));
  }
  return result;
}

/** @type {((x: number, y: number) => boolean)[]} */
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** The square of modules. */
class Symbol {
  /** @type {boolean[][]} */
  #dark;
  /** @type {boolean[][]} modules that carry no data */
  #fixed;
  #size;
  #version;

  /** @param {number} version */
  constructor(version) {
    this.#version = version;
    this.#size = 17 + 4 * version;
    const square = () => Array.from({ length: this.#size }, () => new Array(this.#size).fill(false));
    this.#dark = square();
    this.#fixed = square();
    this.#patterns();
  }

  /** Writes the words in columns of two, upwards and downwards in turn. @param {number[]} words */
  fill(words) {
    let bit = 0;
    for (let right = this.#size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const upwards = ((right + 1) & 2) === 0;
      for (let step = 0; step < this.#size; step++) {
        const y = upwards ? this.#size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.#fixed[y][x] || bit >= words.length * 8) continue;
          this.#dark[y][x] = ((words[bit >> 3] >> (7 - (bit & 7))) & 1) === 1;
          bit++;
        }
      }
    }
  }

  /** @param {number} [mask] */
  finish(mask) {
    if (mask === undefined) {
      let least = Infinity;
      for (let candidate = 0; candidate < 8; candidate++) {
        this.#apply(candidate);
        const cost = penalty(this.#dark);
        this.#apply(candidate); // once more takes it off
        if (cost < least) [least, mask] = [cost, candidate];
      }
    }
    this.#apply(/** @type {number} */ (mask));
    return this.#dark;
  }

  /** @param {number} mask */
  #apply(mask) {
    for (let y = 0; y < this.#size; y++) {
      for (let x = 0; x < this.#size; x++) {
        if (!this.#fixed[y][x] && MASKS[mask](x, y)) this.#dark[y][x] = !this.#dark[y][x];
      }
    }
    this.#format(mask);
  }

  /** @param {number} x @param {number} y @param {boolean} dark */
  #set(x, y, dark) {
    this.#dark[y][x] = dark;
    this.#fixed[y][x] = true;
  }

  #patterns() {
    const last = this.#size - 1;
    for (let i = 0; i < this.#size; i++) {
      this.#set(6, i, i % 2 === 0);
      this.#set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [last - 3, 3], [3, last - 3]]) this.#square(x, y, 4, [2, 4]);
    const places = alignment(this.#version);
    const end = places.length - 1;
    places.forEach((x, i) => {
      places.forEach((y, j) => {
        const corner = (i === 0 && j === 0) || (i === 0 && j === end) || (i === end && j === 0);
        if (!corner) this.#square(x, y, 2, [1]);
      });
    });
    this.#format(0);
    if (this.#version >= 7) this.#versionBits();
  }

  /**
   * Squares within each other around a middle; those with these radii are light.
   * @param {number} cx @param {number} cy @param {number} radius @param {number[]} light
   */
  #square(cx, cy, radius, light) {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        const [x, y] = [cx + dx, cy + dy];
        if (x < 0 || y < 0 || x >= this.#size || y >= this.#size) continue;
        this.#set(x, y, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  }

  /** @param {number} mask */
  #format(mask) {
    const data = (LEVEL_M << 3) | mask;
    const bits = ((data << 10) | check(data, 10, 0x537)) ^ 0x5412;
    const bit = (/** @type {number} */ i) => ((bits >> i) & 1) === 1;
    const size = this.#size;
    for (let i = 0; i <= 5; i++) this.#set(8, i, bit(i));
    this.#set(8, 7, bit(6));
    this.#set(8, 8, bit(7));
    this.#set(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.#set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.#set(size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.#set(8, size - 15 + i, bit(i));
    this.#set(8, size - 8, true);
  }

  #versionBits() {
    const bits = (this.#version << 12) | check(this.#version, 12, 0x1f25);
    for (let i = 0; i < 18; i++) {
      const dark = ((bits >> i) & 1) === 1;
      const [near, far] = [Math.floor(i / 3), this.#size - 11 + (i % 3)];
      this.#set(far, near, dark);
      this.#set(near, far, dark);
    }
  }
}

/** Where alignment patterns stand, in both directions. @param {number} version */
function alignment(version) {
  if (version === 1) return [];
  const n = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((4 * version + 4) / (2 * n - 2)) * 2;
  const places = [6];
  for (let at = 4 * version + 10; places.length < n; at -= step) places.splice(1, 0, at);
  return places;
}

/** The BCH remainder. @param {number} data @param {number} length @param {number} generator */
function check(data, length, generator) {
  let rest = data;
  for (let i = 0; i < length; i++) rest = (rest << 1) ^ ((rest >> (length - 1)) * generator);
  return rest;
}

/** How badly a symbol reads: long runs, blocks, look-alikes of the corners, too dark or too light. @param {boolean[][]} dark */
function penalty(dark) {
  const size = dark.length;
  let cost = 0;
  let total = 0;
  for (let a = 0; a < size; a++) {
    const row = dark[a];
    const column = dark.map((line) => line[a]);
    for (const line of [row, column]) cost += runs(line) + lookalikes(line);
    total += row.filter(Boolean).length;
  }
  for (let y = 0; y < size - 1; y++) {
    for (let x = 0; x < size - 1; x++) {
      const c = dark[y][x];
      if (c === dark[y][x + 1] && c === dark[y + 1][x] && c === dark[y + 1][x + 1]) cost += 3;
    }
  }
  const share = (total * 100) / (size * size);
  return cost + Math.floor(Math.abs(share - 50) / 5) * 10;
}

/** @param {boolean[]} line */
function runs(line) {
  let cost = 0;
  for (let i = 0, start = 0; i <= line.length; i++) {
    if (i < line.length && line[i] === line[start]) continue;
    if (i - start >= 5) cost += i - start - 2;
    start = i;
  }
  return cost;
}

/** @param {boolean[]} line */
function lookalikes(line) {
  const text = line.map((dark) => (dark ? "1" : "0")).join("");
  let cost = 0;
  for (let i = 0; i + 11 <= text.length; i++) {
    const part = text.slice(i, i + 11);
    if (part === "10111010000" || part === "00001011101") cost += 40;
  }
  return cost;
}
