# What functions' own tasks may do in Consul: nothing. Nomad before 1.10 wants a token for every task
# with a template, and does not start the task without one.
