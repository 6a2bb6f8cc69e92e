// Cheap looks at a text that decide how it is drawn, before anything is loaded
// for it.

// What begins a construct, where it can begin one. Too much here costs a chunk
// that isn't needed; too little shows a message without its form.
const inline = /[`*]|~~|(?:^|[\s\p{P}])_(?=[^\s_])|\\[!-/:-@[-`{-~]|\]\(|@\[/u
const block = /^[ \t]{0,3}(?:#{1,6}[ \t]|>|[-+*][ \t]|\d{1,9}[.)][ \t]|(?:-[ \t]*){3,}$|[^|\n]*\|.*\n[ \t]*\|?[ \t]*:?-)/m

/** Whether a text has anything that Markdown would draw otherwise than plainly. */
export function hasMarkdown(text: string): boolean {
  return inline.test(text) || block.test(text)
}

const part = String.raw`(?:\p{RI}{2}|[#*\d]\uFE0F?\u20E3|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F?)\p{Emoji_Modifier}?(?:[\u{E0020}-\u{E007F}]+)?)`
const onlyEmoji = new RegExp(String.raw`^\s*(?:${part}(?:\u200D${part})*\s*){1,8}$`, 'u')

/** Longer than any eight emoji; also what keeps the pattern from long work. */
const EMOJI_UNITS = 200

/** Whether a text is a few emoji and nothing else: they are drawn large. */
export function isEmojiOnly(text: string): boolean {
  return text.length <= EMOJI_UNITS && onlyEmoji.test(text)
}

/** How many lines of the column a text takes, about. */
export function linesOf(text: string): number {
  let lines = 0
  for (const line of text.split('\n')) lines += Math.max(1, Math.ceil(line.length / 85))
  return lines
}
