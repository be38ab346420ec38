package main

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// cart maps the ID of a good to how many of it are wanted. Anything that JSON
// can hold can be an entry of a session; keep it small, as every save writes
// all of it.
type cart map[string]int

const cartField = ginsession.Field[cart]("cart")

// mostOfOne is how many of one good fit into a cart.
const mostOfOne = 99

// with returns the cart with another quantity of one good; 0 takes it out.
func (items cart) with(id string, quantity int) cart {
	changed := cart{} // the first time items is nil
	maps.Copy(changed, items)
	changed[id] = min(quantity, mostOfOne)
	if quantity <= 0 {
		delete(changed, id)
	}
	return changed
}

func (items cart) count() (n int) {
	for _, quantity := range items {
		n += quantity
	}
	return n
}

// line is one good of a cart as its page shows it.
type line struct {
	good
	Quantity int
	Sum      price
}

// lines returns the cart in the order of the shelf, and what it costs.
func (items cart) lines() (lines []line, total price) {
	for _, g := range goods {
		if n := items[g.ID]; n > 0 {
			lines = append(lines, line{g, n, g.Price * price(n)})
			total += g.Price * price(n)
		}
	}
	return lines, total
}

func showCart(c *gin.Context) {
	lines, total := cartField.Or(ginsession.Get(c), nil).lines()
	show(c, http.StatusOK, "cart.html", gin.H{
		"Title": "Your cart", "Lines": lines, "Total": total, "Most": mostOfOne})
}

// Every change is a POST that answers with a redirect, so that reloading the
// page that follows does not repeat it. The session is saved before the
// redirect leaves: the next request, to whichever process, sees the change.

func addToCart(c *gin.Context) {
	g, ok := goodByID(c.PostForm("good"))
	if !ok {
		warn(c, "We do not sell that.")
		c.Redirect(http.StatusSeeOther, "/")
		return
	}
	s := ginsession.Get(c)
	// When another tab has saved meanwhile, the function runs again on what
	// that tab left: it must do nothing but compute.
	cartField.Modify(s, func(items cart) cart { return items.with(g.ID, items[g.ID]+1) })
	tell(c, g.Name+" is in your cart.")
	c.Redirect(http.StatusSeeOther, "/#"+g.ID)
}

func updateCart(c *gin.Context) {
	g, ok := goodByID(c.PostForm("good"))
	quantity, err := strconv.Atoi(c.PostForm("quantity"))
	if !ok || err != nil || quantity < 0 || quantity > mostOfOne {
		warn(c, fmt.Sprintf("A quantity is a number from 0 to %d.", mostOfOne))
	} else {
		setQuantity(c, g, quantity)
	}
	c.Redirect(http.StatusSeeOther, "/cart")
}

func removeFromCart(c *gin.Context) {
	if g, ok := goodByID(c.PostForm("good")); ok {
		setQuantity(c, g, 0)
	}
	c.Redirect(http.StatusSeeOther, "/cart")
}

func setQuantity(c *gin.Context, g good, quantity int) {
	s := ginsession.Get(c)
	if quantity == 0 && cartField.Or(s, nil)[g.ID] == 0 {
		return // to store that would begin a session for nothing
	}
	cartField.Modify(s, func(items cart) cart { return items.with(g.ID, quantity) })
	if quantity == 0 {
		tell(c, g.Name+" went back to its shelf.")
	} else {
		tell(c, fmt.Sprintf("%s: now %d.", g.Name, quantity))
	}
}
