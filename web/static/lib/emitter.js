/**
 * A small event emitter: listeners get one detail object, and a listener that throws disturbs nobody.
 * @template {object} [Events=Record<string, any>] what each type of event is told with
 */
export class Emitter {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  #listeners = new Map();

  /**
   * Calls listener at each event of that type.
   * @template {keyof Events & string} Type
   * @param {Type} type
   * @param {(detail: Events[Type]) => void} listener
   * @returns {() => void} takes the listener off again
   */
  on(type, listener) {
    let set = this.#listeners.get(type);
    if (!set) this.#listeners.set(type, (set = new Set()));
    set.add(listener);
    return () => set.delete(listener);
  }

  /**
   * Calls listener at the next event of that type, once.
   * @template {keyof Events & string} Type
   * @param {Type} type
   * @param {(detail: Events[Type]) => void} listener
   * @returns {() => void}
   */
  once(type, listener) {
    const off = this.on(type, (detail) => {
      off();
      listener(detail);
    });
    return off;
  }

  /**
   * @param {string} type
   * @param {any} [detail]
   */
  emit(type, detail) {
    const set = this.#listeners.get(type);
    for (const listener of [...(set ?? [])]) {
      if (!set?.has(listener)) continue; // taken off by one before it
      try {
        listener(detail);
      } catch (err) {
        console.error(`turnpike: a listener of "${type}" failed`, err);
      }
    }
  }
}
