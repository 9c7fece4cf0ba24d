"""The watchdog that starts functions which come without a container and serves them over HTTP.

It is carried in the job as one zipapp (`build.zipapp_bytes`) and run by the node's own Python,
3.9 or later, so it uses the standard library alone and imports nothing else of this project.
It reads the environment names of of-watchdog (`config.py` lists them and every difference).

How it is made: `loop` schedules coroutines on one thread; `http1` and `bodies` are pure parsing;
`exchange` moves the bytes of one request both ways; `fork` and `upstream` are the two ways to run
a function; `connection` and `server` are the HTTP side; `main` starts and stops it all.
"""
