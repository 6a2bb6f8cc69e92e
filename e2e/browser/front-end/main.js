// A front end as one writes it for better-auth, which knows nothing of this server:
// its calls are those of the official client, its addresses those of a site whose
// pages all are this one.
import { createAuthClient } from 'better-auth/client'

const client = createAuthClient()
const page = document.querySelector('#page')

function show(...parts) {
  page.replaceChildren(...parts)
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

// The provider leads here; the server is told by fetching the very same address.
async function finish() {
  show(element('p', {}, 'Signing in…'))
  const reply = await fetch(location.href, { headers: { Accept: 'application/json' } })
  if (reply.ok) location.replace('/dashboard')
  else show(element('p', { role: 'alert' }, 'Authentication failed.'))
}

function entrance() {
  const trouble = element('p', { role: 'alert' })
  async function enter() {
    const { error } = await client.signIn.social({ provider: 'acme' })
    if (error) trouble.textContent = error.message
  }
  show(element('h1', {}, 'Welcome'), element('button', { onclick: enter }, 'Sign in with Acme'), trouble)
}

async function dashboard() {
  const { data } = await client.getSession()
  if (!data) return location.replace('/auth')
  const greeting = element('h1', {})
  const since = element('p', {}, `Here since ${data.session.createdAt.toISOString()}.`)
  const name = element('input', { value: data.user.name, ariaLabel: 'Name' })
  const said = element('p', { role: 'status' })
  async function save() {
    const { error } = await client.updateUser({ name: name.value })
    said.textContent = error ? error.message : 'Saved.'
  }
  async function leave() {
    await client.signOut()
    location.replace('/')
  }
  client.useSession.subscribe(({ data }) => {
    if (data) greeting.textContent = `Hello, ${data.user.name} <${data.user.email}>`
  })
  show(greeting, since, name, element('button', { onclick: save }, 'Save'), element('button', { onclick: leave }, 'Sign out'), said)
}

if (location.pathname.startsWith('/api/auth/callback/')) await finish()
else if (location.pathname === '/auth') entrance()
else await dashboard()
