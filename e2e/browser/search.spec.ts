import type { BrowserContextOptions } from '@playwright/test'
import { expectClean } from './axe'
import { expect, test, type Person } from './kit'
import { chatter, seed } from './seed'

const devices: readonly (readonly [string, BrowserContextOptions])[] = [
  ['desktop', {}],
  ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark', reducedMotion: 'reduce' }],
]

// What is wrong with a search is said in words.
test.use({ provoked: { errors: [/status of 400 .*\/api\/search/] } })

const field = (person: Person) => person.page.getByRole('searchbox', { name: 'Search messages' })
const hits = (person: Person) => person.page.getByRole('list', { name: 'Messages found' }).getByRole('listitem')

/** The index follows what is said, a moment later: resolves once so much is found. */
async function indexed(person: Person, words: string, count: number): Promise<void> {
  await expect.poll(async () => {
    const reply = await person.page.request.get(`/api/search?q=${encodeURIComponent(words)}`)
    const { hits } = await reply.json() as { hits: unknown[] }
    return hits.length
  }).toBe(count)
}

for (const [name, options] of devices) {
  test(`what was said long ago is found by a part of a word, and shown in its place: ${name}`, async ({ browser, enter, server }) => {
    const ada = await enter('Ada', options)
    await ada.post('The Überraschung is in the cellar')
    await seed(browser, server, 'Cleo', chatter(200))
    await indexed(ada, '№200', 1)
    await expect(ada.posted('№200 ')).toBeInViewport()
    await ada.page.getByRole('button', { name: 'Search messages' }).click()
    await expect(field(ada)).toBeFocused()
    await expectClean(ada.page)

    await ada.page.keyboard.type('uberrasch')
    await expect(hits(ada)).toHaveCount(1)
    await expect(hits(ada).locator('mark')).toHaveText('Überrasch')
    await expect(ada.page.getByRole('status').filter({ hasText: '1 message found' })).toHaveCount(1)
    await expectClean(ada.page)
    await ada.page.keyboard.press('ArrowDown')
    await expect(hits(ada).getByRole('link')).toBeFocused()
    await ada.page.keyboard.press('Enter')
    const found = ada.posted('in the cellar')
    await expect(found).toBeInViewport()
    if (name === 'phone') {
      await expect(field(ada)).toHaveCount(0) // it would cover what was found
      return
    }
    // The words are marked in the room, too, without any element for it.
    await expect.poll(() => ada.page.evaluate(() => [...(CSS.highlights.get('search') ?? [])].map((r) => (r instanceof Range ? r.toString() : '')))).toEqual(['Überrasch'])

    await field(ada).fill('from:cleo №19')
    await expect(hits(ada)).toHaveCount(11) // №19 and №190 to №199
    await field(ada).fill('before:soon')
    await expect(ada.page.getByRole('alert').filter({ hasText: 'before: takes a day' })).toBeVisible()
    await field(ada).fill('zzz')
    await expect(ada.page.getByText('Nothing found for “zzz”.')).toBeVisible()
    // A search outlives a reload.
    await expect(ada.page).toHaveURL(/panel=search&q=zzz/)
    await ada.page.reload()
    await expect(ada.page.getByText('Nothing found for “zzz”.')).toBeVisible()
    await expect(field(ada)).toBeFocused()
    await ada.page.keyboard.press('Escape')
    await expect(field(ada)).toHaveCount(0)
  })
}

test('a reply that is found is shown in its thread, and what was deleted or edited away is not found', async ({ enter }) => {
  const ada = await enter('Ada')
  const send = async (content: string, more: object = {}) => {
    const reply = await ada.page.request.post('/api/rooms/global/messages', {
      headers: { Origin: ada.server.url },
      data: { clientId: crypto.randomUUID(), content, ...more },
    })
    return String(Reflect.get(Object(await reply.json()), 'id'))
  }
  const root = await send('what shall we eat?')
  await send('mushrooms in the thread', { thread: root })
  const gone = await send('mushrooms, deleted')
  const edited = await send('mushrooms, edited away')
  const message = (id: string) => `/api/rooms/global/messages/${id}`
  const headers = { Origin: ada.server.url }
  await ada.page.request.delete(message(gone), { headers })
  await ada.page.request.patch(message(edited), { headers, data: { content: 'beans' } })
  await indexed(ada, 'beans', 1)
  await ada.page.goto('/rooms/global?panel=search&q=mushroom')
  await expect(hits(ada)).toHaveCount(1)
  await hits(ada).getByRole('link').click()
  await expect(ada.page.getByRole('complementary', { name: 'Thread' }).getByText('mushrooms in the thread')).toBeVisible()
})
