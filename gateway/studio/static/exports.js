// Saves the conversation as a file in the form that was chosen.

import { book, picturesIn } from "./book.js";
import { byId } from "./dom.js";
import { download, fileName } from "./downloads.js";
import { asEpub } from "./export_epub.js";
import { asHtml } from "./export_html.js";
import { asMarkdown } from "./export_markdown.js";
import { zip } from "./zip.js";

const FORMS = { "save-html": asHtml, "save-markdown": asMarkdown, "save-epub": asEpub, "save-pictures": asPictures };

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

function asPictures(whole) {
  const files = picturesIn(whole).map(({ name, bytes }) => [name, bytes]);
  return { ending: "zip", blob: zip(files, "application/zip") };
}
