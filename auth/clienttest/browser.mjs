// What the tests of the official clients share. SNUG_URL names the server, which must
// not limit sign-ins, and SNUG_DESK what hands over its mails and is the people at its
// providers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createAuthClient as createOld } from "better-auth-1-3/client";
import { createAuthClient as createNew } from "better-auth-1-7/client";

export const url = process.env.SNUG_URL;
const desk = process.env.SNUG_DESK;
if (!url || !desk) throw new Error("SNUG_URL and SNUG_DESK are not set");

export const clients = [["1.3.9", createOld], ["1.7.25", createNew]];
export const password = "correct horse battery";
export const day = 24 * 60 * 60 * 1000;

// browser makes a client with cookies of its own, as a page of that origin.
export function browser(create, { origin = url, plugins = [] } = {}) {
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
  const client = create({ baseURL: url, plugins, fetchOptions: { customFetchImpl: pageFetch } });

  // visit opens an address, and returns where it leads, on this server by the path.
  async function visit(address) {
    const reply = await pageFetch(new URL(address, url), { redirect: "manual" });
    assert.equal(reply.status, 302, await reply.text());
    return reply.headers.get("location").replace(url, "");
  }
  return { client, cookies, fetch: pageFetch, visit };
}

// secrets names the cookies but for the one that only says how one signed in last.
export function secrets(cookies) {
  return [...cookies.keys()].filter((name) => name !== "better-auth.last_used_login_method");
}

export function person(name = "Ada") {
  return { name, email: `${randomUUID()}@example.com`, password };
}

// ok checks that a call succeeded, and returns what it gave.
export function ok({ data, error }) {
  assert.equal(error, null);
  return data;
}

export function refused({ data, error }, status, code) {
  assert.equal(data, null);
  assert.equal(error.status, status);
  assert.equal(error.code, code);
  assert.ok(error.message.length > 0, "pages show the message");
}

export function about(date, distance) {
  assert.ok(date instanceof Date, `${date} is no Date`);
  const off = Math.abs(date.getTime() - Date.now() - distance);
  assert.ok(off < 60_000, `${date.toISOString()} is ${off} ms off`);
}

async function ask(path, body) {
  const reply = await fetch(desk + path, { method: "POST", body: JSON.stringify(body) });
  assert.equal(reply.status, 200);
  return reply.json();
}

// mailTo returns the link in the newest mail to an address, on this server.
export async function mailTo(to) {
  const { link } = await ask("/mail", { to });
  assert.ok(link.startsWith(url + "/"), `the link in the mail is ${link}`);
  return new URL(link);
}

export async function noMailTo(to) {
  assert.equal((await ask("/mail", { to })).link, "");
}

// approve is the person allowing it on a provider's page. It returns the way back.
export async function approve(provider, address, person) {
  const { query } = await ask("/approve", { address, person });
  return `/api/auth/callback/${provider}?${query}`;
}

export async function idToken(person, nonce) {
  return { token: (await ask("/id-token", { person, nonce })).token, nonce };
}

// age lets a session be two days old.
export async function age({ session }) {
  await ask("/age", { token: session.token });
}
