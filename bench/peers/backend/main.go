// backend is the function behind all proxies: as fast as can be, so that the proxies are measured.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"log"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

const chunkBytes = 32 << 10

var (
	answer = bytes.Repeat([]byte("x"), 100)
	block  = bytes.Repeat([]byte("y"), 16<<20)
)

// number returns the last segment of a path such as /bytes/100000.
func number(path string) int {
	n, err := strconv.Atoi(path[strings.LastIndexByte(path, '/')+1:])
	if err != nil || n < 0 || n > len(block) {
		return 0
	}
	return n
}

func handle(ctx *fasthttp.RequestCtx) {
	path := string(ctx.Path())
	switch {
	case strings.HasPrefix(path, "/bytes/"):
		ctx.Response.SetBodyRaw(block[:number(path)])
	case strings.HasPrefix(path, "/chunked/"):
		chunked(ctx, number(path))
	case strings.HasPrefix(path, "/sleep/"):
		time.Sleep(time.Duration(number(path)) * time.Millisecond)
		ctx.Response.SetBodyRaw(answer)
	case path == "/sink":
		ctx.SetBodyString(strconv.Itoa(len(ctx.PostBody())))
	case path == "/ticks":
		ticks(ctx)
	case ctx.IsPost():
		ctx.SetBody(ctx.PostBody())
	default:
		ctx.Response.SetBodyRaw(answer)
	}
}

func chunked(ctx *fasthttp.RequestCtx, left int) {
	ctx.SetBodyStreamWriter(func(w *bufio.Writer) {
		for left > 0 {
			n := min(left, chunkBytes)
			if _, err := w.Write(block[:n]); err != nil || w.Flush() != nil {
				return
			}
			left -= n
		}
	})
}

// ticks sends the time in ns every 10 ms, as server-sent events.
func ticks(ctx *fasthttp.RequestCtx) {
	ctx.SetContentType("text/event-stream")
	ctx.SetBodyStreamWriter(func(w *bufio.Writer) {
		for range 200 {
			fmt.Fprintf(w, "data: %d\n\n", time.Now().UnixNano())
			if w.Flush() != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}

func main() {
	listen := flag.String("listen", "", "address to listen on, host:port")
	flag.Parse()
	server := fasthttp.Server{Handler: handle, MaxRequestBodySize: 64 << 20, NoDefaultServerHeader: true}
	log.Fatal(server.ListenAndServe(*listen))
}
