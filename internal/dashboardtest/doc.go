// Package dashboardtest shows, by its tests alone, that each query of the dashboard
// otelsession/grafana.json has an answer in Prometheus, and draws the picture of it that
// docs/telemetry.md shows. It is a module of its own, so that nobody else needs Prometheus.
package dashboardtest
