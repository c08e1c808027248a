// What the server has put into the page for its scripts.
export const start = JSON.parse(document.getElementById("start")?.textContent ?? "{}");

const RANK = { viewer: 0, operator: 1, admin: 2 };
export const may = (role) => RANK[start.user?.role ?? "viewer"] >= RANK[role];
