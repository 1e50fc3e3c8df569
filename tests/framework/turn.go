package framework

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Seat is where the cluster of a test stands: Go runs test packages at the same time, and a machine of two cores carries three
// clusters, one of which is small. A seat is a folder of the repository, which itself is the lock: it leaves no file behind.
type Seat string

// The seats. The first two are for the packages that keep them longest, the third for clusters of one node.
const (
	FirstSeat  Seat = "."
	SecondSeat Seat = "tests"
	ThirdSeat  Seat = "tools"
)

// TakeTurn waits until a seat is free, and keeps it until the returned function is called. Without a seat named it takes
// all: what measures, or what nobody may disturb, is alone.
func TakeTurn(seats ...Seat) (giveUp func() error, err error) {
	if len(seats) == 0 {
		seats = []Seat{FirstSeat, SecondSeat, ThirdSeat}
	}
	root, err := RepositoryRoot()
	if err != nil {
		return nil, err
	}
	var taken []*os.File
	giveUp = func() (err error) {
		for _, dir := range taken {
			err = errors.Join(err, dir.Close())
		}
		return err
	}
	for _, seat := range seats {
		dir, err := os.Open(filepath.Join(root, string(seat)))
		if err != nil {
			return nil, errors.Join(err, giveUp())
		}
		taken = append(taken, dir)
		if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
			return nil, errors.Join(err, giveUp())
		}
	}
	return giveUp, nil
}
