package picture

import (
	"fmt"
	"html"
	"strings"
)

// canvas collects the shapes of a picture. Everything is in pixels, from the upper left corner.
type canvas struct{ shapes strings.Builder }

// style of the picture, for light and for dark surroundings.
const style = `
svg{--ink:#1f2328;--dim:#59636e;--edge:#8c959f;--page:#ffffff;--net:#eaf2fb;--netedge:#5b8fc7;--sub:#ffffff;--pub:#fdf0e0;
--pubedge:#c07a1c;--out:#f6f8fa;--ok:#1a7f37;--bad:#b3261e;--warn:#9a5b00}
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--dim:#9da7b1;--edge:#6e7681;--page:#0d1117;--net:#13233a;--netedge:#4f86c6;
--sub:#0d1117;--pub:#33240c;--pubedge:#d29922;--out:#161b22;--ok:#3fb950;--bad:#ff7b72;--warn:#e3b341}}
text{font-family:-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;font-size:12px;fill:var(--ink)}
.page{fill:var(--page)}.title{font-size:18px;font-weight:600}.head{font-weight:600}.dim{fill:var(--dim)}
.mono{font-family:ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace;font-size:11px;fill:var(--dim)}
.net{fill:var(--net);stroke:var(--netedge);stroke-width:1.5}.sub{fill:var(--sub);stroke:var(--netedge)}
.pub{fill:var(--pub);stroke:var(--pubedge)}.out{fill:var(--out);stroke:var(--edge)}
.ok{stroke:var(--ok);fill:none;stroke-width:1.75}.warn{stroke:var(--warn);fill:none;stroke-width:1.75}
.no{stroke:var(--edge);fill:none;stroke-width:1.5;stroke-dasharray:4 4}.cross{stroke:var(--bad);stroke-width:2.25}
.okt{fill:var(--ok)}.wart{fill:var(--warn)}.bat{fill:var(--bad)}.rule{stroke:var(--edge);stroke-width:.75}
`

func (c *canvas) rect(class string, x, y, width, height int) {
	fmt.Fprintf(&c.shapes, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="6"/>`+"\n", class, x, y, width, height)
}

func (c *canvas) text(class string, x, y int, text string) {
	fmt.Fprintf(&c.shapes, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, html.EscapeString(text))
}

func (c *canvas) centred(class string, x, y int, text string) {
	fmt.Fprintf(&c.shapes, `<text class="%s" text-anchor="middle" x="%d" y="%d">%s</text>`+"\n", class, x, y,
		html.EscapeString(text))
}

// path draws a line through points, which are pairs of numbers; an arrow ends in a head.
func (c *canvas) path(class string, arrow bool, points ...int) {
	var steps []string
	for i := 0; i+1 < len(points); i += 2 {
		steps = append(steps, fmt.Sprintf("%d,%d", points[i], points[i+1]))
	}
	fmt.Fprintf(&c.shapes, `<polyline class="%s" points="%s"/>`+"\n", class, strings.Join(steps, " "))
	if n := len(points); arrow && n >= 4 {
		c.head(class, points[n-4], points[n-3], points[n-2], points[n-1])
	}
}

// head draws the head of an arrow that runs along an axis.
func (c *canvas) head(class string, fromX, fromY, x, y int) {
	const long, wide = 8, 4
	along := func(from, to int) int { return max(-1, min(1, to-from)) }
	dx, dy := along(fromX, x), along(fromY, y)
	fmt.Fprintf(&c.shapes, `<polyline class="%s" points="%d,%d %d,%d %d,%d"/>`+"\n", class,
		x-dx*long-dy*wide, y-dy*long-dx*wide, x, y, x-dx*long+dy*wide, y-dy*long+dx*wide)
}

// cross marks a line that leads nowhere.
func (c *canvas) cross(x, y int) {
	const arm = 6
	fmt.Fprintf(&c.shapes, `<path class="cross" d="M%d %dL%d %dM%d %dL%d %d"/>`+"\n",
		x-arm, y-arm, x+arm, y+arm, x-arm, y+arm, x+arm, y-arm)
}

// finish is the whole picture.
func (c *canvas) finish(width, height int, title, description string) string {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 %d %d" width="%d" height="%d">
<title>%s</title>
<desc>%s</desc>
<style>%s</style>
<rect class="page" width="%d" height="%d"/>
%s</svg>
`
	return fmt.Sprintf(svg, width, height, width, height, html.EscapeString(title), html.EscapeString(description), style,
		width, height, c.shapes.String())
}

// wrapped breaks a text into lines of at most so many characters, at spaces.
func wrapped(text string, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > most {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
