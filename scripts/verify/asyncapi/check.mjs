// Checks an AsyncAPI document with AsyncAPI's own parser: the form of the document and of its bindings, and that references
// lead somewhere. Ends with 1 where it reports an error or a warning.
//
//     node scripts/verify/asyncapi/check.mjs docs/asyncapi.json
//
// Needs `scripts/local/install asyncapi`.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { argv, exit } from "node:process";

// The packages are installed in target, and not beside this file.
const require = createRequire(new URL("../../../target/tools/asyncapi/package.json", import.meta.url));
const { DiagnosticSeverity, Parser } = require("@asyncapi/parser");

const [file] = argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/verify/asyncapi/check.mjs FILE");
  exit(2);
}
const text = await readFile(file, "utf8");
const parser = new Parser();

const problems = await reported(text);
for (const { path, message } of problems) {
  console.error(`${file}: /${path.join("/")}: ${message}`);
}
// A parser that finds nothing wrong with this one would find nothing in any.
const broken = JSON.parse(text);
Object.values(broken.channels)[0].messages = { lost: { $ref: "#/components/messages/lost" } };
if ((await reported(JSON.stringify(broken))).length === 0) {
  console.error(`${file}: the parser accepts a reference that leads nowhere`);
  exit(1);
}
exit(problems.length > 0 ? 1 : 0);

/** What is said for information is left out: that there is a later version of AsyncAPI, which fewer tools read. */
async function reported(document) {
  const { diagnostics } = await parser.parse(document);
  return diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
}
