import type { Token, Tokens } from 'marked'
import { t } from '~/i18n/i18n'
import { languageOf } from './languages'
import { linkTarget, roomLink } from './links'
import { known, parseMarkdown, type Mention } from './markdown'

// Makes elements of a message's Markdown. No HTML is parsed on the way: each kind
// of token has its element here, with the attributes that stand here and no
// others, and what isn't known is shown as it was written.

export interface Drawing {
  /** Who reads: a mention of them stands out. */
  me: string
  origin: string
}

/** The elements of a message's text; null where it has to be shown as it was written. */
export function draw(text: string, drawing: Drawing): DocumentFragment | null {
  const tokens = parseMarkdown(text)
  if (!tokens) return null
  const out = document.createDocumentFragment()
  blocks(out, tokens, drawing)
  return out
}

function blocks(into: Node, tokens: readonly Token[], drawing: Drawing) {
  for (const token of tokens.map(known)) {
    switch (token.type) {
      case 'space':
        break
      case 'hr':
        into.appendChild(element('hr'))
        break
      case 'code':
        into.appendChild(codeBlock(token.text, token.lang ?? ''))
        break
      case 'blockquote': {
        const quote = into.appendChild(element('blockquote', 'md-quote'))
        blocks(quote, token.tokens, drawing)
        break
      }
      case 'list':
        into.appendChild(list(token, drawing))
        break
      case 'table':
        into.appendChild(table(token, drawing))
        break
      case 'heading': {
        // A message is no page: its headings would break the page's outline.
        const heading = into.appendChild(element('p', `md-heading md-heading-${Math.min(token.depth, 3)}`))
        inlines(heading, token.tokens, drawing)
        break
      }
      case 'text':
        // The only line of a tight list item.
        inlines(into, token.tokens ?? [token], drawing)
        break
      case 'paragraph': {
        const paragraph = into.appendChild(element('p'))
        paragraph.dir = 'auto'
        inlines(paragraph, token.tokens, drawing)
        break
      }
      default: {
        const paragraph = into.appendChild(element('p'))
        paragraph.append(token.raw)
      }
    }
  }
}

function inlines(into: Node, tokens: readonly Token[], drawing: Drawing) {
  for (const token of tokens.map(known)) {
    switch (token.type) {
      case 'strong':
      case 'em':
      case 'del':
        inlines(into.appendChild(element(token.type)), token.tokens, drawing)
        break
      case 'codespan':
        into.appendChild(element('code', 'md-code')).append(token.text)
        break
      case 'br':
        into.appendChild(document.createTextNode('\n'))
        break
      case 'link':
      case 'image':
        into.appendChild(link(token, drawing))
        break
      case 'mention':
        into.appendChild(mention(token, drawing))
        break
      case 'checkbox':
        break
      case 'text':
        if (token.tokens) inlines(into, token.tokens, drawing)
        else into.appendChild(document.createTextNode(token.text))
        break
      case 'escape':
        into.appendChild(document.createTextNode(token.text))
        break
      default:
        into.appendChild(document.createTextNode(token.raw))
    }
  }
}

function link(token: Tokens.Link | Tokens.Image, drawing: Drawing): Node {
  const href = linkTarget(token.href)
  if (href === null) return document.createTextNode(token.raw)
  const a = element('a', 'message-link')
  a.href = href
  const room = roomLink(href, drawing.origin)
  // A bare address of a room of ours reads better by the room's name.
  if (room && token.text === token.href) {
    a.append(`#${room.slug}`)
    a.classList.add('room-link')
  } else if (token.type === 'link') {
    inlines(a, token.tokens, drawing)
  } else {
    // Pictures of other servers would tell them who reads what, and when.
    a.append(token.text || href)
  }
  if (room) {
    a.dataset['room'] = room.slug
  } else {
    a.target = '_blank'
    a.rel = 'noopener noreferrer nofollow'
  }
  return a
}

function mention(token: Mention, drawing: Drawing): Node {
  const pill = element('span', 'mention')
  pill.append(`@${token.name}`)
  pill.dir = 'auto'
  pill.dataset['user'] = token.userId
  // Who reads it is one of the many who are called.
  if (token.userId === drawing.me || token.userId === '') pill.classList.add('mention-me')
  return pill
}

/** A block of code with its language, and the button that copies it. */
function codeBlock(code: string, info: string): HTMLElement {
  const name = /^[\w+#.-]{1,30}/.exec(info.trim())?.[0] ?? ''
  const block = element('div', 'code-block')
  const pre = block.appendChild(element('pre', 'scrollbar-calm'))
  pre.dir = 'ltr'
  // It scrolls by itself, and so by keys too.
  pre.tabIndex = 0
  pre.setAttribute('role', 'group')
  pre.setAttribute('aria-label', name === '' ? t('Code') : t('Code, {language}', { language: name }))
  const inner = pre.appendChild(element('code'))
  inner.append(code)
  if (languageOf(name)) inner.dataset['language'] = name
  const copy = block.appendChild(element('button', 'code-copy'))
  copy.type = 'button'
  copy.dataset['copy'] = ''
  copy.append(t('Copy'))
  return block
}

function list(token: Tokens.List, drawing: Drawing): HTMLElement {
  const out = element(token.ordered ? 'ol' : 'ul')
  if (token.ordered && token.start !== 1) out.setAttribute('start', String(token.start))
  for (const item of token.items) {
    const li = out.appendChild(element('li'))
    li.dir = 'auto'
    if (item.task) {
      li.classList.add('md-task')
      const box = li.appendChild(element('span', 'md-box'))
      box.append(item.checked === true ? '☑' : '☐')
      box.setAttribute('role', 'img')
      box.setAttribute('aria-label', item.checked === true ? t('Done@@of a task') : t('To do@@of a task'))
    }
    blocks(li, item.tokens.filter(({ type }) => type !== 'checkbox'), drawing)
  }
  return out
}

function table({ header, rows }: Tokens.Table, drawing: Drawing): HTMLElement {
  const box = element('div', 'md-table scrollbar-calm')
  box.tabIndex = 0
  box.setAttribute('role', 'group')
  box.setAttribute('aria-label', t('Table'))
  const grid = box.appendChild(element('table'))
  const line = (into: HTMLElement, cells: readonly Tokens.TableCell[], kind: 'th' | 'td') => {
    const tr = into.appendChild(element('tr'))
    for (const { tokens, align } of cells) {
      const cell = tr.appendChild(element(kind))
      cell.dir = 'auto'
      if (align === 'center' || align === 'right') cell.classList.add(`md-${align}`)
      inlines(cell, tokens, drawing)
    }
  }
  line(grid.appendChild(element('thead')), header, 'th')
  const body = grid.appendChild(element('tbody'))
  for (const row of rows) line(body, row, 'td')
  return box
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, classes?: string): HTMLElementTagNameMap[K] {
  const out = document.createElement(name)
  if (classes !== undefined) out.className = classes
  return out
}
