"""`python -m faas_nomad.workers FD`: one worker, as `pool` starts it."""

from faas_nomad.workers.process import main

if __name__ == "__main__":
    main()
