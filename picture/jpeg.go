package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/jpeg"
)

const (
	jpegStart       = 0xd8
	jpegEnd         = 0xd9
	jpegScan        = 0xda
	jpegProgressive = 0xc2
	// maxScans of a JPEG; encoders make some ten. Each costs a visit to every block of
	// the picture, and hardly any data.
	maxScans = 100
)

// inspectJPEG walks the markers as the decoder will.
func inspectJPEG(data []byte) (header, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, broken(err)
	}
	h := header{kind: kindJPEG, width: c.Width, height: c.Height, turn: upright, data: data, decode: jpeg.Decode}
	var frame []byte
	var progressive, adobeRGB, seenExif bool
	scans := 0
	for rest := data[2:]; ; {
		i := bytes.IndexByte(rest, 0xff)
		if i < 0 {
			break
		}
		for rest = rest[i+1:]; len(rest) > 0 && rest[0] == 0xff; rest = rest[1:] {
		}
		if len(rest) == 0 || rest[0] == jpegEnd {
			break
		}
		marker := rest[0]
		rest = rest[1:]
		if marker == 0 || marker >= 0xd0 && marker < jpegStart {
			continue // a byte 0xff of the scan, a restart
		}
		if len(rest) < 2 || len(rest) < int(binary.BigEndian.Uint16(rest)) || binary.BigEndian.Uint16(rest) < 2 {
			return header{}, broken("segment cut short")
		}
		n := binary.BigEndian.Uint16(rest)
		segment := rest[2:n]
		rest = rest[n:]
		switch {
		case marker >= 0xc0 && marker <= jpegProgressive && frame == nil:
			frame, progressive = segment, marker == jpegProgressive
		case marker == jpegScan:
			if scans++; scans > maxScans {
				return header{}, fmt.Errorf("%w: over %d scans", ErrTooLarge, maxScans)
			}
		case marker == 0xe1 && !seenExif && bytes.HasPrefix(segment, exifStart):
			seenExif = true
			h.turn = exifTurn(segment[6:])
		case marker == 0xee && len(segment) >= 12 && bytes.HasPrefix(segment, []byte("Adobe")):
			adobeRGB = segment[11] == 0
		}
	}
	h.memory, err = jpegMemory(frame, h, progressive, adobeRGB)
	return h, err
}

// jpegMemory is what a frame takes: a byte for each sample, four more if its
// coefficients are gathered over several scans, and for each pixel four where the
// planes aren't luma and chroma and are joined in the end.
func jpegMemory(frame []byte, h header, progressive, rgb bool) (int64, error) {
	if len(frame) < 6 || len(frame) != 6+3*int(frame[5]) {
		return 0, broken("frame")
	}
	if int(binary.BigEndian.Uint16(frame[1:])) != h.height || int(binary.BigEndian.Uint16(frame[3:])) != h.width {
		return 0, broken("two sizes")
	}
	components := frame[6:]
	var across, down, samples int64
	for i := 0; i < len(components); i += 3 {
		x, y := int64(components[i+1]>>4), int64(components[i+1]&15)
		across, down, samples = max(across, x), max(down, y), samples+x*y
	}
	if across < 1 || down < 1 {
		return 0, broken("sampling")
	}
	// Of units that hold each component's blocks of 8 by 8.
	width, height := int64(h.width), int64(h.height)
	memory := 64 * samples * ((width + 8*across - 1) / (8 * across)) * ((height + 8*down - 1) / (8 * down))
	if progressive {
		memory *= 5
	}
	switch len(components) {
	case 9:
		rgb = rgb || components[0] == 'R' && components[3] == 'G' && components[6] == 'B'
	case 12:
		rgb = true
	}
	if rgb {
		memory += 4 * width * height
	}
	return memory, nil
}
