// Webhooks as a portal receives them that verifies them with the library of the Standard Webhooks specification; the
// asymmetric signatures, which it does not know, with what Node.js has.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { changing, newTopic } from "./server.js";

let listener;
let administrator;
/** What came in, and who waits for it. */
const events = [];

/** Asks as the administrator. */
async function ask(query, variables) {
  const response = await fetch(changing.graphql, {
    method: "POST",
    headers: { "content-type": "application/json", ...(administrator && { authorization: `Bearer ${administrator}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** The first event that came in and fits; those of other tests come in too. */
async function event(fits) {
  for (;;) {
    const found = events.find(({ body }) => fits(JSON.parse(body)));
    if (found) return found;
    await once(listener, "event");
  }
}

/** Verifies an asymmetric signature (`v1a`) with the public key of the webhook. */
function verifyAsymmetric({ headers, body }, publicKey) {
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey.slice("whpk_".length), "base64").toString("base64url") },
    format: "jwk",
  });
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  const signatures = headers["webhook-signature"].split(" ").filter((signature) => signature.startsWith("v1a,"));
  return signatures.some((signature) => verify(null, signed, key, Buffer.from(signature.slice(4), "base64")));
}

before(async () => {
  listener = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    events.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(204).end();
    listener.emit("event");
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const [email, password] = ["webhooks@montelago.example", "a sloop of 17 brass lanterns"];
  const account = ["--tenant", "c_m999", "--email", email, "--name", "Anna Rossi", "--role", "administrator"];
  execFileSync(process.env.TEST_PROGRAM, ["user", "create", ...account, "--password-stdin"], {
    input: `${password}\n`,
    env: { ...process.env, MUNICIPIO_DATA_DIR: process.env.TEST_CHANGING_DATA_DIR },
  });
  const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }`;
  const { signIn: signed } = await ask(signIn, { input: { email, password } });
  administrator = signed.session.accessToken;
});

after(() => listener.close());

test("what a portal is told is verified by the library of the specification, also while secrets are rotated", async () => {
  const url = `http://127.0.0.1:${listener.address().port}/`;
  const { createWebhook } = await ask(
    `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id publicKey } userErrors { message } } }`,
    { input: { url, events: ["CONTENT_PUBLISHED", "CONTENT_UNPUBLISHED"] } },
  );
  assert.deepEqual(createWebhook.userErrors, []);
  const { secret, webhook } = createWebhook;

  // Published by another program than the one that tells it.
  const id = await newTopic("webhook", "Un argomento che si racconta");
  const told = await event(({ data }) => data.id === id);
  const payload = new Webhook(secret).verify(told.body, told.headers);
  assert.equal(payload.type, "content.published");
  assert.equal(payload.data.path, "/argomenti/webhook");
  assert(payload.data.changedPaths.includes("/argomenti/webhook"));
  assert(told.body.length < 20_000);
  assert(verifyAsymmetric(told, webhook.publicKey));
  assert.throws(() => new Webhook(secret).verify(told.body.replace("webhook", "altrove"), told.headers));

  const { rotateWebhookSecret } = await ask(
    `mutation ($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input) { secret webhook { publicKey } } }`,
    { input: { id: webhook.id } },
  );
  await ask(`mutation ($input: TestWebhookInput!) { testWebhook(input: $input) { userErrors { code } } }`, { input: { id: webhook.id } });
  const tested = await event(({ type }) => type === "webhook.test");
  for (const key of [secret, rotateWebhookSecret.secret]) new Webhook(key).verify(tested.body, tested.headers);
  for (const key of [webhook.publicKey, rotateWebhookSecret.webhook.publicKey]) assert(verifyAsymmetric(tested, key));
  await ask(`mutation ($input: DeleteWebhookInput!) { deleteWebhook(input: $input) { deletedId } }`, { input: { id: webhook.id } });
});
