// Package recipes holds the code of docs/recipes.md. Its tests have each recipe do over HTTP what
// the page says of it, and compare the page with the files.
package recipes
