// Command sdk makes one call through the official OpenFaaS Go client and says how it went.
//
// The call is the first argument, its parameters are a JSON object on standard input, the answer
// is a JSON object on standard output. The exit code is 0 even if the call failed: the answer has
// the client's error, and every HTTP exchange as it was on the wire, since the client hides some.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/openfaas/faas-provider/types"
	sdk "github.com/openfaas/go-sdk"
)

// Request has the parameters of every call; each call reads those it needs.
type Request struct {
	URL        string                    `json:"url"`
	User       string                    `json:"user"`
	Password   string                    `json:"password"`
	TimeoutS   float64                   `json:"timeout_s"`
	Name       string                    `json:"name"`
	Namespace  string                    `json:"namespace"`
	Replicas   uint64                    `json:"replicas"`
	Deployment *types.FunctionDeployment `json:"deployment"`
	Secret     types.Secret              `json:"secret"`
	Space      types.FunctionNamespace   `json:"function_namespace"`
	Method     string                    `json:"method"`
	Body       string                    `json:"body"`
	Follow     bool                      `json:"follow"`
	Tail       int                       `json:"tail"`
	Since      *time.Time                `json:"since"`
	Load       LoadPlan                  `json:"load"`
}

// Answer is what the client returned; Result is nil for calls that return no value.
type Answer struct {
	Result    any        `json:"result"`
	Error     string     `json:"error"`
	Exchanges []Exchange `json:"exchanges"`
}

func main() {
	if len(os.Args) != 2 {
		fail("usage: sdk CALL < request.json")
	}
	var request Request
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		fail("standard input: " + err.Error())
	}
	if os.Args[1] == "load" {
		print(runLoad(request.URL, request.Load))
		return
	}
	print(answer(os.Args[1], request))
}

func answer(name string, request Request) Answer {
	call, known := calls[name]
	if !known {
		fail("unknown call " + name)
	}
	recorder := &Recorder{}
	client, err := newClient(request, recorder)
	if err != nil {
		fail(err.Error())
	}
	result, err := call(client, request)
	reply := Answer{Result: result, Exchanges: recorder.exchanges}
	if err != nil {
		reply.Error = err.Error()
	}
	return reply
}

func newClient(request Request, recorder *Recorder) (*sdk.Client, error) {
	address, err := url.Parse(request.URL)
	if err != nil {
		return nil, err
	}
	timeout := time.Duration(request.TimeoutS * float64(time.Second))
	httpClient := &http.Client{Transport: recorder, Timeout: timeout}
	if request.User == "" {
		return sdk.NewClientWithOpts(address, httpClient), nil
	}
	auth := &sdk.BasicAuth{Username: request.User, Password: request.Password}
	return sdk.NewClient(address, auth, httpClient), nil
}

func print(value any) {
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		fail(err.Error())
	}
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(2)
}
