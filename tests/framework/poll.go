package framework

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// pollPause is between two questions, pollPatience how long an answer may take.
	pollPause    = 200 * time.Millisecond
	pollPatience = 3 * time.Second
)

// Outage is a time in which no question was answered.
type Outage struct {
	Questions int
	// Since is when there was the last answer before.
	Since  time.Time
	Length time.Duration
	// First is the first error, Last the last.
	First, Last error
}

// Poll asks the same question over and over, and remembers when there was no answer.
type Poll struct {
	stop    context.CancelFunc
	stopped sync.WaitGroup

	// Asked and Outages may be read after End.
	Asked   int
	Outages []Outage
}

// StartPoll begins to ask. Call End.
func StartPoll(t *testing.T, ask func(context.Context) error) *Poll {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	poll := &Poll{stop: cancel}
	poll.stopped.Go(func() {
		answered, out := time.Now(), false
		for ctx.Err() == nil {
			one, cancel := context.WithTimeout(ctx, pollPatience)
			err := ask(one)
			cancel()
			if ctx.Err() != nil {
				return
			}
			poll.Asked++
			if err == nil {
				answered, out = time.Now(), false
			} else {
				if !out {
					poll.Outages, out = append(poll.Outages, Outage{First: err, Since: answered}), true
				}
				last := &poll.Outages[len(poll.Outages)-1]
				last.Questions++
				last.Length, last.Last = time.Since(answered), err
			}
			time.Sleep(pollPause)
		}
	})
	return poll
}

// End stops asking.
func (p *Poll) End() {
	p.stop()
	p.stopped.Wait()
}

// Unanswered is how many questions had no answer.
func (p *Poll) Unanswered() int {
	count := 0
	for _, outage := range p.Outages {
		count += outage.Questions
	}
	return count
}

// Longest is the longest time without an answer.
func (p *Poll) Longest() time.Duration {
	var longest time.Duration
	for _, outage := range p.Outages {
		longest = max(longest, outage.Length)
	}
	return longest
}

func (p *Poll) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d of %d questions had no answer, in %d outages", p.Unanswered(), p.Asked, len(p.Outages))
	for _, outage := range p.Outages {
		fmt.Fprintf(&text, "; %d in %s since %s (%v ... %v)", outage.Questions, outage.Length.Round(time.Millisecond),
			outage.Since.Format(time.TimeOnly+".000"), outage.First, outage.Last)
	}
	return text.String()
}

// GetFrom returns a question: does a serving pod answer to somebody who stands on a node, by its name? Each is a connection of
// its own.
func GetFrom(node *Node, address, pod string) func(context.Context) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return node.Dial(ctx, address) },
	}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/hostname", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		answer, err := io.ReadAll(response.Body)
		if err == nil && string(answer) != pod {
			err = fmt.Errorf("somebody answers who is not %s: %s: %.100q", pod, response.Status, answer)
		}
		return err
	}
}
