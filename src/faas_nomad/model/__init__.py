"""Wire shapes: what OpenFaaS clients and Nomad send and receive. No behaviour beyond decoding."""
