// Package picture draws the network of a cluster, as the plan of its stack makes it.
package picture

import (
	"fmt"
	"io"
	"strings"

	"github.com/rampart-iac/rampart/plan"
)

// network is what a picture shows.
type network struct {
	// name and addresses of the network, and the cloud that it is in.
	name, addresses, cloud string

	// rows of boxes inside the network, from the outside to the inside. Boxes of a row stand side by side.
	rows [][]box

	// controlPlane and services stand beside the network, run by the cloud.
	controlPlane, services box

	// servicesFromPlane says that the control plane uses the services, and not the network.
	servicesFromPlane bool

	// in are the ranges outside that reach the API server, and out is how nodes get outside; empty: not at all.
	in  []string
	out string

	// links say in words what reaches what.
	links []link
}

// box is a part of the network with what stands in it.
type box struct {
	title, addresses string
	lines            []string
	public           bool
}

// link is who reaches whom.
type link struct{ from, to, how string }

// Draw writes the picture of a stack's network as SVG. The error says why there is none.
func Draw(record plan.Record, made plan.Plan, out io.Writer) error {
	drawn, err := networkOf(record, made)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, draw(drawn, made))
	return err
}

func networkOf(record plan.Record, made plan.Plan) (network, error) {
	makers := map[string]func(plan.Record) (network, error){"eks": onEKS, "aks": onAKS, "gke": onGKE}
	maker := makers[made.Provider]
	if maker == nil {
		return network{}, fmt.Errorf("stack %s: a cluster on this machine has no network in a cloud to draw", made.Stack)
	}
	drawn, err := maker(record)
	if err != nil {
		return network{}, fmt.Errorf("stack %s: %w", made.Stack, err)
	}
	for _, finding := range made.Public.Reachable {
		if finding.What == "API server" {
			drawn.in = append(drawn.in, finding.From)
		}
	}
	drawn.links = append(drawn.links, link{"the Internet", "the API server", orNothing(strings.Join(drawn.in, ", "), "only from ")})
	drawn.links = append(drawn.links, link{"nodes and pods", "the Internet", orNothing(drawn.out, "")})
	for _, finding := range made.Public.Reachable {
		if finding.What != "API server" {
			drawn.links = append(drawn.links, link{finding.From, finding.Resource, finding.What})
		}
	}
	return drawn, nil
}

func orNothing(text, before string) string {
	if text == "" {
		return "not at all"
	}
	return before + text
}

// given is the error of a network that the stack only uses.
func given(what string) error {
	return fmt.Errorf("it uses a %s that is there already, and nothing of that is in its plan to draw", what)
}

// referred is the name of the resource that a reference is to.
func referred(text string) string {
	inner, _ := strings.CutPrefix(text, "${")
	inner, _, _ = strings.Cut(inner, "}")
	name, _, _ := strings.Cut(inner, ".")
	return name
}

// among says whether a reference to a resource is in a list.
func among(texts []string, resource plan.Resource) bool {
	for _, each := range texts {
		if referred(each) == resource.Name {
			return true
		}
	}
	return false
}

func plural(count int, one, many string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", count, many)
}
