// A client of `seq2edge serve` for Node 18 or later and for web pages: const answer = await new Client().run("hello");
// It needs no package. docs/serving.md describes the routes, the options and the fields of a result.

/** The server refused a request, or could not answer it; the message is the server's own. */
export class ServerError extends Error {
  /** @param {number} status the HTTP status; 200 if the error came after the first event of a stream */
  constructor(status, message) {
    super(message);
    this.name = "ServerError";
    this.status = status;
  }
}

export class Client {
  /**
   * @param {string} address where the server listens
   * @param {{key?: string}} settings `key`: one of the keys of `--api-key-file`
   */
  constructor(address = "http://127.0.0.1:8000", { key } = {}) {
    this.address = address.replace(/\/+$/, "");
    this.headers = { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };
  }

  /** The result of one text. `options` are those of decoding, such as { beam: 5, n_best: 3 }, and `previous`. */
  async run(text, options = {}) {
    const response = await this.#post("/run", { ...options, text });
    return (await response.json()).results[0];
  }

  /** For each text, in order, a result or { error }. At most 1,000 texts. */
  async batch(texts, options = {}) {
    const response = await this.#post("/v1/batch", { ...options, texts });
    return (await response.json()).results;
  }

  /**
   * The answer as it grows: objects with `text`, each longer than the one before. The last is the whole result.
   * Leaving the loop (`break`) closes the connection, and the server stops.
   */
  async *stream(text, options = {}) {
    const response = await this.#post("/v1/stream", { ...options, text });
    for await (const { name, data } of events(response.body)) {
      if (name === "error") throw new ServerError(response.status, data.error);
      yield data;
      if (name === "result") return;
    }
    throw new ServerError(response.status, "the connection ended before the result");
  }

  async #post(path, body) {
    const response = await fetch(this.address + path, {
      method: "POST",
      headers: this.headers,
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new ServerError(response.status, await message(response));
    return response;
  }
}

/** What the server says in {"error": …}; a proxy in front of it may answer without JSON. */
async function message(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error;
  } catch {
    return text || response.statusText;
  }
}

/** The server-sent events of a body: { name, data }. EventSource cannot be used, because it only sends GET. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let received = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      received += value;
      const blocks = received.split("\n\n"); // an empty line ends an event
      received = blocks.pop();
      for (const block of blocks) {
        yield { name: block.match(/^event: (.*)$/m)[1], data: JSON.parse(block.match(/^data: (.*)$/m)[1]) };
      }
    }
  } finally {
    await reader.cancel();
  }
}
