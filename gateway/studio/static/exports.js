// Saves the conversation as a file in the form that was chosen.

import { book } from "./book.js";
import { byId, element } from "./dom.js";
import { asEpub } from "./export_epub.js";
import { asHtml } from "./export_html.js";
import { asMarkdown } from "./export_markdown.js";

const FORMS = { "save-html": asHtml, "save-markdown": asMarkdown, "save-epub": asEpub };

export function offerExports(story, say, complain) {
  for (const [id, form] of Object.entries(FORMS)) {
    byId(id).addEventListener("click", async () => {
      byId("save").open = false;
      byId("save").querySelector("summary").focus();
      try {
        const whole = await book(story);
        const { ending, blob } = await form(whole);
        download(`${fileName(whole.title)}.${ending}`, blob);
        say(`Saved as ${ending}.`);
      } catch (problem) {
        complain(problem);
      }
    });
  }
}

function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser has taken the file by the next turn of its loop.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const fileName = (title) => title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 48).replace(/^-|-$/g, "") || "story";
