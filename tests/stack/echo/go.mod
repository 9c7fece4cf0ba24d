module github.com/faas-nomad/faas-nomad/tests/stack/echo

go 1.25
