// Accounts, for administrators: who may use the GUI, what each may, and everybody's tokens.
import { del, get, post } from "./api.js";
import { byId, h, notice, replace } from "./dom.js";
import { ago, timeElement } from "./format.js";
import { choice, doing, field, smallTable } from "./grid.js";
import { start } from "./start.js";

const ROLES = [
  ["viewer", "viewer: looks"],
  ["operator", "operator: also commands and changes the queue"],
  ["admin", "admin: also accounts and the audit"],
];

export function run() {
  byId("new-user").addEventListener("click", create);
  look();
}

async function look() {
  try {
    draw(await get("/users"));
    drawTokens(await get("/tokens"));
  } catch (error) {
    notice(error.message, "error");
  }
}

function draw(found) {
  replace(byId("users"), smallTable("Accounts", ["Name", "Role", "State", "Gets in by", "Last login", "Made", "Change"], found.map(row)));
}

function row(one) {
  const mine = one.name === start.user.name;
  const button = (words, call, danger = false) => h("button", { type: "button", class: danger ? "danger" : null, on: { click: call } }, words);
  const active = h("span", { class: `state ${one.active ? "good" : "gone"}` }, one.active ? "active" : "disabled");
  return h(
    "tr",
    { data: { user: one.name } },
    h("th", { scope: "row" }, one.name, mine ? h("small", { class: "muted" }, " you") : ""),
    h("td", {}, one.role),
    h("td", {}, active),
    h("td", {}, one.has_password ? "password" : "proxy or token"),
    h("td", {}, one.last_login ? ago(one.last_login) : "never"),
    h("td", {}, timeElement(one.created_at), ` by ${one.created_by}`),
    h(
      "td",
      {},
      h(
        "span",
        { class: "buttons" },
        button("Role …", () => setRole(one)),
        button("Password …", () => setPassword(one)),
        one.active ? button("Disable …", () => simply(one, "disable")) : button("Enable …", () => simply(one, "enable")),
        button("Delete …", () => simply(one, "delete"), true),
      ),
    ),
  );
}

const own = () => field("Your own password", { name: "confirm", type: "password", autocomplete: "current-password", maxlength: "1024" });
const password = (required) =>
  field("Password (12 characters or more)", { name: "password", type: "password", autocomplete: "new-password", minlength: "12", maxlength: "1024", required });

async function create() {
  const body = [
    field("Name", { name: "name", required: true, maxlength: "64", spellcheck: "false", autocapitalize: "none" }),
    choice("Role", "role", ROLES),
    password(false),
    h("p", { class: "muted" }, "Without a password only a trusted proxy's word or a token lets it in."),
    own(),
  ];
  const act = (asked) => post("/users", { ...asked, password: asked.password || null });
  const made = await doing("A new account", body, { confirm: "Make it", act });
  if (made) notice(`${made.name} is ${made.role} now.`, "good");
  look();
}

function change(one, title, body, verb, { confirm, danger = false, done }) {
  const path = `/users/${encodeURIComponent(one.name)}`;
  return doing(title, [body, own()], { confirm, danger, act: (asked) => post(path, { verb, ...asked }) }).then((found) => {
    if (!found) return;
    notice(done, "good");
    draw(found);
  });
}

function setRole(one) {
  const role = choice("Role", "role", ROLES);
  role.querySelector("select").value = one.role;
  return change(one, `Another role for ${one.name}`, role, "role", { confirm: "Change it", done: "Changed; open sessions of this account have ended." });
}

function setPassword(one) {
  return change(one, `Another password for ${one.name}`, password(true), "password", {
    confirm: "Change it",
    done: "Changed; open sessions of this account have ended.",
  });
}

const SIMPLY = {
  disable: ["Disable", "Nobody gets in under this name; its sessions and tokens end at once."],
  enable: ["Enable", "It gets in again, and its tokens that haven't expired work again."],
  delete: ["Delete", "Its tokens and saved views go too. What it did stays on record."],
};

function simply(one, verb) {
  const [word, words] = SIMPLY[verb];
  const mine = one.name === start.user.name ? h("p", { class: "refused" }, "This is your own account.") : null;
  return change(one, `${word} ${one.name}?`, [h("p", {}, words), mine], verb, { confirm: word, danger: verb !== "enable", done: `${one.name}: done.` });
}

function drawTokens(found) {
  const open = found.filter((one) => !one.revoked_at);
  const rows = open.map((one) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, one.account),
      h("td", { class: "wrap" }, one.label),
      h("td", {}, one.role),
      h("td", {}, one.expires_at ? timeElement(one.expires_at) : "never"),
      h("td", {}, one.last_used_at ? ago(one.last_used_at) : "never"),
      h("td", {}, h("button", { type: "button", on: { click: () => revoke(one) } }, "Revoke …")),
    ),
  );
  const none = h("p", { class: "muted" }, "There is none.");
  replace(byId("tokens"), rows.length ? smallTable("Tokens", ["Account", "Used by", "Role", "Expires", "Used last", "Revoke"], rows) : none);
}

async function revoke(one) {
  const done = await doing(`Revoke the token “${one.label}” of ${one.account}?`, h("p", {}, "What uses it can do nothing from then on."), {
    confirm: "Revoke",
    danger: true,
    act: () => del(`/tokens/${one.id}`),
  });
  if (done) notice("Revoked.", "good");
  look();
}
