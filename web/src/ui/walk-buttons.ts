/** Up and down go through the buttons of a list as they do in menus. */
export function walkButtons(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.findIndex((b) => b === document.activeElement)
  buttons.at((at + step + buttons.length) % buttons.length)?.focus()
}
