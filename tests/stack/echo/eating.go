package main

import (
	"os"
	"strconv"
	"time"
)

// eaten keeps what eat has taken.
var eaten [][]byte

// eat takes EAT_MB megabytes of memory, one after the other, and uses them.
func eat() {
	total, _ := strconv.Atoi(os.Getenv("EAT_MB"))
	for range total {
		block := make([]byte, 1<<20)
		for at := range block {
			block[at] = 1
		}
		eaten = append(eaten, block)
		time.Sleep(10 * time.Millisecond)
	}
}
