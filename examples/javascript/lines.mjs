// Answers lines in batches, one line out for each line in: node lines.mjs http://127.0.0.1:8000 < in.txt > out.txt
// A line without an answer becomes an empty line, and standard error says why.
import { createInterface } from "node:readline";
import { Client, ServerError } from "./client.mjs";

const LINES_AT_A_TIME = 100;
const BYTES_AT_A_TIME = 80_000; // the server allows 100,000 bytes and characters (--max-body-bytes, --max-characters)
const client = new Client(process.argv[2], { key: process.env.SEQ2EDGE_KEY });
let texts = [];
let bytes = 0; // of the texts as JSON
let written = 0;

/** A result or { error } for each text, also if the server refuses these texts. A wrong key ends the program. */
async function results() {
  try {
    return await client.batch(texts);
  } catch (error) {
    if (!(error instanceof ServerError) || error.status === 401) throw error;
    return texts.map(() => ({ error: error.message }));
  }
}

async function answer() {
  for (const result of await results()) {
    written += 1;
    if (result.error) console.error(`line ${written}: ${result.error}`);
    console.log((result.text ?? "").replaceAll("\n", " "));
  }
  texts = [];
  bytes = 0;
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const more = Buffer.byteLength(JSON.stringify(line)) + 1; // with a comma
  if (texts.length && bytes + more > BYTES_AT_A_TIME) await answer();
  texts.push(line);
  bytes += more;
  if (texts.length === LINES_AT_A_TIME) await answer();
}
if (texts.length) await answer();
