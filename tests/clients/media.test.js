// Files as browsers send them: resumable uploads by tus-js-client, and requests with files as fetch makes them.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { before, test } from "node:test";
import { promisify } from "node:util";
import { Upload } from "tus-js-client";
import { ask, changing } from "./server.js";

const EMAIL = "tus@montelago.example";
const CREATE = `mutation ($file: Upload!) {
  createContent(input: { content: { asset: { title: [{ locale: "it", value: "Prova" }], file: { upload: $file } } } }) {
    content { ... on Asset { file { name sha256 size mediaType } } } userErrors { code message } } }`;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const text = (lines) => Buffer.from("una riga di testo che serve a provare\n".repeat(lines));
let headers;

before(async () => {
  const environment = { ...process.env, MUNICIPIO_DATA_DIR: process.env.TEST_CHANGING_DATA_DIR };
  const make = ["user", "create", "--tenant", "c_m999", "--email", EMAIL, "--name", "Tus", "--role", "editor", "--generate-password"];
  const { stdout } = await promisify(execFile)(process.env.TEST_PROGRAM, make, { env: environment });
  const password = /shown once: (\S+)/.exec(stdout)[1];
  const signIn = "mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { session { accessToken } } }";
  const data = await ask(signIn, { email: EMAIL, password }, changing);
  headers = { authorization: `Bearer ${data.signIn.session.accessToken}` };
});

/** Uploads bytes; gives the id of the upload and what was told of its progress. */
function upload(bytes, options = {}) {
  return new Promise((resolve, reject) => {
    const told = [];
    const sent = new Upload(bytes, {
      endpoint: `${changing.base}/media/uploads`,
      headers,
      metadata: { filename: "prova.txt", filetype: "text/plain" },
      retryDelays: [0, 50, 100, 200],
      onProgress: (done, total) => told.push([done, total]),
      onError: reject,
      onSuccess: () => resolve({ id: sent.url.split("/").pop(), told, url: sent.url }),
      ...options,
    });
    sent.start();
  });
}

/** The file of the asset that is made of an upload. */
async function made(id) {
  const response = await fetch(changing.graphql, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ query: CREATE, variables: { file: id } }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  assert.deepEqual(data.createContent.userErrors, []);
  return data.createContent.content.file;
}

test("a file comes in one request, with its progress", async () => {
  const bytes = text(50_000);
  const { id, told } = await upload(bytes);
  assert.deepEqual(told.at(-1), [bytes.length, bytes.length]);
  assert.deepEqual(await made(id), { name: "prova.txt", sha256: sha256(bytes), size: bytes.length, mediaType: "text/plain" });
});

test("a file comes in pieces, the first with its creation", async () => {
  const bytes = text(20_000);
  const { id } = await upload(bytes, { chunkSize: 100_000, uploadDataDuringCreation: true });
  assert.equal((await made(id)).sha256, sha256(bytes));
});

test("an upload goes on after a connection broke", async () => {
  const bytes = text(100_000);
  let broken = 0;
  // Between the client and the server: it breaks the first two uploads half-way.
  const proxy = createServer((incoming, outgoing) => {
    const target = new URL(incoming.url, changing.base);
    const onward = request(target, { method: incoming.method, headers: { ...incoming.headers, host: target.host } }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    let passed = 0;
    incoming.on("data", (chunk) => {
      passed += chunk.length;
      if (incoming.method === "PATCH" && broken < 2 && passed > 300_000) {
        broken += 1;
        onward.destroy();
        incoming.destroy();
        return;
      }
      onward.write(chunk);
    });
    incoming.on("end", () => onward.end());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  try {
    const { id } = await upload(bytes, { endpoint: `http://127.0.0.1:${proxy.address().port}/media/uploads` });
    assert.equal(broken, 2);
    assert.equal((await made(id)).sha256, sha256(bytes));
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test("a file that is refused says why", async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
  await assert.rejects(upload(svg, { metadata: { filename: "disegno.svg" }, retryDelays: [] }), (error) => {
    assert.equal(error.originalResponse.getStatus(), 415);
    assert.equal(JSON.parse(error.originalResponse.getBody()).code, "FILE_TYPE_REFUSED");
    return true;
  });
});

test("an upload is taken back", async () => {
  const sent = new Upload(text(10), { endpoint: `${changing.base}/media/uploads`, headers, metadata: { filename: "a.txt" }, uploadSize: 1_000, chunkSize: 100 });
  const begun = new Promise((resolve) => (sent.options.onChunkComplete = resolve));
  sent.start();
  await begun;
  await sent.abort(true);
  const gone = await fetch(sent.url ?? `${changing.base}/media/uploads/x`, { method: "HEAD", headers: { ...headers, "tus-resumable": "1.0.0" } });
  assert.equal(gone.status, 404);
});

test("a file comes with the mutation, as a form of fetch", async () => {
  const bytes = text(1_000);
  const form = new FormData();
  form.set("operations", JSON.stringify({ query: CREATE, variables: { file: null } }));
  form.set("map", JSON.stringify({ 0: ["variables.file"] }));
  form.set("0", new Blob([bytes]), "modulo è.txt");
  const send = (more) => fetch(changing.graphql, { method: "POST", headers: { ...headers, ...more }, body: form });
  const refused = await send({});
  assert.equal((await refused.json()).code, "PREFLIGHT_MISSING");
  const { data } = await (await send({ "graphql-require-preflight": "1" })).json();
  assert.deepEqual(data.createContent.content.file, { name: "modulo è.txt", sha256: sha256(bytes), size: bytes.length, mediaType: "text/plain" });
});
