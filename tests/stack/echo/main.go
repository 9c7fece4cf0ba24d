// Command echo is the function that the stack tests deploy: it answers with what reached it.
//
// It serves HTTP as a watchdog does, with `/_/health` and `/_/ready`, and on SIGTERM
// finishes what it has begun. Headers `X-Echo-*` of a request steer the answer to it.
package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Echo is what reached the function. `URI` is the request target, byte for byte; `Started` tells
// one process from its successor.
type Echo struct {
	Version  string              `json:"version"`
	Instance string              `json:"instance"`
	Started  int64               `json:"started_ns"`
	Method   string              `json:"method"`
	URI      string              `json:"uri"`
	Host     string              `json:"host"`
	Headers  map[string][]string `json:"headers"`
	Length   int64               `json:"length"`
	Body     string              `json:"body"`
	Env      map[string]string   `json:"env"`
}

var started = time.Now()

// known is what the secrets were at the start, or at the last SIGHUP since.
var known atomic.Pointer[map[string][]byte]

func main() {
	time.Sleep(milliseconds(os.Getenv("START_DELAY_MS")))
	readSecrets()
	go readSecretsOnHangUp()
	go printNumbered()
	go eat()
	routes := http.NewServeMux()
	routes.HandleFunc("/_/health", health)
	routes.HandleFunc("/_/ready", health)
	server := &http.Server{Addr: ":" + port(), Handler: handler(routes)}
	stopped := make(chan struct{})
	go drainOnTerm(server, stopped)
	if err := serve(server); err != http.ErrServerClosed {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	<-stopped
}

// serve speaks TLS with the certificate and key in TLS_CERT and TLS_KEY, if there are any.
func serve(server *http.Server) error {
	if certificate := os.Getenv("TLS_CERT"); certificate != "" {
		return server.ListenAndServeTLS(certificate, os.Getenv("TLS_KEY"))
	}
	return server.ListenAndServe()
}

// handler keeps ServeMux, which redirects unclean paths, away from all but the health routes.
func handler(health http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_/") {
			health.ServeHTTP(w, r)
			return
		}
		echo(w, r)
	})
}

// port prefers PORT: an HTTP-mode watchdog keeps `port` for itself and hands PORT to the function.
func port() string {
	for _, name := range []string{"PORT", "port"} {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return "8080"
}

func drainOnTerm(server *http.Server, stopped chan<- struct{}) {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	<-term
	limit, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	server.Shutdown(limit)
	close(stopped)
}

func health(w http.ResponseWriter, _ *http.Request) {
	if os.Getenv("UNHEALTHY") != "" || exists(os.Getenv("UNHEALTHY_WHILE")) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "OK")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func echo(w http.ResponseWriter, r *http.Request) {
	if ticks := r.Header.Get("X-Echo-Ticks"); ticks != "" {
		stream(w, ticks, milliseconds(r.Header.Get("X-Echo-Delay-Ms")))
		return
	}
	if name := r.Header.Get("X-Echo-Secret"); name != "" {
		secret(w, name)
		return
	}
	if name := r.Header.Get("X-Echo-Known-Secret"); name != "" {
		w.Header().Set("X-Echo-Instance", os.Getenv("NOMAD_ALLOC_ID"))
		w.Write((*known.Load())[name])
		return
	}
	if output := r.Header.Get("X-Echo-Print"); output != "" {
		printBody(w, r, output)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	time.Sleep(milliseconds(r.Header.Get("X-Echo-Delay-Ms")))
	if r.Header.Get("X-Echo-Abort") != "" {
		abortHalfWay(w)
	}
	if location := r.Header.Get("X-Echo-Location"); location != "" {
		w.Header().Set("Location", location)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status(r))
	json.NewEncoder(w).Encode(seen(r, body))
}

func seen(r *http.Request, body []byte) Echo {
	return Echo{
		Version:  os.Getenv("VERSION"),
		Instance: os.Getenv("NOMAD_ALLOC_ID"),
		Started:  started.UnixNano(),
		Method:   r.Method,
		URI:      r.RequestURI,
		Host:     r.Host,
		Headers:  r.Header,
		Length:   r.ContentLength,
		Body:     string(body),
		Env:      environment(),
	}
}

func environment() map[string]string {
	env := map[string]string{}
	for _, entry := range os.Environ() {
		key, value, _ := strings.Cut(entry, "=")
		env[key] = value
	}
	return env
}

func status(r *http.Request) int {
	if wanted, err := strconv.Atoi(r.Header.Get("X-Echo-Status")); err == nil {
		return wanted
	}
	return http.StatusOK
}

// secret answers with the bytes of a secret's file, and its mode.
func secret(w http.ResponseWriter, name string) {
	path := filepath.Join(os.Getenv("OPENFAAS_SECRETS_PATH"), name)
	content, err := os.ReadFile(path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if info, err := os.Stat(path); err == nil {
		w.Header().Set("X-Echo-Mode", info.Mode().String())
	}
	w.Header().Set("X-Echo-Instance", os.Getenv("NOMAD_ALLOC_ID"))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(content)
}

func readSecretsOnHangUp() {
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	for range hangUp {
		readSecrets()
	}
}

func readSecrets() {
	folder := os.Getenv("OPENFAAS_SECRETS_PATH")
	found := map[string][]byte{}
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if content, err := os.ReadFile(filepath.Join(folder, entry.Name())); err == nil {
			found[entry.Name()] = content
		}
	}
	known.Store(&found)
}

// stream sends server-sent events, each flushed, with a pause after each.
func stream(w http.ResponseWriter, ticks string, pause time.Duration) {
	count, _ := strconv.Atoi(ticks)
	w.Header().Set("Content-Type", "text/event-stream")
	for tick := range count {
		io.WriteString(w, "data: "+strconv.Itoa(tick)+"\n\n")
		http.NewResponseController(w).Flush()
		time.Sleep(pause)
	}
}

// abortHalfWay begins an answer and breaks the connection before its end.
func abortHalfWay(w http.ResponseWriter) {
	io.WriteString(w, "the first half")
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func milliseconds(text string) time.Duration {
	count, _ := strconv.Atoi(text)
	return time.Duration(count) * time.Millisecond
}
