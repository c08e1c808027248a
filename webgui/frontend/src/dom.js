// Elements by calls. Text only ever goes in as text: nothing here reads HTML.
const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "path", "rect", "circle", "line", "text", "defs", "marker"]);

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  return fill(element, properties, children);
}

export function s(tag, properties = {}, ...children) {
  if (!SVG_TAGS.has(tag)) throw new Error(`no SVG element ${tag}`);
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [type, call] of Object.entries(value)) element.addEventListener(type, call);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

export function replace(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Waits until somebody has stopped typing.
export function later(call, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...given), milliseconds);
  };
}

// What screen readers are told, and what everybody sees for some seconds.
export function notice(words, kind = "info") {
  const place = byId("notices");
  const one = h(
    "div",
    { class: `notice ${kind}`, role: kind === "error" ? "alert" : null },
    h("span", {}, words),
    h("button", { type: "button", class: "ghost", "aria-label": "Dismiss", on: { click: () => one.remove() } }, "×"),
  );
  place.append(one);
  if (kind !== "error") setTimeout(() => one.remove(), 6000);
  while (place.children.length > 4) place.firstElementChild.remove();
}

// Asks by a dialog; answers the values of its form, or null where it was left.
export function ask(title, body, { confirm = "OK", leave = "Cancel", danger = false, wide = false } = {}) {
  return new Promise((resolve) => {
    const go = h("button", { class: danger ? "danger" : "primary", value: "ok" }, confirm);
    const dialog = h(
      "dialog",
      { class: wide ? "ask wide" : "ask", "aria-labelledby": "ask-title" },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "ask-title" }, title),
        h("div", { class: "ask-body" }, body),
        h("div", { class: "ask-buttons" }, confirm === "Close" ? null : h("button", { value: "", formnovalidate: true }, leave), go),
      ),
    );
    dialog.addEventListener("close", () => {
      const values = Object.fromEntries(new FormData(dialog.querySelector("form")));
      dialog.remove();
      resolve(dialog.returnValue === "ok" ? values : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function tell(title, body) {
  return ask(title, body, { confirm: "Close" });
}
