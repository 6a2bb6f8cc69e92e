// Sign-in at providers with the official client, old and new.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { about, approve, browser, clients, idToken, ok, person, refused } from "./browser.mjs";

const providers = ["google", "github", "twitter"];

// account makes somebody who is known at providers.
function account(email = person().email) {
  const [id] = crypto.getRandomValues(new Uint32Array(1));
  return { id: String(id), name: "Ada", email, verified: true };
}

for (const [version, create] of clients) {
  describe(`better-auth ${version}`, () => {
    async function enter(b, provider, who, more = {}) {
      const begun = ok(await b.client.signIn.social({ provider, callbackURL: "/chat", ...more }));
      assert.equal(begun.redirect, true);
      return b.visit(await approve(provider, begun.url, who));
    }

    for (const provider of providers) {
      test(`sign in with ${provider}`, async () => {
        const b = browser(create);
        const ada = account();
        assert.equal(await enter(b, provider, ada, { newUserCallbackURL: "/welcome" }), "/welcome");
        const { user, session } = ok(await b.client.getSession());
        assert.deepEqual([user.name, user.email, user.emailVerified], ["Ada", ada.email, true]);
        about(session.createdAt, 0);

        const again = browser(create);
        assert.equal(await enter(again, provider, ada, { newUserCallbackURL: "/welcome" }), "/chat");
        assert.equal(ok(await again.client.getSession()).user.id, user.id);
      });
    }

    test("where it goes when it fails", async () => {
      const b = browser(create);
      const begun = ok(await b.client.signIn.social({ provider: "github", callbackURL: "/chat", errorCallbackURL: "/failed?at=github", disableRedirect: true }));
      assert.equal(begun.redirect, false);
      const state = new URL(begun.url).searchParams.get("state");
      assert.equal(await b.visit(`/api/auth/callback/github?error=access_denied&state=${state}`), "/failed?at=github&error=access_denied");
      assert.equal(await b.visit(`/api/auth/callback/github?code=x&state=${state}`), "/api/auth/error?error=please_restart_the_process");
      assert.equal(ok(await b.client.getSession()), null);
      refused(await b.client.signIn.social({ provider: "nosuch" }), 404, "PROVIDER_NOT_FOUND");
      refused(await b.client.signIn.social({ provider: "google", callbackURL: "https://evil.example" }), 403, "INVALID_CALLBACKURL");
    });

    test("sign in with an id_token", async () => {
      const { client } = browser(create);
      const ada = account();
      const { token, user, redirect } = ok(await client.signIn.social({ provider: "google", idToken: await idToken(ada, randomUUID()) }));
      assert.equal(redirect, false);
      assert.equal(user.email, ada.email);
      assert.equal(ok(await client.getSession()).session.token, token);
      const bad = browser(create).client;
      refused(await bad.signIn.social({ provider: "google", idToken: { ...(await idToken(ada, "one")), nonce: "other" } }), 401, "INVALID_TOKEN");
      refused(await bad.signIn.social({ provider: "github", idToken: await idToken(ada) }), 404, "ID_TOKEN_NOT_SUPPORTED");
    });

    test("add, list and remove accounts", async () => {
      const b = browser(create);
      const ada = account();
      await enter(b, "google", ada);
      refused(await b.client.unlinkAccount({ providerId: "google" }), 400, "YOU_CANT_UNLINK_YOUR_LAST_ACCOUNT");
      for (const provider of ["github", "twitter"]) {
        const { url, redirect } = ok(await b.client.linkSocial({ provider, callbackURL: "/account" }));
        assert.equal(redirect, true);
        assert.equal(await b.visit(await approve(provider, url, ada)), "/account");
      }
      const list = ok(await b.client.listAccounts());
      assert.deepEqual(list.map((a) => a.providerId), providers);
      const { user } = ok(await b.client.getSession());
      for (const a of list) {
        about(a.createdAt, 0);
        assert.equal(a.accountId, ada.id);
        assert.equal(a.userId, user.id);
        assert.ok(Array.isArray(a.scopes));
      }

      refused(await b.client.unlinkAccount({ providerId: "discord" }), 400, "ACCOUNT_NOT_FOUND");
      // As 1.3.9 names an account, and as 1.7 does, by the row.
      assert.equal(ok(await b.client.unlinkAccount({ providerId: "github", accountId: ada.id })).status, true);
      assert.equal(ok(await b.client.unlinkAccount({ accountId: list[2].id })).status, true);
      assert.deepEqual(ok(await b.client.listAccounts()).map((a) => a.providerId), ["google"]);
    });

    test("add no account of somebody else", async () => {
      const b = browser(create);
      await enter(b, "google", account());
      const { url } = ok(await b.client.linkSocial({ provider: "github", callbackURL: "/account", errorCallbackURL: "/account" }));
      assert.equal(await b.visit(await approve("github", url, account())), "/account?error=email_doesn%27t_match");
      const late = await browser(create).client.linkSocial({ provider: "github" });
      assert.equal(late.error.status, 401);
    });

    test("add an account by an id_token", async () => {
      const b = browser(create);
      const ada = account();
      await enter(b, "github", ada);
      assert.equal(ok(await b.client.linkSocial({ provider: "google", idToken: await idToken(ada, randomUUID()) })).status, true);
      assert.deepEqual(ok(await b.client.listAccounts()).map((a) => a.providerId), ["github", "google"]);
    });
  });
}
