from faas_nomad.proxy.local_answers import local_answer


def test_an_answer_is_whole() -> None:
    assert local_answer(503, "No.", keep=True, trace=b"\r\nX-Call-Id: 1") == (
        b"HTTP/1.1 503 Service Unavailable\r\nX-Call-Id: 1\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
        b"X-OpenFaaS-Internal: proxy\r\nContent-Length: 4\r\n\r\nNo.\n"
    )


def test_an_answer_to_head_has_a_length_and_no_body() -> None:
    answer = local_answer(404, "No.", keep=True, to_head=True)

    assert b"Content-Length: 4\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_the_end_of_the_connection_is_said() -> None:
    assert b"Connection: close\r\n" in local_answer(400, "No.", keep=False)


def test_an_old_caller_is_told_that_its_connection_stays() -> None:
    assert b"Connection: keep-alive\r\n" in local_answer(404, "No.", keep=True, is_http11=False)


def test_a_refused_method_comes_with_those_allowed() -> None:
    assert b"Allow: GET, POST," in local_answer(405, "No.", keep=False)


def test_a_text_can_not_break_the_head() -> None:
    answer = local_answer(404, "No such function: a\r\nX: 1.", keep=True)

    assert b"X: 1" in answer.partition(b"\r\n\r\n")[2]
