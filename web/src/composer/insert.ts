import type { Splice } from './markdown'

/** Replaces what is selected in a field as typing would, so that it can be undone. */
export function insert(field: HTMLTextAreaElement, text: string) {
  field.focus({ preventScroll: true })
  // Deprecated, and all the same the one way into the field's history.
  if (text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text)) return
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end')
  field.dispatchEvent(new InputEvent('input', { bubbles: true }))
}

export function splice(field: HTMLTextAreaElement, { from, to, text, select }: Splice) {
  field.focus({ preventScroll: true })
  field.setSelectionRange(from, to)
  if (from !== to || text !== '') insert(field, text)
  field.setSelectionRange(...select)
}
