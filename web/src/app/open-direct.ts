import { call, member, type Result } from '~/http'

/** The room that one has with somebody; it is made where there is none. */
export function openDirect(userId: string): Promise<Result<string>> {
  return call('/api/rooms', { method: 'POST', body: { kind: 'direct', people: [userId] } }, (value) => {
    const slug = member(value, 'slug')
    return typeof slug === 'string' ? slug : null
  })
}
