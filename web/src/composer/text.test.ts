import { describe, expect, test } from 'vitest'
import { codeRanges, inCode, inFence } from './code'
import { breakLine, fence, indent, isAddress, makeLink, pasteLink, toggleBlock, toggleMark, type Block, type Mark, type Splice } from './markdown'
import { callable, findCalls } from './callable'
import { callOf, callsMore, collapse, expand, follow, uncalled } from './mentions'
import { findPeople, triggerAt } from './trigger'
import { typedNames, unknownNames } from './typed'

// In these texts | is the caret, or two of them what is selected.
function read(marked: string): { text: string; from: number; to: number } {
  const from = marked.indexOf('|')
  const second = marked.indexOf('|', from + 1)
  return { text: marked.replaceAll('|', ''), from, to: second < 0 ? from : second - 1 }
}

function apply(marked: string, act: (text: string, from: number, to: number) => Splice | undefined): string {
  const { text, from, to } = read(marked)
  const splice = act(text, from, to)
  if (!splice) return marked
  const next = text.slice(0, splice.from) + splice.text + text.slice(splice.to)
  const [a, b] = splice.select
  return a === b ? `${next.slice(0, a)}|${next.slice(a)}` : `${next.slice(0, a)}|${next.slice(a, b)}|${next.slice(b)}`
}

describe('marks', () => {
  test.each<[Mark, string, string]>([
    ['bold', '|one|', '**|one|**'],
    ['bold', 'a |one | b', 'a **|one|**  b'],
    ['bold', '**|one|**', '|one|'],
    ['bold', '|**one**|', '|one|'],
    ['bold', 'a | b', 'a **|** b'],
    ['bold', 'a **|** b', 'a | b'],
    ['bold', 'a **one|** b', 'a **one**| b'],
    ['bold', '|one\ntwo|', '|**one**\n**two**|'],
    ['bold', '|- one\n\n- two |', '|- **one**\n\n- **two**| '],
    ['bold', '|**one**\n**two**|', '|one\ntwo|'],
    ['italic', '|one|', '_|one|_'],
    ['italic', '_|one|_', '|one|'],
    ['italic', '*|one|*', '|one|'],
    ['italic', '**|one|**', '**_|one|_**'],
    ['italic', '***|one|***', '**|one|**'],
    ['italic', 'an|other| one', 'an*|other|* one'],
    ['strike', '|one|', '~~|one|~~'],
    ['strike', '~~|one|~~', '|one|'],
    ['code', '|x|', '`|x|`'],
    ['code', '`|x|`', '|x|'],
    ['code', '|a`b|', '`` |a`b| ``'],
    ['code', 'so: |x\ny|', 'so: \n```\n|x\ny|\n```'],
    ['bold', '|   |', '   **|**'],
  ])('%s on %j is %j', (mark, before, after) => {
    expect(apply(before, (t, a, b) => toggleMark(t, a, b, mark))).toBe(after)
  })

  test.each(['bold', 'italic', 'strike'] as const)('%s twice is as before', (mark) => {
    for (const before of ['|one|', 'x |a b| y', 'in|ner|most', '|日本|', '|👩‍💻|', '|a\nb|']) {
      const once = apply(before, (t, a, b) => toggleMark(t, a, b, mark))
      expect(apply(once, (t, a, b) => toggleMark(t, a, b, mark)), once).toBe(before)
    }
  })

  test('a block of code is longer than any run of backticks in it', () => {
    expect(apply('|a\n```\nb|', fence)).toBe('````\n|a\n```\nb|\n````')
    expect(apply('before |', fence)).toBe('before \n```\n|\n```')
  })
})

describe('links', () => {
  test.each<[string, string]>([
    ['see |this| now', 'see [this](|) now'],
    ['|https://example.org/a|', '[|](https://example.org/a)'],
    ['a | b', 'a [|]() b'],
    ['|a [b]|', '[a \\[b\\]](|)'],
  ])('%j becomes %j', (before, after) => {
    expect(apply(before, (t, a, b) => makeLink(t, a, b))).toBe(after)
  })

  test.each<[string, string, string]>([
    ['see |this| now', 'https://example.org/', 'see [this](https://example.org/)| now'],
    ['see |this| now', ' https://example.org/a_(b)\n', 'see [this](https://example.org/a_%28b%29)| now'],
    ['see |this| now', 'example', 'see |this| now'],
    ['see |this| now', 'javascript:alert(1)', 'see |this| now'],
    ['|https://a.example/|', 'https://b.example/', '|https://a.example/|'],
    ['a | b', 'https://example.org/', 'a | b'],
    ['`a |b| c`', 'https://example.org/', '`a |b| c`'],
    ['[a](|url|)', 'https://example.org/', '[a](|url|)'],
    ['|two\nlines|', 'https://example.org/', '|two\nlines|'],
  ])('over %j pasting %j makes %j', (before, pasted, after) => {
    expect(apply(before, (t, a, b) => pasteLink(t, a, b, pasted))).toBe(after)
  })

  test('an address is whole and of the web', () => {
    expect(['https://a.example', 'HTTP://a.example/x?y#z'].every(isAddress)).toBe(true)
    expect(['', 'a.example', 'https://', 'https://a b', 'mailto:a@b.example', 'x https://a.example'].some(isAddress)).toBe(false)
  })
})

describe('a new line', () => {
  test.each<[string, string]>([
    ['one|', 'one\n|'],
    ['- one|', '- one\n- |'],
    ['- one|two', '- one\n- |two'],
    ['* one|', '* one\n* |'],
    ['  - one|', '  - one\n  - |'],
    ['1. one|', '1. one\n2. |'],
    ['9) one|', '9) one\n10) |'],
    ['- [x] one|', '- [x] one\n- [ ] |'],
    ['> one|', '> one\n> |'],
    ['> - one|', '> - one\n> - |'],
    ['- one\n- |', '- one\n|'],
    ['> one\n> |', '> one\n|'],
    ['> - |', '> |'],
    ['|- one', '\n|- one'],
    ['- one |two| three', '- one \n- | three'],
    ['```\n  if (x) {|', '```\n  if (x) {\n  |'],
    ['```\n- x|', '```\n- x\n|'],
    ['12. |', '|'],
    ['2026. was|', '2026. was\n2027. |'],
    ['-one|', '-one\n|'],
  ])('%j becomes %j', (before, after) => {
    expect(apply(before, breakLine)).toBe(after)
  })
})

describe('levels of lists', () => {
  test.each<[string, boolean, string]>([
    ['- a\n- b|', false, '- a\n  - b|'],
    ['1. a\n2. b|', false, '1. a\n   2. b|'],
    ['- a\n  - b|', false, '- a\n  - b|'],
    ['- a|', false, '- a|'],
    ['text|', false, 'text|'],
    ['- a\n  - b\n- c|', false, '- a\n  - b\n  - c|'],
    ['- a\n  - b|', true, '- a\n- b|'],
    ['- a|', true, '- a|'],
    ['   - a|', true, '- a|'],
    ['- a\n- |b\n- c|', false, '- a\n  - |b\n  - c|'],
    ['```\n- a\n- b|', false, '```\n- a\n- b|'],
  ])('%j, out: %j, becomes %j', (before, out, after) => {
    expect(apply(before, (t, a, b) => indent(t, a, b, out))).toBe(after)
  })
})

describe('blocks', () => {
  test.each<[Block, string, string]>([
    ['bullet', 'one|', '- one|'],
    ['bullet', '|', '- |'],
    ['bullet', '|one\ntwo|', '|- one\n- two|'],
    ['bullet', '|- one\n- two|', '|one\ntwo|'],
    ['number', '|- one\n- two|', '|1. one\n2. two|'],
    ['number', '|one\n\ntwo|', '|1. one\n\n2. two|'],
    ['quote', '|one\ntwo|', '|> one\n> two|'],
    ['quote', '|> one\n> two|', '|one\ntwo|'],
    ['quote', 'a\nb|\nc', 'a\n> b|\nc'],
  ])('%s of %j is %j', (block, before, after) => {
    expect(apply(before, (t, a, b) => toggleBlock(t, a, b, block))).toBe(after)
  })
})

describe('code', () => {
  test.each<[string, boolean]>([
    ['```|', true],
    ['```js\nx|', true],
    ['```\nx\n```|', false],
    ['```\nx|\n```', true],
    ['```\nx\n```\nafter|', false],
    ['one ``` two|', false],
    ['```a```|', false],
    ['~~~\nx|', true],
    ['~~~\n```|', true],
    ['````\n```|', true],
    ['````\n```\n````|', false],
    ['|```\nx', false],
    ['text|', false],
    ['```\n```\n```\nx|', true],
  ])('Enter in %j makes a line: %j', (marked, inside) => {
    const { text, from } = read(marked)
    expect(inFence(text, from)).toBe(inside)
  })

  test('spans and blocks are found', () => {
    const text = 'a `b` c ``d ` e`` f\n```\ng\n```\n`h'
    expect(codeRanges(text).map((r) => text.slice(r.from, r.to))).toEqual(['`b`', '``d ` e``', '```\ng\n```'])
    expect(inCode(text, text.indexOf('b'))).toBe(true)
    expect(inCode(text, text.indexOf('c'))).toBe(false)
  })

  test('a text of backticks alone takes no time', () => {
    const began = performance.now()
    codeRanges(Array.from({ length: 1_500 }, (_, i) => '`'.repeat((i % 100) + 1)).join(' '))
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})

describe('mentions', () => {
  const ada = { userId: 'u1', userName: 'Ada', at: 3 }
  const lovelace = { userId: 'u2', userName: 'Ada Lovelace', at: -1 }
  const other = { userId: 'u3', userName: 'Ada', at: -1 }

  test.each<[string, typeof ada[], string]>([
    ['hi @Ada!', [ada], 'hi @[Ada](user:u1)!'],
    ['hi @Adas', [ada], 'hi @[Ada](user:u1)s'],
    ['hey @Adas', [ada], 'hey @Adas'],
    ['so, @Ada', [ada], 'so, @[Ada](user:u1)'],
    ['a@Ada', [ada], 'a@Ada'],
    ['@Ada Lovelace', [{ ...ada, at: -1 }, lovelace], '@[Ada Lovelace](user:u2)'],
    ['hi @Ada, @Ada', [ada, other], 'hi @[Ada](user:u1), @[Ada](user:u3)'],
    ['`@Ada` @Ada', [ada], '`@Ada` @[Ada](user:u1)'],
    ['```\n@Ada\n```', [ada], '```\n@Ada\n```'],
    ['@Bob', [ada], '@Bob'],
    ['hi @[A] \\ b', [{ userId: 'u4', userName: '[A] \\', at: 3 }], 'hi @[\\[A\\] \\\\](user:u4) b'],
    ['@room, look', [{ userId: '', userName: 'room', at: 0 }], '@[room](room:all), look'],
    ['who is @here?', [{ userId: '', userName: 'here', at: 7 }], 'who is @[here](room:here)?'],
  ])('%j is stored as such', (text, mentions, content) => {
    expect(expand(text, mentions)).toBe(content)
    const shown = collapse(content)
    expect(expand(shown.text, shown.mentions)).toBe(content)
  })

  test('a stored text is shown in names', () => {
    expect(collapse('hi @[Ada](user:u1) and @[B\\]](user:u2)')).toEqual({
      text: 'hi @Ada and @B]',
      mentions: [{ userId: 'u1', userName: 'Ada', at: 3 }, { userId: 'u2', userName: 'B]', at: 12 }],
    })
    expect(collapse('`@[Ada](user:u1)`').mentions).toEqual([])
    expect(collapse('@[](user:u1) @[a](user:) @[a](room:x)').mentions).toEqual([])
    expect(collapse('@[here](room:all) @[room](room:here)')).toEqual({ text: '@[here](room:all) @[room](room:here)', mentions: [] })
  })

  test.each([
    ['@[room](room:all) hi', 'room', '@room hi'],
    ['hi @[here](room:here)', 'here', 'hi @here'],
    ['@[here](room:here) @[room](room:all)', 'room', '@here @room'],
    ['`@[room](room:all)`', 'room', '`@room`'], // the server doesn't look whether it is code
    ['@room and @[Ada](user:u1)', undefined, '@room and @[Ada](user:u1)'],
  ])('%j calls %s, and is %j without', (content, call, without) => {
    expect(callOf(content)).toBe(call)
    expect(uncalled(content)).toBe(without)
    expect(callOf(uncalled(content))).toBeUndefined()
  })

  test('an edit calls more where nobody was called, or fewer', () => {
    const said = { none: 'tea', here: '@[here](room:here) tea', room: '@[room](room:all) tea', both: '@[here](room:here) @[room](room:all)' }
    const more = Object.entries(said).flatMap(([was, before]) => Object.entries(said).filter(([, after]) => callsMore(before, after)).map(([is]) => `${was} ${is}`))
    expect(more).toEqual(['none here', 'none room', 'none both', 'here room', 'here both'])
  })

  test('many are called by those alone who may', () => {
    expect(callable({ kind: 'public', role: 'member' })).toEqual(['room', 'here'])
    expect(callable({ kind: 'private', role: 'bot' })).toEqual(['room', 'here'])
    for (const none of [undefined, { kind: 'public', role: 'guest' }, { kind: 'group', role: 'member' }, { kind: 'direct', role: 'member' }] as const) expect(callable(none)).toEqual([])
    const all = callable({ kind: 'public', role: 'member' })
    const found = (query: string) => findCalls(query, all).map((s) => s.call)
    expect(found('')).toEqual(['room', 'here'])
    expect(found('Ro')).toEqual(['room'])
    expect(found('everyone')).toEqual(['room'])
    expect(found('here')).toEqual(['here'])
    expect(found('here ')).toEqual([])
    expect(found('x')).toEqual([])
  })

  test.each<[string, string, number]>([
    ['hi @Ada', 'oh, hi @Ada', 7],
    ['hi @Ada', 'hi @Ada and more', 3],
    ['hi @Ada', 'h @Ada', 2],
    ['hi @Ada', 'hi @Aa', -1],
    ['hi @Ada', '', -1],
    ['hi @Ada', 'hi @@Ada', -1],
    ['hi @Ada', 'hi  @Ada', 4],
    ['hi @Ada', 'hi Ada', -1],
  ])('after %j became %j it stands at %j', (before, after, at) => {
    expect(follow([ada], before, after)[0]?.at).toBe(at)
  })

  test('what an undo brings back is who it was', () => {
    const lost = follow([ada], 'hi @Ada', 'hi @Ad')
    const back = follow(lost, 'hi @Ad', 'hi @Ada')
    expect(expand('hi @Ada', back)).toBe('hi @[Ada](user:u1)')
  })
})

describe('names that are typed in full', () => {
  const names = [
    { userId: 'u1', userName: 'Olga' }, { userId: 'u2', userName: 'Olga Owner' }, { userId: 'u3', userName: 'Ben-Ali' },
    { userId: 'u4', userName: '田中' }, { userId: '', userName: 'room' }, { userId: '', userName: 'here' },
  ]
  const stored = (text: string, caret?: number) => {
    const mentions = typedNames(text, [], names, caret)
    return expand(mentions.reduce((all, { at, userName }) => all.slice(0, at + 1) + userName + all.slice(at + 1 + userName.length), text), mentions)
  }

  test.each<[string, string]>([
    ['@Olga Owner bitte', '@[Olga Owner](user:u2) bitte'],
    ['so, @olga owner', 'so, @[Olga Owner](user:u2)'],
    ['(@Olga), @ROOM!', '(@[Olga](user:u1)), @[room](room:all)!'],
    ['@Olga Owner. @here?', '@[Olga Owner](user:u2). @[here](room:here)?'],
    ["@Olga's turn", "@[Olga](user:u1)'s turn"],
    ['@ben-ali: come', '@[Ben-Ali](user:u3): come'],
    ['@Olga Owners', '@[Olga](user:u1) Owners'],
    ['@田中、', '@[田中](user:u4)、'],
    ['@Olgas', '@Olgas'],
    ['@rooms', '@rooms'],
    ['@Olga-Maria', '@Olga-Maria'],
    ['me@room and @here.example', 'me@room and @here.example'],
    ['https://example.org/@Olga', 'https://example.org/@Olga'],
    ['\\@room', '\\@room'],
    ['@@room', '@@room'],
    ['`@room` @room', '`@room` @[room](room:all)'],
    ['```\n@room\n```', '```\n@room\n```'],
    ['@[room](room:all)', '@[room](room:all)'],
    ['@Zoe', '@Zoe'],
  ])('%j goes as such', (text, content) => {
    expect(stored(text)).toBe(content)
  })

  test.each<[string, string]>([
    ['@Olga|', '@Olga'],
    ['@Olga |', '@Olga '], // Owner may follow
    ['@Olga Ow|', '@Olga Ow'],
    ['@Olga Owner|', '@Olga Owner'],
    ['@Olga, |', '@[Olga](user:u1), '],
    ['@Olga c|', '@[Olga](user:u1) c'],
    ['@Olga Owner |', '@[Olga Owner](user:u2) '],
    ['@room |', '@[room](room:all) '],
    ['|@room ', '@room '],
  ])('%j is, while it is written, %j', (marked, content) => {
    const { text, from } = read(marked)
    expect(stored(text, from)).toBe(content)
  })

  test('who is mentioned stays so', () => {
    const other = [{ userId: 'u9', userName: 'Olga', at: 0 }]
    expect(typedNames('@Olga Owner', other, names)).toEqual([])
  })

  test('nobody is asked for whom one knows', () => {
    expect(unknownNames('@Olga, @Zoe! @zoe @Max Meyer @room a@b @x, @y', [], names)).toEqual(['zoe', 'max', 'x'])
    expect(unknownNames('no names', [], names)).toEqual([])
  })
})

describe('what is completed', () => {
  test.each<[string, ReturnType<typeof triggerAt>]>([
    ['@|', { kind: 'person', from: 0, query: '' }],
    ['hi @ad|', { kind: 'person', from: 3, query: 'ad' }],
    ['hi @Ada Lo|', { kind: 'person', from: 3, query: 'Ada Lo' }],
    ['(@ad|', { kind: 'person', from: 1, query: 'ad' }],
    ['＠ad|', { kind: 'person', from: 0, query: 'ad' }],
    ['me@example|', undefined],
    ['@ |', undefined],
    ['@a\nb|', undefined],
    ['@one two three four five|', undefined],
    ['`@ad|`', undefined],
    ['```\n@ad|', undefined],
    [':sm|', { kind: 'emoji', from: 0, query: 'sm' }],
    ['so :+1|', { kind: 'emoji', from: 3, query: '+1' }],
    [':s|', undefined],
    ['10:30|', undefined],
    ['https://a|', undefined],
    [':smile:|', { kind: 'code', from: 0, query: 'smile' }],
    ['a:smile:|', undefined],
    ['::smile:|', undefined],
    ['10:30:|', undefined],
    [`@${'x'.repeat(60)}|`, undefined],
  ])('at %j', (marked, trigger) => {
    const { text, from } = read(marked)
    expect(triggerAt(text, from, [])).toEqual(trigger)
  })

  test('who is named already is not asked for again', () => {
    const mentions = [{ userId: 'u1', userName: 'Ada', at: 0 }]
    expect(triggerAt('@Ada ', 5, mentions)).toBeUndefined()
    expect(triggerAt('@Ada', 4, mentions)).toBeUndefined()
    expect(triggerAt('@Ad', 3, mentions)).toBeDefined()
  })

  test('people are found by any part of their name', () => {
    const people = ['Bob Adams', 'Ada Lovelace', 'José Núñez', '田中 さくら', 'Mary-Ann'].map((userName, i) => ({ userId: `u${i}`, userName }))
    const find = (query: string) => findPeople(people, query, 5).map((p) => p.userName)
    expect(find('ad')).toEqual(['Ada Lovelace', 'Bob Adams'])
    expect(find('jose nu')).toEqual(['José Núñez'])
    expect(find('lo ad')).toEqual(['Ada Lovelace'])
    expect(find('velace')).toEqual(['Ada Lovelace'])
    expect(find('ann')).toEqual(['Mary-Ann'])
    expect(find('さく')).toEqual(['田中 さくら'])
    expect(find('')).toHaveLength(5)
    expect(find('Ada Lovelace ')).toEqual([])
    expect(find('zz')).toEqual([])
  })
})
