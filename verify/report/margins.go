package report

import (
	"fmt"
	"strings"
)

// marginsOf is the style of the margins on paper, where loose sheets say which result they are of. The first has it in large.
func marginsOf(name, when, run string) string {
	const look = "; font: 7.5pt sans-serif; color: #565e66"
	return "@media print { @page { @top-left { content: " + quoted("Proof of hardening: "+name) + look + " } " +
		"@top-right { content: " + quoted(when+", run "+run) + look + " } } " +
		"@page :first { @top-left { content: none } @top-right { content: none } } }"
}

// quoted is a text as a string of CSS, whatever is in it: names come from a cluster that may be hostile.
func quoted(text string) string {
	var made strings.Builder
	made.WriteByte('"')
	for _, each := range text {
		if each >= 'a' && each <= 'z' || each >= 'A' && each <= 'Z' || each >= '0' && each <= '9' || each == ' ' {
			made.WriteRune(each)
		} else {
			fmt.Fprintf(&made, "\\%x ", each)
		}
	}
	made.WriteByte('"')
	return made.String()
}
