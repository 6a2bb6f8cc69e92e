// What is written and not yet posted, kept per person and room.

const LIMIT = 20_000 // UTF-16 units; a draft is no store for books

function key(userId: string, room: string): string {
  return `snug:draft:${userId}:${room}`
}

export function loadDraft(userId: string, room: string): string {
  try {
    return localStorage.getItem(key(userId, room)) ?? ''
  } catch {
    return ''
  }
}

export function saveDraft(userId: string, room: string, text: string) {
  try {
    if (text === '') localStorage.removeItem(key(userId, room))
    else localStorage.setItem(key(userId, room), text.slice(0, LIMIT))
  } catch {
    // Storage is blocked or full: the draft lasts as long as the page.
  }
}
