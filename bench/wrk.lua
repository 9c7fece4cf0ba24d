-- One script for all scenarios: arguments after `--` are METHOD BODY_BYTES FRAMING HEADERS.
-- FRAMING is counted or chunked, HEADERS is few, many or close. Prints one line of JSON at the end.

local many = {
  ["User-Agent"] = "Go-http-client/1.1",
  ["Accept"] = "application/json, text/plain, */*",
  ["Accept-Encoding"] = "gzip, deflate, br",
  ["Accept-Language"] = "en-GB,en;q=0.9",
  ["Content-Type"] = "application/json",
  ["Authorization"] = "Bearer " .. string.rep("a1b2c3d4", 16),
  ["X-Call-Id"] = "0b1c2d3e-1f2a-4b3c-8d4e-5f6a7b8c9d0e",
  ["X-Start-Time"] = "1790000000000000000",
  ["X-Forwarded-For"] = "10.1.2.3:41234",
  ["X-Forwarded-Host"] = "gateway.example.com:8080",
  ["X-Request-Id"] = "6f1d3a52a0b54c7e",
}

local function chunked(size)
  local parts, left = {}, size
  while left > 0 do
    local n = math.min(left, 32768)
    parts[#parts + 1] = string.format("%x\r\n%s\r\n", n, string.rep("x", n))
    left = left - n
  end
  return table.concat(parts) .. "0\r\n\r\n"
end

function init(args)
  local size = tonumber(args[2])
  wrk.method = args[1]
  if args[4] == "many" then
    for name, value in pairs(many) do wrk.headers[name] = value end
  elseif args[4] == "close" then
    wrk.headers["Connection"] = "close"
  end
  if size > 0 and args[3] == "chunked" then
    wrk.headers["Transfer-Encoding"] = "chunked"
    local head = wrk.format(nil, nil, nil, nil)
    message = head .. chunked(size)
  else
    if size > 0 then wrk.body = string.rep("x", size) end
    message = wrk.format()
  end
end

function request()
  return message
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50_us": %d, "p99_us": %d, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
