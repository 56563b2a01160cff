// Lets others read the story: asks the gateway for a link, and for how long it is to hold.

import * as api from "./api.js";
import { button, element } from "./dom.js";
import { openDialog } from "./menus.js";

const HOUR_S = 3600;
const TIMES = [["as long as the server keeps it", null], ["a day", 24 * HOUR_S], ["an hour", HOUR_S]];

/** Shares the story up to this answer; `act` tells what went well and what did not. */
export async function share(id, act) {
  const link = element("input", { type: "text", readonly: true, "aria-label": "Link", onfocus: (event) => event.target.select() });
  const lasts = element("select", { id: "share-lasts" }, ...TIMES.map(([name], index) => element("option", { value: index }, name)));
  const until = element("p", { class: "small", role: "status" });
  const copy = button("Copy link", () => copyLink(link, act), { class: "primary" });
  const end = button("Stop sharing", stop);
  async function make() {
    const told = await api.share(id, TIMES[lasts.value][1]);
    link.value = told.url;
    until.textContent = `Whoever has this link can read the story with its questions until ${new Date(1000 * told.expires_at).toLocaleString()}. Pictures are shown as they were drawn first.`;
  }
  async function stop() {
    try {
      await api.unshare(id);
      dialog.close();
      act.say("The link no longer works.");
    } catch (problem) {
      dialog.close();
      act.complain(problem);
    }
  }
  lasts.addEventListener("change", () => make().catch(act.complain));
  try {
    await make();
  } catch (problem) {
    return act.complain(problem);
  }
  const dialog = openDialog("Share this story", "share", link, element("label", { for: "share-lasts" }, "It can be read for"), lasts, until, element("div", { class: "tools" }, end, copy));
  copy.focus();
}

async function copyLink(link, act) {
  try {
    await navigator.clipboard.writeText(link.value);
  } catch {
    link.select(); // pages that come by plain http from another machine have no clipboard
    document.execCommand("copy");
  }
  act.say("The link is copied.");
}
