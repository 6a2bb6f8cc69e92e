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
  return more.length === 0 ? first.name : `${first.name} and ${more.length} more`
}

function plainly(text: string): string {
  return text
    .replace(/^```[^\n]*$/gm, '')
    .replace(/@\[((?:\\.|[^\]\\\n])+)\]\(user:[^\s()]+\)/g, '@$1')
    .replace(/!?\[([^\]\n]*)\]\([^\s()]+\)/g, '$1')
    .replace(/^[ \t]{0,3}(?:#{1,6}|>+|[-+*]|\d{1,9}[.)])[ \t]+/gm, '')
    .replace(/(\*\*|~~|`+)(?=\S)([^\n]*?\S)\1/g, '$2')
}
