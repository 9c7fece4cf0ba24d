import pytest

from faas_nomad.metrics import BUCKETS_S
from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.reports import CodeDelta, FunctionDelta, Report
from faas_nomad.workers.wire import decode, encode


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b'"started":1', b'"started":-1'),
        (b'"started":1', b'"started":1.5'),
        (b'"started":1', b'"started":true'),
        (b'"started":1', b'"started":null'),
        (b'"in_flight":1', b'"in_flight":"1"'),
        (b'"sum_s":0.5', b'"sum_s":-0.5'),
        (b'"sum_s":0.5', b'"sum_s":NaN'),
        (b'"sum_s":0.5', b'"sum_s":Infinity'),
        (b'"function":"f"', b'"function":7'),
        (b'"function":"f"', b'"function":"' + b"f" * 513 + b'"'),
        (b'"buckets":[0,', b'"buckets":[0,0,'),
        (b'"counts":[["ejections",1]]', b'"counts":[["ejections",-1]]'),
        (b'"counts":[["ejections",1]]', b'"counts":[["ejections"]]'),
        (b'"labelled":[["limits","head",1]]', b'"labelled":[["limits",null,1]]'),
    ],
)
def test_a_report_that_would_spoil_the_sum_is_refused(good: bytes, bad: bytes) -> None:
    code = CodeDelta(200, (0,) * (len(BUCKETS_S) + 1), 0.5)
    functions = (FunctionDelta("f", 1, 1, (code,)),)
    line = encode(Report(functions, (), (("ejections", 1),), (("limits", "head", 1),)))
    assert good in line

    with pytest.raises(MessageError):
        decode(line.replace(good, bad, 1))
