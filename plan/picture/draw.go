package picture

import (
	"fmt"
	"strings"

	"github.com/rampart-iac/rampart/plan"
)

// The measures of a picture.
const (
	margin   = 24
	wide     = 190 // columns beside the network
	leftGap  = 104 // between them and it
	rightGap = 76
	netWide  = 560
	netX     = margin + wide + leftGap
	rightX   = netX + netWide + rightGap
	whole    = rightX + wide + margin

	top      = 150 // where boxes begin
	lane     = 112 // where lines run above them
	lineHigh = 17
	padding  = 14
	gap      = 12

	// letter is how wide one is on average, with some room.
	letter = 7
)

// draw draws a network: the outside at the left, the network in the middle, what the cloud runs at the right, and below what
// reaches what, in words.
func draw(of network, made plan.Plan) string {
	c := &canvas{}
	c.text("title", margin, margin+14, fmt.Sprintf("Network of stack %s", made.Stack))
	c.text("dim", margin, margin+36, fmt.Sprintf("%s in %s, drawn from the plan", of.cloud, made.Region))

	internet := c.box(box{title: "The Internet", lines: []string{"whoever is outside"}}, margin, top)
	plane := c.box(of.controlPlane, rightX, top)
	beside := plane
	if of.services.title != "" {
		beside = c.box(of.services, rightX, plane+gap*3)
	}
	bottom := c.inside(of, beside)
	c.reach(netX+netWide, (top+plane)/2, rightX)
	switch {
	case of.services.title == "":
	case of.servicesFromPlane:
		c.path("ok", true, rightX+wide/2, plane, rightX+wide/2, plane+gap*3)
		c.text("okt", rightX+wide/2+gap, plane+gap*2-2, "TLS")
	default:
		c.reach(netX+netWide, (plane+gap*3+beside)/2, rightX)
	}
	c.wayIn(of)
	c.wayOut(of, internet)
	height := c.words(of, max(bottom, internet)+gap*3)
	return c.finish(whole, height, "Network of stack "+made.Stack, describe(of))
}

// describe says the picture to who does not see it.
func describe(of network) string {
	var sentences []string
	for _, each := range of.links {
		sentences = append(sentences, each.from+" to "+each.to+": "+each.how+".")
	}
	return strings.Join(sentences, " ")
}

// inside draws the network with its rows, down to a certain place at least, and returns where it ends.
func (c *canvas) inside(of network, least int) int {
	header := 2*lineHigh + padding
	if of.addresses == "" {
		header -= lineHigh
	}
	heights, total := make([]int, len(of.rows)), header
	for i, row := range of.rows {
		for _, each := range row {
			heights[i] = max(heights[i], high(each, boxWidth(len(row))))
		}
		total += heights[i] + gap
	}
	total += padding - gap
	if more := least - top - total; more > 0 && len(heights) > 0 {
		heights[len(heights)-1] += more
		total += more
	}
	c.rect("net", netX, top, netWide, total)
	c.text("head", netX+padding, top+padding+8, of.name)
	c.text("mono", netX+padding, top+padding+8+lineHigh, of.addresses)
	y := top + header
	for i, row := range of.rows {
		width := boxWidth(len(row))
		for j, each := range row {
			class := "sub"
			if each.public {
				class = "pub"
			}
			x := netX + padding + j*(width+gap)
			c.rect(class, x, y, width, heights[i])
			c.write(each, x, y, width)
		}
		y += heights[i] + gap
	}
	return top + total
}

// boxWidth is how wide each of some boxes in a row is.
func boxWidth(count int) int { return (netWide - 2*padding - (count-1)*gap) / max(count, 1) }

// high is how high a box must be.
func high(of box, width int) int {
	lines := 1
	if of.addresses != "" {
		lines++
	}
	for _, line := range of.lines {
		lines += len(wrapped(line, (width-2*padding)/letter))
	}
	return lines*lineHigh + 2*padding - 4
}

// box draws one beside the network, as high as it must be, and returns where it ends.
func (c *canvas) box(of box, x, y int) int {
	height := high(of, wide)
	c.rect("out", x, y, wide, height)
	c.write(of, x, y, wide)
	return y + height
}

// write writes into a box.
func (c *canvas) write(of box, x, y, width int) {
	y += padding + 8
	c.text("head", x+padding, y, of.title)
	if of.addresses != "" {
		y += lineHigh
		c.text("mono", x+padding, y, of.addresses)
	}
	for _, line := range of.lines {
		for _, part := range wrapped(line, (width-2*padding)/letter) {
			y += lineHigh
			c.text("", x+padding, y, part)
		}
	}
}

// reach draws a connection from left to right.
func (c *canvas) reach(fromX, y, toX int) {
	c.path("ok", true, fromX, y, toX, y)
	c.centred("okt", (fromX+toX)/2, y-7, "TLS")
}

// wayIn draws what of the outside reaches the API server, above everything else.
func (c *canvas) wayIn(of network) {
	from, to := margin+wide/2, rightX+wide/2
	middle := (from + to) / 2
	if len(of.in) == 0 {
		c.path("no", false, from, top, from, lane, to, lane, to, top)
		c.cross(middle, lane)
		c.centred("bat", middle, lane-12, "the API server cannot be reached from the Internet")
		return
	}
	c.path("warn", true, from, top, from, lane, to, lane, to, top)
	c.centred("wart", middle, lane-9, "the API server can be reached from "+strings.Join(of.in, ", "))
}

// wayOut draws whether connections from inside get out.
func (c *canvas) wayOut(of network, internet int) {
	y, middle := (top+internet)/2, netX-leftGap/2
	if of.out == "" {
		c.path("no", false, netX, y, margin+wide, y)
		c.cross(middle, y)
		c.centred("bat", middle, y-13, "no way out")
		return
	}
	c.path("ok", true, netX, y, margin+wide, y)
	c.centred("okt", middle, y-7, "out only")
}

// words writes what reaches what below the picture, and returns where it ends.
func (c *canvas) words(of network, y int) int {
	columns := []int{margin, margin + wide + leftGap, margin + wide + leftGap + 190}
	c.path("rule", false, margin, y, whole-margin, y)
	y += gap * 2
	for i, title := range []string{"From", "To", "How"} {
		c.text("head", columns[i], y, title)
	}
	for _, each := range of.links {
		rows := [][]string{
			wrapped(each.from, (columns[1]-columns[0]-gap)/letter), wrapped(each.to, (columns[2]-columns[1]-gap)/letter),
			wrapped(each.how, (whole-margin-columns[2])/letter),
		}
		lines := 0
		for i, row := range rows {
			for j, part := range row {
				c.text("", columns[i], y+(j+1)*lineHigh+4, part)
			}
			lines = max(lines, len(row))
		}
		y += lines*lineHigh + 4
	}
	return y + margin
}
