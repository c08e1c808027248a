// Saved views: names for what a table shows, one's own and those that others share.
import { del, get, post } from "./api.js";
import { ask, byId, h, notice, replace } from "./dom.js";
import { start } from "./start.js";

export async function savedViews(page) {
  const menu = byId("views");
  if (!menu) return;
  const save = h("button", { type: "button", on: { click: () => keep(page) } }, "Save this view …");
  let found = [];
  try {
    found = await get("/me/views", { page });
  } catch (error) {
    if (error.status !== 0) replace(menu, h("p", { class: "refused" }, error.message));
    return;
  }
  replace(menu, found.length ? found.map((view) => line(page, view)) : h("p", { class: "muted" }, "None saved yet."), save);
}

function line(page, view) {
  const mine = view.account === start.user.name;
  const link = h("a", { href: `${location.pathname}?${view.query}` }, view.title);
  const by = mine ? (view.shared ? "shared" : "") : `by ${view.account}`;
  const gone = h("button", { type: "button", class: "ghost", "aria-label": `Delete the view ${view.title}` }, "×");
  gone.addEventListener("click", async () => {
    try {
      await del(`/me/views/${view.id}`);
    } catch (error) {
      notice(error.message, "error");
    }
    savedViews(page);
  });
  return h("div", { class: "view" }, link, h("small", { class: "muted" }, by), mine ? gone : null);
}

async function keep(page) {
  const asked = await ask(
    "Save this view",
    [
      h("label", {}, "Title", h("input", { name: "title", required: true, maxlength: "100" })),
      h("label", { class: "row" }, h("input", { type: "checkbox", name: "shared" }), "Others see it too"),
    ],
    { confirm: "Save" },
  );
  if (!asked) return;
  try {
    await post("/me/views", { page, title: asked.title, query: location.search.slice(1), shared: asked.shared === "on" });
    notice(`Saved as “${asked.title}”.`, "good");
  } catch (error) {
    notice(error.message, "error");
  }
  savedViews(page);
}
