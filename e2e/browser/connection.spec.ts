import { BACK, expect, outage, Person, signUpBy, test } from './kit'
import { seed } from './seed'

test.use({ serviceWorkers: 'allow', provoked: { errors: [...outage, /status of 503/] } })

test('offline is said in words; what is written meanwhile waits, and goes once', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await ada.post('before')
  await expect(bob.posted('before')).toBeVisible()

  await ada.page.context().setOffline(true)
  await expect(ada.status('Offline.')).toBeVisible()
  await expect(ada.composer).toBeEnabled()
  await ada.post('written offline 1')
  await ada.post('written offline 2')
  await expect(ada.status('2 messages waiting.')).toBeVisible()
  await expect(ada.timeline.getByText('Waiting to be sent')).toHaveCount(1) // said once, below the last
  await expect(ada.row('written offline 2').getByText('Waiting to be sent')).toBeVisible()
  await bob.post('said meanwhile')
  await expect(bob.posted('said meanwhile')).toBeVisible()
  await expect(bob.row('written offline')).toHaveCount(0)

  await ada.page.context().setOffline(false)
  await expect(ada.status('Offline.')).toHaveCount(0)
  for (const person of [ada, bob]) {
    await expect(person.posted(/./)).toHaveText([/before/, /said meanwhile/, /written offline 1/, /written offline 2/], BACK)
  }
  await expect(ada.rows).toHaveCount(4)
  await expect(ada.page.getByText('Waiting to be sent')).toHaveCount(0)
})

test('nothing that anyone saw is gone after kill -9 in mid-conversation', async ({ enter, server }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  for (let i = 1; i <= 5; i++) {
    await ada.post(`Ada ${i}`)
    await bob.post(`Bob ${i}`)
  }
  // In the midst of it: some of these are acked, some not.
  for (let i = 6; i <= 12; i++) await ada.post(`Ada ${i}`)
  await server.kill()
  const seen = (await bob.posted(/./).allInnerTexts()).join('\n').match(/(Ada|Bob) \d+/g) ?? []
  expect(seen.length).toBeGreaterThanOrEqual(5)
  await expect(ada.status(/Reconnecting…|Can't reach the server\./)).toBeVisible()
  await ada.post('while it was down')
  await expect(ada.row('while it was down')).toBeVisible()

  await server.start()
  const said = [...Array.from({ length: 12 }, (_, i) => `Ada ${i + 1}`), ...Array.from({ length: 5 }, (_, i) => `Bob ${i + 1}`), 'while it was down']
  for (const person of [ada, bob]) {
    await expect(person.posted(/./)).toHaveCount(said.length, BACK)
    for (const text of said) await expect(person.posted(new RegExp(`${text}$`, 'm'))).toHaveCount(1)
  }
  // Bob saw these in this order, and so does everyone who comes later.
  await bob.page.reload()
  await bob.inRoom()
  await expect(bob.posted(/./)).toHaveCount(said.length)
  const now = (await bob.posted(/./).allInnerTexts()).join('\n').match(/(Ada|Bob) \d+/g) ?? []
  expect(now.slice(0, seen.length)).toEqual(seen)
})

test('a server that is stopped and started again is a pause, not an end', async ({ enter, server }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await ada.post('before')
  await expect(bob.posted('before')).toBeVisible()
  expect(await server.stop()).toBe(0)
  await expect(ada.status(/Reconnecting…|Can't reach the server\./)).toBeVisible()
  await ada.post('meanwhile')
  await server.start()
  for (const person of [ada, bob]) await expect(person.posted('meanwhile')).toHaveCount(1, BACK)
  await expect(ada.rows).toHaveCount(2)
  await expect(ada.people).toHaveAccessibleName('2 people here')
  await expect(ada.status(/Reconnecting…|Can't reach the server\./)).toHaveCount(0)
})

test('what waits outlives a reload, and still goes once', async ({ visit, enter, server }) => {
  const bob = await enter('Bob')
  const page = await visit()
  // The page loads, the socket doesn't: the network of many a hotel.
  let blocked = false
  await page.routeWebSocket(/\/api\/socket$/, (socket) => {
    if (blocked) void socket.close({ code: 1013 })
    else socket.connectToServer()
  })
  await signUpBy(page, 'Ada')
  const ada = new Person('Ada', page, server)
  await ada.open()
  blocked = true
  await page.reload()
  await expect(ada.status('Reconnecting…')).toBeVisible()
  await ada.post('first')
  await ada.post('second')
  await expect(ada.row('second').getByText('Waiting to be sent')).toBeVisible()
  await ada.keepsPosts(2)
  await page.reload()
  await expect(ada.rows).toHaveText([/first/, /second/])
  await expect(ada.status('2 messages waiting.')).toBeVisible()
  await ada.post('third')
  blocked = false
  for (const person of [ada, bob]) await expect(person.posted(/./)).toHaveText([/first/, /second/, /third/], BACK)
  await page.reload()
  await ada.inRoom()
  await expect(ada.posted(/./)).toHaveText([/first/, /second/, /third/])
  await expect(ada.rows).toHaveCount(3)
})

test('a post whose ack was lost on the way is there once', async ({ visit, enter, server }) => {
  const bob = await enter('Bob')
  const page = await visit()
  let swallow = false
  const open = new Set<{ close(options?: { code?: number }): Promise<void> }>()
  await page.routeWebSocket(/\/api\/socket$/, (socket) => {
    const upstream = socket.connectToServer()
    open.add(socket)
    upstream.onMessage((message) => {
      if (!swallow) socket.send(message)
    })
  })
  await signUpBy(page, 'Ada')
  const ada = new Person('Ada', page, server)
  await ada.open()
  swallow = true
  await ada.post('did it arrive?')
  await expect(bob.posted('did it arrive?')).toBeVisible()
  await expect(ada.row('did it arrive?')).toBeVisible()
  await expect(ada.posted('did it arrive?')).toHaveCount(0)
  swallow = false
  for (const socket of open) void socket.close({ code: 1012 })
  await expect(ada.posted('did it arrive?')).toHaveCount(1)
  await ada.post('and this')
  await expect(bob.posted(/./)).toHaveText([/did it arrive\?/, /and this/])
  await expect(ada.rows).toHaveCount(2)
})

test('a reader who was away for long comes back to the newest', async ({ browser, enter, server }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await ada.post('long ago')
  await expect(bob.posted('long ago')).toBeVisible()
  await bob.page.context().setOffline(true)
  await expect(bob.status('Offline.')).toBeVisible()
  await seed(browser, server, 'Cleo', Array.from({ length: 1_200 }, (_, i) => `line ${i + 1} of many`))
  await expect(ada.posted('line 1200 of many')).toBeInViewport()
  await bob.page.context().setOffline(false)
  await expect(bob.posted('line 1200 of many')).toBeInViewport(BACK)
  await expect(bob.posted('line 1199 of many')).toBeInViewport()
  await expect(bob.posted('line 1200 of many')).toHaveCount(1)
})
