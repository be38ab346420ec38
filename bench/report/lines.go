package report

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
)

// inLines are the contenders that fit into a plot of lines.
var inLines = []string{
	contender.FloorName, contender.PlainTuned, contender.GinContrib, contender.SCSOnSQL,
	contender.OwnDefault, contender.OwnTuned,
}

// dashes tell lines of one color apart.
var dashes = [][]vg.Length{nil, {6, 2}, {2, 2}, {8, 2, 2, 2}}

// plotClients draws how many requests a second are answered, a panel for each work, and last the
// names.
func (p *page) plotClients(k database.Kind) {
	cells := p.results.cells(Clients, func(c measure.Cell) bool { return c.Database == k })
	if len(cells) == 0 {
		return
	}
	names := newPlot("")
	names.HideAxes()
	names.Legend.Top, names.Legend.Left = true, true
	var plots []*plot.Plot
	for _, work := range works(cells) {
		one := newPlot(string(work) + ", requests/s")
		one.X.Label.Text = "clients"
		one.X.Scale = plot.LogScale{}
		one.X.Tick.Marker = plot.ConstantTicks(clientTicks(cells))
		one.Y.Min, one.Y.Tick.Marker = 0, plot.TickerFunc(wholeTicks)
		for i, name := range inLines {
			line, marks, err := plotter.NewLinePoints(p.rates(cells, work, Who{Name: name}))
			if err != nil {
				continue // It has no points.
			}
			line.Color, line.Dashes = colorOf(Who{Name: name}), dashes[i%len(dashes)]
			marks.Color = line.Color
			one.Add(line, marks)
			if len(plots) == 0 {
				names.Legend.Add("  "+name, line, marks)
			}
		}
		plots = append(plots, one)
	}
	p.panels("clients-"+string(k), "Requests a second on "+k.Title()+", by clients", 280,
		append(plots, names))
}

// rates are the points of a line.
func (p *page) rates(cells []measure.Cell, work contender.Work, w Who) (points plotter.XYs) {
	for _, c := range cells {
		rate := p.results.value(Clients, c, w, measure.Rate)
		if c.Work == work && rate > 0 {
			points = append(points, plotter.XY{X: float64(c.Clients), Y: rate})
		}
	}
	return points
}

func clientTicks(cells []measure.Cell) (ticks []plot.Tick) {
	for _, c := range cells {
		if c.Work == cells[0].Work {
			ticks = append(ticks, plot.Tick{
				Value: float64(c.Clients), Label: fmt.Sprint(c.Clients)})
		}
	}
	return ticks
}

// wholeTicks shows the numbers of the usual ticks without digits behind the point.
func wholeTicks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if t.Label != "" {
			ticks[i].Label = digits(t.Value)
		}
	}
	return ticks
}
