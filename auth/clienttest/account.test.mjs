// What people do to their accounts, with the official client, old and new.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { about, age, browser, clients, mailTo, noMailTo, ok, password, person, refused, secrets } from "./browser.mjs";

for (const [version, create] of clients) {
  describe(`better-auth ${version}`, () => {
    async function signedUp(name) {
      const ada = person(name);
      const b = browser(create);
      ok(await b.client.signUp.email(ada));
      await mailTo(ada.email); // the one that confirms the address
      return { ...b, ada, user: async () => ok(await b.client.getSession())?.user };
    }

    async function confirm({ client, ada }) {
      assert.equal(ok(await client.sendVerificationEmail({ email: ada.email })).status, true);
      const link = await mailTo(ada.email);
      assert.equal(ok(await client.verifyEmail({ query: { token: link.searchParams.get("token") } })).status, true);
    }

    test("confirm the address", async () => {
      const { client, visit, ada, user } = await signedUp();
      assert.equal(ok(await client.sendVerificationEmail({ email: ada.email, callbackURL: "/welcome" })).status, true);
      const link = await mailTo(ada.email);
      assert.equal(await visit(link), "/welcome");
      assert.equal((await user()).emailVerified, true);
      refused(await client.verifyEmail({ query: { token: "none" } }), 401, "INVALID_TOKEN");
      refused(await client.sendVerificationEmail({ email: ada.email }), 400,
        "YOU_CAN_ONLY_SEND_A_VERIFICATION_EMAIL_TO_AN_UNVERIFIED_EMAIL");
      refused(await client.sendVerificationEmail({ email: ada.email, callbackURL: "https://evil.example" }), 403, "INVALID_CALLBACKURL");

      const bob = await signedUp();
      await confirm(bob);
      assert.equal((await bob.user()).emailVerified, true);
    });

    test("a new password by mail", async () => {
      const { client, visit, ada, user } = await signedUp();
      assert.equal(ok(await client.requestPasswordReset({ email: ada.email, redirectTo: "/choose" })).status, true);
      const there = new URL(await visit(await mailTo(ada.email)), "http://localhost");
      assert.equal(there.pathname, "/choose");
      const token = there.searchParams.get("token");
      refused(await client.resetPassword({ newPassword: "short", token }), 400, "PASSWORD_TOO_SHORT");
      assert.equal(ok(await client.resetPassword({ newPassword: "a longer password", token })).status, true);
      refused(await client.resetPassword({ newPassword: "a third password", token }), 400, "INVALID_TOKEN");
      assert.equal(await user(), undefined, "whoever was in is out");
      refused(await client.signIn.email(ada), 401, "INVALID_EMAIL_OR_PASSWORD");
      ok(await client.signIn.email({ email: ada.email, password: "a longer password" }));

      const stranger = person();
      const known = ok(await client.requestPasswordReset({ email: ada.email }));
      assert.deepEqual(ok(await client.requestPasswordReset({ email: stranger.email })), known);
      await noMailTo(stranger.email);
      refused(await client.requestPasswordReset({ email: ada.email, redirectTo: "//evil.example" }), 403, "INVALID_REDIRECTURL");
    });

    if (version === "1.3.9") {
      test("a new password by its older name", async () => {
        const { client, visit, ada } = await signedUp();
        assert.equal(ok(await client.forgetPassword({ email: ada.email, redirectTo: "/choose" })).status, true);
        assert.match(await visit(await mailTo(ada.email)), /^\/choose\?token=\w+$/);
      });
    }

    test("change the password", async () => {
      const { client, ada } = await signedUp();
      const other = browser(create);
      ok(await other.client.signIn.email(ada));
      refused(await client.changePassword({ currentPassword: "wrong password", newPassword: "a longer password" }), 400, "INVALID_PASSWORD");
      assert.equal(ok(await client.changePassword({ currentPassword: password, newPassword: "a longer password" })).token, null);
      const before = ok(await client.getSession());
      assert.notEqual(ok(await other.client.getSession()), null);

      const changed = ok(await client.changePassword({
        currentPassword: "a longer password", newPassword: "a third password", revokeOtherSessions: true,
      }));
      assert.equal(changed.user.email, ada.email);
      about(changed.user.createdAt, 0);
      const after = ok(await client.getSession());
      assert.equal(after.session.token, changed.token);
      assert.notEqual(after.session.token, before.session.token);
      assert.equal(ok(await other.client.getSession()), null);
      ok(await other.client.signIn.email({ email: ada.email, password: "a third password" }));
    });

    test("change an address that isn't confirmed", async () => {
      const { client, user } = await signedUp();
      const { email } = person();
      assert.equal(ok(await client.changeEmail({ newEmail: email })).status, true);
      assert.equal((await user()).email, email);
      refused(await client.changeEmail({ newEmail: email }), 400, "EMAIL_IS_THE_SAME");
    });

    test("change an address that is", async () => {
      const mallory = browser(create);
      const { client, visit, ada, user, ...rest } = await signedUp();
      await confirm({ client, ada, ...rest });
      const { email } = person();
      assert.equal(ok(await client.changeEmail({ newEmail: email, callbackURL: "/account" })).status, true);
      await noMailTo(email);
      const old = await mailTo(ada.email);
      assert.equal(await mallory.visit(old), "/account?error=unauthorized", "the mail alone changes nothing");
      assert.equal(await visit(old), "/account");
      assert.equal((await user()).email, ada.email);
      assert.equal(await visit(await mailTo(email)), "/account");
      const changed = await user();
      assert.deepEqual([changed.email, changed.emailVerified], [email, true]);
    });

    test("change name and picture", async () => {
      const { client, user } = await signedUp();
      const image = "https://example.com/ada.png";
      assert.equal(ok(await client.updateUser({ name: "Countess", image })).status, true);
      let changed = await user();
      assert.deepEqual([changed.name, changed.image], ["Countess", image]);
      assert.equal(ok(await client.updateUser({ image: null })).status, true);
      changed = await user();
      assert.deepEqual([changed.name, changed.image], ["Countess", null]);
      refused(await client.updateUser({ email: "other@example.com" }), 400, "EMAIL_CAN_NOT_BE_UPDATED");
      refused(await client.updateUser({ name: "" }), 400, "INVALID_NAME");
      refused(await client.updateUser({ image: "javascript:alert(1)" }), 400, "INVALID_IMAGE");
    });

    test("delete the account", async () => {
      const { client, cookies, ada } = await signedUp();
      refused(await client.deleteUser({ password: "wrong password" }), 400, "INVALID_PASSWORD");
      assert.deepEqual(ok(await client.deleteUser({ password })), { success: true, message: "User deleted" });
      assert.deepEqual(secrets(cookies), []);
      assert.equal(ok(await client.getSession()), null);
      refused(await client.signIn.email(ada), 401, "INVALID_EMAIL_OR_PASSWORD");

      const fresh = await signedUp();
      assert.equal(ok(await fresh.client.deleteUser()).success, true);
      assert.equal(await fresh.user(), undefined);
    });

    test("delete the account by mail", async () => {
      for (const how of ["call", "link"]) {
        const { client, visit, ada, user } = await signedUp();
        await age(ok(await client.getSession()));
        assert.equal(ok(await client.deleteUser({ callbackURL: "/bye" })).message, "Verification email sent");
        const link = await mailTo(ada.email);
        assert.equal(link.searchParams.get("callbackURL"), "/bye");
        const token = link.searchParams.get("token");
        refused(await client.deleteUser({ token: "none" }), 404, "INVALID_TOKEN");
        assert.notEqual(await user(), undefined);
        if (how === "call") {
          assert.equal(ok(await client.deleteUser({ token })).message, "User deleted");
        } else {
          assert.equal(await visit(`/api/auth/delete-user/callback?token=${token}&callbackURL=/bye`), "/bye");
        }
        assert.equal(await user(), undefined);
      }
    });
  });
}
