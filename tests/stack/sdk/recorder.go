package main

import (
	"bytes"
	"io"
	"net/http"
)

// An Exchange is one request and its answer on the wire.
type Exchange struct {
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Status  int         `json:"status"`
	Headers http.Header `json:"headers"`
	Body    string      `json:"body"`
}

// Recorder is a transport that remembers every exchange; answers are read whole.
type Recorder struct {
	exchanges []Exchange
}

// RoundTrip implements http.RoundTripper.
func (r *Recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	r.exchanges = append(r.exchanges, Exchange{
		Method:  request.Method,
		Path:    request.URL.RequestURI(),
		Status:  response.StatusCode,
		Headers: response.Header,
		Body:    string(body),
	})
	return response, nil
}
