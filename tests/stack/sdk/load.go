package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// LoadPlan says what to send: `Rate` requests a second whatever the answers do, until SIGINT or
// for `DurationS`. Methods take turns. A request is given up after `TimeoutS`.
type LoadPlan struct {
	Methods     []string `json:"methods"`
	Body        string   `json:"body"`
	Rate        float64  `json:"rate"`
	DurationS   float64  `json:"duration_s"`
	TimeoutS    float64  `json:"timeout_s"`
	MaxInFlight int      `json:"max_in_flight"`
}

func runLoad(url string, plan LoadPlan) Report {
	client := &http.Client{
		Timeout:   time.Duration(plan.TimeoutS * float64(time.Second)),
		Transport: &http.Transport{MaxIdleConnsPerHost: plan.MaxInFlight, DisableCompression: true},
	}
	tally := newTally()
	stop := stopSignal(plan.DurationS)
	ticker := time.NewTicker(time.Duration(float64(time.Second) / plan.Rate))
	defer ticker.Stop()
	places := make(chan struct{}, plan.MaxInFlight)
	var underWay sync.WaitGroup
	fmt.Fprintln(os.Stderr, "started")
	for sent := 0; ; sent++ {
		select {
		case <-stop:
			underWay.Wait()
			return tally.report()
		case <-ticker.C:
		}
		places <- struct{}{}
		method := plan.Methods[sent%len(plan.Methods)]
		underWay.Go(func() {
			tally.add(sendOne(client, method, url, plan.Body))
			<-places
		})
	}
}

func stopSignal(durationS float64) <-chan struct{} {
	stop := make(chan struct{})
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case <-interrupted:
		case <-time.After(time.Duration(durationS * float64(time.Second))):
		}
		close(stop)
	}()
	return stop
}

// An Outcome is one request's; `Version` and `Instance` are what the echo function says of itself.
type Outcome struct {
	Started, Ended    time.Time
	Method            string
	Status            int
	Version, Instance string
	Reason            string
	Connections       int
}

func sendOne(client *http.Client, method, url, body string) Outcome {
	outcome := Outcome{Started: time.Now(), Method: method}
	if err := exchange(client, url, body, &outcome); err != nil {
		outcome.Reason = err.Error()
	}
	outcome.Ended = time.Now()
	return outcome
}

func exchange(client *http.Client, url, body string, outcome *Outcome) error {
	request, err := http.NewRequest(outcome.Method, url, requestBody(outcome.Method, body))
	if err != nil {
		return err
	}
	// The transport repeats some requests by itself: more than one connection shows it.
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { outcome.Connections++ }}
	response, err := client.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	outcome.Status = response.StatusCode
	answered, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(string(answered))
	}
	var echoed struct{ Version, Instance string }
	if err := json.Unmarshal(answered, &echoed); err != nil {
		return err
	}
	outcome.Version, outcome.Instance = echoed.Version, echoed.Instance
	return nil
}

func requestBody(method, body string) io.Reader {
	if method == http.MethodGet || method == http.MethodHead {
		return nil
	}
	return bytes.NewReader([]byte(body))
}
