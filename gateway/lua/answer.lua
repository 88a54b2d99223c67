-- Makes a service's answer one of REST: the status that it asks for, and none of gRPC's own headers; without a body for HEAD,
-- and for who has it already.

local filter = "hotel.answer"
local of_grpc = { "grpc-status", "grpc-message", "grpc-encoding", "grpc-accept-encoding", "grpc-status-details-bin" }

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

local function mark_stream(headers, content_type)
  headers:replace("content-type", content_type)
  -- A proxy that collects or compresses a stream holds back what it is for.
  headers:replace("cache-control", "no-store, no-transform")
  headers:replace("x-accel-buffering", "no")
end

local function begin_stream(handle, headers, content_type)
  local is_events = content_type == "text/event-stream"
  -- The transcoder says application/json of lines, which many lines of it are not.
  mark_stream(headers, is_events and content_type or "application/x-ndjson")
  if is_events then add_ids(handle) end
end

-- Whether the client has this version already: the weak comparison of RFC 9110, 13.1.2.
local function is_known(asked, etag)
  if string.find(asked, "^%s*%*%s*$") then return true end
  local opaque = string.match(etag, '^W?/?(".*")$')
  for tag in string.gmatch(asked, '"[^"]*"') do
    if tag == opaque then return true end
  end
  return false
end

local function leave_out_body(handle)
  for chunk in handle:bodyChunks() do chunk:setBytes("") end
  local trailers = handle:trailers()
  if trailers == nil then return end
  for _, name in ipairs(of_grpc) do trailers:remove(name) end
end

-- The request's method and condition are not to be seen on the way back.
function envoy_on_request(handle)
  local headers = handle:headers()
  local method = headers:get(":method")
  if method ~= "GET" and method ~= "HEAD" then return end
  local metadata = handle:streamInfo():dynamicMetadata()
  if method == "HEAD" then metadata:set(filter, "is_head", true) end
  local asked = headers:get("if-none-match")
  if asked then metadata:set(filter, "if_none_match", asked) end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local code = headers:get("x-http-code")
  local content_type = headers:get("content-type")
  if content_type and string.sub(content_type, 1, 16) == "application/grpc" then return end
  -- An answer of the gateway itself to a call of gRPC-Web or Connect is a gRPC answer, too.
  if handle:streamInfo():dynamicMetadata():get("hotel.web") then return end
  for _, name in ipairs(of_grpc) do headers:remove(name) end
  local status = headers:get(":status")
  if code == "201" and status == "200" then headers:replace(":status", "201") end
  -- A body may become a message that is too large for a service: the transcoder answers 429 for every such code.
  if code == "413" and status == "429" then headers:replace(":status", "413") end
  -- How soon a restart or a failover may be over; google.rpc.RetryInfo in the body says the same.
  if reasons[status] and status ~= "500" then headers:replace("retry-after", "1") end
  -- As Envoy itself says it (RFC 6750, 3).
  if status == "401" and not headers:get("www-authenticate") then headers:replace("www-authenticate", "Bearer") end
  if reasons[status] then add_reason(handle, reasons[status]) end
  if status == "200" and handle:metadata():get("stream") then return begin_stream(handle, headers, content_type) end
  local request = handle:streamInfo():dynamicMetadata():get(filter) or {}
  if request["stream"] then return mark_stream(headers, request["stream"]) end
  local etag = headers:get("etag")
  local is_unchanged = status == "200" and etag and request["if_none_match"] and is_known(request["if_none_match"], etag)
  if is_unchanged then
    headers:replace(":status", "304")
    headers:remove("content-type")
  end
  -- The length stays, that of the body which is not sent (RFC 9110, 8.6): without it there would be chunks.
  if is_unchanged or request["is_head"] then leave_out_body(handle) end
end
