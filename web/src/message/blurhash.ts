// Decodes a blurhash (https://blurha.sh): a picture's few lowest frequencies in a
// short text, as a place holder while the picture comes.

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~'

/** The pixels of a blurhash as RGBA, row by row. Null: it is none. */
export function decodeBlurhash(hash: string, width: number, height: number): Uint8ClampedArray<ArrayBuffer> | null {
  const size = number(hash.slice(0, 1))
  const across = (size % 9) + 1
  const down = Math.floor(size / 9) + 1
  if (size < 0 || down > 9 || hash.length !== 4 + 2 * across * down || [...hash].some((c) => !digits.includes(c))) return null

  const strongest = (number(hash.slice(1, 2)) + 1) / 166
  const average = number(hash.slice(2, 6))
  const colours = [[linear(average >> 16), linear((average >> 8) & 255), linear(average & 255)]]
  for (let i = 1; i < across * down; i++) {
    const value = number(hash.slice(4 + 2 * i, 6 + 2 * i))
    colours.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((v) => Math.sign(v - 9) * ((v - 9) / 9) ** 2 * strongest))
  }

  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x)
      for (let c = 0; c < 3; c++) {
        let sum = 0
        for (let j = 0; j < down; j++) {
          for (let i = 0; i < across; i++) {
            sum += (colours[j * across + i]?.[c] ?? 0) * Math.cos((Math.PI * x * i) / width) * Math.cos((Math.PI * y * j) / height)
          }
        }
        pixels[at + c] = gamma(sum)
      }
      pixels[at + 3] = 255
    }
  }
  return pixels
}

function number(text: string): number {
  let n = 0
  for (const c of text) n = n * 83 + digits.indexOf(c)
  return n
}

function linear(byte: number): number {
  const v = byte / 255
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
}

function gamma(value: number): number {
  const v = Math.min(1, Math.max(0, value))
  return Math.round(255 * (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055))
}
