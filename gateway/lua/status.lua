-- Asks the service whether it would accept a change of status, before the limit per reservation counts it: what is refused
-- must not use up the minute of who is accepted. Stands after field extraction, whose findings it reads. `checks` is
-- generated from the API's descriptors, above.

-- How long an answer may take; without one the change is counted, as if nobody had asked.
local patience_ms = 2000

local passed_on = { "authorization", "if-match", "idempotency-key", "x-request-id", "traceparent", "tracestate" }

-- Its time ran out, or there is no such method, as in an instance of before: these are no answers. google/rpc/code.proto.
local no_answers = { ["0"] = true, ["4"] = true, ["12"] = true }

-- Whether the service itself refuses: only its own words have details.
local function is_refused(answer)
  local code = answer["grpc-status"]
  return code ~= nil and not no_answers[code] and answer["grpc-status-details-bin"] ~= nil
end

local function has_status(handle)
  local found = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.grpc_field_extraction")
  return found ~= nil and found["status"] ~= nil and #found["status"] > 0
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local check = checks[headers:get(":path")]
  if check == nil or not has_status(handle) then return end
  local ask = {
    [":method"] = "POST", [":path"] = check.path, [":authority"] = "gateway", ["te"] = "trailers",
    ["content-type"] = "application/grpc", ["grpc-timeout"] = patience_ms .. "m",
  }
  for _, name in ipairs(passed_on) do ask[name] = headers:get(name) end
  -- Headers read before this call are no longer valid after it.
  local body = handle:body()
  if body == nil then return end
  local answer = handle:httpCall(check.cluster, ask, body:getBytes(0, body:length()), patience_ms)
  if is_refused(answer) then
    handle:streamInfo():dynamicMetadata():set("hotel.status", "uncounted", true)
    -- Should it be acceptable by the time it arrives, the service refuses it all the same.
    handle:headers():replace("x-hotel-status-change", "uncounted")
  end
end
