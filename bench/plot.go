//go:build linux

package main

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// A chart is a picture of bars: a panel for each thing that was compared.
type chart struct {
	name, title string
	panels      []panel
}

// A panel's bars share an axis that begins at zero.
type panel struct {
	title string // with the unit
	bars  []bar
}

type bar struct {
	label string
	value float64
	text  string // the value for people
	own   bool   // ours, and so marked
}

// Measures of a picture, in pixels.
const (
	chartWidth  = 760
	labelWidth  = 190
	valueWidth  = 90
	barHeight   = 16
	barGap      = 6
	titleHeight = 34
	panelHead   = 30
)

// chartStyle has the colours for both schemes; a picture is seen on the page's own
// ground.
const chartStyle = `text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-size:16px;font-weight:600}.p{font-weight:600}` +
	`.b{fill:#8c959f}.o{fill:#0969da}.a{stroke:#d0d7de}` +
	`@media(prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#6e7681}.o{fill:#58a6ff}.a{stroke:#3d444d}}`

// svg draws the chart. It needs nothing but itself.
func (c chart) svg() string {
	height := titleHeight
	for _, p := range c.panels {
		height += panelHead + len(p.bars)*(barHeight+barGap)
	}
	height += barGap
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n<style>%s</style>\n",
		chartWidth, height, html.EscapeString(c.title), chartStyle)
	write := func(class, anchor string, x float64, y int, text string) {
		fmt.Fprintf(&b, `<text class="%s" text-anchor="%s" x="%.1f" y="%d">%s</text>`+"\n", class, anchor, x, y, html.EscapeString(text))
	}
	write("t", "start", 8, 22, c.title)
	y := titleHeight
	for _, p := range c.panels {
		write("p", "start", 8, y+20, p.title)
		y += panelHead
		most := 0.0
		for _, bar := range p.bars {
			most = max(most, bar.value)
		}
		top := y
		for _, bar := range p.bars {
			length := 0.0
			if most > 0 {
				length = bar.value / most * (chartWidth - labelWidth - valueWidth)
			}
			class := "b"
			if bar.own {
				class = "o"
			}
			write("l", "end", labelWidth-8, y+barHeight-3, bar.label)
			fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>`+"\n", class, labelWidth, y, max(length, 1), barHeight)
			write("v", "start", labelWidth+length+6, y+barHeight-3, bar.text)
			y += barHeight + barGap
		}
		fmt.Fprintf(&b, `<line class="a" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", labelWidth, top-2, labelWidth, y-barGap+2)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// barsOf makes bars of what contenders reached, the largest first.
func barsOf(values []bar) []bar {
	return slices.SortedStableFunc(slices.Values(values), func(a, b bar) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		}
		return 0
	})
}
