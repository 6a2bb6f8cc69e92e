import { expect, PASSWORD, Person, signUpBy, test } from './kit'

/** What people paste who try whether a page believes them. */
const hostile = [
  `<script>alert(1)</script>`,
  `<img src=x onerror=alert(1)>`,
  `<svg/onload=alert(1)>`,
  `<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>`,
  `"><script>alert(1)</script>`,
  `' onmouseover='alert(1)`,
  `<a href="javascript:alert(1)">click</a>`,
  `javascript:alert(1)`,
  `[click](javascript:alert(1))`,
  `data:text/html,<script>alert(1)</script>`,
  `<style>body{display:none}</style>`,
  `<meta http-equiv="refresh" content="0;url=https://evil.example">`,
  `<base href="https://evil.example/">`,
  `<form action="https://evil.example"><button>go</button></form>`,
  `{{constructor.constructor('alert(1)')()}}`,
  `\${alert(1)}`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
  `<!--<img src="--><img src=x onerror=alert(1)//">`,
  `&lt;script&gt;alert(1)&lt;/script&gt;`,
  `__proto__`,
  `</textarea><script>alert(1)</script>`,
]

test('markup is text, wherever it stands', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  for (const text of hostile) await ada.post(text)
  for (const person of [ada, bob]) {
    for (const text of hostile) {
      await expect(person.posted(/./).locator('p', { hasText: text }).filter({ hasText: new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`) }).first()).toHaveCount(1)
    }
    const made = await person.timeline.evaluate((t) => t.querySelectorAll('script, img:not([alt=""]), iframe, form, style, base, meta, svg[onload], [onerror], [onmouseover], a[href^="javascript:" i], a[href^="data:" i]').length)
    expect(made).toBe(0)
    await expect(person.page).toHaveURL(/\/rooms\/global$/)
  }
  await ada.page.reload()
  await ada.inRoom()
  await expect(ada.posted('__proto__')).toBeVisible()
})

test('a hostile name is text too', async ({ visit, enter, server }) => {
  const page = await visit()
  const name = `<img src=x onerror=alert(1)>`
  await signUpBy(page, name, 'hostile@example.org')
  await page.goto('/')
  await page.getByRole('textbox', { name: 'Message #global' }).fill('who am I?')
  await page.keyboard.press('Enter')
  const bob = await enter('Bob')
  await expect(bob.posted('who am I?')).toContainText(name)
  await bob.people.click()
  await expect(bob.page.getByRole('listitem').filter({ hasText: name })).toBeVisible()
  await bob.composer.click()
  await new Person(name, page, server).composer.pressSequentially('x')
  await expect(bob.page.getByText(`${name} is writing…`)).toBeVisible()
})

test('links are links, safe ones', async ({ enter }) => {
  const ada = await enter('Ada')
  await ada.post('see https://example.org/a?b=c(d) and http://[bad and ftp://example.org, https://evil.example/"onmouseover="alert(1)')
  const links = ada.posted('see').getByRole('link')
  await expect(links.first()).toHaveText(/^https:\/\/example\.org\/a\?b=c\(d\)/)
  for (const link of await links.all()) {
    await expect(link).toHaveAttribute('href', /^https?:\/\//)
    await expect(link).toHaveAttribute('rel', /noopener.*noreferrer/)
  }
})

test('very long messages, words and names stay inside', async ({ visit, enter, server }) => {
  const page = await visit()
  const name = 'W'.repeat(64)
  await signUpBy(page, name, 'long@example.org')
  const long = new Person(name, page, server)
  await long.open()
  await long.post(`${'word '.repeat(1_999)}end`)
  await long.post('x'.repeat(5_000))
  await long.post(`https://example.org/${'path'.repeat(400)}`)
  await long.post('line\n'.repeat(200) + 'last line')
  const bob = await enter('Bob', { viewport: { width: 360, height: 740 } })
  await expect(bob.posted('last line')).toBeVisible()
  await expect(bob.people).toHaveAccessibleName('2 people here')
  await bob.people.click()
  await expect(bob.page.getByRole('list', { name: 'People here' })).toBeVisible()
  for (const p of [page, bob.page]) await noOverflow(p)
  await long.composer.fill('y'.repeat(10_001))
  await expect(page.getByText('1 characters too many')).toBeVisible()
  await long.composer.press('Enter')
  await expect(long.composer).toHaveValue('y'.repeat(10_001))
  await expect(page.getByRole('button', { name: 'Send' })).toBeDisabled()
})

test('every script is shown as it was written', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const texts = [
    'مرحبا، كيف حالك؟ 123',
    'שלום עולם (test)',
    '漢字かな交じり文',
    '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪',
    'Z̷̢̛a̴͠l̸g̵o̶ t̴e̷x̸t̵',
    'e\u0301 \u1e69',
    'a \u202eoverride\u202c b',
  ]
  for (const text of texts) await ada.post(text)
  for (const text of texts) {
    await expect.poll(() => bob.posted(/./).locator('p').allTextContents()).toContain(text)
  }
  // What is written from right to left begins at the right.
  expect(await bob.posted('שלום').locator('p').evaluate((p) => getComputedStyle(p).direction)).toBe('rtl')
  expect(await bob.posted('漢字').locator('p').evaluate((p) => getComputedStyle(p).direction)).toBe('ltr')
})

test('a name with a direction override is refused or harmless', async ({ visit }) => {
  const page = await visit()
  for (const name of ['System', 'Sys\u200btem', '\u202eadA', '   ']) {
    const reply = await page.context().request.post('/api/auth/sign-up/email', { data: { name, email: `n${Math.random()}@example.org`, password: PASSWORD } })
    if (!reply.ok()) continue
    const body: unknown = await reply.json()
    const shown = JSON.stringify(body)
    expect(shown, name).not.toMatch(/[\u200b\u202e]|"name":"System"/)
  }
})

async function noOverflow(page: import('@playwright/test').Page) {
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
}
