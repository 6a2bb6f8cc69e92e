// The official client, old and new, against a running server: SNUG_URL names it.
// The server must not limit sign-ins (SNUG_AUTH_RATE=0).
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { createAuthClient as createOld } from "better-auth-1-3/client";
import { createAuthClient as createNew } from "better-auth-1-7/client";

const url = process.env.SNUG_URL;
if (!url) throw new Error("SNUG_URL is not set");

const password = "correct horse battery";
const day = 24 * 60 * 60 * 1000;

// browser makes a client with cookies of its own, as a page of that origin.
function browser(create, origin = url) {
  const cookies = new Map();
  async function pageFetch(input, init = {}) {
    const headers = new Headers(init.headers);
    headers.set("origin", origin);
    if (cookies.size > 0) {
      headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const reply = await fetch(input, { ...init, headers });
    for (const line of reply.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split("; ");
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (attributes.includes("Max-Age=0")) cookies.delete(name);
      else cookies.set(name, value);
    }
    return reply;
  }
  const client = create({ baseURL: url, fetchOptions: { customFetchImpl: pageFetch } });
  return { client, cookies };
}

// secrets names the cookies but for the one that only says how one signed in last.
function secrets(cookies) {
  return [...cookies.keys()].filter((name) => name !== "better-auth.last_used_login_method");
}

function person(name = "Ada") {
  return { name, email: `${randomUUID()}@example.com`, password };
}

// ok checks that a call succeeded, and returns what it gave.
function ok({ data, error }) {
  assert.equal(error, null);
  return data;
}

function refused({ data, error }, status, code) {
  assert.equal(data, null);
  assert.equal(error.status, status);
  assert.equal(error.code, code);
  assert.ok(error.message.length > 0, "pages show the message");
}

function about(date, distance) {
  assert.ok(date instanceof Date, `${date} is no Date`);
  const off = Math.abs(date.getTime() - Date.now() - distance);
  assert.ok(off < 60_000, `${date.toISOString()} is ${off} ms off`);
}

for (const [version, create] of [["1.3.9", createOld], ["1.7.25", createNew]]) {
  describe(`better-auth ${version}`, () => {
    test("nobody is signed in at first", async () => {
      const { client } = browser(create);
      assert.equal(ok(await client.getSession()), null);
    });

    test("sign up, reload, sign out", async () => {
      const { client, cookies } = browser(create);
      const ada = person("Zoë 😀 <b>");
      const signedUp = ok(await client.signUp.email({ ...ada, image: "https://example.com/ada.png" }));
      assert.equal(signedUp.user.name, ada.name);
      assert.equal(signedUp.user.email, ada.email);
      about(signedUp.user.createdAt, 0);

      const { session, user } = ok(await client.getSession());
      assert.equal(session.token, signedUp.token);
      assert.equal(session.userId, user.id);
      assert.equal(user.id, signedUp.user.id);
      assert.equal(user.name, ada.name);
      assert.equal(user.image, "https://example.com/ada.png");
      assert.equal(user.emailVerified, false);
      about(session.createdAt, 0);
      about(session.updatedAt, 0);
      about(session.expiresAt, 7 * day);

      assert.equal(ok(await client.signOut()).success, true);
      assert.deepEqual(secrets(cookies), []);
      assert.equal(ok(await client.getSession()), null);
      assert.equal(ok(await client.signOut()).success, true, "once more does no harm");
    });

    test("sign in", async () => {
      const ada = person();
      const first = browser(create);
      const before = ok(await first.client.signUp.email(ada));
      const { client } = browser(create);
      const after = ok(await client.signIn.email({ email: ada.email.toUpperCase(), password }));
      assert.equal(after.redirect, false);
      assert.equal(after.user.id, before.user.id);
      assert.notEqual(after.token, before.token);
      assert.equal(after.user.image, null);
      assert.equal(ok(await client.getSession()).session.token, after.token);
    });

    test("a session that isn't remembered", async () => {
      const ada = person();
      ok(await browser(create).client.signUp.email(ada));
      const { client } = browser(create);
      ok(await client.signIn.email({ email: ada.email, password, rememberMe: false }));
      about(ok(await client.getSession()).session.expiresAt, day);
    });

    test("refusals are errors with a code and a message", async () => {
      const { client } = browser(create);
      const ada = person();
      ok(await browser(create).client.signUp.email(ada));
      refused(await client.signIn.email({ email: ada.email, password: "wrong password" }), 401, "INVALID_EMAIL_OR_PASSWORD");
      refused(await client.signIn.email({ email: person().email, password }), 401, "INVALID_EMAIL_OR_PASSWORD");
      refused(await client.signIn.email({ email: "ada", password }), 400, "INVALID_EMAIL");
      refused(await client.signUp.email(ada), 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
      refused(await client.signUp.email({ ...person(), password: "short" }), 400, "PASSWORD_TOO_SHORT");
      refused(await client.signUp.email({ ...person(), password: "x".repeat(129) }), 400, "PASSWORD_TOO_LONG");
      refused(await client.signUp.email(person("System")), 400, "RESERVED_NAME");
      refused(await client.signUp.email(person("2026-01-02T03:04:05.000Z")), 400, "INVALID_NAME");
      assert.equal(ok(await client.getSession()), null);
    });

    test("a page of another origin gets nowhere", async () => {
      const { client } = browser(create, "https://evil.example");
      refused(await client.signUp.email(person()), 403, "INVALID_ORIGIN");
      const ada = person();
      const victim = browser(create);
      ok(await victim.client.signUp.email(ada));
      const evil = browser(create, "https://evil.example");
      for (const [name, value] of victim.cookies) evil.cookies.set(name, value);
      refused(await evil.client.signOut(), 403, "INVALID_ORIGIN");
      assert.equal(ok(await victim.client.getSession()).user.email, ada.email);
    });

    test("list and revoke sessions", async () => {
      const ada = person();
      const [phone, laptop, tablet] = [browser(create), browser(create), browser(create)];
      ok(await phone.client.signUp.email(ada));
      ok(await laptop.client.signIn.email({ email: ada.email, password }));
      ok(await tablet.client.signIn.email({ email: ada.email, password }));

      const mine = ok(await phone.client.getSession()).session;
      const theirs = ok(await laptop.client.getSession()).session;
      const list = ok(await phone.client.listSessions());
      assert.equal(list.length, 3);
      assert.equal(list.filter((s) => s.token === mine.token).length, 1, "the page knows its own");
      for (const s of list) about(s.expiresAt, 7 * day);

      const listed = list.find((s) => s.id === theirs.id);
      assert.equal(ok(await phone.client.revokeSession({ token: listed.token })).status, true);
      assert.equal(ok(await laptop.client.getSession()), null);
      assert.deepEqual(secrets(laptop.cookies), []);
      assert.notEqual(ok(await phone.client.getSession()), null);

      assert.equal(ok(await phone.client.revokeOtherSessions()).status, true);
      assert.equal(ok(await tablet.client.getSession()), null);
      assert.notEqual(ok(await phone.client.getSession()), null);

      assert.equal(ok(await phone.client.revokeSessions()).status, true);
      assert.equal(ok(await phone.client.getSession()), null);
      const late = await phone.client.listSessions();
      assert.equal(late.error.status, 401);
    });

    test("what isn't there is an error, not a page", async () => {
      const { client } = browser(create);
      const { data, error } = await client.$fetch("/no-such-thing");
      assert.equal(data, null);
      assert.equal(error.status, 404);
    });
  });
}
