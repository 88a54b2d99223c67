-- Stands before Envoy's filters for gRPC-Web and Connect: gives their calls the form that these take, and notes what is wrong
-- with one that they would misread, for web-status.lua to refuse. On the way back it puts right what they write of Connect's
-- errors. `services` and `streams` are generated from the API's descriptors, above. https://connectrpc.com/docs/protocol

local filter = "hotel.web"

local protocols = {
  ["application/grpc-web"] = "grpc-web", ["application/grpc-web+proto"] = "grpc-web",
  ["application/grpc-web-text"] = "grpc-web", ["application/grpc-web-text+proto"] = "grpc-web",
  ["application/proto"] = "connect", ["application/connect+proto"] = "connect-stream",
}

local function starts_with(text, beginning)
  return string.sub(text, 1, #beginning) == beginning
end

-- A path of gRPC: its first part, the service's name, has a dot, as no path of REST has.
local function is_call(path)
  return string.find(path, "^/[%w_]+%.[%w_.]+/[%w_]+$") ~= nil
end

local function protocol_of(headers, type, path)
  if starts_with(type, "application/grpc-web") then return "grpc-web" end
  if starts_with(type, "application/connect+") then return "connect-stream" end
  if not is_call(path) or headers:get(":method") ~= "POST" then return nil end
  if type == "application/proto" then return "connect" end
  if not starts_with(type, "application/") or starts_with(type, "application/grpc") then return nil end
  return headers:get("connect-protocol-version") and "connect" or nil
end

-- The HTTP status and the text for a request that Envoy's filters, or the services, would misread.
local function problem_of(headers, protocol, type, path)
  if protocols[type] ~= protocol then
    if protocol == "grpc-web" then return 415, "Send gRPC-Web as application/grpc-web+proto." end
    return 415, "Connect is accepted with protobuf messages only: set useBinaryFormat in the client. For JSON use the REST paths."
  end
  local coding = headers:get("content-encoding")
  if coding and string.lower(coding) ~= "identity" then
    return 415, "The body must be sent without a content-encoding."
  end
  if protocol == "grpc-web" then return nil end
  local version, timeout = headers:get("connect-protocol-version"), headers:get("connect-timeout-ms")
  if version and version ~= "1" then return 400, "The header connect-protocol-version must be 1." end
  if timeout and not (string.find(timeout, "^%d+$") and #timeout <= 10) then
    return 400, "The header connect-timeout-ms must be a whole number of at most ten digits."
  end
  if protocol == "connect" and streams[path] then
    return 415, "This method streams: send it as application/connect+proto."
  end
  if protocol == "connect-stream" and services[string.match(path, "^/([^/]+)")] and not streams[path] then
    return 415, "This method does not stream: send it as application/proto."
  end
end

-- Connect's GET, which Envoy's filter does not know, is refused in Connect's form.
local function refuse_get(handle)
  handle:streamInfo():dynamicMetadata():set("hotel.guard", "refused", true)
  handle:respond({ [":status"] = "405", allow = "POST" },
    '{"code":"unimplemented","message":"Connect is accepted by POST only: leave out useHttpGet in the client."}')
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local target = headers:get(":path") or ""
  local path, query = string.match(target, "^([^?]*)%??(.*)$")
  if headers:get(":method") == "GET" and is_call(path) and string.find("&" .. query, "&connect=v1", 1, true) then
    return refuse_get(handle)
  end
  local type = string.lower(string.match(headers:get("content-type") or "", "^%s*([^;%s]*)"))
  local protocol = protocol_of(headers, type, path)
  -- Envoy's filter would take a request of REST for a call by this header.
  if protocol ~= "connect" then headers:remove("connect-protocol-version") end
  if protocol == nil then return end
  local metadata = handle:streamInfo():dynamicMetadata()
  metadata:set(filter, "protocol", protocol)
  if streams[path] then metadata:set(filter, "stream", true) end
  local status, text = problem_of(headers, protocol, type, path)
  if text then
    metadata:set(filter, "refused_status", tostring(status))
    metadata:set(filter, "refused_text", text)
  end
  if protocols[type] == nil then metadata:set(filter, "refused_type", type) end
  headers:replace("content-type", type)
  if protocol == "grpc-web" then return end
  headers:remove("grpc-timeout")
  if protocol ~= "connect" then return end
  headers:replace("connect-protocol-version", "1")
  -- The message gets a head of gRPC's, and is longer by it.
  headers:remove("content-length")
end

local function escape(hex)
  local byte = tonumber(hex, 16)
  if byte < 32 then return string.format("\\u%04x", byte) end
  local letter = string.char(byte)
  return (letter == '"' or letter == "\\") and "\\" .. letter or letter
end

-- Envoy leaves the message percent-encoded, as gRPC has it, gives the types of details as addresses, and pads their values.
local function rewrite_error(text)
  text = string.gsub(text, '"type":"type%.googleapis%.com/', '"type":"')
  text = string.gsub(text, '("value":"[%w+/]+)=+"', '%1"')
  return (string.gsub(text, "%%(%x%x)", escape))
end

-- The last frame of a stream, whose first byte says so, is JSON: it comes by itself, once the status is known.
local function rewrite_end(handle)
  for chunk in handle:bodyChunks() do
    -- Metadata read before this chunk is no longer valid.
    if handle:streamInfo():dynamicMetadata():get(filter)["status"] and chunk:length() > 5 then
      local text = rewrite_error(chunk:getBytes(5, chunk:length() - 5))
      local size = #text
      chunk:setBytes(string.char(2, 0, math.floor(size / 65536) % 256, math.floor(size / 256) % 256, size % 256) .. text)
    end
  end
end

function envoy_on_response(handle)
  local call = handle:streamInfo():dynamicMetadata():get(filter)
  if call == nil then return end
  local headers = handle:headers()
  if call["stream"] then
    -- A proxy that collects or compresses a stream holds back what it is for.
    headers:replace("cache-control", "no-store, no-transform")
    headers:replace("x-accel-buffering", "no")
  end
  -- A client that sends JSON reads no answer that seems to have other messages.
  if call["protocol"] == "connect-stream" and call["refused_type"] then headers:replace("content-type", call["refused_type"]) end
  if call["protocol"] == "connect-stream" then return rewrite_end(handle) end
  if call["protocol"] ~= "connect" or headers:get(":status") == "200" then return end
  local body = handle:body()
  if body == nil then return end
  body:setBytes(rewrite_error(body:getBytes(0, body:length())))
end
