package report

import (
	"bytes"
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/seed7368b609/gormsession/bench/contender"
)

var (
	ownColor   = color.RGBA{R: 0x1f, G: 0x6f, B: 0xb4, A: 0xff}
	floorColor = color.RGBA{R: 0x55, G: 0x55, B: 0x55, A: 0xff}
	peerColor  = color.RGBA{R: 0xc8, G: 0xa4, B: 0x5a, A: 0xff}
)

func colorOf(w Who) color.Color {
	c, _ := contender.Named(w.Name)
	switch c.Role {
	case contender.Ours:
		return ownColor
	case contender.Peer:
		return peerColor
	}
	return floorColor
}

// newPlot returns an empty plot. Other fonts are as wide as the one that it is laid out with.
func newPlot(title string) *plot.Plot {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	one := plot.New()
	one.Title.Text = title
	one.BackgroundColor = color.White
	return one
}

const (
	layoutFont = "font-family:Liberation Sans;"
	shownFonts = "font-family:Liberation Sans,Arial,Helvetica,sans-serif;"
)

// panels draws plots side by side into a file, and shows it on the page.
func (p *page) panels(name, title string, height vg.Length, plots []*plot.Plot) {
	if p.plots == "" || len(plots) == 0 {
		return
	}
	const width = 300
	canvas := vgsvg.New(width*vg.Length(len(plots)), height)
	tiles := draw.Tiles{Rows: 1, Cols: len(plots), PadX: 10, PadTop: 5, PadBottom: 5, PadLeft: 5,
		PadRight: 10}
	all := draw.New(canvas)
	for i, one := range plots {
		one.Draw(tiles.At(all, i, 0))
	}
	var svg bytes.Buffer
	_, err := canvas.WriteTo(&svg)
	text := strings.ReplaceAll(svg.String(), layoutFont, shownFonts)
	p.err = errors.Join(p.err, err,
		os.WriteFile(filepath.Join(p.plots, name+".svg"), []byte(text), 0o644))
	p.say("![%s](%s/%s.svg)", title, filepath.Base(p.plots), name)
}
