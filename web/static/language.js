// The language of a page: the one chosen here, else the first of the browser's that we have, else English.
import { make, memory } from "./page/dom.js";
import { icon } from "./page/icons.js";

const KEY = "turnpike.language";

/** @typedef {keyof typeof languages} Language */

/** Each by its own name, as its speakers look for it. */
export const languages = { en: "English", ru: "Русский", ko: "한국어", zh: "中文" };

/** What the picker is called, in each. @type {Record<Language, string>} */
const label = { en: "Language", ru: "Язык", ko: "언어", zh: "语言" };

/** @returns {Language} */
export function chosen() {
  for (const wish of [memory.getItem(KEY) ?? "", ...(globalThis.navigator?.languages ?? [])]) {
    const language = wish.toLowerCase().split("-")[0];
    if (Object.hasOwn(languages, language)) return /** @type {Language} */ (language);
  }
  return "en";
}

/**
 * The words of a page in the chosen language, which the document then says it is in.
 * @template T
 * @param {Record<Language, () => Promise<{text: T}>>} strings
 * @returns {Promise<T>}
 */
export async function speak(strings) {
  const language = chosen();
  const { text } = await strings[language]();
  document.documentElement.lang = language;
  return text;
}

/** Lets a person choose another language: it is kept, and the page comes again in it. */
export function picker() {
  const current = chosen();
  const select = make("select", { "aria-label": label[current] });
  for (const [language, name] of Object.entries(languages)) {
    select.append(make("option", { value: language, lang: language, selected: language === current }, name));
  }
  select.addEventListener("change", () => {
    memory.setItem(KEY, select.value);
    location.reload();
  });
  return make("label", { class: "language" }, icon("language"), select);
}
