// Answers lines in batches, one line out for each line in: node lines.mjs http://127.0.0.1:8000 < in.txt > out.txt
import { createInterface } from "node:readline";
import { Client } from "./client.mjs";

const LINES_AT_A_TIME = 100;
const client = new Client(process.argv[2], { key: process.env.SEQ2EDGE_KEY });
let texts = [];
let written = 0;

async function answer() {
  for (const result of await client.batch(texts)) {
    written += 1;
    if (result.error) console.error(`line ${written}: ${result.error}`);
    console.log((result.text ?? "").replaceAll("\n", " "));
  }
  texts = [];
}

for await (const line of createInterface({ input: process.stdin })) {
  texts.push(line);
  if (texts.length === LINES_AT_A_TIME) await answer();
}
if (texts.length) await answer();
