// Sign-in through an identity provider, with a provider that others use too: oidc-provider, which is certified by the
// OpenID Foundation. What no provider of good will does (wrong audiences, forged tokens) is in tests/e2e/oidc_faults.rs.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import Provider from "oidc-provider";
import { changing } from "./server.js";

const redirectUri = "https://portale.montelago.example/accesso";
const secret = "un segreto: di prova & altro";
/** Everybody whom the provider knows, by the subject. */
const people = { ada: ["redazione"], bea: ["altri"] };

let listener;
let issuer;
let provider;
let administrator;
let id;

/** The provider with a key of this id. */
function start(kid) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" };
  const client = { client_secret: secret, redirect_uris: [redirectUri] };
  return new Provider(issuer, {
    clients: [
      { client_id: "portale", ...client },
      { client_id: "altro", ...client },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ["un segreto"] },
    scopes: ["openid", "email", "profile", "groups"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    ttl: { IdToken: 600, AuthorizationCode: 60, AccessToken: 60, Session: 60, Interaction: 60, Grant: 60 },
    findAccount: (_, subject) => ({
      accountId: subject,
      claims: () => ({
        sub: subject,
        name: `Prova ${subject}`,
        email: `${subject}.oidc@montelago.example`,
        email_verified: true,
        groups: people[subject],
      }),
    }),
  });
}

/** A browser: keeps cookies, and is sent from page to page. Signs in, agrees, and gives the address to which it comes back. */
async function browse(url, login) {
  const cookies = new Map();
  let request = [url, {}];
  for (let pages = 0; pages < 20; pages += 1) {
    const [address, options] = request;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(address, { ...options, redirect: "manual", headers: { ...options.headers, cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = set.match(/^([^=]+)=([^;]*)/);
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location?.startsWith(redirectUri)) return Object.fromEntries(new URL(location).searchParams);
    if (location) {
      request = [new URL(location, address).href, {}];
      continue;
    }
    const page = await response.text();
    const [, prompt] = page.match(/name="prompt" value="(\w+)"/) ?? assert.fail(page);
    const [, action] = page.match(/action="([^"]+)"/);
    const body = new URLSearchParams({ prompt, login, password: "x" });
    request = [new URL(action, address).href, { method: "POST", body }];
  }
  return assert.fail("the browser is sent around");
}

/** The payload of a mutation. */
async function call(mutation, input, token) {
  const [, name] = mutation.match(/\{ (\w+)/);
  const response = await fetch(changing.graphql, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query: mutation, variables: { input } }),
  });
  const { data, errors } = await response.json();
  return data ? data[name] : { error: errors[0].extensions.code };
}

const begin = () =>
  call(
    `mutation ($input: BeginOidcSignInInput!) { beginOidcSignIn(input: $input) { authorizationUrl signInToken userErrors { code } } }`,
    { provider: id, redirectUri },
  );
const complete = (input) =>
  call(
    `mutation ($input: CompleteOidcSignInInput!) { completeOidcSignIn(input: $input) {
      session { accessToken account { email name roles } } userErrors { code } } }`,
    input,
  );
const change = (input) =>
  call(
    `mutation ($input: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $input) { userErrors { code message } } }`,
    { id, ...input },
    administrator,
  );

async function back(login) {
  const { authorizationUrl, signInToken, userErrors } = await begin();
  assert.deepEqual(userErrors, []);
  const { state, code, iss } = await browse(authorizationUrl, login);
  return { signInToken, state, code, iss };
}

const signIn = async (login) => complete(await back(login));
const refusal = ({ userErrors, error }) => error ?? userErrors[0]?.code;

before(async () => {
  listener = createServer((request, response) => provider.callback()(request, response));
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${listener.address().port}`;
  provider = start("uno");
  const [email, password] = ["oidc@montelago.example", "a sloop of 17 brass lanterns"];
  const account = ["--tenant", "c_m999", "--email", email, "--name", "Anna Rossi", "--role", "administrator"];
  execFileSync(process.env.TEST_PROGRAM, ["user", "create", ...account, "--password-stdin"], {
    input: `${password}\n`,
    env: { ...process.env, MUNICIPIO_DATA_DIR: process.env.TEST_CHANGING_DATA_DIR },
  });
  const signed = await call(
    `mutation ($input: SignInInput!) { signIn(input: $input) { session { accessToken } } }`,
    { email, password },
  );
  administrator = signed.session.accessToken;
  const settings = {
    redirectUris: [redirectUri],
    scopes: ["openid", "email", "profile", "groups"],
    groupRoles: [
      { group: "redazione", roles: ["author"] },
      { group: "dirigenti", roles: ["editor", "translator"] },
    ],
    allowedGroups: ["redazione", "dirigenti"],
    createsAccounts: true,
  };
  const made = await call(
    `mutation ($input: CreateIdentityProviderInput!) { createIdentityProvider(input: $input) { identityProvider { id } userErrors { message } } }`,
    { name: "oidc-provider", issuer, clientId: "portale", clientSecret: secret, settings },
    administrator,
  );
  assert.deepEqual(made.userErrors, []);
  id = made.identityProvider.id;
});

after(() => listener.close());

test("who signs in gets an account with the roles of their groups, of now", async () => {
  const { session, userErrors } = await signIn("ada");
  assert.deepEqual(userErrors, []);
  assert.deepEqual(session.account, { email: "ada.oidc@montelago.example", name: "Prova ada", roles: ["author"] });
  people.ada = ["dirigenti"];
  assert.deepEqual((await signIn("ada")).session.account.roles, ["editor", "translator"]);
  people.ada = ["redazione"];
});

test("who is in no group that is let in stays out", async () => {
  assert.equal(refusal(await signIn("bea")), "GROUP_NOT_ALLOWED");
});

test("a code is taken once, with the state and by the browser that it belongs to", async () => {
  const [mine, other] = [await back("ada"), await back("ada")];
  assert.equal(refusal(await complete({ ...mine, state: other.state })), "INVALID_STATE");
  assert.equal(refusal(await complete({ ...mine, signInToken: other.signInToken })), "INVALID_STATE");
  assert.equal(refusal(await complete({ ...mine, code: other.code })), "INVALID_GRANT", "another verifier");
  const another = await back("ada");
  assert.equal((await complete(another)).session.account.name, "Prova ada");
  assert.equal(refusal(await complete(another)), "INVALID_STATE");
  const { authorizationUrl, signInToken } = await begin();
  const { state } = await browse(authorizationUrl, "ada");
  assert.equal(refusal(await complete({ signInToken, state, code: another.code, iss: issuer })), "INVALID_GRANT", "replayed");
});

test("a code for another client, or with another secret, is refused", async () => {
  const mine = await back("ada");
  await change({ clientId: "altro" });
  assert.equal(refusal(await complete(mine)), "INVALID_GRANT");
  await change({ clientId: "portale", clientSecret: "sbagliato" });
  assert.equal(refusal(await complete(await back("ada"))), "CLIENT_REFUSED");
  await change({ clientSecret: secret });
  assert.equal((await signIn("ada")).session.account.name, "Prova ada");
});

test("the provider must say who it is where it sends the browser back", async () => {
  const mine = await back("ada");
  assert.equal(mine.iss, issuer);
  assert.equal(refusal(await complete({ ...mine, iss: undefined })), "OTHER_ISSUER");
});

test("keys that change are fetched anew", async () => {
  await signIn("ada");
  provider = start("due");
  assert.equal((await signIn("ada")).session.account.name, "Prova ada");
});

test("tokens expire, and are not of the future", async (context) => {
  for (const [minutes, code] of [
    [-9, undefined],
    [-20, "TOKEN_EXPIRED"],
    [20, "TOKEN_NOT_YET_VALID"],
  ]) {
    // The clock of the provider, which runs in this process.
    context.mock.timers.enable({ apis: ["Date"], now: Date.now() + minutes * 60_000 });
    assert.equal(refusal(await signIn("ada")), code);
    context.mock.timers.reset();
  }
});
