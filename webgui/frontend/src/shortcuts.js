// Keys: g and a letter goes to a tab, / searches, r refreshes, ? shows them all. A preference turns them off.
import { h, tell } from "./dom.js";
import { start } from "./start.js";

const KEYS = [
  ["g then a letter", "go to a tab (the letter stands in its tip)"],
  ["/", "search"],
  ["r", "refresh"],
  ["↑ ↓", "move between rows"],
  ["Space", "select the row"],
  ["Enter", "open the row"],
  ["x", "close what is open"],
  ["Esc", "close a dialog or the pane"],
  ["?", "this list"],
];
const own = new Map();
let going = false;

export const onKey = (key, call) => own.set(key, call);

export function shortcuts() {
  document.addEventListener("keydown", (event) => {
    if (!start.preferences?.shortcuts || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (going) {
      going = false;
      const tab = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
      if (tab) {
        event.preventDefault();
        tab.click();
      }
    } else if (event.key === "g") going = true;
    else if (event.key === "?") help();
    else if (event.key === "/") focusSearch(event);
    else if (own.has(event.key)) {
      event.preventDefault();
      own.get(event.key)();
    }
  });
}

function typing(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

function focusSearch(event) {
  const search = document.querySelector("input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
}

function help() {
  tell(
    "Keys",
    h(
      "dl",
      { class: "keys" },
      KEYS.map(([key, words]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)]),
    ),
  );
}
