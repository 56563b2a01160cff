// What a checker of EPUB has against some books; prints it as JSON, a list for each.
import { readFile } from "node:fs/promises";

import { EpubCheck } from "@likecoin/epubcheck-ts";

const found = [];
for (const book of process.argv.slice(2)) {
  const { messages } = await EpubCheck.validate(await readFile(book));
  found.push(messages.map(({ severity, id, message }) => `${severity} ${id}: ${message}`));
}
console.log(JSON.stringify(found));
