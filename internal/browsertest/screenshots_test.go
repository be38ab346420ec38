package browsertest

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "take the pictures of the documentation anew")

// pictures are those of the documentation: go test -run Screenshots -update takes them.
var pictures = []struct {
	file   string
	screen screen
	show   func(s *shop, b *tab)
}{
	{"shop.png", desktop, func(s *shop, b *tab) {
		s.logIn(b)
		b.open(s.base)
		for _, good := range []string{"teapot", "mug", "mug"} {
			b.press(add(good))
		}
		ask[chromedp.Void](b, "scrollTo(0, 0)") // where the good stood is below
	}},
	{"devices.png", desktop, func(s *shop, b *tab) {
		s.logIn(somebody(b.t, phone).tab())
		s.logIn(b)
		b.press(`a[href="/account/devices"]`)
	}},
	{"phone-dark.png", slices.Concat(phone, dark), func(s *shop, b *tab) {
		b.open(s.base)
		b.press(add("fern"))
	}},
}

// The pictures of the documentation are there, of the size of their screens, and were taken of the
// pages that the shop has today.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	pages := digest(t, "../../example/templates", "../../example/assets")
	for _, p := range pictures {
		t.Run(p.file, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("../../docs", p.file)
			b := somebody(t, p.screen).tab()
			p.show(openShop(t), b)
			taken, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, withText(taken, pages), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			kept, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := size(t, kept), size(t, taken); got != want {
				t.Errorf("docs/%s is %s, and its screen %s", p.file, got, want)
			}
			if !bytes.Contains(kept, []byte(pages)) {
				t.Errorf("docs/%s was taken before the pages of the shop were changed: "+
					"in internal/browsertest, go test -run Screenshots -update", p.file)
			}
		})
	}
}

// digest names what is in directories.
func digest(t *testing.T, dirs ...string) string {
	t.Helper()
	sum := sha256.New()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			fmt.Fprintf(sum, "%s %d %s", d.Name(), len(content), content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("pages %x", sum.Sum(nil))
}

// size is that of a picture, which has to be whole.
func size(t *testing.T, picture []byte) string {
	t.Helper()
	image, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	return image.Bounds().Max.String()
}
