import { speak } from "../language.js";

/** Every sentence that people see, in the language of this page. */
export const text = await speak({
  en: () => import("./strings/en.js"),
  ru: () => import("./strings/ru.js"),
  ko: () => import("./strings/ko.js"),
  zh: () => import("./strings/zh.js"),
});

/**
 * What went wrong, and what to do. Codes that nobody here can do anything about come in the words of the server.
 * @param {unknown} err
 */
export function sayProblem(err) {
  const { code, message } = /** @type {{code?: string, message?: string}} */ (err ?? {});
  const known = /** @type {Record<string, string>} */ (text.problem)[code ?? ""];
  return known ?? text.problemOther(message || text.noReason);
}

/**
 * How a call by name ended.
 * @param {string} reason
 * @param {string} name
 */
export function sayEnding(reason, name) {
  const endings = /** @type {Record<string, (name: string) => string>} */ (text.ending);
  return (endings[reason] ?? endings.gone)(name || text.guest);
}
