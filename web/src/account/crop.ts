// Which square of a picture is kept. Lengths are in pixels of the picture; the
// view through which it is chosen is a square of any size.

export interface Picture {
  width: number
  height: number
}

/** The kept square by its middle and its side. */
export interface Crop {
  x: number
  y: number
  side: number
}

/** As the server takes it: the upper left corner and the side, as parts of the picture. */
export interface Fractions {
  x: number
  y: number
  size: number
}

/** Closer than this shows single pixels, and no face needs it. */
const LEAST_SIDE = 32
export const MAX_ZOOM = 8

/** The largest square in the middle. */
export function whole(picture: Picture): Crop {
  return { x: picture.width / 2, y: picture.height / 2, side: Math.min(picture.width, picture.height) }
}

/** How much larger than at first: 1 to MAX_ZOOM. */
export function zoomOf(picture: Picture, crop: Crop): number {
  return Math.min(picture.width, picture.height) / crop.side
}

export function maxZoom(picture: Picture): number {
  return Math.max(1, Math.min(MAX_ZOOM, Math.min(picture.width, picture.height) / LEAST_SIDE))
}

/** Moves what is seen by parts of the view: a positive dx shows what lies to the left. */
export function pan(picture: Picture, crop: Crop, dx: number, dy: number): Crop {
  return inside(picture, { ...crop, x: crop.x - dx * crop.side, y: crop.y - dy * crop.side })
}

/**
 * Zooms so that what is at a point of the view, in parts of it from its middle,
 * stays there: the fingers and the pointer hold on to what they touch.
 */
export function zoomTo(picture: Picture, crop: Crop, zoom: number, at: { x: number; y: number } = { x: 0, y: 0 }): Crop {
  const least = Math.min(picture.width, picture.height)
  const side = least / Math.min(Math.max(zoom, 1), maxZoom(picture))
  const shift = crop.side - side
  return inside(picture, { x: crop.x + at.x * shift, y: crop.y + at.y * shift, side })
}

export function fractions(picture: Picture, crop: Crop): Fractions {
  return {
    x: (crop.x - crop.side / 2) / picture.width,
    y: (crop.y - crop.side / 2) / picture.height,
    size: crop.side / Math.min(picture.width, picture.height),
  }
}

function inside(picture: Picture, { x, y, side }: Crop): Crop {
  const half = side / 2
  return { x: clamp(x, half, picture.width - half), y: clamp(y, half, picture.height - half), side }
}

function clamp(n: number, least: number, most: number): number {
  return Math.min(Math.max(n, least), Math.max(least, most))
}
