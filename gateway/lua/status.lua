-- Asks the service whether it would accept a change of status, before the limit per reservation counts it: what is refused
-- must not use up the minute of who is accepted. Stands after field extraction, whose findings it reads. `checks` is
-- generated from the API's descriptors, above.

-- How long an answer may take; without one the change is counted, as if nobody had asked.
local patience_ms = 2000

local passed_on = { "authorization", "if-match", "idempotency-key", "x-request-id", "traceparent", "tracestate" }

-- What refuses the change itself. Other codes say that there is no answer: google/rpc/code.proto.
local refusals = {
  ["3"] = true, ["5"] = true, ["6"] = true, ["7"] = true, ["8"] = true, ["9"] = true, ["10"] = true, ["11"] = true,
  ["16"] = true,
}

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
  if refusals[answer["grpc-status"]] then
    handle:streamInfo():dynamicMetadata():set("hotel.status", "uncounted", true)
    -- Should it be acceptable by the time it arrives, the service refuses it all the same.
    handle:headers():replace("x-hotel-status-change", "uncounted")
  end
end
