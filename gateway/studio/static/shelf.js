// The start page's shelf: one's stories by cover, title and time, to be searched, opened, renamed and deleted.

import * as api from "./api.js";
import { button, byId, element, setText } from "./dom.js";
import { menu, openDialog } from "./menus.js";
import { show } from "./pictures.js";
import { forget } from "./saved.js";
import * as store from "./shelf_store.js";

// For as long a deleted story can be had back.
const UNDO_MS = 8000;
const SEARCH_FROM = 6;

/** The shelf; `update()` shows what is on it now. `say` tells of small things, with a button where one is given. */
export function shelf(say) {
  const list = byId("stories");
  const search = byId("search");
  let drawn = "";
  search.addEventListener("input", () => update());
  for (const one of store.stories().filter((story) => story.gone)) erase(one); // the page was closed before the time to undo was over

  function update() {
    const all = store.stories().filter((one) => !one.gone);
    const wanted = all.filter((one) => titleOf(one).toLowerCase().includes(search.value.trim().toLowerCase()));
    byId("shelf").hidden = all.length === 0;
    search.hidden = all.length < SEARCH_FROM && !search.value;
    setText(byId("none-found"), wanted.length ? "" : "No story has these words in its title.");
    const key = JSON.stringify(wanted);
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(...wanted.map(book));
  }

  function book(one) {
    const title = titleOf(one);
    const id = one.ids.at(-1);
    const cover = element("img", { alt: "", hidden: true });
    if (one.cover) show(cover, api.fileUrl(one.cover));
    const link = element("a", { href: `#${id}` }, element("span", { class: "cover" }, cover), element("span", { class: "title" }, title), element("span", { class: "small" }, when(one.at)));
    const more = menu("⋯", `More for ${title}`, button("Rename", () => rename(one)), button("Delete", () => remove(one)));
    return element("li", {}, link, more);
  }

  function rename(one) {
    const name = element("input", { type: "text", maxlength: 120, value: titleOf(one), "aria-label": "Title" });
    const submit = (event) => {
      event.preventDefault();
      store.change(one.ids.at(-1), { name: name.value.trim() });
      dialog.close();
      update();
    };
    const form = element("form", { onsubmit: submit }, name, element("div", { class: "tools" }, element("button", { class: "primary" }, "Rename")));
    const dialog = openDialog("Rename the story", "rename", form);
    name.select();
  }

  function remove(one) {
    const id = one.ids.at(-1);
    store.change(id, { gone: true });
    update();
    const end = setTimeout(() => erase(one), UNDO_MS);
    const undo = () => {
      clearTimeout(end);
      store.change(id, { gone: false });
      update();
    };
    say(`Deleted: ${titleOf(one)}`, button("Undo", undo), UNDO_MS);
  }

  return { update };
}

export const titleOf = ({ name, title }) => name || title || "A story";

/** Forgets a story here and on the server, which may have forgotten it already. */
async function erase({ ids }) {
  store.remove(ids.at(-1));
  for (const id of ids) {
    forget(id);
    await api.remove(id).catch(() => {});
  }
}

function when(at) {
  const days = Math.floor(new Date().setHours(0, 0, 0, 0) / 864e5) - Math.floor(new Date(at).setHours(0, 0, 0, 0) / 864e5);
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (days <= 0) return `today, ${time}`;
  return days === 1 ? `yesterday, ${time}` : new Date(at).toLocaleDateString();
}
