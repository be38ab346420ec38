package report

import (
	"errors"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
)

// A bar is a contender's.
type bar struct {
	who   Who
	value float64
}

// plotRatios draws the ratio to the floor of each contender, a panel for each work.
func (p *page) plotRatios(k database.Kind, cells []measure.Cell) {
	var plots []*plot.Plot
	most := 0
	for _, c := range cells {
		if c.Work == contender.Modify {
			continue // Peers have nothing like it.
		}
		var bars []bar
		for _, w := range slices.Backward(p.results.Contenders) {
			ratios := p.results.ratios(Requests, c, w, floor, measure.Time)
			if len(ratios) > 0 {
				bars = append(bars, bar{w, median(ratios)})
			}
		}
		if len(bars) == 0 {
			continue
		}
		one, err := barPlot(workOf(c), bars)
		p.err = errors.Join(p.err, err)
		plots = append(plots, one)
		most = max(most, len(bars))
	}
	p.panels("requests-"+string(k),
		"The time of a request on "+k.Title()+", in times of the floor",
		60+18*vg.Length(most), plots)
}

// barPlot draws bars from the bottom up, with their values behind them.
func barPlot(title string, bars []bar) (*plot.Plot, error) {
	one := newPlot(title)
	var names []string
	var ends plotter.XYLabels
	longest := 0.0
	for i, b := range bars {
		drawn, err := plotter.NewBarChart(plotter.Values{b.value}, 10)
		if err != nil {
			return one, err
		}
		drawn.Horizontal, drawn.XMin = true, float64(i)
		drawn.Color, drawn.LineStyle.Color = colorOf(b.who), color.Transparent
		one.Add(drawn)
		names = append(names, b.who.String()+"   ") // some fonts are wider
		ends.XYs = append(ends.XYs, plotter.XY{X: b.value, Y: float64(i)})
		ends.Labels = append(ends.Labels, twoPlaces(b.value))
		longest = max(longest, b.value)
	}
	values, err := plotter.NewLabels(ends)
	if err != nil {
		return one, err
	}
	values.Offset = vg.Point{X: 4, Y: -4}
	one.Add(values)
	one.NominalY(names...)
	one.X.Min, one.X.Max = 0, longest*1.2 // room for the values
	one.Y.Min, one.Y.Max = -0.5, float64(len(bars))-0.5
	one.HideX()
	return one, nil
}
