// A server of better-auth itself, on a SQLite file: what an import takes over.
//
//   node old-server.mjs 1-3|1-7 FILE plain|plugins|kv SECRET
//
// It prints its address and runs until its input ends. "kv" keeps the sessions out
// of the file. Besides better-auth's own routes POST /grow makes people who came from
// providers, as a callback would, and changes columns that only an admin can.
import { createServer } from "node:http"
import { json } from "node:stream/consumers"
import { SqliteDialect } from "kysely"
import sqlite from "node-sqlite3-wasm"

const [version, file, profile, secret] = process.argv.slice(2)
const from = (path) => import(`better-auth-${version}${path}`)
const { betterAuth } = await from("")
const { getMigrations } = await from(version === "1-3" ? "/db" : "/db/migration")
const { toNodeHandler } = await from("/node")
const kit = await from("/plugins")

// What Kysely expects of a driver, over one that is a single WebAssembly file.
const db = new sqlite.Database(file)
const driver = {
  close: () => db.close(),
  prepare: (sql) => ({
    reader: /^\s*(select|pragma|with)\b|\breturning\b/i.test(sql),
    all: (values) => db.all(sql, values),
    run: (values) => db.run(sql, values),
  }),
}

const server = createServer()
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const baseURL = `http://localhost:${server.address().port}`

const plugins = []
if (profile === "plugins") {
  plugins.push(kit.twoFactor(), kit.anonymous(), kit.admin(), kit.lastLoginMethod({ storeInDatabase: true }), kit.username())
  if (version === "1-3") plugins.push((await from("/plugins/passkey")).passkey())
}
const stored = new Map()
const options = {
  baseURL,
  secret,
  plugins,
  database: { dialect: new SqliteDialect({ database: driver }), type: "sqlite" },
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: profile === "plugins", storage: "database", max: 10_000, customRules: { "/*": { window: 1, max: 10_000 } } },
  advanced: { useSecureCookies: true }, // as behind a proxy with https
  telemetry: { enabled: false },
  ...(profile === "kv" && {
    rateLimit: { enabled: false },
    secondaryStorage: {
      get: (key) => stored.get(key) ?? null,
      set: (key, value) => void stored.set(key, value),
      delete: (key) => void stored.delete(key),
    },
  }),
}
await (await getMigrations(options)).runMigrations()
const auth = betterAuth(options)
const handle = toNodeHandler(auth)

async function grow({ users = [], updates = [] }) {
  const { internalAdapter } = await auth.$context
  const ids = []
  for (const { account, ...user } of users) {
    const made = await internalAdapter.createOAuthUser(user, account)
    ids.push(made.user.id)
  }
  for (const { id, ...columns } of updates) await internalAdapter.updateUser(id, columns)
  return ids
}

server.on("request", (request, response) => {
  if (request.url !== "/grow") return handle(request, response)
  json(request)
    .then(grow)
    .then((ids) => response.end(JSON.stringify(ids)))
    .catch((error) => response.writeHead(500).end(String(error)))
})

process.stdin.on("end", () => {
  server.closeAllConnections()
  server.close(() => db.close())
})
process.stdin.resume()
console.log(baseURL)
