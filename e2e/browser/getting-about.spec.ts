import { expectClean } from './axe'
import { expect, test, type Person } from './kit'

const dialog = (person: Person, name: string) => person.page.getByRole('dialog', { name })
const field = (person: Person) => person.page.getByRole('combobox', { name: 'Go to a room, a person or a command' })
const offers = (person: Person) => person.page.getByRole('listbox', { name: 'Where to go' }).getByRole('option')

/** Rooms that the server made are listed once one is in them. */
async function join(person: Person, ...slugs: string[]): Promise<void> {
  for (const slug of slugs) {
    const reply = await person.page.request.put(`/api/rooms/${slug}/membership`, { headers: { Origin: person.server.url } })
    expect(reply.ok(), await reply.text()).toBe(true)
  }
}

/** What works everywhere comes a moment after the first view, together with the count in the title. */
async function openSwitcher(person: Person): Promise<void> {
  await expect(async () => {
    if (!(await field(person).isVisible())) await person.page.keyboard.press('Control+k')
    await expect(field(person)).toBeFocused({ timeout: 1_000 })
  }).toPass()
}

test('anything is reached by a few letters of its name, by keys alone', async ({ enter, server }) => {
  await server.command('room', 'add', 'tea', 'Tea & biscuits')
  await server.command('room', 'add', 'operations', 'Opérations')
  const bob = await enter('Bob')
  await bob.post('about the lanterns')
  const ada = await enter('Ada', { reducedMotion: 'reduce' })
  await join(ada, 'tea', 'operations')
  await expect(ada.posted('about the lanterns')).toBeVisible()
  await ada.composer.fill('half a thought')

  await openSwitcher(ada)
  await expect(offers(ada).first()).toHaveAttribute('aria-selected', 'true')
  await expect(ada.page.getByRole('group', { name: 'Commands' })).toBeVisible()
  await expectClean(ada.page)
  // Accents and joining signs don't count; the first letters of words do.
  await ada.page.keyboard.type('oper')
  await expect(offers(ada).first()).toContainText('Opérations')
  await field(ada).fill('tb')
  await expect(offers(ada).first()).toContainText('Tea & biscuits')
  await expect(field(ada)).toHaveAttribute('aria-activedescendant', (await offers(ada).first().getAttribute('id')) ?? '')
  await ada.page.keyboard.press('ArrowUp')
  await expect(offers(ada).last()).toHaveAttribute('aria-selected', 'true')
  await expect(offers(ada).last()).toHaveText('Search messages for “tb”')
  await ada.page.keyboard.press('ArrowDown')
  await ada.page.keyboard.press('Enter')
  await expect(ada.page).toHaveURL(/\/rooms\/tea$/)
  await expect(field(ada)).toHaveCount(0)
  await expect(ada.page.getByRole('textbox', { name: 'Message Tea & biscuits' })).toBeFocused()

  // Escape leaves everything as it was, the focus too; the same keys open and close.
  await ada.page.keyboard.press('Control+k')
  await expect(field(ada)).toBeFocused()
  await ada.page.keyboard.press('Control+k')
  await expect(field(ada)).toHaveCount(0)
  await ada.page.keyboard.press('Control+k')
  await expect(field(ada)).toBeFocused()
  await ada.page.keyboard.press('Escape')
  await expect(field(ada)).toHaveCount(0)
  await expect(ada.page.getByRole('textbox', { name: 'Message Tea & biscuits' })).toBeFocused()

  // What was chosen before comes first; what nobody is called is looked for in the messages.
  await ada.page.keyboard.press('Control+k')
  await field(ada).fill('lantern')
  await expect(offers(ada)).toHaveText(['Search messages for “lantern”'])
  await ada.page.keyboard.press('Enter')
  const search = ada.page.getByRole('complementary', { name: 'Search' })
  await expect(search.getByRole('searchbox')).toHaveValue('lantern')
  await expect(search.getByRole('searchbox')).toBeFocused()
  await expect(search.getByRole('list', { name: 'Messages found' })).toContainText('about the lanterns')

  await ada.page.keyboard.press('Control+k')
  await field(ada).fill('dark')
  await expect(offers(ada).first()).toContainText('Dark theme')
  await ada.page.keyboard.press('Enter')
  await expect(ada.page.locator('html')).toHaveClass(/dark/)
  await ada.page.keyboard.press('Control+k')
  await expect(field(ada)).toBeFocused()
  await expectClean(ada.page)
  await field(ada).fill('compact')
  await ada.page.keyboard.press('Enter')
  await expect(ada.page.locator('html')).toHaveClass(/compact/)
  await ada.page.reload()
  await expect(ada.page.locator('html')).toHaveClass(/dark compact|compact dark/)
  await openSwitcher(ada)
  await expect(ada.page.getByRole('group', { name: 'Commands' }).getByRole('option').first()).toContainText('Roomy density')
  await ada.page.keyboard.press('Escape')
  await ada.page.goto('/')
  await expect(ada.composer).toHaveValue('half a thought')
})

test('the keys are listed where they are, and single letters can be turned off', async ({ enter }) => {
  const ada = await enter('Ada', { reducedMotion: 'reduce' })
  await openSwitcher(ada)
  await ada.page.keyboard.press('Escape')
  // In a field it is a sign like any other.
  await expect(ada.composer).toBeFocused()
  await ada.page.keyboard.type('?')
  await expect(ada.composer).toHaveValue('?')
  await ada.composer.fill('')
  await ada.timeline.focus()
  await ada.page.keyboard.press('?')
  const list = dialog(ada, 'Keyboard shortcuts')
  await expect(list).toBeVisible()
  for (const group of ['Everywhere', 'Reading a room', 'On a message', 'Writing', 'Inbox and panels']) {
    await expect(list.getByRole('heading', { name: group })).toBeVisible()
  }
  await expect(list.getByRole('definition').filter({ hasText: 'Control K' }).first()).toBeVisible()
  await expectClean(ada.page)
  await list.getByRole('checkbox').focus()
  await ada.page.keyboard.press('Space')
  await ada.page.keyboard.press('Escape')
  await expect(list).toHaveCount(0)
  await ada.timeline.focus()
  await ada.page.keyboard.press('?')
  await ada.page.keyboard.press('i')
  await expect(ada.page).toHaveURL(/\/rooms\/global$/)
  await expect(list).toHaveCount(0)
  await ada.page.keyboard.press('Control+/')
  await expect(list).toBeVisible()
  await list.getByRole('checkbox').focus()
  await ada.page.keyboard.press('Space')
  await ada.page.keyboard.press('Escape')
  await ada.timeline.focus()
  await ada.page.keyboard.press('i')
  await expect(ada.page).toHaveURL(/\/inbox$/)
})

test('rooms follow each other by keys, the unread ones by theirs', async ({ enter, server }) => {
  for (const slug of ['beer', 'chess', 'darts']) await server.command('room', 'add', slug, slug)
  const bob = await enter('Bob')
  await bob.post('before')
  const ada = await enter('Ada')
  await join(ada, 'beer', 'chess', 'darts')
  await expect(ada.posted('before')).toBeVisible()
  await openSwitcher(ada)
  await ada.page.keyboard.press('Escape')
  const rooms = ada.page.getByRole('navigation', { name: 'Rooms' }).locator('a[href^="/rooms/"]')
  await expect(rooms).toHaveCount(4)
  const slugs = await rooms.evaluateAll((links) => links.map((a) => a.getAttribute('href')?.split('/').at(-1) ?? ''))
  const at = slugs.indexOf('global')
  const next = slugs[(at + 1) % 4] ?? ''
  // The address is another one before the room is: a key would go on from the room before.
  async function isIn(slug: string) {
    await expect(ada.page).toHaveURL(new RegExp(`/rooms/${slug}$`))
    await expect(ada.page).toHaveTitle(new RegExp(`#${slug} · Snug$`))
  }
  await ada.page.keyboard.press('Alt+ArrowDown')
  await isIn(next)
  await ada.page.keyboard.press('Alt+ArrowUp')
  await isIn('global')
  await ada.page.keyboard.press('Alt+ArrowUp')
  await isIn(slugs[(at + 3) % 4] ?? '')
  await bob.post('for everybody')
  await expect(ada.page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: /1 unread/ })).toBeVisible()
  await ada.page.keyboard.press('Alt+Shift+ArrowDown')
  await expect(ada.page).toHaveURL(/\/rooms\/global$/)
  await expect(ada.page).toHaveTitle('#global · Snug')
})
