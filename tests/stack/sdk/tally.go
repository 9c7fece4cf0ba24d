package main

import (
	"fmt"
	"sort"
	"sync"
	"time"
)

const maxFailuresKept = 20

// Span is when answers of one version or one instance came, as Unix seconds.
type Span struct {
	Answers      int     `json:"answers"`
	FirstEndedS  float64 `json:"first_ended_s"`
	LastStartedS float64 `json:"last_started_s"`
	LastEndedS   float64 `json:"last_ended_s"`
}

// Report sums a load run up. A repeated request is one that the client itself sent again.
type Report struct {
	Requests  int             `json:"requests"`
	Failed    int             `json:"failed"`
	Repeated  int             `json:"repeated"`
	DurationS float64         `json:"duration_s"`
	Statuses  map[string]int  `json:"statuses"`
	Failures  []string        `json:"failures"`
	Versions  map[string]Span `json:"versions"`
	Instances map[string]Span `json:"instances"`
	P50Ms     float64         `json:"p50_ms"`
	P99Ms     float64         `json:"p99_ms"`
	MaxMs     float64         `json:"max_ms"`
}

// A Tally collects outcomes from many goroutines.
type Tally struct {
	began       time.Time
	mutex       sync.Mutex
	total       Report
	latenciesMs []float64
}

func newTally() *Tally {
	return &Tally{began: time.Now(), total: Report{
		Statuses:  map[string]int{},
		Failures:  []string{},
		Versions:  map[string]Span{},
		Instances: map[string]Span{},
	}}
}

func (t *Tally) add(outcome Outcome) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.total.Requests++
	t.total.Statuses[fmt.Sprint(outcome.Status)]++
	if outcome.Connections > 1 {
		t.total.Repeated++
	}
	latency := outcome.Ended.Sub(outcome.Started)
	t.latenciesMs = append(t.latenciesMs, float64(latency.Microseconds())/1000)
	if outcome.Reason != "" {
		t.addFailure(outcome)
		return
	}
	extend(t.total.Versions, outcome.Version, outcome)
	extend(t.total.Instances, outcome.Instance, outcome)
}

func (t *Tally) addFailure(outcome Outcome) {
	t.total.Failed++
	if len(t.total.Failures) < maxFailuresKept {
		took := outcome.Ended.Sub(outcome.Started).Round(time.Millisecond)
		text := fmt.Sprintf("%.3f %s: status %d after %s: %s",
			unixS(outcome.Started), outcome.Method, outcome.Status, took, outcome.Reason)
		t.total.Failures = append(t.total.Failures, text)
	}
}

func extend(spans map[string]Span, key string, outcome Outcome) {
	span, known := spans[key]
	if !known || unixS(outcome.Ended) < span.FirstEndedS {
		span.FirstEndedS = unixS(outcome.Ended)
	}
	span.Answers++
	span.LastStartedS = max(span.LastStartedS, unixS(outcome.Started))
	span.LastEndedS = max(span.LastEndedS, unixS(outcome.Ended))
	spans[key] = span
}

func (t *Tally) report() Report {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.total.DurationS = time.Since(t.began).Seconds()
	sort.Float64s(t.latenciesMs)
	if count := len(t.latenciesMs); count > 0 {
		t.total.P50Ms = t.latenciesMs[count/2]
		t.total.P99Ms = t.latenciesMs[count*99/100]
		t.total.MaxMs = t.latenciesMs[count-1]
	}
	return t.total
}

func unixS(at time.Time) float64 {
	return float64(at.UnixMicro()) / 1e6
}
