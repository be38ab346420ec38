module github.com/seed7368b609/gormsession/internal/advisories

go 1.26.0

require golang.org/x/mod v0.43.0
