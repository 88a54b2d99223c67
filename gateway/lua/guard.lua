-- Refuses over REST what the transcoder would silently drop, misread or take for another resource. Stands before it and
-- after the limit per client. `templates`, `one_message` and `id_pattern` are generated from the API's descriptors, above.

local largest_body = 65536
-- The prefix of a gRPC message: whether it is compressed, and its length.
local message_head = 5

local function is_grpc(content_type)
  return content_type == "application/grpc" or string.sub(content_type, 1, 17) == "application/grpc+"
end

local function find_template(path)
  for _, template in ipairs(templates) do
    local found = { string.match(path, template.pattern) }
    if found[1] then return template, found end
  end
end

-- One spelling for each id: another would be another key for the limit per reservation.
local function is_id(text)
  return string.find(text, id_pattern) == 1
end

local function percent_decode(text)
  if string.find(string.gsub(text, "%%%x%x", ""), "%%") then return nil end
  return (string.gsub(string.gsub(text, "+", " "), "%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function check_query(query, allowed, violations)
  local seen = {}
  for part in string.gmatch(query, "[^&]+") do
    local raw, value = string.match(part, "^([^=]*)=?(.*)$")
    local name, decoded = percent_decode(raw), percent_decode(value)
    local type = name and allowed[name]
    if not type then
      violate(violations, name or raw, "is not a query parameter of this method")
    elseif not decoded then
      violate(violations, name, "is not correctly percent-encoded")
    elseif seen[name] and not type.list then
      violate(violations, name, "is given more than once")
    else
      local problem = query_problem(type, decoded)
      if problem then violate(violations, name, problem) end
    end
    if name then seen[name] = true end
  end
end

-- The header of a browser that opens a stream of events again: the id of the last event, which is its cursor. Takes
-- precedence over the query, which is still that of the first request.
local function resume(headers, path, query, violations)
  local id = headers:get("last-event-id")
  if id == nil or id == "" then return query end
  if not string.find(id, "^[%w_-]+$") then
    violate(violations, "last-event-id", "is not the id of an event of this stream")
    return query
  end
  local kept = { "cursor=" .. id }
  for part in string.gmatch(query, "[^&]+") do
    local name = percent_decode(string.match(part, "^[^=]*"))
    if name ~= "cursor" and name ~= "from_now" then kept[#kept + 1] = part end
  end
  query = table.concat(kept, "&")
  headers:replace(":path", path .. "?" .. query)
  return query
end

local function check_body(text, allowed, variables, values, violations)
  local given = {}
  for index, name in ipairs(variables) do given[name] = values[index] end
  local at = find_document(text)
  if at == nil then return violate(violations, "body", "must be one JSON object, well-formed") end
  check_members(text, at, allowed, "", violations, given)
end

-- gRPC's library in the services drops a header that is not of ASCII, and a write would go ahead without it.
local function check_headers(headers, violations)
  local key, match = headers:get("idempotency-key"), headers:get("if-match")
  if key and not string.find(key, "^[!-~]+$") or key and #key > 255 then
    violate(violations, "idempotency-key", "must be 1 to 255 visible ASCII characters without spaces")
  end
  if match and not string.find(match, "^[ -~]+$") then
    violate(violations, "if-match", "must be an etag or *, in ASCII")
  end
end

-- Codings of a body: none is understood here (RFC 9110, 15.5.16).
local function is_coded(coding)
  return coding ~= nil and coding ~= "" and string.lower(coding) ~= "identity"
end

-- A stream has no end, so its headers alone are answered here: asking a service for them would begin one.
local function answer_stream_head(handle)
  local accept = string.lower(handle:headers():get("accept") or "")
  local is_events = string.find(accept, "text/event-stream", 1, true)
  local content_type = is_events and "text/event-stream" or "application/x-ndjson"
  handle:streamInfo():dynamicMetadata():set("hotel.answer", "stream", content_type)
  handle:respond({ [":status"] = "200" }, "")
end

local function check_rest(handle, method, path, query, content_type)
  local is_head = method == "HEAD"
  if is_head then method = "GET" end
  local template, values = find_template(path)
  if not template then
    return refuse(handle, 404, 5, "RESOURCE_NOT_FOUND", "There is no such path.", { { "resource", "path" }, { "id", path } })
  end
  local rule = template.methods[method]
  if method == "OPTIONS" then return handle:respond({ [":status"] = "204", allow = template.allow }, "") end
  if not rule then
    local message = "The path does not have this method, only " .. template.allow .. "."
    return refuse(handle, 405, 12, "METHOD_NOT_ALLOWED", message, nil, nil, { allow = template.allow })
  end
  for index in ipairs(template.variables) do
    if not is_id(values[index]) then
      local metadata = { { "resource", template.resource }, { "id", values[index] } }
      return refuse(handle, 404, 5, "RESOURCE_NOT_FOUND", "There is no such " .. template.resource .. ".", metadata)
    end
  end
  local violations = {}
  if rule.stream then query = resume(handle:headers(), path, query, violations) end
  if rule.write then check_headers(handle:headers(), violations) end
  check_query(query, rule.query, violations)
  local coding = handle:headers():get("content-encoding")
  -- Headers read before this call are no longer valid after it: it waits for the body.
  local body = handle:body()
  local size = body and body:length() or 0
  if size > largest_body then
    return refuse(handle, 413, 8, "BODY_TOO_LARGE", "The body is over 64 KiB.")
  end
  if size > 0 then
    if is_coded(coding) then
      return refuse(handle, 415, 3, "INVALID_FIELD", "The body must be sent without a content-encoding.", nil,
        { { "content-encoding", "must be absent or identity" } }, { ["accept-encoding"] = "identity" })
    end
    if not string.find(string.lower(content_type), "^application/json%s*$")
      and not string.find(string.lower(content_type), "^application/json%s*;") then
      return refuse(handle, 415, 3, "INVALID_FIELD", "The body must be application/json.", nil,
        { { "content-type", "must be application/json" } })
    end
    check_body(body:getBytes(0, size), rule.body, template.variables, values, violations)
  end
  if #violations > 0 then return refuse_fields(handle, violations) end
  if is_head and rule.stream then answer_stream_head(handle) end
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local method, target = headers:get(":method"), headers:get(":path") or ""
  local content_type = headers:get("content-type") or ""
  local path, query = string.match(target, "^([^?]*)%??(.*)$")
  -- A colon may be encoded in a path (RFC 3986, 2.2), and many clients do so.
  local given = path
  path = string.gsub(path, "%%3[Aa]", ":")
  if is_grpc(content_type) then
    if find_template(path) then
      return refuse_call(handle, 415, "This is a REST path: send application/json.")
    end
    -- Other methods, and a path with a query, lead to no method: they must not be counted as if they did.
    if method ~= "POST" or given ~= target then return handle:respond({ [":status"] = "404" }, "") end
    local violations = {}
    check_headers(headers, violations)
    if violations[1] then
      return refuse_call(handle, 400, "The metadata " .. violations[1][1] .. " " .. violations[1][2] .. ".")
    end
    if not one_message[path] then return end
    -- Field extraction waits for a message, for ever when the request ends without one.
    local body = handle:body()
    if body == nil then
      refuse_call(handle, 400, "The request message is missing.")
    elseif body:length() > largest_body + message_head then
      handle:respond({ [":status"] = "413" }, "")
    end
    return
  end
  headers:remove("grpc-timeout")
  if #path > 1 and string.sub(path, -1) == "/" then
    path = string.sub(path, 1, -2)
  end
  if path ~= given then headers:replace(":path", query == "" and path or path .. "?" .. query) end
  -- The transcoder does not support HEAD, so the request becomes a GET, and the body is left out of the answer.
  if method == "HEAD" then headers:replace(":method", "GET") end
  check_rest(handle, method, path, query, content_type)
end
