// Preferences: kept as they are changed. Tokens, password and, for administrators, accounts.
import { del, get, post } from "./api.js";
import { ask, byId, h, notice, replace } from "./dom.js";
import { ago, timeElement } from "./format.js";
import { start } from "./start.js";

const NUMBERS = new Set(["refresh", "rows"]);

export function run() {
  byId("preferences").addEventListener("change", ({ target }) => {
    const value = target.type === "checkbox" ? target.checked : NUMBERS.has(target.name) ? Number(target.value) : target.value;
    keep({ [target.name]: value });
  });
  byId("preferences").addEventListener("submit", (event) => event.preventDefault());
  byId("reset-columns").addEventListener("click", () => keep({ columns: {} }));
  byId("new-token").addEventListener("submit", makeToken);
  byId("password").addEventListener("submit", changePassword);
  tokens();
}

// One after the other: two changes at the same time would each keep what the other replaces.
let last = Promise.resolve();
const keep = (change) => {
  last = last.then(() => send(change));
};

async function send(change) {
  try {
    start.preferences = await post("/me/preferences", change);
    document.documentElement.dataset.theme = start.preferences.theme;
    document.documentElement.dataset.density = start.preferences.density;
    notice("Kept.", "good");
  } catch (error) {
    notice(error.message, "error");
  }
}

async function tokens() {
  const found = (await get("/me/tokens")).filter((one) => !one.revoked_at);
  const rows = found.map((one) => {
    const revoke = h("button", { type: "button", on: { click: () => end(one) } }, "Revoke");
    return h(
      "tr",
      {},
      h("td", {}, one.label),
      h("td", {}, one.role),
      h("td", {}, one.expires_at ? timeElement(one.expires_at) : "never"),
      h("td", {}, one.last_used_at ? ago(one.last_used_at) : "never"),
      h("td", {}, revoke),
    );
  });
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      ["Used by", "Role", "Expires", "Used last", "Revoke"].map((one) => h("th", { scope: "col" }, one)),
    ),
  );
  replace(
    byId("tokens"),
    rows.length
      ? h(
          "div",
          { class: "scroll", tabindex: "0", role: "region", "aria-label": "Tokens: rows" },
          h("table", { class: "grid small" }, head, h("tbody", {}, rows)),
        )
      : h("p", {}, "None."),
  );
}

async function makeToken(event) {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  try {
    const made = await post("/me/tokens", { label: given.label, role: given.role || null, days: Number(given.days) || null });
    const copy = h("button", { type: "button", on: { click: () => navigator.clipboard.writeText(made.text) } }, "Copy");
    await ask("The token", [h("p", {}, "It is told this once; keep it where others can't read it."), h("pre", { class: "result" }, made.text), copy], {
      confirm: "Close",
    });
    event.target.reset();
  } catch (error) {
    notice(error.message, "error");
  }
  tokens();
}

async function end(one) {
  if ((await ask(`Revoke the token of “${one.label}”?`, "What uses it can do nothing from then on.", { confirm: "Revoke", danger: true })) === null) return;
  try {
    await del(`/tokens/${one.id}`);
  } catch (error) {
    notice(error.message, "error");
  }
  tokens();
}

async function changePassword(event) {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  try {
    await post("/me/password", { old: given.old, new: given.new });
    location.assign(`${start.root}/login`);
  } catch (error) {
    notice(error.message, "error");
  }
}
