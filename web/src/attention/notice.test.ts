import { describe, expect, it } from 'vitest'
import { noticeData, notificationOf, parseNotice, pathOf, shows, titleOf } from './notice'

const whole = {
  id: 7, kind: 'mention', room: 'tea', roomName: 'Tea', roomKind: 'public' as const, seq: 9, messageId: 'm9', userId: 'u2', userName: 'Bob', text: 'hello @Ada', at: 5, quiet: false,
}

describe('a notice', () => {
  it('is read as it comes', () => {
    expect(parseNotice(whole)).toEqual(whole)
    expect(parseNotice({ ...whole, kind: 'something new', userName: '', roomName: undefined })).toMatchObject({ kind: 'room', userName: 'Somebody', roomName: 'tea' })
    // A push that waited while the server was renewed.
    expect(parseNotice({ ...whole, roomKind: undefined })).toMatchObject({ roomKind: 'public' })
    expect(parseNotice({ ...whole, roomName: 'Bob', roomKind: undefined })).toMatchObject({ roomKind: 'direct' })
    for (const bad of [null, 'x', [], {}, { ...whole, room: '' }, { ...whole, messageId: undefined }]) expect(parseNotice(bad)).toBeNull()
  })

  it('is said in words', () => {
    const bob = { roomName: 'Tea', roomKind: 'public', userName: 'Bob' } as const
    expect(titleOf({ ...bob, kind: 'mention' })).toBe('Bob mentioned you in #Tea')
    expect(titleOf({ ...bob, kind: 'reply' })).toBe('Bob answered you in #Tea')
    expect(titleOf({ ...bob, kind: 'thread' })).toBe('Bob in a thread of #Tea')
    expect(titleOf({ ...bob, kind: 'call' })).toBe('Bob called everybody in #Tea')
    expect(titleOf({ ...bob, kind: 'room' })).toBe('Bob in #Tea')
    // Between two people the room is the other one; a group is none of them, whatever it is called.
    const direct = { roomName: 'Bob', roomKind: 'direct', userName: 'Bob' } as const
    expect(titleOf({ ...direct, kind: 'room' })).toBe('Bob')
    expect(titleOf({ ...direct, kind: 'mention' })).toBe('Bob mentioned you')
    expect(titleOf({ ...direct, roomKind: 'group', roomName: 'Bob, Gus, Hal', kind: 'room' })).toBe('Bob in Bob, Gus, Hal')
    expect(titleOf({ ...direct, roomKind: 'group', kind: 'room' })).toBe('Bob in Bob')
    // What has no # in the list of rooms has none here.
    expect(titleOf({ ...bob, roomKind: 'group', roomName: 'Lunch crew', kind: 'mention' })).toBe('Bob mentioned you in Lunch crew')
    expect(titleOf({ ...bob, roomKind: 'private', roomName: 'Secret', kind: 'mention' })).toBe('Bob mentioned you in Secret')
  })

  it('leads to the message, in this server and nowhere else', () => {
    expect(pathOf(whole)).toBe('/rooms/tea?message=m9')
    expect(pathOf({ room: 'a/../b', messageId: 'x&y' })).toBe('/rooms/a%2F..%2Fb?message=x%26y')
    expect(noticeData(notificationOf({ ...whole, kind: 'mention' }, false)[1].data)).toEqual({ id: 7, messageId: 'm9', room: 'tea', seq: 9, path: '/rooms/tea?message=m9' })
    expect(noticeData({ messageId: 'm9', room: 'tea', seq: 9, path: 'https://evil.example/' })).toBeNull()
    expect(noticeData({ messageId: 'm9', room: 'tea', seq: 9, path: '//evil.example/' })).toBeNull()
    expect(noticeData(undefined)).toBeNull()
    // Those that an older version showed.
    expect(noticeData({ messageId: 'm9', room: 'tea', seq: 9, path: '/rooms/tea?message=m9' })).toMatchObject({ id: 0 })
  })

  it('is before one’s eyes where its room is, or its thread', () => {
    const inThread = { room: 'tea', thread: 'm1' }
    expect(shows('https://chat.example/rooms/tea?thread=m2', { room: 'tea' })).toBe(true)
    expect(shows('https://chat.example/rooms/team', { room: 'tea' })).toBe(false)
    expect(shows('https://chat.example/rooms/tea', inThread)).toBe(false)
    expect(shows('https://chat.example/rooms/tea?thread=m2', inThread)).toBe(false)
    expect(shows('https://chat.example/rooms/tea?message=m3&thread=m1', inThread)).toBe(true)
  })

  it('stands once for a room, and once for each of its threads', () => {
    const [, plain] = notificationOf({ ...whole, kind: 'mention' }, false)
    const [, inThread] = notificationOf({ ...whole, kind: 'mention', thread: 'm1' }, false)
    expect([plain.tag, inThread.tag]).toEqual(['room:tea', 'thread:m1'])
    expect(noticeData(inThread.data)).toMatchObject({ thread: 'm1' })
  })
})
