import { describe, expect, it } from 'vitest'
import { fractions, maxZoom, pan, whole, zoomOf, zoomTo, type Crop, type Picture } from './crop'

const wide: Picture = { width: 900, height: 600 }
const tall: Picture = { width: 300, height: 1200 }

function expectInside(picture: Picture, { x, y, side }: Crop) {
  const near = 1e-9
  expect(x - side / 2).toBeGreaterThanOrEqual(-near)
  expect(y - side / 2).toBeGreaterThanOrEqual(-near)
  expect(x + side / 2).toBeLessThanOrEqual(picture.width + near)
  expect(y + side / 2).toBeLessThanOrEqual(picture.height + near)
}

describe('a crop', () => {
  it('is at first the largest square in the middle', () => {
    expect(fractions(wide, whole(wide))).toEqual({ x: 150 / 900, y: 0, size: 1 })
    expect(fractions(tall, whole(tall))).toEqual({ x: 0, y: 450 / 1200, size: 1 })
    expect(fractions({ width: 5, height: 5 }, whole({ width: 5, height: 5 }))).toEqual({ x: 0, y: 0, size: 1 })
  })

  it('moves against the drag, and stops at the borders', () => {
    const moved = pan(wide, whole(wide), 0.1, 0)
    expect(moved.x).toBeCloseTo(450 - 60)
    expect(pan(wide, whole(wide), 10, 10)).toEqual({ x: 300, y: 300, side: 600 })
    expect(pan(wide, whole(wide), -10, -10)).toEqual({ x: 600, y: 300, side: 600 })
  })

  it('zooms around what is pointed at', () => {
    const before = whole(wide)
    const at = { x: 0.3, y: -0.2 }
    const pointed = (c: Crop) => ({ x: c.x + at.x * c.side, y: c.y + at.y * c.side })
    const after = zoomTo(wide, before, 2, at)
    expect(zoomOf(wide, after)).toBeCloseTo(2)
    expect(pointed(after).x).toBeCloseTo(pointed(before).x)
    expect(pointed(after).y).toBeCloseTo(pointed(before).y)
  })

  it('zooms neither out of the picture nor into its pixels', () => {
    expect(zoomOf(wide, zoomTo(wide, whole(wide), 0.2))).toBe(1)
    expect(zoomOf(wide, zoomTo(wide, whole(wide), 1e9))).toBeCloseTo(maxZoom(wide))
    const tiny = { width: 20, height: 20 }
    expect(maxZoom(tiny)).toBe(1)
    expect(zoomTo(tiny, whole(tiny), 5).side).toBe(20)
  })

  it('stays inside whatever is done, in parts that the server takes', () => {
    // Not random: each step is another mixture of moves and zooms.
    for (const picture of [wide, tall, { width: 1, height: 4000 }]) {
      let crop = whole(picture)
      for (let i = 0; i < 500; i++) {
        crop = pan(picture, crop, Math.sin(i * 1.7), Math.cos(i * 2.3))
        crop = zoomTo(picture, crop, zoomOf(picture, crop) * (1 + Math.sin(i * 0.9)), { x: Math.sin(i), y: Math.cos(i) })
        expectInside(picture, crop)
        const { x, y, size } = fractions(picture, crop)
        for (const part of [x, y, size]) expect(part).toBeGreaterThanOrEqual(-1e-9)
        for (const part of [x, y, size]) expect(part).toBeLessThanOrEqual(1 + 1e-9)
      }
    }
  })
})
