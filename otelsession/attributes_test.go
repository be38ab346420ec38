package otelsession_test

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// attributes encodes a set of attributes in a line.
var attributes = attribute.DefaultEncoder()

// seen are the attributes of all metrics.
func (s *site) seen() (all []attribute.KeyValue) {
	for _, m := range s.collect() {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			all = append(all, ofPoints(data.DataPoints)...)
		case metricdata.Gauge[int64]:
			all = append(all, ofPoints(data.DataPoints)...)
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				all = append(all, p.Attributes.ToSlice()...)
			}
		}
	}
	return all
}

func ofPoints(points []metricdata.DataPoint[int64]) (all []attribute.KeyValue) {
	for _, p := range points {
		all = append(all, p.Attributes.ToSlice()...)
	}
	return all
}
