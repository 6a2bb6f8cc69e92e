// Sessions and passwords with the official client, old and new.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { about, browser, clients, day, ok, password, person, refused, secrets } from "./browser.mjs";

for (const [version, create] of clients) {
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
      const { client } = browser(create, { origin: "https://evil.example" });
      refused(await client.signUp.email(person()), 403, "INVALID_ORIGIN");
      const ada = person();
      const victim = browser(create);
      ok(await victim.client.signUp.email(ada));
      const evil = browser(create, { origin: "https://evil.example" });
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
