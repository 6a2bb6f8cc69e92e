package betterauth

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxNested is how deep calls may stand in each other. Dumps have two.
const maxNested = 8

// values reads the values of a row up to the bracket behind them.
func (d *dump) values() (list []any, err error) {
	for {
		v, err := d.value(0)
		if err != nil {
			return nil, err
		}
		if list = append(list, v); len(list) > maxColumns {
			return nil, d.errorf("a row with more than %d values", maxColumns)
		}
		t, err := d.next()
		switch {
		case err != nil:
			return nil, err
		case t.is(")"):
			return list, nil
		case !t.is(","):
			return nil, d.errorf("a value that isn't plain")
		}
	}
}

// value reads one that is spelt out, or made by one of the functions with which
// dumps write what can't be: replace, char and unistr.
func (d *dump) value(depth int) (any, error) {
	t, err := d.next()
	if err != nil {
		return nil, err
	}
	sign := ""
	if t.is("-") || t.is("+") {
		sign = t.text
		if t, err = d.next(); err != nil {
			return nil, err
		}
	}
	switch {
	case t.kind == tokenNumber:
		return d.number(sign, t.text)
	case sign != "":
		return nil, d.errorf("a value that isn't plain")
	case t.kind == tokenText:
		return t.text, nil
	case t.kind == tokenBlob:
		blob, err := hex.DecodeString(t.text)
		if err != nil {
			return nil, d.errorf("a blob that isn't hexadecimal")
		}
		return blob, nil
	case t.is("NULL"):
		return nil, nil
	case t.is("TRUE"):
		return int64(1), nil
	case t.is("FALSE"):
		return int64(0), nil
	case t.kind == tokenWord && depth < maxNested:
		return d.call(strings.ToLower(t.text), depth)
	}
	return nil, d.errorf("a value that isn't plain")
}

func (d *dump) number(sign, text string) (any, error) {
	if n, err := strconv.ParseInt(sign+text, 10, 64); err == nil {
		return n, nil
	}
	n, err := strconv.ParseFloat(sign+text, 64)
	if err != nil && !math.IsInf(n, 0) || strings.ContainsAny(text, "_xXpP") {
		return nil, d.errorf("a number that can't be read")
	}
	return n, nil
}

func (d *dump) call(name string, depth int) (any, error) {
	switch name {
	case "replace", "char", "unistr":
	default:
		return nil, d.errorf("a value that isn't plain")
	}
	if err := d.want("("); err != nil {
		return nil, err
	}
	var args []any
	for {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if args = append(args, v); len(args) > maxColumns {
			return nil, d.errorf("too many arguments")
		}
		t, err := d.next()
		switch {
		case err != nil:
			return nil, err
		case t.is(","):
			continue
		case !t.is(")"):
			return nil, d.errorf("a value that isn't plain")
		}
		break
	}
	texts, allTexts := textsOf(args)
	switch {
	case name == "replace" && allTexts && len(args) == 3:
		return d.replace(texts[0], texts[1], texts[2])
	case name == "unistr" && allTexts && len(args) == 1:
		return d.unescape(texts[0])
	case name == "char":
		return d.chars(args)
	}
	return nil, d.errorf("a call of %s that can't be read", name)
}

func textsOf(args []any) (list []string, all bool) {
	for _, a := range args {
		text, ok := a.(string)
		if !ok {
			return nil, false
		}
		list = append(list, text)
	}
	return list, true
}

func (d *dump) replace(text, old, by string) (any, error) {
	if old == "" {
		return text, nil
	}
	if len(text)+strings.Count(text, old)*len(by) > maxToken {
		return nil, d.errorf("a value has more than %d MiB", maxToken>>20)
	}
	return strings.ReplaceAll(text, old, by), nil
}

func (d *dump) chars(args []any) (any, error) {
	var b strings.Builder
	for _, a := range args {
		n, ok := a.(int64)
		if !ok || n < 0 || n > 0x10ffff {
			return nil, d.errorf("a call of char that can't be read")
		}
		b.WriteRune(rune(n))
	}
	return b.String(), nil
}

// unescape reads \XXXX, \uXXXX, \+XXXXXX and \UXXXXXXXX, and two backslashes as one.
func (d *dump) unescape(text string) (any, error) {
	if !strings.Contains(text, `\`) {
		return text, nil
	}
	var units []rune
	for text != "" {
		before, rest, found := strings.Cut(text, `\`)
		units = append(units, []rune(before)...)
		if text = rest; !found {
			break
		}
		if after, ok := strings.CutPrefix(text, `\`); ok {
			units, text = append(units, '\\'), after
			continue
		}
		digits := 4
		switch {
		case strings.HasPrefix(text, "u"):
			text = text[1:]
		case strings.HasPrefix(text, "+"):
			text, digits = text[1:], 6
		case strings.HasPrefix(text, "U"):
			text, digits = text[1:], 8
		}
		if len(text) < digits {
			return nil, d.errorf("a call of unistr that can't be read")
		}
		n, err := strconv.ParseUint(text[:digits], 16, 32)
		if err != nil || n > 0x10ffff {
			return nil, d.errorf("a call of unistr that can't be read")
		}
		text = text[digits:]
		if last := len(units) - 1; last >= 0 && utf16.IsSurrogate(units[last]) {
			if pair := utf16.DecodeRune(units[last], rune(n)); pair != '\ufffd' {
				units[last] = pair
				continue
			}
		}
		units = append(units, rune(n))
	}
	return string(units), nil
}
