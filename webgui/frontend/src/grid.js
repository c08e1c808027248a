// What most pages need: a small table, facts by name, and a dialog that stays open until the server has taken it.
import { h, replace } from "./dom.js";

// A table in a frame that scrolls, with that name; headings are words, `body` is a tbody.
export function framed(name, headings, body, { tall = false } = {}) {
  const head = headings.map((one) => h("th", { scope: "col" }, one));
  return h(
    "div",
    { class: tall ? "scroll tall" : "scroll", tabindex: "0", role: "region", "aria-label": name },
    h("table", { class: "grid small" }, h("thead", {}, h("tr", {}, head)), body),
  );
}

// The same of rows that are elements.
export const smallTable = (label, headings, rows, options) => framed(`${label}: rows`, headings, h("tbody", {}, rows), options);

// What people write into a filter: the middle of a name, where it has no * or ?.
export const likeness = (text) => (/[*?]/.test(text) ? text : `*${text}*`);

export function factList(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

export function field(words, properties) {
  return h("label", {}, words, h("input", { autocomplete: "off", ...properties }));
}

export function choice(words, name, values, { value, ...properties } = {}) {
  const options = values.map((one) => (Array.isArray(one) ? h("option", { value: one[0] }, one[1]) : h("option", { value: one }, one)));
  const select = h("select", { name, ...properties }, options);
  if (value !== undefined) select.value = value;
  return h("label", {}, words, select);
}

export const why = (required = false) => field(required ? "Why (everybody sees it)" : "Why (it is kept)", { name: "reason", maxlength: "500", required });

// Asks, and does it: what the server refuses is said in the dialog, with everything that was written still there.
// Answers what `act` has answered, or null where the dialog was left.
export function doing(title, body, { confirm, leave = "Cancel", danger = false, wide = false, act }) {
  return new Promise((resolve) => {
    let done = null;
    const words = h("p", { class: "refused", role: "alert" });
    const go = h("button", { class: danger ? "danger" : "primary", value: "ok" }, confirm);
    const away = h("button", { type: "button", on: { click: () => dialog.close() } }, leave);
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", { id: "ask-title" }, title),
      h("div", { class: "ask-body" }, body),
      words,
      h("div", { class: "ask-buttons" }, away, go),
    );
    const dialog = h("dialog", { class: wide ? "ask wide" : "ask", "aria-labelledby": "ask-title" }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      replace(words);
      go.disabled = true;
      try {
        done = await act(Object.fromEntries(new FormData(form)));
        dialog.close();
      } catch (error) {
        replace(words, error.message);
        go.disabled = false;
      }
    });
    form.addEventListener("input", () => replace(words)); // what was refused isn't what stands there now
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Looks again every so often, and never while nobody looks; what `look` draws only when it has changed is its affair.
export function keepLooking(look, seconds) {
  const again = async () => {
    if (!document.hidden) await look();
    if (seconds) setTimeout(again, seconds * 1000);
  };
  again();
}

// `name=value, name=value` as an object.
export function pairs(text) {
  return Object.fromEntries(
    text
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean)
      .map((one) => {
        const at = one.indexOf("=");
        return at < 1 ? [one, ""] : [one.slice(0, at).trim(), one.slice(at + 1).trim()];
      }),
  );
}
