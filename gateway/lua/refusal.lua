-- Answers of our own filters: `google.rpc.Status` in JSON, or a status of gRPC.

local function quote(text)
  -- Names come from the client in any bytes; what is not printable ASCII could make the answer no JSON.
  local printable = string.gsub(string.sub(text, 1, 200), "[^ -~]", "?")
  return '"' .. string.gsub(printable, '["\\]', "\\%0") .. '"'
end

local function quoted_pairs(map)
  local parts = {}
  for _, pair in ipairs(map) do parts[#parts + 1] = quote(pair[1]) .. ":" .. quote(pair[2]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- `metadata` is a list of {key, value}, `violations` a list of {field, description}.
local function refuse(handle, http, code, reason, message, metadata, violations, headers)
  local details = '{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"' .. reason
    .. '","domain":"hotel","metadata":' .. quoted_pairs(metadata or {}) .. "}"
  if violations then
    local parts = {}
    for _, violation in ipairs(violations) do
      parts[#parts + 1] = quoted_pairs({ { "field", violation[1] }, { "description", violation[2] } })
    end
    details = details .. ',{"@type":"type.googleapis.com/google.rpc.BadRequest","field_violations":['
      .. table.concat(parts, ",") .. "]}"
  end
  local body = '{"code":' .. code .. ',"message":' .. quote(message) .. ',"details":[' .. details .. "]}"
  handle:streamInfo():dynamicMetadata():set("hotel.guard", "refused", true)
  local all = headers or {}
  all[":status"] = tostring(http)
  handle:respond(all, body)
end

local function refuse_fields(handle, violations)
  local message = "Invalid request: "
  for index, violation in ipairs(violations) do
    message = message .. (index > 1 and "; " or "") .. violation[1] .. " " .. violation[2]
  end
  refuse(handle, 400, 3, "INVALID_FIELD", message .. ".", nil, violations)
end

-- A length-delimited field of a protobuf message.
local function field(number, bytes)
  local length = #bytes
  local size = length < 128 and string.char(length) or string.char(length % 128 + 128, math.floor(length / 128))
  return string.char(number * 8 + 2) .. size .. bytes
end

-- The same for a call of gRPC: INVALID_ARGUMENT. Envoy makes the text the message of one, but not of gRPC-Web and Connect.
local function refuse_call(handle, http, text)
  local info = field(1, "INVALID_FIELD") .. field(2, "hotel")
  local detail = field(1, "type.googleapis.com/google.rpc.ErrorInfo") .. field(2, info)
  local status = string.char(8, 3) .. field(2, text) .. field(3, detail)
  local encoded = string.gsub(handle:base64Escape(status), "=", "")
  handle:respond({
    [":status"] = tostring(http), ["grpc-message"] = text, ["grpc-status-details-bin"] = encoded,
  }, text)
end
