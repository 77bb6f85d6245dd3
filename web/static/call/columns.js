const RATIO = 16 / 9;

/**
 * How many columns give so many pictures the most space: 1, 2, 4 and 9 fill a wide window without a gap.
 * @param {number} tiles
 * @param {number} width
 * @param {number} height
 * @returns {number}
 */
export function columns(tiles, width, height) {
  let best = 1;
  let most = 0;
  for (let cols = 1; cols <= tiles; cols++) {
    const rows = Math.ceil(tiles / cols);
    const size = Math.min(width / cols, (height / rows) * RATIO);
    if (size > most * 1.01) [best, most] = [cols, size];
  }
  return best;
}
