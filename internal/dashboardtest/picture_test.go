package dashboardtest

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A drawing is a panel and what its queries were answered with.
type drawing struct {
	panel panel
	lines []line
}

// The size of a cell of Grafana's grid, of which a dashboard is 24 wide.
const (
	cellWidth  = vg.Length(36)
	cellHeight = vg.Length(24)
)

// picture draws the panels where the dashboard has them.
func picture(path string, begin time.Time, drawings []drawing) error {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	rows := 0
	for _, d := range drawings {
		rows = max(rows, d.panel.GridPos.Y+d.panel.GridPos.H)
	}
	canvas := vgsvg.New(24*cellWidth, vg.Length(rows)*cellHeight)
	page := draw.New(canvas)
	for _, d := range drawings {
		d.draw(page, begin)
	}
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	shown := strings.ReplaceAll(svg.String(), "font-family:Liberation Sans;",
		"font-family:Liberation Sans,Arial,Helvetica,sans-serif;")
	return os.WriteFile(path, []byte(shown), 0o644)
}

// draw draws one panel.
func (d drawing) draw(page draw.Canvas, begin time.Time) {
	const margin = 4
	at := d.panel.GridPos
	left, top := vg.Length(at.X)*cellWidth, page.Max.Y-vg.Length(at.Y)*cellHeight
	tile := draw.Canvas{Canvas: page.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: left + margin, Y: top - vg.Length(at.H)*cellHeight + margin},
		Max: vg.Point{X: left + vg.Length(at.W)*cellWidth - margin, Y: top - margin},
	}}
	frame := draw.LineStyle{Color: color.Gray{Y: 0xcc}, Width: 1}
	tile.StrokeLines(frame, []vg.Point{
		tile.Min, {X: tile.Max.X, Y: tile.Min.Y}, tile.Max, {X: tile.Min.X, Y: tile.Max.Y}, tile.Min,
	})
	if d.panel.Type == "stat" {
		d.drawNumber(tile)
		return
	}
	d.drawLines(draw.Crop(tile, 6, -6, 4, -6), begin)
}

// drawNumber draws the last answer as a number.
func (d drawing) drawNumber(tile draw.Canvas) {
	write := func(what string, size vg.Length, y float64) {
		tile.FillText(text.Style{
			Color: color.Black, Font: font.From(plot.DefaultFont, size),
			XAlign: draw.XCenter, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler,
		}, vg.Point{X: (tile.Min.X + tile.Max.X) / 2, Y: tile.Min.Y + tile.Size().Y*vg.Length(y)}, what)
	}
	write(d.panel.Title, 10, .8)
	points := d.lines[0].points
	write(d.inUnit(points[len(points)-1].F), 22, .4)
}

// drawLines draws the answers over the time, and on the right whose they are.
func (d drawing) drawLines(tile draw.Canvas, begin time.Time) {
	const names = 112
	one, legend := plot.New(), plot.NewLegend()
	legend.Top, legend.Left, legend.TextStyle.Font.Size = true, true, 8
	legend.ThumbnailWidth = 10
	one.Title.Text = d.panel.Title
	one.X.Tick.Marker = plot.TickerFunc(func(_, high float64) (ticks []plot.Tick) {
		for m := 0.; m <= high; m += 5 {
			ticks = append(ticks, plot.Tick{Value: m, Label: fmt.Sprintf("%.0f min", m)})
		}
		return ticks
	})
	one.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick {
		ticks := plot.DefaultTicks{}.Ticks(low, high)
		for i, tick := range ticks {
			if tick.Label != "" {
				ticks[i].Label = d.inUnit(tick.Value)
			}
		}
		return ticks
	})
	one.Add(plotter.NewGrid())
	slices.SortStableFunc(d.lines, func(a, b line) int { return strings.Compare(a.name, b.name) })
	for i, l := range d.lines {
		for n, part := range l.unbroken() {
			drawn, err := plotter.NewLine(xys(part, begin))
			if err != nil {
				continue // It has no points.
			}
			drawn.Color, drawn.Width = plotutil.Color(i), 1.2
			one.Add(drawn)
			if n == 0 {
				legend.Add(" "+l.name, drawn)
			}
		}
	}
	one.X.Min, one.Y.Min = 0, 0
	one.Draw(draw.Crop(tile, 0, -names, 0, 0))
	legend.Draw(draw.Crop(tile, tile.Size().X-names+4, 0, 0, -20))
}

// inUnit is a number as the panel shows it.
func (d drawing) inUnit(v float64) string {
	switch d.panel.FieldConfig.Defaults.Unit {
	case "s":
		return fmt.Sprintf("%.3g ms", 1000*v)
	case "ops", "reqps":
		return fmt.Sprintf("%.2g/s", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// unbroken are the parts of a line between which nothing was answered.
func (l line) unbroken() (parts [][]promql.FPoint) {
	from := 0
	for i := range l.points {
		end := i+1 == len(l.points)
		if end || l.points[i+1].T-l.points[i].T > scrapeInterval.Milliseconds() {
			parts, from = append(parts, l.points[from:i+1]), i+1
		}
	}
	return parts
}

// xys are points by the minute.
func xys(points []promql.FPoint, begin time.Time) (all plotter.XYs) {
	for _, p := range points {
		all = append(all, plotter.XY{X: time.UnixMilli(p.T).Sub(begin).Minutes(), Y: p.F})
	}
	return all
}
