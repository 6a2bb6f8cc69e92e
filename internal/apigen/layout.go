package main

import (
	"bytes"
	"encoding/json"
)

// lineLength is how long a line of the document may be: what is longer, and has parts,
// gets a line for each of them.
const lineLength = 130

// lines writes a value as JSON that people can read and compare.
func lines(v any) ([]byte, error) {
	var compact bytes.Buffer
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := layOut(&out, bytes.TrimSpace(compact.Bytes()), "", 0); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// layOut writes a compact value of which so many bytes stand on the line already.
func layOut(out *bytes.Buffer, value []byte, indent string, before int) error {
	if before+len(value) <= lineLength || value[0] != '{' && value[0] != '[' {
		_, err := out.Write(value)
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(value))
	if _, err := dec.Token(); err != nil {
		return err
	}
	inner := indent + "  "
	out.WriteByte(value[0])
	for comma := ""; dec.More(); comma = "," {
		out.WriteString(comma + "\n" + inner)
		before := len(inner)
		if value[0] == '{' {
			var key json.RawMessage
			token, err := dec.Token()
			if err != nil {
				return err
			}
			if key, err = json.Marshal(token); err != nil {
				return err
			}
			out.Write(key)
			out.WriteString(": ")
			before += len(key) + 2
		}
		var part json.RawMessage
		if err := dec.Decode(&part); err != nil {
			return err
		}
		if err := layOut(out, part, inner, before); err != nil {
			return err
		}
	}
	out.WriteString("\n" + indent)
	return out.WriteByte(value[len(value)-1])
}
