// Makes the files beside it with libvips (npm install sharp): pictures by other
// encoders than Go's. Each is 48x32, its quarters red, green, blue and white; in
// those named alpha the white one is transparent, in animated ones the second
// frame is black.
import sharp from 'sharp'
import { writeFileSync } from 'node:fs'

const [width, height] = [48, 32]
const colours = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]]

function quarters(last) {
  const pixels = Buffer.alloc(width * height * 4)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const quarter = (y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)
      pixels.set(colours[quarter] ?? last, (y * width + x) * 4)
    }
  return pixels
}

const raw = { width, height, channels: 4 }
const opaque = () => sharp(quarters([255, 255, 255, 255]), { raw }).removeAlpha()
const alpha = () => sharp(quarters([0, 0, 0, 0]), { raw })
const black = Buffer.alloc(width * height * 4)
for (let i = 3; i < black.length; i += 4) black[i] = 255
const animated = last =>
  sharp(Buffer.concat([quarters(last), black]), { raw: { width, height: height * 2, channels: 4, pageHeight: height } })

const files = {
  'baseline.jpg': opaque().jpeg({ quality: 95 }),
  'progressive.jpg': opaque().jpeg({ quality: 95, progressive: true, chromaSubsampling: '4:4:4' }),
  'cmyk.jpg': opaque().toColourspace('cmyk').jpeg({ quality: 95 }),
  'grey.jpg': opaque().greyscale().jpeg({ quality: 95 }),
  'interlaced.png': opaque().png({ progressive: true }),
  'deep-alpha.png': alpha().toColourspace('rgb16').png(),
  'palette.png': opaque().png({ palette: true }),
  'palette-alpha.png': alpha().png({ palette: true }),
  'lossy.webp': opaque().webp({ quality: 95 }),
  'lossy-alpha.webp': alpha().webp({ quality: 95 }),
  'lossless.webp': opaque().webp({ lossless: true }),
  'lossless-alpha.webp': alpha().webp({ lossless: true }),
  'animated.webp': animated([255, 255, 255, 255]).webp({ lossless: true, delay: [100, 100] }),
  'animated-alpha.webp': animated([0, 0, 0, 0]).webp({ quality: 95, delay: [100, 100] }),
  'animated.gif': animated([255, 255, 255, 255]).gif({ delay: [100, 100] }),
  'animated-alpha.gif': animated([0, 0, 0, 0]).gif({ delay: [100, 100] }),
}
// As a camera writes it: how it was held, where it was, and whose it is.
const exif = n => ({
  IFD0: { Orientation: String(n), Make: 'SecretCamera', Artist: 'SecretArtist' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 12/1', GPSAreaInformation: 'SecretPlace' },
})
for (let n = 1; n <= 8; n++) {
  files[`turned-${n}.jpg`] = opaque().withExif(exif(n)).withMetadata({ orientation: n }).jpeg({ quality: 95 })
}
files['turned-6.webp'] = opaque().withExif(exif(6)).withMetadata({ orientation: 6 }).webp({ lossless: true })
files['turned-6.png'] = opaque().withExif(exif(6)).withMetadata({ orientation: 6 }).png()
for (const [name, image] of Object.entries(files)) writeFileSync(name, await image.toBuffer())
