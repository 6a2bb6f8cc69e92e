import type { BrowserContextOptions, Locator, Page } from '@playwright/test'
import { expectClean } from './axe'
import { signInBy } from './entry'
import { emailOf, expect, PASSWORD, Person, test } from './kit'
import { halves } from './pictures'
import { noLimits } from './server'

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

/** All that the composer can do has come. */
async function ready(person: Person): Promise<void> {
  await expect(person.page.getByRole('button', { name: 'Emoji', exact: true })).toBeVisible()
  await expect(person.page.locator('[data-help]')).toBeAttached()
}

async function selection(person: Person): Promise<[number, number]> {
  return person.composer.evaluate((el: HTMLTextAreaElement) => [el.selectionStart, el.selectionEnd])
}

async function select(person: Person, word: string): Promise<void> {
  await person.composer.evaluate((el: HTMLTextAreaElement, wanted) => {
    el.focus()
    el.setSelectionRange(el.value.indexOf(wanted), el.value.indexOf(wanted) + wanted.length)
  }, word)
}

/** As the browser pastes: by an event, and by typing where nobody takes it. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((t) => {
    const data = new DataTransfer()
    data.setData('text/plain', t)
    const field = document.activeElement
    if (field?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))) document.execCommand('insertText', false, t)
  }, text)
}

test('half a message survives a reload, another tab and signing out there, its names too', async ({ enter, server }) => {
  const bob = await enter('Bob Adams')
  const ada = await enter('Ada')
  await ready(ada)
  await ada.composer.pressSequentially('ask @bo')
  await expect(ada.page.getByRole('option', { name: 'Bob Adams' })).toBeVisible()
  await ada.composer.press('Tab')
  await ada.composer.pressSequentially('about it')
  await expect(ada.composer).toHaveValue('ask @Bob Adams about it')

  // From when drafts are asked for a page hears of other tabs.
  const asked = ada.page.waitForResponse((r) => r.request().method() === 'GET' && r.url().endsWith('/api/drafts'))
  await ada.page.reload()
  await expect(ada.composer).toHaveValue('ask @Bob Adams about it')
  await asked

  // Another tab shows it, and what is added there comes back.
  const tab = await ada.page.context().newPage()
  await tab.goto('/')
  const there = tab.getByRole('textbox', { name: 'Message #global' })
  await expect(there).toHaveValue('ask @Bob Adams about it')
  await expect(ada.page.locator('[data-help]')).toBeAttached()
  await there.fill('ask @Bob Adams about it, please')
  await expect(ada.composer).toHaveValue('ask @Bob Adams about it, please')

  await tab.context().request.post('/api/auth/sign-out', { headers: { Origin: server.url } })
  await ada.page.reload()
  await ada.page.getByLabel('E-mail').fill(ada.email)
  await ada.page.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await ada.page.getByRole('button', { name: /^Sign in/ }).click()
  await expect(ada.composer).toHaveValue('ask @Bob Adams about it, please')
  await tab.close()

  // And then it is a name, not four letters.
  await ready(ada)
  await ada.composer.press('Enter')
  await expect(ada.composer).toHaveValue('')
  await expect(bob.posted(/please/)).toHaveCount(1)
  const reply = await bob.page.context().request.get('/api/rooms/global/messages')
  expect(await reply.text()).toMatch(/ask @\[Bob Adams\]\(user:[^)]+\) about it, please/)
})

test('Enter sends neither half of a code block nor what was only being chosen', async ({ enter }) => {
  await enter('Bob Adams')
  const ada = await enter('Ada')
  const { page } = ada
  await ready(ada)
  await ada.composer.pressSequentially('```go')
  await ada.composer.press('Enter')
  await ada.composer.pressSequentially('  if x {')
  await ada.composer.press('Enter')
  await ada.composer.pressSequentially('}')
  await ada.composer.press('Enter')
  await ada.composer.pressSequentially('```')
  // Code keeps its indentation.
  await expect(ada.composer).toHaveValue('```go\n  if x {\n  }\n  ```')
  await ada.composer.press('Enter')
  await expect(ada.composer).toHaveValue('')
  await expect(ada.posted('if x {')).toHaveCount(1)

  // The list of names takes Enter first; Escape closes it, and then Enter sends what is written.
  await ada.composer.pressSequentially('@bo')
  const option = page.getByRole('option', { name: 'Bob Adams' })
  await expect(option).toHaveAttribute('aria-selected', 'true')
  await expect(ada.composer).toHaveAttribute('aria-activedescendant', (await option.getAttribute('id')) ?? '')
  await expect(page.getByRole('status').filter({ hasText: 'Bob Adams, 1 of 1' })).toBeAttached()
  await ada.composer.press('Enter')
  await expect(ada.composer).toHaveValue('@Bob Adams ')
  await expect(ada.composer).not.toHaveAttribute('aria-activedescendant')
  await ada.composer.pressSequentially('and @bo')
  await expect(option).toBeVisible()
  await ada.composer.press('Escape')
  await expect(option).toHaveCount(0)
  await ada.composer.press('Enter')
  await expect(ada.posted('and @bo')).toHaveCount(1)
  await expect(ada.composer).toBeFocused()

  // Neither a time nor an address nor an e-mail is the beginning of anything.
  for (const text of ['at 10:30', 'http://localhost', 'me@example', 'a :', 'ratio 3:2']) {
    await ada.composer.fill('')
    await ada.composer.pressSequentially(text)
    await expect(page.getByRole('option')).toHaveCount(0)
  }
})

test('a name that is typed in full mentions, one undo takes that back, and sending waits for no list', async ({ enter, playwright, server }) => {
  await enter('Bob Adams')
  // She isn't here and never spoke: only the server knows her.
  const other = await playwright.request.newContext({ baseURL: server.url })
  const reply = await other.post('/api/auth/sign-up/email', { data: { name: 'Carol Cook', email: emailOf('Carol Cook'), password: PASSWORD } })
  expect(reply.ok(), await reply.text()).toBe(true)
  await other.dispose()
  const ada = await enter('Ada')
  const { page } = ada
  await ready(ada)
  const names = page.locator('form [data-help] .bg-accent-soft')
  const mention = (words: string) => ada.posted(words).locator('.mention')

  await ada.composer.pressSequentially('@bob adams ')
  await expect(ada.composer).toHaveValue('@Bob Adams ')
  await expect(names).toHaveText('@Bob Adams')
  await ada.composer.press('Control+z')
  await expect(names).toHaveCount(0)
  await expect(ada.composer).toHaveValue('@bob adams ')
  // What was undone stays so.
  await ada.composer.pressSequentially('is two words')
  await ada.composer.press('Enter')
  await expect(ada.posted('@bob adams is two words')).toBeVisible()
  await expect(mention('@bob adams is two words')).toHaveCount(0)

  await ada.composer.pressSequentially('@Bob Adams ')
  await expect(names).toHaveText('@Bob Adams')
  await ada.composer.press('Control+z')
  await expect(names).toHaveCount(0)
  await expect(ada.composer).toHaveValue('@Bob Adams ')
  await ada.composer.fill('')

  await ada.composer.fill('bob@bob adams and `@Bob Adams`, but hi @Bob Adams!')
  await ada.composer.press('Enter')
  await expect(mention('but hi')).toHaveText('@Bob Adams')
  await ada.composer.fill('@carol cook, lunch')
  await ada.composer.press('Enter')
  await expect(mention('lunch')).toHaveText('@Carol Cook')

  // Whom the server doesn't name in time is named in words.
  await page.route('**/api/people?*', () => {})
  await ada.composer.fill('@Dora Dean, supper')
  await ada.composer.press('Enter')
  await expect(ada.posted('@Dora Dean, supper')).toBeVisible()
  await expect(ada.composer).toHaveValue('')
})

test('formats, lists and links by keyboard, and undo takes each back', async ({ enter }) => {
  const ada = await enter('Ada')
  const { page } = ada
  await ready(ada)
  await ada.composer.pressSequentially('one two three')
  await select(ada, 'two')
  for (const [keys, text] of [
    ['Control+b', 'one **two** three'],
    ['Control+i', 'one **_two_** three'],
    ['Control+i', 'one **two** three'],
    ['Control+b', 'one two three'],
    ['Control+e', 'one `two` three'],
    ['Control+z', 'one two three'],
    ['Control+Shift+x', 'one ~~two~~ three'],
    ['Control+z', 'one two three'],
    ['Control+k', 'one [two]() three'],
    ['Control+z', 'one two three'],
  ] as const) {
    await ada.composer.press(keys)
    await expect(ada.composer, keys).toHaveValue(text)
  }
  await select(ada, 'two')
  await paste(page, 'https://example.org/')
  await expect(ada.composer).toHaveValue('one [two](https://example.org/) three')
  await ada.composer.press('Control+z')
  await expect(ada.composer).toHaveValue('one two three')
  await ada.composer.press('End')
  await paste(page, ' https://example.org/')
  await expect(ada.composer).toHaveValue('one two three https://example.org/')

  await ada.composer.fill('')
  await ada.composer.pressSequentially('- a')
  await ada.composer.press('Shift+Enter')
  await ada.composer.pressSequentially('b')
  await ada.composer.press('Tab')
  await expect(ada.composer).toHaveValue('- a\n  - b')
  await ada.composer.press('Shift+Tab')
  await ada.composer.press('Shift+Enter')
  await ada.composer.press('Shift+Enter')
  await expect(ada.composer).toHaveValue('- a\n- b\n')
  // Tab is no trap: out of a list, and at its deepest, it goes on.
  await ada.composer.press('Tab')
  await expect(ada.composer).not.toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await expect(ada.composer).toBeFocused()

  // The bar: over a selection, and to stay; its buttons leave the selection alone.
  await ada.composer.fill('mark me')
  await select(ada, 'me')
  const bar = page.getByRole('toolbar', { name: 'Format' })
  await bar.getByRole('button', { name: 'Bold' }).click()
  await expect(ada.composer).toHaveValue('mark **me**')
  expect(await selection(ada)).toEqual([7, 9])
  await ada.composer.press('End')
  await expect(bar).toHaveCount(0)
  await page.getByRole('button', { name: 'Format' }).click()
  await expect(ada.composer).toBeFocused()
  await bar.getByRole('button', { name: 'Quote' }).click()
  await expect(ada.composer).toHaveValue('> mark **me**')
  await bar.getByRole('button', { name: 'Quote' }).focus()
  await page.keyboard.press('Home')
  await expect(bar.getByRole('button', { name: 'Bold' })).toBeFocused()
  await expectClean(page)
})

test('it grows to eight lines and no further, and is small again once sent', async ({ enter }) => {
  const ada = await enter('Ada')
  const height = async () => Math.round((await ada.composer.boundingBox())?.height ?? 0)
  const one = await height()
  await ada.composer.pressSequentially('1')
  expect(await height()).toBe(one)
  const line = 15 * 1.45
  for (let i = 2; i <= 8; i++) {
    await ada.composer.press('Shift+Enter')
    await expect.poll(async () => Math.abs((await height()) - one - (i - 1) * line)).toBeLessThanOrEqual(2)
  }
  const eight = await height()
  for (let i = 0; i < 4; i++) await ada.composer.press('Shift+Enter')
  await ada.composer.pressSequentially('last')
  expect(await height()).toBe(eight)
  // The line that is written is in sight.
  await expect.poll(() => ada.composer.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight)).toBeLessThan(line)
  await ada.page.getByRole('button', { name: 'Send' }).click()
  await expect(ada.composer).toHaveValue('')
  await expect.poll(height).toBe(one)
  await expect(ada.composer).toBeFocused()
})

test('emoji by name, by code and from the picker, without a mouse', async ({ enter }) => {
  const ada = await enter('Ada')
  const { page } = ada
  await ready(ada)
  await ada.composer.pressSequentially('so :tad')
  await expect(page.getByRole('option').first()).toHaveText(/🎉.*:tada:/)
  await ada.composer.press('Enter')
  await ada.composer.pressSequentially(' and :+1:')
  await expect(ada.composer).toHaveValue('so 🎉 and 👍')
  // Who wrote it on purpose gets it back.
  await ada.composer.press('Control+z')
  await expect(ada.composer).toHaveValue('so 🎉 and :+1:')
  await ada.composer.press('Control+z')

  await ada.composer.fill('a')
  await ada.composer.press('Tab')
  await page.getByRole('button', { name: 'Emoji', exact: true }).focus()
  await page.keyboard.press('Enter')
  const search = page.getByRole('combobox', { name: 'Search emoji' })
  await expect(search).toBeFocused()
  // What was used comes first, and the arrows go through the grid.
  await expect(page.getByRole('gridcell', { name: 'party popper' }).first()).toBeVisible()
  await expectClean(page)
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowUp', 'ArrowLeft']) await search.press(key)
  const active = async () => page.locator(`#${await search.getAttribute('aria-activedescendant')}`)
  await expect(await active()).toHaveAttribute('aria-selected', 'true')
  await expect(await active()).toBeInViewport()
  await search.fill('waving hand')
  await expect(await active()).toHaveAttribute('aria-label', 'waving hand')
  await page.getByRole('button', { name: 'No skin tone' }).click()
  await page.getByRole('button', { name: 'Medium skin tone' }).click()
  await search.press('Enter')
  await expect(search).toHaveCount(0)
  await expect(ada.composer).toBeFocused()
  await expect(ada.composer).toHaveValue('a👋🏽')

  // Of thousands only those are there that one sees.
  await page.getByRole('button', { name: 'Emoji', exact: true }).click()
  await expect(page.getByRole('gridcell', { name: 'grinning face', exact: true })).toBeVisible()
  await search.press('End')
  await expect(page.getByRole('gridcell', { name: 'flag Wales' })).toBeInViewport()
  expect(await page.getByRole('gridcell').count()).toBeLessThan(250)
  await page.keyboard.press('Escape')
  await expect(search).toHaveCount(0)
  await expect(ada.composer).toBeFocused()
})

test('on a phone: big enough to touch, no zoom, everything in sight, the keyboard stays', async ({ enter }) => {
  const bob = await enter('Bob Adams')
  await bob.post('hello')
  const ada = await enter('Ada', phone)
  const { page } = ada
  await ready(ada)
  // Below 16 px iOS zooms in and stays there.
  expect(await ada.composer.evaluate((el) => Number.parseFloat(getComputedStyle(el).fontSize))).toBeGreaterThanOrEqual(16)
  await ada.composer.tap()
  await ada.composer.pressSequentially('hi @b')
  await page.getByRole('option', { name: 'Bob Adams' }).tap()
  await expect(ada.composer).toHaveValue('hi @Bob Adams ')
  await expect(ada.composer).toBeFocused()
  await page.getByRole('button', { name: 'Add and format' }).tap()
  for (const name of ['Photo or film', 'Take a photo', 'File']) await expect(page.getByRole('button', { name, exact: true })).toBeInViewport()
  const bar = page.getByRole('toolbar', { name: 'Format' })
  await bar.getByRole('button', { name: 'New line' }).tap()
  await bar.getByRole('button', { name: 'List', exact: true }).tap()
  await ada.composer.pressSequentially('two')
  await expect(ada.composer).toHaveValue('hi @Bob Adams \n- two')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expect(page.locator('html.dark')).toHaveCount(colorScheme === 'dark' ? 1 : 0)
    await expectClean(page)
  }
  for (const button of await page.locator('form button:visible').all()) {
    const box = await button.boundingBox()
    expect(Math.min(box?.width ?? 0, box?.height ?? 0), await button.getAttribute('aria-label') ?? '').toBeGreaterThanOrEqual(40)
  }
  // A keyboard leaves half of the screen.
  await page.setViewportSize({ width: 360, height: 380 })
  await expect(ada.composer).toBeInViewport()
  await expect(page.getByRole('button', { name: 'Send' })).toBeInViewport()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  await page.getByRole('button', { name: 'Send' }).tap()
  await expect(ada.composer).toHaveValue('')
  await expect(ada.composer).toBeFocused()
  await expect(bob.posted('two')).toHaveCount(1)
})

test('what was begun on one device is finished on another', async ({ enter, visit }) => {
  await enter('Bob Adams')
  const ada = await enter('Ada')
  await ready(ada)
  const page = await visit(phone)
  await page.goto('/sign-in')
  await signInBy(page, 'Ada')
  const there = new Person('Ada', page, ada.server)
  await there.inRoom()
  await ready(there)

  const kept = ada.page.waitForResponse((r) => r.request().method() === 'PUT' && r.url().endsWith('/api/drafts'))
  await ada.composer.pressSequentially('@bob')
  await expect(ada.page.getByRole('option', { name: 'Bob Adams' })).toBeVisible()
  await ada.composer.press('Enter')
  await ada.composer.pressSequentially('on the desk')
  expect((await kept).ok()).toBe(true)
  await expect.poll(async () => (await (await page.context().request.get('/api/drafts')).text())).toMatch(/@\[Bob Adams\]\(user:[^)]+\) on the desk/)
  // The other device looks when somebody looks at it.
  await page.reload()
  await expect(there.composer).toHaveValue('@Bob Adams on the desk')
  await there.composer.press('End')
  await there.composer.pressSequentially(', sent from the bus')
  await there.composer.press('Enter')
  await expect(there.posted('sent from the bus')).toHaveCount(1)
  await expect.poll(async () => (await (await page.context().request.get('/api/drafts')).json()).drafts).toEqual([])
  await ada.page.reload()
  await expect(ada.posted('sent from the bus')).toHaveCount(1)
  await expect(ada.composer).toHaveValue('')
})

/** As a file manager drops files on a page. */
async function drop(target: Locator, files: { name: string; type: string; bytes: number[] }[]): Promise<void> {
  const data = await target.page().evaluateHandle((list) => {
    const transfer = new DataTransfer()
    for (const f of list) transfer.items.add(new File([new Uint8Array(f.bytes)], f.name, { type: f.type }))
    return transfer
  }, files)
  await target.dispatchEvent('dragenter', { dataTransfer: data })
  await expect(target.page().getByTestId('drop-zone')).toBeVisible()
  await target.dispatchEvent('drop', { dataTransfer: data })
  await expect(target.page().getByTestId('drop-zone')).toHaveCount(0)
}

test.describe('files', () => {
  test.use({ settings: { ...noLimits, SNUG_MAX_FILE: '1MiB' }, provoked: { errors: [/net::ERR_FAILED \(.*\/api\/uploads\//, /Service Worker registration blocked/] } })

  test('chosen, pasted and dropped, put in order, taken off, too large: said in words, and what is written stays', async ({ enter }) => {
    const bob = await enter('Bob Adams')
    const ada = await enter('Ada')
    const { page } = ada
    // How large a file may be the page hears only after all else of the composer is there.
    await page.goto('about:blank')
    const told = page.waitForResponse((r) => r.url().endsWith('/api/settings'))
    await ada.open()
    await (await told).finished()
    await ready(ada)
    const tray = page.getByRole('list', { name: 'Files' })
    const names = () => tray.getByRole('button', { name: /^Remove / }).evaluateAll((all) => all.map((b) => b.getAttribute('aria-label')?.slice(7)))
    await ada.composer.pressSequentially('look')

    await page.locator('input[type=file]').setInputFiles([
      { name: 'red and blue.png', mimeType: 'image/png', buffer: halves(60, 40) },
      { name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(1_100_000) },
    ])
    await expect(page.getByRole('alert')).toHaveText('film.mp4 is larger than 1 MB, the most that this server takes.')
    await expect(tray.getByRole('img', { name: 'red and blue.png' })).toBeVisible()

    // A picture from the clipboard is a file; a text beside it is what was meant.
    for (const text of ['', 'from a table']) {
      await ada.composer.evaluate((el, [t, bytes]) => {
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(bytes)], 'shot.png', { type: 'image/png' }))
        if (t !== '') data.setData('text/plain', t)
        el.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
      }, [text, [...halves(8, 8)]] as const)
    }
    await drop(page.locator('main h1').first(), [{ name: 'notes.txt', type: 'text/plain', bytes: [...Buffer.from('about bridges')] }])
    await expect.poll(names).toEqual(['red and blue.png', 'shot.png', 'notes.txt'])
    await expect(ada.composer).toBeFocused()
    await expect(tray.getByRole('progressbar')).toHaveCount(0)
    await expectClean(page)

    // The order, without a mouse.
    await tray.getByRole('button', { name: 'Move notes.txt forward' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(names).toEqual(['red and blue.png', 'notes.txt', 'shot.png'])
    await tray.getByRole('button', { name: 'Remove shot.png' }).click()
    await expect.poll(names).toEqual(['red and blue.png', 'notes.txt'])

    // What is there already needs not be sent again after a reload.
    await page.reload()
    await expect.poll(names).toEqual(['red and blue.png', 'notes.txt'])
    await expect(ada.composer).toHaveValue('look')
    await ready(ada)
    await ada.composer.press('Enter')
    await expect(tray).toHaveCount(0)
    await expect(bob.posted('look')).toHaveCount(1)
    const { messages } = await (await bob.page.context().request.get('/api/rooms/global/messages')).json()
    expect(messages.at(-1).attachments.map((a: { name: string }) => a.name)).toEqual(['red and blue.png', 'notes.txt'])

    // Files alone are a message.
    await page.locator('input[type=file]').setInputFiles({ name: 'alone.txt', mimeType: 'text/plain', buffer: Buffer.from('1') })
    await expect(tray.getByRole('progressbar')).toHaveCount(0)
    await page.getByRole('button', { name: 'Send' }).click()
    await expect(tray).toHaveCount(0)
    await expect.poll(async () => (await (await bob.page.context().request.get('/api/rooms/global/messages')).json()).messages.at(-1).attachments?.[0]?.name).toBe('alone.txt')
  })

  test('a file that is still uploading survives a reload, and another tab brings it if this one is closed', async ({ enter }) => {
    const bob = await enter('Bob Adams')
    const ada = await enter('Ada')
    const { page } = ada
    await ready(ada)
    let cut = true
    await page.context().route('**/api/uploads/**', (route) => (cut && /PATCH|HEAD/.test(route.request().method()) ? route.abort() : route.continue()))
    const trayOf = (p: Page) => p.getByRole('list', { name: 'Files' })
    const waitingOf = (p: Page) => p.getByRole('list', { name: 'Waiting to be sent' }).getByRole('listitem')
    const namesOf = (p: Page) => trayOf(p).getByRole('button', { name: /^Remove / }).evaluateAll((all) => all.map((b) => b.getAttribute('aria-label')?.slice(7)))
    await page.locator('input[type=file]').setInputFiles([
      { name: 'half.png', mimeType: 'image/png', buffer: halves(60, 40) },
      { name: 'big.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(900_000, 7) },
    ])
    await ada.composer.pressSequentially('both of them')
    // From now on a reload costs nothing, and nobody is asked.
    await expect.poll(() => page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true })))).toBe(true)

    // Sent before the tray is there, it waits as well.
    let letTools = () => {}
    const tools = new Promise<void>((resolve) => (letTools = resolve))
    await page.route(/\/assets\/tools-/, async (route) => {
      await tools
      await route.continue()
    })
    // It would wait for the tools, too, where they are asked for before all else is there.
    await page.reload({ waitUntil: 'commit' })
    await expect(ada.composer).toHaveValue('both of them')
    await ada.composer.press('Enter')
    await expect(ada.composer).toHaveValue('')
    // However often the tools were asked for, there is one of them.
    await ada.composer.blur()
    await ada.composer.focus()
    letTools()
    await expect(waitingOf(page)).toContainText('both of them')
    await waitingOf(page).getByRole('button', { name: 'Edit' }).click()
    await expect(waitingOf(page)).toHaveCount(0)
    await expect.poll(() => namesOf(page)).toEqual(['half.png', 'big.bin'])
    await ada.composer.evaluate((el) => {
      const data = new DataTransfer()
      data.items.add(new File(['1'], 'shot.txt', { type: 'text/plain' }))
      el.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    })
    await expect.poll(() => namesOf(page)).toEqual(['half.png', 'big.bin', 'shot.txt'])
    await trayOf(page).getByRole('button', { name: 'Remove shot.txt' }).click()
    await expect.poll(() => namesOf(page)).toEqual(['half.png', 'big.bin'])
    await expect(trayOf(page).getByRole('progressbar')).toHaveCount(2)
    await expect(trayOf(page).getByRole('img', { name: 'half.png' })).toBeVisible()
    await expect(ada.composer).toHaveValue('both of them')

    const tab = await page.context().newPage()
    await tab.goto('/')
    await expect.poll(() => namesOf(tab)).toEqual(['half.png', 'big.bin'])
    await page.close()
    await expect(trayOf(tab).getByRole('img', { name: 'half.png' })).toBeVisible()
    await tab.getByRole('button', { name: 'Send', exact: true }).click()
    await expect(waitingOf(tab)).toContainText('both of them')
    await expect(trayOf(tab)).toHaveCount(0)
    cut = false
    await tab.evaluate(() => dispatchEvent(new Event('online')))
    await expect(bob.posted('both of them')).toHaveCount(1)
    await expect(waitingOf(tab)).toHaveCount(0)
    const { messages } = await (await bob.page.context().request.get('/api/rooms/global/messages')).json()
    expect(messages.at(-1).attachments.map((a: { name: string }) => a.name)).toEqual(['half.png', 'big.bin'])
  })
})

test('an answer shows what it answers, survives a reload, and Escape ends it; the up arrow edits the last one', async ({ enter }) => {
  const bob = await enter('Bob Adams')
  await bob.post('at seven?')
  const ada = await enter('Ada')
  const { page } = ada
  await ready(ada)
  const reply = async () => {
    await ada.row('at seven?').hover()
    await ada.row('at seven?').getByRole('button', { name: 'Reply' }).click()
  }
  const strip = page.getByTestId('answering')
  await reply()
  await expect(strip).toContainText('Bob Adams')
  await expect(strip).toContainText('at seven?')
  await expect(ada.composer).toBeFocused()
  await ada.composer.press('Escape')
  await expect(strip).toHaveCount(0)
  await reply()
  await ada.composer.pressSequentially('half past')
  await page.reload()
  await expect(strip).toContainText('at seven?')
  await expect(ada.composer).toHaveValue('half past')
  await ready(ada)
  await expectClean(page)
  await ada.composer.press('Enter')
  await expect(strip).toHaveCount(0)
  await expect(bob.posted('half past')).toHaveCount(1)
  const { messages } = await (await bob.page.context().request.get('/api/rooms/global/messages')).json()
  expect(messages.at(-1).replyTo).toBe(messages.at(-2).id)

  await expect(ada.posted('half past')).toHaveCount(1)
  await ada.composer.press('ArrowUp')
  await expect(ada.composer).not.toBeFocused()
  await expect(page.getByRole('textbox', { name: 'Edit the message' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('textbox', { name: 'Edit the message' })).toHaveCount(0)

  // In a thread, Escape closes the list, and not the thread around it.
  await ada.row('at seven?').first().hover()
  await ada.row('at seven?').first().getByRole('button', { name: /thread/i }).first().click()
  const field = page.getByRole('complementary', { name: 'Thread', exact: true }).getByRole('textbox')
  await field.pressSequentially('yes :par')
  await expect(page.getByRole('option').first()).toBeVisible()
  await field.press('Escape')
  await expect(page.getByRole('option')).toHaveCount(0)
  await expect(field).toHaveValue('yes :par')
  await field.press('Enter')
  await expect(field).toHaveValue('')
  await expect(field).toBeFocused()
  // What is written there is not what is written in the room.
  await expect(ada.composer).toHaveValue('')
})
