/** Lets the browser save something under a name. */
export function saveFile(content: Blob, name: string) {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has it by then, and it is not to be kept.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
