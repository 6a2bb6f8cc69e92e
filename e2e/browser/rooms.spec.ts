import { BACK, expect, outage, Person, test } from './kit'
import { atRest, moved } from './reading-kit'
import { deleteElsewhere, say } from './message-kit'
import { chatter, seed } from './seed'

test.use({ provoked: { errors: [...outage] } })

const rooms = (person: Person) => person.page.getByRole('navigation', { name: 'Rooms' })
const line = (person: Person) => person.timeline.getByTestId('unread-line')

/** How far somebody has read, as the server knows it. */
async function readMark(person: Person): Promise<number> {
  const { read } = await (await person.page.request.get('/api/rooms/global')).json()
  return read
}

/** Frames over a socket of this page's own, as whoever is signed in; resolves with the answers to those with a ref. */
async function send(person: Person, frames: readonly object[]): Promise<unknown[]> {
  return await person.page.evaluate(async (all) => {
    const socket = new WebSocket(`ws://${location.host}/api/socket`, 'chat.v1')
    const answers: unknown[] = []
    await new Promise<void>((resolve, reject) => {
      socket.onclose = (event) => reject(new Error(`closed with ${event.code}`))
      socket.onopen = () => {
        socket.send(JSON.stringify({ type: 'join', room: 'global', ref: 'join' }))
        for (const [i, frame] of all.entries()) socket.send(JSON.stringify({ ...frame, ref: String(i) }))
      }
      socket.onmessage = (event) => {
        const frame: unknown = JSON.parse(String(event.data))
        if (typeof frame !== 'object' || frame === null) return
        const ref: unknown = Reflect.get(frame, 'ref')
        if (ref === undefined || ref === 'join') return
        answers.push(frame)
        if (answers.length === all.length) resolve()
      }
    })
    socket.onclose = null
    socket.close(1000)
    return answers
  }, frames)
}

test('what is unread is counted, and is read when it was on the screen and not before', async ({ enter, server }) => {
  await server.command('room', 'add', 'tea', 'Tea')
  const ada = await enter('Ada')
  await ada.becomeMember('tea')
  const bob = await enter('Bob')
  await bob.post('before')
  await expect(ada.posted('before')).toBeVisible()
  // Seen at the end: no line, nothing to count.
  await expect(ada.page).toHaveTitle('#global · Snug')
  await expect(line(ada)).toHaveCount(0)

  await rooms(ada).getByRole('link', { name: 'Tea' }).click()
  await expect(ada.page).toHaveTitle('#tea · Snug')
  for (const text of ['one', 'two', 'three']) await bob.post(text)
  await expect(rooms(ada).getByRole('link', { name: 'Global 3 unread' })).toBeVisible()
  await expect(ada.page).toHaveTitle('(3) #tea · Snug')

  await rooms(ada).getByRole('link', { name: 'Global' }).click()
  await expect(ada.posted('three')).toBeInViewport()
  await expect(ada.posted('one').getByTestId('unread-line')).toBeVisible()
  await expect(ada.page).toHaveTitle('#global · Snug')
  // The line stays while one reads, also when more comes.
  await bob.post('four')
  await expect(ada.posted('four')).toBeInViewport()
  await expect(ada.posted('one').getByTestId('unread-line')).toBeVisible()
  await expect(line(ada)).toHaveCount(1)
  // All of it was read: another visit begins without a line.
  await expect.poll(async () => {
    const reply = await ada.page.request.get('/api/rooms/global')
    const { head, read } = await reply.json()
    return head - read
  }).toBe(0)
  await ada.page.reload()
  await expect(ada.posted('four')).toBeInViewport()
  await expect(line(ada)).toHaveCount(0)
})

test('what was said above the screen is not read by opening the room', async ({ browser, enter, server }) => {
  await server.command('room', 'add', 'tea', 'Tea')
  const bob = await enter('Bob')
  await bob.post('before')
  const ada = await enter('Ada')
  await ada.becomeMember('tea')
  await expect(ada.posted('before')).toBeVisible()
  await rooms(ada).getByRole('link', { name: 'Tea' }).click()
  await expect(ada.page).toHaveTitle('#tea · Snug')
  await seed(browser, server, 'Writer', chatter(150))
  await expect(ada.page).toHaveTitle('(99+) #tea · Snug')

  await rooms(ada).getByRole('link', { name: 'Global' }).click()
  await expect(ada.posted('№150 ')).toBeInViewport()
  const up = ada.page.getByRole('button', { name: 'To the first new message' })
  await expect(up).toBeVisible()
  await expect(ada.page).toHaveTitle('(99+) #global · Snug')
  await up.click()
  await expect(ada.posted(/№1 /).getByTestId('unread-line')).toBeInViewport()
  await expect(up).toHaveCount(0)
  // Read as far as one has come, and no further.
  await expect(ada.page).toHaveTitle('(99+) #global · Snug')
  await expect.poll(() => ada.page.evaluate(() => Math.max(...[...document.querySelectorAll('nav[aria-label=Rooms] .sr-only')].map((words) => Number(/^(\d+)\+? unread$/.exec(words.textContent ?? '')?.[1] ?? 0))))).toBeGreaterThan(90)
  await ada.page.getByRole('button', { name: 'To the newest' }).click()
  await expect(ada.page).toHaveTitle('#global · Snug')
  await expect(ada.posted('№150 ')).toBeInViewport()
})

test('nothing counts as read in a window that nobody looks at', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await bob.post('seen')
  await expect(ada.posted('seen')).toBeVisible()
  await expect(ada.page).toHaveTitle('#global · Snug')
  await ada.page.evaluate(() => {
    document.hasFocus = () => false
    dispatchEvent(new Event('blur'))
  })
  await bob.post('not seen')
  await expect(ada.posted('not seen')).toBeVisible()
  await expect(ada.page).toHaveTitle('(1) #global · Snug')
  await expect(ada.posted('not seen').getByTestId('unread-line')).toBeVisible()
  await ada.page.evaluate(() => {
    document.hasFocus = () => true
    dispatchEvent(new Event('focus'))
  })
  await expect(ada.page).toHaveTitle('#global · Snug')
  await expect(line(ada)).toHaveCount(1)
  await ada.page.keyboard.press('Escape')
  await expect(line(ada)).toHaveCount(0)
})

test('a change to a message moves nothing that is read', async ({ browser, enter, server }) => {
  await seed(browser, server, 'Writer', chatter(150))
  const bob = await enter('Bob')
  for (let i = 1; i <= 3; i++) await bob.post(`mine ${i}`)
  await expect(bob.posted('mine 3')).toBeVisible()
  await seed(browser, server, 'Other writer', chatter(60, 151))
  const ada = await enter('Ada')
  await expect(ada.posted('№210 ')).toBeVisible()
  // Bob's lines are just above the top of the screen.
  await ada.timeline.evaluate((s) => {
    const row = [...s.querySelectorAll('[role=article]')].find((r) => r.textContent?.includes('№165 '))
    if (row) row.scrollIntoView({ block: 'start' })
    else s.scrollBy(0, -1_000)
  })
  await ada.timeline.evaluate((s) => [...s.querySelectorAll('[role=article]')].find((r) => r.textContent?.includes('№156 '))?.scrollIntoView({ block: 'start' }))
  await atRest(ada)
  const places = () => ada.timeline.evaluate((s) => {
    const top = s.getBoundingClientRect().top
    return Object.fromEntries([...s.querySelectorAll<HTMLElement>('[role=article][data-seq]')]
      .map((r): [string, number] => [r.dataset.seq ?? '', r.getBoundingClientRect().top]).filter(([, y]) => y >= top))
  })
  const before = await places()
  const { messages } = await (await bob.page.request.get('/api/rooms/global/messages?limit=200')).json()
  const ids: string[] = messages.filter((m: { content: string }) => m.content.startsWith('mine')).map((m: { id: string }) => m.id)
  await send(bob, [
    { type: 'edit', room: 'global', id: ids[0], content: 'an edit that is a good deal longer\n'.repeat(6) },
    { type: 'react', room: 'global', id: ids[1], emoji: '👍', on: true },
    { type: 'delete', room: 'global', id: ids[2] },
  ])
  await bob.post('the end of it')
  await expect(ada.page.getByRole('button', { name: '1 new message' })).toBeVisible()
  await atRest(ada)
  const after = await places()
  for (const [seq, top] of Object.entries(before)) {
    if (after[seq] !== undefined) expect(Math.abs(after[seq] - top), `message ${seq}`).toBeLessThanOrEqual(1)
  }
  expect(Object.keys(after).length).toBeGreaterThan(10)
})

test('edits and deletions of the time away are there after it', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  for (const text of ['first', 'second', 'third']) await bob.post(text)
  await expect(ada.posted('third')).toBeVisible()
  await ada.page.context().setOffline(true)
  await expect(ada.status('Offline.')).toBeVisible()
  const { messages } = await (await bob.page.request.get('/api/rooms/global/messages')).json()
  await send(bob, [
    { type: 'edit', room: 'global', id: messages[0].id, content: 'first, mended' },
    { type: 'delete', room: 'global', id: messages[1].id },
  ])
  await ada.page.context().setOffline(false)
  await expect(ada.posted('first, mended')).toBeVisible(BACK)
  await expect(ada.row('second')).toHaveCount(0)
  await expect(ada.posted('third')).toBeVisible()
})

// 300 come one by one; instead of 1,300 the newest page comes.
for (const missed of [5, 300, 1_300]) {
  test(`what was said while the network was gone is read when it was on the screen: ${missed} messages`, async ({ browser, enter, server }) => {
    await seed(browser, server, 'Writer', chatter(100))
    const ada = await enter('Ada')
    await expect.poll(() => readMark(ada)).toBe(100)
    await ada.page.context().setOffline(true)
    await expect(ada.status('Offline.')).toBeVisible()
    await seed(browser, server, 'Talker', chatter(missed).map((text) => `meanwhile ${text}`))
    await ada.page.context().setOffline(false)
    // Who was at the end is there again.
    await expect(ada.posted(`meanwhile №${missed} `)).toBeInViewport(BACK)
    const first = ada.page.getByRole('button', { name: 'To the first new message' })
    if (missed > 10) {
      await expect(first).toBeVisible()
      await atRest(ada)
      expect(await readMark(ada)).toBe(100)
      await first.click()
      await expect(ada.posted(/meanwhile №1 /)).toBeInViewport()
      await expect(ada.posted(/meanwhile №1 /).getByTestId('unread-line')).toBeVisible()
      await expect.poll(() => readMark(ada)).toBeGreaterThan(100)
      expect(await readMark(ada)).toBeLessThan(100 + missed)
      await ada.timeline.press('End')
      await expect(ada.posted(`meanwhile №${missed} `)).toBeInViewport()
    }
    await expect.poll(() => readMark(ada)).toBe(100 + missed)
    await expect(first).toHaveCount(0)
  })
}

test('what came since one was here is not read by opening the app on a slow network', async ({ browser, enter, server }) => {
  await seed(browser, server, 'Writer', chatter(100))
  const ada = await enter('Ada')
  await expect.poll(() => readMark(ada)).toBe(100)
  await ada.page.goto('about:blank')
  await seed(browser, server, 'Talker', chatter(40).map((text) => `meanwhile ${text}`))
  // What the socket brings is there before what is fetched.
  const slow = await ada.page.context().newCDPSession(ada.page)
  await slow.send('Network.enable')
  await slow.send('Network.emulateNetworkConditions', { offline: false, latency: 200, downloadThroughput: -1, uploadThroughput: -1 })
  await ada.open()
  await expect(ada.page.getByRole('button', { name: 'To the first new message' })).toBeVisible()
  await expect(ada.posted('meanwhile №40 ')).toBeInViewport()
  await atRest(ada)
  expect(await readMark(ada)).toBe(100)
})

test('deletions and news that come together leave one at the end', async ({ enter }) => {
  const ada = await enter('Ada', { viewport: { width: 1280, height: 500 } })
  const bob = await enter('Bob')
  const long = Array.from({ length: 12 }, (_, i) => `line ${i + 1}`).join('\n')
  await say(bob, `first, ${long}`)
  const gone: string[] = []
  for (let i = 1; i <= 8; i++) gone.push((await say(bob, `a slip ${i}`)).id)
  await expect(ada.posted('a slip 8')).toBeInViewport()
  await ada.page.context().setOffline(true)
  await expect(ada.status('Offline.')).toBeVisible()
  // They become one row: there are fewer than before.
  for (const id of gone) await deleteElsewhere(bob, id)
  for (const what of ['second', 'third', 'last']) await say(bob, `${what}, ${long}`)
  await ada.page.context().setOffline(false)
  await expect(ada.posted('last, line 1')).toBeInViewport(BACK)
  await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeLessThanOrEqual(1)
})

test('a reader far up stays at the same line when more was said without a network than comes by itself', async ({ browser, enter, server }) => {
  await seed(browser, server, 'Writer', chatter(200))
  const ada = await enter('Ada')
  await expect(ada.posted('№200 ')).toBeInViewport()
  await ada.timeline.evaluate((s) => s.scrollBy(0, -1_500))
  const before = await atRest(ada)
  await ada.page.context().setOffline(true)
  await expect(ada.status('Offline.')).toBeVisible()
  await seed(browser, server, 'Talker', chatter(1_300).map((text) => `meanwhile ${text}`))
  // Not before: the first socket may be gone for another reason.
  const page = ada.page.waitForResponse(/messages\?.*around=/, BACK)
  await ada.page.context().setOffline(false)
  await page
  await expect(ada.status(/./)).toHaveCount(0)
  expect(moved(before, await atRest(ada))).toEqual([])
  await ada.page.getByRole('button', { name: 'To the newest' }).click()
  await expect(ada.posted('meanwhile №1300 ')).toBeInViewport()
})

test('what was said while one read further up is not read by coming to the end of what was fetched', async ({ browser, enter, server }) => {
  await seed(browser, server, 'Writer', chatter(300))
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await ada.page.goto('/rooms/global?at=200')
  await expect(ada.posted('№200 ')).toBeInViewport()
  await atRest(ada)
  for (let i = 1; i <= 3; i++) await bob.post(`meanwhile ${i}`)
  const newer = ada.page.getByRole('button', { name: '3 new messages' })
  await expect(newer).toBeVisible()
  const end = await ada.timeline.evaluate((s) => {
    s.scrollTo(0, s.scrollHeight)
    return s.scrollHeight
  })
  await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight)).toBeGreaterThan(end)
  await atRest(ada)
  await expect(newer).toBeVisible()
  expect(await readMark(ada)).toBeLessThanOrEqual(300)
  await newer.click()
  await expect(ada.posted('meanwhile 3')).toBeInViewport()
  await expect.poll(() => readMark(ada)).toBe(303)
})

test('a room that was read before is there at once, and without a network', async ({ browser, enter, server }) => {
  await server.command('room', 'add', 'tea', 'Tea')
  await seed(browser, server, 'Cleo', chatter(300))
  const ada = await enter('Ada')
  await ada.becomeMember('tea')
  await expect(ada.posted('№300 ')).toBeInViewport()
  await rooms(ada).getByRole('link', { name: 'Tea' }).click()
  await expect(ada.timeline.getByText('Nobody has said anything yet')).toBeVisible()

  /** From the press to rows in the page, over a network that is away. */
  async function switching(): Promise<number> {
    return await ada.page.evaluate(async () => {
      const link = [...document.querySelectorAll<HTMLElement>('nav[aria-label=Rooms] a')].find((a) => a.textContent?.includes('Global'))
      performance.mark('pressed')
      const shown = new Promise<void>((resolve) => {
        const look = () => {
          if (document.querySelector('[aria-label="Messages in #global"] [role=article]')) resolve()
        }
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true })
      })
      link?.click()
      await shown
      performance.mark('shown')
      return performance.measure('switch', 'pressed', 'shown').duration
    })
  }
  const warm: number[] = []
  const cold: number[] = []
  // How long it took is noted: what else the machine does has a part in it.
  for (let turn = 0; turn < 3; turn++) {
    await ada.page.context().setOffline(true)
    await expect(ada.status('Offline.')).toBeVisible()
    warm.push(await switching())
    await expect(ada.posted('№300 ')).toBeInViewport()
    await ada.page.context().setOffline(false)
    await expect(ada.status('Offline.')).toHaveCount(0)

    // The same from what the browser keeps: a new page knows no room.
    await ada.page.goto('/rooms/tea')
    await expect(ada.timeline.getByText('Nobody has said anything yet')).toBeVisible()
    await ada.page.context().setOffline(true)
    await expect(ada.status('Offline.')).toBeVisible()
    cold.push(await switching())
    await expect(ada.posted('№300 ')).toBeInViewport()
    await expect(ada.posted('№290 ')).toBeVisible()
    await ada.page.context().setOffline(false)
    await expect(ada.status('Offline.')).toHaveCount(0)
    await rooms(ada).getByRole('link', { name: 'Tea' }).click()
    await expect(ada.timeline.getByText('Nobody has said anything yet')).toBeVisible()
  }
  const words = (ms: number[]) => ms.map((n) => n.toFixed(1)).join(', ')
  test.info().annotations.push({ type: 'switch', description: `ms from memory: ${words(warm)}; from IndexedDB: ${words(cold)}` })

  // Whoever comes next at this browser finds nothing of it.
  await ada.openAccountMenu()
  await ada.page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(ada.page).toHaveURL(/sign-in/)
  await expect.poll(() => ada.page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('snug')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const count = await new Promise<number>((resolve) => {
      const request = db.transaction('windows').objectStore('windows').count()
      request.onsuccess = () => resolve(request.result)
    })
    db.close()
    return count
  })).toBe(0)
})

test('two tabs send what waits once, in order, also when one of them dies', async ({ enter, server }) => {
  const bob = await enter('Bob')
  const ada = await enter('Ada')
  const other = new Person('Ada', await ada.page.context().newPage(), server)
  await other.open()
  await ada.page.context().setOffline(true)
  for (const tab of [ada, other]) await expect(tab.status('Offline.')).toBeVisible()
  // Each knows what was posted in the other before it posts itself: that is their order.
  for (const [tab, text] of [[other, 'from the second tab'], [ada, 'from the first tab'], [other, 'from the second again']] as const) {
    await tab.post(text)
    for (const person of [ada, other]) await expect(person.row(text)).toBeVisible()
  }
  for (const tab of [ada, other]) await expect(tab.rows).toHaveText([/from the second tab/, /from the first tab/, /from the second again/])
  // The tab that would send goes; the other has all of it.
  await ada.page.close()
  await other.page.context().setOffline(false)
  for (const person of [bob, other]) {
    await expect(person.posted(/./)).toHaveText([/from the second tab/, /from the first tab/, /from the second again/], BACK)
  }
})

test('posts that wait go even if their room is never looked at again', async ({ enter, server }) => {
  await server.command('room', 'add', 'tea', 'Tea')
  const bob = await enter('Bob')
  const ada = await enter('Ada')
  let blocked = false
  await ada.page.routeWebSocket(/\/api\/socket$/, (socket) => {
    if (blocked) void socket.close({ code: 1013 })
    else socket.connectToServer()
  })
  blocked = true
  await ada.page.reload()
  await expect(ada.status('Reconnecting…')).toBeVisible()
  await ada.post('written in the tunnel')
  await ada.keepsPosts(1)
  blocked = false
  await ada.page.goto('/rooms/tea')
  await expect(bob.posted('written in the tunnel')).toHaveCount(1)
})

for (const [name, options] of [['desktop', {}], ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }]] as const) {
  test(`a network that comes and goes loses nothing and doubles nothing: ${name}`, async ({ enter }) => {
    const ada = await enter('Ada', options)
    const bob = await enter('Bob')
    const said: string[] = []
    for (let i = 1; i <= 6; i++) {
      await ada.page.context().setOffline(i % 2 === 1)
      await ada.post(`Ada ${i}`)
      await bob.post(`Bob ${i}`)
      said.push(`Ada ${i}`, `Bob ${i}`)
    }
    await ada.page.context().setOffline(false)
    for (const person of [ada, bob]) {
      await expect(person.posted(/./)).toHaveCount(said.length, BACK)
      for (const text of said) await expect(person.posted(new RegExp(`${text}$`, 'm'))).toHaveCount(1)
    }
    const order = async (person: Person) => (await person.posted(/./).allInnerTexts()).join('\n').match(/(Ada|Bob) \d+/g)
    expect(await order(ada)).toEqual(await order(bob))
    expect((await order(bob))?.filter((text) => text.startsWith('Ada'))).toEqual(said.filter((text) => text.startsWith('Ada')))
  })
}
