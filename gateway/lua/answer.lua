-- Makes a service's answer one of REST: the status that it asks for, and none of gRPC's own headers. Comes first on the way
-- in, too: there it gives the name of the token's scheme the one spelling that the filters after it know.

-- A call that gRPC itself ends on the service's side, as at its deadline, has no details of the suite's own.
local reasons = { ["500"] = "INTERNAL", ["503"] = "UNAVAILABLE", ["504"] = "DEADLINE_EXCEEDED" }

local function add_reason(handle, reason)
  local body = handle:body()
  local text = body and body:getBytes(0, body:length()) or ""
  if string.sub(text, -13) ~= '"details":[]}' then return end
  local info = '{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"' .. reason .. '","domain":"hotel","metadata":{}}'
  local length = body:setBytes(string.sub(text, 1, -3) .. info .. "]}")
  -- The headers read before the body are no longer valid after it.
  handle:headers():replace("content-length", tostring(length))
end

-- The transcoder writes events of data only. With the cursor for its id a browser tells the last one it has got when it
-- connects again, and the guard goes on from there. An event whose parts come apart has none: the one before stands.
local function add_ids(handle)
  for chunk in handle:bodyChunks() do
    local text = chunk:getBytes(0, chunk:length())
    chunk:setBytes((string.gsub(text, "data: [^\n]+", function(line)
      local cursor = string.match(line, '"cursor":"([%w_-]+)"')
      return cursor and "id: " .. cursor .. "\n" .. line
    end)))
  end
end

local function begin_stream(handle, headers, content_type)
  headers:replace("cache-control", "no-store")
  if content_type == "text/event-stream" then return add_ids(handle) end
  -- The transcoder says application/json, which many lines of it are not.
  headers:replace("content-type", "application/x-ndjson")
end

-- The name of a scheme may be written in any case, with several spaces after it: RFC 9110, 11.1 and 11.4.
function envoy_on_request(handle)
  local headers = handle:headers()
  local scheme, spaces, token = string.match(headers:get("authorization") or "", "^(%a+)( +)(.*)$")
  if scheme == nil or string.lower(scheme) ~= "bearer" or scheme .. spaces == "Bearer " then return end
  -- Two of them stay two, and are refused.
  if headers:getNumValues("authorization") == 1 then headers:replace("authorization", "Bearer " .. token) end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local code = headers:get("x-http-code")
  headers:remove("x-http-code")
  headers:remove("x-envoy-upstream-healthchecked-cluster")
  local content_type = headers:get("content-type")
  if content_type and string.sub(content_type, 1, 16) == "application/grpc" then return end
  headers:remove("grpc-status")
  headers:remove("grpc-message")
  headers:remove("grpc-encoding")
  headers:remove("grpc-accept-encoding")
  headers:remove("grpc-status-details-bin")
  local status = headers:get(":status")
  if code == "201" and status == "200" then headers:replace(":status", "201") end
  -- What a body grows to as a message may be too large for a service: the transcoder says 429 of every such code.
  if code == "413" and status == "429" then headers:replace(":status", "413") end
  -- How soon a restart or a failover may be over; google.rpc.RetryInfo in the body says the same.
  if reasons[status] and status ~= "500" then headers:replace("retry-after", "1") end
  -- As Envoy itself says it (RFC 6750, 3).
  if status == "401" and not headers:get("www-authenticate") then headers:replace("www-authenticate", "Bearer") end
  if reasons[status] then add_reason(handle, reasons[status]) end
  if status == "200" and handle:metadata():get("stream") then begin_stream(handle, headers, content_type) end
end
