// Campaigns: how far each is, how fast, what failed; new ones, pause and resume, and ending one.
import { get, post } from "./api.js";
import { byId, h, notice, replace } from "./dom.js";
import { duration, number, state, timeElement } from "./format.js";
import { doing, field, keepLooking, why } from "./grid.js";
import { may, start } from "./start.js";

const ENDED = ["Done", "Failed", "Removed"];
const STATES = ["Waiting", "Claimed", "Active", ...ENDED];
let seen = "";

export function run() {
  byId("new-campaign")?.addEventListener("click", create);
  keepLooking(look, Math.max(5, start.preferences.refresh || 5));
}

async function look() {
  let found;
  try {
    found = await get("/campaigns");
  } catch {
    return; // the header says what is away
  }
  const now = JSON.stringify(found);
  if (now === seen) return;
  seen = now;
  const open = found.filter((one) => !over(one)).length;
  byId("campaigns-words").textContent = found.length ? `${number(open)} open, ${number(found.length - open)} ended` : "";
  const none = h(
    "p",
    { class: "empty card full" },
    "There is no campaign. Make one, then add requests with its name in Queue, or by ",
    h("code", {}, "owl reprocess"),
    ".",
  );
  replace(byId("campaigns"), found.length ? found.sort((x, y) => over(x) - over(y)).map(card) : none);
}

const over = ({ campaign }) => Boolean(campaign.cancelled_at || campaign.finished_at);
const queue = (one, words, query = {}) =>
  h("a", { href: `${start.root}/queue?${new URLSearchParams({ campaign: `=${one.campaign.name}`, ...query })}` }, words);

function card(one) {
  const { campaign, entries } = one;
  const all = Object.values(entries).reduce((sum, count) => sum + count, 0);
  const ended = ENDED.reduce((sum, name) => sum + (entries[name] ?? 0), 0);
  const percent = all ? Math.floor((100 * ended) / all) : 0;
  const counts = STATES.filter((name) => entries[name]).map((name) => queue(one, [state(name), ` ${number(entries[name])}`], { state: name }));
  const rate = one.rate === null ? "no rate yet" : `${number(Math.round(one.rate))} runs an hour`;
  const left = one.left ? `, ${duration(one.left)} to go` : "";
  return h(
    "section",
    { class: "card", "aria-label": `Campaign ${campaign.name}`, data: { campaign: campaign.name } },
    h("h2", {}, queue(one, campaign.name), standing(one)),
    campaign.description ? h("p", {}, campaign.description) : null,
    h("div", { class: "spread" }, h("span", {}, `${percent} % of ${number(all)} ended`), h("span", { class: "muted" }, `${rate}${left}`)),
    h("progress", { max: String(Math.max(1, all)), value: String(ended), "aria-label": `Progress of ${campaign.name}` }),
    counts.length ? h("p", { class: "line" }, counts) : null,
    one.causes.length
      ? h(
          "ul",
          { class: "plain" },
          one.causes.slice(0, 4).map((cause) => h("li", { class: "muted" }, causeWords(cause))),
        )
      : null,
    h("p", { class: "muted" }, `Made by ${campaign.created_by}, `, timeElement(campaign.created_at)),
    one.pause ? h("p", { class: "says" }, `Paused by ${one.pause.paused_by}: “${one.pause.reason}”`) : null,
    may("operator") && !campaign.cancelled_at ? buttons(one) : null,
  );
}

function standing({ campaign, pause }) {
  if (campaign.cancelled_at) return h("span", { class: "state gone" }, `cancelled by ${campaign.cancelled_by}`);
  if (campaign.finished_at) return h("span", { class: "state good" }, "finished");
  return pause ? h("span", { class: "state warn" }, "paused") : null;
}

function causeWords(cause) {
  const how =
    cause.signal !== null ? `signal ${cause.signal}` : cause.hold_code !== null ? `held, code ${cause.hold_code}` : `exit ${cause.exit_code ?? "unknown"}`;
  return `${number(cause.failures)} × ${cause.step ?? "?"}, ${how}`;
}

function buttons(one) {
  const name = one.campaign.name;
  const pause = one.pause
    ? h("button", { type: "button", on: { click: () => govern("resume", name) } }, "Resume")
    : h("button", { type: "button", on: { click: () => govern("pause", name) } }, "Pause …");
  const cancel = h("button", { type: "button", class: "danger", data: { cancel: "" }, on: { click: () => end(one) } }, "Cancel …");
  return h("div", { class: "line" }, pause, cancel);
}

async function create() {
  const body = [
    field("Name", { name: "name", required: true, maxlength: "200", spellcheck: "false" }),
    field("What it is for", { name: "description", maxlength: "2000" }),
  ];
  const made = await doing("A new campaign", body, { confirm: "Make it", act: (asked) => post("/campaigns", asked) });
  if (made) notice(`Campaign ${made.campaign.name}: add requests with its name in Queue.`, "good");
  look();
}

async function govern(verb, name) {
  const send = (reason) => post(`/governance/${verb}`, { kind: "campaign", scope: name, reason });
  try {
    if (verb === "resume") await send("");
    else
      await doing(`Pause the campaign ${name}?`, [h("p", {}, "Nothing more of it goes to HTCondor; what runs goes on."), why(true)], {
        confirm: "Pause",
        act: ({ reason }) => send(reason),
      });
  } catch (error) {
    notice(error.message, "error");
  }
  look();
}

async function end(one) {
  const waiting = one.entries.Waiting ?? 0;
  const words = `${number(waiting)} requests that wait are taken out of the queue; what runs goes on to its end. It can't be taken back.`;
  const done = await doing(`Cancel the campaign ${one.campaign.name}?`, [h("p", {}, words), why(true)], {
    confirm: "Cancel the campaign",
    leave: "Keep it",
    danger: true,
    act: ({ reason }) => post(`/campaigns/${encodeURIComponent(one.campaign.name)}/cancel`, { reason }),
  });
  if (done) notice(`Campaign ${one.campaign.name}: ${number(done.taken)} requests are out of the queue.`, "good");
  look();
}
