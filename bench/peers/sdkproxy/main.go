// sdkproxy serves the stock invocation proxy of the OpenFaaS provider SDK, as every Go provider does:
// its own bootstrap and handler, with a resolver that answers from memory.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"
	bootstrap "github.com/openfaas/faas-provider"
	"github.com/openfaas/faas-provider/proxy"
	"github.com/openfaas/faas-provider/types"
)

type resolver struct{ replicas []url.URL }

// Resolve returns a replica at random, whatever the function's name.
func (r resolver) Resolve(string) (url.URL, error) {
	return r.replicas[rand.IntN(len(r.replicas))], nil
}

func unused(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) }

// status answers as Go providers do: the status is made and rendered for each request.
func status(w http.ResponseWriter, r *http.Request) {
	found := types.FunctionStatus{
		Name: mux.Vars(r)["name"], Image: "registry.example.com/bench:1", Namespace: "openfaas-fn",
		EnvProcess: "bench", Replicas: 1, AvailableReplicas: 1, CreatedAt: time.Now(),
	}
	body, err := json.Marshal(found)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

func main() {
	port := flag.Int("port", 0, "TCP port to listen on")
	functions := flag.String("functions", "", "addresses of the function's replicas, host:port,host:port")
	read := flag.Duration("read", time.Minute, "the SDK's read_timeout")
	write := flag.Duration("write", time.Minute, "the SDK's write_timeout")
	flag.Parse()

	var replicas []url.URL
	for _, host := range strings.Split(*functions, ",") {
		replicas = append(replicas, url.URL{Scheme: "http", Host: host})
	}
	config := types.FaaSConfig{TCPPort: port, ReadTimeout: *read, WriteTimeout: *write}
	bootstrap.Serve(context.Background(), &types.FaaSHandlers{
		FunctionProxy:  proxy.NewHandlerFunc(config, resolver{replicas}, false),
		FunctionLister: unused,
		DeployFunction: unused,
		DeleteFunction: unused,
		UpdateFunction: unused,
		FunctionStatus: status,
		ScaleFunction:  unused,
		Secrets:        unused,
		Logs:           unused,
		ListNamespaces: unused,
		Info:           unused,
		Health:         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
	}, &config)
}
