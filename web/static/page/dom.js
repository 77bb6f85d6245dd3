// The few things that every module of a page needs from the document.

/**
 * The element with this id; it is a mistake in the page if there is none.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function the(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return element;
}

/**
 * A new element. Children that are strings become text, never markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean>} [attributes] false: left out
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new element of a drawing.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Fills in the words: data-text is the content, data-label the name for screen readers, data-hint the placeholder.
 * @param {Record<string, any>} words
 */
export function fillWords(words) {
  for (const element of document.querySelectorAll("[data-text], [data-label], [data-hint]")) {
    const { text: content, label, hint } = /** @type {HTMLElement} */ (element).dataset;
    if (content) element.textContent = words[content];
    if (label) element.setAttribute("aria-label", words[label]);
    if (hint) element.setAttribute("placeholder", words[hint]);
  }
}

/** Remembers small things between visits; where that is forbidden, it forgets. */
export const memory = {
  /** @param {string} key @returns {string | null} */
  getItem(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {string} value */
  setItem(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      // Forbidden, or full.
    }
  },
};
