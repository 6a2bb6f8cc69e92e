import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LOCK_PX, makeTrack, onSwipe, READY_PX, REACH_PX, REST_MS, type Swiping, type Way } from './swipe'

describe('a finger', () => {
  test('that goes sideways is followed from where that is plain', () => {
    const track = makeTrack(100, 100, 'end', false)
    expect(track.move(105, 101)).toBeUndefined()
    expect(track.move(100 + LOCK_PX, 102)).toBe(0)
    expect(track.move(150, 140)).toBe(50 - LOCK_PX) // it may go up and down from then on
    expect(track.move(90, 100)).toBe(0)
    expect(track.move(900, 100)).toBe(REACH_PX)
  })

  test.each([
    ['up', 100, 80], ['down', 100, 120], ['askew', 112, 112], ['the other way', 80, 100],
  ])('that goes %s is lost for good', (_, x, y) => {
    const track = makeTrack(100, 100, 'end', false)
    expect(track.move(x, y)).toBeUndefined()
    expect(track.lost()).toBe(true)
    expect(track.move(200, 100)).toBeUndefined()
  })

  test.each<[Way, boolean, number]>([['end', false, 1], ['start', false, -1], ['end', true, -1], ['start', true, 1]])('goes to the %s, right to left %s, by %i', (way, rtl, sign) => {
    expect(makeTrack(0, 0, way, rtl).move(sign * 40, 0)).toBe(40 - LOCK_PX)
    expect(makeTrack(0, 0, way, rtl).move(-sign * 40, 0)).toBeUndefined()
  })
})

describe('swipes in an element', () => {
  let box: HTMLElement
  let end: AbortController
  let log: string[]
  const swiping: Swiping = {
    move: (px, ready) => log.push(`${px}${ready ? ' ready' : ''}`),
    end: (done) => log.push(done ? 'done' : 'dropped'),
  }
  let now = 0
  const point = (type: string, x: number, y = 0, more: PointerEventInit = {}) => {
    const event = new PointerEvent(type, { bubbles: true, pointerId: 1, isPrimary: true, pointerType: 'touch', clientX: x, clientY: y, ...more })
    Object.defineProperty(event, 'timeStamp', { value: now })
    box.dispatchEvent(event)
  }

  beforeEach(() => {
    box = document.body.appendChild(document.createElement('div'))
    end = new AbortController()
    log = []
    vi.stubGlobal('matchMedia', () => ({ matches: false }))
    onSwipe(box, 'end', () => swiping, end.signal)
  })
  afterEach(() => {
    end.abort()
    box.remove()
    vi.unstubAllGlobals()
  })

  test('count as the finger is lifted', () => {
    point('pointerdown', 0)
    point('pointermove', LOCK_PX + 10)
    point('pointermove', LOCK_PX + READY_PX)
    point('pointerup', LOCK_PX + READY_PX)
    expect(log).toEqual(['10', `${READY_PX} ready`, 'done'])
  })

  test('are taken back by going back', () => {
    point('pointerdown', 0)
    point('pointermove', LOCK_PX + READY_PX)
    point('pointermove', LOCK_PX + 5)
    point('pointerup', LOCK_PX + 5)
    expect(log).toEqual([`${READY_PX} ready`, '5', 'dropped'])
  })

  test.each<[string, () => void]>([
    ['the browser scrolls', () => point('pointercancel', 0)],
    ['a second finger comes', () => point('pointerdown', 0, 0, { pointerId: 2, isPrimary: false })],
    ['nobody listens any more', () => end.abort()],
  ])('end where %s', (_, happens) => {
    point('pointerdown', 0)
    point('pointermove', LOCK_PX + READY_PX)
    happens()
    point('pointerup', LOCK_PX + READY_PX)
    expect(log).toEqual([`${READY_PX} ready`, 'dropped'])
  })

  test('begin before the finger rests', () => {
    point('pointerdown', 0)
    point('pointermove', LOCK_PX - 1)
    now += REST_MS
    point('pointermove', LOCK_PX + READY_PX)
    point('pointerup', LOCK_PX + READY_PX)
    expect(log).toEqual([])
    // One that has begun may take its time.
    point('pointerdown', 0)
    point('pointermove', LOCK_PX + 10)
    now += REST_MS
    point('pointermove', LOCK_PX + READY_PX)
    point('pointerup', LOCK_PX + READY_PX)
    expect(log).toEqual(['10', `${READY_PX} ready`, 'done'])
  })

  test('are none on a page that is made larger', () => {
    const viewport = Object.assign(new EventTarget(), { scale: 1 })
    vi.stubGlobal('visualViewport', viewport)
    onSwipe(box, 'end', () => swiping, end.signal)
    const zoom = (scale: number) => {
      viewport.scale = scale
      viewport.dispatchEvent(new Event('resize'))
      return document.documentElement.hasAttribute('data-zoomed')
    }
    expect(zoom(2)).toBe(true)
    point('pointerdown', 0)
    point('pointermove', LOCK_PX + READY_PX)
    point('pointerup', LOCK_PX + READY_PX)
    expect(log).toEqual([])
    expect(zoom(1)).toBe(false)
    point('pointerdown', 0)
    point('pointermove', LOCK_PX + READY_PX)
    expect(log).not.toEqual([])
  })

  test('are for fingers alone, and not where one writes', () => {
    for (const pointerType of ['mouse', 'pen']) {
      point('pointerdown', 0, 0, { pointerType })
      point('pointermove', 200, 0, { pointerType })
      point('pointerup', 200, 0, { pointerType })
    }
    const field = box.appendChild(document.createElement('textarea'))
    field.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, pointerId: 1, isPrimary: true, pointerType: 'touch' }))
    point('pointermove', 200)
    point('pointerup', 200)
    // Up and down is no swipe, and says nothing at all.
    point('pointerdown', 0)
    point('pointermove', 5, 60)
    point('pointermove', 200, 60)
    point('pointerup', 200, 60)
    expect(log).toEqual([])
  })
})
