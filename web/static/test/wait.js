/**
 * Waits until ready says so, but no longer than ms, and not beyond the end of the test.
 * @param {() => boolean} ready
 * @param {number} ms
 * @param {AbortSignal} signal
 * @param {number} [every] milliseconds
 * @returns {Promise<boolean>} whether it is
 */
export function until(ready, ms, signal, every = 20) {
  return new Promise((resolve) => {
    const end = performance.now() + ms;
    const look = () => {
      const is = ready();
      if (is || signal.aborted || performance.now() >= end) resolve(is);
      else setTimeout(look, every);
    };
    look();
  });
}

/**
 * The promise's value, or other if it does not come in time or fails.
 * @template T, U
 * @param {Promise<T>} promise
 * @param {number} ms
 * @param {U} other
 * @returns {Promise<T | U>}
 */
export function within(promise, ms, other) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(other), ms);
    promise.then(resolve, () => resolve(other)).finally(() => clearTimeout(timer));
  });
}
