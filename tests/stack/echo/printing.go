package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

const ticksASecond = 100

// printNumbered writes PRINT_LINES numbered lines to standard output, PRINT_RATE a second, each
// with the time at which it was written in nanoseconds.
func printNumbered() {
	total, _ := strconv.Atoi(os.Getenv("PRINT_LINES"))
	rate, _ := strconv.Atoi(os.Getenv("PRINT_RATE"))
	if total == 0 || rate < ticksASecond {
		return
	}
	out := bufio.NewWriter(os.Stdout)
	ticker := time.NewTicker(time.Second / ticksASecond)
	defer ticker.Stop()
	for printed := 0; printed < total; {
		<-ticker.C
		due := min(total, int(time.Since(started).Seconds()*float64(rate)))
		for ; printed < due; printed++ {
			fmt.Fprintf(out, "number %d at %d\n", printed, time.Now().UnixNano())
		}
		out.Flush()
	}
}

// printBody writes the body of a request to standard output or standard error, as it is.
func printBody(w http.ResponseWriter, r *http.Request, output string) {
	target := os.Stdout
	if output == "stderr" {
		target = os.Stderr
	}
	if _, err := io.Copy(target, r.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	io.WriteString(w, os.Getenv("NOMAD_ALLOC_ID"))
}
