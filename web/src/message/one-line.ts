import { plural } from '~/i18n/i18n'
import type { Message } from '~/realtime/wire.gen'

/** As much as one line can show, wherever it stands. */
const LIMIT = 200

/** A message in one line, without the signs of its Markdown; '' where it has no words and no files. */
export function oneLine(message: Pick<Message, 'content' | 'attachments'>): string {
  const words = plainly(message.content.slice(0, 4 * LIMIT)).replace(/\s+/g, ' ').trim()
  const line = words.length > LIMIT ? `${words.slice(0, LIMIT)}…` : words
  if (line !== '') return line
  const [first, ...more] = message.attachments ?? []
  if (!first) return ''
  return more.length === 0 ? first.name : plural(more.length, '{file} and {count} more', '{file} and {count} more', { file: first.name })
}

// What Markdown has signs for, and what of it is words.
const signs = new RegExp(
  [
    '^[ \\t]{0,3}```[^\\n]*(?:\\n(?<block>[\\s\\S]*?))?(?:\\n[ \\t]{0,3}```[ \\t]*$|(?![\\s\\S]))',
    '(?<ticks>`+)(?!`)(?<code>[^\\n]*?[^`\\n])\\k<ticks>(?!`)',
    '@\\[(?<name>(?:\\\\.|[^\\]\\\\\\n])+)\\]\\((?:user:[^\\s()]+|room:(?:all|here))\\)',
    '!?\\[(?<link>[^\\]\\n]*)\\]\\([^\\s()]+\\)',
    '\\\\(?<escaped>[!-\\/:-@\\[-`{-~])',
    // Lines of dashes and bars alone, and rows of a table.
    '^[ \\t|:-]*(?:--|-[|:]|[|:]-)[ \\t|:-]*$',
    '^\\|(?<cells>[^\\n]*)\\|[ \\t]*$',
    '^[ \\t]*(?:(?:#{1,6}|>|[-+*]|\\d{1,9}[.)])[ \\t]+|>)+',
    '(?<strong>\\*\\*\\*?|~~)(?=\\S)(?<loud>[^\\n]*?\\S)\\k<strong>',
    '(?<![\\p{L}\\p{N}*_])(?<em>[*_])(?=[^\\s*_])(?<slanted>[^\\n]*?[^\\s*_])\\k<em>(?![\\p{L}\\p{N}*_])',
  ].join('|'),
  'gmu',
)

function plainly(text: string): string {
  let out = ''
  let end = 0
  for (const found of text.matchAll(signs)) {
    const { block, code, name, link, escaped, cells, loud, slanted } = found.groups ?? {}
    const inner = link ?? loud ?? slanted ?? cells?.replaceAll('|', ' ')
    const person = name && `@${name.replace(/\\(.)/g, '$1')}`
    out += text.slice(end, found.index) + (block ?? code ?? escaped ?? person ?? (inner && plainly(inner)) ?? '')
    end = found.index + found[0].length
  }
  return out + text.slice(end)
}
