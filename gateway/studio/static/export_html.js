// A book as one HTML file that needs nothing else.

import { escaped } from "./book.js";
import { prose } from "./prose.js";

export const STYLE = `:root { color-scheme: light dark; }
body { max-width: 38rem; margin: 4rem auto; padding: 0 1.25rem; font: 1.15rem/1.7 Literata, Charter, Georgia, serif; }
h1, h2 { font-weight: 500; line-height: 1.25; }
h2 { font-style: italic; font-size: 1.15rem; opacity: .75; margin-top: 3.5rem; }
figure { margin: 2rem 0; }
figure img { display: block; width: 100%; height: auto; border-radius: 4px; }
figcaption { font-size: .8rem; font-style: italic; opacity: .75; margin-top: .5rem; }
`;

export async function asHtml({ title, chapters }) {
  const parts = [];
  for (const { heading, blocks } of chapters) {
    if (heading !== title) parts.push(`<h2>${escaped(heading)}</h2>`);
    for (const block of blocks) parts.push(block.bytes ? await figure(block) : text(block));
  }
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${parts.join("\n")}
</body>
</html>
`;
  return { ending: "html", blob: new Blob([html], { type: "text/html" }) };
}

const text = (block) => prose(block.text).map((part) => part.outerHTML).join("\n");

async function figure({ bytes, type, alt }) {
  const source = await dataUrl(new Blob([bytes], { type }));
  return `<figure><img src="${source}" alt="${escaped(alt)}"><figcaption>${escaped(alt)}</figcaption></figure>`;
}

function dataUrl(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}
