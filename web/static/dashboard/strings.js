// The words of the dashboard, in the language that was chosen.
import { speak } from "../language.js";

export const text = await speak({
  en: () => import("./strings/en.js"),
  ru: () => import("./strings/ru.js"),
  ko: () => import("./strings/ko.js"),
  zh: () => import("./strings/zh.js"),
});
