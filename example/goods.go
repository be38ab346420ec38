package main

import "fmt"

// price is an amount in cents.
type price int

func (p price) String() string { return fmt.Sprintf("€%d.%02d", p/100, p%100) }

// good is one thing that the shop sells. ID also names its picture.
type good struct {
	ID, Name, About string
	Price           price
}

var goods = []good{
	{
		"notebook",
		"Night notebook",
		"Ruled, 160 pages, and a ribbon that knows where you stopped.",
		1250,
	},
	{"pencils", "Three pencils", "Cedar, soft, in a paper cup. They come sharpened.", 640},
	{"teapot", "Round teapot", "Four cups in glazed green stoneware. Never drips.", 3400},
	{"mug", "Corner mug", "Holds what is left in the teapot, and keeps it warm.", 1180},
	{"lamp", "Desk lamp", "A warm circle of light, the exact size of one page.", 4900},
	{"fern", "Small fern", "Asks for a window and a little water on Sundays.", 980},
}

func goodByID(id string) (good, bool) {
	for _, g := range goods {
		if g.ID == id {
			return g, true
		}
	}
	return good{}, false
}
