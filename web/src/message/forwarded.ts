import { m, unfilled } from '~/i18n/i18n'
import type { Message } from '~/realtime/wire.gen'

/** Leaves room for the rest within what a message may be. */
const QUOTED = 8_000

/** A message as another room reads it: a word to it, what it said as a quote, and the way to it. */
export function forwarded(message: Pick<Message, 'content' | 'userName' | 'attachments'>, link: string, comment: string): string {
  const files = (message.attachments ?? []).map((f) => f.name).join(', ')
  const words = [...(message.content || files)].slice(0, QUOTED).join('')
  const quote = words.split('\n').map((line) => (line === '' ? '>' : `> ${line}`)).join('\n')
  // Brackets in a name would end the link's words.
  const name = message.userName.replace(/[[\]\\`*_~]/g, String.raw`\$&`)
  // The signs that t puts around a name are for the screen, not for what others store and search.
  const from = unfilled(m('From {who}')).replace('{who}', () => name)
  return [comment, quote, `[${from}](${link})`].filter((part) => part !== '').join('\n\n')
}
