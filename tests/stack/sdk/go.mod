module github.com/faas-nomad/faas-nomad/tests/stack/sdk

go 1.25

require (
	github.com/openfaas/faas-provider v0.25.4
	github.com/openfaas/go-sdk v0.2.14
)
