// sdkproxy serves the stock invocation proxy of the OpenFaaS provider SDK, as every Go provider does:
// its own bootstrap and handler, with a resolver that answers from memory.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"
	bootstrap "github.com/openfaas/faas-provider"
	"github.com/openfaas/faas-provider/proxy"
	"github.com/openfaas/faas-provider/types"
)

type resolver struct{ functions map[string]url.URL }

// Resolve returns the address of a function.
func (r resolver) Resolve(name string) (url.URL, error) {
	return r.functions[name], nil
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
	function := flag.String("function", "", "address of the function, host:port")
	flag.Parse()

	functions := map[string]url.URL{"bench": {Scheme: "http", Host: *function}}
	config := types.FaaSConfig{
		TCPPort:      port,
		ReadTimeout:  60 * time.Second,
		WriteTimeout: 65 * time.Second,
	}
	bootstrap.Serve(context.Background(), &types.FaaSHandlers{
		FunctionProxy:  proxy.NewHandlerFunc(config, resolver{functions}, false),
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
