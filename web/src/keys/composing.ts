/**
 * A key of a composition, which is for the input method: Enter ends it, Escape gives it
 * up. Safari tells of the key only after the end, by its code alone.
 */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}
