import hljs from 'highlight.js/lib/core'
import { describe, expect, it } from 'vitest'
import { draw } from './draw'
import { spans } from './highlight'
import { languageOf, loadLanguage } from './languages'
import { roomLink } from './links'
import { hasMarkdown, isEmojiOnly, linesOf } from './syntax'

const drawing = { me: 'u1', origin: 'https://snug.example' }

function drawn(text: string): HTMLElement {
  const box = document.createElement('div')
  const made = draw(text, drawing)
  if (made) box.append(made)
  else box.textContent = text
  return box
}

/** The elements without their attributes, as short as can be. */
function shape(node: Node): string {
  if (!(node instanceof HTMLElement)) return node.textContent ?? ''
  if (node.dataset['copy'] !== undefined) return ''
  const inner = [...node.childNodes].map(shape).join('')
  return `<${node.tagName.toLowerCase()}>${inner}</>`
}

const shapes = (text: string) => [...drawn(text).childNodes].map(shape).join('')

describe('a message in Markdown', () => {
  it.each([
    ['plain', '<p>plain</>'],
    ['**bold** and *it* and _it_ and ~~gone~~', '<p><strong>bold</> and <em>it</> and <em>it</> and <del>gone</></>'],
    ['in**side**word (*it*), *it*!', '<p>in<strong>side</>word (<em>it</>), <em>it</>!</>'],
    ['`a < b && "c"`', '<p><code>a < b && "c"</></>'],
    ['one\ntwo', '<p>one\ntwo</>'],
    ['one\n\ntwo', '<p>one</><p>two</>'],
    ['# Title\ntext', '<p>Title</><p>text</>'],
    ['#general is a room', '<p>#general is a room</>'],
    ['> said\nand', '<blockquote><p>said\nand</></>'],
    ['- a\n- b\n  1. c', '<ul><li>a</><li>b<ol><li>c</></></></>'],
    ['- [x] done\n- [ ] not', '<ul><li><span>☑</>done</><li><span>☐</>not</></>'],
    ['```js\nlet a = "<b>"\n```', '<div><pre><code>let a = "<b>"</></></>'],
    ['```\nopen', '<div><pre><code>open</></></>'],
    ['|a|b|\n|-|-|\n|1|2|', '<div><table><thead><tr><th>a</><th>b</></></><tbody><tr><td>1</><td>2</></></></></>'],
    ['above\n---', '<p>above</><hr></>'],
    ['[name](https://a.example/x)', '<p><a>name</></>'],
    ['[mail](mailto:ada@example.org)', '<p><a>mail</></>'],
    ['![cat](https://a.example/cat.png)', '<p><a>cat</></>'],
    ['see https://a.example/a_b_c*d. **x**', '<p>see <a>https://a.example/a_b_c*d</>. <strong>x</></>'],
    ['@[Ada Lovelace](user:u1) **hi**', '<p><span>@Ada Lovelace</> <strong>hi</></>'],
    ['@[A \\] b](user:u2)', '<p><span>@A ] b</></>'],
    ['https://snug.example/rooms/general **x**', '<p><a>#general</> <strong>x</></>'],
  ])('%j', (text, expected) => expect(shapes(text)).toBe(expected))

  it.each([
    // What surprises people who only wrote a message.
    ['    four spaces'],
    ['__init__ and __proto__'],
    ['[foo]: https://a.example'],
    ['&lt;b&gt; &amp; &copy;'],
    ['<b>bold</b>'],
    ['<https://a.example>'],
    ['5 * 3 * 2'],
    ['a*b*c 2*3*4'],
    ['*.ts*x and a*b* c'],
    ['~5 minutes~, ~10 people'],
    ['a~b~c'],
    ['snake_case_name'],
    ['www.example.org ada@example.org'],
    ['[x][y]'],
  ])('shows %j as it was written', (text) => {
    expect(drawn(text).textContent.trim()).toBe(text.trim())
    expect(drawn(text).querySelector('b, h1, h2, strong, pre, em, del')).toBeNull()
  })

  it('stresses within what is written without spaces', () => {
    expect(drawn('这是*重点*内容').querySelector('em')?.textContent).toBe('重点')
  })

  it('marks who is meant', () => {
    expect(drawn('@[Ada](user:u1)').querySelector('.mention-me')).not.toBeNull()
    expect(drawn('@[Bob](user:u2)').querySelector('.mention-me')).toBeNull()
    expect(drawn('@[room](room:all)').querySelector('.mention-me')?.textContent).toBe('@room')
    expect(drawn('@[here](room:here)').querySelector('.mention-me')?.textContent).toBe('@here')
    for (const none of ['@[here](room:all)', '@[room](room:here)', '@[x](room:all)']) expect(drawn(none).querySelector('.mention'), none).toBeNull()
  })

  it('names the rooms of this server only', () => {
    expect(roomLink('https://snug.example/rooms/a%20b?message=7', drawing.origin)).toEqual({ slug: 'a b', search: { message: '7' } })
    expect(roomLink('https://evil.example/rooms/general', drawing.origin)).toBeNull()
    expect(roomLink('https://snug.example/rooms/%ff', drawing.origin)).toBeNull()
    expect(roomLink('https://snug.example/account', drawing.origin)).toBeNull()
  })
})

/** What people paste who try whether a page believes them. */
const hostile = [
  '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '<svg/onload=alert(1)>', '<svg><script>alert(1)</script></svg>',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>', '<style>body{display:none}</style>', '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">', '<form action="https://evil.example"><button>go</button></form>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>', '<!--<img src="--><img src=x onerror=alert(1)//">',
  '<a href="javascript:alert(1)">x</a>', '<a href=x onclick=alert(1) style=position:fixed>x</a>', '<div style="position:fixed;inset:0">x</div>',
  '<input autofocus onfocus=alert(1)>', '<details open ontoggle=alert(1)>', '<object data="data:text/html,x">', '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<template><img src=x onerror=alert(1)></template>', '<select><template shadowrootmode=open><img src=x onerror=alert(1)></template></select>',
  '[x](javascript:alert(1))', '[x](JaVaScRiPt:alert(1))', '[x](javascript&colon;alert(1))', '[x](java\nscript:alert(1))', '[x](java\tscript:alert(1))',
  '[x](<javascript:alert(1)>)', '[x]( javascript:alert(1))', '[x](\u0001javascript:alert(1))', '[x](vbscript:x)', '[x](data:text/html,<script>alert(1)</script>)',
  '[x](data:image/svg+xml;base64,PHN2Zz4=)', '[x](blob:https://a.example/1)', '[x](file:///etc/passwd)', '[x](intent://x#Intent;end)', '[x](//evil.example)', '[x](/api/auth/sign-out)', '[x](about:blank)',
  '![x](javascript:alert(1))', '![x](x" onerror="alert(1))', '![x](data:image/png;base64,AAAA)', '![x](https://evil.example/track.gif)',
  '[x](https://a.example "t" onclick="alert(1)")', '[x](https://a.example" onclick="alert(1))', '[x](https://a.example \'" style="x\')',
  '<javascript:alert(1)>', '<data:text/html,x>', '[x]: javascript:alert(1)\n\n[x]', '[https://bank.example](https://evil.example)', '[bank.example](mailto:x?body=<script>)',
  '```"><img src=x onerror=alert(1)>\nx\n```', '```js onload=alert(1)\n</code></pre><script>alert(1)</script>\n```', '`<img src=x onerror=alert(1)>`', '`` ` <script>``',
  '# <img src=x onerror=alert(1)>', '> <script>alert(1)</script>', '- <img src=x onerror=alert(1)>', '|<img src=x onerror=alert(1)>|\n|-|\n|<script>alert(1)</script>|', '|a|\n|:-:" style="x|\n|b|',
  '**<img src=x onerror=alert(1)>**', '@[<img src=x onerror=alert(1)>](user:x"onclick="alert(1))', '@[x](user:javascript:alert(1))', '@[x](javascript:alert(1))',
  'https://evil.example/"onmouseover="alert(1)', 'https://evil.example/<script>', 'javascript:alert(1)', 'https://javascript:alert(1)@evil.example', '[x](https://user:pass@evil.example)',
  '\u202ehttps://evil.example', '[\u202egpj.exe](https://evil.example)', '{{constructor.constructor("alert(1)")()}}', '${alert(1)}', '__proto__', '[x](constructor)', '</textarea><script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;', '&#106;avascript:alert(1)', '[x](&#106;avascript:alert(1))', '[x](&#x6A&#x61vascript:alert(1))', '1234567890. x', '<x>\n\n<y onclick=alert(1)>\n\n</x>',
]

const allowed: Readonly<Record<string, readonly string[]>> = {
  P: ['class', 'dir'], STRONG: [], EM: [], DEL: [], CODE: ['class', 'data-language'], PRE: ['class', 'dir', 'tabindex', 'role', 'aria-label'],
  BLOCKQUOTE: ['class'], UL: [], OL: ['start'], LI: ['class', 'dir'], HR: [], BUTTON: ['class', 'type', 'data-copy'],
  DIV: ['class', 'tabindex', 'role', 'aria-label'], SPAN: ['class', 'dir', 'role', 'aria-label', 'data-user'],
  TABLE: [], THEAD: [], TBODY: [], TR: [], TH: ['class', 'dir'], TD: ['class', 'dir'],
  A: ['class', 'href', 'target', 'rel', 'data-room'],
}

function expectHarmless(text: string) {
  const box = drawn(text)
  for (const element of box.querySelectorAll('*')) {
    const names = allowed[element.tagName]
    expect(names, `<${element.tagName}> of ${text}`).toBeDefined()
    for (const { name } of element.attributes) expect(names, `${name} of ${text}`).toContain(name)
    if (!(element instanceof HTMLAnchorElement)) continue
    expect(element.protocol, text).toMatch(/^(https?|mailto):$/)
    if (element.dataset['room'] === undefined) {
      expect(element.rel).toBe('noopener noreferrer nofollow')
      expect(element.target).toBe('_blank')
    }
  }
}

describe('hostile Markdown', () => {
  it.each(hostile)('%j is harmless', expectHarmless)

  it('is harmless put together', () => {
    let state = 20261128
    const next = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((state / 2_147_483_648) * below)
    }
    const glue = ['', ' ', '\n', '\n\n', '**', '`', '](', '> ', '- ', '|', '@[', '"', '\\']
    for (let i = 0; i < 400; i++) {
      const text = Array.from({ length: 1 + next(4) }, () => (hostile[next(hostile.length)] ?? '') + (glue[next(glue.length)] ?? '')).join('')
      expectHarmless(text)
    }
  })

  it('does not say that a link leads elsewhere than it does', () => {
    expect(drawn('[https://bank.example](https://evil.example)').querySelector('a[href*="evil"]')?.textContent ?? '').not.toContain('bank')
  })

  it.each([
    ['quotes', '>'.repeat(10_000)], ['quotes with spaces', '> '.repeat(5_000)], ['lists', Array.from({ length: 300 }, (_, i) => `${' '.repeat(2 * i)}- x`).join('\n').slice(0, 10_000)],
    ['stars', '*'.repeat(10_000)], ['stars and letters', '*a '.repeat(3_300)], ['stars both ways', '**a*'.repeat(2_500)], ['brackets', '['.repeat(10_000)], ['links', '[a]('.repeat(2_500)],
    ['pictures', '![['.repeat(3_300)], ['ticks', Array.from({ length: 140 }, (_, i) => '`'.repeat(i)).join(' ')], ['underscores', '_a'.repeat(5_000)], ['tildes', '~~a~'.repeat(2_500)],
    ['pipes', `${'|a'.repeat(2_000)}\n${'|-'.repeat(2_000)}\n`], ['mentions', '@['.repeat(5_000)], ['mention heads', '@[a](user:'.repeat(1_000)], ['addresses', 'https://'.repeat(1_250)],
    ['brackets around addresses', `https://a.example/${'('.repeat(4_000)}${')'.repeat(4_000)}`], ['backslashes', '\\'.repeat(10_000)], ['lines', '\n'.repeat(10_000)], ['dashes', '- '.repeat(5_000)],
    ['rows of a wide table', `${'a|'.repeat(1_250)}\n${'-|'.repeat(1_250)}\n${'a\n'.repeat(2_500)}`], ['brackets behind an address', `https://a.b/${')'.repeat(9_900)}`], ['bars', '|'.repeat(10_000)],
    ['emphasis inside', '*_'.repeat(5_000)], ['spaces', `a${' '.repeat(9_998)}b`], ['tabs', `-${'\t'.repeat(9_990)}x`], ['entities', '&#0;'.repeat(2_500)],
  ])('of %s takes no time', (_, text) => {
    const start = performance.now()
    expectHarmless(text.slice(0, 10_000))
    hasMarkdown(text)
    isEmojiOnly(text)
    // What a message may be at most; a slow machine and no quadratic work.
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

describe('the look that decides', () => {
  it.each([
    'plain words', 'a - b', 'x_y_z', 'https://a.example/b_c', 'no. 5', "it's 5 > 3 | maybe", '#general', 'C:\\temp', 'a [b] c', '12:30', 'user@example.org', '(a)', ':)', '1.5 times', 'e.g. this_one', '+1', '-1',
  ])('finds nothing in %j', (text) => {
    expect(hasMarkdown(text)).toBe(false)
  })

  it('finds all that is drawn otherwise', () => {
    for (const text of ['**b**', '*i*', '_i_', 'a _i_', '(_i_)', '~~d~~', '`c`', '```\nc', '# h', '> q', '- a', '* a', '1. a', '2) a', '[a](https://a.example)', '@[A](user:u)', '|a|b|\n|-|-|', 'a|b\n-|-', '---', 'x\n---', '\\*', 'text\n> q', 'text\n- a']) {
      expect(hasMarkdown(text), text).toBe(true)
    }
  })

  it.each([
    ['👍', true], ['👍 🎉', true], ['👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇩🇪', true], ['❤️', true], ['1️⃣', true], ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', true],
    ['ok 👍', false], ['1', false], ['#', false], ['123', false], ['', false], [' ', false], ['👍'.repeat(9), false], ['©', true], ['…', false],
  ])('emoji alone: %j %s', (text, expected) => expect(isEmojiOnly(text)).toBe(expected))

  it('counts lines as the column breaks them', () => {
    expect(linesOf('a')).toBe(1)
    expect(linesOf('a\n\nb')).toBe(3)
    expect(linesOf('x'.repeat(850))).toBe(10)
  })
})

describe('coloured code', () => {
  it.each([['js'], ['ts'], ['Go'], ['py'], ['rs'], ['c++'], ['html'], ['sh'], ['sql'], ['yml'], ['toml'], ['docker'], ['c#'], ['kt'], ['rb'], ['php'], ['java'], ['diff'], ['json'], ['css'], ['c']])('%s stays the same text', async (name) => {
    const language = languageOf(name)
    if (!language) throw new Error(`${name} is not known`)
    hljs.registerLanguage(language, await loadLanguage(language))
    const code = `// <b>&amp;</b> "x" 'y'\nfunction f(a) { return a < 1 && a > 2 }\n</span><script>`
    const made = document.createElement('div')
    made.append(spans(hljs.highlight(code, { language, ignoreIllegals: true }).value))
    expect(made.textContent).toBe(code)
    expect(made.querySelector(':not(span)')).toBeNull()
  })

  it('is made of spans only, whatever it is given', () => {
    const made = spans('<img src=x onerror=alert(1)><span class="hljs-string" onclick="x">a</span></span></span>&lt;')
    expect([...made.querySelectorAll('*')]).toEqual([])
    expect(made.textContent).toContain('<img')
  })
})
