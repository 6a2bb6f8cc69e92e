// The plugins of the official client whose calls are served, old and new.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import * as pluginsOld from "better-auth-1-3/client/plugins";
import * as pluginsNew from "better-auth-1-7/client/plugins";
import { about, browser, clients, mailTo, ok, password, person, refused } from "./browser.mjs";

const kits = { "1.3.9": pluginsOld, "1.7.25": pluginsNew };

// An app that shows codes, each of which works once: next is the next one that does.
function authenticator(uri) {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...new URL(uri).searchParams.get("secret")].map((c) => digits.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  let used = 0;
  return function next() {
    used = Math.max(used + 1, Math.floor(Date.now() / 30_000) - 1);
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(used));
    const mac = createHmac("sha1", key).update(step).digest();
    const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
    return String(number % 1e6).padStart(6, "0");
  };
}

// withDocument lets the client read the cookies that a page can.
function withDocument(cookies, fn) {
  const name = "better-auth.last_used_login_method";
  globalThis.document = { cookie: cookies.has(name) ? `a=b; ${name}=${cookies.get(name)}` : "a=b" };
  try {
    return fn();
  } finally {
    delete globalThis.document;
  }
}

for (const [version, create] of clients) {
  describe(`better-auth ${version}`, () => {
    const kit = kits[version];
    const redirects = [];
    const plugins = [
      kit.magicLinkClient(), kit.anonymousClient(), kit.lastLoginMethodClient(),
      kit.twoFactorClient({ onTwoFactorRedirect: () => redirects.push(version) }),
    ];
    if (kit.passkeyClient) plugins.push(kit.passkeyClient()); // in 1.7 a package of its own
    const open = () => browser(create, { plugins });

    test("sign in by a link", async () => {
      const { client } = open();
      const { email } = person();
      assert.equal(ok(await client.signIn.magicLink({ email, name: "Ada", callbackURL: "/chat", newUserCallbackURL: "/welcome" })).status, true);
      const link = await mailTo(email);
      assert.equal(link.pathname, "/magic-link", "a page that asks first");
      const token = link.searchParams.get("token");
      const { user } = ok(await client.magicLink.verify({ query: { token } }));
      assert.deepEqual([user.name, user.email, user.emailVerified], ["Ada", email, true]);
      about(user.createdAt, 0);
      assert.equal(ok(await client.getSession()).user.id, user.id);

      const late = open();
      assert.notEqual((await late.client.magicLink.verify({ query: { token } })).error, null, "once");
      ok(await client.signIn.magicLink({ email, callbackURL: "/chat", newUserCallbackURL: "/welcome" }));
      const query = (await mailTo(email)).search;
      assert.equal(await late.visit("/api/auth/magic-link/verify" + query), "/chat");
      assert.equal(ok(await late.client.getSession()).user.id, user.id);
    });

    test("a guest, who stays", async () => {
      const { client } = open();
      const { token, user } = ok(await client.signIn.anonymous());
      about(user.createdAt, 0);
      const guest = ok(await client.getSession());
      assert.equal(guest.session.token, token);
      assert.equal(guest.user.isAnonymous, true);
      refused(await client.signIn.anonymous(), 400, "ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY");

      const ada = person();
      ok(await client.signUp.email(ada));
      const member = ok(await client.getSession()).user;
      assert.deepEqual([member.id, member.email], [user.id, ada.email]);
      assert.ok(!member.isAnonymous);
    });

    if (version !== "1.3.9") {
      test("a guest, who goes", async () => {
        const { client } = open();
        ok(await client.signIn.anonymous());
        assert.equal(ok(await client.deleteAnonymousUser()).success, true);
        assert.equal(ok(await client.getSession()), null);
      });
    }

    test("a second factor", async () => {
      const { client } = open();
      const ada = person();
      ok(await client.signUp.email(ada));
      refused(await client.twoFactor.enable({ password: "wrong password" }), 400, "INVALID_PASSWORD");
      const { totpURI, backupCodes } = ok(await client.twoFactor.enable({ password }));
      const next = authenticator(totpURI);
      const first = next();
      const enabled = ok(await client.twoFactor.verifyTotp({ code: first }));
      assert.equal(enabled.user.twoFactorEnabled, true);
      assert.equal(ok(await client.getSession()).session.token, enabled.token);
      assert.equal(ok(await client.getSession()).user.twoFactorEnabled, true);

      const phone = open();
      redirects.length = 0;
      assert.equal(ok(await phone.client.signIn.email(ada)).twoFactorRedirect, true);
      assert.deepEqual(redirects, [version]);
      assert.equal(ok(await phone.client.getSession()), null);
      refused(await phone.client.twoFactor.verifyTotp({ code: first }), 401, "INVALID_CODE");
      const entered = ok(await phone.client.twoFactor.verifyTotp({ code: next(), trustDevice: true }));
      assert.equal(entered.user.email, ada.email);
      about(entered.user.createdAt, 0);
      assert.equal(ok(await phone.client.getSession()).session.token, entered.token);
      ok(await phone.client.signOut());
      assert.equal(ok(await phone.client.signIn.email(ada)).user.email, ada.email, "not asked again in this browser");

      const lost = open();
      ok(await lost.client.signIn.email(ada));
      ok(await lost.client.twoFactor.verifyBackupCode({ code: backupCodes[0] }));
      assert.notEqual(ok(await lost.client.getSession()), null);
      const more = ok(await lost.client.twoFactor.generateBackupCodes({ password }));
      assert.equal(more.backupCodes.length, 10);
      const again = open();
      ok(await again.client.signIn.email(ada));
      refused(await again.client.twoFactor.verifyBackupCode({ code: backupCodes[1] }), 401, "INVALID_BACKUP_CODE");
      ok(await again.client.twoFactor.verifyBackupCode({ code: more.backupCodes[1] }));

      assert.equal(ok(await again.client.twoFactor.getTotpUri({ password })).totpURI, totpURI);
      assert.equal(ok(await again.client.twoFactor.disable({ password })).status, true);
      assert.equal(ok(await open().client.signIn.email(ada)).user.email, ada.email);
    });

    test("passkeys, as far as that is without a browser", async () => {
      const { client } = open();
      ok(await client.signUp.email(person()));
      assert.deepEqual(ok(await client.passkey.listUserPasskeys()), []);
      refused(await client.passkey.deletePasskey({ id: "none" }), 404, "PASSKEY_NOT_FOUND");
      refused(await client.passkey.updatePasskey({ id: "none", name: "Key" }), 404, "PASSKEY_NOT_FOUND");
      // The client calls these two, and the browser then.
      const made = ok(await client.$fetch("/passkey/generate-register-options", { method: "GET" }));
      assert.deepEqual([made.rp.id, typeof made.challenge], ["localhost", "string"]);
      const asked = ok(await client.$fetch("/passkey/generate-authenticate-options", { method: "POST", body: {} }));
      assert.deepEqual([asked.rpId, typeof asked.challenge], ["localhost", "string"]);
    });

    test("how one signed in last", async () => {
      const { client, cookies } = open();
      const last = () => withDocument(cookies, () => client.getLastUsedLoginMethod());
      assert.equal(last(), null);
      const ada = person();
      ok(await client.signUp.email(ada));
      assert.equal(last(), "email");
      ok(await client.signOut());
      ok(await client.signIn.magicLink({ email: ada.email }));
      ok(await client.magicLink.verify({ query: { token: (await mailTo(ada.email)).searchParams.get("token") } }));
      assert.equal(last(), "magic-link");
      assert.equal(withDocument(cookies, () => client.isLastUsedLoginMethod("magic-link")), true);
    });
  });
}
