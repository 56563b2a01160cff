// Lets others read the story: asks the gateway for a link, and for how long it is to hold.

import * as api from "./api.js";
import { button, element } from "./dom.js";
import { drawnIn } from "./guides.js";
import { openDialog } from "./menus.js";
import { plain } from "./trouble.js";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const TIMES = [["as long as the server keeps answers", null], ["an hour", HOUR_S], ["a day", DAY_S], ["a month", 30 * DAY_S], ["a year", 365 * DAY_S]];

/** Shares the story as it is shown now; `act` tells what went well and what did not. */
export async function share(story, act) {
  const { id } = story.turns.findLast((turn) => turn.answer.id).answer;
  const link = element("input", { type: "text", readonly: true, "aria-label": "Link", onfocus: (event) => event.target.select() });
  const lasts = element("select", { id: "share-lasts" }, ...TIMES.map(([name], index) => element("option", { value: index }, name)));
  const until = element("p", { class: "small", role: "status" });
  const copy = button("Copy link", () => copyLink(link, act), { class: "primary" });
  const end = button("Stop sharing", stop);
  async function make() {
    const told = await api.share(id, TIMES[lasts.value][1], chosen(story));
    link.value = told.url;
    until.textContent = `Whoever has this link can read the story with its questions until ${new Date(1000 * told.expires_at).toLocaleString()}.`;
  }
  /** The link stays as it was; why is said where one looks. */
  function refused(problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    const { what, next } = plain(problem);
    until.textContent = `${what} ${next}`;
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
  lasts.addEventListener("change", () => make().catch(refused));
  try {
    await make();
  } catch (problem) {
    return act.complain(problem);
  }
  const dialog = openDialog("Share this story", "share", link, element("label", { for: "share-lasts" }, "It can be read for"), lasts, until, element("div", { class: "tools" }, end, copy));
  copy.focus();
}

/** The versions of pictures that are shown in the place of the answers' own. */
function chosen(story) {
  const versions = {};
  for (const { turn, item } of drawnIn(story.turns)) {
    if (turn.chosen(item) > 0) (versions[turn.answer.id] ??= {})[item.name] = turn.shown(item).fileId;
  }
  return versions;
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
