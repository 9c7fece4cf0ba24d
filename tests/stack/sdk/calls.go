package main

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/openfaas/faas-provider/logs"
	"github.com/openfaas/faas-provider/types"
	sdk "github.com/openfaas/go-sdk"
)

// A Call is one method of the official client.
type Call func(*sdk.Client, Request) (any, error)

// The client cannot read a bare provider's info, only a gateway's; both are asked for by name.
var calls = map[string]Call{
	"deploy": func(c *sdk.Client, r Request) (any, error) {
		return c.Deploy(context.Background(), deployment(r))
	},
	"update": func(c *sdk.Client, r Request) (any, error) {
		return c.Update(context.Background(), deployment(r))
	},
	"delete": func(c *sdk.Client, r Request) (any, error) {
		return nil, c.DeleteFunction(context.Background(), r.Name, r.Namespace)
	},
	"get": func(c *sdk.Client, r Request) (any, error) {
		return c.GetFunction(context.Background(), r.Name, r.Namespace)
	},
	"list": func(c *sdk.Client, r Request) (any, error) {
		return c.GetFunctions(context.Background(), r.Namespace)
	},
	"scale": func(c *sdk.Client, r Request) (any, error) {
		return nil, c.ScaleFunction(context.Background(), r.Name, r.Namespace, r.Replicas)
	},
	"info": func(c *sdk.Client, _ Request) (any, error) {
		return c.GetInfo(context.Background())
	},
	"invoke": invoke,
	"namespaces": func(c *sdk.Client, _ Request) (any, error) {
		return c.GetNamespaces(context.Background())
	},
	"namespace": func(c *sdk.Client, r Request) (any, error) {
		return c.GetNamespace(context.Background(), r.Name)
	},
	"create-namespace": func(c *sdk.Client, r Request) (any, error) {
		return c.CreateNamespace(context.Background(), r.Space)
	},
	"update-namespace": func(c *sdk.Client, r Request) (any, error) {
		return c.UpdateNamespace(context.Background(), r.Space)
	},
	"delete-namespace": func(c *sdk.Client, r Request) (any, error) {
		return nil, c.DeleteNamespace(context.Background(), r.Name)
	},
	"secrets": func(c *sdk.Client, r Request) (any, error) {
		return c.GetSecrets(context.Background(), r.Namespace)
	},
	"create-secret": func(c *sdk.Client, r Request) (any, error) {
		return c.CreateSecret(context.Background(), r.Secret)
	},
	"update-secret": func(c *sdk.Client, r Request) (any, error) {
		return c.UpdateSecret(context.Background(), r.Secret)
	},
	"delete-secret": func(c *sdk.Client, r Request) (any, error) {
		return nil, c.DeleteSecret(context.Background(), r.Name, r.Namespace)
	},
	"logs": readLogs,
}

func deployment(r Request) types.FunctionDeployment {
	if r.Deployment == nil {
		fail("the call needs a deployment")
	}
	return *r.Deployment
}

// Invocation is a function's answer as the client returned it.
type Invocation struct {
	Status  int         `json:"status"`
	Headers http.Header `json:"headers"`
	Body    string      `json:"body"`
}

func invoke(c *sdk.Client, r Request) (any, error) {
	request, err := http.NewRequest(r.Method, r.URL, strings.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	response, err := c.InvokeFunction(r.Name, r.Namespace, false, false, request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return Invocation{response.StatusCode, response.Header, string(body)}, err
}

func readLogs(c *sdk.Client, r Request) (any, error) {
	stream, err := c.GetLogs(context.Background(), r.Name, r.Namespace, r.Follow, r.Tail, r.Since)
	if err != nil {
		return nil, err
	}
	messages := []logs.Message{}
	for message := range stream {
		messages = append(messages, message)
	}
	return messages, nil
}
