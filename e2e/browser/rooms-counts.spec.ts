import { signInBy } from './account-kit'
import { expect, Person, settleIn, test } from './kit'
import { api, makeRoom, openRoom, roomNamed } from './rooms-kit'

test('two devices show the unread messages and mentions that the server counts', async ({ enter, server, visit }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const tea = await makeRoom(ada, 'Tea', 'public', [bob])
  const page = await visit({ viewport: { width: 390, height: 844 } })
  await signInBy(page, ada.email)
  await settleIn(page.context().request)
  const phone = new Person('Ada', page, server)
  await page.goto('/rooms')
  const desktop = ada

  let posts = 0
  async function say(content: string, thread?: string) {
    const message = await api(bob, 'POST', `/api/rooms/${tea}/messages`, { clientId: `post-${++posts}`, content, ...(thread && { thread }) })
    return { id: String(message['id']), seq: Number(message['seq']) }
  }
  const read = (seq: number, unread = false) => api(ada, 'PUT', `/api/rooms/${tea}/read`, { seq, unread })
  const head = async () => Number((await api(ada, 'GET', `/api/rooms/${tea}`))['head'])
  /** Both lists and the server say so. */
  async function agree(unread: number, mentions: number) {
    const words = mentions > 0 ? `Tea ${mentions} mention${mentions > 1 ? 's' : ''}` : unread > 0 ? `Tea ${unread} unread` : 'Tea'
    await expect.poll(async () => {
      const info = await api(ada, 'GET', `/api/rooms/${tea}`)
      return [info['unread'], info['mentions']]
    }).toEqual([unread, mentions])
    for (const device of [desktop, phone]) await expect(roomNamed(device, /^Tea/)).toHaveAccessibleName(words)
  }

  const first = await say('first')
  await agree(1, 0)
  await read(first.seq)
  await agree(0, 0)

  // Reactions are no messages.
  for (const emoji of ['👍', '🎉', '☕', '🍵', '🫖', '🍰', '🍪', '🧁', '🍋', '🍯']) {
    await api(bob, 'PUT', `/api/rooms/${tea}/messages/${first.id}/reactions/${encodeURIComponent(emoji)}`)
  }
  await say('one')
  await agree(1, 0)
  await expect(desktop.page).toHaveTitle('(1) #global · Snug')

  // Neither are they where somebody sets the mark back.
  await read(await head())
  await agree(0, 0)
  await read(first.seq - 1, true)
  await agree(2, 0)

  // Mentions that are read are counted no more.
  const id = await ada.id()
  const called = []
  for (let i = 0; i < 4; i++) called.push(await say(`@[Ada](user:${id}) ${i}`))
  await agree(6, 4)
  await read(called[1]?.seq ?? 0)
  await agree(2, 2)
  await read(called[0]?.seq ?? 0, true)
  await agree(3, 3)

  // Replies in a thread count, also where the room is open and nobody looks.
  await openRoom(desktop, tea, '#tea')
  await agree(0, 0)
  await desktop.page.evaluate(() => {
    document.hasFocus = () => false
    dispatchEvent(new Event('blur'))
  })
  await say('a', first.id)
  await say('b', first.id)
  await agree(2, 0)
  await say('c')
  await agree(3, 0)
})
