"""The watchdog that starts functions which come without a container and serves them over HTTP.

It is carried in the job as one zipapp (`build.zipapp_bytes`) and run by the node's own Python,
3.9 or later, so it uses the standard library alone and imports nothing else of this project.
It reads the environment names of of-watchdog (`config.py` lists them and every difference).

Where to look: `loop` schedules coroutines on one thread; `head`, `request`, `response` and `bodies`
are pure parsing; `server` listens, `client` is the caller's end of a connection, on which
`connection` has one `call` answered after the other, by `fork` (a process each) or `upstream` (the
function is a server, kept by `service`); `exchange` moves a call's bytes both ways; `main` starts
and stops it all.
"""
